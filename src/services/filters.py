"""What a filter asks (RFC 7644 §3.4.2.2): a tree over resolved attributes, and whether a value answers it.

The text form is the door's business (`scim.filter`), the SQL form is `services.filter_sql`; both speak this tree. It is
smaller than the language: `compare` and `present` write what the language says of many values and of null with less.

- A `Comparison` is of one value. An attribute with many is compared inside a `ValuePath`: `emails.type eq "work"` is
  `emails[type eq "work"]`. Inside, a target leads from the element; the element of a simple attribute is its `value`.
- Nothing is compared with null: `eq null` is `not pr`, `ne null` is `pr`.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any

from .comparison import comparable
from .schemas import Attribute, Mutability, Returned, Target, Type


class Operator(StrEnum):
    EQ = "eq"
    NE = "ne"
    CO = "co"
    SW = "sw"
    EW = "ew"
    GT = "gt"
    GE = "ge"
    LT = "lt"
    LE = "le"


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: "Filter"


@dataclass(frozen=True, slots=True)
class Present:
    """There is a value; empty text is none."""

    target: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One value against another: `value` as it was written, `key` in its comparable form.

    A missing value differs (`ne`) from every value and fulfils no other operator.
    """

    target: Target
    operator: Operator
    value: Any
    key: Any

    @property
    def attribute(self) -> Attribute:
        return leaf(self.target)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuePath:
    """At least one of the values of `target` fulfils the whole of `filter`."""

    target: Target
    filter: "Filter"


Filter = And | Or | Not | Present | Comparison | ValuePath
NOTHING = Or(())


def compare(target: Target, operator: Operator, value: Any) -> Filter:
    """`target operator value`: one of many values is enough, also for `ne`, which holds of no value at all too.

    ValueError, with the reason as its text: the attribute cannot be compared like that.
    """
    if value is None and operator in (Operator.EQ, Operator.NE):
        return Not(present(target)) if operator is Operator.EQ else present(target)
    if many := _many(target):
        values, one = many
        chosen = ValuePath(target=values, filter=compare(one, operator, value))
        return Or((Not(Present(values)), chosen)) if operator is Operator.NE else chosen
    attribute = leaf(target)
    _refuse_unfit(attribute, operator)
    try:
        value = _fitting(attribute, value)
        return Comparison(target=target, operator=operator, value=value, key=comparable(attribute, value))
    except ValueError:
        raise ValueError(f"{attribute.name} is compared with {_COMPARED_WITH[attribute.type]}") from None


def compare_missing(operator: Operator, value: Any) -> Filter:
    """`compare` for an attribute that has no value anywhere (RFC 7644 §3.4.2.1)."""
    return Not(NOTHING) if (operator, value is None) in ((Operator.EQ, True), (Operator.NE, False)) else NOTHING


def present(target: Target) -> Filter:
    """`target pr`."""
    if target.sub and (many := _many(target)):
        values, one = many
        return ValuePath(target=values, filter=present(one))
    return Present(target)


def element(attribute: Attribute, name: str) -> Target | None:
    """What a name means inside `attribute[…]`."""
    if attribute.type is Type.COMPLEX:
        inner = attribute.sub(name)
    else:
        inner = _itself(attribute) if name.lower() == "value" else None
    return Target(schema=None, attribute=inner, sub=None, container=None) if inner else None


def refuse_hidden(target: Target) -> None:
    """ValueError when filters must not, or cannot, look at it.

    What is never shown must not be guessable. The URI of a resource is not stored: it is made when it is shown.
    """
    for part in (target.attribute, target.sub):
        if part and (part.returned is Returned.NEVER or part.mutability is Mutability.WRITE_ONLY):
            raise ValueError(f"{target.path} is never shown, nor searched")
    if leaf(target).name == "$ref" or target.path == "meta.location":
        raise ValueError(f"{target.path} cannot be searched")


def leaf(target: Target) -> Attribute:
    """The attribute that has the value; no filter is about a whole schema."""
    assert target.leaf
    return target.leaf


def names(target: Target) -> tuple[str, ...]:
    """The names that lead to a target, from the outside in."""
    parts = (target.attribute, target.sub)
    return tuple(name for name in (target.container, *(part and part.name for part in parts)) if name)


