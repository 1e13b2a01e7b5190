from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.routing import Route

from tenantry.app import create_app
from tenantry.graph.door import GraphQLDoor
from tenantry.settings import Settings

from ..make import Workspace, make_workspace
from .asking import Asker


@pytest.fixture
async def nobody() -> AsyncIterator[Asker]:
    """Someone without a token, at a service whose database is not even open."""
    app = create_app(Settings(secret_key=SecretStr("of no use")))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://testserver") as client:
        yield Asker(client)


@pytest.fixture
def door(app: Starlette) -> GraphQLDoor:
    """What answers at /graphql."""
    return next(route.app for route in app.routes if isinstance(route, Route) and isinstance(route.app, GraphQLDoor))


@pytest.fixture
async def workspace(app: Starlette) -> Workspace:
    return await make_workspace()


@pytest.fixture
async def other(workspace: Workspace) -> Workspace:
    """A workspace of somebody else."""
    return await make_workspace()


@pytest.fixture
async def owner(client: httpx.AsyncClient, workspace: Workspace) -> Asker:
    return Asker(client, workspace.personal_token)


@pytest.fixture
async def stranger(client: httpx.AsyncClient, other: Workspace) -> Asker:
    """The owner of the other workspace."""
    return Asker(client, other.personal_token)
