"""Roles: what the built-in ones permit, and who may give them to whom."""

from dataclasses import replace

import orjson
import pytest

from tenantry.errors import Conflict, Forbidden, InvalidInput, ManagedByDirectory, NotFound, VersionMismatch
from tenantry.models import database, new_id
from tenantry.services import groups, memberships, roles, versions
from tenantry.services.actor import Actor, Permission
from tenantry.services.roles import BUILT_IN, PRIVILEGED

from ..invariants import assert_sound
from ..make import Workspace, audit_actions, make_group, make_person
from .looking import last_audit_event, only, role_id, roles_of, unchanged

# Role -> what it permits beyond seeing that the workspace exists.
MATRIX: dict[str, set[str]] = {
    "workspace_owner": {*Permission},
    "workspace_admin": {*Permission} - {"SSO_MANAGE", "PROVISIONING_MANAGE"},
    "provisioning_admin": {"MEMBERS_READ", "SSO_MANAGE", "PROVISIONING_READ", "PROVISIONING_MANAGE"},
    "source_admin": {"MEMBERS_READ", "SOURCES_READ", "SOURCES_WRITE"},
    "source_read_only": {"MEMBERS_READ", "SOURCES_READ"},
    "destination_admin": {"MEMBERS_READ", "DESTINATIONS_READ", "DESTINATIONS_WRITE"},
    "destination_read_only": {"MEMBERS_READ", "DESTINATIONS_READ"},
    "minimal_workspace_access": set(),
}


async def ids(workspace: Workspace, *keys: str) -> list[str]:
    return [await role_id(workspace, key) for key in keys]


async def conferred_by(group_id: str) -> set[str]:
    @database.reads
    async def read() -> set[str]:
        sql = "SELECT r.key FROM role_assignments a JOIN roles r ON r.id = a.role_id WHERE a.group_id = ?"
        return {row["key"] for row in await database.fetch_all(sql, group_id)}

    return await read()


def test_the_built_in_roles_permit_what_the_matrix_says() -> None:
    assert {role.key: set(role.permissions) for role in BUILT_IN} == {
        key: permissions | {"WORKSPACE_READ"} for key, permissions in MATRIX.items()
    }


async def test_every_workspace_has_the_built_in_roles(workspace: Workspace) -> None:
    rows = await roles.of_workspace(workspace.owner)
    assert {row["key"] for row in rows} == MATRIX.keys()
    assert all(bool(row["built_in"]) for row in rows)
    assert [row["key"] for row in rows if row["is_default"]] == ["minimal_workspace_access"]
    assert {row["key"]: roles.permissions_of(row) for row in rows} == {role.key: role.permissions for role in BUILT_IN}


async def test_roles_tell_how_many_hold_them(workspace: Workspace, other: Workspace) -> None:
    person = await make_person(workspace)
    await make_group(workspace)
    await roles.set_for_membership(workspace.owner, person["id"], await ids(workspace, "source_admin"))
    counts = {row["key"]: row["assignment_count"] for row in await roles.of_workspace(workspace.owner)}
    assert counts == dict.fromkeys(MATRIX, 0) | {
        "workspace_owner": 1,
        "source_admin": 1,
        "minimal_workspace_access": 1,
    }


class TestOfAMembership:
    async def test_roles_are_replaced(self, workspace: Workspace) -> None:
        person = await make_person(workspace)
        before = await audit_actions(workspace)
        wanted = await ids(workspace, "source_admin", "destination_read_only")
        await roles.set_for_membership(workspace.owner, person["id"], [*wanted, wanted[0]])
        assert await roles_of(person["id"]) == {"source_admin", "destination_read_only"}
        assert (await audit_actions(workspace))[len(before) :] == ["membership.roles.set"]
        changes = orjson.loads((await last_audit_event(workspace))["changes"])
        assert changes == {"added": ["Source Admin", "Destination Read-only"], "removed": ["Minimal Workspace Access"]}
        await roles.set_for_membership(workspace.owner, person["id"], [])
        assert await roles_of(person["id"]) == set()

    async def test_the_same_roles_again_leave_no_trace(self, workspace: Workspace) -> None:
        person = await make_person(workspace)
        async with unchanged():
            wanted = await ids(workspace, "minimal_workspace_access")
            await roles.set_for_membership(workspace.owner, person["id"], wanted)

    async def test_who_granted_it_is_kept(self, workspace: Workspace) -> None:
        person = await make_person(workspace)
        await roles.set_for_membership(workspace.owner, person["id"], await ids(workspace, "source_admin"))

        @database.reads
        async def granted() -> tuple[str, str, str]:
            row = await database.fetch_one("SELECT * FROM role_assignments WHERE membership_id = ?", person["id"])
            assert row is not None
            return row["granted_by_kind"], row["granted_by_id"], row["granted_by_label"]

        owner = workspace.owner
        assert await granted() == (owner.kind, owner.id, owner.label)

    async def test_an_unknown_role_is_refused(self, workspace: Workspace, other: Workspace) -> None:
        person = await make_person(workspace)
        for unknown in (new_id(), await role_id(other, "source_admin")):
            async with unchanged():
                with pytest.raises(NotFound) as refused:
                    await roles.set_for_membership(workspace.owner, person["id"], [unknown])
            assert refused.value.kind == "role"

    async def test_a_stale_version_is_refused(self, workspace: Workspace) -> None:
        person = await make_person(workspace)
        await memberships.suspend(workspace.owner, person["id"])
        async with unchanged():
            with pytest.raises(VersionMismatch):
                await roles.set_for_membership(workspace.owner, person["id"], [], if_version=versions.of(person))

    async def test_someone_who_was_removed_holds_none(self, workspace: Workspace) -> None:
        person = await make_person(workspace)
        await memberships.remove(workspace.owner, person["id"])
        async with unchanged():
            with pytest.raises(Conflict):
                await roles.set_for_membership(workspace.owner, person["id"], await ids(workspace, "source_admin"))
            await roles.set_for_membership(workspace.owner, person["id"], [])


