"""What a workspace's two logs tell, newest first, and how its provisioning is doing."""

from dataclasses import dataclass
from uuid import UUID

from ..models import Outcome, ProvisioningOperation, database, now
from . import paging
from .actor import Actor, Permission
from .conditions import among_ids, among_texts, as_json, condition, contains, equals, every
from .fragments import Fragment
from .paging import Page
from .windows import Order, Window

PROVISIONING_COLUMNS = (
    "e.id, e.occurred_at, e.scim_token_id, e.operation, e.http_method, e.path, e.status, e.outcome, e.scim_type,"
    " e.detail, e.hint, e.membership_id, e.group_id, e.target_label, e.changes, e.duration_ms, e.request_id"
)
AUDIT_COLUMNS = (
    "e.id, e.occurred_at, e.action, e.actor_kind, e.actor_id, e.actor_label, e.target_kind, e.target_id,"
    " e.target_label, e.changes, e.ip_address, e.request_id"
)
# Ids are made in the order of time.
PROVISIONING_ORDER = Order(name="provisioning_events", id="e.id", descending=True)
AUDIT_ORDER = Order(name="audit_events", id="e.id", descending=True)

HOUR = 3_600_000_000
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisioningFilter:
    """Which SCIM requests; None does not narrow. `since` is the first moment taken, `until` the first one not."""

    operations: tuple[ProvisioningOperation, ...] | None = None
    outcomes: tuple[Outcome, ...] | None = None
    token_ids: tuple[str, ...] | None = None
    membership_ids: tuple[str, ...] | None = None
    group_ids: tuple[str, ...] | None = None
    since: int | None = None
    until: int | None = None
    search: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which changes; None does not narrow. What a person did with a personal access token, the person did."""

    actions: tuple[str, ...] | None = None
    actor_ids: tuple[str, ...] | None = None
    target_ids: tuple[str, ...] | None = None
    since: int | None = None
    until: int | None = None
    search: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisioningStatus:
    """How an identity provider is getting on with the workspace.

    enabled          there is a token it could use
    user_agent       what the provider's software called itself last
    errors_last_24h  requests that were rejected or failed
    """

    enabled: bool
    user_agent: str | None
    last_request_at: int | None
    managed_memberships: int
    managed_groups: int
    errors_last_24h: int


@database.reads
async def provisioning_events(actor: Actor, where: ProvisioningFilter, window: Window) -> Page:
    """A page of the SCIM requests the workspace got."""
    actor.require(Permission.PROVISIONING_READ)
    asked = every(
        equals("e.workspace_id", actor.workspace_id),
        among_texts("e.operation", where.operations),
        among_texts("e.outcome", where.outcomes),
        among_ids("e.scim_token_id", where.token_ids),
        among_ids("e.membership_id", where.membership_ids),
        among_ids("e.group_id", where.group_ids),
        _between(where.since, where.until),
        contains(("LOWER(e.target_label)", "LOWER(e.detail)", "LOWER(e.path)", "e.request_id"), where.search),
    )
    return await paging.page(PROVISIONING_COLUMNS, "provisioning_events e", asked, window)


@database.reads
async def audit_events(actor: Actor, where: AuditFilter, window: Window) -> Page:
    """A page of the changes made in the workspace."""
    actor.require(Permission.AUDIT_READ)
    asked = every(
        equals("e.workspace_id", actor.workspace_id),
        among_texts("e.action", where.actions),
        None if where.actor_ids is None else _by(where.actor_ids),
        among_ids("e.target_id", where.target_ids),
        _between(where.since, where.until),
        contains(("LOWER(e.target_label)", "LOWER(e.actor_label)", "e.action", "e.request_id"), where.search),
    )
    return await paging.page(AUDIT_COLUMNS, "audit_events e", asked, window)


@database.reads
async def provisioning_status(actor: Actor) -> ProvisioningStatus:
    """How things stand right now."""
    actor.require(Permission.PROVISIONING_READ)
    workspace_id, moment = actor.workspace_id, now()
    totals = await database.fetch_one(
        "SELECT"
        " (SELECT COUNT(*) FROM scim_tokens WHERE workspace_id = ? AND revoked_at IS NULL"
        "   AND COALESCE(expires_at, ?) >= ? AND COALESCE(overlap_ends_at, ?) >= ?) AS tokens,"
        " (SELECT COUNT(*) FROM memberships WHERE workspace_id = ? AND directory_managed AND state <> 'REMOVED')"
        "   AS memberships,"
        " (SELECT COUNT(*) FROM groups WHERE workspace_id = ? AND directory_managed) AS groups_,"
        " (SELECT COUNT(*) FROM provisioning_events WHERE workspace_id = ? AND outcome IN ('REJECTED', 'FAILED')"
        "   AND id >= ? AND occurred_at >= ?) AS errors,"
        " (SELECT occurred_at FROM provisioning_events WHERE workspace_id = ? ORDER BY id DESC LIMIT 1) AS last",
        *(workspace_id, moment, moment, moment, moment),
        *(workspace_id, workspace_id),
        *(workspace_id, _id_at(moment - DAY - HOUR), moment - DAY),
        workspace_id,
    )
    user_agent = await database.fetch_value(
        "SELECT last_user_agent FROM scim_tokens WHERE workspace_id = ? AND last_used_at IS NOT NULL"
        " ORDER BY last_used_at DESC LIMIT 1",
        workspace_id,
    )
    assert totals is not None
    return ProvisioningStatus(
        enabled=totals["tokens"] > 0,
        user_agent=user_agent,
        last_request_at=totals["last"],
        managed_memberships=totals["memberships"],
        managed_groups=totals["groups_"],
        errors_last_24h=totals["errors"],
    )


def _by(actor_ids: tuple[str, ...]) -> Fragment:
    ids = database.dialect().ids
    tokens = f"SELECT id FROM personal_access_tokens WHERE account_id IN {ids}"
    return condition(f"(e.actor_id IN {ids} OR e.actor_id IN ({tokens}))", as_json(actor_ids), as_json(actor_ids))


def _between(since: int | None, until: int | None) -> Fragment | None:
    """The time of the event, and with an hour to spare its id, so that the index leads there and no further."""
    bounds = every(
        None if since is None else condition("e.occurred_at >= ? AND e.id >= ?", since, _id_at(since - HOUR)),
        None if until is None else condition("e.occurred_at < ? AND e.id < ?", until, _id_at(until + HOUR)),
    )
    return bounds if bounds.sql else None


def _id_at(moment: int) -> str:
    """The first id that can have been made at that moment (RFC 9562 §5.7)."""
    return str(UUID(int=max(moment, 0) // 1_000 << 80))
