"""Background work of one process: what was gathered in memory is written, what is too old goes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from .errors import Busy
from .models import now
from .services import leases, provisioning_log

Work = Callable[[], Awaitable[object]]
RETENTION_EVERY_SECONDS = 3600.0
ROWS_AT_ONCE = 5000

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Something done again and again.

    everywhere   each process does it; else one process at a time, which holds the job's lease
    at_the_end   once more when the process stops
    """

    name: str
    work: Work
    every_seconds: float
    everywhere: bool = False
    at_the_end: bool = False


def forget_provisioning_events(*, after_days: int) -> Work:
    """Delete what is older than its retention, in pieces that hold nobody up."""

    async def work() -> None:
        moment = now() - after_days * 24 * 3600 * 1_000_000
        gone = ROWS_AT_ONCE
        while gone == ROWS_AT_ONCE:
            gone = await provisioning_log.forget_before(moment, rows_max=ROWS_AT_ONCE)

    return work


@asynccontextmanager
async def running(*jobs: Job) -> AsyncIterator[None]:
    """Do the jobs until the block ends."""
    tasks = [asyncio.create_task(_repeat(job), name=job.name) for job in jobs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for job in jobs:
            if job.at_the_end:
                await _do(job)


async def _repeat(job: Job) -> None:
    while True:
        await asyncio.sleep(job.every_seconds)
        await _do(job)


async def _do(job: Job) -> None:
    """A job that fails is done again at its next time; it must not take the others with it."""
    try:
        if job.everywhere or await leases.take(job.name, seconds=job.every_seconds):
            await job.work()
    except Busy:
        log.warning("job.postponed", job=job.name)
    except Exception:
        log.exception("job.failed", job=job.name)
