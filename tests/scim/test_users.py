"""/Users: what is sent, kept and answered (RFC 7643 §4.1, RFC 7644 §3.3 to §3.6)."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from tenantry.models import database, is_id

from .provider import BASE, ENTERPRISE, GROUP, USER, Resource, made, new_group, new_user, patch, refusal, replace
from .provider import resource as good
from .provider import user as user_body

ADA: Resource = {
    "externalId": "e-1",
    "name": {"givenName": "Ada", "familyName": "Okafor"},
    "displayName": "Ada Okafor",
    "emails": [{"value": "ada@example.com", "type": "work", "primary": True}],
}
NOBODY = "/Users/01890000-0000-7000-8000-000000000000"


async def versions(scim: httpx.AsyncClient, path: str) -> tuple[str, str]:
    """(version, lastModified) as they are now."""
    meta = good(await scim.get(path))["meta"]
    return meta["version"], meta["lastModified"]


async def found(scim: httpx.AsyncClient, filter: str) -> list[str]:
    answer = good(await scim.get("/Users", params={"filter": filter}))
    return [user["userName"] for user in answer["Resources"]]


async def test_a_user_is_made(scim: httpx.AsyncClient) -> None:
    """SCIM-CRUD-01 to -04, -13, -15, -38 (RFC 7644 §3.3, §3.4.1, RFC 7643 §3.1)."""
    answer = await scim.post("/Users", json=user_body(**ADA))
    made_user = made(answer)
    assert is_id(made_user["id"])
    assert made_user["schemas"] == [USER]
    assert made_user | ADA == made_user
    assert made_user["active"] is True
    assert made_user["groups"] == []
    meta = made_user["meta"]
    assert meta["resourceType"] == "User"
    assert meta["created"] == meta["lastModified"]
    assert answer.headers["location"] == meta["location"] == f"http://127.0.0.1:8000/scim/v2/Users/{made_user['id']}"
    assert answer.headers["etag"] == meta["version"]
    assert answer.headers["content-type"] == "application/scim+json"
    assert good(await scim.get(meta["location"].replace("http://127.0.0.1:8000/scim/v2", BASE))) == made_user


async def test_what_only_the_service_says_is_ignored(scim: httpx.AsyncClient) -> None:
    """SCIM-CRUD-05 to -07 (RFC 7643 §3.1, RFC 7644 §3.3)."""
    sent: Resource = {
        "id": "mine",
        "meta": {"version": "mine", "created": "1970-01-01T00:00:00Z"},
        "groups": [{"value": "g"}],
    }
    made_user = await new_user(scim, **sent)
    assert made_user["id"] != "mine"
    assert made_user["meta"]["version"] == 'W/"1"'
    assert not made_user["meta"]["created"].startswith("1970")
    assert made_user["groups"] == []


@pytest.mark.parametrize("user_name", [None, "", "   "])
async def test_a_user_name_is_required(scim: httpx.AsyncClient, user_name: str | None) -> None:
    """SCIM-CRUD-08 (RFC 7644 §3.12)."""
    assert refusal(await scim.post("/Users", json={"schemas": [USER], "userName": user_name})) == (400, "invalidValue")
    assert refusal(await scim.post("/Users", json={"schemas": [USER]})) == (400, "invalidValue")


@pytest.mark.parametrize("schemas", [{}, {"schemas": []}, {"schemas": USER}, {"schemas": [7]}, {"schemas": None}])
async def test_a_body_names_its_schemas(scim: httpx.AsyncClient, schemas: Resource) -> None:
    """SCIM-CRUD-09 (RFC 7643 §3)."""
    body = {"userName": "ada@example.com", **schemas}
    assert refusal(await scim.post("/Users", json=body)) == (400, "invalidSyntax")


@pytest.mark.parametrize("schemas", [["urn:scim:schemas:core:2.0"], [GROUP], [USER.upper(), "urn:unknown"]])
async def test_whatever_schemas_are_named_the_answer_names_its_own(scim: httpx.AsyncClient, schemas: list[str]) -> None:
    """SCIM-CHAR-10: OneLogin names drafts, Entra one too many."""
    assert (await new_user(scim, schemas=schemas))["schemas"] == [USER]


async def test_extension_data_is_kept_under_its_urn_and_named(scim: httpx.AsyncClient) -> None:
    """SCIM-CRUD-28 (RFC 7643 §3.3), also when the body does not name the extension."""
    made_user = await new_user(scim, **{ENTERPRISE.upper(): {"department": "Physics", "manager": {"value": "7"}}})
    assert made_user["schemas"] == [USER, ENTERPRISE]
    assert made_user[ENTERPRISE] == {"department": "Physics", "manager": {"value": "7"}}
    path = f"/Users/{made_user['id']}"
    without = good(await scim.patch(path, json=patch({"op": "remove", "path": ENTERPRISE})))
    assert without["schemas"] == [USER]
    assert ENTERPRISE not in without


@pytest.mark.parametrize(
    "attributes",
    [
        {"userName": {"value": "ada"}},
        {"userName": 7},
        {"userName": ["ada", "bob"]},
        {"emails": "ada@example.com"},
        {"emails": [7]},
        {"name": "Ada"},
        {"displayName": True},
        {"active": 1},
        {"active": "yes"},
        {"active": {"value": True}},
        {"x509Certificates": [{"value": "no base64!"}]},
        {"emails": [{"value": "a@example.com", "primary": True}, {"value": "b@example.com", "primary": True}]},
        {ENTERPRISE: "Physics"},
        {ENTERPRISE: {"manager": 7}},
    ],
    ids=json.dumps,
)
async def test_a_value_that_does_not_fit_is_refused(scim: httpx.AsyncClient, attributes: Resource) -> None:
    """SCIM-CRUD-12, SCIM-CHAR-04, -08, -09 (RFC 7643 §2.3, RFC 7644 §3.12)."""
    assert refusal(await scim.post("/Users", json=user_body() | attributes)) == (400, "invalidValue")
    user = await new_user(scim, "bob@example.com")
    path = f"/Users/{user['id']}"
    assert refusal(await scim.put(path, json=user_body("bob@example.com") | attributes)) == (400, "invalidValue")
    assert good(await scim.get(path)) == user


@pytest.mark.parametrize(
    "attributes",
    [
        {"userName": "x" * 10_000},
        {"userName": "x" * 501},
        {"userName": "ŉ" * 300},  # one letter that is two when folded
        {"userName": "ada\u200b@example.com"},
        {"userName": "\u202eada"},
        {"userName": "ada\u0007"},
        {"externalId": "x" * 501},
        {"displayName": "x" * 501},
        {"displayName": "ada\u0007"},
        {"emails": [{"value": "x" * 501}]},
        {"emails": [{"value": f"{number}@example.com"} for number in range(501)]},
    ],
    ids=lambda attributes: json.dumps(attributes)[:40],
)
async def test_a_hostile_value_is_refused(scim: httpx.AsyncClient, attributes: Resource) -> None:
    """SCIM-ERR-07 (RFC 7644 §7)."""
    assert refusal(await scim.post("/Users", json=user_body() | attributes)) == (400, "invalidValue")


async def test_the_longest_values_are_taken(scim: httpx.AsyncClient) -> None:
    name = "\U0001f4da" * 500
    longest: Resource = {"externalId": "é" * 500, "title": "t" * 100_000, "emails": [{"value": "e" * 500}]}
    made_user = await new_user(scim, name, **longest)
    assert made_user | longest == made_user
    assert await found(scim, f'userName eq "{name}"') == [name]


async def test_names_have_no_case_and_nothing_means_nothing(scim: httpx.AsyncClient) -> None:
    """SCIM-CHAR-01, -02 (RFC 7643 §2.1, §2.5)."""
    body = {
        "SCHEMAS": [USER],
        "USERNAME": "ada@example.com",
        "Name": {"GIVENNAME": "Ada", "familyName": None},
        "emails": [],
        "title": None,
        "nickName": "",
        ENTERPRISE: None,
    }
    made_user = made(await scim.post("/Users", json=body))
    assert made_user["name"] == {"givenName": "Ada"}
    assert made_user.keys() == {"id", "schemas", "userName", "name", "active", "groups", "meta"}


async def test_what_no_schema_defines_is_not_kept(scim: httpx.AsyncClient) -> None:
    """SCIM-CHAR-07 (RFC 7643 §3)."""
    sent: Resource = {"shoeSize": 38, "name": {"givenName": "Ada", "petName": "A"}, "urn:example:2.0:User": {"a": 1}}
    made_user = await new_user(scim, **sent)
    assert made_user["name"] == {"givenName": "Ada"}
    assert made_user.keys() == {"id", "schemas", "userName", "name", "active", "groups", "meta"}


async def test_a_value_is_not_kept_twice(scim: httpx.AsyncClient) -> None:
    """SCIM-CHAR-11 (RFC 7643 §2.4)."""
    work = {"value": "ada@example.com", "type": "work"}
    emails = [work, {"value": "ADA@example.com", "type": "Work", "primary": True}, {**work, "type": "home"}]
    kept = (await new_user(scim, emails=emails))["emails"]
    assert [email["type"].lower() for email in kept] == ["work", "home"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("ada@example.com", "ADA@EXAMPLE.COM"),
        ("straße", "STRASSE"),
        ("Å", "A\u030a"),
        ("ada", "ａｄａ"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
    ],
)
async def test_a_user_name_is_unique_however_it_is_written(scim: httpx.AsyncClient, first: str, second: str) -> None:
    """SCIM-CRUD-11, SCIM-CHAR-05, SCIM-I18N-02, -03 (RFC 7643 §4.1.1)."""
    assert (await new_user(scim, first))["userName"] == first
    assert refusal(await scim.post("/Users", json=user_body(second))) == (409, "uniqueness")


async def test_the_same_user_name_is_free_in_another_workspace(
    scim: httpx.AsyncClient, elsewhere: httpx.AsyncClient
) -> None:
    """SCIM-SEC-11 (RFC 7644 §6)."""
    here, there = await new_user(scim), await new_user(elsewhere)
    assert here["id"] != there["id"]


async def test_of_many_who_make_one_user_one_does(scim: httpx.AsyncClient) -> None:
    """SCIM-CRUD-36 (RFC 7644 §3.3)."""
    answers = await asyncio.gather(*(scim.post("/Users", json=user_body()) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19


@pytest.mark.parametrize(
    "text", ["日本語", "\U0001f9d1\u200d\U0001f680", "שלום", "e\u0301", "é", "  kept  ", 'a"\\b', "'; --"]
)
async def test_text_comes_back_as_it_was_sent(scim: httpx.AsyncClient, text: str) -> None:
    """SCIM-I18N-01, SCIM-HTTP-08 (RFC 7644 §3.8)."""
    made_user = await new_user(scim, displayName=text, title=text)
    assert good(await scim.get(f"/Users/{made_user['id']}"))["displayName"] == text
    assert len(await found(scim, f"title eq {json.dumps(text)}")) == 1


async def test_escapes_and_raw_letters_mean_the_same(scim: httpx.AsyncClient) -> None:
    """SCIM-I18N-04 (RFC 7644 §3.8)."""
    raw = json.dumps(user_body("日本"), ensure_ascii=False)
    escaped = json.dumps(user_body("日本"), ensure_ascii=True)
    assert raw != escaped
    assert made(await scim.post("/Users", content=raw))["userName"] == "日本"
    assert refusal(await scim.post("/Users", content=escaped)) == (409, "uniqueness")


@pytest.mark.parametrize(
    "id",
    ["nobody", "7", "01890000-0000-7000-8000-000000000000", "mem_01890000000070008000000000000000", "%00", "%F0%9F"],
)
async def test_an_id_of_nobody_is_not_found(scim: httpx.AsyncClient, id: str) -> None:
    """SCIM-CRUD-14, -20, SCIM-PATCH-40 (RFC 7644 §3.12)."""
    for method, body in (("GET", None), ("PUT", user_body()), ("PATCH", patch()), ("DELETE", None)):
        assert refusal(await scim.request(method, f"/Users/{id}", json=body)) == (404, None)
    assert await found(scim, 'userName eq "ada@example.com"') == []


async def test_a_user_of_another_workspace_is_not_found(scim: httpx.AsyncClient, elsewhere: httpx.AsyncClient) -> None:
    """SCIM-SEC-11, SCIM-CRUD-45 (RFC 7644 §6): it sounds like one that never was."""
    theirs = await new_user(elsewhere)
    path = f"/Users/{theirs['id']}"
    for method, body in (("GET", None), ("PUT", user_body()), ("PATCH", patch()), ("DELETE", None)):
        answer = await scim.request(method, path, json=body)
        assert refusal(answer) == (404, None)
        nobody = await scim.request(method, NOBODY, json=body)
        assert answer.text.replace(theirs["id"], "") == nobody.text.replace(NOBODY[7:], "")
    assert await found(scim, f'id eq "{theirs["id"]}"') == []
    assert good(await elsewhere.get(path)) == theirs


async def test_put_replaces_everything_but_what_the_service_says(scim: httpx.AsyncClient) -> None:
    """SCIM-CRUD-16 to -18, -22, -41 (RFC 7644 §3.5.1)."""
    before = await new_user(scim, **ADA, title="Engineer", **{ENTERPRISE: {"department": "Physics"}})
    path = f"/Users/{before['id']}"
    sent: Resource = {"id": "mine", "meta": {"created": "1970-01-01T00:00:00Z"}, "groups": [], "nickName": "A"}
    emails = [{"value": "other@example.com", "type": "home"}]
    after = good(await scim.put(path, json=user_body(**sent, emails=emails)))
    assert after["emails"] == emails
    assert after["nickName"] == "A"
    assert after.keys() == {"id", "schemas", "userName", "nickName", "emails", "active", "groups", "meta"}
    assert after["id"] == before["id"]
    assert after["meta"]["created"] == before["meta"]["created"]
    assert after["meta"]["lastModified"] > before["meta"]["lastModified"]
    assert after["meta"]["version"] != before["meta"]["version"]
    assert good(await scim.get(path)) == after


async def test_put_that_is_silent_about_active_ends_no_access(scim: httpx.AsyncClient) -> None:
    user = await new_user(scim)
    path = f"/Users/{user['id']}"
    assert good(await scim.put(path, json=user_body()))["active"] is True
    assert good(await scim.put(path, json=user_body(active=False)))["active"] is False
    assert good(await scim.put(path, json=user_body()))["active"] is False


async def test_put_needs_a_user_name_that_is_free(scim: httpx.AsyncClient) -> None:
    """SCIM-CRUD-19, -21 (RFC 7644 §3.5.1)."""
    await new_user(scim, "bob@example.com")
    ada = await new_user(scim)
    path = f"/Users/{ada['id']}"
    assert refusal(await scim.put(path, json={"schemas": [USER], "title": "None"})) == (400, "invalidValue")
    assert refusal(await scim.put(path, json=user_body("BOB@example.com"))) == (409, "uniqueness")
    assert good(await scim.get(path)) == ada
    assert good(await scim.put(path, json=user_body("ADA@example.com")))["userName"] == "ADA@example.com"


async def test_what_changes_nothing_leaves_the_version_alone(scim: httpx.AsyncClient) -> None:
    """SCIM-PATCH-07 (RFC 7644 §3.5.2.1)."""
    user = await new_user(scim, **ADA)
    path = f"/Users/{user['id']}"
    before = await versions(scim, path)
    await scim.put(path, json=user_body(**ADA, active=True))
    await scim.patch(path, json=patch())
    await scim.patch(path, json=patch(replace("displayName", "Ada Okafor"), replace("active", "True")))
    await scim.patch(path, json=patch({"op": "add", "path": "emails", "value": ADA["emails"]}))
    assert await versions(scim, path) == before


async def test_patch_answers_with_the_user_as_it_is_now(scim: httpx.AsyncClient) -> None:
    """SCIM-PATCH-01, -49 (RFC 7644 §3.5.2)."""
    user = await new_user(scim, **ADA)
    answer = await scim.patch(f"/Users/{user['id']}", json=patch(replace("title", "Engineer")))
    after = good(answer)
    assert after["title"] == "Engineer"
    assert after["meta"]["lastModified"] > user["meta"]["lastModified"]
    assert answer.headers["etag"] == after["meta"]["version"] != user["meta"]["version"]
    assert good(await scim.get(f"/Users/{user['id']}")) == after


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (replace("emails[type eq", "x"), (400, "invalidPath")),
        (replace("shoeSize", 38), (400, "invalidPath")),
        (replace("meta.version", "x"), (400, "mutability")),
        (replace("active", "perhaps"), (400, "invalidValue")),
        (replace("userName", "bob@example.com"), (409, "uniqueness")),
        ({"op": "remove"}, (400, "noTarget")),
        ({"op": "remove", "path": "userName"}, (400, "mutability")),
        ({"op": "turn", "path": "title"}, (400, "invalidSyntax")),
    ],
    ids=json.dumps,
)
async def test_patch_that_fails_changes_nothing(
    scim: httpx.AsyncClient, operation: Resource, expected: tuple[int, str]
) -> None:
    """SCIM-PATCH-35, -39 (RFC 7644 §3.5.2)."""
    await new_user(scim, "bob@example.com")
    user = await new_user(scim, **ADA)
    body = patch(replace("title", "Engineer"), replace("active", False), operation)
    assert refusal(await scim.patch(f"/Users/{user['id']}", json=body)) == expected
    assert good(await scim.get(f"/Users/{user['id']}")) == user


@pytest.mark.parametrize("operations", [{}, {"Operations": {}}, {"Operations": None}, {"Operations": ["x"]}])
async def test_patch_needs_a_list_of_operations(scim: httpx.AsyncClient, operations: Resource) -> None:
    """SCIM-PATCH-31, -32 (RFC 7644 §3.5.2)."""
    path = f"/Users/{(await new_user(scim))['id']}"
    schemas = patch()["schemas"]
    assert refusal(await scim.patch(path, json={"schemas": schemas, **operations})) == (400, "invalidSyntax")
    assert refusal(await scim.patch(path, json={"schemas": [USER], "Operations": []})) == (400, "invalidSyntax")


async def test_too_many_operations_are_too_much(scim: httpx.AsyncClient) -> None:
    user = await new_user(scim)
    operations = [replace("title", str(number)) for number in range(1001)]
    assert good(await scim.patch(f"/Users/{user['id']}", json=patch(*operations[:1000])))["title"] == "999"
    assert refusal(await scim.patch(f"/Users/{user['id']}", json=patch(*operations))) == (413, None)


async def test_a_deleted_user_is_gone(scim: httpx.AsyncClient) -> None:
    """SCIM-CRUD-23 to -26 (RFC 7644 §3.6)."""
    user = await new_user(scim)
    path = f"/Users/{user['id']}"
    answer = await scim.delete(path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-type" not in answer.headers
    for method, body in (("GET", None), ("PUT", user_body()), ("PATCH", patch()), ("DELETE", None)):
        assert refusal(await scim.request(method, path, json=body)) == (404, None)
    assert await found(scim, 'userName eq "ada@example.com"') == []
    assert (await new_user(scim))["id"] != user["id"]


async def test_a_deleted_user_leaves_its_groups(scim: httpx.AsyncClient) -> None:
    """SCIM-CRUD-37 (RFC 7643 §2.3.7): each of them has changed."""
    ada, bob = await new_user(scim), await new_user(scim, "bob@example.com")
    team = await new_group(scim, "Team", ada["id"], bob["id"])
    await scim.delete(f"/Users/{ada['id']}")
    after = good(await scim.get(f"/Groups/{team['id']}"))
    assert [member["value"] for member in after["members"]] == [bob["id"]]
    assert after["meta"]["version"] != team["meta"]["version"]
    assert after["meta"]["lastModified"] > team["meta"]["lastModified"]


async def test_an_inactive_user_stays_readable(scim: httpx.AsyncClient) -> None:
    """SCIM-CRUD-27, SCIM-PATCH-47 (RFC 7643 §4.1.1)."""
    user = await new_user(scim, **ADA)
    path = f"/Users/{user['id']}"
    off = good(await scim.patch(path, json=patch(replace("active", False))))
    assert off | ADA == off
    assert off["active"] is False
    assert good(await scim.get(path)) == off
    assert await found(scim, 'userName eq "ada@example.com" and active eq false') == ["ada@example.com"]
    on = good(await scim.patch(path, json=patch({"op": "Replace", "value": {"active": "True"}})))
    assert on["active"] is True
    assert on["id"] == user["id"]


async def test_a_user_shows_its_groups(scim: httpx.AsyncClient) -> None:
    """SCIM-CRUD-30 (RFC 7643 §4.1.2)."""
    user = await new_user(scim)
    team = await new_group(scim, "Team", user["id"])
    await new_group(scim, "Others")
    after = good(await scim.get(f"/Users/{user['id']}"))
    location = team["meta"]["location"]
    assert after["groups"] == [{"value": team["id"], "$ref": location, "display": "Team", "type": "direct"}]
    # Being put in a group is a change of the group.
    assert after["meta"] == user["meta"]
    listed = good(await scim.get("/Users", params={"filter": f'groups.value eq "{team["id"]}"'}))
    assert listed["Resources"] == [after]


@pytest.mark.parametrize("password", ["Correct-Horse-9", "", None, 7, {"value": "Correct-Horse-9"}])
async def test_a_password_is_taken_and_dropped(scim: httpx.AsyncClient, app: object, password: Any) -> None:
    """SCIM-CHAR-03, SCIM-SEC-06, -09 (RFC 7643 §4.1.1)."""
    user = await new_user(scim, password=password)
    path = f"/Users/{user['id']}"
    answers = [
        await scim.put(path, json=user_body(password=password)),
        await scim.patch(path, json=patch(replace("password", password))),
        await scim.patch(path, json=patch({"op": "replace", "value": {"Password": password}})),
        await scim.patch(path, json=patch(replace(f"{USER}:password", password))),
        await scim.get(path, params={"attributes": "password,userName"}),
        await scim.get("/Users", params={"attributes": "password"}),
    ]
    for answer in answers:
        good(answer)
        assert "password" not in answer.text.lower()
        assert "Correct-Horse" not in answer.text
    assert (await versions(scim, path)) == (user["meta"]["version"], user["meta"]["lastModified"])
    assert "Correct-Horse" not in await everything_kept()
    for filter in ("password pr", 'password sw "C"', f'{USER}:password eq "Correct-Horse-9"'):
        assert refusal(await scim.get("/Users", params={"filter": filter})) == (400, "invalidFilter")


@database.reads
async def everything_kept() -> str:
    """All rows that could hold something of a message."""
    tables = ("accounts", "memberships", "membership_values", "audit_events", "provisioning_events")
    return str(
        [
            [row[name] for name in row.keys()]  # noqa: SIM118  # a Row is no mapping
            for table in tables
            for row in await database.fetch_all(f"SELECT * FROM {table}")
        ]
    )
