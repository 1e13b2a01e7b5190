"""Workspaces: made whole, or not at all."""

from typing import Any

import pytest

from tenantry.errors import Conflict, Forbidden, InvalidInput
from tenantry.services import memberships, workspaces
from tenantry.services.actor import Door, Permission

from ..invariants import assert_sound
from ..make import Workspace, audit_actions, make_person, make_workspace
from .looking import everything, last_audit_event, only, roles_of, stored, unchanged

pytestmark = pytest.mark.usefixtures("tables")


async def create(**values: Any) -> Any:
    plain = {"name": "Acme", "slug": "acme", "owner_email": "ada@example.com", "request_id": "r-1"}
    return await workspaces.create(**plain | values)


async def test_a_workspace_comes_with_an_owner_who_can_act() -> None:
    workspace, owner = await create(owner_name="Ada Lovelace")
    assert (workspace["name"], workspace["slug"]) == ("Acme", "acme")
    assert (owner["display_name"], owner["email"], owner["state"]) == ("Ada Lovelace", "ada@example.com", "ACTIVE")
    assert await roles_of(owner["id"]) == {"workspace_owner"}
    account = await stored("accounts", owner["account_id"])
    assert account is not None
    assert account["proven_at"] is not None


async def test_its_making_is_on_record() -> None:
    workspace = await make_workspace()
    assert (await audit_actions(workspace))[:3] == ["workspace.created", "membership.created", "membership.roles.set"]
    await assert_sound(workspace)


async def test_the_door_it_was_made_through_is_on_record() -> None:
    await create(door=Door.SYSTEM, slug="other")
    workspace, _ = await create(door=Door.GRAPHQL)
    found = [row for row in (await everything())["audit_events"] if workspace["id"] in row]
    assert all("GRAPHQL" in row for row in found)


async def test_an_owner_without_a_name_is_called_by_their_address() -> None:
    _, owner = await create(owner_email="grace.hopper@example.com")
    assert owner["display_name"] == "grace.hopper"


async def test_an_owner_who_has_an_account_keeps_it(workspace: Workspace) -> None:
    person = await make_person(workspace, userName="ada@example.com", displayName="Ada")
    _, owner = await create(owner_name="Someone Else")
    assert owner["account_id"] == person["account_id"]
    account = await stored("accounts", person["account_id"])
    assert account is not None
    assert account["display_name"] == "Ada"


async def test_a_slug_is_given_once() -> None:
    await create()
    async with unchanged():
        with pytest.raises(Conflict):
            await create(owner_email="ben@example.com")


@pytest.mark.parametrize("slug", ["", "A", "-a", "a-", "a_b", "a b", "a" * 64, "é", "a\n"])
async def test_a_slug_that_does_not_fit_an_address_is_refused(slug: str) -> None:
    async with unchanged():
        with pytest.raises(InvalidInput):
            await create(slug=slug)


@pytest.mark.parametrize("slug", ["a", "a-b", "a" * 63, "1"])
async def test_a_slug_that_fits_is_taken(slug: str) -> None:
    workspace, _ = await create(slug=slug)
    found = await workspaces.find(slug)
    assert found is not None
    assert found["id"] == workspace["id"]


@pytest.mark.parametrize("values", [{"name": ""}, {"name": "a\x00"}, {"owner_email": "ada"}, {"owner_email": ""}])
async def test_what_makes_no_workspace_leaves_nothing(values: dict[str, str]) -> None:
    async with unchanged():
        with pytest.raises(InvalidInput):
            await create(**values)


async def test_a_slug_of_nobody_is_not_found() -> None:
    assert await workspaces.find("nowhere") is None


async def test_a_workspace_is_read_by_who_may(workspace: Workspace) -> None:
    row = await workspaces.get(only(workspace.owner, Permission.WORKSPACE_READ))
    assert (row["id"], row["slug"]) == (workspace.id, workspace.slug)
    with pytest.raises(Forbidden):
        await workspaces.get(only(workspace.owner))


async def test_records_tell_who_asked(workspace: Workspace) -> None:
    await memberships.add(workspace.operator, email="ada@example.com", display_name="Ada")
    event = await last_audit_event(workspace)
    assert (event["actor_kind"], event["actor_id"], event["door"]) == ("SYSTEM", None, "CLI")
    assert event["request_id"] == "made-for-a-test"
