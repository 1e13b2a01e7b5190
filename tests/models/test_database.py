"""What a body of work may rely on, on both databases."""

import asyncio
import random
import time
from contextlib import suppress
from typing import Any

import orjson
import pytest

from tenantry.errors import Conflict
from tenantry.models import AuditEvent, JobLease, database, new_id
from tenantry.models.database import Duplicate

from ..make import make_workspace
from .ledger import amount_of, enter, entries, increment, rows

pytestmark = pytest.mark.usefixtures("tables")


async def test_a_body_is_committed_as_a_whole() -> None:
    await enter("rent")
    assert await entries() == {"rent"}


async def test_a_body_that_fails_leaves_nothing() -> None:
    @database.writes
    async def fail() -> None:
        await enter("rent")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await entries() == set()


async def test_inner_work_stands_and_falls_with_the_outer() -> None:
    @database.writes
    async def both(*, fail: bool) -> list[str]:
        await enter("rent")
        seen = await rows()
        await enter("wages")
        if fail:
            raise ZeroDivisionError
        return seen

    with pytest.raises(ZeroDivisionError):
        await both(fail=True)
    assert await entries() == set()
    assert await both(fail=False) == ["rent/credit", "rent/debit"]
    assert await entries() == {"rent", "wages"}


async def test_nobody_sees_what_is_not_committed() -> None:
    seen: list[list[str]] = []

    @database.writes
    async def write() -> None:
        await enter("rent")
        seen.append(await rows())

    await asyncio.gather(write(), *(rows() for _ in range(5)))
    assert seen == [["rent/credit", "rent/debit"]]
    assert await entries() == {"rent"}


async def test_a_row_that_is_there_already_is_a_duplicate_of_its_columns() -> None:
    await enter("rent")
    with pytest.raises(Duplicate) as refused:
        await enter("rent")
    assert refused.value.columns == {"name"}


async def test_a_duplicate_names_all_columns_of_the_constraint() -> None:
    workspace = await make_workspace()

    @database.writes
    async def forge() -> None:
        row = await database.fetch_one("SELECT * FROM audit_events WHERE workspace_id = ? LIMIT 1", workspace.id)
        assert row is not None
        await database.insert(AuditEvent, **{name: row[name] for name in row.keys()} | {"id": new_id()})  # noqa: SIM118

    with pytest.raises(Duplicate) as refused:
        await forge()
    assert refused.value.columns == {"workspace_id", "sequence"}


async def test_a_body_may_turn_a_duplicate_into_a_refusal() -> None:
    await enter("rent")

    @database.writes
    async def enter_once(name: str) -> None:
        await enter("wages")
        try:
            await enter(name)
        except Duplicate as taken:
            raise Conflict("taken") from taken

    with pytest.raises(Conflict):
        await enter_once("rent")
    assert await entries() == {"rent"}


async def test_many_rows_with_one_twice_are_a_duplicate_and_none_is_kept() -> None:
    @database.writes
    async def write() -> None:
        values = [("a", 1), ("b", 1), ("a", 1)]
        await database.execute_many("INSERT INTO job_leases (name, until) VALUES (?, ?)", values)

    with pytest.raises(Duplicate):
        await write()
    assert await rows() == []


async def test_a_write_within_a_read_is_a_bug() -> None:
    @database.reads
    async def read() -> None:
        await enter("rent")

    with pytest.raises(AssertionError, match="enter writes, but is called while only reading"):
        await read()
    assert await rows() == []


@pytest.mark.parametrize("statement", ["execute", "execute_many", "insert"])
async def test_a_statement_that_writes_within_a_read_is_a_bug(statement: str) -> None:
    sql = "INSERT INTO job_leases (name, until) VALUES (?, ?)"

    @database.reads
    async def read() -> None:
        match statement:
            case "execute":
                await database.execute(sql, "rent", 1)
            case "execute_many":
                await database.execute_many(sql, [("rent", 1)])
            case _:
                await database.insert(JobLease, name="rent", until=1)

    with pytest.raises(AssertionError, match="only reading"):
        await read()
    assert await rows() == []


async def test_a_statement_outside_of_any_work_is_a_bug() -> None:
    with pytest.raises(AssertionError, match="outside"):
        await database.fetch_one("SELECT 1")


async def test_what_has_to_happen_before_the_commit_happens_once_and_last() -> None:
    calls: list[list[Any]] = []

    async def step(items: list[Any]) -> None:
        calls.append([*items, await rows()])

    @database.writes
    async def work(*, fail: bool) -> None:
        for number in (1, 2):
            database.before_commit(step, number)
        await enter("rent")
        assert calls == []
        if fail:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await work(fail=True)
    assert calls == []
    await work(fail=False)
    assert calls == [[1, 2, ["rent/credit", "rent/debit"]]]


