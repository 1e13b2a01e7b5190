"""Every service function that acts for somebody, ready to be called for one or another, with one or another thing."""

from collections.abc import Awaitable, Callable
from typing import Any

from tenantry.models import MembershipState
from tenantry.scim.filter import FilterLimits, parse
from tenantry.services import (
    access,
    group_members,
    groups,
    listings,
    log_listings,
    lookups,
    memberships,
    own_tokens,
    policies,
    roles,
    tokens,
    windows,
    workspaces,
)
from tenantry.services.group_changes import AddMembers, ReplaceMember
from tenantry.services.group_members import Shown
from tenantry.services.index_paging import Wanted
from tenantry.services.listings import GROUP_ORDERS, MEMBERS_ORDER, MEMBERSHIP_ORDERS
from tenantry.services.log_listings import AUDIT_ORDER, PROVISIONING_ORDER
from tenantry.services.profiles import Profile
from tenantry.services.schemas import GROUP, USER
from tenantry.services.tokens import TokenScope

from ..things import Setting, Things

LIMITS = FilterLimits(chars=1000, depth=10, nodes=50)
SHOWN = Shown(at="/Users/", with_display=True)

# Who is called for, and whose things they ask for.
Call = Callable[[Setting, Things], Awaitable[Any]]


def _window(order: Any) -> windows.Window:
    return windows.window(order, size_default=50, size_max=100)


def _inactive(profile: Profile) -> Profile:
    return Profile(profile.document, False)


async def _pieces(setting: Setting, things: Things) -> list[str]:
    return [piece async for piece in group_members.chunks(setting.owner, things.group, SHOWN)]


BY_NAME = MEMBERSHIP_ORDERS[next(iter(MEMBERSHIP_ORDERS))]
GROUPS_BY_NAME = GROUP_ORDERS[next(iter(GROUP_ORDERS))]
EVERYONE = listings.MembershipFilter(states=tuple(MembershipState))

