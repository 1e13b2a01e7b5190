"""Pages of lists: opaque keyset cursors, and the SQL that reads the page behind one."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import orjson

from ..errors import InvalidInput
from ..models import database
from ..models.database import Row
from .conditions import among_ids, as_json, condition, every
from .fragments import Fragment

CURSOR_CHARS_MAX = 4096
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How a list is ordered.

    name        goes into every cursor, so that a cursor of another list or order is told apart
    id          the column of the row's id, which orders rows with equal keys
    key         what orders before it: an expression that is never NULL; None orders by `id` alone
    key_type    what the key's values are
    """

    name: str
    id: str
    key: str | None = None
    key_type: type[str] | type[int] = str
    descending: bool = False

    def reversed(self) -> "Order":
        return replace(self, name=f"{self.name}.reversed", descending=not self.descending)

    def cursor(self, row: Row) -> str:
        """Where the row stands in this order, as opaque text that is safe in a URL."""
        key = row["order_key"] if self.key else None
        return base64.urlsafe_b64encode(orjson.dumps([self.name, key, row["id"]])).rstrip(b"=").decode()

    def position(self, cursor: str, argument: str) -> "Position":
        """The place a cursor names; InvalidInput when it is not one of this order."""
        match _decoded(cursor):
            case [self.name, (str() | int() | None) as key, str(id)] if _ID.fullmatch(id) and self._orders_by(key):
                return Position(key, id)
        raise InvalidInput(
            f"`{argument}` is not a cursor of this list in this order", reason="invalidCursor", path=(argument,)
        )

    def _orders_by(self, key: str | int | None) -> bool:
        """Whether the databases can compare the key; a cursor may be anyone's invention."""
        match key:
            case None:
                return self.key is None
            case str():
                return self.key is not None and self.key_type is str and "\0" not in key
            case _:
                return self.key is not None and self.key_type is type(key) and -(2**63) <= key < 2**63


@dataclass(frozen=True, slots=True)
class Position:
    """A place in an order."""

    key: str | int | None
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which part of a list is wanted: `size` rows between two places, counted from the front or from the back."""

    order: Order
    size: int
    backward: bool = False
    after: Position | None = None
    before: Position | None = None


def window(
    order: Order,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
    size_default: int,
    size_max: int,
) -> Window:
    """The window that a connection's arguments ask for (Relay Cursor Connections, "Pagination algorithm")."""
    for argument, size in (("first", first), ("last", last)):
        if size is not None and not 0 <= size <= size_max:
            raise InvalidInput(f"`{argument}` has to be between 0 and {size_max}", path=(argument,))
    if first is not None and last is not None:
        raise InvalidInput("Ask for either `first` or `last`", path=("last",))
    size = first if last is None else last
    return Window(
        order=order,
        size=size_default if size is None else size,
        backward=last is not None,
        after=None if after is None else order.position(after, "after"),
        before=None if before is None else order.position(before, "before"),
    )


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


async def pages(
    relation: Relation, where: Fragment, window: Window, *, workspace_id: str, parent_ids: Sequence[str]
) -> dict[str, Page]:
    """The same page of each parent's list, in one statement; in `where`, `p.value` is the parent's id.

    Each parent's children are read in order and only as far as the page goes, so that the page of a group with 100,000
    members costs what the page of a small one costs; a window function would number all members of all groups first.
    """
    dialect, table, alias = database.dialect(), relation.table, relation.alias
    source = _slice(relation.links, where, window)
    chosen = f"SELECT {alias}.id {source.sql}"
    parents = f"{dialect.ids} p"
    if dialect.name == "sqlite":
        # CROSS JOIN keeps the order of the loops: the list in the brackets is made once for each parent.
        children = f"{parents} CROSS JOIN {table} {alias} WHERE {alias}.id IN ({chosen})"
    else:
        children = f"{parents} CROSS JOIN LATERAL ({chosen}) c JOIN {table} {alias} USING (id) WHERE true"
    rows = await database.fetch_all(
        f"SELECT p.value AS parent_id, {relation.columns}{_key(window.order)} FROM {children}"
        f" AND {alias}.workspace_id = ? ORDER BY {_by(window, f'{alias}.id')}",
        as_json(parent_ids),
        *source.params,
        workspace_id,
    )
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
    sql = f"FROM {tables} WHERE {where.sql} ORDER BY {_by(window, order.id)} LIMIT ?"
    return Fragment(sql, (*where.params, window.size + 1))


def _key(order: Order) -> str:
    return f", {order.key} AS order_key" if order.key else ""


def _by(window: Window, id: str) -> str:
    direction = "DESC" if window.order.descending != window.backward else "ASC"
    return ", ".join(f"{column} {direction}" for column in (window.order.key, id) if column)


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


def _decoded(cursor: str) -> object:
    if len(cursor) > CURSOR_CHARS_MAX:
        return None
    try:
        return orjson.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
    except ValueError:
        return None
