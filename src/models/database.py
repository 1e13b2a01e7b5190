"""The one way to the rows: bodies of work marked `@reads` or `@writes`, and statements inside them.

    @writes
    async def rename(actor, group_id, name): ...      one transaction, with whatever it calls

A body awaits nothing but this module, so that it can run as one call on SQLite's thread and be run again on PostgreSQL.
"""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache, wraps
from typing import Any, ParamSpec, TypeVar, cast

from tortoise import Tortoise
from tortoise.migrations.api import migrate as apply_migrations
from tortoise.models import Model

from .engines import Dialect, Duplicate, Engine, Row, Session

__all__ = [
    "Dialect",
    "Duplicate",
    "Row",
    "before_commit",
    "close",
    "dialect",
    "execute",
    "execute_many",
    "fetch_all",
    "fetch_one",
    "fetch_value",
    "insert",
    "migrate",
    "open",
    "reads",
    "writes",
]

P = ParamSpec("P")
T = TypeVar("T")
Config = dict[str, Any]
LastStep = Callable[[list[Any]], Awaitable[None]]


@dataclass(slots=True)
class _Work:
    """The body under way: its session and what has to happen before it commits."""

    session: Session
    writes: bool
    last_steps: dict[LastStep, list[Any]] = field(default_factory=dict)


_engine: Engine | None = None
_work: ContextVar[_Work | None] = ContextVar("database_work", default=None)


async def open(config: Config) -> None:  # the module's name is part of it: database.open
    """Connect this process to its database; `config` is `settings.tortoise_config(…)`."""
    global _engine
    assert _engine is None, "the database is open already"
    await Tortoise.init(config=config, _enable_global_fallback=True)
    engine = cast("Engine", Tortoise.get_connection("default"))
    try:
        await engine.start()
    except BaseException:
        # What was opened has threads that would keep the process from ending.
        await Tortoise.close_connections()
        raise
    _engine = engine


async def close() -> None:
    global _engine
    _engine = None
    await Tortoise.close_connections()


async def migrate(config: Config) -> None:
    """Bring the tables to their newest form."""
    try:
        await apply_migrations(config=config)
    finally:
        await Tortoise.close_connections()


def reads(body: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Run the function on a read connection; inside other work it is part of that."""

    @wraps(body)
    async def run(*args: P.args, **kwargs: P.kwargs) -> T:
        if _work.get() is not None:
            return await body(*args, **kwargs)
        return await _opened().read(lambda session: _within(_Work(session, writes=False), body, *args, **kwargs))

    return run


def looks(body: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """`reads` for what is over in a moment: a few rows, each found by an index."""

    @wraps(body)
    async def run(*args: P.args, **kwargs: P.kwargs) -> T:
        if _work.get() is not None:
            return await body(*args, **kwargs)
        return await _opened().look(lambda session: _within(_Work(session, writes=False), body, *args, **kwargs))

    return run


def writes(body: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Run the function as one transaction; inside another one it is part of that, so all stand or fall together."""

    @wraps(body)
    async def run(*args: P.args, **kwargs: P.kwargs) -> T:
        work = _work.get()
        if work is not None:
            assert work.writes, f"{body.__qualname__} writes, but is called while only reading"
            return await body(*args, **kwargs)
        return await _opened().write(lambda session: _within(_Work(session, writes=True), body, *args, **kwargs))

    return run


async def fetch_all(sql: str, *params: Any) -> list[Row]:
    return await _current().session.fetch_all(sql, params)


async def fetch_one(sql: str, *params: Any) -> Row | None:
    """The first row, or None."""
    rows = await _current().session.fetch_all(sql, params)
    return rows[0] if rows else None


async def fetch_value(sql: str, *params: Any) -> Any:
    """The first column of the first row, or None."""
    row = await fetch_one(sql, *params)
    return None if row is None else row[0]


async def execute(sql: str, *params: Any) -> int:
    """How many rows it touched."""
    return await _writing().session.execute(sql, params)


async def execute_many(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    if rows:
        await _writing().session.execute_many(sql, rows)


async def insert(model: type[Model], **values: Any) -> None:
    """Add one row; the names are the model's fields."""
    await execute(_insert(model, tuple(values)), *values.values())


def dialect() -> Dialect:
    return _opened().dialect


def before_commit(step: LastStep, item: Any) -> None:
    """Hand the item to `step` at the end of the transaction under way, in one call with all others handed to it."""
    _current().last_steps.setdefault(step, []).append(item)


@lru_cache(maxsize=256)
def _insert(model: type[Model], names: tuple[str, ...]) -> str:
    known = model._meta.fields_db_projection
    columns = ", ".join(f'"{known[name]}"' for name in names)
    return f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES ({", ".join("?" * len(names))})'


async def _within(work: _Work, body: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
    token = _work.set(work)
    try:
        result = await body(*args, **kwargs)
        for step, items in work.last_steps.items():
            await step(items)
    finally:
        _work.reset(token)
    return result


def _current() -> _Work:
    work = _work.get()
    assert work is not None, "a statement outside of @reads and @writes"
    return work


def _writing() -> _Work:
    work = _current()
    assert work.writes, "a statement that writes while only reading"
    return work


def _opened() -> Engine:
    assert _engine is not None, "the database is not open"
    return _engine
