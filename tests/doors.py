"""One client for each door, in the same words: what is asked for, and which rule refused it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from tenantry.graph import ids
from tenantry.graph.ids import Kind
from tenantry.services.schemas import GROUP

from .graph.asking import Asker, gid
from .make import Workspace

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """refusal   the rule that refused, as GraphQL names it; None when it was done"""

    refusal: str | None = None
    id: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenGroup:
    name: str
    members: set[str]
    version: str


class Client(Protocol):
    """Someone at a door of one workspace. Ids are those of rows.

    is_directory   an identity provider: its groups are directory-managed, and `remove` forgets the person
    """

    is_directory: bool

    async def see_group(self, group_id: str) -> SeenGroup | None: ...

    async def see_person(self, person_id: str) -> str | None:
        """The version."""

    async def create_group(self, name: str, members: Sequence[str] = ()) -> Said: ...

    async def rename_group(self, group_id: str, name: str, *, version: str | None = None) -> Said: ...

    async def change_members(
        self, group_id: str, *, add: Sequence[str] = (), remove: Sequence[str] = (), version: str | None = None
    ) -> Said: ...

    async def delete_group(self, group_id: str, *, version: str | None = None) -> Said: ...

    async def suspend(self, person_id: str, *, version: str | None = None) -> Said: ...

    async def reactivate(self, person_id: str) -> Said: ...

    async def remove(self, person_id: str, *, version: str | None = None) -> Said: ...


class ScimClient:
    is_directory = True

    def __init__(self, client: httpx.AsyncClient, workspace: Workspace) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {workspace.scim_token}"}

    async def see_group(self, group_id: str) -> SeenGroup | None:
        answer = await self.send("GET", f"Groups/{group_id}")
        if answer.status_code == 404:
            return None
        shown = answer.json()
        members = {member["value"] for member in shown.get("members", ())}
        return SeenGroup(name=shown["displayName"], members=members, version=shown["meta"]["version"])

    async def see_person(self, person_id: str) -> str | None:
        answer = await self.send("GET", f"Users/{person_id}")
        return None if answer.status_code == 404 else str(answer.json()["meta"]["version"])

    async def create_group(self, name: str, members: Sequence[str] = ()) -> Said:
        body = {
            "schemas": [GROUP.schema.id],
            "displayName": name,
            "members": [{"value": member} for member in members],
        }
        return _said(await self.send("POST", "Groups", body))

    async def rename_group(self, group_id: str, name: str, *, version: str | None = None) -> Said:
        return await self._patch(f"Groups/{group_id}", version, {"op": "replace", "path": "displayName", "value": name})

    async def change_members(
        self, group_id: str, *, add: Sequence[str] = (), remove: Sequence[str] = (), version: str | None = None
    ) -> Said:
        adding = {"op": "add", "path": "members", "value": [{"value": member} for member in add]}
        removing = [{"op": "remove", "path": f'members[value eq "{member}"]'} for member in remove]
        return await self._patch(f"Groups/{group_id}", version, *[adding] * bool(add), *removing)

    async def delete_group(self, group_id: str, *, version: str | None = None) -> Said:
        return _said(await self.send("DELETE", f"Groups/{group_id}", version=version))

    async def suspend(self, person_id: str, *, version: str | None = None) -> Said:
        return await self._patch(f"Users/{person_id}", version, {"op": "replace", "path": "active", "value": False})

    async def reactivate(self, person_id: str) -> Said:
        return await self._patch(f"Users/{person_id}", None, {"op": "replace", "path": "active", "value": True})

    async def remove(self, person_id: str, *, version: str | None = None) -> Said:
        return _said(await self.send("DELETE", f"Users/{person_id}", version=version))

    async def send(self, method: str, path: str, body: Any = None, *, version: str | None = None) -> httpx.Response:
        headers = self._headers | ({"If-Match": version} if version else {})
        return await self._client.request(method, f"/scim/v2/{path}", json=body, headers=headers)

    async def _patch(self, path: str, version: str | None, *operations: dict[str, Any]) -> Said:
        body = {"schemas": [PATCH_OP], "Operations": operations}
        return _said(await self.send("PATCH", path, body, version=version))


def _said(answer: httpx.Response) -> Said:
    if answer.is_success:
        shown = answer.json() if answer.content else {}
        return Said(id=shown.get("id", ""), version=answer.headers.get("etag", ""))
    if answer.status_code == 403 and "last owner" in answer.json()["detail"]:
        return Said(refusal="LAST_OWNER")
    refusals = {400: "INVALID", 403: "FORBIDDEN", 404: "NOT_FOUND", 409: "ALREADY_EXISTS", 412: "VERSION_MISMATCH"}
    return Said(refusal=refusals[answer.status_code])


class GraphQLClient:
    is_directory = False

    def __init__(self, client: httpx.AsyncClient, workspace: Workspace) -> None:
        self.asker = Asker(client, workspace.personal_token)
        self._workspace = workspace

    async def see_group(self, group_id: str) -> SeenGroup | None:
        query = (
            "query($id: ID!) { node(id: $id) { ... on Group { displayName version"
            " memberships(filter: {states: [ACTIVE, INVITED, SUSPENDED]}) { nodes { id } } } } }"
        )
        shown = (await self.asker.ask(query, id=gid(Kind.GROUP, group_id)))["node"]
        if shown is None:
            return None
        members = {_uuid(member["id"]) for member in shown["memberships"]["nodes"]}
        return SeenGroup(name=shown["displayName"], members=members, version=shown["version"])

    async def see_person(self, person_id: str) -> str | None:
        query = "query($id: ID!) { node(id: $id) { ... on Membership { version } } }"
        shown = (await self.asker.ask(query, id=gid(Kind.MEMBERSHIP, person_id)))["node"]
        return None if shown is None else str(shown["version"])

    async def create_group(self, name: str, members: Sequence[str] = ()) -> Said:
        return await self._change(
            "groupCreate",
            "group",
            workspaceId=gid(Kind.WORKSPACE, self._workspace.id),
            displayName=name,
            membershipIds=_people(members),
        )

    async def rename_group(self, group_id: str, name: str, *, version: str | None = None) -> Said:
        id = gid(Kind.GROUP, group_id)
        return await self._change("groupUpdate", "group", id=id, displayName=name, expectedVersion=version)

    async def change_members(
        self, group_id: str, *, add: Sequence[str] = (), remove: Sequence[str] = (), version: str | None = None
    ) -> Said:
        return await self._change(
            "groupMembersChange",
            "group",
            groupId=gid(Kind.GROUP, group_id),
            add=_people(add),
            remove=_people(remove),
            expectedVersion=version,
        )

    async def delete_group(self, group_id: str, *, version: str | None = None) -> Said:
        payload = await self.asker.change(
            "groupDelete", "deletedId", id=gid(Kind.GROUP, group_id), expectedVersion=version
        )
        return Said(refusal=_refusal(payload))

    async def suspend(self, person_id: str, *, version: str | None = None) -> Said:
        return await self._act("membershipSuspend", person_id, version)

    async def reactivate(self, person_id: str) -> Said:
        return await self._act("membershipReactivate", person_id, None)

    async def remove(self, person_id: str, *, version: str | None = None) -> Said:
        return await self._act("membershipRemove", person_id, version)

    async def _act(self, mutation: str, person_id: str, version: str | None) -> Said:
        return await self._change(
            mutation, "membership", membershipId=gid(Kind.MEMBERSHIP, person_id), expectedVersion=version
        )

    async def _change(self, mutation: str, thing: str, **input: Any) -> Said:
        payload = await self.asker.change(mutation, f"{thing} {{ id version }}", **input)
        if (refusal := _refusal(payload)) is not None:
            return Said(refusal=refusal)
        return Said(id=_uuid(payload[thing]["id"]), version=payload[thing]["version"])


def _people(members: Sequence[str]) -> list[str]:
    return [gid(Kind.MEMBERSHIP, member) for member in members]


def _uuid(global_id: str) -> str:
    parsed = ids.parse(global_id)
    assert parsed is not None
    return parsed[1]


def _refusal(payload: dict[str, Any]) -> str | None:
    return payload["errors"][0]["code"] if payload["errors"] else None


DOORS: dict[str, Callable[[httpx.AsyncClient, Workspace], Client]] = {"SCIM": ScimClient, "GRAPHQL": GraphQLClient}
