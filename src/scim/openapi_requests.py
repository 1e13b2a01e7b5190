"""The shapes of the bodies we take, as JSON Schemas made from the attribute tables."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..services.schemas import GROUP, USER, Attribute, ResourceType
from . import openapi_values
from .bulk import BULK_REQUEST
from .openapi_answers import Shape, ref
from .openapi_parameters import INTEGER, SORT_ORDERS, filter_shape, order_shape
from .openapi_values import BLANK, NO_NUL, kind, open_object, writable
from .patch import PATCH_OP
from .search import SEARCH_REQUEST

_ADDS: Shape = {"enum": ["add", "Add"]}
_REPLACES: Shape = {"enum": ["replace", "Replace"]}
_SETS: Shape = {"enum": ["add", "replace", "Add", "Replace"]}
_REMOVES: Shape = {"enum": ["remove", "Remove"]}
_OR_NULL = ["string", "null"]
# RFC 7643 §2.4: one of many values, as providers ask for it.
_CHOSEN = r'\[(type eq "[A-Za-z]+"|primary eq (true|"True"))\]'
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
    shapes = openapi_values.components(USER, GROUP)
    return shapes | _resource(USER) | _resource(GROUP) | _messages()


def _resource(resource_type: ResourceType) -> Shape:
    """What is added to a resource, what replaces parts of it, a whole one, and a PATCH.

    What is required cannot be replaced by nothing; to add nothing changes nothing.
    """
    name, attributes = resource_type.name, writable(resource_type.schema.attributes)
    needed = [attribute for attribute in attributes if attribute.required]
    properties = {attribute.name: ref(kind(attribute)) for attribute in attributes}
    properties |= {attribute.name: ref(f"{kind(attribute)}OrNothing") for attribute in needed}
    properties["externalId"] = ref("Key")
    extensions = [extension.schema for extension in resource_type.extensions]
    properties |= {schema.id: ref(f"{schema.name}Change") for schema in extensions}
    if resource_type is USER:
        properties["password"] = {**ref("Anything"), "description": "Accepted and dropped: never kept, never shown."}
    shapes: Shape = {}
    for schema in extensions:
        parts = {attribute.name: ref(kind(attribute)) for attribute in writable(schema.attributes)}
        shapes[f"{schema.name}Change"] = {
            "description": schema.description,
            "anyOf": [open_object(parts), ref("Nothing")],
        }
    return shapes | {
        f"{name}Addition": open_object(
            properties, description=f"Attributes of a {name}. Unknown ones are passed over."
        ),
        f"{name}Replacement": {
            "description": f"Attributes of a {name}. Unknown ones are passed over.",
            "allOf": [
                ref(f"{name}Addition"),
                {"properties": {attribute.name: ref(kind(attribute)) for attribute in needed}},
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
    return open_object(
        {"schemas": _naming(PATCH_OP), "Operations": {"type": "array", "items": {"anyOf": operations}}},
        required=["schemas", "Operations"],
        description="Operations, all of which are carried out, in their order, or none (RFC 7644 §3.5.2).",
    )


def _pathless(op: Shape, value: str) -> Shape:
    """An operation on all attributes that its value names."""
    properties = {"op": op, "path": {"anyOf": [{"type": "null"}, BLANK]}, "value": ref(value)}
    return open_object(properties, required=["op", "value"])


def _operations(op: Shape, places: list[_Place]) -> Iterator[Shape]:
    """One shape for all places that take the same kind of value; without a kind no value is looked at."""
    patterns = defaultdict[str, list[str]](list)
    for place in places:
        patterns[place.kind].append(place.pattern)
    for value, paths in patterns.items():
        properties: Shape = {"op": op, "path": {"type": "string", "pattern": f"^({'|'.join(paths)})$"}}
        if value:
            properties["value"] = ref(value)
        yield open_object(properties, required=["op", "path"] if op is _REMOVES else ["op", "path", "value"])


def _places(resource_type: ResourceType) -> Iterator[_Place]:
    yield _Place(pattern="externalId", kind="Key")
    for attribute in writable(resource_type.schema.attributes):
        yield from _places_in(attribute, "")
    for extension in resource_type.extensions:
        urn = re.escape(extension.schema.id)
        yield _Place(pattern=urn, kind=f"{extension.schema.name}Change")
        for attribute in writable(extension.schema.attributes):
            # Entra leaves out the URN of the manager.
            yield from _places_in(attribute, f"{urn}:" if resource_type.resolve(attribute.name) else f"({urn}:)?")
    if resource_type is USER:
        yield _Place(pattern="password", kind="Anything")


def _places_in(attribute: Attribute, prefix: str) -> Iterator[_Place]:
    path, taken = f"{prefix}{attribute.name}", kind(attribute)
    if attribute.name == "members":  # one has nothing that could change
        yield _Place(pattern=path, kind=taken, removed_by=taken)
        return
    removed_by = taken.replace("Change", "Removal") if attribute.multi_valued else ""
    yield _Place(pattern=path, kind=taken, required=attribute.required, removed_by=removed_by)
    for sub in writable(attribute.sub_attributes):
        if not attribute.multi_valued:
            yield _Place(pattern=rf"{path}\.{sub.name}", kind=kind(sub))
        elif sub.name not in ("type", "primary"):
            yield _Place(pattern=rf"{path}{_CHOSEN}\.{sub.name}", kind=kind(sub))


def _messages() -> Shape:
    """The bodies that are no resource and change none by themselves."""
    cursor = {"type": _OR_NULL, "description": "As the parameter of the list. Not with `startIndex`."}
    operation = {
        "method": {**NO_NUL, "description": "POST, PUT, PATCH or DELETE."},
        "path": {**NO_NUL, "description": "Below the base URL, such as /Users; a `bulkId:…` may stand for an id."},
        "bulkId": {**NO_NUL, "type": _OR_NULL, "description": "What others refer to this one by. Needed with POST."},
        "version": {**NO_NUL, "type": _OR_NULL, "description": "As If-Match."},
        "data": {**ref("Anything"), "description": "The body; any text in it that is `bulkId:…` stands for an id."},
    }
    bulk = {
        "schemas": _naming(BULK_REQUEST),
        "failOnErrors": {"type": ["integer", "null"], "minimum": 1, "maximum": 2**63 - 1},
        "Operations": {"type": "array", "items": open_object(operation, required=["method", "path"])},
    }
    return {
        "UserSearch": _search(USER, sortBy={"anyOf": [order_shape(USER), {"enum": ["", None]}]}, cursor=cursor),
        "GroupSearch": _search(GROUP, sortBy={"anyOf": [order_shape(GROUP), {"enum": ["", None]}]}, cursor=cursor),
        "Search": _search(USER, sortBy={**NO_NUL, "type": _OR_NULL}),
        "BulkRequest": open_object(
            bulk,
            required=["schemas", "Operations"],
            description="Each operation is carried out, or refused, by itself (RFC 7644 §3.7). A bulkId comes once.",
        ),
    }


def _search(resource_type: ResourceType, **more: Shape) -> Shape:
    whole_number = {**INTEGER, "type": ["integer", "null"]}
    names = {"type": ["array", "null"], "items": NO_NUL}
    properties = {
        "schemas": _naming(SEARCH_REQUEST),
        "filter": {"anyOf": [filter_shape(resource_type), {"type": "null"}]},
        "sortOrder": {"enum": [*SORT_ORDERS, None]},
        "startIndex": whole_number,
        "count": whole_number,
        "attributes": names,
        "excludedAttributes": names,
    }
    return open_object(
        properties | more,
        required=["schemas"],
        description="The parameters of the list (RFC 7644 §3.4.3).",
        **{"not": {"required": ["attributes", "excludedAttributes"]}},
    )


def _naming(urn: str) -> Shape:
    """The `schemas` of a message that has to name what it is."""
    return {**ref("Schemas"), "contains": {"const": urn}}
