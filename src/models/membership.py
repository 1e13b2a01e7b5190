from enum import StrEnum

from tortoise import fields
from tortoise.models import Model

from .fields import FoldedField, IdField, MomentField


class MembershipState(StrEnum):
    """INVITED → ACTIVE ⇄ SUSPENDED, any → REMOVED → ACTIVE or INVITED again (same row, same id)."""

    INVITED = "INVITED"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    REMOVED = "REMOVED"


class Origin(StrEnum):
    """What made a membership or a group."""

    MANUAL = "MANUAL"
    INVITATION = "INVITATION"
    SCIM = "SCIM"
    SSO_JIT = "SSO_JIT"
    API = "API"


class Membership(Model):
    """One person in one workspace: the object SCIM calls a User.

    Everything an identity provider sends lives on this row and nowhere else. The row outlives the membership: a removed
    person is still found with `active: false`, so that the provider can reactivate.
    """

    id = IdField(primary_key=True)
    workspace_id = IdField()
    account_id = IdField(null=True)
    user_name = fields.TextField()
    user_name_key = FoldedField(max_length=500)
    external_id = fields.CharField(max_length=500, null=True)
    # What the application shows: never empty, also where the directory sent no displayName.
    display_name = fields.TextField()
    display_name_key = FoldedField(max_length=500)
    email = fields.TextField(null=True)
    email_key = FoldedField(max_length=500, null=True)
    state = fields.CharEnumField(MembershipState, max_length=9)
    # SCIM's `active`, as the directory last said it.
    active = fields.BooleanField()
    origin = fields.CharEnumField(Origin, max_length=10)
    directory_managed = fields.BooleanField(default=False)
    # When the person agreed to be here, or the workspace verified the domain: from then on it may see their account.
    accepted_at = MomentField(null=True)
    # The SCIM User as it is shown, without id, active, groups and meta, which are columns or follow from other rows.
    document = fields.TextField()
    # The comparable twin of the document (services.comparison): what filters look at.
    search: fields.JSONField[dict[str, object]] = fields.JSONField()
    version = fields.BigIntField(default=1)
    invited_by = IdField(null=True)
    joined_at = MomentField(null=True)
    suspended_at = MomentField(null=True)
    last_active_at = MomentField(null=True)
    created_at = MomentField()
    updated_at = MomentField()

    class Meta:
        table = "memberships"
        unique_together = (("workspace_id", "user_name_key"), ("workspace_id", "account_id"), ("workspace_id", "id"))
        indexes = (
            ("workspace_id", "external_id", "id"),
            ("workspace_id", "display_name_key", "id"),
            ("workspace_id", "email_key", "id"),
            ("workspace_id", "updated_at", "id"),
            ("account_id",),
        )


class MembershipValue(Model):
    """A value of a directory profile that lookups go by (attributes marked `indexed` in services.schemas)."""

    id = fields.BigIntField(primary_key=True)
    workspace_id = IdField()
    membership_id = IdField()
    attribute = fields.CharField(max_length=200)
    value_key = FoldedField(max_length=500)

    class Meta:
        table = "membership_values"
        indexes = (("workspace_id", "attribute", "value_key", "membership_id"), ("workspace_id", "membership_id"))
