"""Sorting of lists (RFC 7644 §3.4.2.3)."""

from typing import Any

import httpx
import pytest

from ..make import make_workspace

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"


@pytest.fixture
async def scim(client: httpx.AsyncClient) -> httpx.AsyncClient:
    workspace = await make_workspace(preset="MANAGED")
    client.headers["Authorization"] = f"Bearer {workspace.scim_token}"
    client.headers["Content-Type"] = "application/scim+json"
    return client


async def add(scim: httpx.AsyncClient, user_name: str, **attributes: Any) -> None:
    answer = await scim.post("/scim/v2/Users", json={"schemas": [CORE], "userName": user_name, **attributes})
    assert answer.status_code == 201, answer.text


async def names(scim: httpx.AsyncClient, **parameters: Any) -> list[str]:
    answer = await scim.get("/scim/v2/Users", params={"filter": 'userName ew "@s.example.com"', **parameters})
    assert answer.status_code == 200, answer.text
    return [user["userName"].partition("@")[0] for user in answer.json()["Resources"]]


async def test_sort_by_text_ignores_case_and_puts_missing_values_last(scim: httpx.AsyncClient) -> None:
    """SCIM-SORT-01, -03 (RFC 7644 §3.4.2.3)."""
    await add(scim, "c@s.example.com", title="beta")
    await add(scim, "b@s.example.com")
    await add(scim, "a@s.example.com", title="Alpha")
    await add(scim, "d@s.example.com", title="BETA")
    assert await names(scim, sortBy="title") == ["a", "c", "d", "b"]
    assert await names(scim, sortBy="TITLE", sortOrder="ASCENDING") == ["a", "c", "d", "b"]


async def test_descending_puts_missing_values_first(scim: httpx.AsyncClient) -> None:
    """SCIM-SORT-02, -04 (RFC 7644 §3.4.2.3)."""
    await add(scim, "c@s.example.com", title="beta")
    await add(scim, "b@s.example.com")
    await add(scim, "a@s.example.com", title="Alpha")
    assert await names(scim, sortBy="title", sortOrder="descending") == ["b", "c", "a"]


async def test_of_several_values_the_primary_one_counts(scim: httpx.AsyncClient) -> None:
    """SCIM-SORT-05 (RFC 7644 §3.4.2.3)."""
    await add(scim, "a@s.example.com", emails=[{"value": "a@x.example"}, {"value": "z@x.example", "primary": True}])
    await add(scim, "b@s.example.com", emails=[{"value": "m@x.example"}])
    await add(scim, "c@s.example.com")
    assert await names(scim, sortBy="emails") == ["b", "a", "c"]
    assert await names(scim, sortBy="emails.value", sortOrder="descending") == ["c", "a", "b"]


@pytest.mark.parametrize("path", ["userName", "name.familyName", "meta.created", "active", "id", "externalId"])
async def test_pages_keep_one_order(scim: httpx.AsyncClient, path: str) -> None:
    """SCIM-SORT-06, SCIM-PAGE-03 (RFC 7644 §3.4.2.3, §3.4.2.4)."""
    for name in "dbcae":
        await add(scim, f"{name}@s.example.com", name={"familyName": name.upper()}, externalId=name)
    whole = await names(scim, sortBy=path)
    assert sorted(whole) == list("abcde")
    assert [name for start in (1, 3, 5) for name in await names(scim, sortBy=path, startIndex=start, count=2)] == whole


@pytest.mark.parametrize("path", ["shoeSize", "name", "x509Certificates", "groups", "urn:example:none:name"])
async def test_an_order_that_cannot_be_is_refused(scim: httpx.AsyncClient, path: str) -> None:
    answer = await scim.get("/scim/v2/Users", params={"sortBy": path})
    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidValue")


async def test_groups_are_sorted_by_name(scim: httpx.AsyncClient) -> None:
    for name in ("beta", "Alpha", "gamma"):
        await scim.post("/scim/v2/Groups", json={"schemas": [CORE.replace("User", "Group")], "displayName": name})
    answer = await scim.get("/scim/v2/Groups", params={"sortBy": "displayName", "sortOrder": "descending"})
    assert [group["displayName"] for group in answer.json()["Resources"]] == ["gamma", "beta", "Alpha"]
