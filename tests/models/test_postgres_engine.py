"""PostgreSQL as we use it: lost races are run again, and what cannot be done now says so in time."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest

from tenantry.errors import Busy
from tenantry.models import JobLease, Workspace, database
from tenantry.models.engines.postgres import TRIES

from .ledger import amount_of, enter, entries, increment, opened, rows
from .line import line_to

pytestmark = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


@database.writes
async def lock(name: str) -> None:
    await database.execute("UPDATE job_leases SET until = until + 1 WHERE name = ?", f"{name}/debit")


async def refused_within(work: Any, seconds: float) -> None:
    started = time.perf_counter()
    with pytest.raises(Busy):
        await work
    assert time.perf_counter() - started < seconds


async def test_a_pool_without_a_free_connection_refuses_in_time_and_recovers(database_url: str) -> None:
    async with opened(database_url, database_connections_max=2, database_acquire_timeout_seconds=0.2):
        holding, released = asyncio.Barrier(3), asyncio.Event()

        @database.writes
        async def hold() -> None:
            await holding.wait()
            await released.wait()

        held = [asyncio.create_task(hold()) for _ in range(2)]
        await holding.wait()
        await refused_within(rows(), 1)
        await refused_within(enter("rent"), 1)
        released.set()
        await asyncio.gather(*held)
        await enter("rent")
        assert await entries() == {"rent"}


async def test_a_statement_that_takes_too_long_is_refused(database_url: str) -> None:
    @database.writes
    async def sleep() -> None:
        await enter("rent")
        await database.fetch_value("SELECT pg_sleep(5)::text")

    async with opened(database_url, database_statement_timeout_seconds=0.2):
        await refused_within(sleep(), 2)
        await enter("wages")
        assert await entries() == {"wages"}


async def test_a_row_that_stays_locked_is_refused(database_url: str) -> None:
    async with opened(database_url, database_lock_timeout_seconds=0.2):
        await enter("rent")
        holding, released = asyncio.Event(), asyncio.Event()

        @database.writes
        async def hold() -> None:
            await lock("rent")
            holding.set()
            await released.wait()

        held = asyncio.create_task(hold())
        await holding.wait()
        await refused_within(increment("rent"), 2)
        released.set()
        await held
        await increment("rent")
        assert await amount_of("rent") == 2


async def test_two_that_lock_the_same_rows_in_opposite_order_both_succeed(database_url: str) -> None:
    tries: list[str] = []
    first_locks = asyncio.Barrier(2)

    @database.writes
    async def lock_both(one: str, other: str) -> None:
        tries.append(one)
        await database.execute("SET LOCAL deadlock_timeout = '20ms'")
        await lock(one)
        if len(tries) <= 2:
            await first_locks.wait()
        await lock(other)

    async with opened(database_url):
        await enter("rent")
        await enter("wages")
        await asyncio.gather(lock_both("rent", "wages"), lock_both("wages", "rent"))
        assert [await amount_of(name) for name in ("rent", "wages")] == [2, 2]
        assert len(tries) == 3


async def test_a_serialization_failure_is_run_again_as_a_whole(database_url: str) -> None:
    tries: list[int] = []
    both_read = asyncio.Barrier(2)

    @database.writes
    async def increment_serializable() -> None:
        tries.append(1)
        await database.execute("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
        seen = await amount_of("rent")
        if len(tries) <= 2:
            await both_read.wait()
        await database.execute("UPDATE job_leases SET until = ? WHERE name = 'rent/debit'", seen + 1)

    async with opened(database_url):
        await enter("rent")
        await asyncio.gather(increment_serializable(), increment_serializable())
        assert await amount_of("rent") == 2
        assert len(tries) == 3


async def test_a_race_that_is_always_lost_is_given_up(database_url: str) -> None:
    tries: list[int] = []

    @database.writes
    async def lose() -> None:
        tries.append(1)
        await enter("rent")
        raise asyncpg.SerializationError("could not serialize access")

    async with opened(database_url):
        await refused_within(lose(), 5)
        assert len(tries) == TRIES
        assert await rows() == []


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: database.insert(JobLease, name="rent", until=2**63),
        lambda: database.insert(JobLease, name=7, until=1),
        lambda: database.insert(Workspace, id="no id", slug="s", name="n", created_at=1, updated_at=1),
        lambda: database.execute("DELETE FROM job_leases WHERE name = ?"),
        lambda: database.execute("DELETE FROM job_leases WHERE name = ? AND until = ?", "rent"),
        lambda: database.execute("DELETE FROM nothing"),
    ],
    ids=["number too large", "wrong type", "no id", "no parameter", "one parameter of two", "no table"],
)
async def test_a_mistake_of_ours_is_not_taken_for_a_busy_database(
    database_url: str, mistake: Callable[[], Any]
) -> None:
    @database.writes
    async def err() -> None:
        await mistake()

    async with opened(database_url):
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
            await err()
        await enter("rent")


async def test_a_connection_that_is_lost_in_the_middle_leaves_nothing(database_url: str) -> None:
    async with line_to(database_url) as line, opened(line.url, database_acquire_timeout_seconds=1):

        @database.writes
        async def lose_line() -> None:
            await enter("rent")
            await line.cut()
            await enter("wages")

        await refused_within(lose_line(), 3)
        await line.mend()
        assert await rows() == []
        await enter("rent")
        assert await entries() == {"rent"}


async def test_a_database_that_is_gone_refuses_in_time_and_is_used_again_when_it_is_back(database_url: str) -> None:
    async with line_to(database_url) as line, opened(line.url, database_acquire_timeout_seconds=1):
        await enter("before")
        await line.cut()
        for _ in range(2):
            await refused_within(rows(), 2)
            await refused_within(enter("meanwhile"), 2)
        await line.mend()
        await enter("after")
        assert await entries() == {"before", "after"}


async def test_a_server_that_ends_our_connections_is_used_again_at_once(database_url: str) -> None:
    async with opened(database_url):
        await enter("before")
        other = await asyncpg.connect(database_url)
        await other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await other.close()
        outcomes = await asyncio.gather(*(entries() for _ in range(30)), return_exceptions=True)
        assert all(isinstance(outcome, Busy) or outcome == {"before"} for outcome in outcomes)
        await enter("after")
        assert await entries() == {"before", "after"}


async def test_the_limits_are_known_to_the_server(database_url: str) -> None:
    @database.reads
    async def limits() -> list[str]:
        names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "transaction_isolation")
        return [await database.fetch_value(f"SHOW {name}") for name in names]

    async with opened(database_url, database_statement_timeout_seconds=7, database_lock_timeout_seconds=0.5):
        assert await limits() == ["7s", "500ms", "1min", "read committed"]
