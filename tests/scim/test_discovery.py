"""/ServiceProviderConfig, /ResourceTypes and /Schemas (RFC 7643 §5 to §7, RFC 7644 §4)."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from ..make import make_workspace
from .provider import ENTERPRISE, GROUP, LIST, USER, Resource, connect, new_group, new_user, refusal, user
from .provider import resource as good

ENDPOINTS = ("/ServiceProviderConfig", "/ResourceTypes", "/Schemas")


async def schemas(scim: httpx.AsyncClient) -> dict[str, Resource]:
    return {schema["id"]: schema for schema in good(await scim.get("/Schemas"))["Resources"]}


def attributes(schema: Resource, prefix: str = "") -> Iterator[tuple[str, Resource]]:
    """(path, definition) of every attribute and sub-attribute."""
    for attribute in schema.get("attributes") or schema.get("subAttributes") or []:
        yield f"{prefix}{attribute['name']}", attribute
        yield from attributes(attribute, f"{prefix}{attribute['name']}.")


async def test_the_service_says_what_it_can_do(scim: httpx.AsyncClient) -> None:
    """SCIM-DISC-01 to -04 (RFC 7643 §5)."""
    config = good(await scim.get("/ServiceProviderConfig"))
    assert config["schemas"] == ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"]
    for name in ("patch", "bulk", "filter", "changePassword", "sort", "etag"):
        assert isinstance(config[name]["supported"], bool)
    assert type(config["bulk"]["maxOperations"]) is int
    assert type(config["bulk"]["maxPayloadSize"]) is int
    assert config["filter"] == {"supported": True, "maxResults": 200}
    assert config["patch"] == config["sort"] == config["etag"] == {"supported": True}
    assert config["changePassword"] == {"supported": False}
    for scheme in config["authenticationSchemes"]:
        assert scheme["type"] == "oauthbearertoken"
        assert scheme["name"]
        assert scheme["description"]


@pytest.mark.parametrize("path", [*ENDPOINTS, "/ResourceTypes/User", f"/Schemas/{USER}"])
async def test_what_the_service_can_do_is_not_filtered(scim: httpx.AsyncClient, path: str) -> None:
    """SCIM-DISC-05 to -07 (RFC 7644 §4)."""
    assert refusal(await scim.get(path, params={"filter": 'id eq "User"'})) == (403, None)


@pytest.mark.parametrize("path", ENDPOINTS)
async def test_all_of_it_always_comes(scim: httpx.AsyncClient, path: str) -> None:
    """SCIM-DISC-08, -09, -13 (RFC 7644 §4)."""
    whole = good(await scim.get(path))
    parameters = {"startIndex": "2", "count": "1", "sortBy": "id", "sortOrder": "descending", "attributes": "id"}
    assert good(await scim.get(path, params=parameters)) == whole
    if path != "/ServiceProviderConfig":
        assert whole["schemas"] == [LIST]
        assert whole["totalResults"] == whole["itemsPerPage"] == len(whole["Resources"])
        assert whole["startIndex"] == 1


async def test_resource_types_lead_to_endpoints_and_schemas(scim: httpx.AsyncClient) -> None:
    """SCIM-DISC-10 to -12, -21 (RFC 7643 §6)."""
    types = {each["name"]: each for each in good(await scim.get("/ResourceTypes"))["Resources"]}
    assert types["User"]["schema"] == USER
    assert types["User"]["schemaExtensions"] == [{"schema": ENTERPRISE, "required": False}]
    assert types["Group"]["schema"] == GROUP
    known = await schemas(scim)
    for name, each in types.items():
        assert good(await scim.get(f"/ResourceTypes/{name}")) == each
        assert (await scim.get(each["endpoint"])).status_code == 200
        assert {each["schema"], *(extension["schema"] for extension in each["schemaExtensions"])} <= known.keys()


async def test_a_schema_is_found_by_its_urn(scim: httpx.AsyncClient) -> None:
    """SCIM-DISC-14 (RFC 7644 §4)."""
    for urn, schema in (await schemas(scim)).items():
        assert good(await scim.get(f"/Schemas/{urn}")) == schema
        assert good(await scim.get(f"/Schemas/{urn.upper()}")) == schema


@pytest.mark.parametrize("path", ["/ResourceTypes/Nothing", "/ResourceTypes/user", "/Schemas/urn:none", "/Schemas/%00"])
async def test_what_is_not_there_is_not_found(scim: httpx.AsyncClient, path: str) -> None:
    """SCIM-DISC-16 (RFC 7644 §3.12)."""
    assert refusal(await scim.get(path)) == (404, None)


@pytest.mark.parametrize("path", [*ENDPOINTS, "/ResourceTypes/User", f"/Schemas/{USER}"])
async def test_it_is_not_written(scim: httpx.AsyncClient, path: str) -> None:
    """SCIM-DISC-17."""
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = await scim.request(method, path, json={})
        assert refusal(answer) == (405, None)
        assert answer.headers["allow"] == "GET"


async def test_everything_says_where_it_is(scim: httpx.AsyncClient) -> None:
    """SCIM-DISC-22 (RFC 7643 §3.1)."""
    base = "http://127.0.0.1:8000/scim/v2"
    config = good(await scim.get("/ServiceProviderConfig"))
    assert config["meta"] == {"resourceType": "ServiceProviderConfig", "location": f"{base}/ServiceProviderConfig"}
    for path, kind in (("/ResourceTypes", "ResourceType"), ("/Schemas", "Schema")):
        for each in good(await scim.get(path))["Resources"]:
            assert each["meta"] == {"resourceType": kind, "location": f"{base}{path}/{each['id']}"}


async def test_attributes_are_described_in_the_words_of_the_standard(scim: httpx.AsyncClient) -> None:
    """SCIM-DISC-15, -26 (RFC 7643 §7)."""
    words = {
        "type": {"string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"},
        "mutability": {"readOnly", "readWrite", "immutable", "writeOnly"},
        "returned": {"always", "never", "default", "request"},
        "uniqueness": {"none", "server", "global"},
    }
    for schema in (await schemas(scim)).values():
        for path, attribute in attributes(schema):
            for name, allowed in words.items():
                assert attribute[name] in allowed, path
            for name in ("multiValued", "required", "caseExact"):
                assert isinstance(attribute[name], bool), path
            assert ("subAttributes" in attribute) == (attribute["type"] == "complex"), path
            assert ("referenceTypes" in attribute) == (attribute["type"] == "reference"), path
            assert attribute["description"], path


async def test_the_attributes_that_matter_most_are_as_the_standard_has_them(scim: httpx.AsyncClient) -> None:
    """SCIM-DISC-18 to -20 (RFC 7643 §4.1, §8.7.1)."""
    known = await schemas(scim)
    described = dict(attributes(known[USER]))
    user_name = {"required": True, "uniqueness": "server", "caseExact": False, "mutability": "readWrite"}
    assert described["userName"] | user_name == described["userName"]
    assert described["displayName"]["mutability"] == "readWrite"
    assert described["groups"]["mutability"] == "readOnly"
    assert "password" not in described
    assert dict(attributes(known[GROUP]))["displayName"]["required"] is True


@pytest.mark.parametrize(
    ("preset", "said"),
    [("LINKED", "accepted and ignored"), ("INVITED", "accepted and ignored"), ("MANAGED", "displayName are kept")],
)
async def test_the_user_schema_says_what_the_policy_does_with_names(app: Starlette, preset: str, said: str) -> None:
    """Writable under every policy; whether a change is kept is said in words."""
    scim = connect(app, await make_workspace(preset=preset))
    schema = good(await scim.get(f"/Schemas/{USER}"))
    assert said in schema["description"]
    described = dict(attributes(schema))
    assert described["userName"]["mutability"] == described["displayName"]["mutability"] == "readWrite"


def sample(attribute: Resource) -> Any:
    """A value that fits the attribute; None when clients do not write it."""
    if attribute["mutability"] == "readOnly":
        return None
    if attribute["type"] == "complex":
        named = {sub["name"]: sample(sub) for sub in attribute["subAttributes"]}
        value: Any = {name: value for name, value in named.items() if value is not None}
    else:
        value = {
            "string": f"Some {attribute['name']}",
            "boolean": True,
            "reference": "https://example.com/A",
            "binary": "TUlJQw==",
        }[attribute["type"]]
    return [value] if attribute["multiValued"] else value


async def test_everything_described_is_kept_and_everything_shown_is_described(scim: httpx.AsyncClient) -> None:
    """SCIM-DISC-25 (RFC 7643 §7)."""
    known = await schemas(scim)
    values = {each["name"]: value for each in known[USER]["attributes"] if (value := sample(each)) is not None}
    values[ENTERPRISE] = {
        each["name"]: value for each in known[ENTERPRISE]["attributes"] if (value := sample(each)) is not None
    }
    name = values.pop("userName")
    made = await new_user(scim, name, **values)
    assert made == made | values
    common = {"schemas", "id", "externalId", "meta", ENTERPRISE}
    assert made.keys() <= {attribute["name"] for attribute in known[USER]["attributes"]} | common
    assert good(await scim.put(f"/Users/{made['id']}", json=user(name, **values)))["meta"] == made["meta"]
    group = await new_group(scim, "Team", made["id"])
    assert group.keys() <= {attribute["name"] for attribute in known[GROUP]["attributes"]} | common
