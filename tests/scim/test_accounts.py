"""Which account is behind a user: linked once, by the address, and hardly ever moved."""

from typing import Any

import pytest

from .connected import Connected, mark_proven
from .provider import Resource, new_user, patch, replace


def email(value: str, type: str | None = None, **more: Any) -> Resource:
    return {"value": value} | ({"type": type} if type else {}) | more


@pytest.mark.parametrize(
    ("user_name", "emails", "address"),
    [
        ("ada@example.com", [email("b@example.com", primary=True)], "ada@example.com"),
        ("ada", [email("a@example.com", "work"), email("b@example.com", primary=True)], "b@example.com"),
        ("ada", [email("a@example.com", "home"), email("b@example.com", "Work")], "b@example.com"),
        ("ada", [email("a@example.com")], "a@example.com"),
        ("ada", [email("a@example.com"), email("b@example.com")], None),
        ("ada", [email("no address", primary=True)], None),
        ("ada", [], None),
        ("@example.com", [], None),
        ("a b@example.com", [], None),
    ],
)
async def test_the_address_is_the_user_name_or_else_an_email(
    managed: Connected, user_name: str, emails: list[Resource], address: str | None
) -> None:
    account = await managed.account(await new_user(managed.scim, user_name, emails=emails))
    assert (account and account["email"]) == address


async def test_an_account_is_linked_when_an_address_arrives(managed: Connected) -> None:
    ada = await new_user(managed.scim, "ada")
    assert await managed.account(ada) is None
    await managed.change(ada, patch({"op": "add", "path": "emails", "value": [{"value": "ada@example.com"}]}))
    account = await managed.known_account(ada)
    assert (account["email"], account["proven_at"]) == ("ada@example.com", None)


async def test_a_link_moves_while_the_account_is_a_shell_nobody_else_knows(managed: Connected) -> None:
    ada = await new_user(managed.scim, "ada", emails=[{"value": "typo@example.com"}])
    await managed.change(ada, patch(replace("emails", [{"value": "ada@example.com"}])))
    account = await managed.known_account(ada)
    assert account["email"] == "ada@example.com"


async def test_a_link_to_someone_who_signed_in_stays(managed: Connected) -> None:
    ada = await new_user(managed.scim, "ada", emails=[{"value": "ada@example.com"}])
    before = await managed.known_account(ada)
    await mark_proven(before["id"])
    after = await managed.change(ada, patch(replace("emails", [{"value": "eve@example.com"}])))
    assert after["emails"] == [{"value": "eve@example.com"}]
    account = await managed.known_account(ada)
    assert (account["id"], account["email"]) == (before["id"], "ada@example.com")


async def test_a_link_to_someone_another_workspace_knows_stays(managed: Connected, linked: Connected) -> None:
    ada = await new_user(managed.scim)
    await new_user(linked.scim)
    before = await managed.account(ada)
    await managed.change(ada, patch(replace("userName", "eve@example.com")))
    assert await managed.account(ada) == before


async def test_an_account_is_behind_one_user_of_a_workspace(managed: Connected) -> None:
    ada, bob = await new_user(managed.scim), await new_user(managed.scim, "bob", emails=[{"value": "b@example.com"}])
    after = await managed.change(bob, patch(replace("emails", [{"value": "ada@example.com"}])))
    assert after["emails"] == [{"value": "ada@example.com"}]
    of_ada, of_bob = await managed.known_account(ada), await managed.known_account(bob)
    assert of_ada["id"] != of_bob["id"]
