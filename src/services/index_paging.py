"""Pages by position, as SCIM asks for them (RFC 7644 §3.4.2.4)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from ..models import database
from ..models.database import Row
from . import filter_sql
from .filters import Filter
from .fragments import Fragment
from .schemas import ResourceType

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some rows of a list and how many there are in all."""

    rows: list[Row]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a list comes from.

    columns, params   what to select of `table alias`
    counter           the column of workspace_heads that counts all rows of a workspace
    """

    table: str
    alias: str
    columns: str
    params: tuple[Any, ...]
    counter: str
    resource_type: ResourceType


# So far down a list the rows before it take their time.
BRIEF_START_MAX = 1000


def reader(body: Callable[P, Awaitable[T]], *, start: int, where: Filter | None) -> Callable[P, Awaitable[T]]:
    """The body as a read, or as a look where it is over in a moment."""
    is_brief = start <= BRIEF_START_MAX if where is None else filter_sql.is_lookup(where)
    return database.looks(body) if is_brief else database.reads(body)


async def page(workspace_id: str, source: Source, *, start: int, count: int, where: Filter | None) -> Page:
    """The rows from `start` (1-based) on, in the order they were made. Inside the caller's work.

    count   rows wanted; 0 asks for the total alone
    """
    matching = Fragment("", ())
    if where is not None:
        found = filter_sql.where(where, source.resource_type, database.dialect(), workspace_id=workspace_id)
        matching = Fragment(f" AND {found.sql}", found.params)
    rows = await _rows(workspace_id, source, matching, start=start, count=count) if count else []
    if where is None:
        total = await database.fetch_value(
            f"SELECT {source.counter} FROM workspace_heads WHERE workspace_id = ?", workspace_id
        )
    elif start == 1 and len(rows) < count:
        total = len(rows)
    else:
        total = await database.fetch_value(
            f"SELECT COUNT(*) FROM {source.table} {source.alias} WHERE {source.alias}.workspace_id = ?{matching.sql}",
            workspace_id,
            *matching.params,
        )
    return Page(rows=rows, total=total)


async def _rows(workspace_id: str, source: Source, matching: Fragment, *, start: int, count: int) -> list[Row]:
    # The inner query walks an index alone; only the rows of the page are read.
    alias, table = source.alias, source.table
    return await database.fetch_all(
        f"SELECT {source.columns} FROM {table} {alias} WHERE {alias}.workspace_id = ? AND {alias}.id IN ("
        f"SELECT {alias}.id FROM {table} {alias} WHERE {alias}.workspace_id = ?{matching.sql}"
        f" ORDER BY {alias}.id LIMIT ? OFFSET ?) ORDER BY {alias}.id",
        *source.params,
        workspace_id,
        workspace_id,
        *matching.params,
        count,
        start - 1,
    )
