"""/Groups: what is sent, kept and answered (RFC 7643 §4.2, RFC 7644 §3.3 to §3.6)."""

import asyncio
import json

import httpx
import pytest

from .provider import GROUP, Resource, made, new_group, new_user, patch, refusal, replace
from .provider import group as group_body
from .provider import resource as good
from .provider import user as user_body

NOBODY = "01890000-0000-7000-8000-000000000000"
NOWHERE = f"/Groups/{NOBODY}"


async def people(scim: httpx.AsyncClient, count: int) -> list[str]:
    """The ids of that many new users, smallest first."""
    return sorted([(await new_user(scim, f"p{number}@example.com"))["id"] for number in range(count)])


async def members(scim: httpx.AsyncClient, group: Resource) -> list[str]:
    shown = good(await scim.get(f"/Groups/{group['id']}"))
    return sorted(member["value"] for member in shown["members"])


async def test_a_group_is_made(scim: httpx.AsyncClient) -> None:
    """SCIM-CRUD-01, -02, -13, -29, -31 (RFC 7643 §4.2, RFC 7644 §3.3)."""
    ada = await new_user(scim)
    answer = await scim.post("/Groups", json=group_body("Team", ada["id"], externalId="g-1"))
    group = made(answer)
    meta = group["meta"]
    assert group == {
        "id": group["id"],
        "schemas": [GROUP],
        "externalId": "g-1",
        "displayName": "Team",
        "members": [
            {"value": ada["id"], "$ref": ada["meta"]["location"], "type": "User"},
        ],
        "meta": meta,
    }
    assert meta["resourceType"] == "Group"
    assert meta["created"] == meta["lastModified"]
    assert answer.headers["location"] == meta["location"] == f"http://127.0.0.1:8000/scim/v2/Groups/{group['id']}"
    assert answer.headers["etag"] == meta["version"] == 'W/"1"'
    assert good(await scim.get(f"/Groups/{group['id']}")) == group


async def test_an_empty_group_has_an_empty_list_of_members(scim: httpx.AsyncClient) -> None:
    """Some clients add nobody to a group whose members are not there to compare with."""
    group = await new_group(scim)
    assert group["members"] == []
    assert good(await scim.get(f"/Groups/{group['id']}"))["members"] == []
    assert [each["members"] for each in good(await scim.get("/Groups"))["Resources"]] == [[]]


@pytest.mark.parametrize("body", [{}, {"displayName": None}, {"displayName": " "}, {"displayName": ""}])
async def test_a_group_needs_a_name(scim: httpx.AsyncClient, body: Resource) -> None:
    """SCIM-CRUD-08 (RFC 7643 §4.2)."""
    assert refusal(await scim.post("/Groups", json={"schemas": [GROUP], **body})) == (400, "invalidValue")
    group = await new_group(scim)
    path = f"/Groups/{group['id']}"
    assert refusal(await scim.put(path, json={"schemas": [GROUP], **body})) == (400, "invalidValue")
    assert good(await scim.get(path)) == group


@pytest.mark.parametrize(
    "body",
    [
        {"displayName": "x" * 251},
        {"displayName": "Team\u0007"},
        {"displayName": "\u202emaeT"},
        {"displayName": 7},
        {"externalId": "x" * 501},
        {"externalId": ["a", "b"]},
        {"members": "everyone"},
        {"members": [7]},
        {"members": [{}]},
        {"members": [{"value": None}]},
        {"members": [{"value": {"value": "x"}}]},
        {"members": [{"display": "Ada"}]},
    ],
    ids=lambda body: json.dumps(body)[:40],
)
async def test_a_value_that_does_not_fit_is_refused(scim: httpx.AsyncClient, body: Resource) -> None:
    """SCIM-CRUD-12, SCIM-ERR-07 (RFC 7644 §3.12)."""
    assert refusal(await scim.post("/Groups", json=group_body() | body)) == (400, "invalidValue")
    assert good(await scim.get("/Groups"))["totalResults"] == 0


@pytest.mark.parametrize("name", ["Team", "TEAM", " team "])
async def test_a_name_that_a_directory_uses_is_taken(scim: httpx.AsyncClient, name: str) -> None:
    """RFC 7644 §3.3; Entra and JumpCloud match groups by name."""
    await new_group(scim, "Team")
    assert refusal(await scim.post("/Groups", json=group_body(name))) == (409, "uniqueness")


