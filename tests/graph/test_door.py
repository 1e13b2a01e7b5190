"""GraphQL over HTTP: what is taken, and what an answer looks like."""

import asyncio
from typing import Any

import httpx
import pytest

from tenantry.errors import Busy
from tenantry.graph import viewer
from tenantry.graph.door import GraphQLDoor
from tenantry.graph.media_types import JSON, RESPONSE_JSON
from tenantry.models import now
from tenantry.services import lookups, tokens

from ..make import Workspace
from .asking import Asker

NAME = {"query": "{ __typename }"}
HELLO = {"data": {"__typename": "Query"}}


async def test_a_query_is_answered(nobody: Asker) -> None:
    answer = await nobody.send(NAME)
    assert (answer.status_code, answer.json()) == (200, HELLO)


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (f"{JSON}; charset=utf-8", JSON),
        (RESPONSE_JSON, RESPONSE_JSON),
        (f"{JSON}, {RESPONSE_JSON}", RESPONSE_JSON),
        (f"{JSON}, {RESPONSE_JSON};q=0.9", JSON),
        (f"text/html, {RESPONSE_JSON.upper()}, */*;q=0.1", RESPONSE_JSON),
        (f"{RESPONSE_JSON};q=0, */*", JSON),
        (f"{RESPONSE_JSON};q=nonsense, {JSON};q=0.2", JSON),
    ],
)
async def test_the_answer_is_of_the_type_the_client_likes_best(nobody: Asker, accept: str, media_type: str) -> None:
    answer = await nobody.send(NAME, accept=accept)
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)


@pytest.mark.parametrize("accept", ["text/html", "image/*", f"{JSON};q=0"])
async def test_a_type_we_do_not_speak_is_406(nobody: Asker, accept: str) -> None:
    assert (await nobody.send(NAME, accept=accept)).status_code == 406


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "x-application/jsonx",
        "application/json; charset=utf-16",
        "application/graphql",
    ],
)
async def test_a_body_of_another_type_is_415(nobody: Asker, content_type: str) -> None:
    answer = await nobody.send(NAME, content_type=content_type)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (415, "BAD_REQUEST")


async def test_a_compressed_body_is_415(nobody: Asker) -> None:
    assert (await nobody.send(NAME, content_encoding="gzip")).status_code == 415


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=UTF-8"])
async def test_json_in_utf_8_is_taken(nobody: Asker, content_type: str) -> None:
    assert (await nobody.send(NAME, content_type=content_type)).status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
async def test_only_post_is_taken(nobody: Asker, method: str) -> None:
    answer = await nobody.client.request(method, "/graphql", params=NAME)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"1",
        b'"{ __typename }"',
        b"[]",
        b'[{"query": "{ __typename }"}]',
        b"{}",
        b"{",
        b'{"query": null}',
        b'{"query": 1}',
        b'{"query": ["{ __typename }"]}',
        b'{"query": "{ __typename }", "query": "{ __typename }"}',
        b'{"query": "{ __typename }", "operationName": 1}',
        b'{"query": "{ __typename }", "variables": []}',
        b'{"query": "{ __typename }", "variables": "x"}',
        b'{"query": "{ __typename }", "extensions": 1}',
        b'{"query": "{ __typename }", "variables": {"n": NaN}}',
        b'{"query": "{ __typename }", "variables": {"n": ' + b"9" * 10_000 + b"}}",
        b'{"query": "{ __typename }", "variables": {"n": "\\ud800"}}',
        b'{"query": "{ __typename }", "variables": {"n": "\\u0000"}}',
        b'{"query": "\xff"}',
        b'{"query": "{ __typename }", "variables": {"n": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
    ],
    ids=lambda body: body[:70].decode(errors="replace"),
)
async def test_an_odd_body_is_400(nobody: Asker, body: bytes) -> None:
    answer = await nobody.send(body)
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"code": "BAD_REQUEST", "requestId": answer.headers["x-request-id"]}
    assert len(answer.content) < 400


