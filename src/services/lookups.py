"""Rows by their ids, many at once: what a list needs of other tables, without a statement for each of its rows.

CROSS JOIN makes SQLite begin with the ids, also before it has statistics (PostgreSQL goes as it likes).
Answers are by id. What does not exist, is of another workspace or is not for the caller to see is missing from them.
"""

from collections.abc import Sequence

from ..models import database
from ..models.database import Row
from .actor import Actor, Permission, Principal
from .conditions import among_ids, as_json, condition, equals, every
from .listings import GROUP_COLUMNS, MEMBERSHIP_COLUMNS, PERSONAL_TOKENS_COLUMNS, require_for_others
from .log_listings import AUDIT_COLUMNS, PROVISIONING_COLUMNS

ROLE_COLUMNS = "r.id, r.key, r.name, r.description, r.built_in, r.is_default, r.permissions, r.scopable_to"
SCIM_TOKENS_COLUMNS = (
    "t.id, t.name, t.prefix, t.created_by_kind, t.created_by_id, t.created_at, t.expires_at, t.last_used_at,"
    " t.last_used_ip, t.last_user_agent, t.revoked_at, t.replaced_by_id, t.overlap_ends_at"
)
PERSON_COLUMNS = "a.id, a.email, a.display_name, a.created_at, a.proven_at"
_ASSIGNMENTS = (
    f"SELECT a.membership_id, a.group_id, a.granted_by_kind, a.granted_by_id, a.granted_at, {ROLE_COLUMNS}"
    " FROM role_assignments a JOIN roles r ON r.workspace_id = a.workspace_id AND r.id = a.role_id"
)
# Where the things of a workspace are, by what records call their kind.
_TABLES = {
    "membership": "memberships",
    "group": "groups",
    "role": "roles",
    "scim_token": "scim_tokens",
    "provisioning_event": "provisioning_events",
    "audit_event": "audit_events",
}


@database.looks
async def workspaces_of(kind: str, ids: Sequence[str]) -> dict[str, str]:
    """The workspace that holds each thing. It says nothing to anyone: the caller still has to enter it."""
    sql = f"SELECT id, workspace_id FROM {_TABLES[kind]} WHERE id IN {database.dialect().ids}"
    return {row["id"]: row["workspace_id"] for row in await database.fetch_all(sql, as_json(ids))}


@database.looks
async def workspaces(principal: Principal, ids: Sequence[str]) -> dict[str, Row]:
    """Those of the workspaces that the person is, or was, a member of."""
    tied = condition("m.workspace_id = w.id AND m.account_id = ?", principal.account_id)
    where = every(among_ids("w.id", ids), tied)
    return _by_id(
        await database.fetch_all(
            f"SELECT w.id, w.slug, w.name, w.created_at FROM workspaces w CROSS JOIN memberships m WHERE {where.sql}",
            *where.params,
        )
    )


@database.reads
async def memberships(actor: Actor, ids: Sequence[str]) -> dict[str, Row]:
    """Of any state; one's own takes no permission."""
    require_for_others(actor, ids)
    return await _found(MEMBERSHIP_COLUMNS, "memberships m", actor, ids)


@database.looks
async def membership_by_email(actor: Actor, email_key: str) -> Row | None:
    """The membership with this address, of any state; of several the first one made."""
    actor.require(Permission.MEMBERS_READ)
    return await database.fetch_one(
        f"SELECT {MEMBERSHIP_COLUMNS} FROM memberships m WHERE m.workspace_id = ? AND m.email_key = ?"
        " ORDER BY m.id LIMIT 1",
        actor.workspace_id,
        email_key,
    )


@database.reads
async def groups(actor: Actor, ids: Sequence[str]) -> dict[str, Row]:
    actor.require(Permission.MEMBERS_READ)
    return await _found(GROUP_COLUMNS, "groups g", actor, ids)


@database.reads
async def roles(actor: Actor, ids: Sequence[str]) -> dict[str, Row]:
    actor.require(Permission.WORKSPACE_READ)
    return await _found(ROLE_COLUMNS, "roles r", actor, ids)


@database.reads
async def assignment_counts(actor: Actor, role_ids: Sequence[str]) -> dict[str, int]:
    """How many memberships and groups hold each role directly."""
    actor.require(Permission.WORKSPACE_READ)
    where = every(equals("workspace_id", actor.workspace_id), among_ids("role_id", role_ids))
    rows = await database.fetch_all(
        f"SELECT role_id AS id, COUNT(*) AS total FROM role_assignments WHERE {where.sql} GROUP BY role_id",
        *where.params,
    )
    return {row["id"]: row["total"] for row in rows}


@database.reads
async def assignments_of_memberships(actor: Actor, membership_ids: Sequence[str]) -> dict[str, list[Row]]:
    """The roles each membership holds directly, in the order they were granted; one's own take no permission."""
    require_for_others(actor, membership_ids)
    return await _assignments("membership_id", actor, membership_ids)


@database.reads
async def assignments_of_groups(actor: Actor, group_ids: Sequence[str]) -> dict[str, list[Row]]:
    """The roles each group confers, in the order they were granted."""
    actor.require(Permission.MEMBERS_READ)
    return await _assignments("group_id", actor, group_ids)


