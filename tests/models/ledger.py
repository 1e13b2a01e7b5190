"""Entries of two rows that belong together: one row without the other would be half a transaction."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tenantry.models import JobLease, database
from tenantry.settings import Settings, tortoise_config


@asynccontextmanager
async def opened(database_url: str, **settings: Any) -> AsyncIterator[None]:
    """The database, under settings of the test's own."""
    await database.open(tortoise_config(Settings(database_url=database_url, **settings)))
    try:
        yield
    finally:
        await database.close()


@database.writes
async def enter(name: str, amount: int = 0) -> None:
    for half in ("debit", "credit"):
        await database.insert(JobLease, name=f"{name}/{half}", until=amount)


@database.reads
async def rows() -> list[str]:
    return [row["name"] for row in await database.fetch_all("SELECT name FROM job_leases ORDER BY name")]


async def entries() -> set[str]:
    """The entries, after asserting that each is whole."""
    names = await rows()
    entered = {name.partition("/")[0] for name in names}
    assert len(names) == 2 * len(entered), names
    return entered


@database.reads
async def amount_of(name: str) -> int:
    amount: int = await database.fetch_value("SELECT until FROM job_leases WHERE name = ?", f"{name}/debit")
    return amount


@database.writes
async def increment(name: str) -> None:
    """Read, then write what follows from it, under the row's lock."""
    seen = await database.fetch_value(
        f"SELECT until FROM job_leases WHERE name = ?{database.dialect().for_update}", f"{name}/debit"
    )
    await database.execute("UPDATE job_leases SET until = ? WHERE name = ?", seen + 1, f"{name}/debit")