async def test_a_group_is_renamed_to_a_name_that_is_free(scim: httpx.AsyncClient) -> None:
    team = await new_group(scim, "Team")
    await new_group(scim, "Others")
    path = f"/Groups/{team['id']}"
    assert refusal(await scim.patch(path, json=patch(replace("displayName", "OTHERS")))) == (409, "uniqueness")
    assert refusal(await scim.put(path, json=group_body("others"))) == (409, "uniqueness")
    assert good(await scim.get(path)) == team
    assert good(await scim.patch(path, json=patch(replace("displayName", "TEAM"))))["displayName"] == "TEAM"
    renamed = good(await scim.put(path, json=group_body("Crew")))
    assert renamed["displayName"] == "Crew"
    assert renamed["id"] == team["id"]


async def test_the_same_name_is_free_in_another_workspace(
    scim: httpx.AsyncClient, elsewhere: httpx.AsyncClient
) -> None:
    """SCIM-SEC-11 (RFC 7644 §6)."""
    here, there = await new_group(scim), await new_group(elsewhere)
    assert here["id"] != there["id"]


async def test_a_member_is_named_in_any_letter_case_and_counted_once(scim: httpx.AsyncClient) -> None:
    (ada,) = await people(scim, 1)
    group = await new_group(scim, "Team", ada, ada.upper(), ada)
    assert [member["value"] for member in group["members"]] == [ada]


async def test_members_of_another_workspace_are_nobody(scim: httpx.AsyncClient, elsewhere: httpx.AsyncClient) -> None:
    """SCIM-SEC-11 (RFC 7644 §6)."""
    (ada,), (stranger,) = await people(scim, 1), await people(elsewhere, 1)
    group = await new_group(scim, "Team", ada, stranger)
    assert await members(scim, group) == [ada]
    add = patch({"op": "add", "path": "members", "value": [{"value": stranger}]})
    assert good(await scim.patch(f"/Groups/{group['id']}", json=add)) == group
    assert good(await elsewhere.get(f"/Users/{stranger}"))["groups"] == []


async def test_a_group_of_another_workspace_is_not_found(scim: httpx.AsyncClient, elsewhere: httpx.AsyncClient) -> None:
    """SCIM-SEC-11, SCIM-CRUD-14, -20, -45 (RFC 7644 §6): it sounds like one that never was."""
    theirs = await new_group(elsewhere)
    path = f"/Groups/{theirs['id']}"
    for method, body in (("GET", None), ("PUT", group_body()), ("PATCH", patch()), ("DELETE", None)):
        answer = await scim.request(method, path, json=body)
        assert refusal(answer) == (404, None)
        nobody = await scim.request(method, NOWHERE, json=body)
        assert answer.text.replace(theirs["id"], "") == nobody.text.replace(NOBODY, "")
    assert good(await scim.get("/Groups"))["totalResults"] == 0
    assert good(await elsewhere.get(path)) == theirs


@pytest.mark.parametrize("id", ["nobody", "grp_01890000000070008000000000000000", "%00", NOBODY])
async def test_an_id_of_no_group_is_not_found(scim: httpx.AsyncClient, id: str) -> None:
    """SCIM-CRUD-14 (RFC 7644 §3.12)."""
    for method, body in (("GET", None), ("PUT", group_body()), ("PATCH", patch()), ("DELETE", None)):
        assert refusal(await scim.request(method, f"/Groups/{id}", json=body)) == (404, None)


async def test_put_leaves_the_members_it_names_and_nobody_else(scim: httpx.AsyncClient) -> None:
    """SCIM-CRUD-16, -17 (RFC 7644 §3.5.1)."""
    ids = await people(scim, 3)
    group = await new_group(scim, "Team", ids[0], ids[1], externalId="g-1")
    path = f"/Groups/{group['id']}"
    after = good(await scim.put(path, json=group_body("Team", ids[1], ids[2])))
    assert [member["value"] for member in after["members"]] == ids[1:]
    assert "externalId" not in after
    assert after["meta"]["created"] == group["meta"]["created"]
    assert after["meta"]["version"] != group["meta"]["version"]
    assert good(await scim.put(path, json=group_body("Team")))["members"] == []


