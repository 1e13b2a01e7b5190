"""Lists: which resources, how many, from where (RFC 7644 §3.4.2). Sorting and cursors have files of their own."""

from typing import Any

import httpx
import pytest

from tenantry.app import create_app
from tenantry.settings import Settings

from ..make import Workspace
from .provider import LIST, Resource, connect, new_group, new_user, refusal
from .provider import resource as good


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Small pages, so that a few people fill several."""
    return settings.model_copy(update={"page_size_default": 3, "page_size_max": 5})


@pytest.fixture
async def seven(scim: httpx.AsyncClient, workspace: Workspace) -> list[str]:
    """The ids of everyone in the order they came: the owner, and six more."""
    return [workspace.owner_id] + [(await new_user(scim, f"p{n}@example.com"))["id"] for n in range(6)]


async def page(scim: httpx.AsyncClient, **parameters: Any) -> Resource:
    return good(await scim.get("/Users", params=parameters))


def ids(page: Resource) -> list[str]:
    return [resource["id"] for resource in page["Resources"]]


async def test_a_list_says_what_it_is(scim: httpx.AsyncClient, seven: list[str]) -> None:
    """SCIM-PAGE-10, SCIM-HTTP-01 (RFC 7644 §3.4.2)."""
    answer = await scim.get("/Users")
    assert answer.headers["content-type"] == "application/scim+json"
    listed = good(answer)
    assert listed.keys() == {"schemas", "totalResults", "startIndex", "itemsPerPage", "Resources"}
    assert listed["schemas"] == [LIST]
    assert (listed["totalResults"], listed["startIndex"], listed["itemsPerPage"]) == (7, 1, 3)
    assert ids(listed) == seven[:3]
    assert listed["Resources"][1] == good(await scim.get(f"/Users/{seven[1]}"))


@pytest.mark.parametrize(
    ("parameters", "start", "shown"),
    [
        ({"count": 2}, 1, slice(2)),
        ({"count": 2, "startIndex": 3}, 3, slice(2, 4)),
        ({"startIndex": 6}, 6, slice(5, 7)),
        ({"startIndex": 7, "count": 5}, 7, slice(6, 7)),
        ({"startIndex": 8}, 8, slice(0)),
        ({"startIndex": 10**17}, 10**17, slice(0)),
        ({"startIndex": 0}, 1, slice(3)),
        ({"startIndex": -5, "count": 1}, 1, slice(1)),
        ({"count": 0}, 1, slice(0)),
        ({"count": -1}, 1, slice(0)),
        ({"count": 5}, 1, slice(5)),
        ({"count": 6}, 1, slice(5)),
        ({"count": 10**17}, 1, slice(5)),
        ({"count": "", "startIndex": ""}, 1, slice(3)),
        ({"count": "+2", "startIndex": " 2 "}, 2, slice(1, 3)),
    ],
)
async def test_a_page_has_what_was_asked_for(
    scim: httpx.AsyncClient, seven: list[str], parameters: dict[str, Any], start: int, shown: slice
) -> None:
    """SCIM-PAGE-01, -02, -04 to -08, -12 (RFC 7644 §3.4.2.4)."""
    listed = await page(scim, **parameters)
    assert ids(listed) == seven[shown]
    assert (listed["totalResults"], listed["startIndex"]) == (7, start)
    assert listed["itemsPerPage"] == len(listed["Resources"])


@pytest.mark.parametrize("name", ["count", "startIndex"])
@pytest.mark.parametrize("text", ["one", "1.0", "1e1", "٣", "--1", "0x1", "9" * 19, "9" * 4000, "\0"])
async def test_what_is_no_integer_is_refused(scim: httpx.AsyncClient, name: str, text: str) -> None:
    """SCIM-PAGE-09 (RFC 7644 §3.12)."""
    assert refusal(await scim.get("/Users", params={name: text})) == (400, "invalidValue")


async def test_pages_together_are_the_whole(scim: httpx.AsyncClient, seven: list[str]) -> None:
    """SCIM-PAGE-03, -11 (RFC 7644 §3.4.2.4)."""
    pages = [await page(scim, startIndex=start, count=2) for start in (1, 3, 5, 7)]
    assert [id for each in pages for id in ids(each)] == seven
    filtered = [await page(scim, startIndex=start, count=2, filter="active eq true") for start in (1, 3, 5, 7)]
    assert [id for each in filtered for id in ids(each)] == seven
    assert [each["totalResults"] for each in filtered] == [7] * 4


@pytest.mark.parametrize(
    ("parameters", "shown", "total"),
    [
        ({}, 3, 6),
        ({"count": 2}, 2, 6),
        ({"count": 0}, 0, 6),
        ({"startIndex": 5}, 2, 6),
        ({"startIndex": 7}, 0, 6),
        ({"count": 5}, 5, 6),
    ],
)
async def test_the_filter_decides_how_many_there_are(
    scim: httpx.AsyncClient, seven: list[str], parameters: dict[str, Any], shown: int, total: int
) -> None:
    """SCIM-FILT-32 (RFC 7644 §3.4.2): filtered first, then paged."""
    listed = await page(scim, filter='userName sw "P"', **parameters)
    assert (len(listed["Resources"]), listed["totalResults"]) == (shown, total)


async def test_nobody_found_is_no_error(scim: httpx.AsyncClient, seven: list[str]) -> None:
    """SCIM-CRUD-35 (RFC 7644 §3.4.2)."""
    for path, attribute in (("/Users", "userName"), ("/Groups", "displayName")):
        answer = await scim.get(path, params={"filter": f'{attribute} eq "nobody"'})
        assert good(answer) == {
            "schemas": [LIST],
            "totalResults": 0,
            "startIndex": 1,
            "itemsPerPage": 0,
            "Resources": [],
        }


async def test_lists_end_at_the_workspace(
    scim: httpx.AsyncClient, elsewhere: httpx.AsyncClient, seven: list[str]
) -> None:
    """SCIM-SEC-11 (RFC 7644 §6)."""
    stranger, theirs = await new_user(elsewhere), await new_group(elsewhere)
    assert (await page(scim))["totalResults"] == 7
    assert (await page(elsewhere))["totalResults"] == 2
    for filter in (f'id eq "{stranger["id"]}"', 'userName eq "ada@example.com"', f'groups.value eq "{theirs["id"]}"'):
        assert (await page(scim, filter=filter))["totalResults"] == 0


async def test_totals_follow_what_comes_and_goes(scim: httpx.AsyncClient, seven: list[str]) -> None:
    """The total of a list without a filter is kept, not counted."""
    await scim.delete(f"/Users/{seven[3]}")
    assert (await page(scim, count=0))["totalResults"] == 6
    assert (await scim.post("/Users", json={"schemas": [LIST]})).status_code == 400
    assert (await page(scim, count=0))["totalResults"] == 6
    group = await new_group(scim)
    assert good(await scim.get("/Groups"))["totalResults"] == 1
    await scim.delete(f"/Groups/{group['id']}")
    assert good(await scim.get("/Groups"))["totalResults"] == 0


@pytest.mark.parametrize(
    "query",
    [
        "filter=userName+eq+%22p1%40example.com%22&",
        "filter=userName%20eq%20%22p1%40example.com%22",
        'filter=userName eq "p1@example.com"',
        "filter=nobody&filter=userName%20eq%20%22p1@example.com%22",
        "aadOptscim062020&filter=userName%20eq%20%22p1@example.com%22&stray=%FF&=",
        "filter=%20userName%20%20EQ%20%22P1@EXAMPLE.COM%22%20",
    ],
)
async def test_a_query_is_read_however_it_is_written(scim: httpx.AsyncClient, seven: list[str], query: str) -> None:
    """As OneLogin, Okta and Entra write it; what nobody knows is passed over, and of a name that comes twice the last
    one stands."""
    assert ids(good(await scim.get(f"/Users?{query}"))) == [seven[2]]


@pytest.mark.parametrize(
    "filter",
    [
        "",
        "userName",
        "userName eq",
        'userName is "a"',
        'shoeSize eq "38"',
        'members eq "x"',
        "active gt true",
        'userName eq "a" and',
        '(userName eq "a"',
        'userName eq "a\0"',
        r'userName eq "a\u0000"',
        r'userName eq "\ud800"',
        'user\0Name eq "a"',
        f'userName eq "{"a" * 4096}"',
        " or ".join(['userName eq "a"'] * 101),
        "(" * 40 + 'userName eq "a"' + ")" * 40,
    ],
    ids=lambda filter: filter[:30],
)
async def test_a_filter_that_is_none_is_refused(scim: httpx.AsyncClient, filter: str) -> None:
    """SCIM-FILT-29 to -31, SCIM-ERR-07 (RFC 7644 §3.4.2.2, §3.12)."""
    assert refusal(await scim.get("/Users", params={"filter": filter})) == (400, "invalidFilter")


@pytest.mark.parametrize(
    "filter",
    [
        'externalId eq "x"',
        'meta.lastModified ge "2026-01-01T00:00:00Z" and externalId eq "x"',
        'schemas eq "urn:ietf:params:scim:schemas:core:2.0:User" and externalId eq "x"',
        'emails[type eq "work" and value co "@"].value eq "work@example.com"',
        'userName eq "%" or externalId eq "x"',
        'title co "100%_"',
        'title sw "\'; DROP TABLE"',
    ],
)
async def test_one_person_is_found(scim: httpx.AsyncClient, seven: list[str], filter: str) -> None:
    """SCIM-FILT-18, -22, -25, -27, -35 (RFC 7644 §3.4.2.2); that letters of SQL are letters here."""
    title = "'; DROP TABLE memberships; 100%_"
    emails = [{"value": "work@example.com", "type": "work"}]
    found = await new_user(scim, "found", externalId="x", title=title, emails=emails)
    listed = await page(scim, filter=filter)
    assert ids(listed) == [found["id"]]


async def test_a_group_list_ends_early_rather_than_show_too_many_members(
    settings: Settings, workspace: Workspace, scim: httpx.AsyncClient
) -> None:
    """RFC 7644 §3.4.2.4 lets a server send fewer than asked for; the client goes on from there."""
    people = [(await new_user(scim, f"p{n}@example.com"))["id"] for n in range(4)]
    made = [await new_group(scim, f"Group {n}", *people) for n in range(3)]
    tight = connect(create_app(settings.model_copy(update={"list_members_max": 9})), workspace)
    first = good(await tight.get("/Groups"))
    assert (ids(first), first["totalResults"]) == ([group["id"] for group in made[:2]], 3)
    rest = good(await tight.get("/Groups", params={"startIndex": 3}))
    assert ids(rest) == [made[2]["id"]]
    without = good(await tight.get("/Groups", params={"excludedAttributes": "members"}))
    assert len(without["Resources"]) == 3
