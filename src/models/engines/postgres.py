"""PostgreSQL: a pool of connections, transactions that are run again when they lose a race."""

import asyncio
import random
import re
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any, TypeVar

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient

from ...errors import Busy
from . import Body, Dialect, Duplicate, Row, Session

T = TypeVar("T")

DIALECT = Dialect(
    name="postgres",
    # NO KEY: nothing here changes a key, and a plain FOR UPDATE would shut out readers that hold FOR SHARE needlessly.
    for_update=" FOR NO KEY UPDATE",
    for_share=" FOR SHARE",
    ids="(SELECT value::uuid FROM jsonb_array_elements_text(?::jsonb))",
    texts="(SELECT value FROM jsonb_array_elements_text(?::jsonb))",
)
STATEMENTS_CACHED = 512
TRIES = 5
LOST_RACES = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
# A database that is gone, full, or slower than the time limits: nothing was changed, a later try may succeed.
PASSING = (
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresConnectionError,
    asyncpg.PostgresSystemError,
    OSError,
)


class PostgresClient(AsyncpgDBClient):
    """Tortoise's client, for migrations, with `read` and `write` for everything else.

    acquire_timeout_seconds     how long a request waits for a free connection
    statement_timeout_seconds   how long one statement may run
    lock_timeout_seconds        how long one statement may wait for a row another transaction holds
    """

    dialect = DIALECT

    def __init__(
        self,
        *args: Any,
        acquire_timeout_seconds: float = 2.0,
        statement_timeout_seconds: float = 5.0,
        lock_timeout_seconds: float = 2.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._acquire_timeout_seconds = acquire_timeout_seconds
        self._writes_under_way: set[asyncio.Task[Any]] = set()
        self.server_settings |= {
            "statement_timeout": str(int(statement_timeout_seconds * 1000)),
            "lock_timeout": str(int(lock_timeout_seconds * 1000)),
            "idle_in_transaction_session_timeout": "60000",
        }

    async def create_pool(self, **kwargs: Any) -> asyncpg.Pool:
        return await asyncpg.create_pool(None, init=_ids_as_text, statement_cache_size=STATEMENTS_CACHED, **kwargs)

    async def start(self) -> None:
        await self.create_connection(with_db=True)

    async def read(self, body: Body[T]) -> T:
        """Run the body on one connection, each statement seeing what is committed when it starts."""
        async with self._connection_of_pool() as connection:
            return await body(_PoolSession(connection))

    async def look(self, body: Body[T]) -> T:
        """`read`; here nothing is gained by saying that it is over in a moment."""
        return await self.read(body)

    async def write(self, body: Body[T]) -> T:
        """Run the body as one transaction, and run it again as a whole when another one got in its way.

        A cancelled caller leaves it whole: it goes on as a task of its own, and ends one way or the other.
        """
        task = asyncio.create_task(self._write(body))
        self._writes_under_way.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    async def close(self) -> None:
        if self._writes_under_way:
            await asyncio.wait(self._writes_under_way)
        await super().close()

    async def _write(self, body: Body[T]) -> T:
        for attempt in range(1, TRIES + 1):
            try:
                async with self._connection_of_pool() as connection, connection.transaction():
                    return await body(_PoolSession(connection))
            except LOST_RACES as error:
                if attempt == TRIES:
                    raise Busy("Too many changes of the same record at once") from error
                await asyncio.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311  # jitter, not a secret
        raise AssertionError("unreachable")

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._writes_under_way.discard(task)
        if not task.cancelled():
            # Seen, also when the caller is gone: a refusal nobody waits for is no error of the event loop.
            task.exception()

    @asynccontextmanager
    async def _connection_of_pool(self) -> AsyncIterator[asyncpg.Connection]:
        assert self._pool is not None
        try:
            connection = await self._pool.acquire(timeout=self._acquire_timeout_seconds)
        except (asyncpg.InterfaceError, *PASSING) as error:
            raise Busy("No database connection is free") from error
        try:
            yield connection
        except (asyncpg.InterfaceError, *PASSING) as error:
            if isinstance(error, asyncpg.InterfaceError) and not _is_lost(connection):
                # Not the connection, the statement is wrong: a bug, which trying again will not mend.
                raise
            raise Busy("The database cannot take this right now") from error
        finally:
            # Also when cancelled: release waits for what is under way and resets the session.
            await asyncio.shield(self._pool.release(connection))


class _PoolSession(Session):
    dialect = DIALECT

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def fetch_all(self, sql: str, params: Sequence[Any]) -> list[Row]:
        rows: list[Row] = await _naming_duplicates(self._connection.fetch(_numbered(sql), *params))
        return rows

    async def execute(self, sql: str, params: Sequence[Any]) -> int:
        status: str = await _naming_duplicates(self._connection.execute(_numbered(sql), *params))
        # "UPDATE 3", "INSERT 0 1", "CREATE TABLE"
        count = status.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        await _naming_duplicates(self._connection.executemany(_numbered(sql), rows))


def _is_lost(connection: asyncpg.Connection) -> bool:
    try:
        lost: bool = connection.is_closed()
    except asyncpg.InterfaceError:
        # The pool has let go of it already.
        return True
    return lost


async def _naming_duplicates(statement: Awaitable[T]) -> T:
    try:
        return await statement
    except asyncpg.UniqueViolationError as error:
        raise _duplicate(error) from error


async def _ids_as_text(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec("uuid", schema="pg_catalog", encoder=str, decoder=str, format="text")


@lru_cache(maxsize=4096)
def _numbered(sql: str) -> str:
    """`?` as `$1`, `$2`, …; our statements hold no question mark of another meaning."""
    first, *rest = sql.split("?")
    return first + "".join(f"${number}{part}" for number, part in enumerate(rest, start=1))


def _duplicate(error: asyncpg.UniqueViolationError) -> Duplicate:
    # "Key (workspace_id, user_name_key)=(…) already exists."
    key = re.match(r"Key \(([^)]*)\)=", error.detail or "")
    return Duplicate(key[1].split(", ") if key else ())


client_class = PostgresClient
