"""The OpenAPI document of the SCIM door: committed, sound, whole, and true of what is sent and answered."""

import inspect
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest
import yaml
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR
from starlette.applications import Starlette

from tenantry.errors import Busy
from tenantry.scim.endpoints import Route
from tenantry.scim.openapi import document, yaml_text
from tenantry.scim.openapi_contracts import CONTRACTS
from tenantry.scim.routes import ROUTES
from tenantry.services import memberships
from tenantry.settings import Settings

from ..make import Workspace, make_person
from .provider import PATCH, group, patch, user

ROOT = Path(__file__).parents[2]
PROVIDERS = sorted(Path(__file__).with_name("providers").glob("*.json"))
# Of every answer, whatever it is about.
PROTECTION = {"content-security-policy", "cross-origin-resource-policy", "referrer-policy", "x-content-type-options"}
OF_HTTP = {"content-type", "content-length", "connection"}


@cache
def published() -> dict[str, Any]:
    """As clients read it."""
    read: dict[str, Any] = json.loads(json.dumps(document(Settings())))
    return read


def validator(schema: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
    """What holds for a schema that is part of the document."""
    return jsonschema_rs.Draft202012Validator(
        schema | {"components": published()["components"]},
        pattern_options=jsonschema_rs.FancyRegexOptions(),
        validate_formats=True,
    )


@cache
def component(name: str) -> jsonschema_rs.Draft202012Validator:
    return validator({"$ref": f"#/components/schemas/{name}"})


def within(node: Any) -> Iterator[dict[str, Any]]:
    """Every object of the document."""
    if isinstance(node, dict):
        yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from within(inner)


def routes() -> list[tuple[str, bool, str, Route]]:
    return [(kind, has_id, method, route) for (kind, has_id), of in ROUTES.items() for method, route in of.items()]


def test_the_committed_document_is_the_one_the_code_makes() -> None:
    """`tenantry openapi > openapi/scim.yaml` writes it anew."""
    assert (ROOT / "openapi" / "scim.yaml").read_text() == yaml_text(Settings())


def test_it_says_the_same_as_yaml_and_as_json() -> None:
    assert yaml.safe_load(yaml_text(Settings())) == published()


def test_it_is_a_sound_openapi_document() -> None:
    assert [error.message for error in OPENAPI_31_VALIDATOR.iter_errors(published())] == []


@pytest.mark.parametrize("name", sorted(document(Settings())["components"]["schemas"]))
def test_every_shape_is_a_sound_json_schema(name: str) -> None:
    jsonschema_rs.meta.validate(published()["components"]["schemas"][name])
    component(name)


def test_what_it_refers_to_is_there_and_nothing_else() -> None:
    referred = {node["$ref"] for node in within(published()) if isinstance(node.get("$ref"), str)}
    components = published()["components"]
    made = {
        f"#/components/{kind}/{name}" for kind in components if kind != "securitySchemes" for name in components[kind]
    }
    assert referred == made


def test_links_lead_to_operations() -> None:
    operations = [node["operationId"] for node in within(published()["paths"]) if "responses" in node]
    assert len(set(operations)) == len(operations)
    linked = {link["operationId"] for node in within(published()) for link in node.get("links", {}).values()}
    assert linked < set(operations)


def test_every_route_has_a_contract() -> None:
    assert {key: set(methods) for key, methods in CONTRACTS.items()} == {key: set(of) for key, of in ROUTES.items()}


@pytest.mark.parametrize(("kind", "has_id", "method", "route"), routes())
def test_an_endpoint_says_what_it_does_and_where(kind: str, has_id: bool, method: str, route: Route) -> None:
    """The document takes its summaries from there."""
    said = (inspect.getdoc(route.endpoint) or "").splitlines()[0]
    place = f"/{kind}{'/{id}' * has_id}"
    assert re.fullmatch(
        rf"[A-Z][\w', ]+: ({method} {re.escape(place)}|any method on {place}) \((RFC \d+ )?§.+\)\.", said
    )


def test_every_example_of_a_body_fits() -> None:
    bodies = [
        body for node in within(published()["paths"]) for body in node.get("content", {}).values() if "examples" in body
    ]
    assert bodies
    for body in bodies:
        name = body["schema"]["$ref"].rpartition("/")[2]
        assert [
            key for key, example in body["examples"].items() if not component(name).is_valid(example["value"])
        ] == []


def test_examples_speak_of_example_com() -> None:
    addresses = re.findall(r"[\w.]+@([\w.]+)", json.dumps(published()))
    assert set(addresses) == {"example.com"}


# What providers send.


def sent() -> Iterator[tuple[str, str, Any]]:
    """(where from, which component, the body) of everything that providers are known to send and that we take."""
    for path in PROVIDERS:
        for step in json.loads(path.read_text())["steps"]:
            request, kind = step["request"], step["request"]["path"].split("/")[1]
            if (
                "body" in request
                and kind in ("Users", "Groups")
                and any(status < 300 for status in step["expect"]["status"])
            ):
                name = f"{kind.removesuffix('s')}{'Patch' if request['method'] == 'PATCH' else 'Body'}"
                yield f"{path.stem}: {step['name']}", name, filled(request["body"])


def filled(body: Any) -> Any:
    """The body with something in place of what a replay fills in."""
    someone = "0197c3a4-5d7e-7c11-8a7b-3f2e9d1c0b5a"
    text = re.sub(r"{{(\w+)}}", lambda found: "x" if found[1] == "run" else someone, json.dumps(body))
    # Names have no letter case, but the document writes them in one way.
    return json.loads(text.replace(".Value", ".value"))


def test_it_calls_nothing_wrong_that_providers_send_and_we_take() -> None:
    bodies = list(sent())
    assert len(bodies) > 100
    assert [where for where, name, body in bodies if not component(name).is_valid(body)] == []


TAKEN: list[tuple[str, Any]] = [
    ("UserBody", user(emails={"value": "ada@example.com"})),
    ("UserBody", user(emails=[None, "", {"value": "ada@example.com", "primary": "True"}])),
    ("UserBody", user(active="false", title=["Analyst"], nickName="  ", locale={}, timezone=[])),
    (
        "UserBody",
        user(**{"not ours": {"anything": [1, 1.5, None]}, "id": None, "meta": "x", "groups": 7, "password": 1}),
    ),
    ("UserBody", {"schemas": ["urn:scim:schemas:core:2.0"], "userName": [" ada "]}),
    ("UserPatch", patch()),
    ("UserPatch", patch({"op": "Add", "value": {"userName": ""}})),
    ("UserPatch", patch({"op": "remove", "path": "emails", "value": ["ada@example.com", {"type": "work"}]})),
    ("UserPatch", patch({"op": "replace", "path": "manager", "value": "0197c3a4-5d7e-7c11-8a7b-3f2e9d1c0b5a"})),
    ("GroupBody", group("Team") | {"members": {"value": "nobody"}}),
    ("GroupPatch", patch({"op": "remove", "path": "members"})),
]
REFUSED: list[tuple[str, Any]] = [
    ("UserBody", {"userName": "ada@example.com"}),
    ("UserBody", user() | {"schemas": []}),
    ("UserBody", user("")),
    ("UserBody", user("a\u200bda")),
    ("UserBody", user("a" * 501)),
    ("UserBody", user(active=1)),
    ("UserBody", user(active="yes")),
    ("UserBody", user(title="\u0007")),
    ("UserBody", user(title=["Analyst", "Countess"])),
    ("UserBody", user(emails="ada@example.com")),
    (
        "UserBody",
        user(emails=[{"value": "a@example.com", "primary": True}, {"value": "b@example.com", "primary": "true"}]),
    ),
    ("UserBody", user(x509Certificates=[{"value": "not base64"}])),
    ("UserBody", user(unknown="\0")),
    ("UserBody", user(unknown=2**63)),
    ("UserPatch", {"schemas": [PATCH]}),
    ("UserPatch", {"schemas": ["urn:else"], "Operations": []}),
    ("UserPatch", patch({"op": "move", "path": "title", "value": "x"})),
    ("UserPatch", patch({"op": "add", "path": "title"})),
    ("UserPatch", patch({"op": "add", "path": "nowhere", "value": "x"})),
    ("UserPatch", patch({"op": "replace", "path": "id", "value": "x"})),
    ("UserPatch", patch({"op": "replace", "path": "userName", "value": ""})),
    ("UserPatch", patch({"op": "remove", "path": "userName"})),
    ("UserPatch", patch({"op": "remove"})),
    ("GroupBody", group(" ")),
    ("GroupBody", group("T" * 251)),
    ("GroupBody", group("Team") | {"members": ["nobody"]}),
    ("GroupPatch", patch({"op": "replace", "path": "displayName", "value": None})),
    ("GroupPatch", patch({"op": "add", "path": "members", "value": [{"value": " "}]})),
]


@pytest.mark.parametrize(("kind", "body"), TAKEN + REFUSED)
async def test_the_service_takes_what_the_document_does(scim: httpx.AsyncClient, kind: str, body: Any) -> None:
    is_taken = (kind, body) in TAKEN
    assert component(kind).is_valid(body) is is_taken
    path = "/Users" if kind.startswith("User") else "/Groups"
    if kind.endswith("Body"):
        answer = await scim.post(path, content=json.dumps(body))
    else:
        made = await scim.post(path, json=user("grace@example.com") if path == "/Users" else group("Other"))
        answer = await scim.patch(f"{path}/{made.json()['id']}", content=json.dumps(body))
    assert answer.is_success is is_taken, answer.text


# What we answer.


def assert_told(answer: httpx.Response, path: str) -> None:
    """The answer is one that the document tells of: its status, its headers, its body."""
    components = published()["components"]
    told = published()["paths"][path][answer.request.method.lower()]["responses"][str(answer.status_code)]
    if "$ref" in told:
        told = components["responses"][told["$ref"].rpartition("/")[2]]
    assert {name.lower() for name in told["headers"]} == set(answer.headers) - PROTECTION - OF_HTTP
    for name in told["headers"]:
        assert validator(components["headers"][name]["schema"]).is_valid(answer.headers[name])
    if "content" not in told:
        assert answer.content == b""
        return
    ((media_type, body),) = told["content"].items()
    assert answer.headers["content-type"] == media_type
    assert [error.message for error in validator(body["schema"]).iter_errors(answer.json())] == []


async def test_every_refusal_sounds_as_told(
    app: Starlette, scim: httpx.AsyncClient, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await make_person(workspace, userName="ada@example.com")
    there, here = f"/Users/{person['id']}", "/Users/{id}"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=str(scim.base_url)) as stranger:
        refused = {
            400: (await scim.get("/Users", params={"filter": "nonsense"}), "/Users"),
            401: (await stranger.get("/Users"), "/Users"),
            403: (await scim.delete(f"/Users/{workspace.owner_id}"), here),
            404: (await scim.get("/Users/nobody"), here),
            406: (await scim.get(there, headers={"Accept": "text/html"}), here),
            409: (await scim.post("/Users", json=user("ada@example.com")), "/Users"),
            412: (await scim.put(there, json=user("ada@example.com"), headers={"If-Match": 'W/"99"'}), here),
            413: (await scim.post("/Users", content=b"x" * (1 << 20 | 1)), "/Users"),
            414: (await scim.get("/Users", params={"attributes": "x" * 9000}), "/Users"),
            415: (await scim.patch(there, content=b"{}", headers={"Content-Type": "text/plain"}), here),
        }

        async def busy(*args: Any, **more: Any) -> None:
            raise Busy("Not now", retry_after_seconds=2)

        monkeypatch.setattr(memberships, "get", busy)
        refused[503] = (await scim.get(there), here)
        monkeypatch.setattr(memberships, "get", None)
        refused[500] = (await scim.get(there), here)
    for status, (answer, path) in refused.items():
        assert answer.status_code == status
        assert_told(answer, path)
    assert {str(status) for status in refused} == {
        status for node in within(published()["paths"]) for status in node.get("responses", {}) if status >= "400"
    }


async def test_every_kind_of_answer_is_as_told(scim: httpx.AsyncClient, workspace: Workspace) -> None:
    ada = await scim.post("/Users", json=user(emails=[{"value": "ada@example.com", "primary": True}]))
    team = await scim.post("/Groups", json=group("Team", ada.json()["id"]))
    there, tag = f"/Users/{ada.json()['id']}", ada.headers["etag"]
    answers = [
        (ada, "/Users"),
        (team, "/Groups"),
        (await scim.get(there), "/Users/{id}"),
        (await scim.get(there, headers={"If-None-Match": tag}), "/Users/{id}"),
        (await scim.get("/Users"), "/Users"),
        (await scim.get("/Users?cursor=&count=1"), "/Users"),
        (await scim.get("/Groups"), "/Groups"),
        (await scim.get("/"), "/"),
        (await scim.put(there, json=user(title="Countess")), "/Users/{id}"),
        (await scim.patch(there, json=patch({"op": "add", "path": "active", "value": "False"})), "/Users/{id}"),
        (await scim.delete(there), "/Users/{id}"),
        (await scim.get("/ServiceProviderConfig"), "/ServiceProviderConfig"),
        (await scim.get("/ResourceTypes"), "/ResourceTypes"),
        (await scim.get("/ResourceTypes/User"), "/ResourceTypes/{id}"),
        (await scim.get("/Schemas"), "/Schemas"),
        (await scim.get("/Me"), "/Me"),
    ]
    for answer, path in answers:
        assert_told(answer, path)
