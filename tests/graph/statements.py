"""Which statements the database gets, so that tests can count them and ask how they are carried out."""

from collections.abc import Callable
from typing import Any

import pytest

from tenantry.models import database

Statement = tuple[str, tuple[Any, ...]]


def recorded(monkeypatch: pytest.MonkeyPatch) -> list[Statement]:
    """A list that grows with every statement from now on."""
    statements: list[Statement] = []
    for name in ("fetch_all", "fetch_one", "execute"):
        monkeypatch.setattr(database, name, _recording(getattr(database, name), statements))
    return statements


def _recording(run: Callable[..., Any], statements: list[Statement]) -> Callable[..., Any]:
    async def record(sql: str, *params: Any) -> Any:
        statements.append((sql, params))
        return await run(sql, *params)

    return record


@database.writes
async def plan_of(statement: Statement) -> list[str]:
    """How the database carries the statement out, line by line; PostgreSQL as if its tables were large."""
    sql, params = statement
    if database.dialect().name == "sqlite":
        return [row["detail"] for row in await database.fetch_all(f"EXPLAIN QUERY PLAN {sql}", *params)]
    for way in ("seqscan", "sort"):
        await database.execute(f"SET LOCAL enable_{way} = off")
    return [str(row[0]) for row in await database.fetch_all(f"EXPLAIN {sql}", *params)]
