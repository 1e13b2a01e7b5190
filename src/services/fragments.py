"""Pieces of SQL with their values, and what the two databases spell differently: JSON and the comparison of text.

JSON is reached by a tuple of names, which come from schemas; a value is always a parameter.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from .filters import Operator
from .schemas import Type


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of SQL and the values of its placeholders, in their order."""

    sql: str
    params: tuple[Any, ...] = ()

    def within(self, before: str, after: str) -> "Fragment":
        return Fragment(f"{before}{self.sql}{after}", self.params)


def joined(word: str, *parts: Fragment) -> Fragment:
    if len(parts) == 1:
        return parts[0]
    params = tuple(value for part in parts for value in part.params)
    return Fragment(f"({word.join(part.sql for part in parts)})", params)


def condition(spelling: "Spelling", sql: str, operator: Operator, key: Any) -> Fragment:
    """`sql operator key` for an SQL value of the type of the key; NULL where that is NULL. Not for `ne`."""
    match operator, key:
        case _, bool():
            return Fragment(f"{sql} = {'TRUE' if key else 'FALSE'}")
        case _, int() | float():
            return Fragment(f"{sql} {_SIGNS[operator]} ?", (spelling.number(key),))
        case Operator.CO, _:
            return Fragment(f"{spelling.position}({sql}, ?) > 0", (key,))
        case Operator.EW, _:
            return Fragment(f"{spelling.ending(sql, len(key))} = ?", (key,))
        case Operator.EQ, _:
            return Fragment(f"{sql} = ?", (key,))
        case Operator.SW, _:
            return _starting(f"{sql}{spelling.by_code_point}", key)
        case _:
            return Fragment(f"{sql}{spelling.by_code_point} {_SIGNS[operator]} ?", (key,))


# The way into a JSON value: names of members, positions in arrays.
Names = tuple[str | int, ...]


class Spelling(Protocol):
    position: str
    by_code_point: str

    def read(self, json: str, names: Names, type: Type) -> str:
        """What stands there, as SQL of that type; NULL when nothing does."""

    def elements(self, json: str, names: Names, type: Type, alias: str) -> str:
        """The elements of the array there, as a table with the column `value`; empty when there is none."""

    def ending(self, sql: str, length: int) -> str:
        """The last characters of a text, or all when it has not that many."""

    def number(self, key: int | float) -> Any:
        """A number as a parameter."""


class _Sqlite:
    position = "instr"
    by_code_point = ""

    def read(self, json: str, names: Names, type: Type) -> str:
        return f"json_extract({json}, {self._path(names)})" if names else json

    def elements(self, json: str, names: Names, type: Type, alias: str) -> str:
        each = f"json_each({json}, {self._path(names)})"
        if type is Type.COMPLEX:
            # Text is no JSON to look into; it stands there when the attribute was a simple one before.
            each = f"(SELECT value FROM {each} WHERE type = 'object')"
        return f"{each} AS {alias}"

    def ending(self, sql: str, length: int) -> str:
        return f"substr({sql}, -{length}, {length})"

    def number(self, key: int | float) -> Any:
        return key

    def _path(self, names: Names) -> str:
        """'$."urn:…:User"."tags"'"""
        return _literal("$" + "".join(f"[{name}]" if isinstance(name, int) else f'."{name}"' for name in names))


class _Postgres:
    position = "strpos"
    by_code_point = ' COLLATE "C"'

    def read(self, json: str, names: Names, type: Type) -> str:
        found = f"{json} #> {self._path(names)}"
        match type:
            case Type.BOOLEAN:
                return f"(CASE {found} WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END)"
            case Type.INTEGER | Type.DECIMAL | Type.DATETIME:
                return f"(CASE jsonb_typeof({found}) WHEN 'number' THEN CAST({found} AS numeric) END)"
            case _:
                return f"({json} #>> {self._path(names)})"

    def elements(self, json: str, names: Names, type: Type, alias: str) -> str:
        found = f"{json} #> {self._path(names)}"
        return f"jsonb_array_elements(CASE jsonb_typeof({found}) WHEN 'array' THEN {found} END) AS {alias}(value)"

    def ending(self, sql: str, length: int) -> str:
        return f"right({sql}, {length})"

    def number(self, key: int | float) -> Any:
        # The shortest decimal of a float, as in the JSON it is compared with.
        return Decimal(repr(key)) if isinstance(key, float) else key

    def _path(self, names: Names) -> str:
        """'{"urn:…:User","tags"}'"""
        return _literal("{" + ",".join(f'"{name}"' for name in names) + "}")


SPELLINGS: Mapping[str, Spelling] = {"sqlite": _Sqlite(), "postgres": _Postgres()}

_SIGNS = {Operator.EQ: "=", Operator.GT: ">", Operator.GE: ">=", Operator.LT: "<", Operator.LE: "<="}


def _starting(sql: str, prefix: str) -> Fragment:
    """Text that starts with a prefix is a range, which an index can find: up to the next text that does not."""
    start = Fragment(f"{sql} >= ?", (prefix,))
    head = prefix.rstrip(chr(0x10FFFF))
    if not head:
        return start
    last = ord(head[-1])
    # Surrogates are no characters.
    end = head[:-1] + chr(0xE000 if last == 0xD7FF else last + 1)
    return joined(" AND ", start, Fragment(f"{sql} < ?", (end,)))


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
