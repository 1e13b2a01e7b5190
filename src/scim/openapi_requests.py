"""The shapes of what we take, as JSON Schemas made from the attribute tables.

They are as wide as we are patient (see `values`): one value in an array, a lone object for a list, booleans as text,
and blank text, `[]` or `{}` for nothing. An attribute we do not know may be any JSON, and is passed over.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from ..services import texts
from ..services.schemas import GROUP, USER, Attribute, Mutability, ResourceType, Type, Uniqueness
from .bulk import BULK_REQUEST
from .openapi_answers import Shape, ref
from .openapi_parameters import INTEGER, SORT_ORDERS, filter_shape, order_shape
from .patch import PATCH_OP
from .search import SEARCH_REQUEST

_SPACES = r"\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_EDGE = rf"[\t\n\r {_SPACES}]*"
# Attributes that lookups go by even where they have no index rows of their own.
_KEYS = ("externalId", "displayName")
# RFC 7643 §2.4: one of many values by its type, as providers ask for it.
_OF_TYPE = r'\[type eq "[A-Za-z]+"\]'
_ID_TEXT = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where an operation of a PATCH can apply: a pattern of paths, and the component the value is one of.

    removed_by  the component of what a removal may say of the values that go
    """

    pattern: str
    kind: str
    required: bool = False
    removed_by: str = ""


def components() -> Shape:
    shapes = _BASICS | _messages()
    for resource_type in (USER, GROUP):
        shapes |= _kinds(resource_type) | _bodies(resource_type)
    return shapes


def _messages() -> Shape:
    """The bodies that are no resource and change none by themselves."""
    cursor = {"type": _OR_NULL, "description": "As the parameter of the list. Not with `startIndex`."}
    operation = {
        "method": {**_NO_NUL, "description": "POST, PUT, PATCH or DELETE."},
        "path": {**_NO_NUL, "description": "Below the base URL, such as /Users; a `bulkId:…` may stand for an id."},
        "bulkId": {**_NO_NUL, "type": _OR_NULL, "description": "What others refer to this one by. Needed with POST."},
        "version": {**_NO_NUL, "type": _OR_NULL, "description": "As If-Match."},
        "data": {**ref("Anything"), "description": "The body; any text in it that is `bulkId:…` stands for an id."},
    }
    bulk = {
        "schemas": _naming(BULK_REQUEST),
        "failOnErrors": {"type": ["integer", "null"], "minimum": 1, "maximum": 2**63 - 1},
        "Operations": {"type": "array", "items": _open(operation, required=["method", "path"])},
    }
    return {
        "UserSearch": _search(USER, sortBy={"anyOf": [order_shape(USER), {"enum": ["", None]}]}, cursor=cursor),
        "GroupSearch": _search(GROUP, sortBy={"anyOf": [order_shape(GROUP), {"enum": ["", None]}]}, cursor=cursor),
        "Search": _search(USER, sortBy={**_NO_NUL, "type": _OR_NULL}),
        "BulkRequest": _open(
            bulk,
            required=["schemas", "Operations"],
            description="Each operation is carried out, or refused, by itself (RFC 7644 §3.7). A bulkId comes once.",
        ),
    }


def _search(resource_type: ResourceType, **more: Shape) -> Shape:
    whole_number = {**INTEGER, "type": ["integer", "null"]}
    names = {"type": ["array", "null"], "items": _NO_NUL}
    properties = {
        "schemas": _naming(SEARCH_REQUEST),
        "filter": {"anyOf": [filter_shape(resource_type), {"type": "null"}]},
        "sortOrder": {"enum": [*SORT_ORDERS, None]},
        "startIndex": whole_number,
        "count": whole_number,
        "attributes": names,
        "excludedAttributes": names,
    }
    return _open(
        properties | more,
        required=["schemas"],
        description="The parameters of the list (RFC 7644 §3.4.3).",
        **{"not": {"required": ["attributes", "excludedAttributes"]}},
    )


def _naming(urn: str) -> Shape:
    """The `schemas` of a message that has to name what it is."""
    return {**ref("Schemas"), "contains": {"const": urn}}


