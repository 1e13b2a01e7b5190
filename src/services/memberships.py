"""People of a workspace: what providers and administrators may do with a membership.

A membership's state follows from what a directory says and from the workspace's provisioning policy:

    provision / active: true     → ACTIVE, or INVITED where people have to accept first
    active: false                → REMOVED or SUSPENDED
    delete                       → the row is gone
"""

from dataclasses import dataclass
from typing import Any

from ..errors import Conflict, InvalidInput, NotFound
from ..models import (
    DeactivationAction,
    Membership,
    MembershipState,
    OnboardingMode,
    Origin,
    ProvisioningOperation,
    database,
    new_id,
    now,
)
from ..models.database import Duplicate, Row
from . import accounts, audit, index_paging, owners, policies, profiles, roles, texts, versions
from .actor import Actor, Permission
from .conditions import among_ids, every
from .index_paging import Page, Wanted
from .profiles import Edit, Profile, Stored
from .schemas import USER, Document
from .versions import IfVersion

HERE = (MembershipState.ACTIVE, MembershipState.INVITED)
# What both doors show of a membership; the search twin and the keys stay where they are.
_SHOWN = """m.id, m.workspace_id, m.account_id, m.user_name, m.external_id, m.display_name, m.email, m.state, m.active,
    m.origin, m.directory_managed, m.accepted_at, m.document, m.version, m.invited_by, m.joined_at, m.suspended_at,
    m.last_active_at, m.created_at, m.updated_at"""
