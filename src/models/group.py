from tortoise import fields
from tortoise.models import Model

from .fields import FoldedField, IdField, MomentField
from .membership import Origin


class Group(Model):
    """A named set of memberships. It confers the roles bound to it."""

    id = IdField(primary_key=True)
    workspace_id = IdField()
    display_name = fields.TextField()
    display_name_key = FoldedField(max_length=500)
    external_id = fields.CharField(max_length=500, null=True)
    origin = fields.CharEnumField(Origin, max_length=10)
    directory_managed = fields.BooleanField(default=False)
    member_count = fields.BigIntField(default=0)
    # A directory asked to manage this group, which confers more than the minimum: an owner has to hand it over.
    link_requested_at = MomentField(null=True)
    version = fields.BigIntField(default=1)
    created_at = MomentField()
    updated_at = MomentField()

    class Meta:
        table = "groups"
        unique_together = (("workspace_id", "display_name_key"), ("workspace_id", "id"))
        indexes = (
            ("workspace_id", "external_id", "id"),
            ("workspace_id", "member_count", "id"),
            ("workspace_id", "updated_at", "id"),
        )


class GroupMember(Model):
    """One membership in one group: a row of its own, so that adding one costs the same in a group of any size."""

    id = fields.BigIntField(primary_key=True)
    workspace_id = IdField()
    group_id = IdField()
    membership_id = IdField()

    class Meta:
        table = "group_members"
        unique_together = (("workspace_id", "group_id", "membership_id"),)
        indexes = (("workspace_id", "membership_id", "group_id"),)
