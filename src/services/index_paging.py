"""Pages of resources as SCIM asks for them: by position (RFC 7644 §3.4.2.4) or after a place (RFC 9865)."""

from dataclasses import dataclass
from typing import Any

from ..models import database
from ..models.database import Row
from . import filter_sql, sorting
from .filters import Filter
from .fragments import Fragment
from .schemas import ResourceType
from .sorting import Order, Position, Sort


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some rows of a list, whether more follow, and how many there are in all."""

    rows: list[Row]
    total: int
    has_more: bool

    @property
    def end(self) -> Position:
        """The place of the last row."""
        return Position(self.rows[-1]["sort_key"], self.rows[-1]["id"])


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which rows of a list.

    start   1-based index of the first row, counted from the beginning or from after `after`
    count   how many; 0 asks for the total alone
    sort    None: in the order they were made
    """

    start: int = 1
    count: int
    where: Filter | None = None
    sort: Sort | None = None
    after: Position | None = None


# So far down a list the rows before it take their time.
BRIEF_START_MAX = 1000


async def read(workspace_id: str, source: Source, wanted: Wanted) -> Page:
    """The rows wanted and how many there are. A look where it is over in a moment, else a read."""
    is_brief = wanted.sort is None and wanted.start <= BRIEF_START_MAX
    if wanted.where is not None:
        is_brief = filter_sql.is_lookup(wanted.where)
    run = database.looks(_page) if is_brief else database.reads(_page)
    return await run(workspace_id, source, wanted)


async def _page(workspace_id: str, source: Source, wanted: Wanted) -> Page:
    matching = Fragment("", ())
    if wanted.where is not None:
        found = filter_sql.where(wanted.where, source.resource_type, database.dialect(), workspace_id=workspace_id)
        matching = Fragment(f" AND {found.sql}", found.params)
    order = sorting.order(wanted.sort, source.alias, source.resource_type, database.dialect())
    found_rows = await _rows(workspace_id, source, matching, order, wanted) if wanted.count else []
    rows, has_more = found_rows[: wanted.count], len(found_rows) > wanted.count
    if wanted.where is None:
        total = await database.fetch_value(
            f"SELECT {source.counter} FROM workspace_heads WHERE workspace_id = ?", workspace_id
        )
    elif wanted.count and wanted.start == 1 and wanted.after is None and not has_more:
        total = len(rows)
    else:
        total = await database.fetch_value(
            f"SELECT COUNT(*) FROM {source.table} {source.alias} WHERE {source.alias}.workspace_id = ?{matching.sql}",
            workspace_id,
            *matching.params,
        )
    return Page(rows=rows, total=total, has_more=has_more)


async def _rows(workspace_id: str, source: Source, matching: Fragment, order: Order, wanted: Wanted) -> list[Row]:
    """The rows, and one more when there are more. Each has `sort_key`, its place in the order."""
    alias, table = source.alias, source.table
    beyond = Fragment("", ())
    if wanted.after is not None:
        after = order.after(wanted.after)
        beyond = Fragment(f" AND {after.sql}", after.params)
    # The inner query walks an index alone; only the rows of the page are read.
    return await database.fetch_all(
        f"SELECT {source.columns}, {order.key or 'NULL'} AS sort_key FROM {table} {alias}"
        f" WHERE {alias}.workspace_id = ? AND {alias}.id IN (SELECT {alias}.id FROM {table} {alias}"
        f" WHERE {alias}.workspace_id = ?{matching.sql}{beyond.sql} ORDER BY {order.by} LIMIT ? OFFSET ?)"
        f" ORDER BY {order.by}",
        *source.params,
        workspace_id,
        workspace_id,
        *matching.params,
        *beyond.params,
        wanted.count + 1,
        wanted.start - 1,
    )
