"""Leases: one holder at a time, until the time runs out."""

import asyncio
from typing import Any

import pytest

from tenantry.models import now
from tenantry.services import leases

pytestmark = pytest.mark.usefixtures("tables")


async def test_a_lease_is_held_until_it_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    start = now()

    def at(second: float) -> Any:
        monkeypatch.setattr(leases, "now", lambda: start + int(second * 1_000_000))
        return leases.take("retention", seconds=10)

    assert [await at(0), await at(9.9), await at(10), await at(19.9), await at(25)] == [True, False, True, False, True]


async def test_each_job_has_a_lease_of_its_own() -> None:
    assert await leases.take("one", seconds=60)
    assert await leases.take("other", seconds=60)


async def test_of_many_who_come_at_once_one_holds_it() -> None:
    taken = await asyncio.gather(*(leases.take("retention", seconds=60) for _ in range(20)))
    assert taken.count(True) == 1