@pytest.fixture
async def admin(workspace: Workspace) -> Actor:
    """A Workspace Admin, who is no owner."""
    admin_role = next(role for role in BUILT_IN if role.key == "workspace_admin")
    return replace(workspace.owner, permissions=admin_role.permissions, is_owner=False)


class TestNobodyGivesMoreThanTheyHave:
    @pytest.mark.parametrize("key", MATRIX)
    async def test_an_admin_gives_what_is_not_above_them(self, workspace: Workspace, admin: Actor, key: str) -> None:
        person = await make_person(workspace)
        above = key in ("workspace_owner", "provisioning_admin")
        if not above:
            await roles.set_for_membership(admin, person["id"], await ids(workspace, key))
            assert await roles_of(person["id"]) == {key}
            return
        async with unchanged():
            with pytest.raises(Forbidden):
                await roles.set_for_membership(admin, person["id"], await ids(workspace, key))

    async def test_an_admin_takes_no_role_that_is_above_them(self, workspace: Workspace, admin: Actor) -> None:
        person = await make_person(workspace)
        await roles.set_for_membership(workspace.owner, person["id"], await ids(workspace, "provisioning_admin"))
        async with unchanged():
            with pytest.raises(Forbidden):
                await roles.set_for_membership(admin, person["id"], [])
            with pytest.raises(Forbidden):
                await roles.set_for_membership(admin, workspace.owner_id, [])

    async def test_an_admin_adds_beside_a_role_that_is_above_them(self, workspace: Workspace, admin: Actor) -> None:
        person = await make_person(workspace)
        await roles.set_for_membership(workspace.owner, person["id"], await ids(workspace, "provisioning_admin"))
        await roles.set_for_membership(
            admin, person["id"], await ids(workspace, "provisioning_admin", "source_read_only")
        )
        assert await roles_of(person["id"]) == {"provisioning_admin", "source_read_only"}

    async def test_all_permissions_do_not_make_an_owner(self, workspace: Workspace) -> None:
        person = await make_person(workspace)
        mighty = replace(workspace.owner, is_owner=False)
        async with unchanged():
            with pytest.raises(Forbidden, match="owner"):
                await roles.set_for_membership(mighty, person["id"], await ids(workspace, "workspace_owner"))

    async def test_a_group_confers_no_more_than_its_giver_may(self, workspace: Workspace) -> None:
        group = await make_group(workspace)
        keeper = only(workspace.owner, Permission.ROLES_MANAGE, Permission.WORKSPACE_READ)
        async with unchanged():
            with pytest.raises(Forbidden):
                await roles.set_for_group(keeper, group["id"], await ids(workspace, "source_read_only"))

    async def test_a_directory_gives_none(self, workspace: Workspace) -> None:
        person, group = await make_person(workspace), await make_group(workspace)
        async with unchanged():
            with pytest.raises(Forbidden):
                await roles.set_for_membership(workspace.directory, person["id"], [])
            with pytest.raises(Forbidden):
                await roles.set_for_group(workspace.directory, group["id"], [])


class TestOfAGroup:
    async def test_roles_are_replaced(self, workspace: Workspace) -> None:
        group = await make_group(workspace)
        await roles.set_for_group(workspace.owner, group["id"], await ids(workspace, "workspace_admin"))
        assert await conferred_by(group["id"]) == {"workspace_admin"}
        assert (await last_audit_event(workspace))["action"] == "group.roles.set"
        await assert_sound(workspace)

    async def test_ownership_is_never_conferred_by_a_group(self, workspace: Workspace) -> None:
        group = await make_group(workspace)
        async with unchanged():
            with pytest.raises(InvalidInput):
                await roles.set_for_group(workspace.owner, group["id"], await ids(workspace, "workspace_owner"))

    @pytest.mark.parametrize("key", [key for key in MATRIX if key != "workspace_owner"])
    async def test_a_group_that_a_directory_fills_confers_nothing_privileged(
        self, workspace: Workspace, key: str
    ) -> None:
        group = await make_group(workspace, by_directory=True)
        if not MATRIX[key] & PRIVILEGED:
            await roles.set_for_group(workspace.owner, group["id"], await ids(workspace, key))
            assert await conferred_by(group["id"]) == {key}
            return
        async with unchanged():
            with pytest.raises(ManagedByDirectory):
                await roles.set_for_group(workspace.owner, group["id"], await ids(workspace, key))

    async def test_a_stale_version_is_refused(self, workspace: Workspace) -> None:
        group = await make_group(workspace)
        await groups.rename(workspace.owner, group["id"], "Crew")
        async with unchanged():
            with pytest.raises(VersionMismatch):
                await roles.set_for_group(workspace.owner, group["id"], [], if_version=versions.of(group))
