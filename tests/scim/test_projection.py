"""`attributes` and `excludedAttributes` (RFC 7644 §3.9)."""

from typing import Any

import httpx
import pytest

from .provider import ENTERPRISE, GROUP, USER, Resource, made, new_group, new_user, patch, refusal, replace
from .provider import resource as good
from .provider import user as user_body

ADA: Resource = {
    "externalId": "e-1",
    "name": {"givenName": "Ada", "familyName": "Okafor"},
    "emails": [
        {"value": "ada@example.com", "type": "work", "primary": True},
        {"value": "ada@home.example.com"},
    ],
    ENTERPRISE: {"department": "Physics", "manager": {"value": "7"}},
}
ALWAYS = {"id", "schemas"}


@pytest.fixture
async def ada(scim: httpx.AsyncClient) -> Resource:
    return await new_user(scim, **ADA)


@pytest.mark.parametrize(
    ("attributes", "shown"),
    [
        ("userName", {"userName": "ada@example.com"}),
        ("USERNAME, externalid", {"userName": "ada@example.com", "externalId": "e-1"}),
        (f"{USER}:userName", {"userName": "ada@example.com"}),
        ("name.givenName", {"name": {"givenName": "Ada"}}),
        ("name.givenName,name", {"name": ADA["name"]}),
        ("name,name.givenName", {"name": ADA["name"]}),
        ("emails.value", {"emails": [{"value": "ada@example.com"}, {"value": "ada@home.example.com"}]}),
        ("emails.type", {"emails": [{"type": "work"}]}),
        (f"{ENTERPRISE}:department", {ENTERPRISE: {"department": "Physics"}}),
        (f"{ENTERPRISE}:manager.value", {ENTERPRISE: {"manager": {"value": "7"}}}),
        (ENTERPRISE, {ENTERPRISE: ADA[ENTERPRISE]}),
        ("active,groups", {"active": True, "groups": []}),
        ("meta.version", {"meta": {"version": 'W/"1"'}}),
        ("id", {}),
        ("name.middleName,emails.display", {}),
        ("shoeSize,name.petName,password,,", {}),
    ],
)
async def test_an_answer_has_what_was_asked_for(
    scim: httpx.AsyncClient, ada: Resource, attributes: str, shown: Resource
) -> None:
    """SCIM-PROJ-01 to -03, -08, -09, -11, SCIM-CHAR-19 (RFC 7644 §3.9, §3.10)."""
    answer = await scim.get(f"/Users/{ada['id']}", params={"attributes": attributes})
    assert good(answer) == {"id": ada["id"], "schemas": [USER, ENTERPRISE], **shown}


@pytest.mark.parametrize(
    ("excluded", "hidden"),
    [
        ("emails", {"emails"}),
        ("EMAILS, name,userName", {"emails", "name", "userName"}),
        (f"{USER}:externalId", {"externalId"}),
        ("groups,meta", {"groups", "meta"}),
        (ENTERPRISE, {ENTERPRISE}),
        ("name.givenName,name.familyName", {"name"}),
        ("id,schemas,ID", set()),
        ("shoeSize,name.petName,,", set()),
    ],
)
async def test_an_answer_lacks_what_was_excluded(
    scim: httpx.AsyncClient, ada: Resource, excluded: str, hidden: set[str]
) -> None:
    """SCIM-PROJ-04, -05 (RFC 7644 §3.9): not even asked to leave them out an answer lacks id and schemas."""
    answer = await scim.get(f"/Users/{ada['id']}", params={"excludedAttributes": excluded})
    assert good(answer) == {name: value for name, value in ada.items() if name not in hidden}


async def test_a_part_is_excluded_and_the_rest_of_it_stays(scim: httpx.AsyncClient, ada: Resource) -> None:
    excluded = f"name.givenName,emails.type,emails.primary,{ENTERPRISE}:manager,meta.location"
    shown = good(await scim.get(f"/Users/{ada['id']}", params={"excludedAttributes": excluded}))
    assert shown["name"] == {"familyName": "Okafor"}
    assert shown["emails"] == [{"value": "ada@example.com"}, {"value": "ada@home.example.com"}]
    assert shown[ENTERPRISE] == {"department": "Physics"}
    assert shown["meta"].keys() == ada["meta"].keys() - {"location"}


