"""How values compare: the comparable twin of a value is made once when it is stored and once for each question."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import idna

from .schemas import Attribute, Document, ResourceType, Type, schemas_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII | re.IGNORECASE)


def fold(text: str) -> str:
    """The form in which text compares where case does not matter: NFC around Unicode case folding."""
    return text.lower() if text.isascii() else _nfc(_nfc(text).casefold())


def canonical_user_name(text: str) -> str:
    """The form in which user names are unique: NFKC around case folding, the domain as IDNA A-label."""
    if text.isascii():
        return text.lower()
    folded = _nfkc(_nfkc(text).casefold())
    local, at, domain = folded.rpartition("@")
    if not at or domain.isascii():
        return folded
    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode()}"
    except idna.IDNAError:  # not a domain after all; user names need not be addresses
        return folded


def moment(text: str) -> int:
    """Microseconds since 1970 (UTC) of an xsd:dateTime (RFC 7643 §2.3.5); ValueError when it is none.

    It has a date and a time. Without an offset it is read as UTC; what is finer than a microsecond is cut off.
    """
    if not _DATE_TIME.fullmatch(text):
        raise ValueError(f"not a date with a time: {text!r}")
    when = datetime.fromisoformat(text.upper())
    return ((when if when.tzinfo else when.replace(tzinfo=UTC)) - _EPOCH) // _MICROSECOND


def comparable(attribute: Attribute, value: Any) -> Any:
    """What comparisons use in place of a canonical value; JSON again.

    Text and references are folded unless the attribute is case-exact, a dateTime is its moment, a complex value a dict
    of comparables and a multi-valued attribute a list of them. Numbers, booleans and binaries are themselves.
    """
    if attribute.multi_valued:
        return [_comparable(attribute, element) for element in value]
    return _comparable(attribute, value)


def search_twin(resource_type: ResourceType, document: Document) -> dict[str, Any]:
    """The comparable twin of a document: the same names, comparable values, and the folded URNs of its schemas."""
    twin: dict[str, Any] = {"schemas": [fold(urn) for urn in schemas_of(resource_type, document)]}
    for container, attribute, value in _attributes(resource_type, document):
        holder = twin if container is None else twin.setdefault(container, {})
        holder[attribute.name] = comparable(attribute, value)
    return twin


def indexed_values(resource_type: ResourceType, document: Document) -> list[tuple[str, str]]:
    """(path, comparable value) for each different value of the `indexed` attributes."""
    return list(dict.fromkeys(_indexed(resource_type, document)))


def _comparable(attribute: Attribute, value: Any) -> Any:
    match attribute.type:
        case Type.STRING | Type.REFERENCE:
            return value if attribute.case_exact else fold(value)
        case Type.DATETIME:
            return moment(value)
        case Type.COMPLEX:
            return {sub.name: comparable(sub, value[sub.name]) for sub in attribute.sub_attributes if sub.name in value}
        case _:
            return value


def _indexed(resource_type: ResourceType, document: Document) -> Iterator[tuple[str, str]]:
    for container, attribute, value in _attributes(resource_type, document):
        prefix = f"{container}:{attribute.name}" if container else attribute.name
        elements = value if attribute.multi_valued else [value]
        if attribute.indexed:
            yield from ((prefix, _comparable(attribute, element)) for element in elements)
        for sub in attribute.sub_attributes:
            if sub.indexed:
                yield from (
                    (f"{prefix}.{sub.name}", comparable(sub, element[sub.name]))
                    for element in elements
                    if sub.name in element
                )


def _attributes(resource_type: ResourceType, document: Document) -> Iterator[tuple[str | None, Attribute, Any]]:
    """(container, attribute, value) of all that a document holds; `schemas` is derived and left out."""
    extensions = {extension.schema.id: extension.schema for extension in resource_type.extensions}
    for name, value in document.items():
        if schema := extensions.get(name):
            for inner, inner_value in value.items():
                if attribute := schema.find(inner):
                    yield name, attribute, inner_value
        elif name != "schemas" and (target := resource_type.resolve(name)) and target.attribute:
            yield None, target.attribute, value


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _nfkc(text: str) -> str:
    return unicodedata.normalize("NFKC", text)
