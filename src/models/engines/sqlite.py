"""SQLite: one writer connection, a few readers, each with a thread of its own."""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from typing import Any, TypeVar

import aiosqlite
from tortoise.backends.sqlite.client import SqliteClient as TortoiseSqliteClient

from ...errors import Busy
from . import Body, sqlite_thread
from .sqlite_thread import DIALECT, Outcome, Task

T = TypeVar("T")

STATEMENTS_CACHED = 512
# More would keep the first of them waiting for the last.
WRITES_AT_ONCE = 64


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
        self._looker: sqlite3.Connection | None = None
        self._waiting: deque[tuple[Task, asyncio.Future[Any]]] = deque()
        self._writing: asyncio.Task[None] | None = None

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
        self._looker = sqlite3.connect(
            self.filename, isolation_level=None, timeout=0, cached_statements=STATEMENTS_CACHED
        )
        self._looker.row_factory = sqlite3.Row
        self._looker.execute("PRAGMA query_only=ON")

    async def close(self) -> None:
        if self._writing is not None:
            await self._writing
        if self._looker is not None:
            self._looker.close()
            self._looker = None
        for reader in self._readers:
            await reader.close()
        self._readers.clear()
        self._idle_readers = asyncio.LifoQueue()
        await super().close()

    async def read(self, body: Body[T]) -> T:
        """Run the body against one snapshot of the database."""
        reader = await self._idle_readers.get()
        try:
            result: T = await _on_thread(reader, copy_context().run, sqlite_thread.read, reader._conn, body)
            return result
        finally:
            self._idle_readers.put_nowait(reader)

    async def look(self, body: Body[T]) -> T:
        """Run a body that is over in a moment where the caller runs: waking a thread would take longer than the work.

        Nothing waits here: while another process recovers the database or sets it up, a thread does.
        """
        assert self._looker is not None
        try:
            return sqlite_thread.look(self._looker, body)
        except Busy:
            return await self.read(body)

    async def write(self, body: Body[T]) -> T:
        """Run the body as one transaction. A cancelled caller leaves it whole: it ends on its thread either way.

        Those who come while the disk is busy with a commit share the next one.
        """
        waiting: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((Task(copy_context(), body), waiting))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_what_waits())
        return await waiting

    async def _write_what_waits(self) -> None:
        try:
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), WRITES_AT_ONCE))]
                outcomes = await self._write_together([task for task, _ in batch])
                for (_, waiting), outcome in zip(batch, outcomes, strict=True):
                    if waiting.done():
                        continue  # cancelled: nobody asks any more
                    if outcome.error is None:
                        waiting.set_result(outcome.value)
                    else:
                        waiting.set_exception(outcome.error)
        finally:
            self._writing = None

    async def _write_together(self, tasks: list[Task]) -> list[Outcome]:
        assert self._connection is not None
        try:
            outcomes: list[Outcome] = await _on_thread(
                self._connection, sqlite_thread.write, self._connection._conn, tasks
            )
        except Exception as error:
            # Whatever it was, nobody waits for ever.
            return [Outcome(error=error) for _ in tasks]
        return outcomes

    async def _connect(self, pragmas: dict[str, Any]) -> aiosqlite.Connection:
        connection = await aiosqlite.connect(self.filename, isolation_level=None, cached_statements=STATEMENTS_CACHED)
        connection._conn.row_factory = sqlite3.Row
        for pragma, value in pragmas.items():
            await connection.execute_fetchall(f"PRAGMA {pragma}={value}")
        return connection


async def _on_thread(connection: aiosqlite.Connection, work: Callable[..., Any], *args: Any) -> Any:
    # aiosqlite has no public way to run one function on the connection's thread; every method of it is this one.
    return await connection._execute(work, *args)  # type: ignore[no-untyped-call]


client_class = SqliteClient
