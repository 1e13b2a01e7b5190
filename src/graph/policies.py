"""What an identity provider's messages do in a workspace, and how that is going."""

from enum import StrEnum

import strawberry

from ..models import (
    DeactivationAction,
    GroupLinking,
    OnboardingMode,
    ProfileAuthority,
    UnknownMembers,
)
from ..models.database import Row
from ..services import lookups, policies, versions
from ..services.actor import Permission
from ..services.log_listings import ProvisioningStatus as Standing
from . import ids
from .context import Info
from .errors import mutation
from .ids import Kind
from .roles import Role
from .scalars import Moment, moment
from .user_errors import UserError

strawberry.enum(
    ProfileAuthority,
    description=(
        "ACCOUNT: people own their profile, SCIM profile updates are ignored. DIRECTORY: the directory overwrites it."
    ),
)
strawberry.enum(
    UnknownMembers,
    description="Group members in a push that nobody here is: SKIP keeps the rest and logs it, REJECT answers 400.",
)
for _choice in (DeactivationAction, OnboardingMode, GroupLinking):
    strawberry.enum(_choice)
# What software calls itself -> whose it is.
PROVIDERS = {
    "okta": "Okta",
    "jumpcloud": "JumpCloud",
    "onelogin": "OneLogin",
    "google": "Google Workspace",
    "azure": "Microsoft Entra ID",
    "microsoft": "Microsoft Entra ID",
}


@strawberry.enum
class PolicyPreset(StrEnum):
    LINKED = "LINKED"
    INVITED = "INVITED"
    MANAGED = "MANAGED"


@strawberry.type
class ProvisioningPolicy:
    preset: PolicyPreset | None = strawberry.field(
        description="Which preset these choices equal; null when mixed by hand."
    )
    unknown_members: UnknownMembers
    profile_authority: ProfileAuthority
    deactivation: DeactivationAction
    onboarding: OnboardingMode
    require_sso_before_scim: bool
    group_linking: GroupLinking
    allow_manual_edits_to_managed: bool
    updated_at: Moment
    version: str
    row: strawberry.Private[Row]

    @classmethod
    def of(cls, row: Row) -> "ProvisioningPolicy":
        preset = policies.preset_of(row)
        return cls(
            preset=PolicyPreset(preset) if preset else None,
            unknown_members=UnknownMembers(row["unknown_members"]),
            profile_authority=ProfileAuthority(row["profile_authority"]),
            deactivation=DeactivationAction(row["deactivation"]),
            onboarding=OnboardingMode(row["onboarding"]),
            require_sso_before_scim=bool(row["require_sso_before_scim"]),
            group_linking=GroupLinking(row["group_linking"]),
            allow_manual_edits_to_managed=bool(row["allow_manual_edits_to_managed"]),
            updated_at=row["updated_at"],
            version=versions.of(row),
            row=row,
        )

    @strawberry.field
    async def default_role(self, info: Info) -> Role:
        actor = await info.context.actor_in(self.row["workspace_id"])
        role = await info.context.load(lookups.roles, actor, self.row["default_role_id"])
        assert role is not None, "a policy without a default role"
        return Role.of(role, actor.workspace_id)


@strawberry.type
class ProvisioningStatus:
    enabled: bool
    provider: str | None
    last_request_at: Moment | None
    managed_memberships: int
    managed_groups: int
    errors_last_24h: int = strawberry.field(name="errorsLast24h")

    @classmethod
    def of(cls, standing: Standing) -> "ProvisioningStatus":
        agent = (standing.user_agent or "").lower()
        return cls(
            enabled=standing.enabled,
            provider=next((name for word, name in PROVIDERS.items() if word in agent), None),
            last_request_at=moment(standing.last_request_at),
            managed_memberships=standing.managed_memberships,
            managed_groups=standing.managed_groups,
            errors_last_24h=standing.errors_last_24h,
        )


@strawberry.input(description="A preset first, then the single choices over it.")
class ProvisioningPolicyUpdateInput:
    workspace_id: strawberry.ID
    preset: PolicyPreset | None = None
    unknown_members: UnknownMembers | None = None
    profile_authority: ProfileAuthority | None = None
    deactivation: DeactivationAction | None = None
    onboarding: OnboardingMode | None = None
    require_sso_before_scim: bool | None = None
    default_role_id: strawberry.ID | None = None
    group_linking: GroupLinking | None = None
    allow_manual_edits_to_managed: bool | None = None
    expected_version: str | None = None


@strawberry.type
class ProvisioningPolicyPayload:
    policy: ProvisioningPolicy | None = None
    errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class ProvisioningPolicyMutations:
    @mutation(ProvisioningPolicyPayload, requires=Permission.PROVISIONING_MANAGE)
    async def provisioning_policy_update(
        self, info: Info, input: ProvisioningPolicyUpdateInput
    ) -> ProvisioningPolicyPayload:
        actor, _ = await info.context.enter_with(Kind.WORKSPACE, input.workspace_id)
        choices = {name: value for name in policies.CHOICES if (value := getattr(input, name)) is not None}
        if input.default_role_id is not None:
            choices["default_role_id"] = ids.expect(Kind.ROLE, input.default_role_id)
        row = await policies.update(actor, preset=input.preset, if_version=input.expected_version, **choices)
        return ProvisioningPolicyPayload(policy=ProvisioningPolicy.of(row))
