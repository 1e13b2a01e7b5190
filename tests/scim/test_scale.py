"""Groups too large to hold: read in pieces, changed without a look at who is in them."""

import httpx
import pytest
from starlette.applications import Starlette

from tenantry.models import Membership, database, new_id, now
from tenantry.services import group_members

from ..graph.statements import Statement, recorded
from ..invariants import assert_sound
from ..make import Workspace
from .provider import Resource, group, made, new_group, new_user, patch, refusal, replace
from .provider import resource as good

MEMBERS = 3 * group_members.CHUNK
SOMEONE = "01890000-0000-7000-8000-000000000000"


@pytest.fixture
async def crowd(app: Starlette, workspace: Workspace) -> list[str]:
    """The ids of 3,000 people, smallest first."""
    ids = [new_id() for _ in range(MEMBERS)]
    await _add_people(workspace, ids)
    return sorted(ids)


@database.writes
async def _add_people(workspace: Workspace, ids: list[str]) -> None:
    for id in ids:
        await database.insert(
            Membership,
            id=id,
            workspace_id=workspace.id,
            user_name=id,
            user_name_key=id,
            display_name=id,
            display_name_key=id,
            state="ACTIVE",
            active=True,
            origin="SCIM",
            directory_managed=True,
            document=f'{{"schemas":[],"userName":"{id}"}}',
            search="{}",
            version=1,
            created_at=now(),
            updated_at=now(),
        )
    await database.execute(
        "UPDATE workspace_heads SET membership_count = membership_count + ? WHERE workspace_id = ?",
        len(ids),
        workspace.id,
    )


@pytest.fixture
async def large(scim: httpx.AsyncClient, crowd: list[str]) -> Resource:
    return await new_group(scim, "Everyone", *crowd)


def about_members(statements: list[Statement]) -> list[str]:
    return [sql for sql, _ in statements if "group_members" in sql]


async def test_a_large_group_comes_whole(scim: httpx.AsyncClient, large: Resource, crowd: list[str]) -> None:
    """RFC 7644 §3.4.1: pushed, read and listed, everyone is there once."""
    answer = await scim.get(f"/Groups/{large['id']}")
    assert good(answer) == large
    assert "content-length" not in answer.headers
    assert answer.headers["etag"] == large["meta"]["version"]
    assert [member["value"] for member in large["members"]] == crowd
    assert large["members"][0].keys() == {"value", "$ref", "type"}
    assert good(await scim.get("/Groups"))["Resources"] == [large]


async def test_of_a_large_group_comes_what_was_asked_for(
    scim: httpx.AsyncClient, large: Resource, crowd: list[str]
) -> None:
    """RFC 7644 §3.9."""

    async def shown(**parameters: str) -> Resource:
        return good(await scim.get(f"/Groups/{large['id']}", params=parameters))

    bare = {"id": large["id"], "schemas": large["schemas"]}
    assert await shown(attributes="members.value") == bare | {"members": [{"value": id} for id in crowd]}
    assert await shown(attributes="members.display") == bare | {"members": [{"display": id} for id in crowd]}
    assert await shown(attributes="members") == bare | {"members": large["members"]}
    rest = await shown(excludedAttributes="members.$ref,members.type,meta")
    assert rest == bare | {"displayName": "Everyone", "members": [{"value": id} for id in crowd]}
    nothing = await shown(excludedAttributes="members.$ref,members.type,members.value,displayName,meta")
    assert nothing == bare | {"members": []}


@pytest.mark.parametrize("extra", [0, 1, -1])
async def test_nobody_is_lost_between_the_pieces(
    scim: httpx.AsyncClient, large: Resource, crowd: list[str], extra: int
) -> None:
    """A group whose members fill its pieces exactly, or by one more or less."""
    wanted = crowd[: 2 * group_members.CHUNK + extra]
    await scim.patch(f"/Groups/{large['id']}", json=patch(replace("members", [{"value": id} for id in wanted])))
    shown = good(await scim.get(f"/Groups/{large['id']}"))
    assert [member["value"] for member in shown["members"]] == wanted


