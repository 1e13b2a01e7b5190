"""A workspace always keeps an owner who can act, whatever is tried, and however many try at once."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import Any

import pytest

from tenantry.errors import LastOwner
from tenantry.models import database
from tenantry.services import accounts, memberships, owners, roles
from tenantry.services.profiles import Profile

from ..invariants import assert_sound, owner_count
from ..make import Workspace, make_person, make_workspace
from .looking import role_id, roles_of, unchanged

Path = Callable[[Workspace, str], Awaitable[Any]]

pytestmark = pytest.mark.usefixtures("tables")


def inactive(profile: Profile) -> Profile:
    return Profile(profile.document, False)


async def take_role(workspace: Workspace, membership_id: str) -> None:
    await roles.set_for_membership(workspace.operator, membership_id, [await role_id(workspace, "source_admin")])


PATHS: dict[str, Path] = {
    "suspended in the application": lambda workspace, id: memberships.suspend(workspace.operator, id),
    "removed in the application": lambda workspace, id: memberships.remove(workspace.operator, id),
    "deactivated by the directory": lambda workspace, id: memberships.change(workspace.directory, id, inactive),
    "deleted by the directory": lambda workspace, id: memberships.delete(workspace.directory, id),
    "without the role": take_role,
}


async def make_owner(workspace: Workspace) -> str:
    """Another owner who can act."""
    row = await make_person(workspace)
    await database.writes(accounts.mark_proven)(row["account_id"])
    await roles.set_for_membership(workspace.owner, row["id"], [await role_id(workspace, "workspace_owner")])
    id: str = row["id"]
    return id


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
@pytest.mark.parametrize("preset", ["LINKED", "MANAGED"])
async def test_the_last_owner_stays(path: Path, preset: str) -> None:
    workspace = await make_workspace(preset=preset)
    async with unchanged():
        with pytest.raises(LastOwner) as refused:
            await path(workspace, workspace.owner_id)
    assert refused.value.membership_id == workspace.owner_id
    await assert_sound(workspace)


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
async def test_an_owner_who_is_not_the_last_may_go(workspace: Workspace, path: Path) -> None:
    second = await make_owner(workspace)
    await path(workspace, second)
    assert await owner_count(workspace) == 1
    with pytest.raises(LastOwner):
        await path(workspace, workspace.owner_id)
    await assert_sound(workspace)


async def make_hollow_owner(workspace: Workspace, kind: str) -> str:
    """Someone who holds the role and cannot act."""
    if kind == "unproven":
        row = await make_person(workspace)
        await roles.set_for_membership(workspace.owner, row["id"], [await role_id(workspace, "workspace_owner")])
        return str(row["id"])
    if kind == "without account":
        row = await make_person(workspace, userName="nobody", emails=[])
        await roles.set_for_membership(workspace.owner, row["id"], [await role_id(workspace, "workspace_owner")])
        return str(row["id"])
    second = await make_owner(workspace)
    await memberships.suspend(workspace.owner, second)
    return second


@pytest.mark.parametrize("kind", ["unproven", "without account", "suspended"])
async def test_an_owner_who_cannot_act_does_not_count(workspace: Workspace, kind: str) -> None:
    hollow = await make_hollow_owner(workspace, kind)
    assert "workspace_owner" in await roles_of(hollow)
    with pytest.raises(LastOwner):
        await memberships.remove(workspace.operator, workspace.owner_id)
    await memberships.remove(workspace.operator, hollow)
    await assert_sound(workspace)


@pytest.mark.parametrize("first", PATHS.values(), ids=PATHS)
async def test_of_two_owners_who_go_at_once_one_stays(first: Path) -> None:
    for second in PATHS.values():
        workspace = await make_workspace()
        other_owner = await make_owner(workspace)
        outcomes = await asyncio.gather(
            first(workspace, workspace.owner_id), second(workspace, other_owner), return_exceptions=True
        )
        assert sorted(type(outcome) is LastOwner for outcome in outcomes) == [False, True], outcomes
        assert await owner_count(workspace) == 1
        await assert_sound(workspace)


async def test_of_many_owners_who_all_go_at_once_one_stays(workspace: Workspace) -> None:
    owners = [workspace.owner_id, *[await make_owner(workspace) for _ in range(11)]]
    paths = list(PATHS.values())
    outcomes = await asyncio.gather(
        *(paths[number % len(paths)](workspace, owner) for number, owner in enumerate(owners)), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes if isinstance(outcome, Exception)] == [LastOwner]
    await assert_sound(workspace)


async def test_an_owner_brought_back_while_being_deactivated_is_judged_as_an_owner(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The directory saw an inactive owner; before it writes, they are the only one who can act."""
    second = await make_owner(workspace)
    await memberships.suspend(workspace.owner, second)
    lock = memberships._lock
    happened: list[str] = []

    async def lock_later(*arguments: Any) -> Any:
        if not happened:
            happened.append("brought back")
            await memberships.reactivate(workspace.operator, second)
            await memberships.remove(workspace.operator, workspace.owner_id)
        return await lock(*arguments)

    monkeypatch.setattr(memberships, "_lock", lock_later)
    with pytest.raises(LastOwner):
        await memberships.change(workspace.directory, second, inactive)


@pytest.mark.parametrize("shared_database_url", ["postgres"], indirect=True)
async def test_someone_made_the_only_owner_while_being_removed_is_judged_as_an_owner(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await make_person(workspace)
    await database.writes(accounts.mark_proven)(person["account_id"])
    owner_role, lock_if_owner = await role_id(workspace, "workspace_owner"), owners.lock_if_owner

    async def hand_over() -> None:
        await roles.set_for_membership(workspace.operator, person["id"], [owner_role])
        await roles.set_for_membership(workspace.operator, workspace.owner_id, [])

    async def lock_and_lose_time(*arguments: str) -> bool:
        is_owner = await lock_if_owner(*arguments)
        if "workspace_owner" not in await roles_of(person["id"]):
            await asyncio.create_task(hand_over(), context=Context())
        return is_owner

    monkeypatch.setattr(owners, "lock_if_owner", lock_and_lose_time)
    with pytest.raises(LastOwner):
        await memberships.remove(workspace.operator, person["id"])
    await assert_sound(workspace)