async def test_a_body_over_the_limit_is_413(nobody: Asker) -> None:
    answer = await nobody.send({"query": "{ __typename }" + " " * 256 * 1024})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (413, "LIMIT_EXCEEDED")


@pytest.mark.parametrize("part", ["operationName", "variables", "extensions"])
async def test_parts_may_be_null(nobody: Asker, part: str) -> None:
    assert (await nobody.send(NAME | {part: None})).json() == HELLO


@pytest.mark.parametrize(
    "body",
    [
        {"query": ""},
        {"query": "{"},
        {"query": "{ nothing }"},
        {"query": "{ __typename }", "operationName": "Other"},
        {"query": "query A { __typename } query B { __typename }"},
        {"query": "fragment F on Query { __typename }"},
        {"query": "subscription { __typename }"},
        {"query": "query($slug: String!) { workspace(slug: $slug) { id } }", "variables": {"slug": 1}},
        {"query": 'query { workspace(slug: "\\u0000") { id } }'},
        {"query": 'query { workspace(slug: "\\u{0}") { id } }'},
        {"query": 'query { workspace(slug: "\\uD800") { id } }'},
    ],
    ids=lambda body: body["query"][:60],
)
async def test_what_cannot_be_executed_has_no_data(nobody: Asker, body: dict[str, Any]) -> None:
    modern = await nobody.send(body, accept=RESPONSE_JSON)
    older = await nobody.send(body, accept=JSON)
    assert (modern.status_code, older.status_code) == (400, 200)
    for answer in (modern, older):
        assert "data" not in answer.json()
        assert {error["extensions"]["code"] for error in answer.json()["errors"]} == {"BAD_REQUEST"}


async def test_operations_are_chosen_by_name(nobody: Asker) -> None:
    query = "query A { __typename } query B { service { version } }"
    assert (await nobody.send({"query": query, "operationName": "A"})).json() == HELLO


async def test_suggestions_are_not_made(nobody: Asker) -> None:
    for query in ("{ viewe }", '{ workspace(slugg: "x") { id } }', "{ service { limit { maxCost } } }"):
        assert all("Did you mean" not in error["message"] for error in await nobody.errors(query))


async def test_at_most_ten_errors_are_told(nobody: Asker) -> None:
    assert len(await nobody.errors("{ " + " ".join(f"nothing{n}" for n in range(15)) + " }")) == 10


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{ workspace(slug: " + "1" * 50_000 + ") { id } }", {}),
        ("{ node(id: 1.5, x: " + "1" * 50_000 + ") { id } }", {}),
        ("{ " + "x" * 5_000 + " }", {}),
        ("query($n: Int) { viewer { memberships(first: $n) { totalCount } } }", {"n": "x " * 5_000}),
        ("query($n: Int) { viewer { memberships(first: $n) { totalCount } } }", {"n": {"a" * 5_000: 1}}),
        ("query($n: [ID!]!) { nodes(ids: $n) { id } }", {"n": [{"secret": "word" * 1_000}] * 50}),
    ],
)
async def test_long_input_is_not_echoed(nobody: Asker, query: str, variables: dict[str, Any]) -> None:
    answer = await nobody.post(query, **variables)
    assert answer.json()["errors"]
    assert len(answer.content) < 4_000
    assert all(len(word) <= 102 for error in answer.json()["errors"] for word in error["message"].split())


async def test_nobody_has_no_viewer_and_sees_no_workspace(nobody: Asker) -> None:
    data = await nobody.ask(
        '{ viewer { user { id } } workspace(slug: "acme") { id } node(id: "x") { id } service { version } }'
    )
    assert data["service"]["version"]
    assert (data["viewer"], data["workspace"], data["node"]) == (None, None, None)


async def test_nobody_changes_anything(nobody: Asker) -> None:
    mutation = 'mutation { groupDelete(input: {id: "grp_0"}) { deletedId } }'
    assert await nobody.codes(mutation) == ["UNAUTHENTICATED"]


