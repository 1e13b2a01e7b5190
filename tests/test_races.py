"""Many who ask for the same at the same moment, at four processes on one database."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tenantry.models import database
from tenantry.services import accounts, groups, memberships, roles
from tenantry.services.schemas import GROUP, USER
from tenantry.settings import Settings, tortoise_config

from .databases import KINDS, new_database
from .invariants import assert_sound, owner_count
from .make import Workspace, make_group, make_person, make_workspace
from .services.looking import members_of, role_id
from .serving import Server, running

WORKERS = 4
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@dataclass(frozen=True, slots=True)
class Service:
    server: Server
    database_url: str


@pytest.fixture(scope="module", params=KINDS)
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Started once, for that takes longer than all the races; each of them is in a workspace of its own."""
    folder = tmp_path_factory.mktemp("races")
    with new_database(request, folder) as url, running(url, folder) as start:
        yield Service(start(workers=WORKERS), url)


@pytest.fixture
async def workspace(service: Service) -> AsyncIterator[Workspace]:
    await database.open(tortoise_config(Settings(database_url=service.database_url)))
    yield await make_workspace()
    await database.close()


@pytest.fixture
async def directory(workspace: Workspace, service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """The workspace's identity provider, with many connections to the four processes."""
    async with httpx.AsyncClient(
        base_url=f"{service.server.url}/scim/v2",
        headers={"Authorization": f"Bearer {workspace.scim_token}"},
        limits=httpx.Limits(max_connections=50),
        timeout=60,
    ) as client:
        yield client


async def at_once(*requests: Any) -> list[httpx.Response]:
    answers: list[httpx.Response] = await asyncio.gather(*requests)
    return answers


def statuses(answers: list[httpx.Response]) -> dict[int, int]:
    return dict(Counter(answer.status_code for answer in answers))


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"schemas": [PATCH_OP], "Operations": list(operations)}


def adding(member: str) -> dict[str, Any]:
    return patch({"op": "add", "path": "members", "value": [{"value": member}]})


async def test_of_many_who_are_made_with_one_name_one_is(workspace: Workspace, directory: httpx.AsyncClient) -> None:
    user = {"schemas": [USER.schema.id], "userName": "ada@example.com"}
    answers = await at_once(*(directory.post("/Users", json=user) for _ in range(50)))
    assert statuses(answers) == {201: 1, 409: 49}
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["scimType"] == "uniqueness"
    await assert_sound(workspace)


async def test_of_many_groups_with_one_name_one_is_made(workspace: Workspace, directory: httpx.AsyncClient) -> None:
    group = {"schemas": [GROUP.schema.id], "displayName": "Team"}
    answers = await at_once(*(directory.post("/Groups", json=group) for _ in range(30)))
    assert statuses(answers) == {201: 1, 409: 29}
    await assert_sound(workspace)


async def test_of_many_members_added_at_once_none_is_lost(workspace: Workspace, directory: httpx.AsyncClient) -> None:
    group = await make_group(workspace, by_directory=True)
    people = [(await make_person(workspace))["id"] for _ in range(200)]
    path = f"/Groups/{group['id']}?excludedAttributes=members"
    answers = await at_once(*(directory.patch(path, json=adding(person)) for person in people))
    assert statuses(answers) == {200: 200}
    row = await groups.get(workspace.owner, group["id"])
    assert await members_of(group["id"]) == set(people)
    assert (row["member_count"], row["version"]) == (200, 201)
    await assert_sound(workspace)


async def test_members_who_leave_while_they_are_added_are_counted_right(
    directory: httpx.AsyncClient, workspace: Workspace
) -> None:
    group = await make_group(workspace, by_directory=True)
    people = [(await make_person(workspace))["id"] for _ in range(40)]
    path = f"/Groups/{group['id']}?excludedAttributes=members"
    answers = await at_once(
        *(
            request
            for person in people
            for request in (directory.patch(path, json=adding(person)), directory.delete(f"/Users/{person}"))
        )
    )
    assert set(statuses(answers)) <= {200, 204}
    assert await members_of(group["id"]) == set()
    await assert_sound(workspace)


async def test_of_two_owners_who_are_deactivated_at_once_one_stays(
    workspace: Workspace, directory: httpx.AsyncClient
) -> None:
    owner_role = await role_id(workspace, "workspace_owner")
    deactivate = patch({"op": "replace", "path": "active", "value": False})
    for _ in range(5):
        second = await make_person(workspace)
        await database.writes(accounts.mark_proven)(second["account_id"])
        await roles.set_for_membership(workspace.operator, second["id"], [owner_role])
        answers = await at_once(
            *(directory.patch(f"/Users/{id}", json=deactivate) for id in (workspace.owner_id, second["id"]))
        )
        assert sorted(statuses(answers)) == [200, 403]
        assert await owner_count(workspace) == 1
        for id in (workspace.owner_id, second["id"]):
            await memberships.reactivate(workspace.operator, id)
        await roles.set_for_membership(workspace.operator, second["id"], [])
    await assert_sound(workspace)


@pytest.mark.parametrize("kind", ["Users", "Groups"])
async def test_of_many_who_saw_the_same_version_one_may_change_it(
    workspace: Workspace, directory: httpx.AsyncClient, kind: str
) -> None:
    row = await (make_person(workspace) if kind == "Users" else make_group(workspace, by_directory=True))
    seen = (await directory.get(f"/{kind}/{row['id']}")).headers["etag"]

    def replacement(number: int) -> dict[str, Any]:
        if kind == "Users":
            return {"schemas": [USER.schema.id], "userName": row["user_name"], "title": f"Number {number}"}
        return {"schemas": [GROUP.schema.id], "displayName": f"Number {number}"}

    answers = await at_once(
        *(
            directory.put(f"/{kind}/{row['id']}", json=replacement(number), headers={"If-Match": seen})
            for number in range(30)
        )
    )
    assert statuses(answers) == {200: 1, 412: 29}
    winner = next(answer for answer in answers if answer.status_code == 200)
    now = await directory.get(f"/{kind}/{row['id']}")
    assert (now.headers["etag"], now.json()) == (winner.headers["etag"], winner.json())
    await assert_sound(workspace)


async def test_every_request_of_four_processes_is_in_one_log(
    workspace: Workspace, directory: httpx.AsyncClient
) -> None:
    @database.reads
    async def logged() -> int:
        sql = "SELECT COUNT(*) FROM provisioning_events WHERE workspace_id = ?"
        count: int = await database.fetch_value(sql, workspace.id)
        return count

    user = {"schemas": [USER.schema.id]}
    await at_once(
        *(directory.post("/Users", json=user | {"userName": f"{number}@example.com"}) for number in range(20)),
        *(directory.get("/Users?count=1") for _ in range(40)),
        *(directory.get("/Users/nobody") for _ in range(20)),
    )
    for _ in range(100):
        if await logged() == 80:
            break
        await asyncio.sleep(0.1)
    assert await logged() == 80
    await assert_sound(workspace)
