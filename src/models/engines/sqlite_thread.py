"""What happens on the thread of a SQLite connection: bodies are run to their end, several writers in one commit."""

import re
import sqlite3
from collections.abc import Callable, Sequence
from contextvars import Context
from dataclasses import dataclass
from typing import Any, TypeVar

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
# What a full disk, a locked file or a lost mount answers: nothing was changed, a later try may succeed.
NOT_NOW = "The database cannot take this right now"
PASSING = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
}


@dataclass(frozen=True, slots=True)
class Task:
    """A body that waits for its turn to write, and the context of who asked for it."""

    context: Context
    body: Body[Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a body gave back, or what ended it."""

    value: Any = None
    error: BaseException | None = None


def look(connection: sqlite3.Connection, body: Body[T]) -> T:
    """Run a body, each of its statements seeing what is committed when it starts."""
    try:
        return _drive(body, connection)
    except sqlite3.OperationalError as error:
        raise _refusal(error) from error


def read(connection: sqlite3.Connection, body: Body[T]) -> T:
    """Run a body against one snapshot of the database."""
    try:
        connection.execute("BEGIN")
        try:
            return _drive(body, connection)
        finally:
            connection.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        raise _refusal(error) from error


def write(connection: sqlite3.Connection, tasks: Sequence[Task]) -> list[Outcome]:
    """Run bodies one after another, each whole or not at all, and commit them with one sync of the disk.

    IMMEDIATE, because a deferred transaction that reads before it writes fails as soon as another process wrote.
    """
    outcomes: list[Outcome] = []
    try:
        connection.execute("BEGIN IMMEDIATE")
        for task in tasks:
            outcomes.append(task.context.run(_attempt, connection, task.body))
            if not connection.in_transaction:
                # SQLite itself rolled back, as it does when the disk is full: what came before is gone as well.
                return [Outcome(error=Busy(NOT_NOW)) for _ in tasks]
        connection.execute("COMMIT")
    except sqlite3.OperationalError as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        return [Outcome(error=_refusal(error)) for _ in tasks]
    return outcomes


def _attempt(connection: sqlite3.Connection, body: Body[Any]) -> Outcome:
    connection.execute("SAVEPOINT body")
    try:
        outcome = Outcome(value=_drive(body, connection))
    except BaseException as error:
        outcome = Outcome(error=_refusal(error) if isinstance(error, sqlite3.OperationalError) else error)
        if connection.in_transaction:
            connection.execute("ROLLBACK TO body")
    if connection.in_transaction:
        connection.execute("RELEASE body")
    return outcome


def _drive(body: Body[T], connection: sqlite3.Connection) -> T:
    """Run a coroutine that never really waits."""
    steps = body(_ThreadSession(connection)).__await__()
    try:
        next(steps)
    except StopIteration as done:
        result: T = done.value
        return result
    # Here and now, for what it cleans up belongs to this context.
    steps.close()
    raise AssertionError("a database body awaited something other than its session")


def _refusal(error: sqlite3.OperationalError) -> Exception:
    # The low byte is the plain code, the rest says more about it.
    return Busy(NOT_NOW) if error.sqlite_errorcode & 0xFF in PASSING else error


class _ThreadSession(Session):
    """Statements on the thread the body runs on: each is done before its coroutine first returns."""

    dialect = DIALECT

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def fetch_all(self, sql: str, params: Sequence[Any]) -> list[Row]:
        return _cursor(self._connection.execute, sql, params).fetchall()

    async def execute(self, sql: str, params: Sequence[Any]) -> int:
        return _cursor(self._connection.execute, sql, params).rowcount

    async def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        _cursor(self._connection.executemany, sql, rows)


def _cursor(run: Callable[[str, Sequence[Any]], sqlite3.Cursor], sql: str, values: Sequence[Any]) -> sqlite3.Cursor:
    try:
        return run(sql, values)
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorcode in (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY):
            raise _duplicate(error) from error
        raise


def _duplicate(error: sqlite3.IntegrityError) -> Duplicate:
    # "UNIQUE constraint failed: memberships.workspace_id, memberships.user_name_key"
    return Duplicate(re.findall(r"\w+\.(\w+)", str(error)))
