"""A PATCH message becomes a list of operations, each on one attribute (RFC 7644 §3.5.2).

An operation without a path turns into one for every attribute its value names, so that what carries operations out
(`patch_user`, `patch_group`) knows only operations with a target.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..errors import InvalidInput, TooLarge
from ..services.filters import Filter
from ..services.schemas import ResourceType, Target
from .documents import entry, is_writable, named, of_kind
from .filter import Path, parse_path

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


class Op(StrEnum):
    ADD = "add"
    REMOVE = "remove"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One change to one attribute, as asked for.

    target  writable, and defined for the resource; a whole extension comes with REMOVE alone
    filter  which of many values is meant; None for all of them
    value   as sent, not yet fitted to the attribute
    """

    op: Op
    target: Target
    filter: Filter | None = None
    value: Any = None


def operations(body: Any, resource_type: ResourceType, *, operations_max: int) -> list[Operation]:
    """Read a PATCH message.

    refuses  invalidSyntax for a message of another shape; invalidPath for a path that leads nowhere; mutability for one
             that leads to a read-only attribute; noTarget for a removal without a path; invalidValue for a missing
             value; TooLarge for more than `operations_max` operations
    """
    sent = entry(of_kind(body, PATCH_OP), "operations")
    if not isinstance(sent, list):
        raise InvalidInput("The body must have Operations, an array", reason="invalidSyntax")
    if len(sent) > operations_max:
        raise TooLarge(f"At most {operations_max} operations can be sent at once", limit=operations_max)
    return [operation for one in sent for operation in _read(one, resource_type)]


def _read(sent: Any, resource_type: ResourceType) -> Iterator[Operation]:
    if not isinstance(sent, dict):
        raise InvalidInput("Every operation must be an object", reason="invalidSyntax")
    given = {name.lower(): value for name, value in sent.items()}
    op, path = _op(given.get("op")), given.get("path")
    if path is not None and not isinstance(path, str):
        raise InvalidInput("The path of an operation must be text", reason="invalidPath")
    if op is not Op.REMOVE and "value" not in given:
        raise InvalidInput(f"An operation to {op} needs a value")
    if path and path.strip():
        return _at(path.strip(), op, given.get("value"), resource_type)
    if op is Op.REMOVE:
        raise InvalidInput("An operation to remove needs a path", reason="noTarget")
    return _throughout(op, given["value"], resource_type)


def _op(sent: Any) -> Op:
    """Entra writes it with a capital."""
    try:
        return Op(sent.lower())
    except (AttributeError, ValueError):
        raise InvalidInput(f"The op of an operation must be {', '.join(Op)}", reason="invalidSyntax") from None


def _at(text: str, op: Op, value: Any, resource_type: ResourceType) -> Iterator[Operation]:
    """The operation a path names, or several for the URN of a schema."""
    if text.lower().removeprefix(f"{resource_type.schema.id.lower()}:") == "password":
        return  # accepted and dropped
    path = _path(text, resource_type)
    if path.target.attribute is None and op is not Op.REMOVE:
        yield from _throughout(op, {text: value}, resource_type)
    elif path.target.path == "":
        raise InvalidInput("A resource cannot be removed by an operation", reason="noTarget")
    elif not is_writable(path.target):
        raise InvalidInput(f"{path.target.path} is read-only", reason="mutability")
    else:
        yield Operation(op=op, target=path.target, filter=path.filter, value=value)


def _throughout(op: Op, value: Any, resource_type: ResourceType) -> Iterator[Operation]:
    """An operation for every attribute an object names; what is unknown or read-only in it is passed over.

    Entra uses paths as names, `emails[type eq "work"].value` among them.
    """
    if not isinstance(value, dict):
        raise InvalidInput(f"An operation to {op} without a path needs an object as its value")
    for name, inner in value.items():
        if "[" in name:
            with suppress(InvalidInput):
                path = parse_path(name, resource_type)
                if is_writable(path.target):
                    yield Operation(op=op, target=path.target, filter=path.filter, value=inner)
            continue
        for target, sent in named({name: inner}, resource_type):
            if target.attribute:
                yield Operation(op=op, target=target, value=sent)
            elif op is Op.REPLACE and target.container:
                yield Operation(op=Op.REMOVE, target=target)


def _path(text: str, resource_type: ResourceType) -> Path:
    """Where a path leads. Entra leaves out the URN of the manager, so an unknown name may be one of an extension."""
    try:
        return parse_path(text, resource_type)
    except InvalidInput as error:
        for extension in resource_type.extensions:
            with suppress(InvalidInput):
                return parse_path(f"{extension.schema.id}:{text}", resource_type)
        raise InvalidInput(f"The path of an operation: {error}", reason="invalidPath") from error
