"""How the tests here ask: as someone with a token, for the answer as it came or for what is in it."""

from dataclasses import dataclass, replace
from typing import Any

import httpx
import orjson

from tenantry.graph import ids
from tenantry.graph.ids import Kind
from tenantry.models import Role, database, new_id, now
from tenantry.models.database import Row
from tenantry.services import accounts, memberships, roles, tokens
from tenantry.services.actor import Permission
from tenantry.services.tokens import TokenScope

from ..make import Workspace


@dataclass(frozen=True, slots=True)
class Asker:
    """Someone who asks; without a token nobody we know."""

    client: httpx.AsyncClient
    token: str | None = None

    async def post(self, query: str, **variables: Any) -> httpx.Response:
        return await self.send({"query": query, "variables": variables})

    async def send(self, body: object, **headers: str) -> httpx.Response:
        """Any body, as JSON unless it is bytes."""
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        sent = {"content-type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            sent["authorization"] = f"Bearer {self.token}"
        return await self.client.post("/graphql", content=content, headers=sent)

    async def ask(self, query: str, **variables: Any) -> Any:
        """The data of an answer without errors."""
        body = (await self.post(query, **variables)).json()
        assert "errors" not in body, body["errors"]
        return body["data"]

    async def errors(self, query: str, **variables: Any) -> list[dict[str, Any]]:
        """The errors at the top of an answer."""
        found: list[dict[str, Any]] = (await self.post(query, **variables)).json()["errors"]
        return found

    async def codes(self, query: str, **variables: Any) -> list[str]:
        return [error["extensions"]["code"] for error in await self.errors(query, **variables)]

    async def change(self, mutation: str, selection: str, **input: Any) -> Any:
        """The payload of one mutation, by its name; errors are among what is selected."""
        type_name = (
            "IdInput" if mutation in _BY_ID else _INPUTS.get(mutation, f"{mutation[0].upper()}{mutation[1:]}Input")
        )
        query = f"""mutation($input: {type_name}!) {{ {mutation}(input: $input) {{ {selection} {ERRORS} }} }}"""
        return (await self.ask(query, input=input))[mutation]


ERRORS = """errors { __typename code message path
  ... on NotFoundError { id } ... on VersionError { currentVersion } ... on LastOwnerError { membership { id } }
  ... on ConflictError { existing { __typename id } } ... on PrerequisiteError { missing } }"""
_BY_ID = {"groupDelete", "scimTokenRevoke", "personalAccessTokenRevoke"}
_INPUTS = {
    "membershipSuspend": "MembershipActionInput",
    "membershipReactivate": "MembershipActionInput",
    "membershipRemove": "MembershipActionInput",
    "membershipRolesSet": "RolesSetInput",
    "groupRolesSet": "RolesSetInput",
}


def gid(kind: Kind, row: Row | str) -> str:
    """The global id of a row, or of a UUID."""
    return str(ids.encode(kind, row if isinstance(row, str) else row["id"]))


async def make_member(client: httpx.AsyncClient, workspace: Workspace, *permissions: Permission) -> tuple[Asker, Row]:
    """Someone who signed in and may do just that, and their membership."""
    name = new_id()
    member = await memberships.add(workspace.operator, email=f"{name}@example.com", display_name=f"Member {name[-4:]}")
    role_id = await make_role(workspace, *permissions)
    await roles.set_for_membership(workspace.operator, member["id"], [role_id])
    await _come_in(workspace, member)
    _, secret = await tokens.personal_create(member["account_id"], name="Everything", scopes=TokenScope)
    return Asker(client, secret), member


@database.writes
async def make_role(workspace: Workspace, *permissions: Permission) -> str:
    id = new_id()
    await database.insert(
        Role,
        id=id,
        workspace_id=workspace.id,
        key=f"custom-{id}",
        name=f"Custom {id[-4:]}",
        built_in=False,
        is_default=False,
        permissions=orjson.dumps(permissions).decode(),
        scopable_to="[]",
        created_at=now(),
        updated_at=now(),
    )
    return id


@database.writes
async def _come_in(workspace: Workspace, member: Row) -> None:
    await accounts.mark_proven(member["account_id"])
    await memberships.accept(workspace.operator, member["id"])


def with_scopes(asker: Asker, secret: str) -> Asker:
    return replace(asker, token=secret)
