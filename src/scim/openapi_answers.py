"""The shapes of what we answer, to the letter, as JSON Schemas made from the attribute tables."""

from collections.abc import Iterable
from typing import Any, get_args

from ..errors import Reason
from ..services.schemas import (
    COMMON_ATTRIBUTES,
    GROUP,
    USER,
    Attribute,
    Mutability,
    ResourceType,
    Returned,
    Type,
    Uniqueness,
)
from .bulk import BULK_RESPONSE
from .discovery import CONFIG_SCHEMA, RESOURCE_TYPE_SCHEMA, SCHEMA_SCHEMA
from .errors import SCHEMA as ERROR_SCHEMA
from .errors import SCIM_TYPES
from .resources import LIST_RESPONSE

Shape = dict[str, Any]

TEXT: Shape = {"type": "string"}
FLAG: Shape = {"type": "boolean"}
COUNT: Shape = {"type": "integer", "minimum": 0}
URI: Shape = {"type": "string", "format": "uri"}
_TYPES: dict[Type, Shape] = {
    Type.STRING: TEXT,
    Type.REFERENCE: TEXT,
    Type.BINARY: TEXT,
    Type.BOOLEAN: FLAG,
    Type.INTEGER: {"type": "integer"},
    Type.DECIMAL: {"type": "number"},
    Type.DATETIME: {"type": "string", "format": "date-time"},
}
_ID: Shape = {"type": "string", "format": "uuid"}
_VERSION: Shape = {"type": "string", "pattern": r'^W/"[0-9]+"$'}


def ref(name: str, kind: str = "schemas") -> Shape:
    return {"$ref": f"#/components/{kind}/{name}"}


def only(properties: Shape, *, required: Iterable[str] | None = None, **more: Any) -> Shape:
    """An object with these properties and no others; all of them are there unless `required` says which."""
    named = list(properties if required is None else required)
    return {"type": "object", **more, "properties": properties, "required": named, "additionalProperties": False}


def schemas(urn: str) -> Shape:
    """The `schemas` of a message of one kind."""
    return {"type": "array", "items": {"const": urn}, "minItems": 1, "maxItems": 1}


def components() -> Shape:
    shapes = {each.name: _resource(each) for each in (USER, GROUP)}
    shapes |= {schema.name: _extension(schema.attributes) for schema in _extensions(USER)}
    shapes |= {"ServiceProviderConfig": _CONFIG, "ResourceType": _RESOURCE_TYPE, "Schema": _SCHEMA}
    shapes["Attribute"] = _ATTRIBUTE
    lists = {f"{name}List": _list_of(name, paged=True) for name in ("User", "Group")}
    lists |= {f"{name}List": _list_of(name) for name in ("ResourceType", "Schema")}
    lists["EverythingList"] = _list_of("User", "Group")
    return shapes | lists | {"BulkResponse": _BULK_RESPONSE, "Error": _ERROR}


def error(status: int) -> Shape:
    """The Error of one status. scimType comes with 400, where it says what was wrong, and with 409."""
    told: Shape = {"status": {"const": str(status)}}
    if status == 409:
        return {
            "allOf": [
                ref("Error"),
                {"properties": told | {"scimType": {"const": "uniqueness"}}, "required": ["scimType"]},
            ]
        }
    return {"allOf": [ref("Error"), {"properties": told}]}


def _extensions(resource_type: ResourceType) -> list[Any]:
    return [extension.schema for extension in resource_type.extensions]


def _resource(resource_type: ResourceType) -> Shape:
    """A resource. Only what is always returned is required, for `attributes` may have asked for no more."""
    described, identifier, external_id, meta = COMMON_ATTRIBUTES
    urns = [resource_type.schema.id, *(schema.id for schema in _extensions(resource_type))]
    properties = {
        identifier.name: {**_ID, **_told(identifier)},
        described.name: {**_schemas_of(*urns), **_told(described)},
        external_id.name: _value(external_id),
        **{attribute.name: _value(attribute) for attribute in resource_type.schema.attributes},
        **{schema.id: ref(schema.name) for schema in _extensions(resource_type)},
        meta.name: _meta(meta, resource_type),
    }
    required = [attribute.name for attribute in COMMON_ATTRIBUTES if attribute.returned is Returned.ALWAYS]
    return only(properties, required=required, description=resource_type.description)


def _schemas_of(core: str, *extensions: str) -> Shape:
    """The schema of the resource first, then those extensions that it has values of."""
    return {"type": "array", "items": {"enum": [core, *extensions]}, "contains": {"const": core}, "uniqueItems": True}


def _extension(attributes: Iterable[Attribute]) -> Shape:
    return only({attribute.name: _value(attribute) for attribute in attributes}, required=())


def _meta(meta: Attribute, resource_type: ResourceType) -> Shape:
    shape = _value(meta)
    shape["properties"]["resourceType"]["const"] = resource_type.name
    shape["properties"]["version"] |= _VERSION
    return shape


def _value(attribute: Attribute) -> Shape:
    if attribute.type is Type.COMPLEX:
        shape = only({sub.name: _value(sub) for sub in attribute.sub_attributes}, required=())
    elif attribute.type is Type.REFERENCE and attribute.mutability is not Mutability.READ_WRITE:
        shape = dict(URI)  # ours; others are what a client sent
    else:
        shape = dict(_TYPES[attribute.type])
    if attribute.multi_valued:
        shape = {"type": "array", "items": shape}
    return {**shape, **_told(attribute)}


