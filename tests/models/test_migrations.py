"""The tables that migrations make are those the models speak of."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from tortoise import Tortoise
from tortoise.migrations.autodetector import MigrationAutodetector

from tenantry.models import database
from tenantry.settings import Settings, tortoise_config

from ..make import make_workspace
from .ledger import opened


async def test_the_migrations_leave_nothing_of_the_models_out(database_url: str) -> None:
    config = tortoise_config(Settings(database_url=database_url))
    context = await Tortoise.init(config=config)
    try:
        assert context.apps is not None
        assert await MigrationAutodetector(context.apps, config["apps"]).changes() == []
    finally:
        await Tortoise.close_connections()


async def test_migrating_what_is_migrated_changes_nothing(database_url: str) -> None:
    async with opened(database_url):
        workspace = await make_workspace()
    await database.migrate(tortoise_config(Settings(database_url=database_url)))

    @database.reads
    async def slugs() -> list[str]:
        return [row["slug"] for row in await database.fetch_all("SELECT slug FROM workspaces")]

    async with opened(database_url):
        assert await slugs() == [workspace.slug]


@pytest.mark.parametrize("table", ["memberships", "groups", "group_members", "audit_events", "provisioning_events"])
async def test_every_index_of_a_tenants_table_is_led_by_the_workspace(migrated_sqlite: Path, table: str) -> None:
    known_others = {("id",), ("account_id",), ("occurred_at",)}
    with sqlite3.connect(migrated_sqlite) as connection:
        names = [row[1] for row in connection.execute(f"PRAGMA index_list({table})")]
        indexes = {tuple(row[2] for row in connection.execute(f'PRAGMA index_info("{name}")')) for name in names}
    connection.close()
    assert indexes
    assert {columns for columns in indexes if columns[0] != "workspace_id"} <= known_others


async def test_folded_text_is_ordered_by_code_point_on_postgresql(postgres: Callable[[str], str]) -> None:
    @database.reads
    async def collations() -> dict[str, str]:
        rows = await database.fetch_all(
            "SELECT table_name || '.' || column_name, collation_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND column_name IN ('slug', 'value_key', 'user_name_key', 'email_key',"
            " 'display_name_key')"
        )
        return {row[0]: row[1] for row in rows}

    async with opened(postgres("migrated")):
        found = await collations()
    assert len(found) >= 6
    assert set(found.values()) == {"C"}
