from tortoise import fields
from tortoise.models import Model

from .fields import FoldedField, IdField, MomentField


class Role(Model):
    """A named set of permissions, built in or a workspace's own."""

    id = IdField(primary_key=True)
    workspace_id = IdField()
    key = FoldedField(max_length=100)
    name = fields.TextField()
    description = fields.TextField(null=True)
    built_in = fields.BooleanField(default=False)
    # Given to new members and new groups.
    is_default = fields.BooleanField(default=False)
    permissions: fields.JSONField[list[str]] = fields.JSONField()
    scopable_to: fields.JSONField[list[str]] = fields.JSONField()
    created_at = MomentField()
    updated_at = MomentField()

    class Meta:
        table = "roles"
        unique_together = (("workspace_id", "key"), ("workspace_id", "id"))


class RoleAssignment(Model):
    """A role given to one membership or to one group."""

    id = IdField(primary_key=True)
    workspace_id = IdField()
    role_id = IdField()
    membership_id = IdField(null=True)
    group_id = IdField(null=True)
    granted_by_kind = fields.CharField(max_length=30)
    granted_by_id = IdField(null=True)
    granted_by_label = fields.TextField()
    granted_at = MomentField()

    class Meta:
        table = "role_assignments"
        unique_together = (("workspace_id", "membership_id", "role_id"), ("workspace_id", "group_id", "role_id"))
        indexes = (("workspace_id", "role_id"),)
