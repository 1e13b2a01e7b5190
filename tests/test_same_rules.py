"""Both doors lead to the same room: one rule, two protocols, one outcome and one line in the audit log."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import httpx
import pytest

from tenantry.graph import ids
from tenantry.graph.ids import Kind
from tenantry.models.database import Row
from tenantry.services import groups, memberships, roles, versions

from .make import Workspace, audit_actions, make_group, make_person, make_workspace

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


class Client(ABC):
    """One door, asked in its own words. Every answer is "ok" or the name of the refusal."""

    # Whether the groups of this door's tests are made by a directory: each door changes what is its own.
    by_directory: bool

    def __init__(self, client: httpx.AsyncClient, workspace: Workspace) -> None:
        self.client = client
        self.workspace = workspace

    @abstractmethod
    async def add_member(self, group: Row, person: Row, *, if_version: str | None = None) -> str: ...

    @abstractmethod
    async def remove_member(self, group: Row, person: Row) -> str: ...

    @abstractmethod
    async def rename(self, group: Row, name: str, *, if_version: str | None = None) -> str: ...

    @abstractmethod
    async def delete_group(self, group: Row) -> str: ...

    @abstractmethod
    async def end(self, person: Row | str) -> str:
        """Cut someone's access."""

    @abstractmethod
    async def bring_back(self, person: Row) -> str: ...


class Scim(Client):
    by_directory = True
    REFUSALS: ClassVar = {
        (404, None): "not found",
        (409, "uniqueness"): "conflict",
        (412, None): "stale",
        (403, None): "forbidden",
    }

    async def _send(self, method: str, path: str, *, if_version: str | None = None, body: Any = None) -> str:
        headers = {"Authorization": f"Bearer {self.workspace.scim_token}", "Content-Type": "application/scim+json"}
        if if_version is not None:
            headers["If-Match"] = if_version
        answer = await self.client.request(method, f"/scim/v2/{path}", headers=headers, json=body)
        if answer.is_success:
            return "ok"
        error = answer.json()
        if error["detail"] == "This is the last owner of the workspace":
            return "last owner"
        return self.REFUSALS[answer.status_code, error.get("scimType")]

    async def _patch(self, path: str, operation: dict[str, Any], *, if_version: str | None = None) -> str:
        body = {"schemas": [PATCH_OP], "Operations": [operation]}
        return await self._send("PATCH", path, body=body, if_version=if_version)

    async def add_member(self, group: Row, person: Row, *, if_version: str | None = None) -> str:
        operation = {"op": "add", "path": "members", "value": [{"value": person["id"]}]}
        return await self._patch(f"Groups/{group['id']}", operation, if_version=if_version)

    async def remove_member(self, group: Row, person: Row) -> str:
        path = f'members[value eq "{person["id"]}"]'
        return await self._patch(f"Groups/{group['id']}", {"op": "remove", "path": path})

    async def rename(self, group: Row, name: str, *, if_version: str | None = None) -> str:
        operation = {"op": "replace", "path": "displayName", "value": name}
        return await self._patch(f"Groups/{group['id']}", operation, if_version=if_version)

    async def delete_group(self, group: Row) -> str:
        return await self._send("DELETE", f"Groups/{group['id']}")

    async def end(self, person: Row | str) -> str:
        id = person if isinstance(person, str) else person["id"]
        return await self._patch(f"Users/{id}", {"op": "replace", "path": "active", "value": False})

    async def bring_back(self, person: Row) -> str:
        return await self._patch(f"Users/{person['id']}", {"op": "replace", "path": "active", "value": True})