async def test_both_at_once_are_refused(scim: httpx.AsyncClient, ada: Resource) -> None:
    """RFC 7644 §3.9 rules it out."""
    both = {"attributes": "userName", "excludedAttributes": "name"}
    body = user_body("bob@example.com")
    for answer in (
        await scim.get(f"/Users/{ada['id']}", params=both),
        await scim.get("/Users", params=both),
        await scim.post("/Users", params=both, json=body),
        await scim.put(f"/Users/{ada['id']}", params=both, json=body),
        await scim.patch(f"/Users/{ada['id']}", params=both, json=patch(replace("title", "x"))),
    ):
        assert refusal(answer) == (400, "invalidValue")
    assert good(await scim.get(f"/Users/{ada['id']}")) == ada
    assert good(await scim.get("/Users", params={"filter": 'userName sw "bob"'}))["totalResults"] == 0


async def test_empty_parameters_ask_for_everything(scim: httpx.AsyncClient, ada: Resource) -> None:
    empty = {"attributes": "", "excludedAttributes": ""}
    assert good(await scim.get(f"/Users/{ada['id']}", params=empty)) == ada


@pytest.mark.parametrize(
    ("parameters", "shown"),
    [
        ({"attributes": "title"}, {*ALWAYS, "title"}),
        ({"excludedAttributes": "meta,groups,active"}, {*ALWAYS, "title", "userName"}),
    ],
)
async def test_every_answer_about_a_user_has_what_was_asked_for(
    scim: httpx.AsyncClient, parameters: dict[str, str], shown: set[str]
) -> None:
    """SCIM-PROJ-06, -07, SCIM-PATCH-02 (RFC 7644 §3.9)."""
    body = user_body(title="Engineer")
    posted = made(await scim.post("/Users", params=parameters, json=body))
    path = f"/Users/{posted['id']}"
    answers: list[Any] = [
        posted,
        good(await scim.put(path, params=parameters, json=body)),
        good(await scim.patch(path, params=parameters, json=patch(replace("title", "Lead")))),
        good(await scim.get(path, params=parameters)),
        *good(await scim.get("/Users", params={**parameters, "filter": "title pr"}))["Resources"],
    ]
    assert [answer.keys() for answer in answers] == [shown] * 5


@pytest.mark.parametrize(
    ("parameters", "shown"),
    [
        ({"attributes": "displayName"}, {*ALWAYS, "displayName"}),
        ({"attributes": "members.value"}, {*ALWAYS, "members"}),
        ({"excludedAttributes": "members"}, {*ALWAYS, "displayName", "meta"}),
        ({"excludedAttributes": f"{GROUP}:members, meta"}, {*ALWAYS, "displayName"}),
        ({"excludedAttributes": "members.display"}, {*ALWAYS, "displayName", "members", "meta"}),
    ],
)
async def test_every_answer_about_a_group_has_what_was_asked_for(
    scim: httpx.AsyncClient, parameters: dict[str, str], shown: set[str]
) -> None:
    """SCIM-PROJ-06, -07, -10, SCIM-PATCH-02 (RFC 7644 §3.9)."""
    ada = await new_user(scim)
    body = {"schemas": [GROUP], "displayName": "Team", "members": [{"value": ada["id"]}]}
    posted = made(await scim.post("/Groups", params=parameters, json=body))
    path = f"/Groups/{posted['id']}"
    answers: list[Any] = [
        posted,
        good(await scim.put(path, params=parameters, json=body)),
        good(await scim.patch(path, params=parameters, json=patch(replace("externalId", None)))),
        good(await scim.get(path, params=parameters)),
        *good(await scim.get("/Groups", params=parameters))["Resources"],
    ]
    assert [answer.keys() for answer in answers] == [shown] * 5
    for answer in answers:
        for member in answer.get("members", ()):
            assert "display" not in member
            assert member["value"] == ada["id"]


async def test_a_user_of_a_group_shows_of_it_what_was_asked_for(scim: httpx.AsyncClient, ada: Resource) -> None:
    team = await new_group(scim, "Team", ada["id"])
    shown = good(await scim.get(f"/Users/{ada['id']}", params={"attributes": "groups.display"}))
    assert shown == {"id": ada["id"], "schemas": ada["schemas"], "groups": [{"display": team["displayName"]}]}
