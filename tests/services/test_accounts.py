"""People across workspaces: found by their address, made as shells, changed by nobody else."""

import asyncio

import pytest

from tenantry.models import database
from tenantry.services import accounts

from .looking import stored, unchanged

pytestmark = pytest.mark.usefixtures("tables")


@database.writes
async def of_address(email: str, name: str = "Ada") -> str:
    return await accounts.of_address(email, display_name=name)


@database.reads
async def find(email: str) -> str | None:
    row = await accounts.find(email)
    return None if row is None else str(row["id"])


async def test_an_address_nobody_has_makes_a_shell() -> None:
    id = await of_address("Ada@Example.com")
    row = await stored("accounts", id)
    assert row is not None
    assert (row["email"], row["email_key"], row["display_name"]) == ("Ada@Example.com", "ada@example.com", "Ada")
    assert row["proven_at"] is None


@pytest.mark.parametrize("email", ["ada@example.com", "ADA@EXAMPLE.COM", "ａda@example.com"])
async def test_an_address_someone_has_is_theirs_however_it_is_written(email: str) -> None:
    id = await of_address("Ada@Example.com")
    async with unchanged():
        assert await of_address(email, "Someone Else") == id
    assert await find(email) == id


async def test_a_domain_is_the_same_in_both_of_its_spellings() -> None:
    assert await of_address("ada@bücher.example") == await of_address("ada@xn--bcher-kva.example")


async def test_an_address_nobody_has_is_not_found() -> None:
    assert await find("ada@example.com") is None


async def test_two_who_come_at_once_find_one_account() -> None:
    ids = await asyncio.gather(*(of_address("ada@example.com", f"Ada {number}") for number in range(20)))
    assert len(set(ids)) == 1


async def test_an_address_is_proven_once() -> None:
    id = await of_address("ada@example.com")
    prove = database.writes(accounts.mark_proven)
    await prove(id)
    row = await stored("accounts", id)
    assert row is not None
    assert row["proven_at"] is not None
    async with unchanged():
        await prove(id)
