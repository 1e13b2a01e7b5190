"""The body of a POST or PUT becomes a document (RFC 7644 §3.3 and §3.5.1)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..errors import InvalidInput
from ..services.schemas import Attribute, Document, Mutability, ResourceType, Target
from .values import canonical, is_unassigned, member_ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a body says of a resource.

    document  all that is kept in a document; what is unassigned, unknown, read-only or a password is left out
    active    None when the body of a user does not say
    members   ids, each once and folded; None when the body of a group does not say
    """

    document: Document
    active: bool | None
    members: tuple[str, ...] | None


def read(body: Any, resource_type: ResourceType, *, members_max: int) -> Read:
    """Read a whole resource.

    refuses  invalidSyntax without an object or its `schemas`; invalidValue for a value that does not fit its attribute
             and for a required one that is missing; TooLarge for more than `members_max` members
    """
    refuse_without_schemas(body)
    document: Document = {}
    members = None
    for target, value in named(body, resource_type):
        if target.attribute is None or target.sub:
            continue
        if target.path == "members":  # rows of their own, never part of a document
            members = member_ids(value, members_max=members_max)
        elif (read_value := canonical(target.attribute, value, at=target.path)) is not None:
            holder = document if target.container is None else document.setdefault(target.container, {})
            holder[target.attribute.name] = read_value
    active = document.pop("active", None)
    _refuse_incomplete(document, resource_type)
    return Read(document=document, active=active, members=members)


def refuse_without_schemas(body: Any) -> None:
    """Every message names its schemas (RFC 7643 §3), but clients differ in which: any names will do."""
    if not isinstance(body, dict):
        raise InvalidInput("The body must be a JSON object", reason="invalidSyntax")
    schemas = entry(body, "schemas")
    if not schemas or not isinstance(schemas, list) or not all(isinstance(urn, str) for urn in schemas):
        raise InvalidInput("The body must have schemas, an array of URNs", reason="invalidSyntax")


def of_kind(body: Any, urn: str) -> dict[str, Any]:
    """The body, which names the kind of message it is.

    refuses  invalidSyntax for anything else
    """
    refuse_without_schemas(body)
    if urn.lower() not in (named.lower() for named in entry(body, "schemas")):
        raise InvalidInput(f"The body must name {urn} in schemas", reason="invalidSyntax")
    message: dict[str, Any] = body
    return message


def entry(message: dict[str, Any], name: str) -> Any:
    """What a message has under a name; names have no case (RFC 7643 §2.1). None when it is missing or null."""
    return next((value for key, value in message.items() if key.lower() == name), None)


def integer(value: Any) -> int | None:
    """The integer a JSON number is, and 1.0 is one too (RFC 8259 §6); None for anything else."""
    match value:
        case bool():
            return None
        case int():
            return value
        case float() if value.is_integer():
            return int(value)
    return None


def named(body: dict[str, Any], resource_type: ResourceType) -> Iterator[tuple[Target, Any]]:
    """The attributes an object names, with their values as sent; unknown and read-only ones are passed over.

    The object of an extension is opened; one without a value yields the extension itself.
    """
    for name, value in body.items():
        target = resource_type.resolve(name)
        if target is None:
            continue
        if target.attribute is not None:
            if is_writable(target):
                yield target, value
        elif is_unassigned(value):
            yield target, None
        elif isinstance(value, dict):
            yield from named({f"{name}:{inner}": inner_value for inner, inner_value in value.items()}, resource_type)
        else:
            raise InvalidInput(f"{name} must be an object")


def is_writable(target: Target) -> bool:
    return all(part is None or part.mutability is not Mutability.READ_ONLY for part in (target.attribute, target.sub))


def _refuse_incomplete(document: Document, resource_type: ResourceType) -> None:
    _refuse_missing(document, resource_type.schema.attributes)
    for extension in resource_type.extensions:
        urn = extension.schema.id
        if urn in document:
            _refuse_missing(document[urn], extension.schema.attributes, prefix=f"{urn}:")
        elif extension.required:
            raise InvalidInput(f"{urn} is required")


def _refuse_missing(holder: dict[str, Any], attributes: tuple[Attribute, ...], prefix: str = "") -> None:
    for attribute in attributes:
        if attribute.required and attribute.name not in holder:
            raise InvalidInput(f"{prefix}{attribute.name} is required")
