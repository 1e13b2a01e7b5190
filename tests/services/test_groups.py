"""Groups: named, filled, renamed, deleted, and handed over to a directory."""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest

from tenantry.errors import (
    AwaitsOwner,
    Conflict,
    Forbidden,
    InvalidInput,
    ManagedByDirectory,
    NotFound,
    VersionMismatch,
)
from tenantry.models import database, new_id
from tenantry.models.database import Row
from tenantry.scim.filter import parse_path
from tenantry.services import group_members, groups, memberships, policies, roles, versions
from tenantry.services.group_changes import (
    AddMembers,
    GroupChange,
    RemoveMembers,
    RemoveMembersWhere,
    ReplaceMember,
    ReplaceMembers,
    SetDisplayName,
    SetExternalId,
)
from tenantry.services.group_members import Shown
from tenantry.services.index_paging import Wanted
from tenantry.services.schemas import GROUP

from ..invariants import assert_sound
from ..make import Workspace, audit_actions, make_group, make_person, make_workspace
from .looking import groups_of, last_audit_event, members_of, role_id, stored, unchanged

pytestmark = pytest.mark.usefixtures("tables")

SHOWN = Shown(at="/Users/")
NAMED = Shown(at="/Users/", with_display=True)


async def people(workspace: Workspace, count: int) -> list[str]:
    return [(await make_person(workspace))["id"] for _ in range(count)]


async def give_roles(workspace: Workspace, group: Row, *keys: str) -> None:
    await roles.set_for_group(workspace.owner, group["id"], [await role_id(workspace, key) for key in keys])


async def changed(workspace: Workspace, group: Row, *changes: GroupChange, **more: Any) -> groups.Provisioned:
    return await groups.change(workspace.directory, group["id"], changes, **more)


class TestCreate:
    async def test_the_application_makes_a_group_of_its_own(self, workspace: Workspace) -> None:
        members = await people(workspace, 2)
        before = await audit_actions(workspace)
        row = (await groups.create(workspace.owner, display_name=" Team ", member_ids=members)).row
        assert (row["display_name"], row["origin"], row["member_count"], row["version"]) == ("Team", "MANUAL", 2, 1)
        assert not row["directory_managed"]
        assert await members_of(row["id"]) == set(members)
        assert (await audit_actions(workspace))[len(before) :] == ["group.created"]
        await assert_sound(workspace)

    async def test_a_directory_makes_a_group_it_manages(self, workspace: Workspace) -> None:
        done = await groups.create(workspace.directory, display_name="Team", external_id="e-1")
        assert (done.row["origin"], bool(done.row["directory_managed"])) == ("SCIM", True)
        assert (done.row["external_id"], done.operation) == ("e-1", "GROUP_CREATE")

    async def test_it_confers_the_default_role(self, workspace: Workspace) -> None:
        group = await make_group(workspace, members=1)

        @database.reads
        async def conferred() -> list[str]:
            sql = "SELECT r.key FROM role_assignments a JOIN roles r ON r.id = a.role_id WHERE a.group_id = ?"
            return [row["key"] for row in await database.fetch_all(sql, group["id"])]

        assert await conferred() == ["minimal_workspace_access"]

    @pytest.mark.parametrize("again", ["Team", "TEAM", " team "])
    async def test_a_name_is_given_once(self, workspace: Workspace, again: str) -> None:
        group = await make_group(workspace, name="Team")
        async with unchanged():
            with pytest.raises(Conflict) as refused:
                await groups.create(workspace.owner, display_name=again)
        assert refused.value.existing_id == group["id"]

    async def test_a_name_may_be_given_in_another_workspace(self, workspace: Workspace, other: Workspace) -> None:
        await make_group(workspace, name="Team")
        await make_group(other, name="Team")

    @pytest.mark.parametrize("name", ["", "  ", "a\x00b", "\u202e", "x" * 251])
    async def test_a_name_people_cannot_read_is_refused(self, workspace: Workspace, name: str) -> None:
        async with unchanged():
            with pytest.raises(InvalidInput):
                await groups.create(workspace.owner, display_name=name)

    async def test_the_application_names_only_people_who_are_here(self, workspace: Workspace, other: Workspace) -> None:
        removed = await make_person(workspace)
        await memberships.remove(workspace.owner, removed["id"])
        for nobody in (new_id(), removed["id"], other.owner_id, "x"):
            async with unchanged():
                with pytest.raises(NotFound):
                    await groups.create(workspace.owner, display_name="Team", member_ids=[nobody])

    async def test_a_directorys_unknown_members_are_passed_over(self, workspace: Workspace, other: Workspace) -> None:
        (member,) = await people(workspace, 1)
        done = await groups.create(
            workspace.directory, display_name="Team", member_ids=[member, other.owner_id, "nobody"]
        )
        assert await members_of(done.row["id"]) == {member}
        assert done.changes["unknown"] == [other.owner_id, "nobody"]

    async def test_a_directorys_unknown_members_are_refused_where_the_policy_is_strict(
        self, workspace: Workspace
    ) -> None:
        await policies.update(workspace.owner, unknown_members="REJECT")
        async with unchanged():
            with pytest.raises(InvalidInput) as refused:
                await groups.create(workspace.directory, display_name="Team", member_ids=[new_id()])
        assert refused.value.path == ("members",)


