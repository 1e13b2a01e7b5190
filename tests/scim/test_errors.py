"""How a refusal sounds, and what HTTP asks of every answer (RFC 7644 §3.12, §3.8; RFC 9110)."""

import httpx
import pytest

from tenantry.errors import Busy
from tenantry.services import memberships

from .conftest import Served
from .provider import BASE, USER, Resource, made, new_user, refusal, user
from .provider import resource as good

SOMEONE = "01890000-0000-7000-8000-000000000000"


@pytest.mark.parametrize(
    "path",
    [
        "/Nothing",
        "/users",
        f"/Users/{SOMEONE}/name",
        "//Users",
        f"/Users//{SOMEONE}",
        f"/Users/{SOMEONE}//",
        "/Users/a%2Fb",
    ],
)
async def test_there_is_no_such_endpoint(scim: httpx.AsyncClient, path: str) -> None:
    """SCIM-CRUD-33 (RFC 7644 §3.12); names of endpoints have a letter case, and slashes count."""
    for method in ("GET", "POST", "DELETE"):
        assert refusal(await scim.request(method, f"{BASE}{path}")) == (404, None)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/Users", "GET, POST"),
        ("PATCH", "/Groups", "GET, POST"),
        ("DELETE", "/Users", "GET, POST"),
        ("POST", f"/Users/{SOMEONE}", "GET, PUT, PATCH, DELETE"),
        ("POST", f"/Groups/{SOMEONE}", "GET, PUT, PATCH, DELETE"),
        ("OPTIONS", "/Users", "GET, POST"),
        ("BREW", "/Users", "GET, POST"),
    ],
)
async def test_a_method_that_is_not_offered_is_refused(
    scim: httpx.AsyncClient, method: str, path: str, allowed: str
) -> None:
    """SCIM-ERR-06, SCIM-HTTP-07, SCIM-CRUD-32 (RFC 9110 §15.5.6)."""
    answer = await scim.request(method, path, json={})
    assert refusal(answer) == (405, None)
    assert answer.headers["allow"] == allowed


async def test_a_method_cannot_be_overridden(scim: httpx.AsyncClient) -> None:
    """SCIM-HTTP-09."""
    ada = await new_user(scim)
    await scim.get(f"/Users/{ada['id']}", headers={"X-HTTP-Method-Override": "DELETE"})
    good(await scim.get(f"/Users/{ada['id']}"))


@pytest.mark.parametrize(
    "accept",
    [
        "application/scim+json",
        "application/json",
        "*/*",
        "application/*",
        "text/html, application/json;q=0.5",
        "APPLICATION/SCIM+JSON; charset=utf-8",
        "",
    ],
)
async def test_json_is_what_is_accepted(scim: httpx.AsyncClient, accept: str) -> None:
    """SCIM-HTTP-01 to -03 (RFC 7644 §3.8)."""
    answer = await scim.get("/Users", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/scim+json")


@pytest.mark.parametrize("accept", ["text/html", "application/xml, text/*", "application/jsonp"])
async def test_who_wants_no_json_gets_nothing(scim: httpx.AsyncClient, accept: str) -> None:
    """RFC 9110 §15.5.7."""
    assert refusal(await scim.get("/Users", headers={"Accept": accept})) == (406, None)
    answer = await scim.post("/Users", json=user(), headers={"Accept": accept})
    assert refusal(answer) == (406, None)
    assert good(await scim.get("/Users"))["totalResults"] == 1


BODY = f'{{"schemas": ["{USER}"], "userName": "ada@example.com"}}'


@pytest.mark.parametrize(
    "media_type",
    [
        "application/scim+json",
        "application/json",
        "application/scim+json; charset=utf-8",
        "Application/JSON;charset=UTF-8",
        None,
    ],
)
async def test_json_is_taken(scim: httpx.AsyncClient, media_type: str | None) -> None:
    """SCIM-HTTP-04, -05 (RFC 7644 §3.8)."""
    made(await scim.post("/Users", content=BODY, headers={"Content-Type": media_type} if media_type else {}))


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "json"])
async def test_another_kind_of_body_is_refused(scim: httpx.AsyncClient, media_type: str) -> None:
    """SCIM-HTTP-06 (RFC 9110 §15.5.16)."""
    ada = await new_user(scim)
    for method, path in (("POST", "/Users"), ("PUT", f"/Users/{ada['id']}"), ("PATCH", f"/Users/{ada['id']}")):
        answer = await scim.request(method, path, content=BODY, headers={"Content-Type": media_type})
        assert refusal(answer) == (415, None)


