"""The rule that a workspace always keeps an owner who can act."""

from ..errors import LastOwner
from ..models import database

_OWNERS = """
    SELECT m.id FROM roles r
    JOIN role_assignments a ON a.workspace_id = r.workspace_id AND a.role_id = r.id
    JOIN memberships m ON m.workspace_id = a.workspace_id AND m.id = a.membership_id
    JOIN accounts p ON p.id = m.account_id
    WHERE r.workspace_id = ? AND r.key = 'workspace_owner' AND m.state = 'ACTIVE' AND p.proven_at IS NOT NULL
"""


async def lock(workspace_id: str) -> None:
    """Let nobody else judge the owners of this workspace until this transaction ends. The first lock of any."""
    await database.fetch_one(f"SELECT id FROM workspaces WHERE id = ?{database.dialect().for_update}", workspace_id)


async def lock_if_owner(workspace_id: str, membership_id: str) -> bool:
    """`lock`, but only when the membership holds ownership, so that no other change waits here; whether it does."""
    is_owner = await database.fetch_value(
        "SELECT 1 FROM role_assignments a JOIN roles r ON r.workspace_id = a.workspace_id AND r.id = a.role_id "
        "WHERE a.workspace_id = ? AND a.membership_id = ? AND r.key = 'workspace_owner'",
        workspace_id,
        membership_id,
    )
    if is_owner:
        await lock(workspace_id)
    return bool(is_owner)


async def refuse_if_last(workspace_id: str, membership_id: str) -> None:
    """LastOwner when this membership is the only active owner with a proven sign-in. Call it under `lock`."""
    if [row["id"] for row in await database.fetch_all(_OWNERS, workspace_id)] == [membership_id]:
        raise LastOwner(membership_id=membership_id)
