"""The SQL that reads a page of a list: the rows behind a window, of one list or of the lists of many parents."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..models import database
from ..models.database import Row
from .conditions import among_ids, as_json, condition, every
from .fragments import Fragment
from .windows import Order, Position, Window


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a list, in the list's order whichever end they were counted from."""

    rows: list[Row]
    order: Order
    has_next: bool
    has_previous: bool

    def cursor(self, row: Row) -> str:
        return self.order.cursor(row)


async def page(columns: str, tables: str, where: Fragment, window: Window) -> Page:
    """One page of the rows of `tables` that fulfil the condition."""
    source = _slice(tables, where, window)
    sql = f"SELECT {columns}{_key(window.order)} {source.sql}"
    return _page(await database.fetch_all(sql, *source.params), window)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """How the lists of many parents are found.

    columns    of the children, which are rows of `table`, called `alias`
    links      the tables that tie them to their parents; the children are among them, as `alias` again
    """

    columns: str
    table: str
    alias: str
    links: str


async def pages(relation: Relation, where: Fragment, window: Window, parent_ids: Sequence[str]) -> dict[str, Page]:
    """The same page of each parent's list, in one statement; in `where`, `p.value` is the parent's id.

    Each parent's children are read in order and only as far as the page goes, so that the page of a group with 100,000
    members costs what the page of a small one costs; a window function would number all members of all groups first.
    """
    dialect, alias, key = database.dialect(), relation.alias, window.order.key
    columns, source = f"{relation.columns}{_key(window.order)}", _slice(relation.links, where, window)
    if dialect.name == "sqlite":
        # CROSS JOIN keeps the order of the loops: the list in the brackets is made once for each parent.
        sql = (
            f"SELECT p.value AS parent_id, {columns} FROM {dialect.ids} p CROSS JOIN {relation.table} {alias}"
            f" WHERE {alias}.id IN (SELECT {alias}.id {source.sql}) ORDER BY {_by(window, key, f'{alias}.id')}"
        )
    else:
        of_parent = f"SELECT {columns} {source.sql}"
        sql = (
            f"SELECT p.value AS parent_id, c.* FROM {dialect.ids} p CROSS JOIN LATERAL ({of_parent}) c"
            f" ORDER BY {_by(window, key and 'c.order_key', 'c.id')}"
        )
    rows = await database.fetch_all(sql, as_json(parent_ids), *source.params)
    lists: dict[str, list[Row]] = {parent_id: [] for parent_id in parent_ids}
    for row in rows:
        lists[row["parent_id"]].append(row)
    return {parent_id: _page(rows, window) for parent_id, rows in lists.items()}


async def count(tables: str, where: Fragment) -> int:
    """How many rows of `tables` fulfil the condition."""
    total: int = await database.fetch_value(f"SELECT COUNT(*) FROM {tables} WHERE {where.sql}", *where.params)
    return total


async def counts(links: str, where: Fragment, *, parent: str, parent_ids: Sequence[str]) -> dict[str, int]:
    """How many rows of `links` fulfil the condition for each parent, whose id is in the column `parent`."""
    where = every(where, among_ids(parent, parent_ids))
    rows = await database.fetch_all(
        f"SELECT {parent} AS parent_id, COUNT(*) AS total FROM {links} WHERE {where.sql} GROUP BY {parent}",
        *where.params,
    )
    totals = {row["parent_id"]: row["total"] for row in rows}
    return {parent_id: totals.get(parent_id, 0) for parent_id in parent_ids}


def _slice(tables: str, where: Fragment, window: Window) -> Fragment:
    order = window.order
    where = every(
        where,
        _beyond(order, window.after, "<" if order.descending else ">"),
        _beyond(order, window.before, ">" if order.descending else "<"),
    )
    # One row more than wanted tells whether there are others beyond.
    sql = f"FROM {tables} WHERE {where.sql} ORDER BY {_by(window, order.key, order.id)} LIMIT ?"
    return Fragment(sql, (*where.params, window.size + 1))


def _key(order: Order) -> str:
    return f", {order.key} AS order_key" if order.key else ""


def _by(window: Window, key: str | None, id: str) -> str:
    direction = "DESC" if window.order.descending != window.backward else "ASC"
    return ", ".join(f"{column} {direction}" for column in (key, id) if column)


def _beyond(order: Order, position: Position | None, comparison: str) -> Fragment | None:
    if position is None:
        return None
    if order.key is None:
        return condition(f"{order.id} {comparison} ?", position.id)
    return condition(f"({order.key}, {order.id}) {comparison} (?, ?)", position.key, position.id)


def _page(rows: list[Row], window: Window) -> Page:
    more = len(rows) > window.size
    rows = rows[: window.size]
    if window.backward:
        return Page(rows[::-1], window.order, has_next=window.before is not None, has_previous=more)
    return Page(rows, window.order, has_next=more, has_previous=window.after is not None)
