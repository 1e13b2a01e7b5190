"""Our two Tortoise engines: how a body of work runs against SQLite and against PostgreSQL.

Tortoise's own transactions hang (SQLite) or leak a connection (asyncpg) when the task inside them is cancelled. Ours
do not: work is handed over as one *body*, an `async def` that awaits nothing but its `Session`, and the engine alone
begins, commits and rolls back. On SQLite the body runs as one call on the connection's own thread.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

T = TypeVar("T")


class Row(Protocol):
    """One row of a result, by column name or by position."""

    def __getitem__(self, key: str | int, /) -> Any: ...

    def keys(self) -> Iterable[str]: ...


class Duplicate(Exception):  # noqa: N818  # a fact about rows that services turn into a refusal
    """A unique constraint refused a row; `columns` names what had to be unique."""

    def __init__(self, columns: Iterable[str]) -> None:
        self.columns = frozenset(columns)
        super().__init__(f"not unique: {', '.join(sorted(self.columns))}")


@dataclass(frozen=True, slots=True)
class Dialect:
    """Where the two databases spell one thing in two ways."""

    name: Literal["sqlite", "postgres"]
    # Lock the selected rows until the transaction ends. SQLite's write transactions are alone anyway.
    for_update: str
    # Hold the selected rows against change until the transaction ends.
    for_share: str
    # The ids, or the texts, of a JSON array parameter as a subquery: f"id IN {dialect.ids}".
    ids: str
    texts: str


class Session(Protocol):
    """A connection as a body sees it. Placeholders are `?` on both databases."""

    dialect: Dialect

    async def fetch_all(self, sql: str, params: Sequence[Any]) -> list[Row]: ...

    async def execute(self, sql: str, params: Sequence[Any]) -> int: ...

    async def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None: ...


Body = Callable[[Session], Awaitable[T]]


class Engine(Protocol):
    """What `models.database` needs of a Tortoise client."""

    dialect: Dialect

    async def start(self) -> None: ...

    async def read(self, body: Body[T]) -> T: ...

    async def look(self, body: Body[T]) -> T: ...

    async def write(self, body: Body[T]) -> T: ...
