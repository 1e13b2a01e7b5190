"""One database for all tests of a module, emptied before each: making a new one takes longer than most of the tests."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tenantry.models import database
from tenantry.settings import Settings, tortoise_config

from ..databases import KINDS, new_database
from ..make import Workspace, make_workspace
from .looking import TABLES


@pytest.fixture(scope="module", params=KINDS)
def shared_database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with new_database(request, tmp_path_factory.mktemp("shared")) as url:
        yield url


@pytest.fixture
async def tables(shared_database_url: str) -> AsyncIterator[None]:
    await database.open(tortoise_config(Settings(database_url=shared_database_url)))
    await _empty()
    yield
    await database.close()


@database.writes
async def _empty() -> None:
    for table in (*TABLES, "job_leases"):
        await database.execute(f"DELETE FROM {table}")


@pytest.fixture
async def workspace(tables: None) -> Workspace:
    """A workspace whose directory has the say over profiles, and suspends."""
    return await make_workspace()


@pytest.fixture
async def other(workspace: Workspace) -> Workspace:
    """A workspace of somebody else."""
    return await make_workspace()
