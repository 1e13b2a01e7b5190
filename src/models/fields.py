"""The few column types of ours: what an id, a moment and a folded text are in the database."""

import os
import re
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from tortoise import fields

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


def new_id() -> str:
    """A UUIDv7 (RFC 9562 §5.7) as canonical text: unique, and ordered by the time it was made."""
    return str(UUID(int=_next_id()))


def first_id_of(moment: int) -> str:
    """The least id that can have been made at this moment or after it, in microseconds: what is older has less."""
    return str(UUID(int=(moment // 1_000) << 80))


def is_id(text: str) -> bool:
    """Whether the text is an id as `new_id` writes them; only such text may be compared with one."""
    return _ID.fullmatch(text) is not None


def now() -> int:
    """This moment in microseconds since 1970 UTC, the form of every `*_at` column."""
    return time.time_ns() // 1_000


def _next_id(clock: Callable[[], int] = time.time_ns) -> int:
    # 48 bits of milliseconds, 12 bits of the fraction of that millisecond (RFC 9562 §6.2 method 3), 62 random bits.
    milliseconds, rest = divmod(clock(), 1_000_000)
    fraction = rest * 4096 // 1_000_000
    random = int.from_bytes(os.urandom(8)) & ((1 << 62) - 1)
    return (milliseconds & ((1 << 48) - 1)) << 80 | 7 << 76 | fraction << 64 | 2 << 62 | random


class IdField(fields.UUIDField[UUID]):
    """A UUID: `uuid` on PostgreSQL, its canonical text on SQLite."""

    def __init__(self, **kwargs: Any) -> None:
        if kwargs.get("primary_key"):
            kwargs.setdefault("default", new_id)
        super().__init__(**kwargs)


class MomentField(fields.BigIntField):
    """Microseconds since 1970 UTC.

    One integer on both databases: it compares, indexes and travels alike, and has no time zone to get wrong.
    """


class FoldedField(fields.CharField[str]):
    """Folded text (`services.comparison.fold`), compared and ordered by code point on both databases."""

    class _db_postgres:  # noqa: N801  # Tortoise's name
        def __init__(self, field: "FoldedField") -> None:
            self.field = field

        @property
        def SQL_TYPE(self) -> str:  # noqa: N802  # Tortoise's name
            return f'VARCHAR({self.field.max_length}) COLLATE "C"'