# module.function -> a call of it
SERVICES: dict[str, Call] = {
    "access.enter": lambda s, t: access.enter(s.principal, workspace_id=t.workspace),
    "group_members.chunks": _pieces,
    "groups.get": lambda s, t: groups.get(s.owner, t.group),
    "groups.get_with_members": lambda s, t: groups.get_with_members(s.owner, t.group, SHOWN),
    "groups.page": lambda s, t: groups.page(
        s.owner,
        Wanted(count=50, where=parse(f'members.value eq "{t.membership}" or id eq "{t.group}"', GROUP, limits=LIMITS)),
        members=SHOWN,
        members_max=100,
    ),
    "groups.create": lambda s, t: groups.create(s.owner, display_name=t.group_name, member_ids=[t.membership]),
    "groups.change": lambda s, t: groups.change(
        s.mine.directory, s.own_group, [ReplaceMember(old=t.membership, new=s.mine.owner_id)]
    ),
    "groups.rename": lambda s, t: groups.rename(s.mine.directory, t.group, "Crew"),
    "groups.change_members": lambda s, t: groups.change_members(s.owner, t.group, add=[s.mine.owner_id]),
    "groups.delete": lambda s, t: groups.delete(s.mine.directory, t.group),
    "groups.ask_for_link": lambda s, t: groups.ask_for_link(s.mine.directory, t.group),
    "listings.memberships": lambda s, t: listings.memberships(
        s.owner, listings.MembershipFilter(group_ids=(t.group,)), _window(BY_NAME)
    ),
    "listings.count_memberships": lambda s, t: listings.count_memberships(
        s.owner, listings.MembershipFilter(role_ids=(t.role,))
    ),
    "listings.members_of_groups": lambda s, t: listings.members_of_groups(
        s.owner, [t.group], EVERYONE, _window(MEMBERS_ORDER)
    ),
    "listings.count_members_of_groups": lambda s, t: listings.count_members_of_groups(s.owner, [t.group], EVERYONE),
    "listings.groups": lambda s, t: listings.groups(
        s.owner, listings.GroupFilter(member_ids=(t.membership,)), _window(GROUPS_BY_NAME)
    ),
    "listings.count_groups": lambda s, t: listings.count_groups(s.owner, listings.GroupFilter(role_ids=(t.role,))),
    "listings.groups_of_memberships": lambda s, t: listings.groups_of_memberships(
        s.owner, [t.membership], _window(GROUPS_BY_NAME)
    ),
    "listings.count_groups_of_memberships": lambda s, t: listings.count_groups_of_memberships(s.owner, [t.membership]),
    "listings.own_memberships": lambda s, t: listings.own_memberships(
        s.principal, tuple(MembershipState), _window(listings.OWN_MEMBERSHIPS_ORDER)
    ),
    "listings.count_own_memberships": lambda s, t: listings.count_own_memberships(s.principal, tuple(MembershipState)),
    "listings.own_tokens": lambda s, t: listings.own_tokens(
        s.principal, _window(listings.OWN_TOKENS_ORDER), include_revoked=True
    ),
    "log_listings.provisioning_events": lambda s, t: log_listings.provisioning_events(
        s.owner, log_listings.ProvisioningFilter(membership_ids=(t.membership,)), _window(PROVISIONING_ORDER)
    ),
    "log_listings.audit_events": lambda s, t: log_listings.audit_events(
        s.owner, log_listings.AuditFilter(target_ids=(t.membership, t.group)), _window(AUDIT_ORDER)
    ),
    "log_listings.provisioning_status": lambda s, t: log_listings.provisioning_status(s.owner),
    "lookups.workspaces": lambda s, t: lookups.workspaces(s.principal, [t.workspace]),
    "lookups.memberships": lambda s, t: lookups.memberships(s.owner, [t.membership]),
    "lookups.membership_by_email": lambda s, t: lookups.membership_by_email(s.owner, t.user_name),
    "lookups.groups": lambda s, t: lookups.groups(s.owner, [t.group]),
    "lookups.roles": lambda s, t: lookups.roles(s.owner, [t.role]),
    "lookups.assignment_counts": lambda s, t: lookups.assignment_counts(s.owner, [t.role]),
    "lookups.assignments_of_memberships": lambda s, t: lookups.assignments_of_memberships(s.owner, [t.membership]),
    "lookups.assignments_of_groups": lambda s, t: lookups.assignments_of_groups(s.owner, [t.group]),
    "lookups.people": lambda s, t: lookups.people(s.owner, [t.account, t.personal_token]),
    "lookups.account": lambda s, t: lookups.account(s.principal),
    "lookups.scim_tokens": lambda s, t: lookups.scim_tokens(s.owner, [t.scim_token]),
    "lookups.all_scim_tokens": lambda s, t: lookups.all_scim_tokens(s.owner, include_revoked=True),
    "lookups.personal_tokens": lambda s, t: lookups.personal_tokens(s.owner, [t.personal_token]),
    "lookups.own_personal_tokens": lambda s, t: lookups.own_personal_tokens(s.principal, [t.personal_token]),
    "lookups.provisioning_events": lambda s, t: lookups.provisioning_events(s.owner, [t.provisioning_event]),
    "lookups.audit_events": lambda s, t: lookups.audit_events(s.owner, [t.audit_event]),
    "memberships.get": lambda s, t: memberships.get(s.owner, t.membership, groups_at="/Groups/"),
    "memberships.page": lambda s, t: memberships.page(
        s.owner,
        Wanted(count=50, where=parse(f'groups.value eq "{t.group}" or id eq "{t.membership}"', USER, limits=LIMITS)),
        groups_at="/Groups/",
    ),
    "memberships.provision": lambda s, t: memberships.provision(s.mine.directory, {"userName": t.user_name}),
    "memberships.change": lambda s, t: memberships.change(s.mine.directory, t.membership, _inactive),
    "memberships.delete": lambda s, t: memberships.delete(s.mine.directory, t.membership),
    "memberships.add": lambda s, t: memberships.add(s.owner, email=t.user_name, display_name="Ada"),
    "memberships.accept": lambda s, t: memberships.accept(s.owner, t.membership),
    "memberships.suspend": lambda s, t: memberships.suspend(s.owner, t.membership),
    "memberships.remove": lambda s, t: memberships.remove(s.owner, t.membership),
    "memberships.reactivate": lambda s, t: memberships.reactivate(s.owner, t.membership),
    "own_tokens.create": lambda s, t: own_tokens.create(s.principal, name="Script", scopes=[TokenScope.ADMIN]),
    "own_tokens.revoke": lambda s, t: own_tokens.revoke(s.principal, t.personal_token),
    "policies.get": lambda s, t: policies.get(s.owner),
    "policies.update": lambda s, t: policies.update(s.owner, default_role_id=t.role),
    "roles.of_workspace": lambda s, t: roles.of_workspace(s.owner),
    "roles.set_for_membership": lambda s, t: roles.set_for_membership(s.owner, t.membership, []),
    "roles.set_for_group": lambda s, t: roles.set_for_group(s.owner, t.group, []),
    "tokens.scim_token_generate": lambda s, t: tokens.scim_token_generate(s.owner, name="Okta"),
    "tokens.scim_token_rotate": lambda s, t: tokens.scim_token_rotate(s.owner, t.scim_token),
    "tokens.scim_token_revoke": lambda s, t: tokens.scim_token_revoke(s.owner, t.scim_token),
    "workspaces.get": lambda s, t: workspaces.get(s.owner),
}
# The same functions by another of the ids they take.
MORE: dict[str, Call] = {
    "access.enter by slug": lambda s, t: access.enter(s.principal, slug=t.slug),
    "groups.change adding": lambda s, t: groups.change(
        s.mine.directory, s.own_group, [AddMembers(ids=(t.membership,))]
    ),
    "groups.change_members adding": lambda s, t: groups.change_members(s.owner, s.own_group, add=[t.membership]),
    "listings.memberships by a role": lambda s, t: listings.memberships(
        s.owner, listings.MembershipFilter(role_ids=(t.role,)), _window(BY_NAME)
    ),
    "log_listings.provisioning_events by a token": lambda s, t: log_listings.provisioning_events(
        s.owner, log_listings.ProvisioningFilter(token_ids=(t.scim_token,)), _window(PROVISIONING_ORDER)
    ),
    "log_listings.audit_events by an actor": lambda s, t: log_listings.audit_events(
        s.owner, log_listings.AuditFilter(actor_ids=(t.scim_token, t.account)), _window(AUDIT_ORDER)
    ),
    "roles.set_for_membership giving": lambda s, t: roles.set_for_membership(s.owner, s.mine.owner_id, [t.role]),
    "roles.set_for_group giving": lambda s, t: roles.set_for_group(s.owner, s.own_group, [t.role]),
}
