"""From who is calling to what they may do in one workspace."""

import orjson

from ..models import database
from ..models.database import Row
from .actor import Actor, Door, Permission, Principal
from .roles import OWNER
from .tokens import TokenScope

_READ = frozenset(
    {
        Permission.WORKSPACE_READ,
        Permission.MEMBERS_READ,
        Permission.PROVISIONING_READ,
        Permission.SOURCES_READ,
        Permission.DESTINATIONS_READ,
        Permission.SPACES_READ,
    }
)
_WRITE = frozenset(
    {
        Permission.MEMBERS_MANAGE,
        Permission.GROUPS_MANAGE,
        Permission.SOURCES_WRITE,
        Permission.DESTINATIONS_WRITE,
        Permission.SPACES_WRITE,
    }
)
SCOPES = {
    TokenScope.READ_DIRECTORY: _READ,
    TokenScope.WRITE_DIRECTORY: _READ | _WRITE,
    TokenScope.READ_AUDIT: frozenset({Permission.WORKSPACE_READ, Permission.AUDIT_READ}),
    TokenScope.ADMIN: frozenset(Permission),
}
# The roles of an active member: given directly, or through a group. CROSS, so that SQLite starts from the one person's
# groups also while it has no statistics; otherwise it reads every assignment of the workspace.
_ROLES_HELD = """
    SELECT r.key, r.permissions FROM role_assignments a
    JOIN roles r ON r.workspace_id = a.workspace_id AND r.id = a.role_id
    WHERE a.workspace_id = ? AND a.membership_id = ?
    UNION ALL
    SELECT r.key, r.permissions FROM group_members g
    CROSS JOIN role_assignments a
    JOIN roles r ON r.workspace_id = a.workspace_id AND r.id = a.role_id
    WHERE g.workspace_id = ? AND g.membership_id = ? AND a.workspace_id = g.workspace_id AND a.group_id = g.group_id
    AND r.key <> 'workspace_owner'
"""


@database.looks
async def enter(
    principal: Principal, *, workspace_id: str | None = None, slug: str | None = None, door: Door = Door.GRAPHQL
) -> Actor | None:
    """The principal as an actor of one workspace; None when there is no such workspace or they are not active in it."""
    column, value = ("id", workspace_id) if slug is None else ("slug", slug)
    membership = await database.fetch_one(
        "SELECT m.id, m.workspace_id, m.display_name FROM workspaces w "
        "JOIN memberships m ON m.workspace_id = w.id AND m.account_id = ? AND m.state = 'ACTIVE' "
        f"WHERE w.{column} = ?",
        principal.account_id,
        value,
    )
    if membership is None or principal.only_workspace_id not in (None, membership["workspace_id"]):
        return None
    held = await _roles_held(membership["workspace_id"], membership["id"])
    scoped = frozenset[Permission]().union(*(SCOPES[TokenScope(scope)] for scope in principal.scopes))
    granted = frozenset(Permission(name) for role in held for name in orjson.loads(role["permissions"]))
    return Actor(
        kind=principal.kind,
        id=principal.id,
        label=principal.label,
        door=door,
        workspace_id=membership["workspace_id"],
        permissions=granted & scoped,
        membership_id=membership["id"],
        account_id=principal.account_id,
        is_owner=TokenScope.ADMIN in principal.scopes and any(role["key"] == OWNER for role in held),
        request=principal.request,
    )


async def _roles_held(workspace_id: str, membership_id: str) -> list[Row]:
    return await database.fetch_all(_ROLES_HELD, workspace_id, membership_id, workspace_id, membership_id)