class GraphQL(Client):
    by_directory = False
    REFUSALS: ClassVar = {
        "NOT_FOUND": "not found",
        "ALREADY_EXISTS": "conflict",
        "VERSION_MISMATCH": "stale",
        "DIRECTORY_MANAGED": "directory managed",
        "LAST_OWNER": "last owner",
    }

    async def _change(self, mutation: str, input_type: str, **input: Any) -> str:
        query = f"mutation($input: {input_type}!) {{ {mutation}(input: $input) {{ errors {{ code }} }} }}"
        answer = await self.client.post(
            "/graphql",
            json={"query": query, "variables": {"input": input}},
            headers={"Authorization": f"Bearer {self.workspace.personal_token}"},
        )
        body = answer.json()
        assert "errors" not in body, body
        refusals = body["data"][mutation]["errors"]
        return self.REFUSALS[refusals[0]["code"]] if refusals else "ok"

    async def add_member(self, group: Row, person: Row, *, if_version: str | None = None) -> str:
        return await self._members(group, expectedVersion=if_version, add=[ids.encode(Kind.MEMBERSHIP, person["id"])])

    async def remove_member(self, group: Row, person: Row) -> str:
        return await self._members(group, remove=[ids.encode(Kind.MEMBERSHIP, person["id"])])

    async def _members(self, group: Row, **change: Any) -> str:
        group_id = ids.encode(Kind.GROUP, group["id"])
        return await self._change("groupMembersChange", "GroupMembersChangeInput", groupId=group_id, **change)

    async def rename(self, group: Row, name: str, *, if_version: str | None = None) -> str:
        id = ids.encode(Kind.GROUP, group["id"])
        return await self._change(
            "groupUpdate", "GroupUpdateInput", id=id, displayName=name, expectedVersion=if_version
        )

    async def delete_group(self, group: Row) -> str:
        return await self._change("groupDelete", "IdInput", id=ids.encode(Kind.GROUP, group["id"]))

    async def end(self, person: Row | str) -> str:
        id = person if isinstance(person, str) else person["id"]
        return await self._member("membershipSuspend", id)

    async def bring_back(self, person: Row) -> str:
        return await self._member("membershipReactivate", person["id"])

    async def _member(self, mutation: str, id: str) -> str:
        return await self._change(mutation, "MembershipActionInput", membershipId=ids.encode(Kind.MEMBERSHIP, id))


@pytest.fixture
async def workspace(client: httpx.AsyncClient) -> Workspace:
    # A directory that manages profiles suspends, as the application does.
    return await make_workspace(preset="MANAGED")


@pytest.fixture(params=[Scim, GraphQL])
def door(request: pytest.FixtureRequest, client: httpx.AsyncClient, workspace: Workspace) -> Client:
    door: Client = request.param(client, workspace)
    return door


async def group_for(door: Client, **wanted: Any) -> Row:
    return await make_group(door.workspace, by_directory=door.by_directory, **wanted)


async def newest_actions(workspace: Workspace, before: list[str]) -> list[str]:
    return (await audit_actions(workspace))[len(before) :]


async def test_a_person_joins_once_and_is_recorded_once(door: Client) -> None:
    group, person = await group_for(door), await make_person(door.workspace)
    before = await audit_actions(door.workspace)
    assert await door.add_member(group, person) == "ok"
    assert await door.add_member(group, person) == "ok"
    assert (await groups.get(door.workspace.operator, group["id"]))["member_count"] == 1
    assert await newest_actions(door.workspace, before) == ["group.members.changed"]


async def test_a_person_leaves_once_and_is_recorded_once(door: Client) -> None:
    group, person = await group_for(door), await make_person(door.workspace)
    await door.add_member(group, person)
    before = await audit_actions(door.workspace)
    assert await door.remove_member(group, person) == "ok"
    assert await door.remove_member(group, person) == "ok"
    assert (await groups.get(door.workspace.operator, group["id"]))["member_count"] == 0
    assert await newest_actions(door.workspace, before) == ["group.members.changed"]


async def test_a_group_is_renamed_to_a_free_name_only(door: Client) -> None:
    group, taken = await group_for(door), await group_for(door)
    before = await audit_actions(door.workspace)
    assert await door.rename(group, taken["display_name"].upper()) == "conflict"
    assert await newest_actions(door.workspace, before) == []
    assert await door.rename(group, "A name of its own") == "ok"
    assert await newest_actions(door.workspace, before) == ["group.changed"]


