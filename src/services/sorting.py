"""The order of a list, by any one value its resources have (RFC 7644 §3.4.2.3)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..errors import InvalidInput
from ..models.database import Dialect
from . import filter_sql
from .fragments import SPELLINGS, Fragment
from .schemas import Attribute, ResourceType, Target, Type

_TEXTS = (Type.STRING, Type.REFERENCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """By which value, and which way round. Rows with equal values, or none, come in the order they were made."""

    target: Target
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Position:
    """A row's place in an order: its value, None when it has none, and its id."""

    key: Any
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order as SQL.

    key         NULL for rows without a value, which come last ascending and first descending; None: by `id` alone
    is_number   the key is a JSON number, whose place travels as decimal text
    """

    id: str
    key: str | None = None
    descending: bool = False
    is_number: bool = False

    @property
    def by(self) -> str:
        """What to ORDER BY."""
        if self.key is None:
            return self.id
        way = " DESC" if self.descending else ""
        return f"({self.key}) IS NULL{way}, {self.key}{way}, {self.id}"

    def after(self, position: Position) -> Fragment:
        """The condition of all rows that come after a place."""
        if self.key is None:
            return Fragment(f"{self.id} > ?", (position.id,))
        key, id = self.key, self.id
        if position.key is None:
            rest = f" OR {key} IS NOT NULL" if self.descending else ""
            return Fragment(f"(({key} IS NULL AND {id} > ?){rest})", (position.id,))
        beyond, rest = ("<", "") if self.descending else (">", f" OR {key} IS NULL")
        value = Decimal(position.key) if self.is_number and isinstance(position.key, str) else position.key
        return Fragment(f"({key} {beyond} ? OR ({key} = ? AND {id} > ?){rest})", (value, value, position.id))


def read(path: str, resource_type: ResourceType, *, descending: bool) -> Sort:
    """refuses   InvalidInput for what there is no order by: unknown, complex, binary or many other rows"""
    target = resource_type.resolve(path)
    if target is None or target.attribute is None:
        raise InvalidInput(f"sortBy: there is no attribute {path[:100]}")
    leaf = _leaf(target)
    if leaf.type in (Type.COMPLEX, Type.BINARY) or target.attribute.name in ("groups", "members"):
        raise InvalidInput(f"sortBy: nothing can be sorted by {path[:100]}")
    if target.path == "meta.location" and (id := resource_type.resolve("id")):
        target = id  # what stands before the id in it is the same for all
    return Sort(target=target, descending=descending)


def order(sort: Sort | None, alias: str, resource_type: ResourceType, dialect: Dialect) -> Order:
    if sort is None or (key := filter_sql.value_of(sort.target, resource_type, dialect)) is None:
        return Order(id=f"{alias}.id")
    leaf = _leaf(sort.target)
    if leaf.type in _TEXTS and sort.target.path != "id":
        key = f"{key}{SPELLINGS[dialect.name].by_code_point}"
    is_number = leaf.type in (Type.DECIMAL, Type.INTEGER)
    return Order(id=f"{alias}.id", key=key, descending=sort.descending, is_number=is_number)


def _leaf(target: Target) -> Attribute:
    """The attribute whose values are compared; of a multi-valued complex one that is `value`."""
    assert target.attribute is not None
    return target.sub or (target.attribute.multi_valued and target.attribute.sub("value")) or target.attribute
