"""Days on which the database is locked or gone, or a service is killed: nothing half-written, nothing lost."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from tenantry.app import create_app
from tenantry.graph.ids import Kind
from tenantry.models import database
from tenantry.services.schemas import USER
from tenantry.settings import Settings, tortoise_config

from .graph.asking import Asker, gid
from .invariants import assert_sound
from .make import Workspace, make_workspace
from .models.line import line_to
from .serving import Server

Mend = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Day:
    """A service over a database that can be taken away; `take_away` gives what brings it back."""

    url: str
    take_away: Callable[[], Awaitable[Mend]]
    reads_go_on: bool


@asynccontextmanager
async def day_of(database_url: str) -> AsyncIterator[Day]:
    if database_url.startswith("sqlite"):
        other = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)

        async def unlock() -> None:
            other.execute("ROLLBACK")

        async def lock() -> Mend:
            other.execute("BEGIN IMMEDIATE")
            return unlock

        yield Day(database_url, lock, reads_go_on=True)
        other.close()
        return
    async with line_to(database_url) as line:

        async def cut() -> Mend:
            await line.cut()
            return line.mend

        yield Day(line.url, cut, reads_go_on=False)


def user(name: str) -> dict[str, Any]:
    return {"schemas": [USER.schema.id], "userName": f"{name}@example.com"}


@database.reads
async def user_names(workspace: Workspace) -> set[str]:
    rows = await database.fetch_all("SELECT user_name FROM memberships WHERE workspace_id = ?", workspace.id)
    return {row["user_name"] for row in rows}


@database.reads
async def outcomes(workspace: Workspace) -> list[tuple[str, int]]:
    sql = "SELECT outcome, status FROM provisioning_events WHERE workspace_id = ? ORDER BY occurred_at"
    return [(row["outcome"], row["status"]) for row in await database.fetch_all(sql, workspace.id)]


async def test_without_a_database_the_service_says_so_and_goes_on_when_it_is_back(database_url: str) -> None:
    async with day_of(database_url) as day:
        settings = Settings(
            database_url=day.url,
            database_busy_timeout_seconds=0.1,
            database_acquire_timeout_seconds=0.5,
            log_level="error",
            secret_key=SecretStr("for tests"),
        )
        app = create_app(settings)
        transport = httpx.ASGITransport(app=app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://testserver") as client,
        ):
            workspace = await make_workspace()
            directory = {"Authorization": f"Bearer {workspace.scim_token}"}
            person = Asker(client, workspace.personal_token)
            assert (await client.post("/scim/v2/Users", json=user("before"), headers=directory)).status_code == 201

            bring_back = await day.take_away()
            refused = await client.post("/scim/v2/Users", json=user("meanwhile"), headers=directory)
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
            assert refused.json()["status"] == "503"
            ready = await client.get("/readyz")
            assert (ready.status_code, ready.headers["retry-after"]) == (503, "1")
            assert (await client.get("/healthz")).status_code == 200
            listed = await client.get("/scim/v2/Users", headers=directory)
            assert listed.status_code == (200 if day.reads_go_on else 503)
            answer = await person.post(
                "mutation($id: ID!, $name: String!) {"
                " groupCreate(input: {workspaceId: $id, displayName: $name}) { errors { code } } }",
                id=gid(Kind.WORKSPACE, workspace.id),
                name="Team",
            )
            assert "errors" in answer.json()
            await bring_back()

            assert (await client.post("/scim/v2/Users", json=user("after"), headers=directory)).status_code == 201
            assert (await client.get("/readyz")).status_code == 200
            assert await user_names(workspace) >= {"before@example.com", "after@example.com"}
            assert "meanwhile@example.com" not in await user_names(workspace)
            await assert_sound(workspace)
        async with app.router.lifespan_context(app):
            logged = await outcomes(workspace)
            # Who could not even show a token is nobody the log could speak of.
            assert logged.count(("FAILED", 503)) == (1 if day.reads_go_on else 0)
            assert logged.count(("SUCCESS", 201)) == 2


@pytest.mark.parametrize("end", ["kill", "stop"])
async def test_what_was_acknowledged_before_the_end_is_there_after_it(
    database_url: str, serve: Callable[..., Server], end: str
) -> None:
    await database.open(tortoise_config(Settings(database_url=database_url)))
    workspace = await make_workspace()
    server = serve(workers=2)
    acknowledged: set[str] = set()
    busy = asyncio.Event()

    async with httpx.AsyncClient(
        base_url=f"{server.url}/scim/v2", headers={"Authorization": f"Bearer {workspace.scim_token}"}, timeout=30
    ) as client:

        async def add_people(number: int) -> None:
            for count in range(1000):
                name = f"person-{number}-{count}"
                try:
                    answer = await client.post("/Users", json=user(name))
                except httpx.TransportError:
                    return
                assert answer.status_code == 201, answer.text
                acknowledged.add(f"{name}@example.com")
                if len(acknowledged) == 100:
                    busy.set()

        async def end_it() -> None:
            await busy.wait()
            await asyncio.to_thread(server.kill if end == "kill" else server.stop)

        await asyncio.gather(end_it(), *(add_people(number) for number in range(8)))
    found = await user_names(workspace)
    assert len(acknowledged) >= 100
    assert acknowledged <= found
    # At most what was under way came through without an answer.
    assert len(found - acknowledged) <= 8 + 1
    await assert_sound(workspace)
    await database.close()
