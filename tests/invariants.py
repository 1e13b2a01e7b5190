"""What is true of a workspace whatever was done to it."""

from typing import Any

from tenantry.models import database
from tenantry.services import audit

from .make import Workspace

_OWNERS = """
    SELECT COUNT(*) FROM memberships m
    JOIN role_assignments a ON a.membership_id = m.id
    JOIN roles r ON r.id = a.role_id
    JOIN accounts p ON p.id = m.account_id
    WHERE m.workspace_id = ? AND r.key = 'workspace_owner' AND m.state = 'ACTIVE' AND p.proven_at IS NOT NULL
"""


async def assert_sound(workspace: Workspace) -> None:
    """Its totals are its rows, its audit log holds, someone owns it, and nobody who left is still in something."""
    assert await _totals(workspace.id) == await _rows(workspace.id)
    assert await audit.first_broken(workspace.id) is None
    assert await owner_count(workspace) >= 1
    assert await _left_behind(workspace.id) == 0


@database.reads
async def owner_count(workspace: Workspace) -> int:
    """How many may act as its owner right now."""
    count: int = await database.fetch_value(_OWNERS, workspace.id)
    return count


@database.reads
async def _totals(workspace_id: str) -> dict[str, Any]:
    head = await database.fetch_one("SELECT * FROM workspace_heads WHERE workspace_id = ?", workspace_id)
    assert head is not None
    groups = await database.fetch_all("SELECT id, member_count FROM groups WHERE workspace_id = ?", workspace_id)
    return {
        "memberships": head["membership_count"],
        "groups": head["group_count"],
        "audit": head["audit_sequence"],
        "members": {row["id"]: row["member_count"] for row in groups},
    }


@database.reads
async def _rows(workspace_id: str) -> dict[str, Any]:
    counted = {
        name: await database.fetch_value(f"SELECT COUNT(*) FROM {table} WHERE workspace_id = ?", workspace_id)
        for name, table in (("memberships", "memberships"), ("groups", "groups"), ("audit", "audit_events"))
    }
    groups = await database.fetch_all(
        "SELECT g.id, (SELECT COUNT(*) FROM group_members e"
        " WHERE e.workspace_id = g.workspace_id AND e.group_id = g.id) AS members"
        " FROM groups g WHERE g.workspace_id = ?",
        workspace_id,
    )
    return counted | {"members": {row["id"]: row["members"] for row in groups}}


@database.reads
async def _left_behind(workspace_id: str) -> int:
    """Group members, roles and index rows of people who are not here, or were removed."""
    left = 0
    for table in ("group_members", "role_assignments", "membership_values"):
        states = "('REMOVED')" if table != "membership_values" else "('none')"
        left += await database.fetch_value(
            f"SELECT COUNT(*) FROM {table} x LEFT JOIN memberships m ON m.workspace_id = x.workspace_id"
            f" AND m.id = x.membership_id WHERE x.workspace_id = ? AND x.membership_id IS NOT NULL"
            f" AND (m.id IS NULL OR m.state IN {states})",
            workspace_id,
        )
    return left
