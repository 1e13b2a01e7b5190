"""Groups: named sets of people, made in the application or by a directory, and filled by whoever manages them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, assert_never

import orjson

from ..errors import AwaitsOwner, Conflict, Forbidden, InvalidInput, ManagedByDirectory, NotFound
from ..models import Group, GroupLinking, Origin, ProvisioningOperation, UnknownMembers, database, new_id, now
from ..models.database import Duplicate, Row
from . import audit, group_members, index_paging, policies, roles, texts, versions
from .actor import Actor, Permission
from .comparison import fold
from .group_changes import (
    AddMembers,
    GroupChange,
    RemoveMembers,
    RemoveMembersWhere,
    ReplaceMember,
    ReplaceMembers,
    SetDisplayName,
    SetExternalId,
)
from .group_members import Difference, Members, Shown
from .index_paging import Page, Wanted
from .schemas import GROUP
from .versions import IfVersion

_SHOWN = """g.id, g.workspace_id, g.display_name, g.external_id, g.origin, g.directory_managed, g.member_count,
    g.link_requested_at, g.version, g.created_at, g.updated_at"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provisioned:
    """What came of a change: the row as it stands, what kind of change it was, what changed, and who was unknown."""

    row: Row
    operation: ProvisioningOperation
    changes: dict[str, Any]


@database.looks
async def get(actor: Actor, group_id: str) -> Row:
    actor.require(Permission.MEMBERS_READ)
    return await _find(actor, group_id)


@database.reads
async def get_with_members(actor: Actor, group_id: str, shown: Shown) -> tuple[Row, str | None]:
    """A group and its members as a JSON array; None for one too large to hold: read it by `group_members.chunks`."""
    actor.require(Permission.MEMBERS_READ)
    row = await _find(actor, group_id)
    if row["member_count"] > group_members.CHUNK:
        return row, None
    members = await group_members.as_json(actor.workspace_id, [group_id], shown)
    return row, members.get(group_id, "[]")


async def page(
    actor: Actor, wanted: Wanted, *, members: Shown | None = None, members_max: int
) -> tuple[Page, dict[str, str]]:
    """Groups of the workspace (RFC 7644 §3.4.2), and their members by group id.

    members       how they are shown; None leaves them out
    members_max   a page whose groups have more members together ends early, but not before its first group
    """
    actor.require(Permission.MEMBERS_READ)
    source = index_paging.Source(
        table="groups", alias="g", columns=_SHOWN, params=(), counter="group_count", resource_type=GROUP
    )
    found = await index_paging.read(actor.workspace_id, source, wanted)
    if members is None:
        return found, {}
    rows = _fitting(found.rows, members_max)
    arrays = await group_members.as_json(actor.workspace_id, [row["id"] for row in rows], members)
    page = Page(rows=rows, total=found.total, has_more=found.has_more or len(rows) < len(found.rows))
    return page, {row["id"]: arrays.get(row["id"], "[]") for row in rows}


@database.writes
async def create(
    actor: Actor, *, display_name: str, external_id: str | None = None, member_ids: Sequence[str] = ()
) -> Provisioned:
    """A new group, which confers the workspace's default role.

    A directory that names a group of the application takes that one over, where the policy lets it.
    refuses   Conflict for a name that is taken; AwaitsOwner when an owner has to hand over the group that has it
    """
    actor.require(Permission.GROUPS_MANAGE)
    display_name = texts.name(display_name, path=("displayName",))
    policy = await policies.of_workspace(actor.workspace_id)
    if (taken := await _of_name(actor, display_name)) is not None:
        await _refuse_unless_linkable(actor, taken, policy)
        changes: list[GroupChange] = [
            SetDisplayName(display_name=display_name),
            SetExternalId(external_id=external_id),
            AddMembers(ids=tuple(member_ids)),
        ]
        linked = await change(actor, taken["id"], changes)
        return Provisioned(row=linked.row, operation=ProvisioningOperation.GROUP_CREATE, changes=linked.changes)
    id, moment = new_id(), now()
    try:
        await database.insert(
            Group,
            id=id,
            workspace_id=actor.workspace_id,
            display_name=display_name,
            display_name_key=fold(display_name),
            external_id=_external_id(external_id),
            origin=Origin.SCIM if actor.is_directory else Origin.MANUAL,
            directory_managed=actor.is_directory,
            member_count=0,
            version=1,
            created_at=moment,
            updated_at=moment,
        )
    except Duplicate as lost:
        raise Conflict(f"There is a group named {display_name} already") from lost
    members = Members(workspace_id=actor.workspace_id, group_id=id)
    await members.add(member_ids)
    _refuse_unknown(actor, policy, members.difference)
    await database.execute(
        "UPDATE groups SET member_count = ? WHERE workspace_id = ? AND id = ?",
        members.difference.added,
        actor.workspace_id,
        id,
    )
    await roles.give(actor, policy["default_role_id"], group_id=id)
    row = await _find(actor, id)
    summary = {"displayName": display_name, **members.difference.as_changes()}
    _record(actor, "group.created", row, summary, audit.Totals(groups=1))
    return Provisioned(row=row, operation=ProvisioningOperation.GROUP_CREATE, changes=summary)