class TestChange:
    async def test_changes_are_carried_out_in_order(self, workspace: Workspace) -> None:
        a, b, c = await people(workspace, 3)
        group = await make_group(workspace, by_directory=True)
        before = await audit_actions(workspace)
        done = await changed(
            workspace,
            group,
            AddMembers(ids=(a, b)),
            RemoveMembers(ids=(a,)),
            SetDisplayName(display_name="Crew"),
            AddMembers(ids=(c, b)),
            SetExternalId(external_id="e-9"),
        )
        assert await members_of(group["id"]) == {b, c}
        assert (done.row["display_name"], done.row["external_id"]) == ("Crew", "e-9")
        assert (done.row["member_count"], done.row["version"]) == (2, 2)
        assert done.operation == "GROUP_UPDATE"
        assert (await audit_actions(workspace))[len(before) :] == ["group.changed", "group.members.changed"]
        await assert_sound(workspace)

    async def test_only_members_is_an_operation_of_its_own(self, workspace: Workspace) -> None:
        (member,) = await people(workspace, 1)
        group = await make_group(workspace, by_directory=True)
        done = await changed(workspace, group, AddMembers(ids=(member,)))
        assert (done.operation, done.changes) == ("GROUP_MEMBERS", {"added": [member]})

    @pytest.mark.parametrize("kind", ["nothing", "same name", "members who are in", "members who are not", "same set"])
    async def test_what_changes_nothing_leaves_no_trace(self, workspace: Workspace, kind: str) -> None:
        group = await make_group(workspace, name="Team", members=2, by_directory=True)
        members = tuple(await members_of(group["id"]))
        changes: dict[str, list[GroupChange]] = {
            "nothing": [],
            "same name": [SetDisplayName(display_name="Team"), SetExternalId(external_id=None)],
            "members who are in": [AddMembers(ids=members)],
            "members who are not": [RemoveMembers(ids=(new_id(), "x"))],
            "same set": [ReplaceMembers(ids=members)],
        }
        async with unchanged():
            done = await changed(workspace, group, *changes[kind])
        assert done.changes == {}

    async def test_a_set_of_members_replaces_the_one_before(self, workspace: Workspace) -> None:
        a, b, c = await people(workspace, 3)
        group = await make_group(workspace, by_directory=True)
        await changed(workspace, group, AddMembers(ids=(a, b)))
        done = await changed(workspace, group, ReplaceMembers(ids=(b, c)))
        assert done.changes == {"added": [c], "removed": [a]}
        assert await members_of(group["id"]) == {b, c}
        done = await changed(workspace, group, ReplaceMembers(ids=()))
        assert (await members_of(group["id"]), done.row["member_count"]) == (set(), 0)

    async def test_one_is_replaced_by_another(self, workspace: Workspace) -> None:
        a, b = await people(workspace, 2)
        group = await make_group(workspace, by_directory=True)
        await changed(workspace, group, AddMembers(ids=(a,)))
        await changed(workspace, group, ReplaceMember(old=a, new=b))
        assert await members_of(group["id"]) == {b}
        async with unchanged():
            with pytest.raises(InvalidInput) as refused:
                await changed(workspace, group, ReplaceMember(old=a, new=b))
        assert refused.value.reason == "noTarget"

    async def test_those_who_match_go(self, workspace: Workspace) -> None:
        ada = await make_person(workspace, displayName="Ada")
        ben = await make_person(workspace, displayName="Ben")
        group = await make_group(workspace, by_directory=True)
        await changed(workspace, group, AddMembers(ids=(ada["id"], ben["id"])))
        path = parse_path('members[display eq "ADA"]', GROUP)
        assert path.filter is not None
        done = await changed(workspace, group, RemoveMembersWhere(filter=path.filter))
        assert done.changes == {"removed": [ada["id"]]}
        assert await members_of(group["id"]) == {ben["id"]}

    async def test_many_members_are_counted_not_named_in_the_records(self, workspace: Workspace) -> None:
        members = tuple(await people(workspace, group_members.NAMED_MAX + 1))
        group = await make_group(workspace, by_directory=True)
        done = await changed(workspace, group, AddMembers(ids=members))
        assert done.changes == {"added": {"count": len(members)}}
        done = await changed(workspace, group, ReplaceMembers(ids=()))
        assert done.changes == {"removed": {"count": len(members)}}
        assert orjson.loads((await last_audit_event(workspace))["changes"]) == done.changes

    async def test_a_name_that_is_taken_is_a_conflict(self, workspace: Workspace) -> None:
        await make_group(workspace, name="Crew", by_directory=True)
        group = await make_group(workspace, name="Team", by_directory=True)
        (member,) = await people(workspace, 1)
        async with unchanged():
            with pytest.raises(Conflict):
                await changed(workspace, group, AddMembers(ids=(member,)), SetDisplayName(display_name="CREW"))

    async def test_the_case_of_a_name_may_change(self, workspace: Workspace) -> None:
        group = await make_group(workspace, name="team")
        assert (await groups.rename(workspace.owner, group["id"], "Team"))["display_name"] == "Team"

    async def test_a_stale_version_is_refused(self, workspace: Workspace) -> None:
        group = await make_group(workspace, name="Team")
        await groups.rename(workspace.owner, group["id"], "Crew", if_version=versions.of(group))
        async with unchanged():
            for refused in (
                groups.rename(workspace.owner, group["id"], "Gang", if_version=versions.of(group)),
                groups.change_members(workspace.owner, group["id"], if_version=versions.of(group)),
                groups.delete(workspace.owner, group["id"], if_version=versions.of(group)),
            ):
                with pytest.raises(VersionMismatch):
                    await refused

    async def test_the_application_puts_people_in_and_takes_people_out(self, workspace: Workspace) -> None:
        a, b = await people(workspace, 2)
        group = await make_group(workspace)
        await groups.change_members(workspace.owner, group["id"], add=[a, a, b])
        row = await groups.change_members(workspace.owner, group["id"], add=[a], remove=[b, b])
        assert (await members_of(group["id"]), row["member_count"]) == ({a}, 1)
        await assert_sound(workspace)

    async def test_the_application_cannot_add_nobody(self, workspace: Workspace, other: Workspace) -> None:
        (member,) = await people(workspace, 1)
        group = await make_group(workspace)
        async with unchanged():
            with pytest.raises(NotFound):
                await groups.change_members(workspace.owner, group["id"], add=[member, other.owner_id])


