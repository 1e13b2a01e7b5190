"""What the two logs of a workspace tell, and to whom."""

from dataclasses import replace
from typing import Any

import httpx

from tenantry.graph.ids import Kind
from tenantry.models import Outcome, ProvisioningOperation, database, now
from tenantry.services import groups, memberships, provisioning_log
from tenantry.services.actor import Permission
from tenantry.services.provisioning_log import Event

from ..make import Workspace, make_group, make_person
from .asking import Asker, gid, make_member

HOUR = 3_600_000_000


@database.writes
async def log(workspace: Workspace, **facts: Any) -> None:
    """One request in the provisioning log."""
    event = Event(
        workspace_id=workspace.id,
        occurred_at=now(),
        scim_token_id=workspace.directory.id,
        operation=ProvisioningOperation.READ,
        http_method="GET",
        path="/Users",
        status=200,
        outcome=Outcome.SUCCESS,
        duration_ms=1,
        request_id="r1",
    )
    await provisioning_log.record(replace(event, **facts))


async def events(
    owner: Asker, workspace: Workspace, filter: str = "", field: str = "provisioningLog", select: str = "path"
) -> list[Any]:
    arguments = f"(filter: {{{filter}}})" if filter else ""
    query = f'{{ workspace(slug: "{workspace.slug}") {{ {field}{arguments} {{ nodes {{ {select} }} }} }} }}'
    nodes = (await owner.ask(query))["workspace"][field]["nodes"]
    return [node[select] if select.isalpha() else node for node in nodes]


async def test_a_scim_request_is_in_the_log(owner: Asker, workspace: Workspace) -> None:
    headers = {"authorization": f"Bearer {workspace.scim_token}", "x-request-id": "from-okta"}
    body = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "ann@example.com",
        "displayName": "Ann",
    }
    answer = await owner.client.post("/scim/v2/Users", json=body, headers=headers)
    select = """id occurredAt operation httpMethod path status outcome scimType detail hint targetLabel changes
        durationMs requestId scimToken { name } membership { id displayName } group { id }"""
    (event,) = await events(owner, workspace, select=select)
    assert event.pop("id").startswith("pev_")
    assert event.pop("occurredAt")
    assert event.pop("durationMs") >= 0
    assert event.pop("changes")["userName"] == "ann@example.com"
    assert event == {
        "operation": "USER_CREATE",
        "httpMethod": "POST",
        "path": "/Users",
        "status": 201,
        "outcome": "SUCCESS",
        "scimType": None,
        "detail": None,
        "hint": None,
        "targetLabel": "Ann",
        "requestId": "from-okta",
        "scimToken": {"name": "Directory"},
        "membership": {"id": gid(Kind.MEMBERSHIP, answer.json()["id"]), "displayName": "Ann"},
        "group": None,
    }


async def test_the_log_is_narrowed(owner: Asker, workspace: Workspace) -> None:
    person, group = await make_person(workspace), await make_group(workspace)
    await log(workspace, path="/old", occurred_at=now() - 3 * HOUR)
    await log(
        workspace,
        path="/create",
        operation=ProvisioningOperation.USER_CREATE,
        membership_id=person["id"],
        target_label="Ann Lee",
    )
    await log(workspace, path="/refused", outcome=Outcome.REJECTED, detail="No such 100% user", status=404)
    await log(
        workspace, path="/group", operation=ProvisioningOperation.GROUP_MEMBERS, group_id=group["id"], request_id="r2"
    )
    await log(workspace, path="/other-token", scim_token_id=None)
    assert await events(owner, workspace) == ["/other-token", "/group", "/refused", "/create", "/old"]
    assert await events(owner, workspace, "operations: [USER_CREATE, GROUP_MEMBERS]") == ["/group", "/create"]
    assert await events(owner, workspace, "outcomes: [REJECTED, FAILED]") == ["/refused"]
    assert await events(owner, workspace, "outcomes: []") == []
    assert await events(owner, workspace, f'membershipId: "{gid(Kind.MEMBERSHIP, person)}"') == ["/create"]
    assert await events(owner, workspace, f'groupId: "{gid(Kind.GROUP, group)}"') == ["/group"]
    token = gid(Kind.SCIM_TOKEN, str(workspace.directory.id))
    assert await events(owner, workspace, f'tokenId: "{token}"') == ["/group", "/refused", "/create", "/old"]
    for search, found in {"ANN": ["/create"], "100%": ["/refused"], "/gro": ["/group"], "r2": ["/group"]}.items():
        assert await events(owner, workspace, f'search: "{search}"') == found
    moments = await events(owner, workspace, select="occurredAt")
    assert await events(owner, workspace, f'since: "{moments[2]}"') == ["/other-token", "/group", "/refused"]
    assert await events(owner, workspace, f'until: "{moments[2]}"') == ["/create", "/old"]
    assert await events(owner, workspace, f'since: "{moments[4]}", until: "{moments[3]}"') == ["/old"]
    assert await events(
        owner, workspace, 'since: "0001-01-01T00:00:00Z", until: "9999-12-31T23:59:59Z"'
    ) == await events(owner, workspace)
    assert await events(owner, workspace, 'until: "1969-01-01T00:00:00Z"') == []