def _bodies(resource_type: ResourceType) -> Shape:
    """What is added to a resource, what replaces parts of it, and a whole one. What is required cannot be replaced by
    nothing; to add nothing changes nothing."""
    name, attributes = resource_type.name, _writable(resource_type.schema.attributes)
    needed = [attribute for attribute in attributes if attribute.required]
    properties = {attribute.name: ref(_kind(attribute)) for attribute in attributes}
    properties |= {attribute.name: ref(f"{_kind(attribute)}OrNothing") for attribute in needed}
    properties["externalId"] = ref("Key")
    for extension in resource_type.extensions:
        properties[extension.schema.id] = ref(f"{extension.schema.name}Change")
    if resource_type is USER:
        properties["password"] = {**ref("Anything"), "description": "Accepted and dropped: never kept, never shown."}
    return {
        f"{name}Addition": _open(properties, description=f"Attributes of a {name}. Unknown ones are passed over."),
        f"{name}Replacement": {
            "description": f"Attributes of a {name}. Unknown ones are passed over.",
            "allOf": [
                ref(f"{name}Addition"),
                {"properties": {attribute.name: ref(_kind(attribute)) for attribute in needed}},
            ],
        },
        f"{name}Body": {
            "description": f"A whole {name}. What is read-only, such as id and meta, is passed over.",
            "allOf": [
                ref(f"{name}Replacement"),
                {
                    "properties": {"schemas": ref("Schemas")},
                    "required": ["schemas", *(attribute.name for attribute in needed)],
                },
            ],
        },
        f"{name}Patch": _patch(resource_type),
    }


def _kinds(resource_type: ResourceType) -> Shape:
    """The components for values that are made of parts, and for extensions."""
    shapes: Shape = {}
    extensions = [extension.schema for extension in resource_type.extensions]
    for schema in (resource_type.schema, *extensions):
        for attribute in _writable(schema.attributes):
            if attribute.type is Type.COMPLEX and attribute.name != "members":
                shapes |= _of_parts(attribute)
    for schema in extensions:
        parts = {attribute.name: ref(_kind(attribute)) for attribute in _writable(schema.attributes)}
        shapes[f"{schema.name}Change"] = {"description": schema.description, "anyOf": [_open(parts), ref("Nothing")]}
    return shapes


def _of_parts(attribute: Attribute) -> Shape:
    kind, parts = _kind(attribute), _writable(attribute.sub_attributes)
    one = _open({sub.name: ref(_kind(sub)) for sub in parts})
    if not attribute.multi_valued:
        shapes = [one, _STRING | _KEY] if attribute.name == "manager" else [one]  # Entra sends the id alone
        return {kind: _patient(*shapes, ref("Nothing"), description=attribute.description)}
    name = kind.removesuffix("Change")
    several = {"type": "array", "items": {"anyOf": [ref(f"{name}Value"), ref("Nothing")]}, **_ONE_PRIMARY}
    value = attribute.sub("value")
    described = [_open({sub.name: ref(_kind(sub, is_kept=False)) for sub in parts})]
    described += [_BASE64 if value.type is Type.BINARY else _STRING] if value else []
    return {
        f"{name}Value": one,
        kind: {
            "description": f"{attribute.description} At most one of them is primary.",
            "anyOf": [several, ref(f"{name}Value"), ref("Nothing")],
        },
        f"{name}Removal": {
            "description": "Those that have all that is told of one of these.",
            "anyOf": [
                {"type": "array", "items": {"anyOf": [*described, ref("Nothing")]}},
                *described,
                ref("Nothing"),
            ],
        },
    }


def _patch(resource_type: ResourceType) -> Shape:
    name, places = resource_type.name, list(_places(resource_type))
    optional = [place for place in places if not place.required]
    required = [place for place in places if place.required]
    removable = [replace(place, kind=place.removed_by) for place in optional]
    if resource_type is GROUP:
        removable.append(_Place(pattern=rf'members\[value eq "{_ID_TEXT}"\]', kind=""))
    operations = [
        _pathless(_ADDS, f"{name}Addition"),
        _pathless(_REPLACES, f"{name}Replacement"),
        *_operations(_SETS, optional),
        *_operations(_REPLACES, required),
        *_operations(_ADDS, [replace(place, kind=f"{place.kind}OrNothing") for place in required]),
        *_operations(_REMOVES, removable),
    ]
    return _open(
        {"schemas": _naming(PATCH_OP), "Operations": {"type": "array", "items": {"anyOf": operations}}},
        required=["schemas", "Operations"],
        description="Operations, all of which are carried out, in their order, or none (RFC 7644 §3.5.2).",
    )


