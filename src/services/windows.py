"""Which part of an ordered list is wanted, and the opaque cursors that name places in it (Relay Cursor Connections)."""

import base64
import re
from dataclasses import dataclass, replace

import orjson

from ..errors import InvalidInput
from ..models.database import Row

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


def _decoded(cursor: str) -> object:
    if len(cursor) > CURSOR_CHARS_MAX:
        return None
    try:
        return orjson.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
    except ValueError:
        return None
