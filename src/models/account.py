from tortoise import fields
from tortoise.models import Model

from .fields import FoldedField, IdField, MomentField


class Account(Model):
    """A person, across all workspaces. Only the person changes it."""

    id = IdField(primary_key=True)
    display_name = fields.TextField()
    email = fields.TextField(null=True)
    email_key = FoldedField(max_length=500, null=True, unique=True)
    # When the person first showed that the address is theirs; until then the account is a shell that cannot sign in.
    proven_at = MomentField(null=True)
    created_at = MomentField()
    updated_at = MomentField()

    class Meta:
        table = "accounts"
