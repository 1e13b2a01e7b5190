"""Each rule through every door, and what one door does seen through the other."""

from typing import Any

import httpx
import pytest

from tenantry.graph.ids import Kind
from tenantry.models import database, new_id
from tenantry.services import accounts, memberships, policies, roles

from .doors import DOORS, Client, GraphQLClient, ScimClient
from .graph.asking import gid
from .invariants import assert_sound
from .make import Workspace, audit_actions, make_group, make_person, make_workspace
from .services.looking import last_audit_event, members_of, role_id, roles_of, unchanged


@pytest.fixture
async def workspace(client: httpx.AsyncClient) -> Workspace:
    return await make_workspace()


@pytest.fixture
async def other(workspace: Workspace) -> Workspace:
    """A workspace of somebody else."""
    return await make_workspace()


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest, client: httpx.AsyncClient, workspace: Workspace) -> Client:
    return DOORS[request.param](client, workspace)


@pytest.fixture
def app_door(client: httpx.AsyncClient, workspace: Workspace) -> GraphQLClient:
    return GraphQLClient(client, workspace)


@pytest.fixture
def directory(client: httpx.AsyncClient, workspace: Workspace) -> ScimClient:
    return ScimClient(client, workspace)


async def own_group(door: Client, workspace: Workspace, **values: Any) -> str:
    """A group that is this door's to change."""
    return str((await make_group(workspace, by_directory=door.is_directory, **values))["id"])


async def person_of(workspace: Workspace) -> str:
    return str((await make_person(workspace))["id"])


async def since(workspace: Workspace, before: list[str]) -> list[str]:
    return (await audit_actions(workspace))[len(before) :]


class TestMembersOfAGroup:
    async def test_someone_joins_once_and_it_is_recorded_once(self, door: Client, workspace: Workspace) -> None:
        group, person = await own_group(door, workspace), await person_of(workspace)
        before = await audit_actions(workspace)
        first = await door.change_members(group, add=[person])
        again = await door.change_members(group, add=[person])
        assert (first.refusal, again.refusal, again.version) == (None, None, first.version)
        assert await members_of(group) == {person}
        assert await since(workspace, before) == ["group.members.changed"]
        event = await last_audit_event(workspace)
        assert event["door"] == ("SCIM" if door.is_directory else "GRAPHQL")
        await assert_sound(workspace)

    async def test_someone_leaves_once_and_it_is_recorded_once(self, door: Client, workspace: Workspace) -> None:
        group = await own_group(door, workspace, members=2)
        leaver, stayer = sorted(await members_of(group))
        before = await audit_actions(workspace)
        first = await door.change_members(group, remove=[leaver])
        again = await door.change_members(group, remove=[leaver])
        assert (first.refusal, again.refusal, again.version) == (None, None, first.version)
        assert await members_of(group) == {stayer}
        assert await since(workspace, before) == ["group.members.changed"]
        await assert_sound(workspace)

    @pytest.mark.parametrize("who", ["nobody", "of another workspace", "removed"])
    async def test_who_is_not_here_is_not_let_in(
        self, door: Client, workspace: Workspace, other: Workspace, who: str
    ) -> None:
        person = {"nobody": new_id(), "of another workspace": other.owner_id}.get(who) or await person_of(workspace)
        if who == "removed":
            await memberships.remove(workspace.operator, person)
        group = await own_group(door, workspace)
        said = await door.change_members(group, add=[person])
        assert said.refusal == (None if door.is_directory else "NOT_FOUND")
        assert await members_of(group) == set()
        await assert_sound(workspace)

    async def test_where_a_directory_has_to_know_everyone_both_doors_refuse(
        self, door: Client, workspace: Workspace
    ) -> None:
        await policies.update(workspace.operator, unknown_members="REJECT")
        group = await own_group(door, workspace)
        async with unchanged():
            said = await door.change_members(group, add=[new_id()])
        assert said.refusal == ("INVALID" if door.is_directory else "NOT_FOUND")


class TestAnotherWorkspace:
    async def test_its_groups_are_not_found(self, door: Client, workspace: Workspace, other: Workspace) -> None:
        person = await person_of(workspace)
        for group in (await own_group(door, other, members=1), new_id()):
            async with unchanged():
                said = [
                    await door.rename_group(group, "Mine"),
                    await door.change_members(group, add=[person]),
                    await door.change_members(group, remove=list(await members_of(group)) or [person]),
                    await door.delete_group(group),
                ]
            assert {each.refusal for each in said} == {"NOT_FOUND"}
            assert await door.see_group(group) is None

    async def test_its_people_are_not_found(self, door: Client, other: Workspace) -> None:
        for person in (await person_of(other), other.owner_id, new_id()):
            async with unchanged():
                said = [await act(person) for act in (door.suspend, door.reactivate, door.remove)]
            assert {each.refusal for each in said} == {"NOT_FOUND"}
            assert await door.see_person(person) is None