class TestDelete:
    async def test_the_members_stay_in_the_workspace(self, workspace: Workspace) -> None:
        group = await make_group(workspace, members=2)
        members = await members_of(group["id"])
        await groups.delete(workspace.owner, group["id"], if_version=versions.of(group))
        for member in members:
            assert (await memberships.get(workspace.owner, member))["state"] == "ACTIVE"
            assert await groups_of(member) == set()
        assert (await last_audit_event(workspace))["action"] == "group.deleted"
        with pytest.raises(NotFound):
            await groups.get(workspace.owner, group["id"])
        await assert_sound(workspace)

    async def test_a_directory_never_deletes_a_group_of_the_application(self, workspace: Workspace) -> None:
        group = await make_group(workspace)
        async with unchanged():
            with pytest.raises(ManagedByDirectory):
                await groups.delete(workspace.directory, group["id"])

    async def test_a_name_is_free_again(self, workspace: Workspace) -> None:
        group = await make_group(workspace, name="Team")
        await groups.delete(workspace.owner, group["id"])
        assert (await make_group(workspace, name="Team"))["id"] != group["id"]


class TestManagedByADirectory:
    @pytest.mark.parametrize("edit", ["rename", "members", "delete"])
    async def test_the_application_does_not_edit_it(self, workspace: Workspace, edit: str) -> None:
        group = await make_group(workspace, by_directory=True)
        (member,) = await people(workspace, 1)
        work: Callable[[], Awaitable[Any]] = {
            "rename": lambda: groups.rename(workspace.owner, group["id"], "Crew"),
            "members": lambda: groups.change_members(workspace.owner, group["id"], add=[member]),
            "delete": lambda: groups.delete(workspace.owner, group["id"]),
        }[edit]
        async with unchanged():
            with pytest.raises(ManagedByDirectory):
                await work()
        await policies.update(workspace.owner, allow_manual_edits_to_managed=True)
        await work()
        await assert_sound(workspace)


