"""PATCH of a user: operations are carried out on its document (RFC 7644 §3.5.2.1-3).

Every step makes a new document of the old one, so a refused operation leaves nothing half done.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

from ..errors import InvalidInput
from ..services.comparison import comparable
from ..services.filters import And, Comparison, Filter, Operator, matches
from ..services.schemas import Attribute, Document, Mutability, Type
from .patch import Op, Operation
from .values import canonical, distinct, identity, is_primary, is_told, is_unassigned, parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Patched:
    document: Document
    active: bool


def apply(operations: Iterable[Operation], document: Document, *, active: bool) -> Patched:
    """The document and `active` after all operations, in their order; what was given stays as it is.

    refuses  invalidValue for a value that does not fit, and for a required attribute left without one; mutability for
             an immutable attribute that has a value, and for the removal of a required one; noTarget for a filter that
             matches no value and describes none
    """
    result = {**document, "active": active}
    for operation in operations:
        result = _applied(operation, result)
        # Whether someone has access is never unassigned; a client that clears it has said nothing about it.
        active = result.setdefault("active", active)
    del result["active"]
    return Patched(document=result, active=active)


def _applied(operation: Operation, document: Document) -> Document:
    target, attribute = operation.target, operation.target.attribute
    if attribute is None:
        assert target.container, "only an extension is removed as a whole"
        for part in target.schema.attributes if target.schema else ():
            _refuse_change(part, document.get(target.container, {}).get(part.name), None, operation.op, at=part.name)
        return _with(document, target.container, None)
    if operation.op is Op.ADD and is_unassigned(operation.value):
        return document
    holder = document if target.container is None else document.get(target.container, {})
    before = holder.get(attribute.name)
    if attribute.multi_valued:
        after = _many(operation, attribute, before or []) or None
    else:
        after = _one(operation, attribute, before)
    _refuse_change(attribute, before, after, operation.op, at=attribute.name)
    changed = _with(holder, attribute.name, after)
    return changed if target.container is None else _with(document, target.container, changed)


def _with(holder: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    """A copy that has the value, or lacks the name when there is none."""
    if is_unassigned(value):
        return {other: kept for other, kept in holder.items() if other != name}
    return {**holder, name: value}


def _clears(operation: Operation) -> bool:
    """Replacing by nothing is removing (RFC 7643 §2.5); adding nothing never gets this far."""
    return operation.op is Op.REMOVE or is_unassigned(operation.value)


def _one(operation: Operation, attribute: Attribute, before: Any) -> Any:
    """A single-valued attribute after the operation. A complex one is merged: what is not named stays."""
    if _clears(operation) and not operation.target.sub:
        return None
    if attribute.type is Type.COMPLEX:
        return _merged(before or {}, _changes(operation, attribute)) or None
    value = canonical(attribute, operation.value, at=operation.target.path)
    return before if value is None and operation.op is Op.ADD else value


def _many(operation: Operation, attribute: Attribute, before: list[Any]) -> list[Any]:
    """The values of a multi-valued attribute after the operation."""
    if operation.filter is None and operation.target.sub is None:
        return _all(operation, attribute, before)
    chosen = {i for i, element in enumerate(before) if not operation.filter or matches(operation.filter, element)}
    if _clears(operation) and operation.target.sub is None:
        return [element for i, element in enumerate(before) if i not in chosen]
    if not chosen and not _clears(operation):
        return _settled(attribute, [*before, _created(operation, attribute)], newest={len(before)})
    changes = _changes(operation, attribute)
    after = [_changed(element, changes) if i in chosen else element for i, element in enumerate(before)]
    if _clears(operation):  # what has lost its value has nothing left to say
        return distinct(attribute, (element for element in after if is_told(attribute, element)))
    return _settled(attribute, after, newest=chosen)


def _all(operation: Operation, attribute: Attribute, before: list[Any]) -> list[Any]:
    if operation.op is Op.REMOVE and operation.value is not None:
        return _without(attribute, before, operation.value, at=operation.target.path)
    if _clears(operation):
        return []
    new = canonical(attribute, operation.value, at=operation.target.path) or []
    if operation.op is Op.REPLACE:
        return new
    return _settled(attribute, [*before, *new], newest=range(len(before), len(before) + len(new)))


def _without(attribute: Attribute, before: list[Any], value: Any, *, at: str) -> list[Any]:
    """Entra and others remove values by listing them; what is listed may be told by less than all it has."""
    sent = value if isinstance(value, list) else [value]
    if attribute.type is not Type.COMPLEX:
        gone = {identity(attribute, element) for element in canonical(attribute, sent, at=at) or ()}
        return [element for element in before if identity(attribute, element) not in gone]
    if any(isinstance(element, list) and element for element in sent):
        raise InvalidInput(f"{at} must be objects")
    listed = [_merged({}, parts(attribute, element, at=at)) for element in sent]
    wanted = [element for element in comparable(attribute, listed) if element]
    return [
        element
        for element, twin in zip(before, comparable(attribute, before), strict=True)
        if not any(one.items() <= twin.items() for one in wanted)
    ]


def _changes(operation: Operation, attribute: Attribute) -> Any:
    """What an operation sets: sub-attributes, those it clears as None; or the value of a simple attribute."""
    sub, at = operation.target.sub, operation.target.path
    if attribute.type is not Type.COMPLEX:
        value = canonical(replace(attribute, multi_valued=False), operation.value, at=at)
        if value is None:
            raise InvalidInput(f"{at} needs a value")
        return value
    if sub is None:
        changes = parts(attribute, operation.value, at=at)
    else:
        changes = {sub.name: None if operation.op is Op.REMOVE else canonical(sub, operation.value, at=at)}
    if operation.op is Op.ADD:
        return {name: value for name, value in changes.items() if value is not None}
    return changes


def _changed(before: Any, changes: Any) -> Any:
    return _merged(before, changes) if isinstance(changes, dict) else changes


def _merged(before: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = {name: value for name, value in {**before, **changes}.items() if value is not None}
    if "$ref" not in changes and merged.get("value") != before.get("value"):
        merged.pop("$ref", None)  # it led to what was the value before
    return merged


def _created(operation: Operation, attribute: Attribute) -> Any:
    """The value a filter describes, for it matched none: Entra makes its first work e-mail address like this."""
    described = _described(operation.filter) if operation.filter else {}
    if described is None or (operation.op is Op.REPLACE and operation.target.sub is None):
        raise InvalidInput(f"{operation.target.path} has no value that the path asks for", reason="noTarget")
    return _changed(described, _changes(operation, attribute))


def _described(filter: Filter) -> dict[str, Any] | None:
    """What a filter made only of equalities says of a value; None for any other, and when they contradict."""
    match filter:
        case Comparison(operator=Operator.EQ, attribute=sub):
            return {sub.name: canonical(sub, filter.value, at=sub.name)}
        case And(parts=terms):
            described: dict[str, Any] = {}
            for term in map(_described, terms):
                if term is None:
                    return None
                described |= term
            return described if matches(filter, described) else None
    return None


def _settled(attribute: Attribute, elements: list[Any], *, newest: Collection[int]) -> list[Any]:
    """Values without repeats, of which one is primary at most: a new primary takes over (RFC 7644 §3.5.2)."""
    primaries = [i for i in newest if is_primary(elements[i])]
    if len(primaries) > 1:
        raise InvalidInput(f"Only one value of {attribute.name} may be primary")
    if primaries:
        elements = [
            {**element, "primary": False} if is_primary(element) and i not in primaries else element
            for i, element in enumerate(elements)
        ]
    return distinct(attribute, elements)


def _refuse_change(attribute: Attribute, before: Any, after: Any, op: Op, *, at: str) -> None:
    """What is required stays assigned, what is immutable stays as it is (RFC 7644 §3.5.2)."""
    if before == after:
        return
    if attribute.required and after is None:
        raise InvalidInput(f"{at} is required", reason="mutability" if op is Op.REMOVE else "invalidValue")
    if attribute.mutability is Mutability.IMMUTABLE and before is not None:
        raise InvalidInput(f"{at} is immutable and has a value", reason="mutability")
    if isinstance(after, dict):
        for sub in attribute.sub_attributes:
            _refuse_change(sub, (before or {}).get(sub.name), after.get(sub.name), op, at=f"{at}.{sub.name}")