class TestTheLastOwner:
    async def test_stays(self, door: Client, workspace: Workspace) -> None:
        async with unchanged():
            said = [await door.suspend(workspace.owner_id), await door.remove(workspace.owner_id)]
        assert [each.refusal for each in said] == ["LAST_OWNER", "LAST_OWNER"]

    async def test_may_go_when_there_is_another(self, door: Client, workspace: Workspace) -> None:
        second = await make_person(workspace)
        await database.writes(accounts.mark_proven)(second["account_id"])
        await roles.set_for_membership(workspace.operator, second["id"], [await role_id(workspace, "workspace_owner")])
        assert (await door.suspend(second["id"])).refusal is None
        assert (await door.remove(workspace.owner_id)).refusal == "LAST_OWNER"
        await assert_sound(workspace)

    async def test_is_not_replaced_inactive(self, directory: ScimClient, workspace: Workspace) -> None:
        shown = (await directory.send("GET", f"Users/{workspace.owner_id}")).json()
        async with unchanged():
            answer = await directory.send("PUT", f"Users/{workspace.owner_id}", shown | {"active": False})
        assert answer.status_code == 403
        assert "scimType" not in answer.json()

    async def test_keeps_the_role(self, app_door: GraphQLClient, workspace: Workspace) -> None:
        async with unchanged():
            payload = await app_door.asker.change(
                "membershipRolesSet",
                "membership { id }",
                subjectId=gid(Kind.MEMBERSHIP, workspace.owner_id),
                assignments=[],
            )
        assert [error["code"] for error in payload["errors"]] == ["LAST_OWNER"]


class TestVersions:
    async def test_both_doors_show_the_same_one(
        self, app_door: GraphQLClient, directory: ScimClient, workspace: Workspace
    ) -> None:
        group, person = await make_group(workspace, members=1), await person_of(workspace)
        for door in (app_door, directory):
            await door.suspend(person)
            await door.reactivate(person)
            seen = [await each.see_person(person) for each in (app_door, directory)]
            assert seen[0] == seen[1] is not None
            groups_seen = [await each.see_group(group["id"]) for each in (app_door, directory)]
            assert groups_seen[0] == groups_seen[1] is not None

    async def test_a_stale_one_is_refused(self, door: Client, workspace: Workspace) -> None:
        group, person = await own_group(door, workspace, members=1), await person_of(workspace)
        group_seen, person_seen = await door.see_group(group), await door.see_person(person)
        assert group_seen is not None
        assert person_seen is not None
        renamed = await door.rename_group(group, "Crew", version=group_seen.version)
        assert renamed.refusal is None
        assert (await door.suspend(person, version=person_seen)).refusal is None
        (member,) = group_seen.members
        async with unchanged():
            said = [
                await door.rename_group(group, "Gang", version=group_seen.version),
                await door.change_members(group, add=[person], version=group_seen.version),
                await door.change_members(group, remove=[member], version=group_seen.version),
                await door.delete_group(group, version=group_seen.version),
                await door.remove(person, version=person_seen),
            ]
        assert [each.refusal for each in said] == ["VERSION_MISMATCH"] * 5
        assert (await door.delete_group(group, version=renamed.version)).refusal is None


class TestNames:
    @pytest.mark.parametrize("name", ["Team", "TEAM", " team"])
    async def test_a_name_is_given_once(self, door: Client, workspace: Workspace, name: str) -> None:
        await own_group(door, workspace, name="Team")
        group = await own_group(door, workspace, name="Crew")
        async with unchanged():
            said = [await door.create_group(name), await door.rename_group(group, name)]
        assert [each.refusal for each in said] == ["ALREADY_EXISTS", "ALREADY_EXISTS"]

    async def test_a_name_of_another_workspace_is_free(
        self, door: Client, workspace: Workspace, other: Workspace
    ) -> None:
        await own_group(door, other, name="Team")
        assert (await door.create_group("Team")).refusal is None

    @pytest.mark.parametrize("name", ["", "  ", "x" * 251, "a\u202eb"])
    async def test_a_name_nobody_can_read_is_refused(self, door: Client, workspace: Workspace, name: str) -> None:
        group = await own_group(door, workspace)
        async with unchanged():
            said = [await door.create_group(name), await door.rename_group(group, name)]
        word = "TOO_LONG" if len(name) > 250 and not door.is_directory else "INVALID"
        assert [each.refusal for each in said] == [word, word]


