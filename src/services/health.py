"""Whether the database works right now, and whether what it holds is still what was written."""

from ..models import database
from . import audit


@database.writes
async def check() -> None:
    """Rewrite rows that are always there: of a database that reads but cannot write, a read would say that all is well.

    refuses  Busy when the database is gone, full or overloaded
    """
    await database.execute("UPDATE tortoise_migrations SET name = name")


@database.reads
async def damage() -> str | None:
    """What SQLite finds wrong in its file; None when it is sound, and on PostgreSQL, which watches over its own."""
    if database.dialect().name != "sqlite":
        return None
    verdict: str = await database.fetch_value("PRAGMA quick_check(1)")
    return None if verdict == "ok" else verdict


async def broken_chains() -> dict[str, int]:
    """The workspaces whose audit log is not what was recorded: slug -> sequence of the first wrong event."""
    broken = {}
    for workspace_id, slug in await _workspaces():
        if (sequence := await audit.first_broken(workspace_id)) is not None:
            broken[slug] = sequence
    return broken


@database.reads
async def _workspaces() -> list[tuple[str, str]]:
    return [(row["id"], row["slug"]) for row in await database.fetch_all("SELECT id, slug FROM workspaces ORDER BY id")]
