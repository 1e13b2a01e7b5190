"""A filter as SQL: one boolean expression about a row of `memberships AS m`, or of `groups AS g`.

It is true or false, never NULL, so that NOT simply negates. An attribute is looked for in its column, else in the
comparable twin `m.search`; a user's `groups` and a group's `members` are rows of `group_members`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from ..models.database import Dialect
from . import filters
from .comparison import canonical_user_name
from .filters import And, Comparison, Filter, Not, Operator, Or, Present, ValuePath
from .fragments import SPELLINGS, Fragment, Spelling, condition, joined
from .schemas import GROUP, Document, ResourceType, Target, Type


def where(filter: Filter, resource_type: ResourceType, dialect: Dialect, *, workspace_id: str) -> Fragment:
    """What the rows fulfil that a filter asks for, among those of one workspace; AND it with `workspace_id = ?`."""
    compiler = _Compiler(SPELLINGS[dialect.name], workspace_id)
    return compiler.boolean(filter, _SCOPES[resource_type.name])


def where_member(filter: Filter, dialect: Dialect, *, workspace_id: str) -> Fragment:
    """What the members of a group fulfil that a filter over `value`, `display` and `type` asks for.

    It speaks of a row of `memberships AS r`.
    """
    compiler = _Compiler(SPELLINGS[dialect.name], workspace_id)
    return compiler.boolean(filter, _SCOPES["Group"].rows["members"].scope)


def value_of(target: Target, resource_type: ResourceType, dialect: Dialect) -> str | None:
    """SQL of the value a row has there, NULL where it has none; None for what all rows have alike or what is many rows.

    Of several values it is the primary one, else the first (RFC 7644 §3.4.2.3).
    """
    scope, spelling = _SCOPES[resource_type.name], SPELLINGS[dialect.name]
    if target.path in scope.rows or filters.find(target, scope.constants) is not None:
        return None
    if scope.has_keys and target.path == "userName":
        return "m.user_name_key"
    if (column := scope.columns.get(target.path)) is not None:
        return column.sql
    attribute, leaf = target.attribute, filters.leaf(target)
    if attribute is None or not attribute.multi_valued:
        return spelling.read(scope.json, filters.names(target), leaf.type)
    names = filters.names(replace(target, sub=None))
    inner = target.sub or attribute.sub("value")
    if inner is None:
        return spelling.read(scope.json, (*names, 0), attribute.type)
    first = spelling.read(scope.json, (*names, 0, inner.name), inner.type)
    elements = spelling.elements(scope.json, names, attribute.type, "e")
    value = spelling.read("e.value", (inner.name,), inner.type)
    is_primary = spelling.read("e.value", ("primary",), Type.BOOLEAN)
    return f"COALESCE((SELECT {value} FROM {elements} WHERE ({is_primary}) IS TRUE LIMIT 1), {first})"


def is_lookup(filter: Filter) -> bool:
    """Whether an index finds the few rows that can match, so that answering takes no time to speak of."""
    match filter:
        case And(parts=parts):
            return any(is_lookup(part) for part in parts)
        case ValuePath(filter=inner):
            return is_lookup(inner)
        case Comparison(operator=Operator.EQ, target=target):
            return target.path in _KEYS or filter.attribute.indexed
        case _:
            return False


_KEYS = frozenset({"id", "userName", "externalId", "displayName"})


@dataclass(frozen=True, slots=True)
class _Value:
    """SQL of one value. `kind` says what must be known of it: an `id` has a type of its own, `json` may be NULL."""

    sql: str
    kind: Literal["column", "nullable column", "id", "json"] = "column"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """The values of an attribute that are rows: `related AS r`, which `group_members AS e` ties to the `owner`."""

    owner: str
    owner_link: str
    related: str
    related_link: str
    scope: "_Scope"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scope:
    """What paths mean here: in a row of a resource, in a related row, or in one element of a JSON array.

    constants   the part of the document that all rows have alike
    json        what holds everything that is neither constant nor in `columns` or `rows`
    has_keys    lookups can be narrowed by the key columns and by `membership_values`
    """

    constants: Document = field(default_factory=dict)
    columns: Mapping[str, _Value] = field(default_factory=dict)
    rows: Mapping[str, _Rows] = field(default_factory=dict)
    json: str = ""
    depth: int = 0
    has_keys: bool = False


def _columns(alias: str) -> dict[str, _Value]:
    return {
        "id": _Value(f"{alias}.id", "id"),
        "externalId": _Value(f"{alias}.external_id", "nullable column"),
        "meta.created": _Value(f"{alias}.created_at"),
        "meta.lastModified": _Value(f"{alias}.updated_at"),
        "meta.version": _Value(f"('W/\"' || {alias}.version || '\"')"),
    }


_RELATED = {"value": _Value("r.id", "id"), "display": _Value("r.display_name_key")}

_SCOPES = {
    "User": _Scope(
        constants={"meta": {"resourceType": "User"}},
        columns={**_columns("m"), "active": _Value("m.active")},
        rows={
            "groups": _Rows(
                owner="m.id",
                owner_link="membership_id",
                related="groups",
                related_link="group_id",
                scope=_Scope(constants={"type": "direct"}, columns=_RELATED),
            )
        },
        json="m.search",
        has_keys=True,
    ),
    "Group": _Scope(
        constants={"schemas": [GROUP.schema.id], "meta": {"resourceType": "Group"}},
        columns={**_columns("g"), "displayName": _Value("g.display_name_key")},
        rows={
            "members": _Rows(
                owner="g.id",
                owner_link="group_id",
                related="memberships",
                related_link="membership_id",
                scope=_Scope(constants={"type": "User"}, columns=_RELATED),
            )
        },
    ),
}

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


class _Compiler:
    def __init__(self, spelling: Spelling, workspace_id: str) -> None:
        self._spelling = spelling
        self._workspace_id = workspace_id

    def boolean(self, node: Filter, scope: _Scope, *, negated: bool = False) -> Fragment:
        """The condition, or its opposite: NOT is carried down to the single terms, which keeps the nesting low."""
        match node:
            case Or(parts=()):
                return Fragment("TRUE" if negated else "FALSE")
            case And(parts=parts) | Or(parts=parts):
                word = " OR " if isinstance(node, Or) is not negated else " AND "
                # The deepest part first: what waits on the left of one takes room on the stack of SQLite's parser.
                deepest_first = sorted(parts, key=_depth, reverse=True)
                return joined(word, *(self.boolean(part, scope, negated=negated) for part in deepest_first))
            case Not(part=part):
                return self.boolean(part, scope, negated=not negated)
            case Comparison(operator=Operator.NE):
                return self.boolean(replace(node, operator=Operator.EQ), scope, negated=not negated)
            case _:
                term = self._term(node, scope)
                return term.within("NOT (", ")") if negated else term

    def _term(self, node: Present | Comparison | ValuePath, scope: _Scope) -> Fragment:
        if filters.find(node.target, scope.constants) is not None:
            return Fragment("TRUE" if filters.matches(node, scope.constants) else "FALSE")
        match node:
            case Present(target=target):
                return self._present(target, scope)
            case Comparison():
                return joined(" AND ", *self._narrowed(node, scope), self._comparison(node, scope))
            case ValuePath():
                return joined(" AND ", *self._narrowed(node, scope), self._some(node, scope))

    def _present(self, target: Target, scope: _Scope) -> Fragment:
        if rows := scope.rows.get(target.path):
            link = f"e.workspace_id = ? AND e.{rows.owner_link} = {rows.owner}"
            return Fragment(f"EXISTS (SELECT 1 FROM group_members AS e WHERE {link})", (self._workspace_id,))
        leaf = filters.leaf(target)
        if leaf.multi_valued:
            return Fragment(f"EXISTS (SELECT 1 FROM {self._elements(target, scope, alias='e')})")
        value = self._value(target, scope)
        if value.kind == "json" and leaf.type in (Type.STRING, Type.REFERENCE, Type.BINARY):
            return Fragment(f"({value.sql} <> '') IS TRUE")
        return Fragment(f"{value.sql} IS NOT NULL")

    def _comparison(self, node: Comparison, scope: _Scope) -> Fragment:
        if scope.has_keys and node.target.path == "userName" and node.operator is Operator.EQ:
            return Fragment("m.user_name_key = ?", (canonical_user_name(node.value),))
        value = self._value(node.target, scope)
        match value.kind:
            case "column":
                return self._condition(value.sql, node)
            case "nullable column":
                # Not IS TRUE, which keeps indexes out.
                return self._condition(value.sql, node).within("(", f" AND {value.sql} IS NOT NULL)")
            case "id" if node.operator is Operator.EQ:
                return self._condition(value.sql, node) if _ID.fullmatch(node.key) else Fragment("FALSE")
            case "id":
                return self._condition(f"CAST({value.sql} AS TEXT)", node)
            case "json":
                return self._condition(value.sql, node).within("(", ") IS TRUE")

    def _some(self, node: ValuePath, scope: _Scope) -> Fragment:
        """At least one of many values fulfils the inner filter."""
        if rows := scope.rows.get(node.target.path):
            inner = self.boolean(node.filter, rows.scope)
            return Fragment(
                f"{rows.owner} IN (SELECT e.{rows.owner_link} FROM group_members AS e JOIN {rows.related} AS r"
                f" ON r.workspace_id = e.workspace_id AND r.id = e.{rows.related_link}"
                f" WHERE e.workspace_id = ? AND {inner.sql})",
                (self._workspace_id, *inner.params),
            )
        alias = f"e{scope.depth}"
        here = _Scope(json=f"{alias}.value", depth=scope.depth + 1)
        attribute = filters.leaf(node.target)
        if attribute.type is not Type.COMPLEX:
            here = replace(here, columns={"value": _Value(self._spelling.read(here.json, (), attribute.type), "json")})
        elements = self._elements(node.target, scope, alias=alias)
        return self.boolean(node.filter, here).within(f"EXISTS (SELECT 1 FROM {elements} WHERE ", ")")

    def _narrowed(self, node: Comparison | ValuePath, scope: _Scope) -> Iterator[Fragment]:
        """Conditions that hold as well then, and have an index."""
        for path, comparison in _lookups(node) if scope.has_keys else ():
            if path == "displayName":
                yield self._condition("m.display_name_key", comparison)
            elif comparison.attribute.indexed:
                inner = self._condition("value_key", comparison)
                yield Fragment(
                    "m.id IN (SELECT membership_id FROM membership_values"
                    f" WHERE workspace_id = ? AND attribute = ? AND {inner.sql})",
                    (self._workspace_id, path, *inner.params),
                )

    def _value(self, target: Target, scope: _Scope) -> _Value:
        if column := scope.columns.get(target.path):
            return column
        return _Value(self._spelling.read(scope.json, filters.names(target), filters.leaf(target).type), "json")

    def _elements(self, target: Target, scope: _Scope, *, alias: str) -> str:
        return self._spelling.elements(scope.json, filters.names(target), filters.leaf(target).type, alias)

    def _condition(self, sql: str, node: Comparison) -> Fragment:
        return condition(self._spelling, sql, node.operator, node.key)


def _lookups(node: Comparison | ValuePath) -> Iterator[tuple[str, Comparison]]:
    """What a node asks of single paths, where all of it has to hold and an index could tell."""
    match node:
        case Comparison(operator=Operator.EQ | Operator.SW):
            yield node.target.path, node
        case ValuePath(target=target, filter=inner):
            for part in inner.parts if isinstance(inner, And) else (inner,):
                if isinstance(part, Comparison):
                    yield from ((f"{target.path}.{path}", found) for path, found in _lookups(part))


def _depth(node: Filter) -> int:
    """How many parentheses stand inside each other in its SQL."""
    match node:
        case And(parts=parts) | Or(parts=parts):
            return 1 + max(map(_depth, parts), default=0)
        case Not(part=part):
            return _depth(part)
        case ValuePath(filter=inner):
            return 1 + _depth(inner)
        case _:
            return 0
