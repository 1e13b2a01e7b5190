"""The log of SCIM requests: gathered, written in batches, kept for a time."""

import asyncio
from contextlib import suppress
from typing import Any

import orjson
import pytest

from tenantry.errors import Busy
from tenantry.models import Outcome, ProvisioningOperation, database, new_id, now
from tenantry.services import provisioning_log
from tenantry.services.provisioning_log import CHANGES_BYTES_MAX, Buffer, Event

pytestmark = pytest.mark.usefixtures("tables")


def event(path: str = "/Users", **values: Any) -> Event:
    plain: dict[str, Any] = {
        "workspace_id": "01a20c64-034e-74f8-85e5-7053c760c9da",
        "occurred_at": now(),
        "scim_token_id": None,
        "operation": ProvisioningOperation.READ,
        "http_method": "GET",
        "path": path,
        "status": 200,
        "outcome": Outcome.SUCCESS,
        "duration_ms": 3,
        "request_id": "r-1",
    }
    return Event(**plain | values)


@database.reads
async def logged() -> list[Any]:
    return await database.fetch_all("SELECT * FROM provisioning_events ORDER BY id")


async def paths() -> list[str]:
    return [row["path"] for row in await logged()]


async def test_all_of_an_event_is_kept() -> None:
    told: dict[str, Any] = {
        "scim_token_id": new_id(),
        "operation": ProvisioningOperation.USER_UPDATE,
        "http_method": "PATCH",
        "status": 400,
        "outcome": Outcome.REJECTED,
        "scim_type": "invalidValue",
        "detail": "no",
        "hint": "do",
        "membership_id": new_id(),
        "group_id": new_id(),
        "target_label": "Ada",
        "changes": {"title": {"from": None, "to": "Dr."}},
    }
    await provisioning_log.record(event("/Users/1?x=y", **told))
    (row,) = await logged()
    assert orjson.loads(row["changes"]) == told.pop("changes")
    assert {name: row[name] for name in told} == told
    assert (row["path"], row["duration_ms"], row["request_id"]) == ("/Users/1?x=y", 3, "r-1")


async def test_changes_too_large_are_cut_to_what_they_were_about() -> None:
    small, large = {"title": "x" * 1000}, {"title": "x" * CHANGES_BYTES_MAX, "emails": []}
    await provisioning_log.record(event(changes=small), event(changes=large), event(changes={}))
    shown = [row["changes"] and orjson.loads(row["changes"]) for row in await logged()]
    assert shown == [small, {"attributes": ["emails", "title"]}, None]


async def test_what_waits_is_written_in_order_and_once() -> None:
    buffer = Buffer(events_max=10)
    for number in range(5):
        buffer.add(event(f"/{number}"))
    await buffer.flush()
    await buffer.flush()
    assert await paths() == [f"/{number}" for number in range(5)]


async def test_of_too_many_the_oldest_are_lost_and_counted() -> None:
    buffer = Buffer(events_max=3)
    for number in range(5):
        buffer.add(event(f"/{number}"))
    await buffer.flush()
    assert (await paths(), buffer.lost) == (["/2", "/3", "/4"], 2)


async def test_what_cannot_be_written_now_waits_on(monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = Buffer(events_max=3)
    for number in range(3):
        buffer.add(event(f"/{number}"))

    async def busy(*_: Event) -> None:
        buffer.add(event("/meanwhile"))
        raise Busy("no")

    with monkeypatch.context() as patch:
        patch.setattr(provisioning_log, "record", busy)
        with pytest.raises(Busy):
            await buffer.flush()
    await buffer.flush()
    assert (await paths(), buffer.lost) == (["/1", "/2", "/meanwhile"], 1)


async def test_a_flush_that_is_cancelled_writes_nothing_twice() -> None:
    for delay in (0, 0.0005, 0.002):
        buffer = Buffer(events_max=10)
        buffer.add(event(f"/{delay}"))
        task = asyncio.create_task(buffer.flush())
        await asyncio.sleep(delay)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await buffer.flush()
    await provisioning_log.record(event("/last"))
    found = await paths()
    assert len(found) == len(set(found))


async def test_nothing_to_write_opens_no_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: Event) -> None:
        raise AssertionError("opened")

    monkeypatch.setattr(provisioning_log, "record", fail)
    await Buffer(events_max=3).flush()


async def test_what_is_too_old_goes_in_pieces() -> None:
    await provisioning_log.record(*(event(f"/{number}") for number in range(7)))
    await asyncio.sleep(0.01)
    moment = now()
    await asyncio.sleep(0.01)
    await provisioning_log.record(event("/new"))
    gone = [await provisioning_log.forget_before(moment, rows_max=3) for _ in range(4)]
    assert gone == [3, 3, 1, 0]
    assert await paths() == ["/new"]