async def test_a_change_of_what_has_changed_is_refused(door: Client) -> None:
    group, person = await group_for(door), await make_person(door.workspace)
    seen = versions.of(group)
    assert await door.rename(group, "Renamed", if_version=seen) == "ok"
    before = await audit_actions(door.workspace)
    assert await door.rename(group, "Renamed again", if_version=seen) == "stale"
    assert await door.add_member(group, person, if_version=seen) == "stale"
    assert await newest_actions(door.workspace, before) == []


async def test_what_is_of_another_workspace_is_not_there(door: Client) -> None:
    other = await make_workspace(preset="MANAGED")
    group, person = await make_group(other, by_directory=door.by_directory), await make_person(other)
    before = await audit_actions(other)
    assert await door.rename(group, "Mine") == "not found"
    assert await door.add_member(group, await make_person(door.workspace)) == "not found"
    assert await door.delete_group(group) == "not found"
    assert await door.end(person) == "not found"
    assert await audit_actions(other) == before


async def test_a_deleted_group_is_gone_and_its_members_stay(door: Client) -> None:
    group, person = await group_for(door), await make_person(door.workspace)
    await door.add_member(group, person)
    before = await audit_actions(door.workspace)
    assert await door.delete_group(group) == "ok"
    assert await door.delete_group(group) == "not found"
    assert (await memberships.get(door.workspace.operator, person["id"]))["state"] == "ACTIVE"
    assert await newest_actions(door.workspace, before) == ["group.deleted"]


async def test_the_last_owner_stays(door: Client) -> None:
    before = await audit_actions(door.workspace)
    assert await door.end(door.workspace.owner_id) == "last owner"
    assert (await memberships.get(door.workspace.operator, door.workspace.owner_id))["state"] == "ACTIVE"
    assert await newest_actions(door.workspace, before) == []


async def test_a_suspended_person_keeps_groups_and_roles_and_comes_back_to_them(door: Client) -> None:
    group, person = await group_for(door), await make_person(door.workspace)
    await door.add_member(group, person)
    before = await audit_actions(door.workspace)
    assert await door.end(person) == "ok"
    assert (await memberships.get(door.workspace.operator, person["id"]))["state"] == "SUSPENDED"
    assert await door.bring_back(person) == "ok"
    back = await memberships.get(door.workspace.operator, person["id"], groups_at="")
    assert (back["state"], group["id"] in back["groups"]) == ("ACTIVE", True)
    assert await newest_actions(door.workspace, before) == ["membership.suspended", "membership.reactivated"]


async def test_a_group_renamed_in_the_application_is_renamed_in_scim(
    client: httpx.AsyncClient, workspace: Workspace
) -> None:
    group = await make_group(workspace)
    assert await GraphQL(client, workspace).rename(group, "Renamed in the app") == "ok"
    headers = {"Authorization": f"Bearer {workspace.scim_token}"}
    answer = await client.get(f"/scim/v2/Groups/{group['id']}", headers=headers)
    assert answer.json()["displayName"] == "Renamed in the app"


async def test_what_a_directory_manages_is_not_edited_in_the_application(
    client: httpx.AsyncClient, workspace: Workspace
) -> None:
    group, person = await make_group(workspace, by_directory=True), await make_person(workspace)
    app = GraphQL(client, workspace)
    assert await app.rename(group, "Mine") == "directory managed"
    assert await app.add_member(group, person) == "directory managed"
    assert await app.delete_group(group) == "directory managed"
    # Cutting access is never refused: an administrator may have to act before the directory does.
    assert await app.end(person) == "ok"


async def test_a_directory_waits_for_an_owner_before_it_takes_a_group_that_confers_more(
    client: httpx.AsyncClient, workspace: Workspace
) -> None:
    group, person = await make_group(workspace), await make_person(workspace)
    admin = next(role for role in await roles.of_workspace(workspace.owner) if role["key"] == "source_admin")
    await roles.set_for_group(workspace.owner, group["id"], [admin["id"]])
    assert await Scim(client, workspace).add_member(group, person) == "forbidden"
    assert "group.link.requested" in await audit_actions(workspace)