async def test_without_its_members_nobody_looks_at_them(
    scim: httpx.AsyncClient, large: Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 7644 §3.9: what Entra asks, of a group of any size."""
    statements = recorded(monkeypatch)
    without = {"excludedAttributes": "members"}
    path = f"/Groups/{large['id']}"
    by_name = {"filter": 'displayName eq "everyone"', **without}
    assert "members" not in good(await scim.get(path, params=without))
    assert good(await scim.get("/Groups", params=by_name))["totalResults"] == 1
    assert good(await scim.get("/Groups", params={"attributes": "displayName"}))["totalResults"] == 1
    good(await scim.patch(path, params=without, json=patch(replace("displayName", "Everybody"))))
    assert statements
    assert about_members(statements) == []


async def test_one_more_member_touches_nobody_else(
    scim: httpx.AsyncClient, workspace: Workspace, large: Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Adding one person takes as many statements, and as many rows, as in a group of none."""
    ada, small = await new_user(scim), await new_group(scim, "Small")
    before = await member_rows(large)
    add = patch({"op": "add", "path": "members", "value": [{"value": ada["id"]}]})
    statements = recorded(monkeypatch)
    taken = []
    for each in (small, large):
        statements.clear()
        answer = await scim.patch(f"/Groups/{each['id']}", params={"excludedAttributes": "members"}, json=add)
        assert good(answer)["meta"]["version"] == 'W/"2"'
        taken.append([sql for sql, _ in statements])
        assert all(SOMEONE not in str(params) and len(str(params)) < 2000 for _, params in statements)
    assert taken[0] == taken[1]
    after = await member_rows(large)
    assert after.keys() - before.keys() == {ada["id"]}
    assert {id: row for id, row in after.items() if id in before} == before
    await assert_sound(workspace)


@database.reads
async def member_rows(group: Resource) -> dict[str, int]:
    """Who is in the group -> the row that says so, which a rewritten list would have anew."""
    rows = await database.fetch_all("SELECT id, membership_id FROM group_members WHERE group_id = ?", group["id"])
    return {row["membership_id"]: row["id"] for row in rows}


async def test_a_push_of_the_whole_list_writes_the_difference(
    scim: httpx.AsyncClient, workspace: Workspace, large: Resource, crowd: list[str]
) -> None:
    """Okta's "Push now" (RFC 7644 §3.5.2.3): one in, one out, and everyone else as they were."""
    ada = await new_user(scim)
    before = await member_rows(large)
    body = group("Everyone", *crowd[1:], ada["id"])
    shown = good(await scim.put(f"/Groups/{large['id']}", json=body))
    assert [member["value"] for member in shown["members"]] == sorted([*crowd[1:], ada["id"]])
    after = await member_rows(large)
    assert before.keys() - after.keys() == {crowd[0]}
    assert after.keys() - before.keys() == {ada["id"]}
    assert all(after[id] == row for id, row in before.items() if id in after)
    await assert_sound(workspace)


@pytest.mark.parametrize(("count", "status"), [(100, 200), (101, 204)])
async def test_a_change_of_a_large_group_is_answered_without_it(
    scim: httpx.AsyncClient, crowd: list[str], count: int, status: int
) -> None:
    """RFC 7644 §3.5.2 allows 204; the answer would cost what the change did not."""
    team = await new_group(scim, "Team", *crowd[:count])
    path = f"/Groups/{team['id']}"
    answer = await scim.patch(path, json=patch(replace("displayName", "Crew")))
    assert answer.status_code == status
    assert (answer.content == b"") == (status == 204)
    assert answer.headers["etag"] == 'W/"2"'
    asked = await scim.patch(path, params={"attributes": "members"}, json=patch(replace("displayName", "Guild")))
    assert len(good(asked)["members"]) == count
    without = await scim.patch(path, params={"excludedAttributes": "members"}, json=patch(replace("externalId", "g")))
    assert good(without)["displayName"] == "Guild"


async def test_more_members_than_the_limit_are_too_much(scim: httpx.AsyncClient) -> None:
    body = group("Everyone") | {"members": [{"value": SOMEONE}] * 200_000}
    assert made(await scim.post("/Groups", json=body))["members"] == []
    body["members"].append({"value": SOMEONE})
    assert refusal(await scim.post("/Groups", json=body | {"displayName": "Others"})) == (413, None)
    assert good(await scim.get("/Groups"))["totalResults"] == 1
