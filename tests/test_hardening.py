"""Bad input at both doors: refused in the door's own words, with a request id, and never a 500."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import httpx
import pytest

from .bodies import MALFORMED
from .make import Workspace, make_workspace

SCIM_ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"


@dataclass(frozen=True, slots=True)
class Door:
    """A door with a good token: where bodies go, and how large one may be."""

    path: str
    token: str
    media_type: str
    bytes_max: int
    sound: bytes

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Content-Type": self.media_type}


def doors_of(workspace: Workspace) -> Iterator[Door]:
    user = {"schemas": [USER], "userName": "ada@example.com"}
    yield Door("/scim/v2/Users", workspace.scim_token, "application/scim+json", 1 << 20, json.dumps(user).encode())
    group = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Team"}
    yield Door("/scim/v2/Groups", workspace.scim_token, "application/scim+json", 16 << 20, json.dumps(group).encode())
    query = {"query": "{ __typename }"}
    yield Door("/graphql", workspace.personal_token, "application/json", 256 << 10, json.dumps(query).encode())


@pytest.fixture
async def doors(client: httpx.AsyncClient) -> list[Door]:
    return list(doors_of(await make_workspace()))


def refusal(answer: httpx.Response) -> str:
    """The text of a refusal, after asserting that it is one and sounds as its door speaks."""
    assert answer.headers["x-request-id"]
    body = answer.json()
    if answer.headers["content-type"].startswith("application/scim+json"):
        assert body["schemas"] == [SCIM_ERROR]
        assert body["status"] == str(answer.status_code)
        return str(body["detail"])
    assert "data" not in body
    return str(body["errors"][0]["message"])


async def test_every_door_takes_a_sound_body(client: httpx.AsyncClient, doors: list[Door]) -> None:
    for door in doors:
        answer = await client.post(door.path, content=door.sound, headers=door.headers())
        assert answer.is_success, answer.text


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
async def test_a_body_that_is_not_sound_json_is_refused(
    client: httpx.AsyncClient, doors: list[Door], body: bytes
) -> None:
    for door in doors:
        answer = await client.post(door.path, content=body, headers=door.headers())
        assert answer.status_code in (400, 413), answer.text
        assert refusal(answer)


async def test_a_body_over_the_limit_is_refused_and_the_connection_closed(
    client: httpx.AsyncClient, doors: list[Door]
) -> None:
    for door in doors:
        largest = door.sound + b" " * (door.bytes_max - len(door.sound))
        assert (await client.post(door.path, content=largest, headers=door.headers())).is_success
        answer = await client.post(door.path, content=largest + b" ", headers=door.headers())
        assert answer.status_code == 413
        assert answer.headers["connection"] == "close"
        assert refusal(answer)


async def test_a_body_is_counted_while_it_arrives(client: httpx.AsyncClient, doors: list[Door]) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1 << 16
            yield b" " * (1 << 16)

    for door in doors:
        sent = 0
        answer = await client.post(door.path, content=endless(), headers=door.headers())
        assert answer.status_code == 413
        assert sent <= door.bytes_max + (1 << 17)


async def test_a_compressed_body_is_refused(client: httpx.AsyncClient, doors: list[Door]) -> None:
    for door in doors:
        headers = door.headers() | {"Content-Encoding": "gzip"}
        answer = await client.post(door.path, content=door.sound, headers=headers)
        assert answer.status_code == 415
        assert refusal(answer)


@pytest.mark.parametrize("value", [None, True, 7, "text", [], [[]], {}])
async def test_json_of_another_shape_is_refused(client: httpx.AsyncClient, doors: list[Door], value: object) -> None:
    for door in doors:
        answer = await client.post(door.path, json=value, headers=door.headers())
        assert answer.status_code == 400
        assert refusal(answer)


async def test_a_url_over_the_limit_is_refused_in_the_words_of_the_door(
    client: httpx.AsyncClient, doors: list[Door]
) -> None:
    for door in doors:
        answer = await client.get(f"{door.path}?{'x' * 8192}", headers=door.headers())
        assert answer.status_code == 414
        assert refusal(answer)


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer ", "Bearer x", "Basic eDp5", "Bearer \x7f", "é"])
async def test_a_bad_token_is_refused(client: httpx.AsyncClient, doors: list[Door], authorization: str) -> None:
    for door in doors:
        headers = httpx.Headers(door.headers() | {"Authorization": authorization}, encoding="utf-8")
        answer = await client.post(door.path, content=door.sound, headers=headers)
        assert answer.status_code == 401, answer.text
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert refusal(answer)


@pytest.mark.parametrize("path", ["/scim/v2", "/scim/v2/Nothing", "/scim/v2//Users", "/scim/v2/Users/%00"])
async def test_an_odd_path_is_no_error_of_ours(client: httpx.AsyncClient, doors: list[Door], path: str) -> None:
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        answer = await client.request(method, path, headers=doors[0].headers(), json={})
        assert answer.status_code in (400, 404, 405), answer.text
