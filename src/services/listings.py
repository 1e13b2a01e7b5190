"""The paged lists of a workspace's people and groups, and of a person's own memberships and tokens.

Rows go out as they are stored, with the columns named here. SCIM lists by other rules and does not come here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ..models import MembershipState, Origin, database
from . import paging
from .actor import Actor, Permission, Principal
from .conditions import among_ids, among_texts, condition, contains, equals, every
from .fragments import Fragment
from .paging import Page, Relation
from .windows import Order, Window

PRESENT = (MembershipState.ACTIVE, MembershipState.SUSPENDED)
"""Whom a list shows when nobody asks for others: the invited are not there yet, the removed no longer."""

MEMBERSHIP_COLUMNS = (
    "m.id, m.workspace_id, m.account_id, m.user_name, m.display_name, m.email, m.state, m.origin, m.external_id,"
    " m.directory_managed, m.accepted_at, m.invited_by, m.joined_at, m.last_active_at, m.suspended_at, m.created_at,"
    " m.updated_at, m.version"
)
GROUP_COLUMNS = (
    "g.id, g.workspace_id, g.display_name, g.external_id, g.origin, g.directory_managed, g.created_at,"
    " g.updated_at, g.version"
)
PERSONAL_TOKENS_COLUMNS = (
    "t.id, t.account_id, t.workspace_id, t.name, t.prefix, t.scopes, t.created_at, t.expires_at, t.last_used_at,"
    " t.last_used_ip, t.revoked_at"
)
# CROSS JOIN makes SQLite go from the links to what they lead to, also before it has statistics.
_MEMBERS = Relation(
    columns=MEMBERSHIP_COLUMNS, table="memberships", alias="m", links="group_members gm CROSS JOIN memberships m"
)
_MEMBERS_TIED = "m.workspace_id = gm.workspace_id AND m.id = gm.membership_id"
_GROUPS = Relation(columns=GROUP_COLUMNS, table="groups", alias="g", links="group_members gm CROSS JOIN groups g")
_GROUPS_TIED = "g.workspace_id = gm.workspace_id AND g.id = gm.group_id"


class MembershipOrderField(StrEnum):
    DISPLAY_NAME = "DISPLAY_NAME"
    EMAIL = "EMAIL"
    CREATED_AT = "CREATED_AT"
    LAST_ACTIVE_AT = "LAST_ACTIVE_AT"


class GroupOrderField(StrEnum):
    DISPLAY_NAME = "DISPLAY_NAME"
    CREATED_AT = "CREATED_AT"
    MEMBER_COUNT = "MEMBER_COUNT"


# Ids are made in the order of time, so by id is by creation. Who has no address, or was never active, comes first.
MEMBERSHIP_ORDERS = {
    MembershipOrderField.DISPLAY_NAME: Order(name="memberships.name", id="m.id", key="m.display_name_key"),
    MembershipOrderField.EMAIL: Order(name="memberships.email", id="m.id", key="COALESCE(m.email_key, '')"),
    MembershipOrderField.CREATED_AT: Order(name="memberships.created", id="m.id"),
    MembershipOrderField.LAST_ACTIVE_AT: Order(
        name="memberships.active", id="m.id", key="COALESCE(m.last_active_at, 0)", key_type=int
    ),
}
GROUP_ORDERS = {
    GroupOrderField.DISPLAY_NAME: Order(name="groups.name", id="g.id", key="g.display_name_key"),
    GroupOrderField.CREATED_AT: Order(name="groups.created", id="g.id"),
    GroupOrderField.MEMBER_COUNT: Order(name="groups.members", id="g.id", key="g.member_count", key_type=int),
}
# The order of the index over the links, so that a page reads no more rows than it shows.
MEMBERS_ORDER = Order(name="group.members", id="gm.membership_id")
OWN_MEMBERSHIPS_ORDER = Order(name="viewer.memberships", id="m.id")
OWN_TOKENS_ORDER = Order(name="viewer.tokens", id="t.id", descending=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipFilter:
    """Which memberships; None does not narrow. `inactive_since`: no activity from then on."""

    states: tuple[MembershipState, ...] = PRESENT
    role_ids: tuple[str, ...] | None = None
    group_ids: tuple[str, ...] | None = None
    origins: tuple[Origin, ...] | None = None
    search: str | None = None
    directory_managed: bool | None = None
    inactive_since: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFilter:
    """Which groups; None does not narrow."""

    search: str | None = None
    origins: tuple[Origin, ...] | None = None
    member_ids: tuple[str, ...] | None = None
    role_ids: tuple[str, ...] | None = None


@database.reads
async def memberships(actor: Actor, where: MembershipFilter, window: Window) -> Page:
    """A page of the workspace's memberships."""
    actor.require(Permission.MEMBERS_READ)
    return await paging.page(MEMBERSHIP_COLUMNS, "memberships m", _memberships(actor, where), window)


@database.reads
async def count_memberships(actor: Actor, where: MembershipFilter) -> int:
    actor.require(Permission.MEMBERS_READ)
    return await paging.count("memberships m", _memberships(actor, where))