async def test_nobody_reads_the_schema(nobody: Asker, owner: Asker) -> None:
    query = "{ __schema { queryType { name } } }"
    assert await nobody.codes(query) == ["UNAUTHENTICATED"]
    assert await nobody.codes('query { ...F } fragment F on Query { __type(name: "User") { name } }') == [
        "UNAUTHENTICATED"
    ]
    assert await owner.ask(query) == {"__schema": {"queryType": {"name": "Query"}}}
    # Now that the document is known to be good.
    assert await nobody.codes(query) == ["UNAUTHENTICATED"]


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Bearer nonsense", "Basic dXNlcjpwYXNz", "{token}", "Bearer {scim}"]
)
async def test_a_bad_token_is_401(client: httpx.AsyncClient, workspace: Workspace, authorization: str) -> None:
    value = authorization.format(token=workspace.personal_token, scim=workspace.scim_token)
    answer = await client.post("/graphql", json=NAME, headers={"authorization": value})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_revoked_or_expired_token_is_401(owner: Asker, workspace: Workspace) -> None:
    account_id = workspace.owner.account_id
    assert account_id
    row, secret = await tokens.personal_create(account_id, name="Gone", scopes=[])
    await tokens.personal_revoke(account_id, row["id"])
    assert (await Asker(owner.client, secret).send(NAME)).status_code == 401
    _, secret = await tokens.personal_create(account_id, name="Short", scopes=[], expires_at=now() + 50_000)
    await asyncio.sleep(0.06)
    assert (await Asker(owner.client, secret).send(NAME)).status_code == 401


async def test_a_fault_is_masked_and_logged(owner: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(lookups, "account", fail)
    answer = await owner.post("{ viewer { user { id } } service { version } }")
    assert answer.status_code == 200
    (error,) = answer.json()["errors"]
    assert error["message"] == "Internal error"
    assert error["extensions"] == {"code": "INTERNAL", "requestId": answer.headers["x-request-id"]}
    assert error["path"] == ["viewer"]
    assert answer.json()["data"]["service"]


async def test_a_busy_database_is_503(owner: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    async def busy(*_: object) -> None:
        raise Busy("The database cannot take this right now", retry_after_seconds=3)

    monkeypatch.setattr(lookups, "account", busy)
    answer = await owner.post("{ viewer { user { id } } }")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "3")
    assert answer.json()["errors"][0]["extensions"]["code"] == "BUSY"
    monkeypatch.setattr(tokens, "identify_personal", busy)
    assert (await owner.post("{ __typename }")).status_code == 503


async def test_half_an_answer_of_a_busy_database_is_told(owner: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    async def busy(*_: object) -> None:
        raise Busy("The database cannot take this right now")

    monkeypatch.setattr(lookups, "account", busy)
    answer = await owner.post("{ viewer { user { id } } service { version } }")
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (200, "BUSY")


async def test_an_operation_that_takes_too_long_is_given_up(
    owner: Asker, door: GraphQLDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def sleep(_: object) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(viewer, "viewer", sleep)
    door.settings = door.settings.model_copy(update={"graphql_timeout_seconds": 0.05})
    answer = await owner.post("{ viewer { user { id } } }")
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (503, "TIMEOUT")


async def test_the_use_of_a_token_is_noted(owner: Asker, door: GraphQLDoor) -> None:
    query = "{ viewer { personalAccessTokens { nodes { lastUsedAt lastUsedIp } } } }"
    assert (await owner.ask(query))["viewer"]["personalAccessTokens"]["nodes"][0]["lastUsedAt"] is None
    await door.token_uses.flush()
    (token,) = (await owner.ask(query))["viewer"]["personalAccessTokens"]["nodes"]
    assert token["lastUsedAt"]
    assert token["lastUsedIp"] == "127.0.0.1"


async def test_what_is_refused_before_it_comes_here_sounds_alike(nobody: Asker) -> None:
    answer = await nobody.client.post("/graphql?" + "x" * 9_000, json=NAME)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (414, "BAD_REQUEST")