async def test_a_last_step_that_fails_takes_the_work_with_it() -> None:
    async def step(items: list[Any]) -> None:
        raise ZeroDivisionError

    @database.writes
    async def work() -> None:
        await enter("rent")
        database.before_commit(step, None)

    with pytest.raises(ZeroDivisionError):
        await work()
    assert await rows() == []


async def test_statements_tell_how_many_rows_they_touched() -> None:
    await enter("rent")
    await enter("wages")

    @database.writes
    async def touch(pattern: str) -> int:
        return await database.execute("UPDATE job_leases SET until = 7 WHERE name LIKE ?", pattern)

    assert [await touch("rent/%"), await touch("%"), await touch("x")] == [2, 4, 0]


async def test_rows_are_read_by_name_and_by_position() -> None:
    await enter("rent", 5)

    @database.reads
    async def read() -> tuple[Any, ...]:
        row = await database.fetch_one("SELECT name, until FROM job_leases ORDER BY name")
        assert row is not None
        nothing = await database.fetch_one("SELECT name FROM job_leases WHERE name = 'x'")
        none = await database.fetch_value("SELECT name FROM job_leases WHERE name = 'x'")
        return list(row.keys()), row["name"], row[1], nothing, none

    assert await read() == (["name", "until"], "rent/credit", 5, None, None)


async def test_ids_and_texts_come_as_one_parameter() -> None:
    workspace = await make_workspace()
    await enter("rent")

    @database.reads
    async def find(table: str, column: str, kind: str, values: list[str]) -> list[str]:
        array = getattr(database.dialect(), kind)
        sql = f"SELECT {column} FROM {table} WHERE {column} IN {array} ORDER BY {column}"
        return [row[0] for row in await database.fetch_all(sql, orjson.dumps(values).decode())]

    assert await find("workspaces", "id", "ids", [workspace.id, new_id()]) == [workspace.id]
    assert await find("workspaces", "id", "ids", []) == []
    assert await find("job_leases", "name", "texts", ["rent/debit", "\"'?", "é"]) == ["rent/debit"]


async def test_nothing_is_lost_when_many_change_one_row() -> None:
    await enter("rent")
    await asyncio.gather(*(increment("rent") for _ in range(60)))
    assert await amount_of("rent") == 60


async def test_cancelled_work_is_done_whole_or_not_at_all_and_holds_nobody_up() -> None:
    moments = random.Random(11)

    @database.writes
    async def fail(name: str) -> None:
        await enter(name)
        raise ZeroDivisionError

    async def work(number: int) -> None:
        match number % 3:
            case 0:
                await enter(f"entry {number}")
            case 1:
                await fail(f"failure {number}")
            case _:
                await entries()

    async def cancelled(number: int) -> None:
        task = asyncio.create_task(work(number))
        for _ in range(moments.choice((1, 2, 3, 5, 8))):
            await asyncio.sleep(0)
        await asyncio.sleep(moments.choice((0, 0, moments.uniform(0, 0.004))))
        task.cancel()
        with suppress(asyncio.CancelledError, ZeroDivisionError):
            await task

    for first in range(0, 600, 30):
        await asyncio.gather(*(cancelled(number) for number in range(first, first + 30)))
    started = time.perf_counter()
    await enter("the next")
    found = await entries()
    assert time.perf_counter() - started < 1
    assert "the next" in found
    assert not [name for name in found if name.startswith("failure")]


async def test_a_caller_that_gives_up_waiting_leaves_the_work_whole() -> None:
    async def impatient(number: int) -> bool:
        try:
            async with asyncio.timeout(0.002):
                await enter(f"entry {number}")
        except TimeoutError:
            return False
        return True

    kept = await asyncio.gather(*(impatient(number) for number in range(200)))
    await enter("the next")
    found = await entries()
    assert {f"entry {number}" for number, acknowledged in enumerate(kept) if acknowledged} <= found


async def test_a_look_sees_what_is_committed_and_may_not_write() -> None:
    await enter("rent", 3)

    @database.looks
    async def look() -> Any:
        return await database.fetch_value("SELECT until FROM job_leases WHERE name = ?", "rent/debit")

    @database.looks
    async def write() -> None:
        await increment("rent")

    @database.writes
    async def look_within() -> Any:
        await increment("rent")
        return await look()

    assert await look() == 3
    assert await look_within() == 4
    with pytest.raises(AssertionError, match="only reading"):
        await write()
    assert await look() == 4
