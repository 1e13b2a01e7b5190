"""What is true of every request, whichever door it goes to."""

import asyncio
import json
import re
from collections.abc import Callable

import httpx
import orjson
import pytest
from starlette.applications import Starlette

from tenantry.app import create_app
from tenantry.errors import Busy
from tenantry.scim import openapi
from tenantry.services import health
from tenantry.settings import Settings

from .serving import Server


async def test_the_process_says_that_it_is_alive(client: httpx.AsyncClient) -> None:
    answer = await client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


async def test_the_service_is_ready_when_its_database_takes_writes(client: httpx.AsyncClient) -> None:
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


async def test_the_service_is_not_ready_while_its_database_is_busy(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy() -> None:
        raise Busy("The database cannot take this right now", retry_after_seconds=3)

    monkeypatch.setattr(health, "check", busy)
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "3")


async def test_the_openapi_document_of_scim_is_served(client: httpx.AsyncClient, settings: Settings) -> None:
    answer = await client.get("/openapi/scim.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == json.loads(orjson.dumps(openapi.document(settings)))
    assert answer.json()["servers"] == [{"url": "http://127.0.0.1:8000/scim/v2"}]


async def test_every_answer_carries_protective_headers(client: httpx.AsyncClient) -> None:
    for path in ("/", "/healthz", "/nowhere"):
        headers = (await client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        assert "strict-transport-security" not in headers


async def test_browsers_are_told_to_stay_with_https(app: Starlette) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="https://testserver") as client:
        assert (await client.get("/healthz")).headers["strict-transport-security"] == "max-age=31536000"


async def test_a_sane_request_id_is_kept(client: httpx.AsyncClient) -> None:
    answer = await client.get("/healthz", headers={"X-Request-Id": "proxy-7.a_B"})
    assert answer.headers["x-request-id"] == "proxy-7.a_B"


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, 'a"b', "a\tb"])
async def test_an_odd_request_id_is_replaced(client: httpx.AsyncClient, given: str) -> None:
    answer = await client.get("/healthz", headers={"X-Request-Id": given})
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])


async def test_a_url_over_the_limit_is_refused(client: httpx.AsyncClient) -> None:
    limit = 8 * 1024
    assert (await client.get("/healthz?" + "x" * (limit - len("/healthz")))).status_code == 200
    answer = await client.get("/healthz?" + "x" * (limit - len("/healthz") + 1))
    assert answer.status_code == 414
    assert answer.headers["x-request-id"]


async def test_more_requests_than_the_limit_are_asked_to_come_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, released = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        started.set()
        await released.wait()

    monkeypatch.setattr(health, "check", wait)
    transport = httpx.ASGITransport(app=create_app(settings.model_copy(update={"requests_in_flight_max": 1})))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        first = asyncio.create_task(client.get("/readyz"))
        await started.wait()
        refused = await client.get("/healthz")
        released.set()
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert (await first).status_code == 200
        assert (await client.get("/healthz")).status_code == 200


async def test_a_bug_is_answered_with_a_request_id_and_nothing_else(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail() -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(health, "check", fail)
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (500, {"status": 500, "detail": "Internal error"})
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_real_server_starts_answers_and_stops(serve: Callable[..., Server], workers: int) -> None:
    server = serve(workers=workers)
    assert httpx.get(f"{server.url}/healthz").headers["x-request-id"]
    assert server.stop() == 0


def test_a_real_server_logs_paths_without_what_was_asked(serve: Callable[..., Server]) -> None:
    server = serve(log_format="json")
    httpx.get(f"{server.url}/scim/v2/Users", params={"filter": 'userName eq "jane@example.com"'})
    server.stop()
    lines = [json.loads(line) for line in server.log.splitlines()]
    (line,) = [line for line in lines if line["event"] == "request" and line["path"] == "/scim/v2/Users"]
    assert (line["method"], line["status"]) == ("GET", 401)
    assert "jane" not in server.log