async def test_the_logs_are_paged_newest_first(owner: Asker, workspace: Workspace) -> None:
    for number in range(5):
        await log(workspace, path=f"/{number}")
    for field, total in (("provisioningLog", 5), ("auditLog", 4)):
        query = f"""query($at: String) {{ workspace(slug: "{workspace.slug}") {{ {field}(first: 2, after: $at) {{
            nodes {{ id occurredAt }} pageInfo {{ endCursor hasNextPage hasPreviousPage }} }} }} }}"""
        ids, at, more = list[str](), None, True
        while more:
            page = (await owner.ask(query, at=at))["workspace"][field]
            ids += [node["id"] for node in page["nodes"]]
            at, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        assert ids == sorted(ids, reverse=True)
        assert len(set(ids)) == total
        other = "auditLog" if field == "provisioningLog" else "provisioningLog"
        assert await owner.codes(query.replace(field, other), at=at) == ["INVALID"]


async def test_an_event_outlives_what_it_speaks_of(owner: Asker, workspace: Workspace) -> None:
    person, group = await make_person(workspace), await make_group(workspace)
    await log(workspace, membership_id=person["id"], target_label="Ann")
    await log(workspace, group_id=group["id"], target_label="Platform")
    await memberships.delete(workspace.directory, person["id"])
    await groups.delete(workspace.operator, group["id"])
    select = "targetLabel membership { id } group { id }"
    assert await events(owner, workspace, select=select) == [
        {"targetLabel": "Platform", "membership": None, "group": None},
        {"targetLabel": "Ann", "membership": None, "group": None},
    ]
    deleted = await events(
        owner, workspace, 'actions: ["membership.deleted"]', "auditLog", "action targetLabel target { id }"
    )
    assert deleted == [{"action": "membership.deleted", "targetLabel": person["display_name"], "target": None}]


async def test_the_audit_log_tells_who_did_what(client: httpx.AsyncClient, owner: Asker, workspace: Workspace) -> None:
    person = await make_person(workspace)
    done = await owner.change(
        "groupCreate", "group { id }", workspaceId=gid(Kind.WORKSPACE, workspace.id), displayName="Platform"
    )
    select = """action targetLabel requestId ipAddress changes target { __typename id } actor { __typename
        ... on SystemActor { name } ... on ScimToken { name } ... on PersonalAccessToken { name } }"""
    group, membership, token, *_ = await events(owner, workspace, field="auditLog", select=select)
    assert group.pop("requestId")
    assert group.pop("ipAddress") == "127.0.0.1"
    assert group.pop("changes")["displayName"] == "Platform"
    assert group == {
        "action": "group.created",
        "targetLabel": "Platform",
        "target": {"__typename": "Group", "id": done["group"]["id"]},
        "actor": {"__typename": "PersonalAccessToken", "name": "Everything"},
    }
    assert membership["target"] == {"__typename": "Membership", "id": gid(Kind.MEMBERSHIP, person)}
    assert membership["actor"] == {"__typename": "ScimToken", "name": "Directory"}
    assert token["actor"] == {"__typename": "SystemActor", "name": "Tenantry"}


async def test_the_audit_log_is_narrowed(owner: Asker, workspace: Workspace) -> None:
    await make_person(workspace, displayName="Ann Lee")
    done = await owner.change(
        "groupCreate", "group { id }", workspaceId=gid(Kind.WORKSPACE, workspace.id), displayName="Platform"
    )
    person = gid(Kind.ACCOUNT, str(workspace.owner.account_id))
    token = gid(Kind.PERSONAL_ACCESS_TOKEN, str(workspace.owner.id))
    directory = gid(Kind.SCIM_TOKEN, str(workspace.directory.id))

    async def actions(filter: str) -> list[Any]:
        return await events(owner, workspace, filter, "auditLog", "action")

    assert await actions('actions: ["group.created", "scim_token.generated"]') == [
        "group.created",
        "scim_token.generated",
    ]
    assert await actions(f'targetId: "{done["group"]["id"]}"') == ["group.created"]
    assert await actions(f'actorId: "{token}"') == ["group.created"]
    assert await actions(f'actorId: "{person}"') == ["group.created"]
    assert await actions(f'actorId: "{directory}"') == ["membership.created"]
    assert await actions('actorId: "nonsense"') == []
    assert await actions('search: "ann l"') == ["membership.created"]
    assert await actions('search: "DIRECTORY"') == ["membership.created", "scim_token.generated"]
    newest, *_ = await events(owner, workspace, "", "auditLog", "occurredAt")
    assert await actions(f'since: "{newest}"') == ["group.created"]
    assert "group.created" not in await actions(f'until: "{newest}"')


async def test_an_auditor_sees_who_acted_but_no_targets_beyond_their_permission(
    client: httpx.AsyncClient, owner: Asker, workspace: Workspace
) -> None:
    await owner.change(
        "groupCreate", "group { id }", workspaceId=gid(Kind.WORKSPACE, workspace.id), displayName="Platform"
    )
    auditor, _ = await make_member(client, workspace, Permission.WORKSPACE_READ, Permission.AUDIT_READ)
    select = "targetLabel target { id } actor { __typename }"
    created = await events(auditor, workspace, 'actions: ["group.created"]', "auditLog", select)
    assert created == [{"targetLabel": "Platform", "target": None, "actor": {"__typename": "PersonalAccessToken"}}]


async def test_logs_of_another_workspace_are_not_mixed_in(owner: Asker, workspace: Workspace, other: Workspace) -> None:
    await log(other, path="/theirs")
    await make_person(other, displayName="Theirs")
    assert await events(owner, workspace) == []
    assert "Theirs" not in await events(owner, workspace, field="auditLog", select="targetLabel")
