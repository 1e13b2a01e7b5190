from tortoise import fields
from tortoise.models import Model

from .fields import FoldedField, IdField, MomentField


class Workspace(Model):
    """The tenant."""

    id = IdField(primary_key=True)
    slug = FoldedField(max_length=63, unique=True)
    name = fields.TextField()
    created_at = MomentField()
    updated_at = MomentField()

    class Meta:
        table = "workspaces"


class WorkspaceHead(Model):
    """What every write of a workspace moves: the end of its audit chain and its totals. Locked last, before commit."""

    workspace_id = IdField(primary_key=True)
    audit_sequence = fields.BigIntField(default=0)
    audit_hash = fields.CharField(max_length=64)
    membership_count = fields.BigIntField(default=0)
    group_count = fields.BigIntField(default=0)

    class Meta:
        table = "workspace_heads"
