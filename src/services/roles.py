"""Roles, what they permit, and who holds them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import orjson

from ..errors import Conflict, Forbidden, InvalidInput, ManagedByDirectory, NotFound
from ..models import MembershipState, Role, RoleAssignment, database, new_id, now
from ..models.database import Row
from . import audit, owners, versions
from .actor import Actor, Permission

OWNER = "workspace_owner"
MINIMAL = "minimal_workspace_access"
# Roles with one of these are never bound to a group that a directory fills.
PRIVILEGED = frozenset(
    {
        Permission.WORKSPACE_MANAGE,
        Permission.MEMBERS_MANAGE,
        Permission.GROUPS_MANAGE,
        Permission.ROLES_MANAGE,
        Permission.SSO_MANAGE,
        Permission.PROVISIONING_MANAGE,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltIn:
    key: str
    name: str
    description: str
    permissions: frozenset[Permission]
    scopable_to: tuple[str, ...] = ()


_READ = frozenset({Permission.WORKSPACE_READ, Permission.MEMBERS_READ})
BUILT_IN = (
    BuiltIn(key=OWNER, name="Workspace Owner", description="Everything.", permissions=frozenset(Permission)),
    BuiltIn(
        key="workspace_admin",
        name="Workspace Admin",
        description="Everything but single sign-on and provisioning.",
        permissions=frozenset(Permission) - {Permission.SSO_MANAGE, Permission.PROVISIONING_MANAGE},
    ),
    BuiltIn(
        key="provisioning_admin",
        name="Provisioning Admin",
        description="Single sign-on and provisioning.",
        permissions=_READ | {Permission.SSO_MANAGE, Permission.PROVISIONING_READ, Permission.PROVISIONING_MANAGE},
    ),
    BuiltIn(
        key="source_admin",
        name="Source Admin",
        description="Reads and changes sources.",
        permissions=_READ | {Permission.SOURCES_READ, Permission.SOURCES_WRITE},
        scopable_to=("SOURCE",),
    ),
    BuiltIn(
        key="source_read_only",
        name="Source Read-only",
        description="Reads sources.",
        permissions=_READ | {Permission.SOURCES_READ},
        scopable_to=("SOURCE",),
    ),
    BuiltIn(
        key="destination_admin",
        name="Destination Admin",
        description="Reads and changes destinations.",
        permissions=_READ | {Permission.DESTINATIONS_READ, Permission.DESTINATIONS_WRITE},
        scopable_to=("DESTINATION",),
    ),
    BuiltIn(
        key="destination_read_only",
        name="Destination Read-only",
        description="Reads destinations.",
        permissions=_READ | {Permission.DESTINATIONS_READ},
        scopable_to=("DESTINATION",),
    ),
    BuiltIn(
        key=MINIMAL,
        name="Minimal Workspace Access",
        description="Sees that the workspace exists; no source, destination or space.",
        permissions=frozenset({Permission.WORKSPACE_READ}),
    ),
)


async def create_built_in(workspace_id: str) -> dict[str, str]:
    """The built-in roles of a new workspace: key -> id."""
    ids = {}
    for role in BUILT_IN:
        ids[role.key] = new_id()
        await database.insert(
            Role,
            id=ids[role.key],
            workspace_id=workspace_id,
            key=role.key,
            name=role.name,
            description=role.description,
            built_in=True,
            is_default=role.key == MINIMAL,
            permissions=orjson.dumps(sorted(role.permissions)).decode(),
            scopable_to=orjson.dumps(role.scopable_to).decode(),
            created_at=now(),
            updated_at=now(),
        )
    return ids


@database.reads
async def of_workspace(actor: Actor) -> list[Row]:
    """All roles with their `assignment_count`, built-in ones first."""
    actor.require(Permission.WORKSPACE_READ)
    return await database.fetch_all(
        "SELECT r.*, (SELECT COUNT(*) FROM role_assignments a"
        " WHERE a.workspace_id = r.workspace_id AND a.role_id = r.id) AS assignment_count"
        " FROM roles r WHERE r.workspace_id = ? ORDER BY r.built_in DESC, r.id",
        actor.workspace_id,
    )


async def give(actor: Actor, role_id: str, *, membership_id: str | None = None, group_id: str | None = None) -> None:
    """Add one assignment inside the caller's transaction; the caller records it."""
    await database.insert(
        RoleAssignment,
        id=new_id(),
        workspace_id=actor.workspace_id,
        role_id=role_id,
        membership_id=membership_id,
        group_id=group_id,
        granted_by_kind=actor.kind.value,
        granted_by_id=actor.id,
        granted_by_label=actor.label,
        granted_at=now(),
    )


