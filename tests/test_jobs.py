"""Background work: done again and again, by one process where it has to be, and once more at the end."""

import asyncio

import httpx
import pytest

from tenantry import jobs
from tenantry.app import create_app
from tenantry.errors import Busy
from tenantry.jobs import Job
from tenantry.models import Outcome, ProvisioningOperation, database, now
from tenantry.services import leases, provisioning_log
from tenantry.services.provisioning_log import Event
from tenantry.settings import Settings

from .make import make_workspace


class Counter:
    """Work that counts how often it is done, and can wait for it."""

    def __init__(self, error: Exception | None = None) -> None:
        self.count = 0
        self._error = error
        self._done = asyncio.Condition()

    async def __call__(self) -> None:
        async with self._done:
            self.count += 1
            self._done.notify_all()
        if self._error is not None:
            raise self._error

    async def reaches(self, count: int) -> None:
        async with asyncio.timeout(10), self._done:
            await self._done.wait_for(lambda: self.count >= count)


def job(work: Counter, *, name: str = "count", everywhere: bool = True, at_the_end: bool = False) -> Job:
    return Job(name=name, work=work, every_seconds=0.01, everywhere=everywhere, at_the_end=at_the_end)


async def test_a_job_is_done_again_and_again_until_the_end() -> None:
    work = Counter()
    async with jobs.running(job(work)):
        await work.reaches(3)
    done = work.count
    await asyncio.sleep(0.05)
    assert work.count == done


async def test_a_job_is_done_once_more_at_the_end_where_it_says_so() -> None:
    gathered, other = Counter(), Counter()
    async with jobs.running(
        Job(name="gathered", work=gathered, every_seconds=3600, everywhere=True, at_the_end=True),
        Job(name="other", work=other, every_seconds=3600, everywhere=True),
    ):
        pass
    assert (gathered.count, other.count) == (1, 0)


@pytest.mark.parametrize("error", [Busy("no"), ZeroDivisionError()], ids=["busy", "bug"])
async def test_a_job_that_fails_is_done_again_and_takes_no_other_with_it(error: Exception) -> None:
    failing, sound = Counter(error), Counter()
    async with jobs.running(job(failing, name="failing", at_the_end=True), job(sound, name="sound")):
        await failing.reaches(3)
        await sound.reaches(3)


@pytest.mark.usefixtures("tables")
async def test_a_job_for_one_process_is_left_to_who_holds_its_lease() -> None:
    held, free = Counter(), Counter()
    assert await leases.take("held", seconds=60)
    async with jobs.running(job(held, name="held", everywhere=False), job(free, name="free", everywhere=False)):
        await free.reaches(2)
    assert held.count == 0


@pytest.mark.usefixtures("tables")
async def test_what_is_older_than_its_retention_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "ROWS_AT_ONCE", 2)
    workspace = await make_workspace()
    await provisioning_log.record(*[_event(workspace.id) for _ in range(5)])
    await jobs.forget_provisioning_events(after_days=1)()
    assert await _logged() == 5
    monkeypatch.setattr(jobs, "now", lambda: now() + 25 * 3600 * 1_000_000)
    await jobs.forget_provisioning_events(after_days=1)()
    assert await _logged() == 0


async def test_what_was_gathered_is_written_when_the_service_stops(settings: Settings) -> None:
    patient = settings.model_copy(update={"provisioning_log_flush_seconds": 3600.0, "token_use_flush_seconds": 3600.0})
    app = create_app(patient)
    async with app.router.lifespan_context(app):
        workspace = await make_workspace()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://testserver") as client:
            headers = {"Authorization": f"Bearer {workspace.scim_token}"}
            assert (await client.get("/scim/v2/Users", headers=headers)).is_success
            assert (await client.get("/scim/v2/Users/nobody", headers=headers)).status_code == 404
        assert (await _logged(), await _used(workspace.directory.id)) == (0, False)
    async with app.router.lifespan_context(app):
        assert (await _logged(), await _used(workspace.directory.id)) == (2, True)


def _event(workspace_id: str) -> Event:
    return Event(
        workspace_id=workspace_id,
        occurred_at=now(),
        scim_token_id=None,
        operation=ProvisioningOperation.READ,
        http_method="GET",
        path="/Users",
        status=200,
        outcome=Outcome.SUCCESS,
        duration_ms=1,
        request_id="r-1",
    )


@database.reads
async def _logged() -> int:
    count: int = await database.fetch_value("SELECT COUNT(*) FROM provisioning_events")
    return count


@database.reads
async def _used(token_id: str | None) -> bool:
    return bool(await database.fetch_value("SELECT 1 FROM scim_tokens WHERE id = ? AND last_used_at > 0", token_id))
