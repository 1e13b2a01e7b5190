"""A workspace under a policy and its identity provider, seen from both sides."""

from dataclasses import dataclass
from typing import Any

import httpx
from starlette.applications import Starlette

from tenantry.models import database
from tenantry.models.database import Row
from tenantry.services import accounts, memberships, roles

from ..make import Workspace, make_workspace
from ..services.looking import role_id, stored
from .provider import Resource, connect, resource


@dataclass(frozen=True, slots=True)
class Connected:
    """A workspace and its identity provider."""

    workspace: Workspace
    scim: httpx.AsyncClient

    async def get(self, user: Resource) -> Resource:
        return resource(await self.scim.get(f"/Users/{user['id']}"))

    async def change(self, user: Resource, body: Resource) -> Resource:
        return resource(await self.scim.patch(f"/Users/{user['id']}", json=body))

    async def row(self, user: Resource) -> Row:
        return await memberships.get(self.workspace.operator, user["id"])

    async def state(self, user: Resource) -> str:
        state: str = (await self.row(user))["state"]
        return state

    async def account(self, user: Resource) -> dict[str, Any] | None:
        """The account behind a user, None when there is none."""
        id = (await self.row(user))["account_id"]
        account = await stored("accounts", id) if id else None
        return None if account is None else {name: account[name] for name in account.keys()}  # noqa: SIM118  # a Row

    async def known_account(self, user: Resource) -> dict[str, Any]:
        account = await self.account(user)
        assert account is not None
        return account

    async def give(self, user: Resource, role: str) -> None:
        """Let a user hold this role and no other."""
        await roles.set_for_membership(self.workspace.operator, user["id"], [await role_id(self.workspace, role)])


async def connected(app: Starlette, preset: str) -> Connected:
    workspace = await make_workspace(preset=preset)
    return Connected(workspace, connect(app, workspace))


mark_proven = database.writes(accounts.mark_proven)
"""The person has shown that the address is theirs."""
