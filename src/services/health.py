"""Whether the database works right now, and whether what it holds is still what was written."""

from ..models import database
from . import audit


def _missing(link: str, parent: str) -> str:
    """Children that name a parent of their workspace that is not there."""
    return (
        f"(c.{link} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {parent} p"
        f" WHERE p.workspace_id = c.workspace_id AND p.id = c.{link}))"
    )


_LINKS = {
    "group_members": {"group_id": "groups", "membership_id": "memberships"},
    "membership_values": {"membership_id": "memberships"},
    "role_assignments": {"role_id": "roles", "group_id": "groups", "membership_id": "memberships"},
}
_STRAYS = {
    child: f"SELECT COUNT(*) FROM {child} c WHERE "
    + " OR ".join(_missing(link, parent) for link, parent in links.items())
    for child, links in _LINKS.items()
}


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


@database.reads
async def strays() -> dict[str, int]:
    """Rows that lead nowhere: table -> how many. No foreign key watches over them, the services do."""
    counts = {table: await database.fetch_value(sql) for table, sql in _STRAYS.items()}
    return {table: count for table, count in counts.items() if count}


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
