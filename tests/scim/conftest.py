"""Workspaces and the identity providers connected to them: in this process, or at a server in a process of its own."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from starlette.applications import Starlette

from tenantry.models import database
from tenantry.services.policies import PRESETS
from tenantry.settings import Settings, tortoise_config

from ..databases import KINDS, new_database
from ..make import Workspace, make_workspace
from ..serving import running
from .connected import Connected, connected
from .provider import connect
from .replay import Side


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """What is gathered before it is written is written almost at once, so that no test waits for it."""
    return settings.model_copy(update={"provisioning_log_flush_seconds": 0.01, "token_use_flush_seconds": 0.01})


@pytest.fixture
async def workspace(app: Starlette) -> Workspace:
    """One whose directory says what holds (`managed`)."""
    return await make_workspace()


@pytest.fixture
def scim(app: Starlette, workspace: Workspace) -> httpx.AsyncClient:
    """The identity provider of the workspace."""
    return connect(app, workspace)


@pytest.fixture
async def elsewhere(app: Starlette) -> httpx.AsyncClient:
    """The identity provider of a workspace of somebody else."""
    return connect(app, await make_workspace())


@pytest.fixture
async def linked(app: Starlette) -> Connected:
    return await connected(app, "LINKED")


@pytest.fixture
async def invited(app: Starlette) -> Connected:
    return await connected(app, "INVITED")


@pytest.fixture
async def managed(app: Starlette) -> Connected:
    return await connected(app, "MANAGED")


@pytest.fixture(params=PRESETS)
async def any_policy(request: pytest.FixtureRequest, app: Starlette) -> Connected:
    preset: str = request.param
    return await connected(app, preset)


@dataclass(frozen=True, slots=True)
class Served:
    """A server for all tests of a run: for each policy two workspaces, A and B, and one for vectors."""

    url: str
    database_url: str
    policies: dict[str, dict[str, Workspace]]
    vectors: Workspace

    def side(self, workspace: Workspace) -> Side:
        return Side(f"{self.url}/scim/v2", workspace.scim_token)

    def sides(self, policy: str) -> dict[str, Side]:
        return {name: self.side(workspace) for name, workspace in self.policies[policy].items()}


@pytest.fixture(scope="session", params=KINDS)
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    with new_database(request, folder) as database_url, running(database_url, folder) as start:
        policies, vectors = asyncio.run(_workspaces(database_url))
        yield Served(start().url, database_url, policies, vectors)


async def _workspaces(database_url: str) -> tuple[dict[str, dict[str, Workspace]], Workspace]:
    await database.open(tortoise_config(Settings(database_url=database_url)))
    policies = {
        preset.lower(): {side: await make_workspace(preset=preset) for side in ("A", "B")} for preset in PRESETS
    }
    vectors = await make_workspace()
    await database.close()
    return policies, vectors
