"""What a test of a service looks at afterwards."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from tenantry.models import database
from tenantry.models.database import Row
from tenantry.services.actor import Actor, Permission

from ..make import Workspace

TABLES = (
    "accounts",
    "workspaces",
    "workspace_heads",
    "memberships",
    "membership_values",
    "groups",
    "group_members",
    "roles",
    "role_assignments",
    "scim_tokens",
    "personal_access_tokens",
    "provisioning_policies",
    "provisioning_events",
    "audit_events",
)


def without(actor: Actor, permission: Permission) -> Actor:
    return replace(actor, permissions=actor.permissions - {permission})


def only(actor: Actor, *permissions: Permission) -> Actor:
    return replace(actor, permissions=frozenset(permissions), is_owner=False)


@database.reads
async def everything() -> dict[str, list[str]]:
    """All rows there are."""
    return {
        table: sorted(str(tuple(row[name] for name in row.keys())) for row in await database.fetch_all(sql))  # noqa: SIM118
        for table, sql in ((table, f"SELECT * FROM {table}") for table in TABLES)
    }


@asynccontextmanager
async def unchanged() -> AsyncIterator[None]:
    """Whatever is done in the block leaves every row as it was."""
    before = await everything()
    yield
    assert await everything() == before


@database.reads
async def stored(table: str, id: str) -> Row | None:
    return await database.fetch_one(f"SELECT * FROM {table} WHERE id = ?", id)


@database.reads
async def roles_of(membership_id: str) -> set[str]:
    """The keys of the roles someone holds directly."""
    rows = await database.fetch_all(
        "SELECT r.key FROM role_assignments a JOIN roles r ON r.id = a.role_id WHERE a.membership_id = ?", membership_id
    )
    return {row["key"] for row in rows}


@database.reads
async def groups_of(membership_id: str) -> set[str]:
    rows = await database.fetch_all("SELECT group_id FROM group_members WHERE membership_id = ?", membership_id)
    return {row["group_id"] for row in rows}


@database.reads
async def members_of(group_id: str) -> set[str]:
    rows = await database.fetch_all("SELECT membership_id FROM group_members WHERE group_id = ?", group_id)
    return {row["membership_id"] for row in rows}


@database.reads
async def role_id(workspace: Workspace, key: str) -> str:
    id: str = await database.fetch_value("SELECT id FROM roles WHERE workspace_id = ? AND key = ?", workspace.id, key)
    return id


@database.reads
async def last_audit_event(workspace: Workspace) -> dict[str, Any]:
    row = await database.fetch_one(
        "SELECT * FROM audit_events WHERE workspace_id = ? ORDER BY sequence DESC LIMIT 1", workspace.id
    )
    assert row is not None
    return {name: row[name] for name in row.keys()}  # noqa: SIM118  # a Row is no mapping
