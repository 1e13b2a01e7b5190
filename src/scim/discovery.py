"""What this server can do: /ServiceProviderConfig, /ResourceTypes, /Schemas (RFC 7644 §4)."""

from typing import Any

import orjson

from ..errors import Forbidden, NotFound
from ..services.schemas import GROUP, USER, Attribute, ResourceType, Schema
from .exchange import Answer, Exchange
from .resources import LIST_RESPONSE

CONFIG_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
RESOURCE_TYPE_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
SCHEMA_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Schema"
RESOURCE_TYPES = (USER, GROUP)


async def service_provider_config(exchange: Exchange) -> Answer:
    """Get what this server can do: GET /ServiceProviderConfig (RFC 7643 §5).

    Also for those who have no token yet.
    """
    _refuse_filter(exchange)
    config = {
        "schemas": [CONFIG_SCHEMA],
        "patch": {"supported": True},
        "bulk": {
            "supported": True,
            "maxOperations": exchange.settings.bulk_operations_max,
            "maxPayloadSize": exchange.settings.scim_bulk_body_bytes_max,
        },
        "filter": {"supported": True, "maxResults": exchange.settings.page_size_max},
        "changePassword": {"supported": False},
        "sort": {"supported": True},
        "etag": {"supported": True},
        "pagination": {
            "cursor": True,
            "index": True,
            "defaultPaginationMethod": "index",
            "defaultPageSize": exchange.settings.page_size_default,
            "maxPageSize": exchange.settings.page_size_max,
            "cursorTimeout": exchange.settings.scim_cursor_timeout_seconds,
        },
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "OAuth Bearer Token",
                "description": "A SCIM token of the workspace, in the Authorization header",
                "specUri": "https://www.rfc-editor.org/info/rfc6750",
                "primary": True,
            }
        ],
        "meta": {"resourceType": "ServiceProviderConfig", "location": f"{exchange.base}/ServiceProviderConfig"},
    }
    return Answer(body=orjson.dumps(config))


async def resource_types(exchange: Exchange) -> Answer:
    """List the kinds of resources: GET /ResourceTypes (RFC 7643 §6)."""
    return _list(exchange, [_resource_type(exchange, each) for each in RESOURCE_TYPES])


async def resource_type(exchange: Exchange, name: str) -> Answer:
    """Get a kind of resource: GET /ResourceTypes/{id} (RFC 7643 §6)."""
    found = next((each for each in RESOURCE_TYPES if each.name == name), None)
    if found is None:
        raise NotFound("resource type", name[:100])
    return _one(exchange, _resource_type(exchange, found))


async def schemas(exchange: Exchange) -> Answer:
    """List the schemas: GET /Schemas (RFC 7643 §7)."""
    return _list(exchange, [_schema(exchange, each) for each in all_schemas()])


async def schema(exchange: Exchange, urn: str) -> Answer:
    """Get a schema: GET /Schemas/{id} (RFC 7643 §7).

    Its id is its URN, in any letter case.
    """
    found = next((each for each in all_schemas() if each.id.lower() == urn.lower()), None)
    if found is None:
        raise NotFound("schema", urn[:200])
    return _one(exchange, _schema(exchange, found))


def all_schemas() -> list[Schema]:
    return [schema for each in RESOURCE_TYPES for schema in (each.schema, *(ext.schema for ext in each.extensions))]


def _resource_type(exchange: Exchange, each: ResourceType) -> dict[str, Any]:
    return {
        "schemas": [RESOURCE_TYPE_SCHEMA],
        "id": each.name,
        "name": each.name,
        "endpoint": each.endpoint,
        "description": each.description,
        "schema": each.schema.id,
        "schemaExtensions": [{"schema": ext.schema.id, "required": ext.required} for ext in each.extensions],
        "meta": {"resourceType": "ResourceType", "location": f"{exchange.base}/ResourceTypes/{each.name}"},
    }


def _schema(exchange: Exchange, schema: Schema) -> dict[str, Any]:
    return {
        "schemas": [SCHEMA_SCHEMA],
        "id": schema.id,
        "name": schema.name,
        "description": f"{schema.description}{_policy_note(exchange, schema)}",
        "attributes": [_attribute(attribute) for attribute in schema.attributes],
        "meta": {"resourceType": "Schema", "location": f"{exchange.base}/Schemas/{schema.id}"},
    }


def _policy_note(exchange: Exchange, schema: Schema) -> str:
    """The characteristics are the same in every workspace; what its policy does with a write is said here."""
    if schema is not USER.schema:
        return ""
    if exchange.caller.policy["profile_authority"] == "DIRECTORY":
        return " In this workspace the directory's userName and displayName are kept."
    return " In this workspace people own their names: changes of userName and displayName are accepted and ignored."


def _attribute(attribute: Attribute) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": attribute.name,
        "type": attribute.type,
        "multiValued": attribute.multi_valued,
        "description": attribute.description,
        "required": attribute.required,
        "caseExact": attribute.case_exact,
        "mutability": attribute.mutability,
        "returned": attribute.returned,
        "uniqueness": attribute.uniqueness,
    }
    if attribute.canonical_values:
        described["canonicalValues"] = attribute.canonical_values
    if attribute.reference_types:
        described["referenceTypes"] = attribute.reference_types
    if attribute.sub_attributes:
        described["subAttributes"] = [_attribute(sub) for sub in attribute.sub_attributes]
    return described


def _list(exchange: Exchange, resources: list[dict[str, Any]]) -> Answer:
    """Always all of them: paging and sorting do not apply here (RFC 7644 §4)."""
    _refuse_filter(exchange)
    body = {
        "schemas": [LIST_RESPONSE],
        "totalResults": len(resources),
        "startIndex": 1,
        "itemsPerPage": len(resources),
        "Resources": resources,
    }
    return Answer(body=orjson.dumps(body))


def _one(exchange: Exchange, resource: dict[str, Any]) -> Answer:
    _refuse_filter(exchange)
    return Answer(body=orjson.dumps(resource))


def _refuse_filter(exchange: Exchange) -> None:
    if "filter" in exchange.parameters:
        raise Forbidden("These are not filtered (RFC 7644 §4)")
