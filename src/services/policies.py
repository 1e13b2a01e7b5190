"""Provisioning policy: what an identity provider's messages do in one workspace."""

from types import MappingProxyType
from typing import Any

from ..errors import InvalidInput
from ..models import (
    DeactivationAction,
    GroupLinking,
    OnboardingMode,
    ProfileAuthority,
    ProvisioningPolicy,
    UnknownMembers,
    database,
    now,
)
from ..models.database import Row
from . import audit, roles, versions
from .actor import Actor, Permission

DEFAULT_PRESET = "LINKED"
# The choices a preset speaks of; unknownMembers and the others stand beside them.
PRESETS = MappingProxyType(
    {
        "LINKED": {
            "profile_authority": ProfileAuthority.ACCOUNT,
            "onboarding": OnboardingMode.ACTIVE,
            "deactivation": DeactivationAction.REMOVE,
            "group_linking": GroupLinking.LINK_BY_NAME,
        },
        "INVITED": {
            "profile_authority": ProfileAuthority.ACCOUNT,
            "onboarding": OnboardingMode.INVITE,
            "deactivation": DeactivationAction.SUSPEND,
            "group_linking": GroupLinking.LINK_BY_NAME,
        },
        "MANAGED": {
            "profile_authority": ProfileAuthority.DIRECTORY,
            "onboarding": OnboardingMode.ACTIVE,
            "deactivation": DeactivationAction.SUSPEND,
            "group_linking": GroupLinking.LINK_BY_NAME,
        },
    }
)
CHOICES = frozenset(
    {
        "profile_authority",
        "onboarding",
        "deactivation",
        "group_linking",
        "unknown_members",
        "require_sso_before_scim",
        "allow_manual_edits_to_managed",
        "default_role_id",
    }
)


async def create(workspace_id: str, *, preset: str, default_role_id: str) -> None:
    """The policy of a new workspace."""
    await database.insert(
        ProvisioningPolicy,
        workspace_id=workspace_id,
        **PRESETS[preset],
        unknown_members=UnknownMembers.SKIP,
        require_sso_before_scim=False,
        allow_manual_edits_to_managed=False,
        default_role_id=default_role_id,
        version=1,
        updated_at=now(),
    )


@database.reads
async def get(actor: Actor) -> Row:
    actor.require(Permission.PROVISIONING_READ)
    return await of_workspace(actor.workspace_id)


async def of_workspace(workspace_id: str) -> Row:
    """The policy as a rule to follow, inside the caller's work."""
    row = await database.fetch_one("SELECT * FROM provisioning_policies WHERE workspace_id = ?", workspace_id)
    assert row is not None, "a workspace without a policy"
    return row


def preset_of(policy: Row) -> str | None:
    """The preset these choices equal; None when mixed by hand."""
    for preset, choices in PRESETS.items():
        if all(policy[name] == value for name, value in choices.items()):
            return preset
    return None


@database.writes
async def update(actor: Actor, *, preset: str | None = None, if_version: str | None = None, **choices: Any) -> Row:
    """A preset first, then the single choices over it.

    refuses   Forbidden without PROVISIONING_MANAGE, or for a default role that permits more than the actor may;
              InvalidInput for one that is privileged or not here
    """
    actor.require(Permission.PROVISIONING_MANAGE)
    assert choices.keys() <= CHOICES, choices
    await database.fetch_one(
        f"SELECT id FROM workspaces WHERE id = ?{database.dialect().for_update}", actor.workspace_id
    )
    policy = await of_workspace(actor.workspace_id)
    versions.check(policy, if_version)
    if "default_role_id" in choices:
        await _refuse_unfit_default(actor, choices["default_role_id"])
    wanted = (PRESETS[preset] if preset else {}) | choices
    # In the type of what is wanted, for SQLite has 0 and 1 for booleans.
    changes = {
        name: {"from": type(value)(policy[name]), "to": value}
        for name, value in wanted.items()
        if policy[name] != value
    }
    if not changes:
        return policy
    await database.execute(
        f"UPDATE provisioning_policies SET {', '.join(f'{name} = ?' for name in changes)}, "
        "version = version + 1, updated_at = ? WHERE workspace_id = ?",
        *(wanted[name] for name in changes),
        now(),
        actor.workspace_id,
    )
    audit.record(
        actor,
        "provisioning_policy.updated",
        target_kind="workspace",
        target_id=actor.workspace_id,
        target_label="Provisioning policy",
        changes=changes,
    )
    return await of_workspace(actor.workspace_id)


async def _refuse_unfit_default(actor: Actor, role_id: str) -> None:
    role = await database.fetch_one(
        "SELECT * FROM roles WHERE workspace_id = ? AND id = ?", actor.workspace_id, role_id
    )
    if role is None:
        raise InvalidInput("No such role", path=("defaultRoleId",))
    if roles.permissions_of(role) & roles.PRIVILEGED:
        raise InvalidInput(f"{role['name']} is too much for everyone who joins", path=("defaultRoleId",))
    roles.refuse_if_above(actor, role)
