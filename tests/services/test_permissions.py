"""Every service function that acts for somebody asks for a permission first, whichever door its actor came through."""

from dataclasses import replace

import pytest

from tenantry.errors import Forbidden
from tenantry.services.actor import Actor, Permission

from ..things import Setting, make_setting
from .calls import SERVICES
from .looking import unchanged

# What each function takes; one of several is enough. The functions that are missing ask for nothing: see FREE.
TAKES: dict[str, set[Permission]] = {
    "group_members.chunks": {Permission.MEMBERS_READ},
    "groups.get": {Permission.MEMBERS_READ},
    "groups.get_with_members": {Permission.MEMBERS_READ},
    "groups.page": {Permission.MEMBERS_READ},
    "groups.create": {Permission.GROUPS_MANAGE},
    "groups.change": {Permission.GROUPS_MANAGE},
    "groups.rename": {Permission.GROUPS_MANAGE},
    "groups.change_members": {Permission.GROUPS_MANAGE},
    "groups.delete": {Permission.GROUPS_MANAGE},
    "listings.memberships": {Permission.MEMBERS_READ},
    "listings.count_memberships": {Permission.MEMBERS_READ},
    "listings.members_of_groups": {Permission.MEMBERS_READ},
    "listings.count_members_of_groups": {Permission.MEMBERS_READ},
    "listings.groups": {Permission.MEMBERS_READ},
    "listings.count_groups": {Permission.MEMBERS_READ},
    "listings.groups_of_memberships": {Permission.MEMBERS_READ},
    "listings.count_groups_of_memberships": {Permission.MEMBERS_READ},
    "log_listings.provisioning_events": {Permission.PROVISIONING_READ},
    "log_listings.audit_events": {Permission.AUDIT_READ},
    "log_listings.provisioning_status": {Permission.PROVISIONING_READ},
    "lookups.memberships": {Permission.MEMBERS_READ},
    "lookups.membership_by_email": {Permission.MEMBERS_READ},
    "lookups.groups": {Permission.MEMBERS_READ},
    "lookups.roles": {Permission.WORKSPACE_READ},
    "lookups.assignment_counts": {Permission.WORKSPACE_READ},
    "lookups.assignments_of_memberships": {Permission.MEMBERS_READ},
    "lookups.assignments_of_groups": {Permission.MEMBERS_READ},
    "lookups.scim_tokens": {Permission.AUDIT_READ, Permission.PROVISIONING_READ},
    "lookups.all_scim_tokens": {Permission.PROVISIONING_MANAGE},
    "lookups.personal_tokens": {Permission.AUDIT_READ},
    "lookups.provisioning_events": {Permission.PROVISIONING_READ},
    "lookups.audit_events": {Permission.AUDIT_READ},
    "memberships.get": {Permission.MEMBERS_READ},
    "memberships.page": {Permission.MEMBERS_READ},
    "memberships.provision": {Permission.MEMBERS_MANAGE},
    "memberships.change": {Permission.MEMBERS_MANAGE},
    "memberships.delete": {Permission.MEMBERS_MANAGE},
    "memberships.add": {Permission.MEMBERS_MANAGE},
    "memberships.suspend": {Permission.MEMBERS_MANAGE},
    "memberships.remove": {Permission.MEMBERS_MANAGE},
    "memberships.reactivate": {Permission.MEMBERS_MANAGE},
    "policies.get": {Permission.PROVISIONING_READ},
    "policies.update": {Permission.PROVISIONING_MANAGE},
    "roles.of_workspace": {Permission.WORKSPACE_READ},
    "roles.set_for_membership": {Permission.ROLES_MANAGE},
    "roles.set_for_group": {Permission.ROLES_MANAGE},
    "tokens.scim_token_generate": {Permission.PROVISIONING_MANAGE},
    "tokens.scim_token_rotate": {Permission.PROVISIONING_MANAGE},
    "tokens.scim_token_revoke": {Permission.PROVISIONING_MANAGE},
    "workspaces.get": {Permission.WORKSPACE_READ},
}
# Of one's own things, or shown as far as one may see them; `accept` and `ask_for_link` follow from something refused
# or done that has been judged.
FREE = {
    "access.enter",
    "groups.ask_for_link",
    "listings.own_memberships",
    "listings.count_own_memberships",
    "listings.own_tokens",
    "lookups.workspaces",
    "lookups.people",
    "lookups.account",
    "lookups.own_personal_tokens",
    "memberships.accept",
    "own_tokens.create",
    "own_tokens.revoke",
}


@pytest.fixture
async def setting(tables: None) -> Setting:
    return await make_setting()


def test_what_every_function_takes_is_known() -> None:
    assert TAKES.keys() | FREE == SERVICES.keys()


@pytest.mark.parametrize("name", TAKES)
async def test_without_the_permission_nothing_is_done_or_told(setting: Setting, name: str) -> None:
    def without(actor: Actor) -> Actor:
        return replace(actor, permissions=frozenset(Permission) - TAKES[name])

    mine = setting.mine
    weak = replace(setting, mine=replace(mine, owner=without(mine.owner), directory=without(mine.directory)))
    async with unchanged():
        with pytest.raises(Forbidden, match="permission"):
            await SERVICES[name](weak, setting.theirs)