@database.writes
async def set_for_membership(
    actor: Actor, membership_id: str, role_ids: Sequence[str], *, if_version: str | None = None
) -> Row:
    """Replace the roles given to a membership directly.

    refuses   Forbidden without ROLES_MANAGE, or for a role that permits more than the actor may;
              LastOwner when the last one would lose ownership; Conflict for a removed person
    """
    actor.require(Permission.ROLES_MANAGE)
    # Before the membership: the locks of one transaction go from the workspace down.
    await owners.lock(actor.workspace_id)
    row = await _locked("memberships", actor, membership_id)
    versions.check(row, if_version)
    if row["state"] == MembershipState.REMOVED and role_ids:
        raise Conflict("Someone who was removed holds no roles; bring them back first")
    wanted, held = await _change(actor, role_ids, column="membership_id", subject_id=membership_id)
    if OWNER in {role["key"] for role in held} - {role["key"] for role in wanted}:
        await owners.refuse_if_last(actor.workspace_id, membership_id)
    await _write(actor, row, wanted, held, column="membership_id", kind="membership")
    return await _locked("memberships", actor, membership_id)


@database.writes
async def set_for_group(actor: Actor, group_id: str, role_ids: Sequence[str], *, if_version: str | None = None) -> Row:
    """Replace the roles bound to a group.

    refuses   Forbidden without ROLES_MANAGE, or for a role that permits more than the actor may;
              InvalidInput for Workspace Owner, which only a person holds;
              ManagedByDirectory for a privileged role on a group that a directory fills
    """
    actor.require(Permission.ROLES_MANAGE)
    row = await _locked("groups", actor, group_id)
    versions.check(row, if_version)
    wanted, held = await _change(actor, role_ids, column="group_id", subject_id=group_id)
    for role in wanted:
        if role["key"] == OWNER:
            raise InvalidInput("Workspace Owner is given to people, never to groups", path=("assignments",))
        if row["directory_managed"] and PRIVILEGED & permissions_of(role):
            raise ManagedByDirectory(f"{role['name']} cannot be bound to a group that a directory manages")
    await _write(actor, row, wanted, held, column="group_id", kind="group")
    return await _locked("groups", actor, group_id)


def permissions_of(role: Row) -> frozenset[Permission]:
    return frozenset(Permission(name) for name in orjson.loads(role["permissions"]))


def refuse_if_above(actor: Actor, role: Row) -> None:
    """Nobody gives or takes a role that permits more than they may themselves."""
    if role["key"] == OWNER and not actor.is_owner:
        raise Forbidden("Only an owner may give or take ownership")
    if not permissions_of(role) <= actor.permissions:
        raise Forbidden(f"{role['name']} permits more than you may")


async def _change(
    actor: Actor, role_ids: Iterable[str], *, column: str, subject_id: str
) -> tuple[list[Row], list[Row]]:
    """(the roles wanted, the roles held), after asking whether the actor may give and take them."""
    unique = list(dict.fromkeys(role_ids))
    wanted = await database.fetch_all(
        f"SELECT * FROM roles WHERE workspace_id = ? AND id IN {database.dialect().ids} ORDER BY id",
        actor.workspace_id,
        orjson.dumps(unique).decode(),
    )
    if missing := [id for id in unique if id not in {role["id"] for role in wanted}]:
        raise NotFound("role", missing[0])
    held = await database.fetch_all(
        "SELECT r.* FROM role_assignments a JOIN roles r ON r.workspace_id = a.workspace_id AND r.id = a.role_id "
        f"WHERE a.workspace_id = ? AND a.{column} = ? ORDER BY r.id",
        actor.workspace_id,
        subject_id,
    )
    changed = {role["id"] for role in wanted} ^ {role["id"] for role in held}
    for role in (*wanted, *held):
        if role["id"] in changed:
            refuse_if_above(actor, role)
    return wanted, held


async def _write(actor: Actor, row: Row, wanted: list[Row], held: list[Row], *, column: str, kind: str) -> None:
    adding = [role for role in wanted if role["id"] not in {h["id"] for h in held}]
    taking = [role for role in held if role["id"] not in {w["id"] for w in wanted}]
    if not adding and not taking:
        return
    await database.execute(
        f"DELETE FROM role_assignments WHERE workspace_id = ? AND {column} = ? AND role_id IN {database.dialect().ids}",
        actor.workspace_id,
        row["id"],
        orjson.dumps([role["id"] for role in taking]).decode(),
    )
    for role in adding:
        await give(actor, role["id"], **{column: row["id"]})
    audit.record(
        actor,
        f"{kind}.roles.set",
        target_kind=kind,
        target_id=row["id"],
        target_label=row["display_name"],
        changes={"added": [role["name"] for role in adding], "removed": [role["name"] for role in taking]},
    )


async def _locked(table: str, actor: Actor, id: str) -> Row:
    row = await database.fetch_one(
        f"SELECT * FROM {table} WHERE workspace_id = ? AND id = ?{database.dialect().for_update}",
        actor.workspace_id,
        id,
    )
    if row is None:
        raise NotFound(table.removesuffix("s"), id)
    return row
