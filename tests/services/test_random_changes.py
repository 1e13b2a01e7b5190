"""Whatever is done to a workspace, in whatever order and by however many at once, its invariants hold."""

import asyncio
import random
from collections.abc import Awaitable
from typing import Any

import pytest

from tenantry.errors import DirectoryError
from tenantry.models import database
from tenantry.services import accounts, groups, memberships, policies, roles
from tenantry.services.group_changes import AddMembers, RemoveMembers, ReplaceMembers, SetDisplayName
from tenantry.services.policies import PRESETS
from tenantry.services.profiles import Profile

from ..invariants import assert_sound
from ..make import Workspace, make_workspace

AT_ONCE = 10
ROUNDS = 50
NAMES = [f"{name}@example.com" for name in ("ada", "ben", "cleo", "dan", "eve", "finn", "gus")]
TEAMS = ["Team", "Crew", "Gang", "Band"]


class Walk:
    """Random steps, each one that somebody could take."""

    def __init__(self, workspace: Workspace, seed: int) -> None:
        self._workspace = workspace
        self._random = random.Random(seed)
        self._people: list[str] = []
        self._groups: list[str] = []
        self._roles: list[str] = []

    async def look(self) -> None:
        """See what is there now, as a client does before it asks for something."""
        self._people, self._groups, self._roles = await _ids(self._workspace.id)

    def step(self) -> Awaitable[Any]:
        kinds = [getattr(self, name) for name in dir(self) if name.startswith("_step")]
        work: Awaitable[Any] = self._random.choice(kinds)()
        return work

    def _person(self) -> str:
        return self._random.choice(self._people)

    def _some(self, things: list[str]) -> tuple[str, ...]:
        return tuple(self._random.sample(things, min(len(things), self._random.randint(0, 3))))

    def _group(self) -> str:
        return self._random.choice(self._groups or [self._workspace.id])

    def _actor(self) -> Any:
        return self._random.choice([self._workspace.operator, self._workspace.directory])

    def _step_provision(self) -> Awaitable[Any]:
        document = {"userName": self._random.choice(NAMES), "title": str(self._random.randint(1, 3))}
        return memberships.provision(self._workspace.directory, document, active=self._random.random() < 0.8)

    def _step_change(self) -> Awaitable[Any]:
        values, active = {"title": str(self._random.randint(1, 3))}, self._random.random() < 0.5
        return memberships.change(
            self._workspace.directory, self._person(), lambda old: Profile({**old.document, **values}, active)
        )

    def _step_rename_person(self) -> Awaitable[Any]:
        name = self._random.choice(NAMES)
        return memberships.change(
            self._workspace.directory,
            self._person(),
            lambda old: Profile({**old.document, "userName": name}, old.active),
        )

    def _step_delete_person(self) -> Awaitable[Any]:
        return memberships.delete(self._workspace.directory, self._person())

    def _step_move_person(self) -> Awaitable[Any]:
        verb = self._random.choice([memberships.suspend, memberships.remove, memberships.reactivate])
        return verb(self._workspace.operator, self._person())

    def _step_set_roles(self) -> Awaitable[Any]:
        return roles.set_for_membership(self._workspace.operator, self._person(), self._some(self._roles))

    def _step_prove(self) -> Awaitable[Any]:
        return _prove(self._person())

    def _step_create_group(self) -> Awaitable[Any]:
        return groups.create(
            self._actor(), display_name=self._random.choice(TEAMS), member_ids=self._some(self._people)
        )

    def _step_change_group(self) -> Awaitable[Any]:
        kinds = (AddMembers, RemoveMembers, ReplaceMembers)
        changes: list[Any] = [
            self._random.choice(kinds)(ids=self._some(self._people)) for _ in range(self._random.randint(1, 3))
        ]
        if self._random.random() < 0.3:
            changes.append(SetDisplayName(display_name=self._random.choice(TEAMS)))
        return groups.change(self._actor(), self._group(), changes)

    def _step_bind_group(self) -> Awaitable[Any]:
        return roles.set_for_group(self._workspace.operator, self._group(), self._some(self._roles))

    def _step_delete_group(self) -> Awaitable[Any]:
        return groups.delete(self._actor(), self._group())

    def _step_stale(self) -> Awaitable[Any]:
        return groups.rename(self._workspace.directory, self._group(), "Team", if_version='W/"0"')

    def _step_policy(self) -> Awaitable[Any]:
        return policies.update(
            self._workspace.operator,
            preset=self._random.choice(list(PRESETS)),
            unknown_members=self._random.choice(["SKIP", "REJECT"]),
            allow_manual_edits_to_managed=self._random.random() < 0.5,
        )


@database.reads
async def _ids(workspace_id: str) -> tuple[list[str], list[str], list[str]]:
    people, made_groups, made_roles = [
        [row["id"] for row in await database.fetch_all(f"SELECT id FROM {table} WHERE workspace_id = ?", workspace_id)]
        for table in ("memberships", "groups", "roles")
    ]
    return people, made_groups, made_roles


@database.writes
async def _prove(membership_id: str) -> None:
    account_id = await database.fetch_value("SELECT account_id FROM memberships WHERE id = ?", membership_id)
    if account_id is not None:
        await accounts.mark_proven(account_id)


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("seed", [1, 2])
async def test_invariants_hold_after_random_changes_by_many_at_once(seed: int) -> None:
    workspace, other = await make_workspace(), await make_workspace()
    walk = Walk(workspace, seed)
    done = refused = 0
    for _ in range(ROUNDS):
        await walk.look()
        for outcome in await asyncio.gather(*(walk.step() for _ in range(AT_ONCE)), return_exceptions=True):
            if isinstance(outcome, BaseException):
                if not isinstance(outcome, DirectoryError):
                    raise outcome
                refused += 1
            else:
                done += 1
        await assert_sound(workspace)
    await assert_sound(other)
    assert done > ROUNDS
    assert refused > ROUNDS / 4