@database.writes
async def change(
    actor: Actor, group_id: str, changes: Sequence[GroupChange], *, if_version: IfVersion = None
) -> Provisioned:
    """Carry out the changes in order, all or none (RFC 7644 §3.5.2); what changes nothing leaves no trace.

    refuses   NotFound; VersionMismatch; Conflict for a taken name; ManagedByDirectory or Forbidden for a group that is
              not the actor's to change; InvalidInput for unknown members where the policy is strict
    """
    actor.require(Permission.GROUPS_MANAGE)
    policy = await policies.of_workspace(actor.workspace_id)
    row = await _lock(actor, group_id)
    versions.check(row, if_version)
    if not changes:
        return Provisioned(row=row, operation=ProvisioningOperation.GROUP_UPDATE, changes={})
    linked = await _take_over(actor, row, policy)
    members = Members(workspace_id=actor.workspace_id, group_id=group_id)
    columns: dict[str, Any] = {}
    for step in changes:
        columns |= await _carry_out(step, members)
    _refuse_unknown(actor, policy, members.difference)
    columns = {name: value for name, value in columns.items() if value != row[name]}
    if columns or members.difference.changed or linked:
        await _write(actor, row, columns, members.difference)
    if columns:
        _record(actor, "group.changed", row, _differences(row, columns))
    if members.difference.changed:
        _record(actor, "group.members.changed", row, members.difference.as_changes())
    only_members = members.difference.changed and not columns
    return Provisioned(
        row=await _find(actor, group_id),
        operation=ProvisioningOperation.GROUP_MEMBERS if only_members else ProvisioningOperation.GROUP_UPDATE,
        changes=_differences(row, columns) | members.difference.as_changes() | ({"linked": True} if linked else {}),
    )


async def rename(actor: Actor, group_id: str, display_name: str, *, if_version: IfVersion = None) -> Row:
    changed = await change(actor, group_id, [SetDisplayName(display_name=display_name)], if_version=if_version)
    return changed.row


async def change_members(
    actor: Actor,
    group_id: str,
    *,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
    if_version: IfVersion = None,
) -> Row:
    """Put people in and take people out; refuses NotFound for someone who is not of this workspace."""
    steps: list[GroupChange] = []
    if add:
        steps.append(AddMembers(ids=tuple(dict.fromkeys(add))))
    if remove:
        steps.append(RemoveMembers(ids=tuple(dict.fromkeys(remove))))
    return (await change(actor, group_id, steps, if_version=if_version)).row


@database.writes
async def delete(actor: Actor, group_id: str, *, if_version: IfVersion = None) -> Provisioned:
    """The group goes, its members stay in the workspace (RFC 7644 §3.6). A deletion never takes a group over."""
    actor.require(Permission.GROUPS_MANAGE)
    row = await _lock(actor, group_id)
    versions.check(row, if_version)
    policy = await policies.of_workspace(actor.workspace_id)
    if actor.is_directory and not row["directory_managed"]:
        raise ManagedByDirectory("This group was made in the application; only there it can be deleted")
    _refuse_manual_edit(actor, row, policy)
    for table in ("group_members", "role_assignments"):
        await database.execute(
            f"DELETE FROM {table} WHERE workspace_id = ? AND group_id = ?", actor.workspace_id, group_id
        )
    await database.execute("DELETE FROM groups WHERE workspace_id = ? AND id = ?", actor.workspace_id, group_id)
    changes = {"displayName": row["display_name"]}
    _record(actor, "group.deleted", row, changes, audit.Totals(groups=-1))
    return Provisioned(row=row, operation=ProvisioningOperation.GROUP_DELETE, changes=changes)


async def _carry_out(step: GroupChange, members: Members) -> dict[str, Any]:
    """Change the members, or give back the columns that change."""
    match step:
        case SetDisplayName(display_name=name):
            name = texts.name(name, path=("displayName",))
            return {"display_name": name}
        case SetExternalId(external_id=external_id):
            return {"external_id": _external_id(external_id)}
        case AddMembers(ids=ids):
            await members.add(ids)
        case RemoveMembers(ids=ids):
            await members.remove(ids)
        case ReplaceMembers(ids=ids):
            await members.replace(ids)
        case RemoveMembersWhere(filter=filter):
            await members.remove_where(filter)
        case ReplaceMember(old=old, new=new):
            await members.swap(old, new)
        case _:
            assert_never(step)
    return {}


async def _write(actor: Actor, row: Row, columns: dict[str, Any], difference: Difference) -> None:
    if "display_name" in columns:
        columns = columns | {"display_name_key": fold(columns["display_name"])}
    try:
        await database.execute(
            f"UPDATE groups SET {''.join(f'{name} = ?, ' for name in columns)}member_count = member_count + ?,"
            " version = version + 1, updated_at = ? WHERE workspace_id = ? AND id = ?",
            *columns.values(),
            difference.growth,
            now(),
            actor.workspace_id,
            row["id"],
        )
    except Duplicate as taken:
        raise Conflict(f"There is a group named {columns['display_name']} already") from taken


