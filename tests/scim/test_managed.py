"""`managed`: the directory has the say."""

import pytest

from ..services.looking import groups_of, roles_of
from .connected import Connected
from .provider import ADA, DEACTIVATE, REACTIVATE, new_group, new_user, patch, replace, user
from .provider import resource as good


async def test_whatever_is_sent_is_kept(managed: Connected) -> None:
    ada = await new_user(managed.scim, **ADA)
    assert await managed.state(ada) == "ACTIVE"
    sent = user("eve@example.com", displayName="Eve", title="Engineer", name={"givenName": "Eve"})
    after = good(await managed.scim.put(f"/Users/{ada['id']}", json=sent))
    assert after | sent == after
    after = await managed.change(ada, patch(replace("displayName", None), replace("userName", "countess")))
    assert "displayName" not in after
    assert after["userName"] == "countess"


@pytest.mark.parametrize("again", ["patch", "post"])
async def test_whoever_comes_back_is_as_they_were(managed: Connected, again: str) -> None:
    ada = await new_user(managed.scim, **ADA)
    team = await new_group(managed.scim, "Team", ada["id"])
    await managed.give(ada, "source_admin")
    off = await managed.change(ada, DEACTIVATE)
    assert off["active"] is False
    assert [each["value"] for each in off["groups"]] == [team["id"]]
    assert await managed.state(ada) == "SUSPENDED"
    on = await managed.change(ada, REACTIVATE) if again == "patch" else await new_user(managed.scim, **ADA)
    assert (on["id"], on["active"]) == (ada["id"], True)
    assert on | ADA == on
    assert await managed.state(ada) == "ACTIVE"
    assert (await groups_of(ada["id"]), await roles_of(ada["id"])) == ({team["id"]}, {"source_admin"})


async def test_someone_suspended_may_be_pushed_into_a_group(managed: Connected) -> None:
    ada = await new_user(managed.scim)
    await managed.change(ada, DEACTIVATE)
    team = await new_group(managed.scim, "Team", ada["id"])
    assert [member["value"] for member in team["members"]] == [ada["id"]]
