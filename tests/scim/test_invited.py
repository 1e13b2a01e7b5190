"""`invited`: people are invited first, and whoever is deactivated keeps their place."""

import pytest

from tenantry.models import MembershipState
from tenantry.services import access, listings, memberships, tokens
from tenantry.services.actor import Request
from tenantry.services.listings import MembershipFilter

from ..services.looking import groups_of, roles_of
from .connected import Connected, mark_proven
from .provider import ADA, DEACTIVATE, REACTIVATE, new_group, new_user, patch, replace
from .provider import resource as good


async def test_a_newcomer_is_invited_and_not_yet_seen(invited: Connected) -> None:
    ada = await new_user(invited.scim, **ADA)
    team = await new_group(invited.scim, "Team", ada["id"])
    operator = invited.workspace.operator
    assert await invited.state(ada) == "INVITED"
    assert await listings.count_memberships(operator, MembershipFilter()) == 1
    assert (await listings.count_members_of_groups(operator, [team["id"]], MembershipFilter())).get(team["id"], 0) == 0
    only_invited = MembershipFilter(states=(MembershipState.INVITED,))
    assert await listings.count_memberships(operator, only_invited) == 1
    assert await listings.count_members_of_groups(operator, [team["id"]], only_invited) == {team["id"]: 1}


async def test_to_a_directory_the_invited_are_here(invited: Connected) -> None:
    ada = await new_user(invited.scim, **ADA)
    team = await new_group(invited.scim, "Team", ada["id"])
    assert ada["active"] is True
    assert [member["value"] for member in team["members"]] == [ada["id"]]
    assert [each["value"] for each in (await invited.get(ada))["groups"]] == [team["id"]]
    found = good(await invited.scim.get("/Users", params={"filter": 'active eq true and externalId eq "e-1"'}))
    assert found["totalResults"] == 1
    before = ada["meta"]["version"]
    assert (await invited.change(ada, REACTIVATE))["meta"]["version"] == before
    assert await invited.state(ada) == "INVITED"


async def test_an_invitation_confers_nothing(invited: Connected) -> None:
    ada = await new_user(invited.scim)
    await invited.give(ada, "source_admin")
    account = await invited.known_account(ada)
    await mark_proven(account["id"])
    _, secret = await tokens.personal_create(account["id"], name="Mine", scopes=tokens.TokenScope)
    principal = await tokens.identify_personal(secret, Request(id="made-for-a-test"))
    assert await access.enter(principal, workspace_id=invited.workspace.id) is None
    await memberships.accept(invited.workspace.operator, ada["id"])
    assert await access.enter(principal, workspace_id=invited.workspace.id)


async def test_the_suspended_keep_their_groups_and_roles(invited: Connected) -> None:
    ada = await new_user(invited.scim, **ADA)
    await memberships.accept(invited.workspace.operator, ada["id"])
    team = await new_group(invited.scim, "Team", ada["id"])
    await invited.give(ada, "source_admin")
    off = await invited.change(ada, DEACTIVATE)
    assert (off["active"], off["displayName"]) == (False, "Ada Okafor")
    assert await invited.state(ada) == "SUSPENDED"
    assert (await groups_of(ada["id"]), await roles_of(ada["id"])) == ({team["id"]}, {"source_admin"})
    on = await invited.change(ada, REACTIVATE)
    assert on["active"] is True
    assert await invited.state(ada) == "ACTIVE"
    assert (await groups_of(ada["id"]), await roles_of(ada["id"])) == ({team["id"]}, {"source_admin"})


@pytest.mark.parametrize("again", ["patch", "post"])
async def test_whoever_never_joined_is_invited_again(invited: Connected, again: str) -> None:
    ada = await new_user(invited.scim)
    await invited.change(ada, DEACTIVATE)
    assert await invited.state(ada) == "SUSPENDED"
    if again == "patch":
        await invited.change(ada, REACTIVATE)
    else:
        assert (await new_user(invited.scim))["id"] == ada["id"]
    assert await invited.state(ada) == "INVITED"


async def test_under_invited_people_own_their_names(invited: Connected) -> None:
    ada = await new_user(invited.scim, **ADA)
    after = await invited.change(ada, patch(replace("displayName", "Eve"), replace("title", "Engineer")))
    assert (after["displayName"], after["title"]) == ("Ada Okafor", "Engineer")
