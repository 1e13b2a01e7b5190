"""Two workspaces, and names of what one of them holds that the other asks for."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields

from tenantry.models import Outcome, ProvisioningOperation, database, new_id, now
from tenantry.services import groups, provisioning_log, tokens
from tenantry.services.actor import Actor, Principal, Request

from .make import Workspace, make_group, make_person, make_workspace
from .services.looking import everything, role_id

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Things:
    """Names of what one workspace holds, or of what nobody holds."""

    workspace: str
    slug: str
    user_name: str
    group_name: str
    membership: str
    group: str
    role: str
    scim_token: str
    personal_token: str
    account: str
    provisioning_event: str
    audit_event: str

    def unnamed(self, text: str) -> str:
        """The text without these names."""
        for field in fields(self):
            text = text.replace(getattr(self, field.name), f"<{field.name}>")
        return text


NOBODYS = Things(
    workspace=new_id(),
    slug="nowhere",
    user_name="nobody@nowhere.example",
    group_name="Group of Nobody",
    membership=new_id(),
    group=new_id(),
    role=new_id(),
    scim_token=new_id(),
    personal_token=new_id(),
    account=new_id(),
    provisioning_event=new_id(),
    audit_event=new_id(),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Who asks (`mine`, or its owner as `principal`), a group of their own, and whose things they ask for."""

    mine: Workspace
    own_group: str
    principal: Principal
    theirs: Things

    @property
    def owner(self) -> Actor:
        return self.mine.owner

    @asynccontextmanager
    async def theirs_unchanged(self) -> AsyncIterator[set[str]]:
        """Nothing the block does changes anything of theirs; gives the ids it must not show either."""
        before, accounts = await _belongings(self.theirs.workspace)
        yield set(_ID.findall(str(before))) - {self.mine.id}
        after, accounts_after = await _belongings(self.theirs.workspace)
        assert after == before
        assert accounts <= accounts_after


async def make_setting() -> Setting:
    mine, theirs = await make_workspace(slug="mine"), await make_workspace(slug="theirs")
    person = await make_person(theirs, userName="ada@theirs.example", displayName="Ada of Theirs")
    group = await make_group(theirs, name="Group of Theirs", by_directory=True)
    await groups.change_members(theirs.directory, group["id"], add=[person["id"]])
    await provisioning_log.record(_event(theirs, person["id"]))
    return Setting(
        mine=mine,
        own_group=(await make_group(mine, by_directory=True))["id"],
        principal=await tokens.identify_personal(mine.personal_token, Request(id="r-1")),
        theirs=Things(
            workspace=theirs.id,
            slug=theirs.slug,
            user_name=person["user_name"],
            group_name=group["display_name"],
            membership=person["id"],
            group=group["id"],
            role=await role_id(theirs, "source_read_only"),
            scim_token=str(theirs.directory.id),
            personal_token=str(theirs.owner.id),
            account=person["account_id"],
            provisioning_event=await _first("provisioning_events", theirs.id),
            audit_event=await _first("audit_events", theirs.id),
        ),
    )


def _event(workspace: Workspace, membership_id: str) -> provisioning_log.Event:
    return provisioning_log.Event(
        workspace_id=workspace.id,
        occurred_at=now(),
        scim_token_id=workspace.directory.id,
        operation=ProvisioningOperation.READ,
        http_method="GET",
        path=f"/Users/{membership_id}",
        status=200,
        outcome=Outcome.SUCCESS,
        membership_id=membership_id,
        duration_ms=1,
        request_id="r-1",
    )


@database.reads
async def _first(table: str, workspace_id: str) -> str:
    id: str = await database.fetch_value(f"SELECT id FROM {table} WHERE workspace_id = ? ORDER BY id", workspace_id)
    return id


async def _belongings(workspace_id: str) -> tuple[dict[str, list[str]], set[str]]:
    """(all rows of a workspace, all accounts there are)"""
    rows = await everything()
    accounts = set(rows.pop("accounts"))
    return {table: [row for row in found if workspace_id in row] for table, found in rows.items()}, accounts
