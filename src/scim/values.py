"""A JSON value as a client sent it becomes the canonical value of an attribute, or is refused.

Strict where it matters, patient with what identity providers really send: booleans and numbers as text, one value in an
array, a lone object for a list, blank text for nothing. Values are kept as they were sent; nothing is normalized.
"""

import re
from collections.abc import Iterable
from math import isfinite
from typing import Any

import orjson

from ..errors import InvalidInput, TooLarge
from ..services import texts
from ..services.comparison import comparable, fold, moment
from ..services.schemas import Attribute, Mutability, Type, Uniqueness

VALUES_MAX = 500
"""Most values of one attribute of one resource (members are rows and have a limit of their own)."""

_INTEGER_MAX = 2**63 - 1

# Line breaks and tabs are text (addresses have them); other controls and lone surrogates are not.
_NOT_TEXT = re.compile(f"[{texts.CONTROLS}{texts.SURROGATES}]")
_INVISIBLE = re.compile(f"[{texts.INVISIBLE}]")
_INTEGER = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
# RFC 4648 §4; the padding may be left out (RFC 7643 §2.3.6).
_BASE64 = re.compile(r"([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}(==)?|[A-Za-z0-9+/]{3}=?)?")

_KINDS = {
    Type.STRING: "text",
    Type.REFERENCE: "a URI",
    Type.BOOLEAN: "true or false",
    Type.INTEGER: "a whole number",
    Type.DECIMAL: "a number",
    Type.DATETIME: "a date with a time, such as 2026-01-31T08:30:00Z",
    Type.BINARY: "base64",
}


def canonical(attribute: Attribute, value: Any, *, at: str) -> Any:
    """What `value` means for `attribute`, None when it is unassigned (RFC 7643 §2.5); `at` names it in a refusal.

    A complex value keeps the sub-attributes that are defined and writable. Of several values, a repeat of the same type
    and value is merged into the first, and a second primary is refused (§2.4).
    """
    if attribute.multi_valued:
        return None if is_unassigned(value) else _elements(attribute, value, at)
    if attribute.type is Type.COMPLEX:
        return {name: part for name, part in parts(attribute, value, at=at).items() if part is not None} or None
    value = _unwrapped(attribute, value)
    return None if is_unassigned(value) else _scalar(attribute, value, at)


def parts(attribute: Attribute, value: Any, *, at: str) -> dict[str, Any]:
    """The sub-attributes a single complex value names, canonical; None for those it clears."""
    value = _translated(attribute, _unwrapped(attribute, value))
    if is_unassigned(value):
        return {}
    if isinstance(value, str) and attribute.sub("value"):
        value = {"value": value}  # Entra names a manager by the id alone.
    return _parts(attribute, value, at)


def is_unassigned(value: Any) -> bool:
    """Whether a value stands for no value (RFC 7643 §2.5). Blank text does: templates expand to it."""
    return value is None or value == [] or value == {} or (isinstance(value, str) and not value.strip())


def distinct(attribute: Attribute, elements: Iterable[Any]) -> list[Any]:
    """The values of a multi-valued attribute without repeats; a repeat of type and value adds to the first."""
    kept: dict[bytes, Any] = {}
    for element in elements:
        key = identity(attribute, element)
        kept[key] = {**kept.get(key, {}), **element} if attribute.type is Type.COMPLEX else element
    if len(kept) > VALUES_MAX:
        raise InvalidInput(f"{attribute.name} may have at most {VALUES_MAX} values")
    return list(kept.values())


def identity(attribute: Attribute, element: Any) -> bytes:
    """What makes one value of a multi-valued attribute the same as another."""
    (twin,) = comparable(attribute, [element])
    if attribute.type is Type.COMPLEX:
        telling = ("type", "value") if "value" in twin else (name for name in twin if name != "primary")
        twin = {name: twin.get(name) for name in telling}
    return orjson.dumps(twin, option=orjson.OPT_SORT_KEYS)


def member_ids(value: Any, *, members_max: int) -> tuple[str, ...]:
    """The ids of group members, each once. Written for lists of many thousands; only `value` is looked at."""
    if is_unassigned(value):
        return ()
    members = value if isinstance(value, list) else [value]
    if len(members) > members_max:
        raise TooLarge(f"At most {members_max} members can be sent at once", limit=members_max)
    return tuple(dict.fromkeys(map(_member_id, members)))