def _pathless(op: Shape, kind: str) -> Shape:
    """An operation on all attributes that its value names."""
    properties = {"op": op, "path": {"anyOf": [{"type": "null"}, _BLANK]}, "value": ref(kind)}
    return _open(properties, required=["op", "value"])


def _operations(op: Shape, places: list[_Place]) -> Iterator[Shape]:
    """One shape for all places that take the same kind of value; without a kind no value is looked at."""
    patterns = defaultdict[str, list[str]](list)
    for place in places:
        patterns[place.kind].append(place.pattern)
    for kind, paths in patterns.items():
        properties: Shape = {"op": op, "path": {"type": "string", "pattern": f"^({'|'.join(paths)})$"}}
        if kind:
            properties["value"] = ref(kind)
        yield _open(properties, required=["op", "path"] if op is _REMOVES else ["op", "path", "value"])


def _places(resource_type: ResourceType) -> Iterator[_Place]:
    yield _Place(pattern="externalId", kind="Key")
    for attribute in _writable(resource_type.schema.attributes):
        yield from _places_in(attribute, "")
    for extension in resource_type.extensions:
        urn = re.escape(extension.schema.id)
        yield _Place(pattern=urn, kind=f"{extension.schema.name}Change")
        for attribute in _writable(extension.schema.attributes):
            yield from _places_in(attribute, f"{urn}:")
    if resource_type is USER:
        yield _Place(pattern="password", kind="Anything")


def _places_in(attribute: Attribute, prefix: str) -> Iterator[_Place]:
    path = f"{prefix}{attribute.name}"
    kind = _kind(attribute)
    if attribute.name == "members":  # one has nothing that could change
        yield _Place(pattern=path, kind=kind, removed_by=kind)
        return
    removed_by = kind.replace("Change", "Removal") if attribute.multi_valued else ""
    yield _Place(pattern=path, kind=kind, required=attribute.required, removed_by=removed_by)
    for sub in _writable(attribute.sub_attributes):
        if not attribute.multi_valued:
            yield _Place(pattern=rf"{path}\.{sub.name}", kind=_kind(sub))
        elif sub.name not in ("type", "primary"):
            yield _Place(pattern=rf"{path}{_OF_TYPE}\.{sub.name}", kind=_kind(sub))


def _writable(attributes: tuple[Attribute, ...]) -> list[Attribute]:
    return [attribute for attribute in attributes if attribute.mutability is not Mutability.READ_ONLY]


def _kind(attribute: Attribute, *, is_kept: bool = True) -> str:
    """The component for a value of the attribute; what is not kept has no bounds to keep to."""
    match attribute:
        case Attribute(type=Type.COMPLEX):
            return f"{attribute.name[0].upper()}{attribute.name[1:]}Change"
        case Attribute(type=Type.BOOLEAN):
            return "Boolean"
        case Attribute(type=Type.BINARY):
            return "Binary"
        case Attribute(type=Type.STRING | Type.REFERENCE):
            if attribute.uniqueness is not Uniqueness.NONE:
                return "Identifier"
            if attribute.required:
                return "Title"
            return "Key" if is_kept and (attribute.indexed or attribute.name in _KEYS) else "Text"
    raise NotImplementedError(f"{attribute.type} in a request")


def _open(properties: Shape, **more: Any) -> Shape:
    """An object that may have other properties, too."""
    return {"type": "object", **more, "properties": properties, **_ANYTHING_ELSE}


def _patient(*shapes: Shape, **more: Any) -> Shape:
    """Any of the shapes, or one of them as the only value of an array."""
    one = {"type": "array", "items": {"anyOf": [*shapes]}, "minItems": 1, "maxItems": 1}
    return {**more, "anyOf": [*shapes, one]}