@database.reads
async def people(actor: Actor, ids: Sequence[str]) -> dict[str, Row]:
    """The accounts with these ids, or behind these personal access tokens, that the workspace may see.

    Those are of people who accepted to be in it, or whose domain it verified; without MEMBERS_READ only one's own.
    """
    visible = every(
        condition("m.account_id = a.id AND m.workspace_id = ?", actor.workspace_id),
        condition("m.accepted_at IS NOT NULL AND a.email IS NOT NULL"),
        None if Permission.MEMBERS_READ in actor.permissions else equals("a.id", actor.account_id),
    )
    accounts = every(among_ids("a.id", ids), visible)
    tokens = every(among_ids("t.id", ids), condition("a.id = t.account_id"), visible)
    rows = await database.fetch_all(
        f"SELECT a.id AS asked_id, {PERSON_COLUMNS} FROM accounts a CROSS JOIN memberships m WHERE {accounts.sql}"
        f" UNION ALL SELECT t.id, {PERSON_COLUMNS} FROM personal_access_tokens t CROSS JOIN accounts a"
        f" CROSS JOIN memberships m WHERE {tokens.sql}",
        *accounts.params,
        *tokens.params,
    )
    return {row["asked_id"]: row for row in rows}


@database.looks
async def account(principal: Principal) -> Row:
    """The caller's own account."""
    row = await database.fetch_one(f"SELECT {PERSON_COLUMNS} FROM accounts a WHERE a.id = ?", principal.account_id)
    assert row is not None, "a credential without an account"
    return row


@database.reads
async def scim_tokens(actor: Actor, ids: Sequence[str]) -> dict[str, Row]:
    if Permission.AUDIT_READ not in actor.permissions:
        actor.require(Permission.PROVISIONING_READ)
    return await _found(SCIM_TOKENS_COLUMNS, "scim_tokens t", actor, ids)


@database.reads
async def all_scim_tokens(actor: Actor, *, include_revoked: bool) -> list[Row]:
    """The workspace's tokens, newest first."""
    actor.require(Permission.PROVISIONING_MANAGE)
    where = every(
        equals("t.workspace_id", actor.workspace_id), None if include_revoked else condition("t.revoked_at IS NULL")
    )
    return await database.fetch_all(
        f"SELECT {SCIM_TOKENS_COLUMNS} FROM scim_tokens t WHERE {where.sql} ORDER BY t.id DESC", *where.params
    )


@database.reads
async def personal_tokens(actor: Actor, ids: Sequence[str]) -> dict[str, Row]:
    """Those of the workspace's people, by which the audit log says something was done."""
    actor.require(Permission.AUDIT_READ)
    tied = condition("m.account_id = t.account_id AND m.workspace_id = ?", actor.workspace_id)
    where = every(among_ids("t.id", ids), tied)
    return _by_id(
        await database.fetch_all(
            f"SELECT {PERSONAL_TOKENS_COLUMNS} FROM personal_access_tokens t CROSS JOIN memberships m"
            f" WHERE {where.sql}",
            *where.params,
        )
    )


@database.reads
async def own_personal_tokens(principal: Principal, ids: Sequence[str]) -> dict[str, Row]:
    where = every(equals("t.account_id", principal.account_id), among_ids("t.id", ids))
    return _by_id(
        await database.fetch_all(
            f"SELECT {PERSONAL_TOKENS_COLUMNS} FROM personal_access_tokens t WHERE {where.sql}", *where.params
        )
    )


@database.reads
async def provisioning_events(actor: Actor, ids: Sequence[str]) -> dict[str, Row]:
    actor.require(Permission.PROVISIONING_READ)
    return await _found(PROVISIONING_COLUMNS, "provisioning_events e", actor, ids)


@database.reads
async def audit_events(actor: Actor, ids: Sequence[str]) -> dict[str, Row]:
    actor.require(Permission.AUDIT_READ)
    return await _found(AUDIT_COLUMNS, "audit_events e", actor, ids)


async def _found(columns: str, table: str, actor: Actor, ids: Sequence[str]) -> dict[str, Row]:
    """`table` with its alias, which `columns` use."""
    alias = table.rpartition(" ")[2]
    where = every(equals(f"{alias}.workspace_id", actor.workspace_id), among_ids(f"{alias}.id", ids))
    return _by_id(await database.fetch_all(f"SELECT {columns} FROM {table} WHERE {where.sql}", *where.params))


async def _assignments(column: str, actor: Actor, ids: Sequence[str]) -> dict[str, list[Row]]:
    where = every(equals("a.workspace_id", actor.workspace_id), among_ids(f"a.{column}", ids))
    given: dict[str, list[Row]] = {}
    for row in await database.fetch_all(f"{_ASSIGNMENTS} WHERE {where.sql} ORDER BY a.id", *where.params):
        given.setdefault(row[column], []).append(row)
    return given


def _by_id(rows: list[Row]) -> dict[str, Row]:
    return {row["id"]: row for row in rows}