def _member_id(member: Any) -> str:
    if isinstance(member, dict):
        value = member.get("value") or next((member[key] for key in member if key.lower() == "value"), None)
        if isinstance(value, str) and value.strip() and not _NOT_TEXT.search(value):
            return fold(value)
    raise InvalidInput("Every value of members must be an object with the id of a member as its value")


def _elements(attribute: Attribute, value: Any, at: str) -> list[Any] | None:
    sent = value if isinstance(value, list) else [value]
    read = (_element(attribute, element, at) for element in sent if not is_unassigned(element))
    elements = distinct(attribute, (element for element in read if element is not None))
    if sum(is_primary(element) for element in elements) > 1:
        raise InvalidInput(f"Only one value of {at} may be primary")
    return elements or None


def _element(attribute: Attribute, value: Any, at: str) -> Any:
    if attribute.type is not Type.COMPLEX:
        return _scalar(attribute, value, at)
    named = _parts(attribute, _translated(attribute, value), at)
    element = {name: part for name, part in named.items() if part is not None}
    return element if is_told(attribute, element) else None


def is_told(attribute: Attribute, element: dict[str, Any]) -> bool:
    """Whether a complex value says anything: an e-mail address without the address does not (RFC 7643 §2.4)."""
    return "value" in element if attribute.sub("value") else bool(element)


def is_primary(element: Any) -> bool:
    return isinstance(element, dict) and element.get("primary") is True


def _parts(attribute: Attribute, value: Any, at: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidInput(f"{at} must be an object")
    named = ((attribute.sub(name), inner) for name, inner in value.items())
    return {
        sub.name: canonical(sub, inner, at=f"{at}.{sub.name}")
        for sub, inner in named
        if sub and sub.mutability is not Mutability.READ_ONLY
    }


def _unwrapped(attribute: Attribute, value: Any) -> Any:
    """The one value of a single-valued attribute, out of the array Entra wraps it in."""
    if not isinstance(value, list) or len(value) != 1:
        return value
    (inner,) = value
    return (
        inner["value"] if attribute.type is not Type.COMPLEX and isinstance(inner, dict) and "value" in inner else inner
    )


def _translated(attribute: Attribute, value: Any) -> Any:
    """The shape of the RFC for two that are not: a manager as in SCIM 1.1 (OneLogin), roles as JSON text (Entra)."""
    if attribute.name == "manager" and isinstance(value, dict) and "value" not in value and "managerId" in value:
        return {"value": value["managerId"]}
    if attribute.name in ("roles", "entitlements"):
        outer = value if isinstance(value, dict) else {"value": value}
        text = outer.get("value")
        if isinstance(text, str) and text.startswith("{"):
            try:
                inner = orjson.loads(text)
            except orjson.JSONDecodeError:
                return value
            return {**outer, **inner}
    return value


def _scalar(attribute: Attribute, value: Any, at: str) -> Any:
    match attribute.type, value:
        case (Type.STRING | Type.REFERENCE, str()):
            return _text(attribute, value, at)
        case (Type.BOOLEAN, bool()):
            return value
        case (Type.BOOLEAN, str()) if value.lower() in ("true", "false"):
            return value.lower() == "true"
        case (Type.INTEGER | Type.DECIMAL, int()) if not isinstance(value, bool) and abs(value) <= _INTEGER_MAX:
            return value
        case (Type.INTEGER, str()) if _INTEGER.fullmatch(value) and abs(int(value)) <= _INTEGER_MAX:
            return int(value)
        case (Type.DECIMAL, float()) if isfinite(value):
            return value
        case (Type.DECIMAL, str()) if _DECIMAL.fullmatch(value) and isfinite(float(value)):
            return float(value)
        case (Type.DATETIME, str()) if _is_moment(value):
            return value
        case (Type.BINARY, str()) if _BASE64.fullmatch(value):
            return value
    raise InvalidInput(f"{at} must be {_KINDS[attribute.type]}")


def _text(attribute: Attribute, value: str, at: str) -> str:
    if _NOT_TEXT.search(value):
        raise InvalidInput(f"{at} must not contain control characters")
    if attribute.uniqueness is Uniqueness.NONE:
        return value
    # An identifier must not pass for another one: nothing invisible in it, around it or turning its direction.
    value = value.strip()
    if _INVISIBLE.search(value):
        raise InvalidInput(f"{at} must not contain invisible characters")
    return value


def _is_moment(text: str) -> bool:
    try:
        moment(text)
    except ValueError:
        return False
    return True