class TestLinking:
    @pytest.mark.parametrize("way", ["write", "post"])
    async def test_the_first_write_makes_a_group_of_the_application_the_directorys(
        self, workspace: Workspace, way: str
    ) -> None:
        group = await make_group(workspace, name="Team", members=1)
        (newcomer,) = await people(workspace, 1)
        before = await members_of(group["id"])
        actions = await audit_actions(workspace)
        if way == "write":
            done = await changed(workspace, group, AddMembers(ids=(newcomer,)))
        else:
            done = await groups.create(
                workspace.directory, display_name="TEAM", external_id="e-1", member_ids=[newcomer]
            )
            assert (done.row["external_id"], done.operation) == ("e-1", "GROUP_CREATE")
        assert done.row["id"] == group["id"]
        assert bool(done.row["directory_managed"])
        assert await members_of(group["id"]) == before | {newcomer}
        assert (await audit_actions(workspace))[len(actions)] == "group.linked"
        await assert_sound(workspace)

    async def test_a_name_a_directory_manages_already_is_a_conflict(self, workspace: Workspace) -> None:
        await make_group(workspace, name="Team", by_directory=True)
        async with unchanged():
            with pytest.raises(Conflict):
                await groups.create(workspace.directory, display_name="Team")

    @pytest.mark.parametrize("way", ["write", "post"])
    async def test_a_group_that_confers_more_waits_for_an_owner(self, workspace: Workspace, way: str) -> None:
        group = await make_group(workspace, name="Team")
        await give_roles(workspace, group, "source_read_only")
        asking = (
            changed(workspace, group, SetDisplayName(display_name="Crew"))
            if way == "write"
            else groups.create(workspace.directory, display_name="Team")
        )
        async with unchanged():
            with pytest.raises(AwaitsOwner) as refused:
                await asking
        assert (refused.value.group_id, refused.value.by_name) == (group["id"], way == "post")

    async def test_the_wish_for_a_link_is_noted_once(self, workspace: Workspace) -> None:
        group = await make_group(workspace)
        await groups.ask_for_link(workspace.directory, group["id"])
        asked = await groups.get(workspace.owner, group["id"])
        assert asked["link_requested_at"] is not None
        assert (await last_audit_event(workspace))["action"] == "group.link.requested"
        async with unchanged():
            await groups.ask_for_link(workspace.directory, group["id"])
        done = await changed(workspace, group, SetDisplayName(display_name="Crew"))
        assert (bool(done.row["directory_managed"]), done.row["link_requested_at"]) == (True, None)

    async def test_where_the_policy_links_nothing_a_group_of_the_application_is_left_alone(
        self, workspace: Workspace
    ) -> None:
        await policies.update(workspace.owner, group_linking="REJECT_CONFLICT")
        group = await make_group(workspace, name="Team")
        async with unchanged():
            with pytest.raises(Forbidden):
                await changed(workspace, group, SetDisplayName(display_name="Crew"))
            with pytest.raises(Conflict):
                await groups.create(workspace.directory, display_name="Team")