_ADDS: Shape = {"enum": ["add", "Add"]}
_REPLACES: Shape = {"enum": ["replace", "Replace"]}
_SETS: Shape = {"enum": ["add", "replace", "Add", "Replace"]}
_REMOVES: Shape = {"enum": ["remove", "Remove"]}
_OR_NULL = ["string", "null"]
_NO_NUL: Shape = {"type": "string", "pattern": r"^[^\u0000]*$"}
_STRING: Shape = {"type": "string", "pattern": rf"^[^{texts.CONTROLS}]*$"}
_KEY: Shape = {"maxLength": texts.KEY_CHARS_MAX}
# What Python's strip() leaves nothing of.
_BLANK: Shape = {"type": "string", "pattern": rf"^[\t-\r\u001c-\u0020\u0085{_SPACES}]*$"}
_ANYTHING_ELSE: Shape = {"propertyNames": {"pattern": r"^[^\u0000]*$"}, "additionalProperties": ref("Anything")}
_BASE64: Shape = {
    "type": "string",
    "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}(==)?|[A-Za-z0-9+/]{3}=?)?$",
}
_IS_TRUE: Shape = {"anyOf": [{"const": True}, {"type": "string", "pattern": "^[Tt][Rr][Uu][Ee]$"}]}
_ONE_PRIMARY: Shape = {
    "contains": {"type": "object", "properties": {"primary": _IS_TRUE}, "required": ["primary"]},
    "minContains": 0,
    "maxContains": 1,
}


def _visible(refused: str, *, chars_max: int) -> Shape:
    """Text of which more is left than nothing when white space around it is taken away."""
    inner = f"[^{refused}]"
    outer = rf"[^{refused} {_SPACES}]"
    return {"type": "string", "pattern": f"^{_EDGE}{outer}({inner}*{outer})?{_EDGE}$", "maxLength": chars_max}


_NOTHING = ref("Nothing")
_IDENTIFIER = _visible(texts.INVISIBLE, chars_max=texts.KEY_CHARS_MAX)
_TITLE = _visible(texts.UNSHOWN, chars_max=texts.NAME_CHARS_MAX)
_BASICS: Shape = {
    "Anything": {
        "description": "Any JSON, without U+0000 and without integers beyond 64 bits.",
        "anyOf": [
            {"type": ["null", "boolean"]},
            {"type": "number", "minimum": -(2**63), "maximum": 2**63 - 1},
            _NO_NUL,
            {"type": "array", "items": ref("Anything")},
            {"type": "object", **_ANYTHING_ELSE},
        ],
    },
    "Nothing": {
        "description": "No value (RFC 7643 §2.5).",
        "anyOf": [{"type": "null"}, _BLANK, {"type": "array", "maxItems": 0}, {"type": "object", "maxProperties": 0}],
    },
    "Schemas": {
        "description": "URNs. Clients differ in which, so any will do (RFC 7643 §3).",
        "type": "array",
        "items": _NO_NUL,
        "minItems": 1,
    },
    "Text": _patient(_STRING, _NOTHING, description="Text without control characters; line breaks and tabs are none."),
    "Key": _patient(
        _STRING | _KEY, _NOTHING, description="Text that lookups go by; its length counts in its folded form."
    ),
    "Identifier": _patient(
        _IDENTIFIER, description="Unique. White space around it is taken away; all in it is visible."
    ),
    "IdentifierOrNothing": _patient(_IDENTIFIER, _NOTHING),
    "Title": _patient(_TITLE, description="A name for people. White space around it is taken away."),
    "TitleOrNothing": _patient(_TITLE, _NOTHING),
    "Boolean": _patient(
        {"type": "boolean"},
        {"type": "string", "pattern": "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$"},
        _NOTHING,
        description="true or false, as text too and in any letter case.",
    ),
    "Binary": _patient(_BASE64, _NOTHING, description="Base64; the padding may be left out (RFC 7643 §2.3.6)."),
    "MembersValue": _open(
        {
            "value": {
                "type": "string",
                "pattern": rf"^{_STRING['pattern'][1:-2]}*[^{texts.CONTROLS}\t\n\r {_SPACES}]{_STRING['pattern'][1:]}",
                "description": "The id of a User.",
            }
        },
        required=["value"],
    ),
    "MembersChange": {
        "description": "Who is in the group. By default ids of nobody are passed over (a choice of the workspace).",
        "anyOf": [{"type": "array", "items": ref("MembersValue")}, ref("MembersValue"), ref("Nothing")],
    },
}
