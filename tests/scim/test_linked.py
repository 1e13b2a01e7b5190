"""`linked`: people own their names, and whoever is deactivated is removed."""

from tenantry.services import groups

from ..invariants import assert_sound
from ..make import audit_actions, make_group
from ..services.looking import groups_of, members_of, roles_of
from .connected import Connected
from .provider import ADA, DEACTIVATE, REACTIVATE, new_group, new_user, patch, replace, user
from .provider import resource as good


async def test_changes_of_names_are_taken_and_ignored_and_others_kept(linked: Connected) -> None:
    ada = await new_user(linked.scim, **ADA)
    path = f"/Users/{ada['id']}"
    sent = user("eve@example.com", displayName="Eve", title="Engineer", name={"givenName": "Eve"})
    after = good(await linked.scim.put(path, json=sent))
    assert (after["userName"], after["displayName"]) == ("ada@example.com", "Ada Okafor")
    assert (after["title"], after["name"]) == ("Engineer", {"givenName": "Eve"})
    operations = (replace("userName", "eve@example.com"), replace("displayName", "Eve"), replace("nickName", "E"))
    after = await linked.change(ada, patch(*operations))
    assert (after["userName"], after["displayName"], after["nickName"]) == ("ada@example.com", "Ada Okafor", "E")
    before = after["meta"]
    after = await linked.change(ada, patch(replace("displayName", "Eve")))
    assert after["meta"] == before
    assert await linked.get(ada) == after


async def test_even_a_name_that_is_taken_is_ignored(linked: Connected) -> None:
    """A refusal would be repeated in every cycle of Entra."""
    await new_user(linked.scim, "bob@example.com")
    ada = await new_user(linked.scim)
    assert (await linked.change(ada, patch(replace("userName", "bob@example.com"))))["userName"] == "ada@example.com"


async def test_what_is_shown_is_what_is_filtered_and_sorted(linked: Connected) -> None:
    ada = await new_user(linked.scim, displayName="Ada")
    await linked.change(ada, patch(replace("displayName", "Zoe"), replace("userName", "zoe@example.com")))
    for filter, total in (
        ('displayName eq "Ada"', 1),
        ('displayName eq "Zoe"', 0),
        ('userName eq "ada@example.com"', 1),
        ('userName eq "zoe@example.com"', 0),
    ):
        assert good(await linked.scim.get("/Users", params={"filter": filter}))["totalResults"] == total


async def test_a_name_is_always_shown(linked: Connected) -> None:
    named = await new_user(linked.scim, name={"givenName": "Ada", "familyName": "Okafor"})
    assert named["displayName"] == "Ada Okafor"
    assert (await new_user(linked.scim, "bob@example.com"))["displayName"] == "bob@example.com"


async def test_to_deactivate_is_to_remove(linked: Connected) -> None:
    ada = await new_user(linked.scim, **ADA)
    pushed = await new_group(linked.scim, "Pushed", ada["id"])
    in_app = await make_group(linked.workspace)
    await groups.change_members(linked.workspace.operator, in_app["id"], add=[ada["id"]])
    await linked.give(ada, "source_admin")
    account = await linked.account(ada)
    before = await audit_actions(linked.workspace)
    off = await linked.change(ada, DEACTIVATE)
    assert (off["id"], off["active"], off["groups"]) == (ada["id"], False, [])
    assert off | ADA == off
    assert await linked.state(ada) == "REMOVED"
    assert await roles_of(ada["id"]) == set()
    assert await members_of(in_app["id"]) == set()
    after = good(await linked.scim.get(f"/Groups/{pushed['id']}"))
    assert (after["members"], after["meta"]["version"]) == ([], 'W/"2"')
    assert await linked.account(ada) == account
    assert (await audit_actions(linked.workspace))[len(before) :] == ["membership.removed"]
    await assert_sound(linked.workspace)


async def test_to_reactivate_is_to_add_again_with_the_least(linked: Connected) -> None:
    ada = await new_user(linked.scim, **ADA)
    team = await new_group(linked.scim, "Team", ada["id"])
    await linked.give(ada, "source_admin")
    await linked.change(ada, DEACTIVATE)
    on = await linked.change(ada, REACTIVATE)
    assert (on["id"], on["active"], on["groups"]) == (ada["id"], True, [])
    assert on | ADA == on
    assert await linked.state(ada) == "ACTIVE"
    assert await roles_of(ada["id"]) == {"minimal_workspace_access"}
    add = patch({"op": "add", "path": "members", "value": [{"value": ada["id"]}]})
    good(await linked.scim.patch(f"/Groups/{team['id']}", json=add))
    assert await groups_of(ada["id"]) == {team["id"]}


async def test_someone_removed_is_nobody_in_a_push(linked: Connected) -> None:
    ada, bob = await new_user(linked.scim), await new_user(linked.scim, "bob@example.com")
    await linked.change(ada, DEACTIVATE)
    team = await new_group(linked.scim, "Team", ada["id"], bob["id"])
    assert [member["value"] for member in team["members"]] == [bob["id"]]
