"""Provisioning policy: presets, single choices, and who may make them."""

import orjson
import pytest

from tenantry.errors import Forbidden, InvalidInput, VersionMismatch
from tenantry.models import new_id
from tenantry.services import policies, versions
from tenantry.services.actor import Permission
from tenantry.services.policies import PRESETS
from tenantry.services.roles import BUILT_IN, PRIVILEGED

from ..make import Workspace, audit_actions, make_person, make_workspace
from .looking import last_audit_event, only, role_id, roles_of, unchanged


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.usefixtures("tables")
async def test_a_workspace_begins_with_its_preset(preset: str) -> None:
    workspace = await make_workspace(preset=preset)
    policy = await policies.get(workspace.owner)
    assert policies.preset_of(policy) == preset
    assert (policy["unknown_members"], policy["version"]) == ("SKIP", 1)
    assert not policy["require_sso_before_scim"]
    assert not policy["allow_manual_edits_to_managed"]
    assert policy["default_role_id"] == await role_id(workspace, "minimal_workspace_access")


def test_presets_choose_what_the_design_says() -> None:
    chosen = {
        preset: (choices["profile_authority"], choices["onboarding"], choices["deactivation"], choices["group_linking"])
        for preset, choices in PRESETS.items()
    }
    assert chosen == {
        "LINKED": ("ACCOUNT", "ACTIVE", "REMOVE", "LINK_BY_NAME"),
        "INVITED": ("ACCOUNT", "INVITE", "SUSPEND", "LINK_BY_NAME"),
        "MANAGED": ("DIRECTORY", "ACTIVE", "SUSPEND", "LINK_BY_NAME"),
    }


async def test_a_preset_is_chosen(workspace: Workspace) -> None:
    before = await audit_actions(workspace)
    policy = await policies.update(workspace.owner, preset="INVITED")
    assert (policies.preset_of(policy), policy["version"]) == ("INVITED", 2)
    assert (await audit_actions(workspace))[len(before) :] == ["provisioning_policy.updated"]
    changes = orjson.loads((await last_audit_event(workspace))["changes"])
    assert changes == {
        "profile_authority": {"from": "DIRECTORY", "to": "ACCOUNT"},
        "onboarding": {"from": "ACTIVE", "to": "INVITE"},
    }


async def test_a_choice_stands_over_its_preset_and_makes_it_a_mixture(workspace: Workspace) -> None:
    policy = await policies.update(workspace.owner, preset="LINKED", deactivation="SUSPEND")
    assert policy["deactivation"] == "SUSPEND"
    assert policies.preset_of(policy) is None


async def test_what_stands_beside_the_presets_does_not_make_a_mixture(workspace: Workspace) -> None:
    policy = await policies.update(
        workspace.owner,
        unknown_members="REJECT",
        require_sso_before_scim=True,
        allow_manual_edits_to_managed=True,
        default_role_id=await role_id(workspace, "source_read_only"),
    )
    assert policies.preset_of(policy) == "MANAGED"
    changes = orjson.loads((await last_audit_event(workspace))["changes"])
    assert changes["require_sso_before_scim"]["from"] is False
    person = await make_person(workspace)
    assert await roles_of(person["id"]) == {"source_read_only"}


async def test_the_same_choices_again_leave_no_trace(workspace: Workspace) -> None:
    async with unchanged():
        await policies.update(workspace.owner, preset="MANAGED", allow_manual_edits_to_managed=False)


async def test_a_stale_version_is_refused(workspace: Workspace) -> None:
    seen = versions.of(await policies.get(workspace.owner))
    await policies.update(workspace.owner, preset="LINKED", if_version=seen)
    async with unchanged():
        with pytest.raises(VersionMismatch):
            await policies.update(workspace.owner, preset="MANAGED", if_version=seen)


@pytest.mark.parametrize("key", [role.key for role in BUILT_IN])
async def test_a_privileged_role_is_never_given_to_everyone(workspace: Workspace, key: str) -> None:
    role = next(role for role in BUILT_IN if role.key == key)
    if not role.permissions & PRIVILEGED:
        await policies.update(workspace.owner, default_role_id=await role_id(workspace, key))
        return
    async with unchanged():
        with pytest.raises(InvalidInput):
            await policies.update(workspace.owner, default_role_id=await role_id(workspace, key))


async def test_a_role_that_is_not_here_is_refused(workspace: Workspace, other: Workspace) -> None:
    for role in (new_id(), await role_id(other, "source_admin")):
        async with unchanged():
            with pytest.raises(InvalidInput):
                await policies.update(workspace.owner, default_role_id=role)


async def test_nobody_gives_everyone_more_than_they_have(workspace: Workspace) -> None:
    provisioning_admin = next(role for role in BUILT_IN if role.key == "provisioning_admin")
    admin = only(workspace.owner, *provisioning_admin.permissions)
    async with unchanged():
        with pytest.raises(Forbidden):
            await policies.update(admin, default_role_id=await role_id(workspace, "source_admin"))
    await policies.update(admin, preset="LINKED")


async def test_reading_takes_less_than_changing(workspace: Workspace) -> None:
    reader = only(workspace.owner, Permission.PROVISIONING_READ)
    await policies.get(reader)
    async with unchanged():
        with pytest.raises(Forbidden):
            await policies.update(reader, preset="LINKED")
