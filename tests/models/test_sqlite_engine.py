"""SQLite as we open it: what survives, what waits, and what is refused for a moment."""

import asyncio
import os
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from tenantry.errors import Busy
from tenantry.models import JobLease, database
from tenantry.models.engines.sqlite import SqliteClient

from .ledger import amount_of, enter, entries, increment, opened, rows

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

WRITER = """
import asyncio, sys
from tests.models.ledger import increment, opened

async def main():
    async with opened(sys.argv[1], database_busy_timeout_seconds=30):
        for _ in range(int(sys.argv[2])):
            await increment("rent")

asyncio.run(main())
"""


@pytest.fixture
def path(database_url: str) -> Path:
    return Path(database_url.removeprefix("sqlite:///"))


@pytest.fixture
async def engine(path: Path) -> AsyncIterator[SqliteClient]:
    engine = SqliteClient(str(path), connection_name="default", readers=2, busy_timeout_seconds=0.1)
    await engine.start()
    yield engine
    await engine.close()


@pytest.fixture
def other_process(path: Path) -> Any:
    """A connection that is none of ours, as another process has one."""
    with sqlite3.connect(path, isolation_level=None) as connection:
        yield connection
    connection.close()


async def test_the_pragmas_are_set_on_every_connection(engine: SqliteClient) -> None:
    async def ask(session: Any) -> tuple[Any, ...]:
        names = ("journal_mode", "synchronous", "busy_timeout", "query_only", "foreign_keys")
        return tuple([(await session.fetch_all(f"PRAGMA {name}", ()))[0][0] for name in names])

    full = 2
    assert await engine.write(ask) == ("wal", full, 100, 0, 1)
    for _ in range(4):
        assert (await engine.read(ask))[0::3] == ("wal", 1)
    assert (await engine.look(ask))[0::3] == ("wal", 1)


@pytest.mark.parametrize("connection", ["read", "look"])
async def test_a_connection_for_reading_cannot_write(engine: SqliteClient, connection: str) -> None:
    with pytest.raises(Busy):
        await getattr(engine, connection)(lambda session: session.execute("DELETE FROM job_leases", ()))


async def test_a_read_sees_one_snapshot_while_others_write(engine: SqliteClient) -> None:
    async def count_twice(session: Any) -> tuple[int, int]:
        count = "SELECT COUNT(*) FROM job_leases"
        first = (await session.fetch_all(count, ()))[0][0]
        other.execute("INSERT INTO job_leases VALUES ('rent', 1)")
        return first, (await session.fetch_all(count, ()))[0][0]

    other = sqlite3.connect(engine.filename, isolation_level=None, check_same_thread=False)
    assert await engine.read(count_twice) == (0, 0)
    other.close()


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("decorator", ["writes", "reads", "looks"])
async def test_a_body_that_waits_for_something_else_is_a_bug_and_leaves_nothing(decorator: str) -> None:
    never = asyncio.get_running_loop().create_future()
    mark: Callable[..., Any] = getattr(database, decorator)

    @mark
    async def wait() -> None:
        if decorator == "writes":
            await enter("rent")
        await never

    with pytest.raises(AssertionError, match="something other than its session"):
        await wait()
    assert await rows() == []
    await enter("wages")
    assert await entries() == {"wages"}


async def test_a_writer_waits_for_another_process_only_so_long(database_url: str, other_process: Any) -> None:
    async with opened(database_url, database_busy_timeout_seconds=0.2):
        other_process.execute("BEGIN IMMEDIATE")
        started = time.perf_counter()
        with pytest.raises(Busy):
            await enter("rent")
        assert 0.1 < time.perf_counter() - started < 2
        assert await rows() == []  # readers go on
        other_process.execute("COMMIT")
        await enter("rent")
        assert await entries() == {"rent"}


async def test_everyone_who_waited_for_a_locked_file_is_told_so(database_url: str, other_process: Any) -> None:
    async with opened(database_url, database_busy_timeout_seconds=0.1):
        other_process.execute("BEGIN IMMEDIATE")
        waiting = [enter(f"entry {number}") for number in range(10)]
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        other_process.execute("COMMIT")
        assert {type(outcome) for outcome in outcomes} == {Busy}
        assert await rows() == []


async def test_a_full_disk_refuses_writes_and_is_no_longer_full_later(database_url: str) -> None:
    @database.writes
    async def limit_pages(more: int) -> None:
        pages = await database.fetch_value("PRAGMA page_count")
        await database.fetch_value(f"PRAGMA max_page_count = {pages + more}")

    @database.writes
    async def fill(names: str, count: int) -> None:
        for number in range(count):
            await database.insert(JobLease, name=f"{names} {number} {'x' * 70}", until=0)

    async with opened(database_url):
        await enter("before")
        await limit_pages(0)
        outcomes = await asyncio.gather(
            fill("a", 500), fill("b", 500), asyncio.to_thread(str), fill("c", 500), return_exceptions=True
        )
        assert [type(outcome) for outcome in outcomes] == [Busy, Busy, str, Busy]
        assert await entries() == {"before"}
        await limit_pages(10_000)
        await enter("after")
        assert await entries() == {"before", "after"}


@pytest.mark.usefixtures("tables")
async def test_writers_that_share_a_commit_do_not_share_their_failures() -> None:
    @database.writes
    async def enter_all(names: list[str]) -> None:
        for name in names:
            await enter(name)

    work = [enter_all([f"entry {number}", "rent"] if number % 3 == 0 else [f"entry {number}"]) for number in range(30)]
    outcomes = await asyncio.gather(*work, return_exceptions=True)
    refused = [number for number, outcome in enumerate(outcomes) if outcome is not None]
    assert [type(outcomes[number]) for number in refused] == [database.Duplicate] * 9
    assert await entries() == {"rent"} | {f"entry {number}" for number in range(30) if number not in refused}


@pytest.mark.usefixtures("tables")
async def test_a_long_body_does_not_hold_up_readers() -> None:
    @database.writes
    async def write_slowly() -> None:
        await enter("rent")
        time.sleep(0.5)  # noqa: ASYNC251  # the thread is at work, the event loop is not

    writing = asyncio.create_task(write_slowly())
    await asyncio.sleep(0.05)
    started = time.perf_counter()
    assert await rows() == []
    assert time.perf_counter() - started < 0.3
    await writing


@pytest.mark.usefixtures("tables")
async def test_more_readers_than_connections_take_turns() -> None:
    await enter("rent")
    assert await asyncio.gather(*(entries() for _ in range(50))) == [{"rent"}] * 50


async def test_work_that_waits_when_the_database_is_closed_is_still_done(database_url: str) -> None:
    async with opened(database_url):
        tasks = [asyncio.create_task(enter(f"entry {number}")) for number in range(20)]
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    async with opened(database_url):
        assert len(await entries()) == 20


async def test_two_processes_that_write_to_one_file_lose_nothing(database_url: str) -> None:
    async with opened(database_url, database_busy_timeout_seconds=30):
        await enter("rent")
        command = [sys.executable, "-c", WRITER, database_url, "150"]
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
        processes = [await asyncio.create_subprocess_exec(*command, env=environment) for _ in range(2)]
        for _ in range(150):
            await increment("rent")
            await asyncio.sleep(0.002)
        assert [await process.wait() for process in processes] == [0, 0]
        assert await amount_of("rent") == 3 * 150
