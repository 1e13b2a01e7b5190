"""Bulk requests (RFC 7644 §3.7)."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st
from starlette.applications import Starlette

from tenantry.errors import Busy
from tenantry.models import database
from tenantry.models.database import Row
from tenantry.scim.bulk import BULK_REQUEST, BULK_RESPONSE
from tenantry.scim.bulk_references import steps
from tenantry.services import memberships
from tenantry.settings import Settings

from ..bodies import MALFORMED
from ..make import Workspace, make_workspace
from .provider import (
    ENTERPRISE,
    ERROR,
    Resource,
    connect,
    group,
    new_group,
    new_user,
    patch,
    refusal,
    replace,
    resource,
    user,
)

UNKNOWN_ID = "01a20c46-26eb-7e7c-9427-7221cdcfa466"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    limits = {"bulk_operations_max": 50, "scim_bulk_body_bytes_max": 1 << 18, "scim_body_bytes_max": 1 << 14}
    return settings.model_copy(update=limits)


def bulk(*operations: Any, **more: Any) -> Resource:
    return {"schemas": [BULK_REQUEST], "Operations": operations, **more}


def post(path: str, bulk_id: str, data: Any) -> Resource:
    return {"method": "POST", "path": path, "bulkId": bulk_id, "data": data}


def of(bulk_id: str) -> str:
    return f"bulkId:{bulk_id}"


def managed(user_name: str, manager: str, **attributes: Any) -> Resource:
    """A user with a manager."""
    return user(user_name, **{ENTERPRISE: {"manager": {"value": manager}}}, **attributes)


async def send(scim: httpx.AsyncClient, *operations: Any, **more: Any) -> list[Resource]:
    """What came of the operations."""
    body = resource(await scim.post("/Bulk", json=bulk(*operations, **more)))
    assert body["schemas"] == [BULK_RESPONSE]
    outcomes: list[Resource] = body["Operations"]
    for outcome in outcomes:
        failed = int(outcome["status"]) >= 400
        assert failed == ("response" in outcome)
        if failed:
            assert outcome["response"]["schemas"] == [ERROR]
            assert outcome["response"]["status"] == outcome["status"]
    return outcomes


def statuses(outcomes: Sequence[Resource]) -> list[str]:
    return [outcome["status"] for outcome in outcomes]


async def get(scim: httpx.AsyncClient, outcome: Resource) -> Resource:
    return resource(await scim.get(outcome["location"]))


async def total(scim: httpx.AsyncClient, path: str = "/Users") -> int:
    """How many there are; a new workspace has its owner."""
    return int(resource(await scim.get(path, params={"count": 0}))["totalResults"])


@database.reads
async def logged(workspace: Workspace) -> list[Row]:
    return await database.fetch_all(
        "SELECT * FROM provisioning_events WHERE workspace_id = ? ORDER BY occurred_at, id", workspace.id
    )


async def test_people_and_groups_are_made_changed_and_deleted(scim: httpx.AsyncClient) -> None:
    """SCIM-BULK-01, -02, -03 (RFC 7644 §3.7)."""
    ada, bob, team = (await new_user(scim), await new_user(scim, "bob@example.com"), await new_group(scim))
    made, put, patched, deleted, renamed = await send(
        scim,
        post("/Users", "new", user("eve@example.com")),
        {"method": "PUT", "path": f"/Users/{ada['id']}", "bulkId": "put", "data": user(title="Countess")},
        {"method": "PATCH", "path": f"/Users/{bob['id']}", "data": patch(replace("title", "Builder"))},
        {"method": "DELETE", "path": f"/Users/{bob['id']}"},
        {"method": "PATCH", "path": f"Groups/{team['id']}/", "data": patch(replace("displayName", "Crew"))},
    )
    eve = await get(scim, made)
    assert made == {
        "method": "POST",
        "bulkId": "new",
        "status": "201",
        "location": eve["meta"]["location"],
        "version": eve["meta"]["version"],
    }
    now = await get(scim, put)
    assert (put["bulkId"], put["status"], put["version"]) == ("put", "200", now["meta"]["version"])
    assert now["title"] == "Countess"
    assert (patched["status"], patched["location"]) == ("200", bob["meta"]["location"])
    assert deleted == {"method": "DELETE", "status": "204", "location": bob["meta"]["location"]}
    assert refusal(await scim.get(deleted["location"])) == (404, None)
    assert (await get(scim, renamed))["displayName"] == "Crew"


async def test_names_have_no_case(scim: httpx.AsyncClient) -> None:
    """RFC 7643 §2.1."""
    operation = {"Method": "POST", "PATH": "/Users", "bulkid": "a", "Data": user()}
    answer = await scim.post("/Bulk", json={"SCHEMAS": [BULK_REQUEST.lower()], "operations": [operation]})
    assert statuses(resource(answer)["Operations"]) == ["201"]


async def test_a_reference_leads_to_what_was_made_before(scim: httpx.AsyncClient) -> None:
    """SCIM-BULK-04, -07 (RFC 7644 §3.7.2), in the data and in the path."""
    outcomes = await send(
        scim,
        post("/Users", "ada", user()),
        post("/Users", "bob", managed("bob@example.com", of("ada"))),
        post("/Groups", "team", group("Team", of("ada"))),
        {"method": "PATCH", "path": f"/Groups/{of('team')}", "data": patch(_add_member(of("bob")))},
        {"method": "PUT", "path": f"/Users/{of('ada')}", "data": user(title="Countess")},
    )
    assert statuses(outcomes) == ["201", "201", "201", "200", "200"]
    ada, bob, team = [await get(scim, outcome) for outcome in outcomes[:3]]
    assert bob[ENTERPRISE]["manager"]["value"] == ada["id"]
    assert {member["value"] for member in team["members"]} == {ada["id"], bob["id"]}
    assert outcomes[3]["location"] == team["meta"]["location"]
    assert ada["title"] == "Countess"


def _add_member(id: str) -> Resource:
    return {"op": "add", "path": "members", "value": [{"value": id}]}


async def test_a_reference_leads_to_what_is_made_later(scim: httpx.AsyncClient) -> None:
    """SCIM-BULK-05, -22 (RFC 7644 §3.7.2): answers keep the order of the request."""
    outcomes = await send(
        scim,
        post("/Groups", "team", group("Team", of("bob"))),
        {"method": "PATCH", "path": f"/Users/{of('ada')}", "data": patch(replace("title", "Countess"))},
        post("/Users", "bob", managed("bob@example.com", of("ada"))),
        post("/Users", "ada", user()),
    )
    assert [outcome.get("bulkId") for outcome in outcomes] == ["team", None, "bob", "ada"]
    assert statuses(outcomes) == ["201", "200", "201", "201"]
    team, patched, bob, ada = [await get(scim, outcome) for outcome in outcomes]
    assert [member["value"] for member in team["members"]] == [bob["id"]]
    assert bob[ENTERPRISE]["manager"]["value"] == ada["id"]
    assert patched == ada


async def test_two_people_manage_each_other(scim: httpx.AsyncClient, workspace: Workspace) -> None:
    """SCIM-BULK-06 (RFC 7644 §3.7.1)."""
    outcomes = await send(
        scim,
        post("/Users", "ada", managed("ada@example.com", of("bob"), title="Countess")),
        post("/Groups", "team", group("Team", of("ada"))),
        post("/Users", "bob", managed("bob@example.com", of("ada"), active=False)),
    )
    assert statuses(outcomes) == ["201", "201", "201"]
    ada, _, bob = [await get(scim, outcome) for outcome in outcomes]
    assert ada[ENTERPRISE]["manager"]["value"] == bob["id"]
    assert bob[ENTERPRISE]["manager"]["value"] == ada["id"]
    assert (ada["title"], ada["active"], bob["active"]) == ("Countess", True, False)
    assert [outcomes[0]["version"], outcomes[2]["version"]] == [ada["meta"]["version"], bob["meta"]["version"]]


async def test_longer_circles_and_oneself(scim: httpx.AsyncClient) -> None:
    """SCIM-BULK-06 (RFC 7644 §3.7.1): two circles that share a person, and a person who is their own manager."""
    names = ["a", "b", "c", "d"]
    managers = {"a": "b", "b": "c", "c": "a", "d": "d"}
    outcomes = await send(
        scim, *(post("/Users", name, managed(f"{name}@example.com", of(managers[name]))) for name in names)
    )
    assert statuses(outcomes) == ["201"] * 4
    people = {name: await get(scim, outcome) for name, outcome in zip(names, outcomes, strict=True)}
    assert {name: people[manager]["id"] for name, manager in managers.items()} == {
        name: person[ENTERPRISE]["manager"]["value"] for name, person in people.items()
    }


async def test_a_circle_is_made_whole_or_not_at_all(scim: httpx.AsyncClient) -> None:
    """SCIM-BULK-06, -08 (RFC 7644 §3.7.1)."""
    await new_user(scim, "taken@example.com")
    outcomes = await send(
        scim,
        post("/Users", "ada", managed("ada@example.com", of("bob"))),
        post("/Users", "bob", managed("taken@example.com", of("ada"))),
        post("/Users", "eve", managed("eve@example.com", of("dan"))),
        post("/Users", "dan", managed("dan@example.com", of("eve"), nickName=of("nobody"))),
        post("/Groups", "team", group("Team", of("ada"))),
        post("/Users", "kim", user("kim@example.com")),
    )
    assert statuses(outcomes) == ["409", "409", "409", "409", "409", "201"]
    assert outcomes[1]["response"]["scimType"] == "uniqueness"
    assert not any("location" in outcome for outcome in outcomes[:5])
    assert (await total(scim), await total(scim, "/Groups")) == (3, 0)


async def test_what_no_operation_makes_links_nothing(scim: httpx.AsyncClient) -> None:
    """SCIM-BULK-08 (RFC 7644 §3.7)."""
    team = await new_group(scim)
    change = {"method": "PATCH", "path": f"/Groups/{team['id']}"}
    outcomes = await send(
        scim,
        post("/Groups", "crew", group("Crew", of("nobody"))),
        {**change, "data": patch(_add_member(of("nobody")))},
        {"method": "DELETE", "path": f"/Users/{of('nobody')}"},
        post("/Users", "bad", {**user(), "userName": ""}),
        post("/Groups", "band", group("Band", of("bad"))),
        {"method": "PUT", "path": f"/Groups/{of('')}", "data": group()},
        {**change, "bulkId": "patch", "data": patch(_add_member(of("patch")))},
    )
    assert statuses(outcomes) == ["409", "409", "409", "400", "409", "409", "409"]
    assert [outcome.get("location") for outcome in outcomes[:3]] == [None, team["meta"]["location"], None]
    assert resource(await scim.get("/Groups"))["Resources"] == [team]


async def test_a_failure_says_why_and_where(scim: httpx.AsyncClient) -> None:
    """SCIM-BULK-09, -11, -18, -20 (RFC 7644 §3.7.3): the rest goes on."""
    ada = await new_user(scim)
    where = ada["meta"]["location"]
    outcomes = await send(
        scim,
        post("/Users", "again", user()),
        post("/Users", "nameless", {"schemas": ["x"]}),
        post("/Users", "empty", None),
        {"method": "POST", "path": "/Users", "bulkId": "none"},
        {"method": "PUT", "path": f"/Users/{ada['id']}", "data": {"schemas": ["x"]}},
        {"method": "PATCH", "path": f"/Users/{ada['id']}", "data": patch(replace("nothing", 1))},
        {"method": "DELETE", "path": f"/Users/{UNKNOWN_ID}"},
        post("/Users", "bob", user("bob@example.com")),
    )
    assert statuses(outcomes) == ["409", "400", "400", "400", "400", "400", "404", "201"]
    told = [outcome["response"].get("scimType") for outcome in outcomes[:6]]
    assert told == ["uniqueness", "invalidValue", "invalidSyntax", "invalidSyntax", "invalidValue", "invalidPath"]
    assert not any("location" in outcome for outcome in outcomes[:4])
    assert [outcome["location"] for outcome in outcomes[4:7]] == [where, where, where.replace(ada["id"], UNKNOWN_ID)]


async def test_it_stops_after_so_many_errors(scim: httpx.AsyncClient) -> None:
    """SCIM-BULK-10, -12 (RFC 7644 §3.7.3)."""
    gone = {"method": "DELETE", "path": f"/Users/{UNKNOWN_ID}"}
    operations = [gone, post("/Users", "a", user("a@example.com")), gone, post("/Users", "b", user("b@example.com"))]
    assert statuses(await send(scim, *operations, failOnErrors=1)) == ["404"]
    assert statuses(await send(scim, *operations, failOnErrors=2)) == ["404", "201", "404"]
    assert statuses(await send(scim, *operations, failOnErrors=3)) == ["404", "409", "404"]
    assert statuses(await send(scim, *operations[:3:2], operations[3], failOnErrors=3)) == ["404", "404", "201"]


@pytest.mark.parametrize("bulk_id", [{}, {"bulkId": None}, {"bulkId": ""}])
async def test_what_is_made_needs_a_bulk_id(scim: httpx.AsyncClient, bulk_id: Resource) -> None:
    """SCIM-BULK-13 (RFC 7644 §3.7)."""
    (outcome,) = await send(scim, {"method": "POST", "path": "/Users", "data": user(), **bulk_id})
    assert (outcome["status"], outcome["response"]["scimType"]) == ("400", "invalidSyntax")
    assert await total(scim) == 1


async def test_too_many_operations_are_refused_as_a_whole(scim: httpx.AsyncClient) -> None:
    """SCIM-BULK-14, SCIM-DISC-03 (RFC 7644 §3.7.4)."""
    config = resource(await scim.get("/ServiceProviderConfig"))["bulk"]
    assert config == {"supported": True, "maxOperations": 50, "maxPayloadSize": 1 << 18}
    operations = [post("/Users", str(number), user(f"{number}@example.com")) for number in range(51)]
    assert refusal(await scim.post("/Bulk", json=bulk(*operations))) == (413, None)
    assert await total(scim) == 1
    assert statuses(await send(scim, *operations[:50])) == ["201"] * 50


async def test_too_large_a_payload_is_refused_as_a_whole(scim: httpx.AsyncClient) -> None:
    """SCIM-BULK-15 (RFC 7644 §3.7.4)."""
    large = bulk(post("/Users", "a", user()), more="x" * (1 << 18))
    assert refusal(await scim.post("/Bulk", json=large)) == (413, None)
    assert await total(scim) == 1


async def test_an_operation_is_no_larger_than_it_could_be_alone(scim: httpx.AsyncClient) -> None:
    """SCIM-BULK-18 (RFC 7644 §3.7)."""
    large = user(title="x" * (1 << 14))
    assert refusal(await scim.post("/Users", json=large)) == (413, None)
    assert statuses(await send(scim, post("/Users", "a", large))) == ["413"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/Users", "405"),
        ("HEAD", "/Users", "405"),
        ("post", "/Users", "405"),
        ("PUT", "/Users", "405"),
        ("POST", f"/Users/{UNKNOWN_ID}", "405"),
        ("PROPFIND" * 10_000, "/Users", "405"),
        ("", "", "404"),
        ("POST", "/Bulk", "404"),
        ("POST", "/.search", "404"),
        ("POST", "/Users/.search", "405"),
        ("DELETE", "/Me", "404"),
        ("DELETE", "/Users/" + "x" * 10_000, "404"),
        ("DELETE", f"/Users/{UNKNOWN_ID}/", "404"),
        ("DELETE", f"/Users/{UNKNOWN_ID}/more", "404"),
        ("DELETE", f"/Users/{UNKNOWN_ID}?attributes=id", "404"),
        ("DELETE", '/Users/\U0001f600 \r\n"%00', "404"),
        ("DELETE", "https://example.com/Users", "404"),
        ("POST", "/" * 10_000, "404"),
    ],
)
async def test_an_unknown_method_or_path_fails_alone(
    scim: httpx.AsyncClient, method: str, path: str, status: str
) -> None:
    """SCIM-BULK-16 (RFC 7644 §3.7)."""
    odd = {"method": method, "path": path, "bulkId": "odd", "data": user("odd@example.com")}
    assert statuses(await send(scim, odd, post("/Users", "a", user()))) == [status, "201"]


@pytest.mark.parametrize(
    "body",
    [
        {"schemas": [BULK_REQUEST]},
        {"Operations": []},
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": []},
        {"schemas": [BULK_REQUEST], "Operations": {}},
        bulk(None),
        bulk([]),
        bulk({}),
        bulk({"method": "POST"}),
        bulk({"method": 1, "path": "/Users"}),
        bulk({"method": "POST", "path": ["/Users"]}),
        bulk({"method": "POST", "path": "/Users", "bulkId": 1, "data": user()}),
        bulk({"method": "DELETE", "path": "/Users", "version": 1}),
        bulk(failOnErrors=0),
        bulk(failOnErrors=True),
        bulk(failOnErrors="1"),
        bulk(failOnErrors=1.5),
        [],
        "text",
    ],
    ids=str,
)
async def test_a_malformed_request_is_refused_as_a_whole(scim: httpx.AsyncClient, body: Any) -> None:
    """SCIM-BULK-17, -21 (RFC 7644 §3.7, §3.12)."""
    if isinstance(body, dict) and body.get("Operations"):
        body = {**body, "Operations": [post("/Users", "a", user()), *body["Operations"]]}
    assert refusal(await scim.post("/Bulk", json=body)) == (400, "invalidSyntax")
    assert await total(scim) == 1


async def test_a_body_that_is_no_json_is_refused(scim: httpx.AsyncClient) -> None:
    """SCIM-BULK-17 (RFC 7644 §3.12)."""
    for body in MALFORMED.values():
        answer = await scim.post("/Bulk", content=body, headers={"Content-Type": "application/scim+json"})
        assert refusal(answer) in ((400, "invalidSyntax"), (413, None))


async def test_a_bulk_id_comes_once(scim: httpx.AsyncClient) -> None:
    """SCIM-BULK-22 (RFC 7644 §3.7)."""
    twice = bulk(post("/Users", "a", user()), post("/Groups", "a", group()))
    assert refusal(await scim.post("/Bulk", json=twice)) == (400, "invalidSyntax")
    assert (await total(scim), await total(scim, "/Groups")) == (1, 0)


async def test_no_operations_are_none(scim: httpx.AsyncClient) -> None:
    """RFC 7644 §3.7."""
    assert await send(scim) == []


async def test_a_password_is_never_told(scim: httpx.AsyncClient, workspace: Workspace) -> None:
    """SCIM-BULK-19 (RFC 7644 §3.7)."""
    secret = "correct horse"
    again = [post("/Users", name, user(password=secret, title="x")) for name in ("a", "b")]
    ada = {"method": "PUT", "path": f"/Users/{of('a')}", "data": user(password=[secret], active=secret)}
    answer = await scim.post("/Bulk", json=bulk(*again, ada))
    assert statuses(resource(answer)["Operations"]) == ["201", "409", "400"]
    assert secret not in answer.text
    assert secret not in str([dict(row) for row in await logged(workspace)])


async def test_a_version_is_a_condition(scim: httpx.AsyncClient) -> None:
    """SCIM-ETAG-10, SCIM-BULK-20 (RFC 7644 §3.7, §3.14)."""
    ada = await new_user(scim)
    operation = {"method": "PATCH", "path": f"/Users/{ada['id']}", "version": ada["meta"]["version"]}
    first = operation | {"data": patch(replace("title", "First"))}
    late = operation | {"data": patch(replace("title", "Late"))}
    delete = {**operation, "method": "DELETE"}
    outcomes = await send(scim, first, late, delete, delete | {"version": "no tag"}, delete | {"version": ""})
    assert statuses(outcomes) == ["200", "412", "412", "400", "400"]
    assert {outcome["location"] for outcome in outcomes} == {ada["meta"]["location"]}
    now = await get(scim, outcomes[0])
    assert (now["title"], now["meta"]["version"]) == ("First", outcomes[0]["version"])
    assert statuses(await send(scim, delete | {"version": "*"})) == ["204"]


async def test_each_operation_stands_alone_and_is_logged_alone(scim: httpx.AsyncClient, workspace: Workspace) -> None:
    """SCIM-BULK-23 (RFC 7644 §3.7): as a whole it is not atomic; a PATCH in it is."""
    ada = await new_user(scim)
    halfway = patch(replace("title", "Half"), replace("nothing", 1))
    await send(
        scim,
        {"method": "PATCH", "path": f"/Users/{ada['id']}", "data": halfway},
        post("/Groups", "team", group("Team", of("bob"))),
        post("/Users", "bob", user("bob@example.com")),
        {"method": "PATCH", "path": f"/Users/{ada['id']}", "data": patch(replace("userName", "ada@example.com"))},
    )
    assert "title" not in resource(await scim.get(f"/Users/{ada['id']}"))
    await asyncio.sleep(0.2)
    lines = [
        (row["operation"], row["http_method"], row["path"].partition("-")[0], row["status"], row["outcome"])
        for row in await logged(workspace)
        if row["operation"] != "READ"
    ]
    start = ada["id"].partition("-")[0]
    assert sorted(lines) == sorted(
        [
            ("USER_CREATE", "POST", "/Users", 201, "SUCCESS"),
            ("USER_UPDATE", "PATCH", f"/Users/{start}", 400, "REJECTED"),
            ("USER_CREATE", "POST", "/Users", 201, "SUCCESS"),
            ("GROUP_CREATE", "POST", "/Groups", 201, "SUCCESS"),
            ("USER_UPDATE", "PATCH", f"/Users/{start}", 200, "NO_CHANGE"),
            ("BULK", "POST", "/Bulk", 200, "SUCCESS"),
        ]
    )


async def test_a_circle_is_logged_as_it_is_made(scim: httpx.AsyncClient, workspace: Workspace) -> None:
    """SCIM-BULK-06 (RFC 7644 §3.7.1)."""
    circle = [
        post("/Users", "ada", managed("ada@example.com", of("bob"))),
        post("/Users", "bob", managed("bob@example.com", of("ada"))),
    ]
    assert statuses(await send(scim, *circle)) == ["201", "201"]
    lines = [(row["http_method"], row["status"], row["target_label"]) for row in await logged(workspace)]
    people = ("ada@example.com", "bob@example.com")
    assert lines[:4] == [(method, status, who) for method, status in (("POST", 201), ("PATCH", 200)) for who in people]


async def test_what_comes_after_the_database_is_gone_is_not_tried(
    scim: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SCIM-ERR-08 (RFC 7644 §3.12)."""

    async def busy(*_: object, **__: object) -> None:
        raise Busy("The database cannot be reached")

    monkeypatch.setattr(memberships, "provision", busy)
    ada, bob = (
        post("/Users", "ada", managed("ada@example.com", of("bob"))),
        post("/Users", "bob", managed("bob@example.com", of("ada"))),
    )
    team = post("/Groups", "team", group())
    assert statuses(await send(scim, ada, bob, team)) == ["503", "503"]
    assert statuses(await send(scim, post("/Users", "eve", user()), team)) == ["503"]
    assert await total(scim, "/Groups") == 0


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_fault_of_ours_fails_its_operation_alone(
    scim: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 7644 §3.7.3, §3.12."""

    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(memberships, "provision", broken)
    failed, made = await send(scim, post("/Users", "ada", user()), post("/Groups", "team", group()))
    assert (failed["status"], failed["response"]["detail"], made["status"]) == ("500", "Internal error", "201")


async def test_each_operation_needs_its_right(
    scim: httpx.AsyncClient, elsewhere: httpx.AsyncClient, workspace: Workspace
) -> None:
    """SCIM-BULK-24, SCIM-SEC-11 (RFC 7644 §7, §6): the last owner stays, and so do other people's people."""
    ada = await new_user(elsewhere)
    outcomes = await send(
        scim,
        {"method": "DELETE", "path": f"/Users/{workspace.owner_id}"},
        {"method": "DELETE", "path": f"/Users/{ada['id']}"},
        post("/Groups", "team", group("Team", ada["id"])),
    )
    assert statuses(outcomes) == ["403", "404", "201"]
    assert "members" not in (await get(scim, outcomes[2])) or (await get(scim, outcomes[2]))["members"] == []
    assert refusal(await scim.post("/Bulk", json=bulk(), headers={"Authorization": "Bearer x"})) == (401, None)


@pytest.mark.parametrize("preset", ["LINKED", "INVITED"])
async def test_a_circle_is_made_under_every_policy(app: Starlette, preset: str) -> None:
    """SCIM-BULK-06 (RFC 7644 §3.7.1)."""
    scim = connect(app, await make_workspace(preset=preset))
    outcomes = await send(
        scim,
        post("/Users", "ada", managed("ada@example.com", of("bob"))),
        post("/Users", "bob", managed("bob@example.com", of("ada"))),
    )
    assert statuses(outcomes) == ["201", "201"]
    ada, bob = [await get(scim, outcome) for outcome in outcomes]
    assert ada[ENTERPRISE]["manager"]["value"] == bob["id"]


async def test_a_hostile_request_is_no_error_of_ours(scim: httpx.AsyncClient) -> None:
    """SCIM-ERR-07 (RFC 7644 §3.12, §7): odd methods, paths, data and references in any combination."""
    choose = random.Random(7).choice
    texts = ["", "a", "b", of("a"), of("b"), of(of("a")), "\u0001", "'", '"', "%00", "\U0001f600", "bulkId", of("")]
    values: list[Any] = [None, True, 1, [], {}, *texts, [of("a")], {"value": of("b")}, [[of("a")], {"x": [of("b")]}]]
    data: list[Any] = [
        *values,
        user("ada@example.com"),
        *({**user(), "userName": value, "emails": value, ENTERPRISE: value, value: value} for value in texts),
        *(managed("bob@example.com", value) for value in texts),
        *({**group(), "displayName": value, "members": value} for value in values),
        *(patch({"op": "add", "path": value, "value": value}) for value in texts),
        *(patch({"op": "replace", "value": {value: value}}) for value in texts),
    ]
    paths = ["/Users", "/Groups", *(f"/{kind}/{text}" for kind in ("Users", "Groups", "Me") for text in texts)]
    for _ in range(30):
        operations = [
            {
                "method": choose(["POST", "POST", "POST", "PUT", "PATCH", "DELETE", "GET"]),
                "path": choose(paths),
                "bulkId": choose(["a", "b", of("a")]) + "x" * (number // 3),
                "data": choose(data),
                "version": choose([None, "*", 'W/"1"', "x"]),
            }
            for number in range(3)
        ]
        answer = await scim.post("/Bulk", json=bulk(*operations))
        assert answer.status_code in (200, 400), answer.text
        for outcome in answer.json().get("Operations", []):
            assert int(outcome["status"]) < 500, (operations, outcome)


async def test_a_long_chain_of_references_is_followed(scim: httpx.AsyncClient) -> None:
    """SCIM-BULK-05 (RFC 7644 §3.7.2): the first waits for the second, which waits for the third, and so on."""
    chain = [post("/Users", str(n), managed(f"{n}@example.com", of(str(n + 1)))) for n in range(49)]
    outcomes = await send(scim, *chain, post("/Users", "49", user("last@example.com")))
    assert statuses(outcomes) == ["201"] * 50


@st.composite
def _needs(draw: st.DrawFn) -> list[list[int]]:
    count = draw(st.integers(1, 8))
    return draw(st.lists(st.lists(st.integers(0, count - 1), max_size=3), min_size=count, max_size=count))


@trying(deadline=None)
@given(_needs())
def test_the_order_puts_what_is_needed_first_and_circles_together(needs: list[list[int]]) -> None:
    """SCIM-BULK-22 (RFC 7644 §3.7.2), against what can be reached from where."""
    reached = [_reached(needs, place) for place in range(len(needs))]
    order = steps(needs)
    step_of = {place: number for number, step in enumerate(order) for place in step}
    assert sorted(place for step in order for place in step) == list(range(len(needs)))
    for place in range(len(needs)):
        for other in range(len(needs)):
            in_circle = place == other or (other in reached[place] and place in reached[other])
            assert in_circle == (step_of[place] == step_of[other])
            if other in reached[place]:
                assert step_of[other] <= step_of[place]


def _reached(needs: list[list[int]], start: int) -> set[int]:
    found, rest = set[int](), [start]
    while rest:
        for need in needs[rest.pop()]:
            if need not in found:
                found.add(need)
                rest.append(need)
    return found


def test_without_references_the_order_is_kept_and_a_chain_has_any_length() -> None:
    """SCIM-BULK-22 (RFC 7644 §3.7.2)."""
    assert steps([[], [], []]) == [[0], [1], [2]]
    assert steps([[2], [], []]) == [[2], [0], [1]]
    chain = [[place + 1] for place in range(9_999)]
    assert steps([*chain, []]) == [[place] for place in reversed(range(10_000))]
    assert steps([*chain, [0]]) == [list(range(10_000))]
