"""Queries by POST, and over all types of resources (RFC 7644 §3.4.3, §3.4.2.1)."""

from typing import Any

import httpx
import pytest

from tenantry.scim.search import SEARCH_REQUEST

from .provider import GROUP, LIST, USER, Resource, new_group, new_user, refusal, resource


def request(**parameters: Any) -> Resource:
    return {"schemas": [SEARCH_REQUEST], **parameters}


async def search(scim: httpx.AsyncClient, path: str = "/.search", **parameters: Any) -> Resource:
    return resource(await scim.post(path, json=request(**parameters)))


def names(found: Resource) -> list[str]:
    return [each.get("userName") or each["displayName"] for each in found["Resources"]]


@pytest.fixture
async def people(scim: httpx.AsyncClient) -> list[Resource]:
    """Three people, in two groups; the owner of the workspace comes before them."""
    made = [await new_user(scim, f"p{number}@example.com", title=f"T{number}") for number in range(3)]
    await new_group(scim, "Team A", *(each["id"] for each in made))
    await new_group(scim, "Team B")
    return made


QUERIES: list[dict[str, Any]] = [
    {},
    {"filter": 'userName sw "p"'},
    {"filter": 'displayName co "Team"'},
    {"startIndex": 2, "count": 1},
    {"startIndex": -3, "count": 0},
    {"sortBy": "id", "sortOrder": "descending"},
    {"attributes": ["displayName", "meta.version"]},
    {"excludedAttributes": ["displayName", "members"]},
]


@pytest.mark.parametrize("path", ["/Users", "/Groups", ""])
@pytest.mark.parametrize("query", QUERIES, ids=str)
async def test_a_search_answers_as_the_list_does(
    scim: httpx.AsyncClient, people: list[Resource], path: str, query: dict[str, Any]
) -> None:
    """SCIM-SRCH-01, -02, -03, -04, -05, -06 (RFC 7644 §3.4.3)."""
    in_address = {name: ",".join(value) if isinstance(value, list) else value for name, value in query.items()}
    listed = await scim.get(f"{path}/", params=in_address)
    searched = await scim.post(f"{path}/.search", json=request(**query))
    assert searched.json() == listed.json()
    # A group has no userName, which only a query over all types can pass over.
    expected = 400 if (path, query) == ("/Groups", QUERIES[1]) else 200
    assert (searched.status_code, listed.status_code) == (expected, expected)


async def test_names_of_a_request_have_no_case_and_null_is_nothing(
    scim: httpx.AsyncClient, people: list[Resource]
) -> None:
    """RFC 7643 §2.1, §2.5."""
    body = {"Schemas": [SEARCH_REQUEST.upper()], "FILTER": 'title eq "T1"', "sortBy": None, "unheardOf": 1}
    assert names(resource(await scim.post("/Users/.search", json=body))) == ["p1@example.com"]


async def test_a_search_goes_on_by_cursor(scim: httpx.AsyncClient, people: list[Resource]) -> None:
    """SCIM-CUR-07 (RFC 9865 §3)."""
    found, cursor = list[str](), ""
    while True:
        page = await search(scim, "/Users/.search", cursor=cursor, count=3, sortBy="userName")
        found += names(page)
        if (cursor := page.get("nextCursor", "")) == "":
            break
    assert len(found) == 4
    assert found == sorted(found)


@pytest.mark.parametrize("path", ["/Users/.search", "/Groups/.search", "/.search"])
@pytest.mark.parametrize(
    ("body", "told"),
    [
        (request(filter="userName eq"), "invalidFilter"),
        (request(filter="!!! eq 1"), "invalidFilter"),
        ({}, "invalidSyntax"),
        ([], "invalidSyntax"),
        ({"schemas": [USER]}, "invalidSyntax"),
        ({"schemas": "x", "count": 1}, "invalidSyntax"),
        (request(filter=1), "invalidValue"),
        (request(sortBy=["userName"]), "invalidValue"),
        (request(sortBy="id", sortOrder="sideways"), "invalidValue"),
        (request(startIndex="1"), "invalidValue"),
        (request(startIndex=1.5), "invalidValue"),
        (request(count=True), "invalidValue"),
        (request(count=10**18), "invalidValue"),
        (request(attributes="userName"), "invalidValue"),
        (request(attributes=[1]), "invalidValue"),
        (request(attributes=["id"], excludedAttributes=["meta"]), "invalidValue"),
        (request(cursor="unheard-of"), "invalidCursor"),
    ],
)
async def test_a_request_that_is_none_is_refused(scim: httpx.AsyncClient, path: str, body: Any, told: str) -> None:
    """SCIM-SRCH-07, -08 (RFC 7644 §3.12)."""
    assert refusal(await scim.post(path, json=body)) == (400, told)


