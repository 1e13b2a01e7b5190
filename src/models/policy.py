from enum import StrEnum

from tortoise import fields
from tortoise.models import Model

from .fields import IdField, MomentField


class ProfileAuthority(StrEnum):
    """Who owns a person's userName and displayName in the workspace."""

    ACCOUNT = "ACCOUNT"
    DIRECTORY = "DIRECTORY"


class OnboardingMode(StrEnum):
    """Whether a provisioned person is a member at once or after accepting."""

    ACTIVE = "ACTIVE"
    INVITE = "INVITE"


class DeactivationAction(StrEnum):
    """What `active: false` does."""

    REMOVE = "REMOVE"
    SUSPEND = "SUSPEND"


class GroupLinking(StrEnum):
    """What happens when a directory writes to a group the application made."""

    LINK_BY_NAME = "LINK_BY_NAME"
    REJECT_CONFLICT = "REJECT_CONFLICT"


class UnknownMembers(StrEnum):
    """What happens to group members in a push that nobody here is."""

    SKIP = "SKIP"
    REJECT = "REJECT"


class ProvisioningPolicy(Model):
    """One workspace's choices of what an identity provider's messages do."""

    workspace_id = IdField(primary_key=True)
    profile_authority = fields.CharEnumField(ProfileAuthority, max_length=9)
    onboarding = fields.CharEnumField(OnboardingMode, max_length=6)
    deactivation = fields.CharEnumField(DeactivationAction, max_length=7)
    group_linking = fields.CharEnumField(GroupLinking, max_length=15)
    unknown_members = fields.CharEnumField(UnknownMembers, max_length=6)
    require_sso_before_scim = fields.BooleanField(default=False)
    allow_manual_edits_to_managed = fields.BooleanField(default=False)
    default_role_id = IdField()
    version = fields.BigIntField(default=1)
    updated_at = MomentField()

    class Meta:
        table = "provisioning_policies"
