"""SQLite: one writer connection, a few readers, each with a thread of its own."""

import asyncio
import re
import sqlite3
from collections.abc import Sequence
from contextvars import copy_context
from typing import Any, TypeVar

import aiosqlite
from tortoise.backends.sqlite.client import SqliteClient as TortoiseSqliteClient

from ...errors import Busy
from . import Body, Dialect, Duplicate, Row, Session

T = TypeVar("T")

DIALECT = Dialect(
    name="sqlite",
    for_update="",
    for_share="",
    ids="(SELECT value FROM json_each(?))",
    texts="(SELECT value FROM json_each(?))",
)
STATEMENTS_CACHED = 512
# What a full disk, a locked file or a lost mount answers: nothing was changed, a later try may succeed.
PASSING = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
}


class SqliteClient(TortoiseSqliteClient):
    """Tortoise's client, for migrations, with `read` and `write` for everything else.

    file_path                where the database is
    readers                  read connections, each with its thread
    busy_timeout_seconds     how long a writer waits for the writer of another process
    """

    dialect = DIALECT

    def __init__(self, file_path: str, *, readers: int = 2, busy_timeout_seconds: float = 5.0, **kwargs: Any) -> None:
        # WAL first: a reader opened before it would sit in the busy handler while a commit waits for the reader.
        # FULL, because NORMAL loses acknowledged commits when the power goes.
        kwargs |= {"journal_mode": "WAL", "synchronous": "FULL", "busy_timeout": int(busy_timeout_seconds * 1000)}
        super().__init__(file_path, **kwargs)
        self._readers: list[aiosqlite.Connection] = []
        self._reader_count = readers
        self._idle_readers: asyncio.LifoQueue[aiosqlite.Connection] = asyncio.LifoQueue()

    async def create_connection(self, with_db: bool) -> None:
        if self._connection is not None:
            return
        self._connection = await self._connect(self.pragmas)

    async def start(self) -> None:
        await self.create_connection(with_db=True)
        for _ in range(self._reader_count):
            reader = await self._connect({"busy_timeout": self.pragmas["busy_timeout"], "query_only": "ON"})
            self._readers.append(reader)
            self._idle_readers.put_nowait(reader)

    async def close(self) -> None:
        for reader in self._readers:
            await reader.close()
        self._readers.clear()
        self._idle_readers = asyncio.LifoQueue()
        await super().close()

    async def read(self, body: Body[T]) -> T:
        """Run the body against one snapshot of the database."""
        reader = await self._idle_readers.get()
        try:
            return await self._call(reader, "BEGIN", body)
        finally:
            self._idle_readers.put_nowait(reader)

    async def write(self, body: Body[T]) -> T:
        """Run the body as one transaction. A cancelled caller leaves it whole: it ends on its thread either way.

        IMMEDIATE, because a deferred transaction that reads before it writes fails as soon as another process wrote.
        """
        assert self._connection is not None
        return await self._call(self._connection, "BEGIN IMMEDIATE", body)

    async def _call(self, connection: aiosqlite.Connection, begin: str, body: Body[T]) -> T:
        run = copy_context().run
        # aiosqlite has no public way to run one function on the connection's thread; every method of it is this one.
        result: T = await connection._execute(run, _run, connection._conn, begin, body)  # type: ignore[no-untyped-call]
        return result

    async def _connect(self, pragmas: dict[str, Any]) -> aiosqlite.Connection:
        connection = await aiosqlite.connect(self.filename, isolation_level=None, cached_statements=STATEMENTS_CACHED)
        connection._conn.row_factory = sqlite3.Row
        for pragma, value in pragmas.items():
            await connection.execute_fetchall(f"PRAGMA {pragma}={value}")
        return connection


class _ThreadSession(Session):
    """Statements on the thread the body runs on: each is done before its coroutine first returns."""

    dialect = DIALECT

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def fetch_all(self, sql: str, params: Sequence[Any]) -> list[Row]:
        return self._connection.execute(sql, params).fetchall()

    async def execute(self, sql: str, params: Sequence[Any]) -> int:
        return self._connection.execute(sql, params).rowcount

    async def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        self._connection.executemany(sql, rows)


def _run(connection: sqlite3.Connection, begin: str, body: Body[T]) -> T:
    try:
        connection.execute(begin)
        try:
            result = _drive(body, _ThreadSession(connection))
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorcode in (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY):
            raise _duplicate(error) from error
        raise
    except sqlite3.OperationalError as error:
        # The low byte is the plain code, the rest says more about it.
        if error.sqlite_errorcode & 0xFF in PASSING:
            raise Busy("The database cannot take this right now") from error
        raise
    return result


def _drive(body: Body[T], session: Session) -> T:
    """Run a coroutine that never really waits."""
    steps = body(session).__await__()
    try:
        next(steps)
    except StopIteration as done:
        result: T = done.value
        return result
    raise AssertionError("a database body awaited something other than its session")


def _duplicate(error: sqlite3.IntegrityError) -> Duplicate:
    # "UNIQUE constraint failed: memberships.workspace_id, memberships.user_name_key"
    return Duplicate(re.findall(r"\w+\.(\w+)", str(error)))


client_class = SqliteClient
