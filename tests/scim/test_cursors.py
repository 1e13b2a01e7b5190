"""Cursor paging (RFC 9865)."""

from typing import Any

import httpx
import pytest

from tenantry.errors import InvalidInput
from tenantry.scim.cursors import Cursors, Place
from tenantry.services.sorting import Position

from ..make import make_person, make_workspace


@pytest.fixture
async def scim(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """The SCIM door of a workspace of eight people, its owner among them."""
    workspace = await make_workspace(preset="MANAGED")
    for number in range(7):
        title = {"title": f"T{number % 3}"} if number else {}
        await make_person(workspace, userName=f"p{number}@c.example.com", **title)
    client.headers["Authorization"] = f"Bearer {workspace.scim_token}"
    return client


async def page(scim: httpx.AsyncClient, **parameters: Any) -> dict[str, Any]:
    answer = await scim.get("/scim/v2/Users", params=parameters)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def refusal(scim: httpx.AsyncClient, **parameters: Any) -> tuple[int, str]:
    answer = await scim.get("/scim/v2/Users", params=parameters)
    return answer.status_code, answer.json()["scimType"]


@pytest.mark.parametrize(
    "order", [{}, {"sortBy": "title"}, {"sortBy": "title", "sortOrder": "descending"}, {"sortBy": "userName"}]
)
async def test_following_the_cursors_gives_everyone_once(scim: httpx.AsyncClient, order: dict[str, str]) -> None:
    """SCIM-CUR-01, -02, -04, -10 (RFC 9865 §2, §2.2)."""
    whole = [user["id"] for user in (await page(scim, **order))["Resources"]]
    found, cursor = list[str](), ""
    while True:
        body = await page(scim, cursor=cursor, count=3, **order)
        assert "previousCursor" not in body
        assert body["totalResults"] == 8
        found += [user["id"] for user in body["Resources"]]
        if "nextCursor" not in body:
            break
        cursor = body["nextCursor"]
    assert found == whole


async def test_nobody_is_lost_when_people_leave_between_pages(scim: httpx.AsyncClient) -> None:
    """RFC 9865 §2: unlike a position, a place does not move."""
    first = await page(scim, cursor="", count=3)
    for user in first["Resources"][1:]:
        assert (await scim.delete(f"/scim/v2/Users/{user['id']}")).status_code == 204
    rest = await page(scim, cursor=first["nextCursor"], count=3)
    assert len(rest["Resources"]) == 3
    assert not {user["id"] for user in first["Resources"]} & {user["id"] for user in rest["Resources"]}


async def test_a_cursor_is_made_of_unreserved_characters_and_tells_nothing(scim: httpx.AsyncClient) -> None:
    """SCIM-CUR-03, -14 (RFC 9865 §2, §5)."""
    body = await page(scim, cursor="", count=2, sortBy="userName")
    assert set(body["nextCursor"]) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
    assert "startIndex" not in body


async def test_a_cursor_of_another_query_count_or_workspace_is_refused(scim: httpx.AsyncClient) -> None:
    """SCIM-CUR-05, -09, -12 (RFC 9865 §2.1)."""
    cursor = (await page(scim, cursor="", count=2))["nextCursor"]
    assert await refusal(scim, cursor="unheard-of") == (400, "invalidCursor")
    assert await refusal(scim, cursor="é") == (400, "invalidCursor")
    assert await refusal(scim, cursor=cursor, filter="title pr") == (400, "invalidCursor")
    assert await refusal(scim, cursor=cursor, sortBy="title") == (400, "invalidCursor")
    assert await refusal(scim, cursor=cursor, count=3) == (400, "invalidCount")
    assert await refusal(scim, cursor=cursor, startIndex=1) == (400, "invalidValue")
    other = await make_workspace()
    scim.headers["Authorization"] = f"Bearer {other.scim_token}"
    assert await refusal(scim, cursor=cursor) == (400, "invalidCursor")


async def test_count_bounds_a_page_and_zero_asks_for_the_total(scim: httpx.AsyncClient) -> None:
    """SCIM-CUR-06 (RFC 9865 §2)."""
    assert len((await page(scim, cursor="", count=2))["Resources"]) == 2
    for count in (0, -5):
        body = await page(scim, cursor="", count=count)
        assert (body["totalResults"], body["Resources"], "nextCursor" in body) == (8, [], False)


async def test_the_service_says_how_it_pages(scim: httpx.AsyncClient) -> None:
    """SCIM-CUR-08, -13 (RFC 9865 §4, §2.4)."""
    pagination = (await scim.get("/scim/v2/ServiceProviderConfig")).json()["pagination"]
    assert pagination == {
        "cursor": True,
        "index": True,
        "defaultPaginationMethod": "index",
        "defaultPageSize": 100,
        "maxPageSize": 200,
        "cursorTimeout": 3600,
    }


def test_a_late_cursor_has_expired() -> None:
    """RFC 9865 §2.1."""
    place = Place(Position("x", "01a20c46-26eb-7e7c-9427-7221cdcfa466"), 2)
    cursor = Cursors("secret", timeout_seconds=3600).write(place, "query")
    assert Cursors("secret", timeout_seconds=3600).read(cursor, "query") == place
    with pytest.raises(InvalidInput) as late:
        Cursors("secret", timeout_seconds=-1).read(cursor, "query")
    assert late.value.reason == "expiredCursor"
    with pytest.raises(InvalidInput) as foreign:
        Cursors("another", timeout_seconds=3600).read(cursor, "query")
    assert foreign.value.reason == "invalidCursor"