_GROUPS = {
    "sqlite": "SELECT json_group_array(json_object('value', g.id, '$ref', ? || g.id, 'display', g.display_name, "
    "'type', 'direct'))",
    "postgres": "SELECT COALESCE(json_agg(json_build_object('value', g.id, '$ref', ?::text || g.id, 'display', "
    "g.display_name, 'type', 'direct')), '[]')",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Provisioned:
    """What came of a directory's message: the row as it stands, what kind of change it was, and what changed."""

    row: Row
    operation: ProvisioningOperation
    changes: dict[str, Any]


@database.looks
async def get(actor: Actor, membership_id: str, *, groups_at: str | None = None) -> Row:
    """One membership.

    groups_at   what the address of a group starts with: the row gets `groups`, a JSON array as User.groups shows it
                (RFC 7643 §4.1.2); None leaves it out
    """
    actor.require(Permission.MEMBERS_READ)
    columns, params = _columns(groups_at)
    row = await database.fetch_one(
        f"SELECT {columns} FROM memberships m WHERE m.workspace_id = ? AND m.id = ?",
        *params,
        actor.workspace_id,
        membership_id,
    )
    if row is None:
        raise NotFound("user", membership_id)
    return row


async def page(actor: Actor, wanted: Wanted, *, groups_at: str | None = None) -> Page:
    """Memberships of the workspace (RFC 7644 §3.4.2); `groups_at` as for `get`."""
    actor.require(Permission.MEMBERS_READ)
    columns, params = _columns(groups_at)
    source = index_paging.Source(
        table="memberships", alias="m", columns=columns, params=params, counter="membership_count", resource_type=USER
    )
    return await index_paging.read(actor.workspace_id, source, wanted)


@database.writes
async def provision(
    actor: Actor, document: Document, *, active: bool = True, groups_at: str | None = None
) -> Provisioned:
    """A directory adds a person (RFC 7644 §3.3): a new membership, or an ended one that begins again under its old id.

    The person's account, if there is one, is neither changed nor hinted at.
    refuses   Conflict when the person is here already
    """
    actor.require(Permission.MEMBERS_MANAGE)
    policy = await policies.of_workspace(actor.workspace_id)
    document = profiles.settle(document, policy["profile_authority"])
    stored = profiles.store(document)
    account_id = await _account_for(stored)
    row = await _find_same(actor, stored, account_id)
    if row is None:
        state = _state_of_newcomer(policy) if active else _inactive_state(policy)
        id = await _create(actor, policy, stored, account_id=account_id, state=state, origin=Origin.SCIM)
        created = await get(actor, id, groups_at=groups_at)
        return Provisioned(row=created, operation=ProvisioningOperation.USER_CREATE, changes=document)
    if row["state"] in HERE:
        raise Conflict(
            f"{stored.columns['user_name']} is here already", existing_kind="membership", existing_id=row["id"]
        )
    account = {"account_id": account_id} if row["account_id"] is None and account_id else {}
    await _write(actor, row, stored, account)
    changes = await _set_active(actor, row, policy, active=active)
    _record(actor, "membership.provisioned_again", row, profiles.differences(profiles.load(row["document"]), document))
    return Provisioned(
        row=await get(actor, row["id"], groups_at=groups_at),
        operation=ProvisioningOperation.USER_REACTIVATE,
        changes={"userName": stored.columns["user_name"], **changes},
    )


@database.writes
async def change(
    actor: Actor,
    membership_id: str,
    edit: Edit,
    *,
    if_version: IfVersion = None,
    groups_at: str | None = None,
) -> Provisioned:
    """A directory changes a person's profile or whether they are active (RFC 7644 §3.5.1 and §3.5.2).

    A change that changes nothing leaves version and lastModified alone.
    refuses   NotFound; VersionMismatch; Conflict for a userName someone else has here; LastOwner; what `edit` refuses
    """
    actor.require(Permission.MEMBERS_MANAGE)
    policy = await policies.of_workspace(actor.workspace_id)
    row, wanted = await _lock_to_edit(actor, membership_id, edit, policy)
    versions.check(row, if_version)
    changes = profiles.differences(profiles.load(row["document"]), wanted.document)
    if changes:
        stored = profiles.store(wanted.document)
        await _write(actor, row, stored, await _account_change(actor, row, stored))
        _record(actor, "membership.profile.changed", row, changes)
    operation = ProvisioningOperation.USER_UPDATE
    if wanted.active != bool(row["active"]):
        operation = ProvisioningOperation.USER_REACTIVATE if wanted.active else ProvisioningOperation.USER_DEACTIVATE
        changes |= await _set_active(actor, row, policy, active=wanted.active)
    return Provisioned(row=await get(actor, membership_id, groups_at=groups_at), operation=operation, changes=changes)


@database.writes
async def delete(actor: Actor, membership_id: str, *, if_version: IfVersion = None) -> Provisioned:
    """The membership ends and its id is never used again (RFC 7644 §3.6). The person's account stays."""
    actor.require(Permission.MEMBERS_MANAGE)
    row = await _lock_ending(actor, membership_id)
    versions.check(row, if_version)
    await _leave_everything(actor, membership_id)
    await profiles.replace_values(actor.workspace_id, membership_id, [])
    await database.execute(
        "DELETE FROM memberships WHERE workspace_id = ? AND id = ?", actor.workspace_id, membership_id
    )
    _record(actor, "membership.deleted", row, {"userName": row["user_name"]}, audit.Totals(memberships=-1))
    return Provisioned(row=row, operation=ProvisioningOperation.USER_DELETE, changes={"userName": row["user_name"]})


@database.writes
async def add(actor: Actor, *, email: str, display_name: str) -> Row:
    """Someone is made a member in the application, at once and with the default role.

    refuses   Conflict when the person is here already; InvalidInput for what is no address
    """
    actor.require(Permission.MEMBERS_MANAGE)
    if not profiles.is_address(email):
        raise InvalidInput(f"{email[:100]} is no email address", path=("email",))
    display_name = texts.name(display_name, path=("displayName",))
    policy = await policies.of_workspace(actor.workspace_id)
    stored = profiles.store(profiles.of_person(email, display_name))
    account_id = await _account_for(stored)
    if await _find_same(actor, stored, account_id):
        raise Conflict(f"{email} is here already")
    id = await _create(
        actor,
        policy,
        stored,
        account_id=account_id,
        state=MembershipState.ACTIVE,
        origin=Origin.MANUAL,
    )
    return await _find(actor, id)


@database.writes
async def accept(actor: Actor, membership_id: str) -> None:
    """The person is here by their own will: the workspace may now see their account, and an invitation is over."""
    row = await _lock(actor, membership_id)
    await database.execute(
        "UPDATE memberships SET accepted_at = COALESCE(accepted_at, ?) WHERE workspace_id = ? AND id = ?",
        now(),
        actor.workspace_id,
        membership_id,
    )
    if row["state"] == MembershipState.INVITED:
        await _set_state(actor, row, MembershipState.ACTIVE, reason=None)


@database.writes
async def suspend(actor: Actor, membership_id: str, *, reason: str | None = None, if_version: IfVersion = None) -> Row:
    """Cut a person's access and keep groups and roles for their return."""
    return await _end(actor, membership_id, MembershipState.SUSPENDED, reason=reason, if_version=if_version)


@database.writes
async def remove(actor: Actor, membership_id: str, *, reason: str | None = None, if_version: IfVersion = None) -> Row:
    """Take a person out of the workspace, its groups and roles; the row stays for a directory to find."""
    return await _end(actor, membership_id, MembershipState.REMOVED, reason=reason, if_version=if_version)


@database.writes
async def reactivate(
    actor: Actor, membership_id: str, *, reason: str | None = None, if_version: IfVersion = None
) -> Row:
    """Bring a suspended or removed person back."""
    actor.require(Permission.MEMBERS_MANAGE)
    policy = await policies.of_workspace(actor.workspace_id)
    row = await _lock(actor, membership_id)
    versions.check(row, if_version)
    if row["state"] not in HERE:
        await _set_active(actor, row, policy, active=True, reason=reason)
    return await _find(actor, membership_id)


async def _end(
    actor: Actor, membership_id: str, state: MembershipState, *, reason: str | None, if_version: IfVersion
) -> Row:
    actor.require(Permission.MEMBERS_MANAGE)
    row = await _lock_ending(actor, membership_id)
    versions.check(row, if_version)
    if row["state"] not in (state, MembershipState.REMOVED):
        await _set_state(actor, row, state, reason=reason)
    return await _find(actor, membership_id)


async def _set_active(
    actor: Actor, row: Row, policy: Row, *, active: bool, reason: str | None = None
) -> dict[str, Any]:
    """What `active` means under the workspace's policy; returns what changed, for the records."""
    if active:
        came_before = row["joined_at"] is not None or policy["onboarding"] == OnboardingMode.ACTIVE
        state = MembershipState.ACTIVE if came_before else MembershipState.INVITED
    else:
        state = _inactive_state(policy)
    if row["state"] == state and bool(row["active"]) == active:
        return {}
    await _set_state(actor, row, state, reason=reason)
    if state in HERE:
        await _give_default_role(actor, policy, row["id"])
    return {"active": {"from": bool(row["active"]), "to": active}}


async def _set_state(actor: Actor, row: Row, state: MembershipState, *, reason: str | None) -> None:
    """Move a membership to a state, with all that follows from it."""
    if state is MembershipState.REMOVED:
        await _leave_everything(actor, row["id"])
    await database.execute(
        "UPDATE memberships SET state = ?, active = ?, suspended_at = ?, joined_at = COALESCE(joined_at, ?),"
        " version = version + 1, updated_at = ? WHERE workspace_id = ? AND id = ?",
        state,
        state in HERE,
        now() if state is MembershipState.SUSPENDED else None,
        now() if state is MembershipState.ACTIVE else None,
        now(),
        actor.workspace_id,
        row["id"],
    )
    verb = {"ACTIVE": "reactivated", "INVITED": "invited", "SUSPENDED": "suspended", "REMOVED": "removed"}[state]
    changes = {"state": {"from": row["state"], "to": state}} | ({"reason": reason} if reason else {})
    _record(actor, f"membership.{verb}", row, changes)


async def _create(
    actor: Actor, policy: Row, stored: Stored, *, account_id: str | None, state: MembershipState, origin: Origin
) -> str:
    id, moment = new_id(), now()
    try:
        await database.insert(
            Membership,
            id=id,
            workspace_id=actor.workspace_id,
            account_id=account_id,
            **stored.columns,
            state=state,
            active=state in HERE,
            origin=origin,
            directory_managed=actor.is_directory,
            joined_at=moment if state is MembershipState.ACTIVE else None,
            suspended_at=moment if state is MembershipState.SUSPENDED else None,
            invited_by=actor.membership_id,
            version=1,
            created_at=moment,
            updated_at=moment,
        )
    except Duplicate as taken:
        # Two came at once; the other one was first.
        raise Conflict(f"{stored.columns['user_name']} is here already") from taken
    await profiles.add_values(actor.workspace_id, id, stored.values)
    if state in HERE:
        await roles.give(actor, policy["default_role_id"], membership_id=id)
    audit.record(
        actor,
        "membership.created",
        target_kind="membership",
        target_id=id,
        target_label=stored.display_name,
        changes={"state": state, "userName": stored.columns["user_name"]},
        totals=audit.Totals(memberships=1),
    )
    return id


async def _write(actor: Actor, row: Row, stored: Stored, more: dict[str, Any]) -> None:
    """Write a changed document with everything that follows from it."""
    columns = stored.columns | more | {"directory_managed": bool(row["directory_managed"]) or actor.is_directory}
    try:
        await database.execute(
            f"UPDATE memberships SET {', '.join(f'{name} = ?' for name in columns)},"
            " version = version + 1, updated_at = ? WHERE workspace_id = ? AND id = ?",
            *columns.values(),
            now(),
            actor.workspace_id,
            row["id"],
        )
    except Duplicate as taken:
        raise Conflict(f"{columns['user_name']} belongs to someone else here") from taken
    await profiles.replace_values(actor.workspace_id, row["id"], stored.values)


async def _leave_everything(actor: Actor, membership_id: str) -> None:
    """Out of all groups, which each get a new version, and out of all roles."""
    # What is counted is what was deleted: a group may have let them go at the same moment.
    left = await database.fetch_all(
        "DELETE FROM group_members WHERE workspace_id = ? AND membership_id = ? RETURNING group_id",
        actor.workspace_id,
        membership_id,
    )
    if left:
        those = every(among_ids("id", [row["group_id"] for row in left]))
        await database.execute(
            "UPDATE groups SET member_count = member_count - 1, version = version + 1, updated_at = ?"
            f" WHERE workspace_id = ? AND {those.sql}",
            now(),
            actor.workspace_id,
            *those.params,
        )
    await database.execute(
        "DELETE FROM role_assignments WHERE workspace_id = ? AND membership_id = ?", actor.workspace_id, membership_id
    )


async def _give_default_role(actor: Actor, policy: Row, membership_id: str) -> None:
    if not await database.fetch_value(
        "SELECT 1 FROM role_assignments WHERE workspace_id = ? AND membership_id = ?", actor.workspace_id, membership_id
    ):
        await roles.give(actor, policy["default_role_id"], membership_id=membership_id)


async def _account_for(stored: Stored) -> str | None:
    """The account of the person's address, a shell if need be; without an address there is none until one arrives."""
    if stored.email is None:
        return None
    return await accounts.of_address(stored.email, display_name=stored.display_name)


async def _account_change(actor: Actor, row: Row, stored: Stored) -> dict[str, Any]:
    """Link an account once an address has arrived; move the link only from a shell nobody else knows."""
    if stored.email is None or (row["account_id"] is not None and stored.email == row["email"]):
        return {}
    if row["account_id"] is not None and not await _is_own_shell(actor, row["account_id"]):
        return {}
    account_id = await _account_for(stored)
    taken = await database.fetch_value(
        "SELECT 1 FROM memberships WHERE workspace_id = ? AND account_id = ?", actor.workspace_id, account_id
    )
    return {} if taken else {"account_id": account_id}


async def _is_own_shell(actor: Actor, account_id: str) -> bool:
    return not await database.fetch_value(
        "SELECT 1 FROM accounts WHERE id = ? AND proven_at IS NOT NULL"
        " UNION ALL SELECT 1 FROM memberships WHERE account_id = ? AND workspace_id <> ?",
        account_id,
        account_id,
        actor.workspace_id,
    )


async def _find_same(actor: Actor, stored: Stored, account_id: str | None) -> Row | None:
    """The row of the same person: by userName, else by account."""
    for column, value in (("user_name_key", stored.columns["user_name_key"]), ("account_id", account_id)):
        if value is not None and (
            row := await database.fetch_one(
                f"SELECT {_SHOWN} FROM memberships m WHERE m.workspace_id = ? AND m.{column} = ?"
                + database.dialect().for_update,
                actor.workspace_id,
                value,
            )
        ):
            return row
    return None


def _columns(groups_at: str | None) -> tuple[str, tuple[str, ...]]:
    """What to select of `memberships m`, and the parameters of it."""
    if groups_at is None:
        return _SHOWN, ()
    groups = (
        f"{_GROUPS[database.dialect().name]} FROM group_members x "
        "JOIN groups g ON g.workspace_id = x.workspace_id AND g.id = x.group_id "
        "WHERE x.workspace_id = m.workspace_id AND x.membership_id = m.id"
    )
    return f"{_SHOWN}, ({groups}) AS groups", (groups_at,)


def _edited(row: Row, edit: Edit, policy: Row) -> Profile:
    standing = profiles.load(row["document"])
    wanted = edit(Profile(standing, bool(row["active"])))
    return Profile(profiles.settle(wanted.document, policy["profile_authority"], standing=standing), wanted.active)


def _state_of_newcomer(policy: Row) -> MembershipState:
    invites = policy["onboarding"] == OnboardingMode.INVITE
    return MembershipState.INVITED if invites else MembershipState.ACTIVE


def _inactive_state(policy: Row) -> MembershipState:
    removes = policy["deactivation"] == DeactivationAction.REMOVE
    return MembershipState.REMOVED if removes else MembershipState.SUSPENDED


async def _find(actor: Actor, membership_id: str, *, lock: str = "") -> Row:
    row = await database.fetch_one(
        f"SELECT {_SHOWN} FROM memberships m WHERE m.workspace_id = ? AND m.id = ?{lock}",
        actor.workspace_id,
        membership_id,
    )
    if row is None:
        raise NotFound("user", membership_id)
    return row


async def _lock(actor: Actor, membership_id: str) -> Row:
    return await _find(actor, membership_id, lock=database.dialect().for_update)


async def _lock_to_edit(actor: Actor, membership_id: str, edit: Edit, policy: Row) -> tuple[Row, Profile]:
    """The locked row and what the edit makes of it. Looks before it locks, for an ending locks more."""
    seen = await _find(actor, membership_id)
    wanted = _edited(seen, edit, policy)
    ends = bool(seen["active"]) and not wanted.active
    row = await (_lock_ending(actor, membership_id) if ends else _lock(actor, membership_id))
    if row["version"] == seen["version"]:
        return row, wanted
    wanted = _edited(row, edit, policy)
    if not ends and row["active"] and not wanted.active:
        # Brought back by someone else in between, so that it ends after all.
        row = await _lock_ending(actor, membership_id)
    return row, wanted


async def _lock_ending(actor: Actor, membership_id: str) -> Row:
    """Lock a membership that is about to end, after what is locked before it: workspace, then groups.

    refuses   NotFound; LastOwner
    """
    is_owner = await owners.lock_if_owner(actor.workspace_id, membership_id)
    if database.dialect().for_update:
        await database.fetch_all(
            "SELECT id FROM groups WHERE workspace_id = ? AND id IN (SELECT group_id FROM group_members"
            f" WHERE workspace_id = ? AND membership_id = ?) ORDER BY id{database.dialect().for_update}",
            actor.workspace_id,
            actor.workspace_id,
            membership_id,
        )
    row = await _lock(actor, membership_id)
    if not is_owner and database.dialect().for_update:
        # Nobody can make them an owner any more, but until now somebody could.
        is_owner = await owners.lock_if_owner(actor.workspace_id, membership_id)
    if is_owner:
        await owners.refuse_if_last(actor.workspace_id, membership_id)
    return row


def _record(actor: Actor, action: str, row: Row, changes: dict[str, Any], totals: audit.Totals | None = None) -> None:
    audit.record(
        actor,
        action,
        target_kind="membership",
        target_id=row["id"],
        target_label=row["display_name"],
        changes=changes,
        totals=totals,
    )