class TestAGroup:
    async def test_is_made_renamed_and_deleted_and_each_is_recorded(self, door: Client, workspace: Workspace) -> None:
        person = await person_of(workspace)
        before = await audit_actions(workspace)
        made = await door.create_group("Team", [person])
        assert await members_of(made.id) == {person}
        assert (await door.rename_group(made.id, "Crew")).refusal is None
        assert (await door.delete_group(made.id)).refusal is None
        assert (await door.delete_group(made.id)).refusal == "NOT_FOUND"
        assert await door.see_group(made.id) is None
        assert await since(workspace, before) == ["group.created", "group.changed", "group.deleted"]
        assert await door.see_person(person) is not None
        await assert_sound(workspace)

    async def test_of_the_application_is_renamed_for_the_directory_too(
        self, app_door: GraphQLClient, directory: ScimClient, workspace: Workspace
    ) -> None:
        group = await own_group(app_door, workspace, members=2)
        assert (await app_door.rename_group(group, "Crew")).refusal is None
        seen = await directory.see_group(group)
        assert seen is not None
        assert (seen.name, seen.members) == ("Crew", await members_of(group))

    async def test_of_a_directory_is_the_directorys_alone(
        self, app_door: GraphQLClient, directory: ScimClient, workspace: Workspace
    ) -> None:
        person = await person_of(workspace)
        group = (await directory.create_group("Team", [person])).id
        async with unchanged():
            said = [
                await app_door.rename_group(group, "Crew"),
                await app_door.change_members(group, remove=[person]),
                await app_door.delete_group(group),
            ]
        assert {each.refusal for each in said} == {"DIRECTORY_MANAGED"}
        seen = await app_door.see_group(group)
        assert seen is not None
        assert (seen.name, seen.members) == ("Team", {person})
        # What people are here for is the application's business all the same.
        assert (await app_door.suspend(person)).refusal is None
        payload = await app_door.asker.change(
            "groupRolesSet",
            "group { id }",
            subjectId=gid(Kind.GROUP, group),
            assignments=[{"roleId": gid(Kind.ROLE, await role_id(workspace, "source_read_only"))}],
        )
        assert payload["errors"] == []

    async def test_of_the_application_becomes_the_directorys_with_its_first_write(
        self, app_door: GraphQLClient, directory: ScimClient, workspace: Workspace
    ) -> None:
        group = await own_group(app_door, workspace)
        assert (await directory.rename_group(group, "Crew")).refusal is None
        assert (await app_door.rename_group(group, "Team")).refusal == "DIRECTORY_MANAGED"
        seen = await app_door.see_group(group)
        assert seen is not None
        assert seen.name == "Crew"

    async def test_of_the_application_that_confers_more_waits_for_an_owner(
        self, app_door: GraphQLClient, directory: ScimClient, workspace: Workspace
    ) -> None:
        group = await own_group(app_door, workspace, name="Team")
        await roles.set_for_group(workspace.operator, group, [await role_id(workspace, "source_admin")])
        before = await audit_actions(workspace)
        said = [
            await directory.rename_group(group, "Crew"),
            await directory.create_group("team"),
            await directory.delete_group(group),
        ]
        assert [each.refusal for each in said] == ["FORBIDDEN", "ALREADY_EXISTS", "FORBIDDEN"]
        assert await since(workspace, before) == ["group.link.requested"]
        assert (await app_door.rename_group(group, "Gang")).refusal is None


class TestAPerson:
    async def test_who_is_suspended_keeps_groups_and_roles_and_comes_back_to_them(
        self, door: Client, workspace: Workspace
    ) -> None:
        group, person = await own_group(door, workspace), await person_of(workspace)
        await door.change_members(group, add=[person])
        await roles.set_for_membership(workspace.operator, person, [await role_id(workspace, "source_admin")])
        before = await audit_actions(workspace)
        for act, state in ((door.suspend, "SUSPENDED"), (door.reactivate, "ACTIVE")):
            assert (await act(person)).refusal is None
            assert (await memberships.get(workspace.operator, person))["state"] == state
            assert (await members_of(group), await roles_of(person)) == ({person}, {"source_admin"})
        assert await since(workspace, before) == ["membership.suspended", "membership.reactivated"]


class TestAccess:
    async def test_who_is_deactivated_by_the_directory_is_out_of_the_application(
        self, client: httpx.AsyncClient, directory: ScimClient, workspace: Workspace, other: Workspace
    ) -> None:
        """Their credentials still work where another customer has them."""
        owner = await memberships.get(workspace.operator, workspace.owner_id)
        await make_person(other, userName=owner["email"])
        second = await make_person(workspace)
        await database.writes(accounts.mark_proven)(second["account_id"])
        await roles.set_for_membership(workspace.operator, second["id"], [await role_id(workspace, "workspace_owner")])
        asker = GraphQLClient(client, workspace).asker
        query = "query($slug: String!) { workspace(slug: $slug) { id } }"
        assert (await asker.ask(query, slug=workspace.slug))["workspace"] is not None
        assert (await directory.suspend(workspace.owner_id)).refusal is None
        assert (await asker.ask(query, slug=workspace.slug))["workspace"] is None
        assert (await asker.ask(query, slug=other.slug))["workspace"] is not None
        assert (await directory.reactivate(workspace.owner_id)).refusal is None
        assert (await asker.ask(query, slug=workspace.slug))["workspace"] is not None

    async def test_a_token_opens_its_own_door_only(self, client: httpx.AsyncClient, workspace: Workspace) -> None:
        personal = {"Authorization": f"Bearer {workspace.personal_token}"}
        assert (await client.get("/scim/v2/Users", headers=personal)).status_code == 401
        directory = {"Authorization": f"Bearer {workspace.scim_token}"}
        answer = await client.post("/graphql", json={"query": "{ viewer { user { id } } }"}, headers=directory)
        assert answer.status_code == 401
