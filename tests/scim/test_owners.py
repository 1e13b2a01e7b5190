"""A workspace always keeps an owner who can act, whatever its directory says."""

import pytest

from tenantry.services import memberships

from ..invariants import assert_sound
from ..make import audit_actions
from ..services.looking import roles_of
from .connected import Connected, mark_proven
from .provider import Resource, new_user, patch, refusal, replace, user
from .provider import resource as good


async def make_owner(connected: Connected, user_name: str, *, proven: bool) -> Resource:
    made_user = await new_user(connected.scim, user_name)
    account = await connected.known_account(made_user)
    if proven:
        await mark_proven(account["id"])
    await memberships.accept(connected.workspace.operator, made_user["id"])
    await connected.give(made_user, "workspace_owner")
    return made_user


def ways_to_end(resource: Resource) -> list[tuple[str, Resource | None]]:
    off = patch(replace("title", "Left"), replace("active", "False"))
    return [("PATCH", off), ("PUT", user(resource["userName"], active=False)), ("DELETE", None)]


async def test_the_last_owner_cannot_be_ended(any_policy: Connected) -> None:
    await make_owner(any_policy, "not-signed-in@example.com", proven=False)
    path = f"/Users/{any_policy.workspace.owner_id}"
    owner = good(await any_policy.scim.get(path))
    before = await audit_actions(any_policy.workspace)
    for method, body in ways_to_end(owner):
        answer = await any_policy.scim.request(method, path, json=body)
        assert refusal(answer) == (403, None)
        assert "last owner" in answer.json()["detail"]
    assert good(await any_policy.scim.get(path)) == owner
    assert await roles_of(owner["id"]) == {"workspace_owner"}
    assert await audit_actions(any_policy.workspace) == before


async def test_the_last_owner_may_be_changed_in_other_ways(any_policy: Connected) -> None:
    owner = await any_policy.get({"id": any_policy.workspace.owner_id})
    assert (await any_policy.change(owner, patch(replace("title", "Founder"))))["title"] == "Founder"
    assert good(await any_policy.scim.put(f"/Users/{owner['id']}", json=user(owner["userName"])))["active"] is True


@pytest.mark.parametrize("way", [0, 1, 2])
async def test_an_owner_who_is_not_the_last_is_ended(any_policy: Connected, way: int) -> None:
    second = await make_owner(any_policy, "second@example.com", proven=True)
    method, body = ways_to_end(second)[way]
    assert (await any_policy.scim.request(method, f"/Users/{second['id']}", json=body)).is_success
    await assert_sound(any_policy.workspace)