class TestReading:
    async def test_a_small_group_comes_with_its_members(self, workspace: Workspace) -> None:
        ada = await make_person(workspace, displayName='Ada "the first"')
        group = await make_group(workspace, by_directory=True)
        await changed(workspace, group, AddMembers(ids=(ada["id"],)))
        row, members = await groups.get_with_members(workspace.owner, group["id"], NAMED)
        assert row["id"] == group["id"]
        assert members is not None
        shown = {
            "value": ada["id"],
            "$ref": f"/Users/{ada['id']}",
            "display": 'Ada "the first"',
            "type": "User",
        }
        assert orjson.loads(members) == [shown]
        _, members = await groups.get_with_members(workspace.owner, group["id"], SHOWN)
        assert orjson.loads(members or "") == [{name: shown[name] for name in ("value", "$ref", "type")}]
        empty = await make_group(workspace)
        assert (await groups.get_with_members(workspace.owner, empty["id"], NAMED))[1] == "[]"

    async def test_a_large_group_is_read_in_pieces(self, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
        group = await make_group(workspace, members=7)
        for chunk in (1, 3, 7, 8):
            monkeypatch.setattr(group_members, "CHUNK", chunk)
            pieces = [piece async for piece in group_members.chunks(workspace.owner, group["id"], SHOWN)]
            ids = [member["value"] for member in orjson.loads(f"[{''.join(pieces)}]")]
            assert ids == sorted(await members_of(group["id"]))
            _, members = await groups.get_with_members(workspace.owner, group["id"], SHOWN)
            assert (members is None) == (chunk < 7)

    async def test_an_empty_group_has_no_pieces(self, workspace: Workspace) -> None:
        group = await make_group(workspace)
        pieces = [piece async for piece in group_members.chunks(workspace.owner, group["id"], SHOWN)]
        assert pieces == []

    async def test_a_page_ends_early_when_its_groups_are_large(self, workspace: Workspace) -> None:
        made = [await make_group(workspace, members=count) for count in (3, 1, 2)]

        async def read(members_max: int) -> tuple[int, int, bool]:
            page, members = await groups.page(workspace.owner, Wanted(count=10), members=SHOWN, members_max=members_max)
            assert list(members) == [row["id"] for row in page.rows] == [row["id"] for row in made[: len(page.rows)]]
            assert [len(orjson.loads(text)) for text in members.values()] == [row["member_count"] for row in page.rows]
            return len(page.rows), page.total, page.has_more

        assert await read(6) == (3, 3, False)
        assert await read(5) == (2, 3, True)
        assert await read(1) == (1, 3, True)

    async def test_a_page_without_members_does_not_read_them(self, workspace: Workspace) -> None:
        await make_group(workspace, members=3)
        page, members = await groups.page(workspace.owner, Wanted(count=10), members_max=1)
        assert (len(page.rows), members) == (1, {})

    async def test_nobody_has_an_unknown_id(self, workspace: Workspace) -> None:
        assert await stored("groups", new_id()) is None
        with pytest.raises(NotFound) as refused:
            await groups.get(workspace.owner, new_id())
        assert refused.value.kind == "group"


async def test_groups_of_a_workspace_that_removes_lose_who_is_deactivated() -> None:
    workspace = await make_workspace(preset="LINKED")
    group = await make_group(workspace, members=2, by_directory=True)
    leaver, stayer = sorted(await members_of(group["id"]))
    await memberships.remove(workspace.owner, leaver)
    row = await groups.get(workspace.owner, group["id"])
    assert (await members_of(group["id"]), row["member_count"]) == ({stayer}, 1)
    assert row["version"] == group["version"] + 1