async def test_members_come_and_go_by_patch(scim: httpx.AsyncClient) -> None:
    """SCIM-PATCH-45 (RFC 7644 §3.5.2), as Okta sends it: both in one request."""
    ids = await people(scim, 3)
    group = await new_group(scim, "Team", ids[0], ids[1])
    operations = (
        {"op": "remove", "path": f'members[value eq "{ids[0]}"]'},
        {"op": "add", "path": "members", "value": [{"value": ids[2], "display": "p2@example.com"}]},
    )
    after = good(await scim.patch(f"/Groups/{group['id']}", json=patch(*operations)))
    assert [member["value"] for member in after["members"]] == ids[1:]
    assert after["meta"]["version"] == 'W/"2"'
    assert after["meta"]["lastModified"] > group["meta"]["lastModified"]


async def test_adding_someone_again_changes_nothing(scim: httpx.AsyncClient) -> None:
    """SCIM-PATCH-07 (RFC 7644 §3.5.2.1)."""
    ids = await people(scim, 2)
    group = await new_group(scim, "Team", *ids)
    path = f"/Groups/{group['id']}"
    for operation in (
        {"op": "add", "path": "members", "value": [{"value": ids[0]}]},
        {"op": "replace", "path": "members", "value": [{"value": ids[1]}, {"value": ids[0]}]},
        {"op": "remove", "path": f'members[value eq "{NOBODY}"]'},
        {"op": "remove", "path": "members", "value": []},
        {"op": "replace", "path": "displayName", "value": "Team"},
        {"op": "replace", "value": {"id": group["id"], "displayName": "Team"}},
    ):
        assert good(await scim.patch(path, json=patch(operation))) == group
    assert good(await scim.patch(path, json=patch())) == group
    assert good(await scim.put(path, json=group_body("Team", *ids))) == group


async def test_removing_a_list_of_members_removes_just_those(scim: httpx.AsyncClient) -> None:
    """SCIM-PATCH-56: what Entra sends must not empty the group."""
    ids = await people(scim, 3)
    group = await new_group(scim, "Team", *ids)
    path = f"/Groups/{group['id']}"
    remove: Resource = {"op": "Remove", "path": "members"}
    await scim.patch(path, json=patch(remove | {"value": [{"value": ids[0]}]}))
    assert await members(scim, group) == ids[1:]
    await scim.patch(path, json=patch(remove | {"value": [{"value": NOBODY}]}))
    assert await members(scim, group) == ids[1:]
    await scim.patch(path, json=patch(remove))
    assert await members(scim, group) == []


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "members", "value": "nobody"},
        {"op": "replace", "path": "members", "value": {"members": []}},
        {"op": "replace", "path": "members", "value": [[]]},
        {"op": "remove", "path": "members", "value": "nobody"},
        {"op": "remove", "path": "members", "value": {"id": "x"}},
        {"op": "remove", "path": "members[]"},
        {"op": "remove", "path": "members[value]"},
        {"op": "remove", "path": 'members[role eq "x"]'},
        {"op": "empty", "path": "members"},
        {"op": "replace", "path": "Members.everyone", "value": []},
    ],
    ids=json.dumps,
)
async def test_a_message_that_is_not_understood_empties_no_group(scim: httpx.AsyncClient, operation: Resource) -> None:
    """RFC 7644 §3.5.2; a known bug of other servers."""
    ids = await people(scim, 2)
    group = await new_group(scim, "Team", *ids)
    status, scim_type = refusal(await scim.patch(f"/Groups/{group['id']}", json=patch(operation)))
    assert status == 400
    assert scim_type
    assert good(await scim.get(f"/Groups/{group['id']}")) == group


async def test_patch_that_fails_changes_nothing(scim: httpx.AsyncClient) -> None:
    """SCIM-PATCH-35 (RFC 7644 §3.5.2)."""
    ids = await people(scim, 3)
    group = await new_group(scim, "Team", ids[0])
    swap = {"op": "replace", "path": f'members[value eq "{ids[2]}"]', "value": {"value": ids[1]}}
    operations = (replace("displayName", "Crew"), {"op": "add", "path": "members", "value": [{"value": ids[1]}]}, swap)
    assert refusal(await scim.patch(f"/Groups/{group['id']}", json=patch(*operations))) == (400, "noTarget")
    assert good(await scim.get(f"/Groups/{group['id']}")) == group


