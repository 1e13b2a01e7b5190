from tortoise import fields
from tortoise.models import Model

from .fields import IdField, MomentField


class ScimToken(Model):
    """A bearer secret of one workspace's identity provider. Only its hash is kept."""

    id = IdField(primary_key=True)
    workspace_id = IdField()
    name = fields.TextField()
    prefix = fields.CharField(max_length=20)
    secret_hash = fields.CharField(max_length=64, unique=True)
    created_by_kind = fields.CharField(max_length=30)
    created_by_id = IdField(null=True)
    created_by_label = fields.TextField()
    created_at = MomentField()
    expires_at = MomentField(null=True)
    last_used_at = MomentField(null=True)
    last_used_ip = fields.CharField(max_length=45, null=True)
    last_user_agent = fields.CharField(max_length=200, null=True)
    revoked_at = MomentField(null=True)
    # Set by a rotation: the token that takes over, and until when this one still works.
    replaced_by_id = IdField(null=True)
    overlap_ends_at = MomentField(null=True)

    class Meta:
        table = "scim_tokens"
        unique_together = (("workspace_id", "id"),)


class PersonalAccessToken(Model):
    """A bearer secret of one person for the GraphQL API. Only its hash is kept."""

    id = IdField(primary_key=True)
    account_id = IdField()
    # Null: it works in every workspace of the person.
    workspace_id = IdField(null=True)
    name = fields.TextField()
    prefix = fields.CharField(max_length=20)
    secret_hash = fields.CharField(max_length=64, unique=True)
    scopes: fields.JSONField[list[str]] = fields.JSONField()
    created_at = MomentField()
    expires_at = MomentField(null=True)
    last_used_at = MomentField(null=True)
    last_used_ip = fields.CharField(max_length=45, null=True)
    revoked_at = MomentField(null=True)

    class Meta:
        table = "personal_access_tokens"
        indexes = (("account_id", "id"),)
