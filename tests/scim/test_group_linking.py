"""Groups of the application that a directory names: taken over, waiting for an owner, or left alone."""

import pytest

from tenantry.models import GroupLinking, UnknownMembers
from tenantry.services import policies, roles

from ..invariants import assert_sound
from ..make import audit_actions, make_group
from ..services.looking import role_id, stored
from .connected import Connected
from .provider import Resource, group, made, new_group, new_user, patch, refusal, replace
from .provider import resource as good


@pytest.fixture
async def in_app(managed: Connected) -> Resource:
    """A group of two that was made in the application and confers the least, as SCIM shows it."""
    row = await make_group(managed.workspace, name="Team", members=2)
    return good(await managed.scim.get(f"/Groups/{row['id']}"))


@pytest.fixture
async def privileged(managed: Connected) -> Resource:
    """A group that was made in the application and confers a role."""
    row = await make_group(managed.workspace, name="Admins", members=1)
    await roles.set_for_group(managed.workspace.operator, row["id"], [await role_id(managed.workspace, "source_admin")])
    return good(await managed.scim.get(f"/Groups/{row['id']}"))


async def is_managed(group: Resource) -> bool:
    row = await stored("groups", group["id"])
    assert row is not None
    return bool(row["directory_managed"])


async def test_a_post_with_its_name_takes_a_group_over(managed: Connected, in_app: Resource) -> None:
    ada = await new_user(managed.scim)
    before = await audit_actions(managed.workspace)
    linked_group = made(await managed.scim.post("/Groups", json=group("TEAM", ada["id"], externalId="g-1")))
    assert linked_group["id"] == in_app["id"]
    assert linked_group["externalId"] == "g-1"
    assert {member["value"] for member in linked_group["members"]} == {
        ada["id"],
        *(member["value"] for member in in_app["members"]),
    }
    assert await is_managed(in_app)
    assert "group.linked" in (await audit_actions(managed.workspace))[len(before) :]
    assert refusal(await managed.scim.post("/Groups", json=group("Team"))) == (409, "uniqueness")
    await assert_sound(managed.workspace)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_a_write_to_its_id_takes_a_group_over(managed: Connected, in_app: Resource, method: str) -> None:
    """JumpCloud looks a group up by its name and writes to what it finds."""
    ada = await new_user(managed.scim)
    members = [{"value": ada["id"]}]
    body = group("Team", ada["id"]) if method == "PUT" else patch(replace("members", members))
    after = good(await managed.scim.request(method, f"/Groups/{in_app['id']}", json=body))
    assert [member["value"] for member in after["members"]] == [ada["id"]]
    assert await is_managed(in_app)


async def test_looking_and_saying_nothing_take_nothing_over(managed: Connected, in_app: Resource) -> None:
    await managed.scim.get("/Groups", params={"filter": 'displayName eq "Team"'})
    assert good(await managed.scim.patch(f"/Groups/{in_app['id']}", json=patch())) == in_app
    assert not await is_managed(in_app)


async def test_a_deletion_takes_nothing_over(managed: Connected, in_app: Resource) -> None:
    path = f"/Groups/{in_app['id']}"
    assert refusal(await managed.scim.delete(path)) == (403, None)
    assert good(await managed.scim.get(path)) == in_app
    good(await managed.scim.patch(path, json=patch(replace("externalId", "g-1"))))
    assert (await managed.scim.delete(path)).status_code == 204


async def test_a_group_that_confers_more_waits_for_an_owner(managed: Connected, privileged: Resource) -> None:
    path = f"/Groups/{privileged['id']}"
    before = await audit_actions(managed.workspace)
    assert refusal(await managed.scim.post("/Groups", json=group("admins"))) == (409, "uniqueness")
    assert refusal(await managed.scim.put(path, json=group("Admins"))) == (403, None)
    assert refusal(await managed.scim.patch(path, json=patch(replace("members", [])))) == (403, None)
    assert refusal(await managed.scim.delete(path)) == (403, None)
    assert good(await managed.scim.get(path)) == privileged
    assert not await is_managed(privileged)
    row = await stored("groups", privileged["id"])
    assert row is not None
    assert row["link_requested_at"]
    # Asked once, however often the provider tries.
    assert (await audit_actions(managed.workspace))[len(before) :] == ["group.link.requested"]
    least = await role_id(managed.workspace, "minimal_workspace_access")
    await roles.set_for_group(managed.workspace.operator, privileged["id"], [least])
    good(await managed.scim.patch(path, json=patch(replace("members", []))))
    assert await is_managed(privileged)


async def test_without_linking_the_groups_of_the_application_are_read(managed: Connected, in_app: Resource) -> None:
    await policies.update(managed.workspace.owner, group_linking=GroupLinking.REJECT_CONFLICT)
    path = f"/Groups/{in_app['id']}"
    assert good(await managed.scim.get("/Groups"))["Resources"] == [in_app]
    assert refusal(await managed.scim.post("/Groups", json=group("Team"))) == (409, "uniqueness")
    assert refusal(await managed.scim.put(path, json=group("Team"))) == (403, None)
    assert refusal(await managed.scim.patch(path, json=patch(replace("externalId", "g-1")))) == (403, None)
    assert refusal(await managed.scim.delete(path)) == (403, None)
    other = await new_group(managed.scim, "Others")
    renamed = await managed.scim.patch(f"/Groups/{other['id']}", json=patch(replace("displayName", "Team")))
    assert refusal(renamed) == (409, "uniqueness")
    assert good(await managed.scim.get(path)) == in_app
    assert not await is_managed(in_app)


async def test_members_nobody_knows_are_skipped_or_refused(managed: Connected) -> None:
    ada = await new_user(managed.scim)
    nobody = "01890000-0000-7000-8000-000000000000"
    team = await new_group(managed.scim, "Team", nobody, ada["id"], "never an id")
    assert [member["value"] for member in team["members"]] == [ada["id"]]
    await policies.update(managed.workspace.owner, unknown_members=UnknownMembers.REJECT)
    path = f"/Groups/{team['id']}"
    add = patch(replace("displayName", "Crew"), {"op": "add", "path": "members", "value": [{"value": nobody}]})
    for answer in (
        await managed.scim.post("/Groups", json=group("Crew", ada["id"], nobody)),
        await managed.scim.put(path, json=group("Team", nobody)),
        await managed.scim.patch(path, json=add),
    ):
        assert refusal(answer) == (400, "invalidValue")
    assert good(await managed.scim.get("/Groups"))["Resources"] == [team]
    # Who is not in need not be known to be taken out.
    remove = patch({"op": "remove", "path": "members", "value": [{"value": nobody}]})
    assert good(await managed.scim.patch(path, json=remove)) == team