async def test_operations_see_what_those_before_them_did(scim: httpx.AsyncClient) -> None:
    """SCIM-PATCH-36 (RFC 7644 §3.5.2)."""
    ids = await people(scim, 3)
    group = await new_group(scim, "Team", *ids)
    operations = (
        {"op": "remove", "path": "members"},
        {"op": "add", "path": "members", "value": [{"value": ids[0]}]},
        {"op": "add", "path": "members", "value": [{"value": ids[1]}]},
        {"op": "remove", "path": f'members[value eq "{ids[0]}"]'},
    )
    await scim.patch(f"/Groups/{group['id']}", json=patch(*operations))
    assert await members(scim, group) == [ids[1]]


async def test_members_added_at_once_are_all_there(scim: httpx.AsyncClient) -> None:
    """SCIM-PATCH-53: no push of Okta's undoes another one."""
    ids = await people(scim, 12)
    group = await new_group(scim)
    path = f"/Groups/{group['id']}"
    add = [patch({"op": "add", "path": "members", "value": [{"value": id}]}) for id in ids]
    answers = await asyncio.gather(*(scim.patch(path, json=body) for body in add))
    assert {answer.status_code for answer in answers} == {200}
    assert await members(scim, group) == ids


async def test_a_deleted_group_is_gone_and_its_members_stay(scim: httpx.AsyncClient) -> None:
    """SCIM-CRUD-23 to -26 (RFC 7644 §3.6)."""
    ids = await people(scim, 2)
    group = await new_group(scim, "Team", *ids)
    path = f"/Groups/{group['id']}"
    answer = await scim.delete(path)
    assert (answer.status_code, answer.content) == (204, b"")
    for method, body in (("GET", None), ("PUT", group_body()), ("PATCH", patch()), ("DELETE", None)):
        assert refusal(await scim.request(method, path, json=body)) == (404, None)
    assert good(await scim.get("/Groups"))["totalResults"] == 0
    for id in ids:
        user = good(await scim.get(f"/Users/{id}"))
        assert (user["active"], user["groups"]) == (True, [])
    assert (await new_group(scim, "Team"))["id"] != group["id"]


async def test_members_are_named_on_request(scim: httpx.AsyncClient) -> None:
    """RFC 7643 §4.2, §7 (`returned`: request): by the name they have here, not what a client once sent."""
    ada = await new_user(scim, displayName="Ada")
    group = made(await scim.post("/Groups", json=group_body() | {"members": [{"value": ada["id"], "display": "A"}]}))
    path, asked = f"/Groups/{group['id']}", {"attributes": "members.display"}
    assert good(await scim.get(path, params=asked))["members"] == [{"display": "Ada"}]
    await scim.put(f"/Users/{ada['id']}", json=user_body(displayName="Ada O."))
    assert good(await scim.get(path, params=asked))["members"] == [{"display": "Ada O."}]
    assert good(await scim.get("/Groups", params=asked))["Resources"][0]["members"] == [{"display": "Ada O."}]


async def test_groups_are_found_by_name_member_and_external_id(scim: httpx.AsyncClient) -> None:
    """SCIM-FILT-33 (RFC 7644 §3.4.2.2)."""
    ids = await people(scim, 2)
    team = await new_group(scim, "Team", ids[0], externalId="g-1")
    await new_group(scim, "Others", ids[1])
    for filter in (
        'displayName eq "TEAM"',
        f'members.value eq "{ids[0]}"',
        f'members[value eq "{ids[0]}"]',
        f'id eq "{team["id"]}" and members eq "{ids[0]}"',
        'externalId eq "g-1"',
    ):
        assert good(await scim.get("/Groups", params={"filter": filter}))["Resources"] == [team]


async def test_a_group_in_a_group_is_nobody(scim: httpx.AsyncClient) -> None:
    inner = await new_group(scim, "Inner")
    assert (await new_group(scim, "Outer", inner["id"]))["members"] == []
