"""The published OpenAPI document is the one the code makes, and it is a sound one."""

from pathlib import Path

import httpx
import jsonschema_rs
import yaml

from tenantry.scim.openapi import document, yaml_text
from tenantry.scim.routes import ROUTES
from tenantry.settings import Settings

PUBLISHED = Path(__file__).parents[2] / "openapi" / "scim.yaml"
# Methods that OpenAPI has words for.
METHODS = {"get", "put", "post", "delete", "patch"}


def test_the_published_document_is_the_one_the_code_makes() -> None:
    """After a change of the code: `tenantry openapi > openapi/scim.yaml`, and look at what it changed."""
    assert PUBLISHED.read_text() == yaml_text(Settings())


async def test_the_document_is_served_to_everyone(client: httpx.AsyncClient, settings: Settings) -> None:
    answer = await client.get("/openapi/scim.json")
    assert (answer.status_code, answer.json()) == (200, yaml.safe_load(yaml_text(settings)))


def test_every_route_is_told() -> None:
    told = document(Settings())["paths"]
    assert sum(len(METHODS & item.keys()) for item in told.values()) == sum(len(methods) for methods in ROUTES.values())
    for item in told.values():
        for method in METHODS & item.keys():
            assert {"operationId", "summary", "responses"} <= item[method].keys()
            assert "401" in item[method]["responses"] or "security" in item[method]


def test_operation_ids_are_unique() -> None:
    paths = document(Settings())["paths"].values()
    ids = [item[method]["operationId"] for item in paths for method in METHODS & item.keys()]
    assert len(ids) == len(set(ids))


def test_every_schema_is_a_json_schema() -> None:
    """OpenAPI 3.1 schemas are of JSON Schema 2020-12, which is what is assumed without `$schema`."""
    for schema in document(Settings())["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)