async def test_one_slash_at_the_end_is_nothing(scim: httpx.AsyncClient) -> None:
    """A redirect would lose the body."""
    ada = made(await scim.post("/Users/", json=user()))
    assert good(await scim.get(f"/Users/{ada['id']}/")) == ada
    assert (await scim.delete(f"/Users/{ada['id']}/")).status_code == 204
    assert good(await scim.get("/Users/?count=0"))["totalResults"] == 1


async def test_addresses_come_from_settings(scim: httpx.AsyncClient) -> None:
    """SCIM-CRUD-15, -38: a Host header is anybody's to write."""
    answer = await scim.post("/Users", json=user(), headers={"Host": "evil.example"})
    assert answer.headers["location"].startswith("http://127.0.0.1:8000/scim/v2/Users/")
    assert "evil" not in answer.text


async def test_an_answer_is_not_to_be_kept(scim: httpx.AsyncClient) -> None:
    """SCIM-SEC-15 (RFC 9111 §5.2.2.5)."""
    for path in ("/Users", "/Nothing", f"/Users/{SOMEONE}"):
        answer = await scim.get(path)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-request-id"]


async def test_a_bug_tells_nothing_but_a_request_id(scim: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """SCIM-ERR-05, -08 (RFC 7644 §3.12)."""

    async def fail(*arguments: object, **more: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(memberships, "get", fail)
    answer = await scim.get(f"/Users/{SOMEONE}", headers={"X-Request-Id": "request-7"})
    assert refusal(answer) == (500, None)
    assert answer.json()["detail"] == "Internal error"
    assert answer.headers["x-request-id"] == "request-7"


async def test_a_busy_database_asks_to_come_again(scim: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """SCIM-ERR-08 (RFC 7644 §3.12)."""

    async def busy(*arguments: object, **more: object) -> None:
        raise Busy("The database cannot take this right now", retry_after_seconds=3)

    monkeypatch.setattr(memberships, "provision", busy)
    answer = await scim.post("/Users", json=user())
    assert refusal(answer) == (503, None)
    assert answer.headers["retry-after"] == "3"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "/Users"),
        ({"schemas": [USER]}, "/Users"),
        ({"schemas": [USER], "userName": "ada@example.com"}, "/Users"),
        ({"schemas": [USER], "displayName": "x" * 300}, "/Groups"),
    ],
)
async def test_a_kind_is_named_only_with_400_and_409(scim: httpx.AsyncClient, body: Resource, path: str) -> None:
    """SCIM-ERR-01 to -05 (RFC 7644 §3.12, table 9)."""
    await new_user(scim)
    status, scim_type = refusal(await scim.post(path, json=body))
    assert (status, scim_type) in ((400, "invalidSyntax"), (400, "invalidValue"), (409, "uniqueness"))


def test_head_answers_like_get_without_a_body(served: Served) -> None:
    """SCIM-HTTP-09 (RFC 9110 §9.3.2), over a real connection."""
    side = served.side(served.policies["managed"]["A"])
    with httpx.Client(base_url=side.base, headers={"Authorization": f"Bearer {side.token}"}) as scim:
        made_user = made(scim.post("/Users", json=user("head@example.com")))
        for path in (f"/Users/{made_user['id']}", "/Users", "/ServiceProviderConfig", "/Groups", "/Nothing"):
            asked, got = scim.head(path), scim.get(path)
            assert asked.content == b""
            assert asked.status_code == got.status_code
            kept = ("content-type", "content-length", "etag")
            assert {name: asked.headers.get(name) for name in kept} == {name: got.headers.get(name) for name in kept}
        scim.delete(f"/Users/{made_user['id']}")