async def _take_over(actor: Actor, row: Row, policy: Row) -> bool:
    """Whether this change makes the group the directory's.

    refuses   ManagedByDirectory for an edit in the application of what a directory manages;
              Forbidden or AwaitsOwner for a directory's write to a group of the application
    """
    if not actor.is_directory or row["directory_managed"]:
        _refuse_manual_edit(actor, row, policy)
        return False
    if policy["group_linking"] != GroupLinking.LINK_BY_NAME:
        raise Forbidden("This group was made in the application and is read-only for directories")
    if await _confers_more(actor, row["id"]):
        raise AwaitsOwner(group_id=row["id"], by_name=False)
    await database.execute(
        "UPDATE groups SET directory_managed = ?, link_requested_at = NULL WHERE workspace_id = ? AND id = ?",
        True,
        actor.workspace_id,
        row["id"],
    )
    _record(actor, "group.linked", row, {"directoryManaged": {"from": False, "to": True}})
    return True


@database.writes
async def ask_for_link(actor: Actor, group_id: str) -> None:
    """Keep in mind that a directory asked for a group that waits for an owner; a refusal undoes its own transaction."""
    asked = await database.execute(
        "UPDATE groups SET link_requested_at = ? WHERE workspace_id = ? AND id = ?"
        " AND link_requested_at IS NULL AND NOT directory_managed",
        now(),
        actor.workspace_id,
        group_id,
    )
    if asked:
        _record(actor, "group.link.requested", await _find(actor, group_id), {})


async def _refuse_unless_linkable(actor: Actor, row: Row, policy: Row) -> None:
    """A name that is taken is a conflict, unless it is one a directory may take over."""
    links = policy["group_linking"] == GroupLinking.LINK_BY_NAME
    if not (actor.is_directory and links and not row["directory_managed"]):
        raise Conflict(
            f"There is a group named {row['display_name']} already", existing_kind="group", existing_id=row["id"]
        )
    if await _confers_more(actor, row["id"]):
        raise AwaitsOwner(group_id=row["id"], by_name=True)


def _refuse_manual_edit(actor: Actor, row: Row, policy: Row) -> None:
    if not actor.is_directory and row["directory_managed"] and not policy["allow_manual_edits_to_managed"]:
        raise ManagedByDirectory("The directory manages this group: change it there")


def _refuse_unknown(actor: Actor, policy: Row, difference: Difference) -> None:
    """Providers never repeat a refused push, so by default the known members of one are kept and the others logged."""
    if not difference.unknown:
        return
    if not actor.is_directory:
        raise NotFound("membership", difference.unknown[0])
    if policy["unknown_members"] == UnknownMembers.REJECT:
        raise InvalidInput(f"members: no such user {difference.unknown[0][:100]}", path=("members",))


async def _confers_more(actor: Actor, group_id: str) -> bool:
    """Whether the group gives its members anything above Minimal Workspace Access."""
    bound = await database.fetch_all(
        "SELECT r.permissions FROM role_assignments a JOIN roles r ON r.workspace_id = a.workspace_id"
        " AND r.id = a.role_id WHERE a.workspace_id = ? AND a.group_id = ?",
        actor.workspace_id,
        group_id,
    )
    return any(set(orjson.loads(role["permissions"])) - {Permission.WORKSPACE_READ} for role in bound)


def _fitting(rows: list[Row], members_max: int) -> list[Row]:
    fitting, members = list[Row](), 0
    for row in rows:
        members += row["member_count"]
        if fitting and members > members_max:
            break
        fitting.append(row)
    return fitting


def _external_id(text: str | None) -> str | None:
    return None if text is None else texts.key(text, attribute="externalId")


def _differences(row: Row, columns: dict[str, Any]) -> dict[str, Any]:
    names = {"display_name": "displayName", "external_id": "externalId"}
    return {names[name]: {"from": row[name], "to": value} for name, value in columns.items()}


async def _of_name(actor: Actor, display_name: str) -> Row | None:
    return await database.fetch_one(
        f"SELECT {_SHOWN} FROM groups g WHERE g.workspace_id = ? AND g.display_name_key = ?",
        actor.workspace_id,
        fold(display_name),
    )


async def _find(actor: Actor, group_id: str, *, lock: str = "") -> Row:
    row = await database.fetch_one(
        f"SELECT {_SHOWN} FROM groups g WHERE g.workspace_id = ? AND g.id = ?{lock}", actor.workspace_id, group_id
    )
    if row is None:
        raise NotFound("group", group_id)
    return row


async def _lock(actor: Actor, group_id: str) -> Row:
    return await _find(actor, group_id, lock=database.dialect().for_update)


def _record(actor: Actor, action: str, row: Row, changes: dict[str, Any], totals: audit.Totals | None = None) -> None:
    audit.record(
        actor,
        action,
        target_kind="group",
        target_id=row["id"],
        target_label=row["display_name"],
        changes=changes,
        totals=totals,
    )