@pytest.mark.parametrize("path", ["/Users/.search", "/Groups/.search", "/.search"])
async def test_a_search_is_a_post(scim: httpx.AsyncClient, path: str) -> None:
    """SCIM-HTTP-07, SCIM-HTTP-06 (RFC 7644 §3.4.3, §3.8)."""
    answer = await scim.get(path)
    assert refusal(answer) == (405, None)
    assert answer.headers["allow"] == "POST"
    assert refusal(await scim.post(path, content="filter=", headers={"Content-Type": "text/plain"})) == (415, None)


async def test_the_root_lists_users_then_groups_in_one_list(scim: httpx.AsyncClient, people: list[Resource]) -> None:
    """SCIM-SRCH-09, SCIM-PAGE-03 (RFC 7644 §3.4.2.1, §3.4.2.4)."""
    whole = resource(await scim.get("/"))
    assert whole["schemas"] == [LIST]
    assert (whole["totalResults"], whole["itemsPerPage"], whole["startIndex"]) == (6, 6, 1)
    assert [each["schemas"][0] for each in whole["Resources"]] == [USER] * 4 + [GROUP] * 2
    assert len(whole["Resources"][4]["members"]) == 3
    for count in (1, 2, 3, 4, 5):
        paged = list[Resource]()
        for start in range(1, 8, count):
            page = resource(await scim.get("/", params={"startIndex": start, "count": count}))
            assert (page["totalResults"], page["startIndex"]) == (6, start)
            paged += page["Resources"]
        assert paged == whole["Resources"]
    assert resource(await scim.get("/", params={"count": 0}))["totalResults"] == 6
    beyond = resource(await scim.get("/", params={"startIndex": 100}))
    assert (beyond["totalResults"], beyond["Resources"]) == (6, [])


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ('meta.resourceType eq "Group"', ["Team A", "Team B"]),
        ('meta.resourceType eq "User" and title pr', ["p0@example.com", "p1@example.com", "p2@example.com"]),
        ('(meta.resourceType eq "User" and title eq "T2") or displayName eq "team b"', ["p2@example.com", "Team B"]),
        ('members.display pr and title eq "T0"', []),
        ('members[display pr] or title eq "T0"', ["p0@example.com", "Team A"]),
        ('not (title pr) and meta.resourceType ne "User"', ["Team A", "Team B"]),
        ('title ne "T0" and displayName sw "Team"', ["Team A", "Team B"]),
        ('title eq null and displayName sw "Team"', ["Team A", "Team B"]),
        ('title ne null and displayName sw "Team"', []),
        ('emails.value eq "p1@example.com"', []),
        (f'{USER}:title eq "T1"', ["p1@example.com"]),
        ("nobodyHas pr", []),
        ('nobodyHas eq 7 or nobodyHas.this gt "x" or urn:example:x:thing sw "a"', []),
        ('nobodyHas[type eq "work" and not (value pr)].value eq "x"', []),
        ('members[nobodyHas eq "x"]', []),
        ("members[not (nobodyHas pr)]", ["Team A"]),
    ],
)
async def test_each_type_is_asked_by_its_own_schema(
    scim: httpx.AsyncClient, people: list[Resource], filter: str, found: list[str]
) -> None:
    """SCIM-FILT-36, -31 (RFC 7644 §3.4.2.1): what a type does not have is as if it had no value."""
    asked = await search(scim, filter=filter)
    assert names(asked) == found
    assert asked["totalResults"] == len(found)


@pytest.mark.parametrize(
    "filter",
    [
        "nobodyHas",
        "nobodyHas xx 1",
        "nobodyHas eq x",
        "nobodyHas[a[b pr]]",
        "nobodyHas[",
        "a..b pr",
        "1a pr",
        "a[b pr]. pr",
    ],
)
async def test_an_unknown_name_excuses_no_other_mistake(scim: httpx.AsyncClient, filter: str) -> None:
    """SCIM-FILT-29 (RFC 7644 §3.4.2.2)."""
    assert refusal(await scim.get("/", params={"filter": filter})) == (400, "invalidFilter")


async def test_of_one_type_an_unknown_name_stays_a_mistake(scim: httpx.AsyncClient) -> None:
    """SCIM-FILT-31 (RFC 7644 §3.4.2.2)."""
    assert refusal(await scim.post("/Users/.search", json=request(filter="nobodyHas pr"))) == (400, "invalidFilter")


async def test_each_type_is_sorted_and_shown_by_what_it_has(scim: httpx.AsyncClient, people: list[Resource]) -> None:
    """SCIM-SRCH-06, SCIM-PROJ-06 (RFC 7644 §3.4.2.3, §3.9)."""
    asked = await search(
        scim, sortBy="title", sortOrder="descending", filter="title pr or members pr", attributes=["title", "members"]
    )
    assert [each.get("title") for each in asked["Resources"]] == ["T2", "T1", "T0", None]
    assert all(set(each) <= {"id", "schemas", "title", "members"} for each in asked["Resources"])


async def test_a_workspace_finds_its_own(scim: httpx.AsyncClient, elsewhere: httpx.AsyncClient) -> None:
    """SCIM-SEC-11 (RFC 7644 §6)."""
    await new_group(scim, "Team A")
    assert (await search(elsewhere, filter="displayName pr"))["totalResults"] == 1
