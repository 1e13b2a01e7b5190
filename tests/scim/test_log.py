"""The provisioning log: every request of a directory, what it changed, and why it was refused."""

import json
from typing import Any

import httpx
import pytest

from tenantry.models import database
from tenantry.models.database import Row
from tenantry.services import memberships, provisioning_log

from ..make import Workspace
from .provider import DEACTIVATE, ENTERPRISE, group, new_group, new_user, patch, replace, user
from .waiting import until

SOMEONE = "01890000-0000-7000-8000-000000000000"


@database.reads
async def log(workspace: Workspace) -> list[Row]:
    """Everything in the log of the workspace, oldest first."""
    return await database.fetch_all(
        "SELECT * FROM provisioning_events WHERE workspace_id = ? ORDER BY id", workspace.id
    )


async def last(workspace: Workspace, request_id: str) -> Row:
    """The line of one request."""

    async def look() -> Row | None:
        return next((row for row in await log(workspace) if row["request_id"] == request_id), None)

    return await until(look)


async def logged(
    scim: httpx.AsyncClient, workspace: Workspace, method: str, path: str, json: Any = None, **headers: str
) -> Row:
    """The line a request leaves."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = await scim.request(method, path, json=json, headers=headers)
    return await last(workspace, answer.headers["x-request-id"])


def changes(row: Row) -> Any:
    return json.loads(row["changes"]) if row["changes"] else None


async def test_a_new_user_is_logged_with_what_was_sent(scim: httpx.AsyncClient, workspace: Workspace) -> None:
    body = user(displayName="Ada Okafor", password="Correct-Horse-9", **{ENTERPRISE: {"department": "Physics"}})
    row = await logged(scim, workspace, "POST", "/Users?attributes=id", body)
    assert (row["operation"], row["outcome"], row["status"]) == ("USER_CREATE", "SUCCESS", 201)
    assert (row["http_method"], row["path"]) == ("POST", "/Users?attributes=id")
    assert row["scim_token_id"] == workspace.directory.id
    assert row["target_label"] == "Ada Okafor"
    assert row["membership_id"]
    assert row["group_id"] is row["scim_type"] is row["detail"] is row["hint"] is None
    assert changes(row) == {
        "userName": "ada@example.com",
        "displayName": "Ada Okafor",
        ENTERPRISE: {"department": "Physics"},
    }


async def test_a_change_is_logged_with_what_became_of_what(scim: httpx.AsyncClient, workspace: Workspace) -> None:
    ada = await new_user(scim, title="Engineer")
    path = f"/Users/{ada['id']}"
    lines = [
        await logged(scim, workspace, "PATCH", path, patch(replace("title", "Lead"))),
        await logged(scim, workspace, "PUT", path, user(title="Chief")),
        await logged(scim, workspace, "PATCH", path, patch(replace("title", "Chief"))),
        await logged(scim, workspace, "PATCH", path, patch(replace("active", False))),
        await logged(scim, workspace, "PATCH", path, patch(replace("active", True), replace("title", None))),
        await logged(scim, workspace, "DELETE", path),
    ]
    assert [(line["operation"], line["outcome"], line["status"], changes(line)) for line in lines] == [
        ("USER_UPDATE", "SUCCESS", 200, {"title": {"from": "Engineer", "to": "Lead"}}),
        ("USER_UPDATE", "SUCCESS", 200, {"title": {"from": "Lead", "to": "Chief"}}),
        ("USER_UPDATE", "NO_CHANGE", 200, None),
        ("USER_DEACTIVATE", "SUCCESS", 200, {"active": {"from": True, "to": False}}),
        (
            "USER_REACTIVATE",
            "SUCCESS",
            200,
            {"active": {"from": False, "to": True}, "title": {"from": "Chief", "to": None}},
        ),
        ("USER_DELETE", "SUCCESS", 204, {"userName": "ada@example.com"}),
    ]
    assert {line["membership_id"] for line in lines} == {ada["id"]}
    assert {line["target_label"] for line in lines} == {"ada@example.com"}


async def test_changes_of_groups_are_logged(scim: httpx.AsyncClient, workspace: Workspace) -> None:
    ada, bob = await new_user(scim), await new_user(scim, "bob@example.com")
    created = await logged(scim, workspace, "POST", "/Groups", group("Team", ada["id"], SOMEONE))
    path = f"/Groups/{created['group_id']}"
    add = {"op": "add", "path": "members", "value": [{"value": bob["id"]}]}
    lines = [
        created,
        await logged(scim, workspace, "PATCH", path, patch(add)),
        await logged(scim, workspace, "PATCH", path, patch(add)),
        await logged(scim, workspace, "PATCH", path, patch(replace("displayName", "Crew"))),
        await logged(scim, workspace, "PUT", path, group("Crew", ada["id"])),
        await logged(scim, workspace, "DELETE", path),
    ]
    assert [(line["operation"], line["outcome"], changes(line)) for line in lines] == [
        ("GROUP_CREATE", "SUCCESS", {"displayName": "Team", "added": [ada["id"]], "unknown": [SOMEONE]}),
        ("GROUP_MEMBERS", "SUCCESS", {"added": [bob["id"]]}),
        ("GROUP_UPDATE", "NO_CHANGE", None),
        ("GROUP_UPDATE", "SUCCESS", {"displayName": {"from": "Team", "to": "Crew"}}),
        ("GROUP_MEMBERS", "SUCCESS", {"removed": [bob["id"]]}),
        ("GROUP_DELETE", "SUCCESS", {"displayName": "Crew"}),
    ]
    assert {line["group_id"] for line in lines} == {created["group_id"]}


async def test_reads_are_logged(scim: httpx.AsyncClient, workspace: Workspace) -> None:
    ada = await new_user(scim)
    for path in (f"/Users/{ada['id']}", "/Users?count=0", "/Groups?filter=displayName%20pr", "/Schemas"):
        row = await logged(scim, workspace, "GET", path)
        assert (row["operation"], row["outcome"], row["status"], row["path"]) == ("READ", "SUCCESS", 200, path)
    unchanged = await logged(scim, workspace, "GET", f"/Users/{ada['id']}", If_None_Match=ada["meta"]["version"])
    assert (unchanged["outcome"], unchanged["status"]) == ("SUCCESS", 304)


@pytest.mark.parametrize(
    ("method", "path", "body", "expected", "hint"),
    [
        ("GET", f"/Users/{SOMEONE}", None, ("READ", 404, None), "No such user here: unassign and reassign the app."),
        ("PATCH", f"/Users/{SOMEONE}", patch(), ("USER_UPDATE", 404, None), "No such user here: unassign"),
        ("PATCH", f"/Groups/{SOMEONE}", patch(), ("GROUP_UPDATE", 404, None), "push the group again"),
        ("POST", "/Users", user(), ("USER_CREATE", 409, "uniqueness"), "match existing records"),
        ("POST", "/Users", {"userName": "x"}, ("USER_CREATE", 400, "invalidSyntax"), ""),
        ("GET", "/Users?filter=nonsense", None, ("READ", 400, "invalidFilter"), ""),
        ("DELETE", f"/Groups/{SOMEONE}", None, ("GROUP_DELETE", 404, None), "push the group again"),
        ("PUT", "/Users", user(), ("READ", 405, None), ""),
        ("GET", "/Nothing", None, ("READ", 404, None), ""),
    ],
)
async def test_a_refusal_is_logged_with_its_reason_and_a_hint(
    scim: httpx.AsyncClient,
    workspace: Workspace,
    method: str,
    path: str,
    body: Any,
    expected: tuple[str, int, str | None],
    hint: str,
) -> None:
    await new_user(scim)
    answer = await scim.request(method, path, json=body)
    row = await last(workspace, answer.headers["x-request-id"])
    assert row["outcome"] == "REJECTED"
    assert (row["operation"], row["status"], row["scim_type"]) == expected
    assert row["detail"] == answer.json()["detail"]
    assert hint in (row["hint"] or "")
    assert hint not in answer.text or not hint
    assert (row["membership_id"] or row["group_id"]) == (SOMEONE if SOMEONE in path else None)
    assert row["changes"] is None


async def test_the_log_tells_how_the_last_owner_can_go(scim: httpx.AsyncClient, workspace: Workspace) -> None:
    row = await logged(scim, workspace, "PATCH", f"/Users/{workspace.owner_id}", DEACTIVATE)
    assert (row["operation"], row["outcome"], row["status"]) == ("USER_UPDATE", "REJECTED", 403)
    assert row["membership_id"] == workspace.owner_id
    assert row["hint"] == "Make someone else an owner before this person is removed."


async def test_a_fault_of_ours_is_logged_as_one(
    scim: httpx.AsyncClient, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*arguments: object, **more: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(memberships, "provision", fail)
    row = await logged(scim, workspace, "POST", "/Users", user())
    assert (row["operation"], row["outcome"], row["status"]) == ("USER_CREATE", "FAILED", 500)
    assert row["detail"] == "Internal error"


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/Users/%00", "/Users/\ufffd"),
        ("/Users?filter=user%00Name%20pr", "/Users?filter=user%00Name%20pr"),
        (f"/Users?filter={'x' * 5000}", f"/Users?filter={'x' * 986}"),
        ("/Users/%F0%9F%93%9A", "/Users/\U0001f4da"),
    ],
)
async def test_an_odd_address_does_not_stop_the_log(
    scim: httpx.AsyncClient, workspace: Workspace, path: str, kept: str
) -> None:
    row = await logged(scim, workspace, "GET", path)
    assert (row["outcome"], row["path"]) == ("REJECTED", kept)
    assert (await logged(scim, workspace, "GET", "/Users"))["outcome"] == "SUCCESS"


async def test_a_large_change_is_cut_to_its_names(scim: httpx.AsyncClient, workspace: Workspace) -> None:
    title = "t" * provisioning_log.CHANGES_BYTES_MAX
    row = await logged(scim, workspace, "POST", "/Users", user(title=title))
    assert changes(row) == {"attributes": ["title", "userName"]}


async def test_of_many_members_the_log_tells_the_number(scim: httpx.AsyncClient, workspace: Workspace) -> None:
    people = [(await new_user(scim, f"p{n}@example.com"))["id"] for n in range(101)]
    row = await logged(scim, workspace, "POST", "/Groups", group("Team", *people))
    assert changes(row) == {"displayName": "Team", "added": {"count": 101}}


async def test_a_log_is_of_one_workspace(
    scim: httpx.AsyncClient, elsewhere: httpx.AsyncClient, workspace: Workspace
) -> None:
    """SCIM-SEC-11: an attempt from elsewhere is a line there."""
    team = await new_group(scim)
    refused = await elsewhere.delete(f"/Groups/{team['id']}")
    await logged(scim, workspace, "GET", "/Groups")
    assert refused.headers["x-request-id"] not in {row["request_id"] for row in await log(workspace)}


async def test_who_shows_no_token_leaves_no_line(scim: httpx.AsyncClient, workspace: Workspace) -> None:
    before = await log(workspace)
    await scim.get("/Users", headers={"Authorization": "Bearer x"})
    await logged(scim, workspace, "GET", "/Users")
    assert len(await log(workspace)) == len(before) + 1
