"""Conditions of listings: SQL with its values, put together without a value ever entering the text."""

import re
from collections.abc import Iterable

import orjson

from ..errors import InvalidInput
from ..models import database
from .comparison import fold
from .fragments import Fragment

SEARCH_CHARS_MIN = 2
SEARCH_CHARS_MAX = 200
_WILD = re.compile(r"[\\%_]")


def condition(sql: str, *params: str | int | None) -> Fragment:
    return Fragment(sql, params)


def every(*conditions: Fragment | None) -> Fragment:
    """All of the conditions that are given."""
    given = [condition for condition in conditions if condition is not None]
    return Fragment(" AND ".join(c.sql for c in given), tuple(value for c in given for value in c.params))


def equals(column: str, value: str | int | None) -> Fragment | None:
    """The column holds the value; None does not narrow."""
    return None if value is None else Fragment(f"{column} = ?", (value,))


def among_ids(column: str, ids: Iterable[str] | None) -> Fragment | None:
    """The column holds one of the ids; None does not narrow, no ids match nothing."""
    return None if ids is None else _among(column, list(ids), database.dialect().ids)


def among_texts(column: str, texts: Iterable[str] | None) -> Fragment | None:
    """The column holds one of the texts; None does not narrow, no texts match nothing."""
    return None if texts is None else _among(column, list(texts), database.dialect().texts)


def contains(columns: Iterable[str], search: str | None) -> Fragment | None:
    """One of the columns, which hold folded text, contains what is searched for; None does not narrow.

    refuses  InvalidInput for a text too short to be worth reading every row for, or too long
    """
    if search is None:
        return None
    text = search.strip()
    if not SEARCH_CHARS_MIN <= len(text) <= SEARCH_CHARS_MAX:
        raise InvalidInput(f"A search takes {SEARCH_CHARS_MIN} to {SEARCH_CHARS_MAX} characters", path=("search",))
    pattern = "%" + _WILD.sub(r"\\\g<0>", fold(text)) + "%"
    columns = tuple(columns)
    return Fragment(
        "(" + " OR ".join(f"{column} LIKE ? ESCAPE '\\'" for column in columns) + ")", (pattern,) * len(columns)
    )


def _among(column: str, values: list[str], unpacked: str) -> Fragment:
    if len(values) == 1:
        # What is equal can come from an index in the order of the list; for one of several SQLite reads the whole list.
        return Fragment(f"{column} = ?", tuple(values))
    # As an array PostgreSQL looks the values up; as a subquery it would rather read the whole workspace and join.
    is_postgres = database.dialect().name == "postgres"
    return Fragment(f"{column} {f'= ANY(ARRAY{unpacked})' if is_postgres else f'IN {unpacked}'}", (as_json(values),))


def as_json(values: Iterable[str]) -> str:
    """Ids or texts as the one value that `dialect().ids` and `dialect().texts` take."""
    return orjson.dumps(list(values)).decode()
