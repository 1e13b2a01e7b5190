"""What a directory's messages do under every provisioning policy."""

from tenantry.models import DeactivationAction
from tenantry.services import lookups, memberships, policies

from ..invariants import assert_sound
from ..services.looking import role_id, roles_of, stored
from .connected import Connected, mark_proven
from .provider import ADA, DEACTIVATE, REACTIVATE, made, new_group, new_user, refusal, user
from .provider import resource as good


async def test_an_account_that_exists_is_added_and_left_alone(any_policy: Connected, linked: Connected) -> None:
    there = await new_user(linked.scim, displayName="Her Own Name")
    before = await linked.known_account(there)
    await mark_proven(before["id"])
    before = await linked.known_account(there)
    here = made(await any_policy.scim.post("/Users", json=user("Ada@Example.com", displayName="A. Okafor")))
    assert here["id"] != there["id"]
    assert here["displayName"] == "A. Okafor"
    assert await any_policy.account(here) == before
    assert await linked.get(there) == there
    row = await any_policy.row(here)
    assert row["accepted_at"] is None


async def test_the_answer_gives_no_hint_that_an_account_exists(any_policy: Connected, linked: Connected) -> None:
    await new_user(linked.scim)
    known = await any_policy.scim.post("/Users", json=user("ada@example.com", displayName="Name"))
    unknown = await any_policy.scim.post("/Users", json=user("bob@example.com", displayName="Name"))
    assert known.status_code == unknown.status_code == 201
    known_user, unknown_user = known.json(), unknown.json()
    for body in (known_user, unknown_user):
        del body["id"], body["meta"], body["userName"]
    assert known_user == unknown_user
    assert known.headers.keys() == unknown.headers.keys()


async def test_whoever_is_here_is_a_conflict(any_policy: Connected) -> None:
    ada = await new_user(any_policy.scim, **ADA)
    for body in (user(), user("ADA@example.com"), user("other", emails=ADA["emails"])):
        assert refusal(await any_policy.scim.post("/Users", json=body)) == (409, "uniqueness")
    assert await any_policy.get(ada) == ada
    await any_policy.change(ada, DEACTIVATE)
    await any_policy.change(ada, REACTIVATE)
    assert refusal(await any_policy.scim.post("/Users", json=user())) == (409, "uniqueness")


async def test_someone_inactive_is_added_again_under_the_same_id(any_policy: Connected) -> None:
    ada = await new_user(any_policy.scim, **ADA)
    await any_policy.change(ada, DEACTIVATE)
    again = made(await any_policy.scim.post("/Users", json=user("ada@EXAMPLE.com", externalId="e-2")))
    assert (again["id"], again["active"]) == (ada["id"], True)
    assert (again["userName"], again["externalId"]) == ("ada@EXAMPLE.com", "e-2")
    assert again["meta"]["created"] == ada["meta"]["created"]
    await assert_sound(any_policy.workspace)


async def test_someone_inactive_is_known_by_their_address_too(any_policy: Connected) -> None:
    ada = await new_user(any_policy.scim, **ADA)
    await any_policy.change(ada, DEACTIVATE)
    again = made(await any_policy.scim.post("/Users", json=user("ada.okafor", emails=ADA["emails"])))
    assert (again["id"], again["userName"]) == (ada["id"], "ada.okafor")


async def test_someone_may_come_inactive(any_policy: Connected) -> None:
    ada = made(await any_policy.scim.post("/Users", json=user(active="False")))
    assert ada["active"] is False
    state = await any_policy.state(ada)
    removes = (await policies.get(any_policy.workspace.operator))["deactivation"] == DeactivationAction.REMOVE
    assert state == ("REMOVED" if removes else "SUSPENDED")
    assert await roles_of(ada["id"]) == set()
    again = made(await any_policy.scim.post("/Users", json=user(active=False)))
    assert (again["id"], again["active"]) == (ada["id"], False)
    assert (await any_policy.change(ada, REACTIVATE))["active"] is True
    assert await roles_of(ada["id"]) == {"minimal_workspace_access"}


async def test_what_was_sent_is_kept_and_shown(any_policy: Connected) -> None:
    ada = await new_user(any_policy.scim, **ADA)
    assert ada | ADA == ada
    assert await any_policy.get(ada) == ada


async def test_whoever_is_deleted_is_gone_and_the_account_stays(any_policy: Connected) -> None:
    ada = await new_user(any_policy.scim, **ADA)
    account = await any_policy.known_account(ada)
    assert (await any_policy.scim.delete(f"/Users/{ada['id']}")).status_code == 204
    assert refusal(await any_policy.scim.get(f"/Users/{ada['id']}")) == (404, None)
    assert await stored("accounts", account["id"])
    again = await new_user(any_policy.scim, **ADA)
    assert again["id"] != ada["id"]
    assert (await any_policy.account(again)) == account
    await assert_sound(any_policy.workspace)


async def test_people_made_in_the_application_are_users_like_all_others(any_policy: Connected) -> None:
    made_here = await memberships.add(
        any_policy.workspace.operator, email="bob@example.com", display_name="Bob van Dam"
    )
    bob = await any_policy.get({"id": made_here["id"]})
    assert (bob["userName"], bob["displayName"], bob["active"]) == ("bob@example.com", "Bob van Dam", True)
    assert bob["name"] == {"givenName": "Bob", "familyName": "van Dam", "formatted": "Bob van Dam"}
    assert bob["emails"] == [{"value": "bob@example.com", "type": "work", "primary": True}]
    found = good(await any_policy.scim.get("/Users", params={"filter": 'userName eq "BOB@example.com"'}))
    assert found["Resources"] == [bob]
    assert refusal(await any_policy.scim.post("/Users", json=user("bob@example.com"))) == (409, "uniqueness")


async def test_a_newcomer_and_a_pushed_group_have_the_least(any_policy: Connected) -> None:
    ada = await new_user(any_policy.scim, roles=[{"value": "workspace_owner"}])
    team = await new_group(any_policy.scim, "Team", ada["id"])
    assert await roles_of(ada["id"]) == {"minimal_workspace_access"}
    bound = await lookups.assignments_of_groups(any_policy.workspace.operator, [team["id"]])
    least = await role_id(any_policy.workspace, "minimal_workspace_access")
    assert [assignment["id"] for assignment in bound[team["id"]]] == [least]