def find(target: Target, value: Any) -> Any:
    """What a document, or one element of a multi-valued attribute, has at a target; None when it has nothing there."""
    found: Any = value if isinstance(value, dict) else {"value": value}
    for name in names(target):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def matches(filter: Filter, value: Any) -> bool:
    """Whether a document, or one element of a multi-valued attribute, is what the filter asks for."""
    match filter:
        case And(parts=parts):
            return all(matches(part, value) for part in parts)
        case Or(parts=parts):
            return any(matches(part, value) for part in parts)
        case Not(part=part):
            return not matches(part, value)
        case Present(target=target):
            return _is_present(find(target, value))
        case ValuePath(target=target, filter=inner):
            return any(matches(inner, one) for one in find(target, value) or ())
        case Comparison(operator=operator):
            found = find(filter.target, value)
            if found is None:
                return operator is Operator.NE
            return _HOLDS[operator](comparable(filter.attribute, found), filter.key)


_HOLDS: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQ: operator.eq,
    Operator.NE: operator.ne,
    Operator.CO: operator.contains,
    Operator.SW: str.startswith,
    Operator.EW: str.endswith,
    Operator.GT: operator.gt,
    Operator.GE: operator.ge,
    Operator.LT: operator.lt,
    Operator.LE: operator.le,
}


_ORDER = {Operator.GT, Operator.GE, Operator.LT, Operator.LE}
_PART = {Operator.CO, Operator.SW, Operator.EW}
_TEXTS = {Type.STRING, Type.REFERENCE, Type.BINARY}
_COMPARED_WITH = {
    Type.STRING: "text in double quotes",
    Type.REFERENCE: "text in double quotes",
    Type.BINARY: "base64 in double quotes",
    Type.BOOLEAN: "true or false",
    Type.INTEGER: "a number",
    Type.DECIMAL: "a number",
    Type.DATETIME: 'a date with a time, such as "2026-01-31T08:00:00Z"',
}


def _is_present(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_is_present, value.values()))
    if isinstance(value, list):
        return any(map(_is_present, value))
    return value is not None and value != ""


def _many(target: Target) -> tuple[Target, Target] | None:
    """Where a target passes through many values: those, and the rest of the way from one of them.

    Complex values stand for their `value` (RFC 7644 §3.4.2.2); those that have none cannot be passed through.
    """
    attribute, sub = target.attribute, target.sub
    if attribute and attribute.multi_valued:
        values, one = replace(target, sub=None), element(attribute, sub.name if sub else "value")
    elif sub and sub.multi_valued:
        values, one = target, element(sub, "value")
    else:
        return None
    return (values, one) if one else None


def _refuse_unfit(attribute: Attribute, operator: Operator) -> None:
    if attribute.type is Type.COMPLEX:
        raise ValueError(f"{attribute.name} is compared by one of its sub-attributes")
    if operator in _ORDER and attribute.type in (Type.BOOLEAN, Type.BINARY):
        raise ValueError(f"{attribute.name} has no order for {operator}")
    if operator in _PART and attribute.type not in _TEXTS:
        raise ValueError(f"{attribute.name} is no text for {operator}")


def _fitting(attribute: Attribute, value: Any) -> Any:
    """The value as the attribute has it; "True" and "false" as text are booleans where it is one (Entra)."""
    match attribute.type, value:
        case Type.BOOLEAN, bool():
            return value
        case Type.BOOLEAN, str() if value.lower() in ("true", "false"):
            return value.lower() == "true"
        case Type.STRING | Type.REFERENCE | Type.BINARY | Type.DATETIME, str():
            return value
        case Type.INTEGER | Type.DECIMAL, int() | float() if not isinstance(value, bool):
            # SQLite takes no integer beyond 64 bits, and none is stored.
            return value if value < 2**63 else float(value)
    raise ValueError(value)


@lru_cache(maxsize=256)
def _itself(attribute: Attribute) -> Attribute:
    """An element of a simple multi-valued attribute, under the name it has inside brackets."""
    return replace(attribute, name="value", multi_valued=False)