def _told(attribute: Attribute) -> Shape:
    read_only = {"readOnly": True} if attribute.mutability is Mutability.READ_ONLY else {}
    canonical = f" Usually one of {', '.join(attribute.canonical_values)}." if attribute.canonical_values else ""
    return {"description": f"{attribute.description}{canonical}", **read_only}


def _list_of(*names: str, paged: bool = False) -> Shape:
    """A ListResponse. `paged`: also by cursor, and then it says no `startIndex`."""
    items = ref(names[0]) if len(names) == 1 else {"anyOf": [ref(name) for name in names]}
    always: Shape = {
        "schemas": schemas(LIST_RESPONSE),
        "totalResults": {**COUNT, "description": "How many there are on all pages together."},
        "itemsPerPage": {**COUNT, "description": "How many are here."},
        "Resources": {"type": "array", "items": items},
    }
    start = {"type": "integer", "minimum": 1, "description": "The place of the first one here, from 1."}
    if not paged:
        return only(always | {"startIndex": start}, description="A list (RFC 7644 §3.4.2).")
    following = {
        **TEXT,
        "pattern": "^[A-Za-z0-9._~-]+$",
        "description": "The `cursor` of the next page, if there is one.",
    }
    return only(
        always | {"startIndex": start, "nextCursor": following},
        required=always,
        description="A page of a list (RFC 7644 §3.4.2): by index it says `startIndex`, by cursor `nextCursor` "
        "(RFC 9865).",
    )


def _supported(**limits: str) -> Shape:
    return only({"supported": FLAG, **{name: {**COUNT, "description": told} for name, told in limits.items()}})


def _meta_of(name: str) -> Shape:
    return only({"resourceType": {"const": name}, "location": URI})


_CONFIG = only(
    {
        "schemas": schemas(CONFIG_SCHEMA),
        "patch": _supported(),
        "bulk": _supported(maxOperations="Operations of one request.", maxPayloadSize="Bytes of one request."),
        "filter": _supported(maxResults="Resources of one page."),
        "changePassword": _supported(),
        "sort": _supported(),
        "etag": _supported(),
        "pagination": only(
            {
                "cursor": FLAG,
                "index": FLAG,
                "defaultPaginationMethod": {"enum": ["index", "cursor"]},
                "defaultPageSize": COUNT,
                "maxPageSize": COUNT,
                "cursorTimeout": {**COUNT, "description": "Seconds."},
            },
            description="How lists are paged (RFC 9865 §4).",
        ),
        "authenticationSchemes": {
            "type": "array",
            "items": only({"type": TEXT, "name": TEXT, "description": TEXT, "specUri": URI, "primary": FLAG}),
        },
        "meta": _meta_of("ServiceProviderConfig"),
    },
    description="What this server can do (RFC 7643 §5).",
)
_RESOURCE_TYPE = only(
    {
        "schemas": schemas(RESOURCE_TYPE_SCHEMA),
        "id": TEXT,
        "name": TEXT,
        "endpoint": TEXT,
        "description": TEXT,
        "schema": TEXT,
        "schemaExtensions": {"type": "array", "items": only({"schema": TEXT, "required": FLAG})},
        "meta": _meta_of("ResourceType"),
    },
    description="A kind of resource (RFC 7643 §6).",
)
_SCHEMA = only(
    {
        "schemas": schemas(SCHEMA_SCHEMA),
        "id": TEXT,
        "name": TEXT,
        "description": {**TEXT, "description": "For User, also what the workspace's policy does with names."},
        "attributes": {"type": "array", "items": ref("Attribute")},
        "meta": _meta_of("Schema"),
    },
    description="The attributes of a kind of resource (RFC 7643 §7).",
)
_ALWAYS_TOLD: Shape = {
    "name": TEXT,
    "type": {"enum": [each.value for each in Type]},
    "multiValued": FLAG,
    "description": TEXT,
    "required": FLAG,
    "caseExact": FLAG,
    "mutability": {"enum": [each.value for each in Mutability]},
    "returned": {"enum": [each.value for each in Returned]},
    "uniqueness": {"enum": [each.value for each in Uniqueness]},
}
_ATTRIBUTE = only(
    {
        **_ALWAYS_TOLD,
        "canonicalValues": {"type": "array", "items": TEXT},
        "referenceTypes": {"type": "array", "items": TEXT},
        "subAttributes": {"type": "array", "items": ref("Attribute")},
    },
    required=_ALWAYS_TOLD,
    description="One attribute and its characteristics (RFC 7643 §7).",
)
_BULK_RESPONSE = only(
    {
        "schemas": schemas(BULK_RESPONSE),
        "Operations": {
            "type": "array",
            "items": only(
                {
                    "method": TEXT,
                    "bulkId": TEXT,
                    "location": {**URI, "description": "Of the resource; left out of a POST that failed."},
                    "version": _VERSION,
                    "status": {**TEXT, "pattern": "^[2-5][0-9]{2}$"},
                    "response": {**ref("Error"), "description": "What was wrong, if something was."},
                },
                required=("method", "status"),
            ),
        },
    },
    description="What came of the operations, in the order they were sent; after too many errors the rest is left out.",
)
_ERROR = only(
    {
        "schemas": schemas(ERROR_SCHEMA),
        "status": {**TEXT, "description": "The HTTP status, as text."},
        "scimType": {
            "enum": sorted({SCIM_TYPES.get(reason, reason) for reason in get_args(Reason)} | {"uniqueness"}),
            "description": "What was wrong, with 400; always `uniqueness` with 409.",
        },
        "detail": {**TEXT, "description": "What was wrong, for people."},
    },
    required=("schemas", "status", "detail"),
    description="A refusal (RFC 7644 §3.12).",
)