@database.reads
async def members_of_groups(
    actor: Actor, group_ids: Sequence[str], where: MembershipFilter, window: Window
) -> dict[str, Page]:
    """For each group a page of its members, in the order in which they first came to the workspace."""
    actor.require(Permission.MEMBERS_READ)
    tied = condition(f"gm.workspace_id = ? AND gm.group_id = p.value AND {_MEMBERS_TIED}", actor.workspace_id)
    of_parent = every(tied, _memberships(actor, where))
    return await paging.pages(_MEMBERS, of_parent, window, group_ids)


@database.reads
async def count_members_of_groups(actor: Actor, group_ids: Sequence[str], where: MembershipFilter) -> dict[str, int]:
    actor.require(Permission.MEMBERS_READ)
    tied = condition(f"gm.workspace_id = ? AND {_MEMBERS_TIED}", actor.workspace_id)
    in_groups = every(tied, _memberships(actor, where))
    return await paging.counts(_MEMBERS.links, in_groups, parent="gm.group_id", parent_ids=group_ids)


@database.reads
async def groups(actor: Actor, where: GroupFilter, window: Window) -> Page:
    """A page of the workspace's groups."""
    actor.require(Permission.MEMBERS_READ)
    return await paging.page(GROUP_COLUMNS, "groups g", _groups(actor, where), window)


@database.reads
async def count_groups(actor: Actor, where: GroupFilter) -> int:
    actor.require(Permission.MEMBERS_READ)
    return await paging.count("groups g", _groups(actor, where))


@database.reads
async def groups_of_memberships(actor: Actor, membership_ids: Sequence[str], window: Window) -> dict[str, Page]:
    """For each membership a page of its groups; one's own groups take no permission."""
    require_for_others(actor, membership_ids)
    of_parent = condition(f"gm.workspace_id = ? AND gm.membership_id = p.value AND {_GROUPS_TIED}", actor.workspace_id)
    return await paging.pages(_GROUPS, of_parent, window, membership_ids)


@database.reads
async def count_groups_of_memberships(actor: Actor, membership_ids: Sequence[str]) -> dict[str, int]:
    require_for_others(actor, membership_ids)
    in_workspace = condition("gm.workspace_id = ?", actor.workspace_id)
    return await paging.counts("group_members gm", in_workspace, parent="gm.membership_id", parent_ids=membership_ids)


@database.reads
async def own_memberships(principal: Principal, states: tuple[MembershipState, ...], window: Window) -> Page:
    """A page of the person's memberships in the workspaces the principal may enter."""
    return await paging.page(MEMBERSHIP_COLUMNS, "memberships m", _own(principal, states), window)


@database.reads
async def count_own_memberships(principal: Principal, states: tuple[MembershipState, ...]) -> int:
    return await paging.count("memberships m", _own(principal, states))


@database.reads
async def own_tokens(principal: Principal, window: Window, *, include_revoked: bool) -> Page:
    """A page of the person's personal access tokens, newest first."""
    where = every(
        equals("t.account_id", principal.account_id), None if include_revoked else condition("t.revoked_at IS NULL")
    )
    return await paging.page(PERSONAL_TOKENS_COLUMNS, "personal_access_tokens t", where, window)


def require_for_others(actor: Actor, membership_ids: Iterable[str]) -> None:
    """About oneself everyone may ask; about others with MEMBERS_READ."""
    if any(membership_id != actor.membership_id for membership_id in membership_ids):
        actor.require(Permission.MEMBERS_READ)


def _memberships(actor: Actor, where: MembershipFilter) -> Fragment:
    return every(
        equals("m.workspace_id", actor.workspace_id),
        among_texts("m.state", where.states),
        _linked("m.id", "role_assignments", "membership_id", "role_id", actor, where.role_ids),
        _linked("m.id", "group_members", "membership_id", "group_id", actor, where.group_ids),
        among_texts("m.origin", where.origins),
        contains(("m.user_name_key", "m.display_name_key", "m.email_key"), where.search),
        equals("m.directory_managed", where.directory_managed),
        None if where.inactive_since is None else condition("COALESCE(m.last_active_at, 0) < ?", where.inactive_since),
    )


def _groups(actor: Actor, where: GroupFilter) -> Fragment:
    return every(
        equals("g.workspace_id", actor.workspace_id),
        contains(("g.display_name_key",), where.search),
        among_texts("g.origin", where.origins),
        _linked("g.id", "group_members", "group_id", "membership_id", actor, where.member_ids),
        _linked("g.id", "role_assignments", "group_id", "role_id", actor, where.role_ids),
    )


def _linked(
    column: str, table: str, this: str, other: str, actor: Actor, other_ids: tuple[str, ...] | None
) -> Fragment | None:
    """A row of `table` ties the column to one of the other ids."""
    if other_ids is None:
        return None
    where = every(equals("workspace_id", actor.workspace_id), among_ids(other, other_ids))
    return Fragment(f"{column} IN (SELECT {this} FROM {table} WHERE {where.sql})", where.params)


def _own(principal: Principal, states: tuple[MembershipState, ...]) -> Fragment:
    return every(
        equals("m.account_id", principal.account_id),
        equals("m.workspace_id", principal.only_workspace_id),
        among_texts("m.state", states),
    )
