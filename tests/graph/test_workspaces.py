"""What a workspace shows to whom: every permission, and nothing to another workspace."""

import httpx
import pytest

from tenantry.graph import ids
from tenantry.graph.ids import Kind
from tenantry.services.actor import Permission

from ..make import Workspace, make_group, make_person
from .asking import Asker, gid, make_member

READ = Permission.WORKSPACE_READ
# What is asked of a workspace, and the permission it takes beyond reading the workspace.
FIELDS = {
    "memberships { totalCount }": Permission.MEMBERS_READ,
    "memberships { nodes { id } }": Permission.MEMBERS_READ,
    'membership(email: "x") { id }': Permission.MEMBERS_READ,
    "groups { totalCount }": Permission.MEMBERS_READ,
    'group(id: "grp_00000000000000000000000000000000") { id }': Permission.MEMBERS_READ,
    "scimTokens { id }": Permission.PROVISIONING_MANAGE,
    "provisioningPolicy { version defaultRole { key } }": Permission.PROVISIONING_READ,
    "provisioningStatus { enabled }": Permission.PROVISIONING_READ,
    "provisioningLog { nodes { id } }": Permission.PROVISIONING_READ,
    "auditLog { nodes { id } }": Permission.AUDIT_READ,
}


@pytest.mark.parametrize(("field", "permission"), FIELDS.items())
async def test_a_field_takes_its_permission(
    client: httpx.AsyncClient, workspace: Workspace, field: str, permission: Permission
) -> None:
    query = f'{{ workspace(slug: "{workspace.slug}") {{ slug {field} }} }}'
    lacking, _ = await make_member(client, workspace, *(set(Permission) - {permission}))
    (error,) = await lacking.errors(query)
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert error["path"][:2] == ["workspace", field.split("(")[0].split(" ")[0]]
    having, _ = await make_member(client, workspace, READ, permission)
    assert (await having.ask(query))["workspace"]["slug"] == workspace.slug


async def test_everybody_who_sees_the_workspace_sees_its_roles(client: httpx.AsyncClient, workspace: Workspace) -> None:
    member, _ = await make_member(client, workspace, READ)
    query = f"""{{ workspace(slug: "{workspace.slug}") {{
        roles {{ key name builtIn isDefault permissions scopableTo assignmentCount }} }} }}"""
    roles = {role["key"]: role for role in (await member.ask(query))["workspace"]["roles"]}
    assert roles["workspace_owner"]["assignmentCount"] == 1
    assert roles["minimal_workspace_access"]["isDefault"]
    assert roles["minimal_workspace_access"]["permissions"] == ["WORKSPACE_READ"]
    assert roles["source_admin"]["scopableTo"] == ["SOURCE"]
    assert all(role["builtIn"] for key, role in roles.items() if not key.startswith("custom"))


async def test_one_member_is_found_by_id_or_address(owner: Asker, workspace: Workspace) -> None:
    person = await make_person(workspace, userName="Straße@example.com")
    query = f"""query($id: ID, $email: String) {{ workspace(slug: "{workspace.slug}") {{
        membership(id: $id, email: $email) {{ id }} }} }}"""
    found = {"workspace": {"membership": {"id": gid(Kind.MEMBERSHIP, person)}}}
    assert await owner.ask(query, id=gid(Kind.MEMBERSHIP, person)) == found
    assert await owner.ask(query, email=" STRASSE@example.com ") == found
    assert await owner.ask(query, email="nobody@example.com") == {"workspace": {"membership": None}}
    assert await owner.ask(query, id=gid(Kind.GROUP, person)) == {"workspace": {"membership": None}}
    assert await owner.ask(query, id=person["id"]) == {"workspace": {"membership": None}}
    assert await owner.codes(query) == ["INVALID"]
    assert await owner.codes(query, id="x", email="x") == ["INVALID"]


async def things(owner: Asker, workspace: Workspace) -> dict[Kind, str]:
    """One id of each kind in the workspace."""
    await make_group(workspace, members=1)
    query = f"""{{ viewer {{ user {{ id }} personalAccessTokens {{ nodes {{ id }} }} }}
        workspace(slug: "{workspace.slug}") {{ id memberships {{ nodes {{ id }} }} groups {{ nodes {{ id }} }}
            roles {{ id }} scimTokens {{ id }} auditLog {{ nodes {{ id }} }} }} }}"""
    data = await owner.ask(query)
    viewer, found = data["viewer"], data["workspace"]
    shown = [
        viewer["user"]["id"],
        viewer["personalAccessTokens"]["nodes"][0]["id"],
        found["id"],
        found["roles"][0]["id"],
    ]
    shown += [found[name]["nodes"][0]["id"] for name in ("memberships", "groups", "auditLog")]
    shown.append(found["scimTokens"][0]["id"])
    parsed = {global_id: ids.parse(global_id) for global_id in shown}
    return {kind[0]: global_id for global_id, kind in parsed.items() if kind}


async def test_every_node_is_found_by_its_id(owner: Asker, workspace: Workspace) -> None:
    shown = await things(owner, workspace)
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
    nodes = (await owner.ask(query, ids=list(shown.values())))["nodes"]
    assert [node["id"] for node in nodes] == list(shown.values())
    assert {node["__typename"] for node in nodes} == {
        "User", "PersonalAccessToken", "Workspace", "Role", "Membership", "Group", "AuditEvent", "ScimToken",
    }  # fmt: skip
    for kind, global_id in shown.items():
        assert (await owner.ask("query($id: ID!) { node(id: $id) { id } }", id=global_id))["node"], kind


async def test_no_node_is_found_from_another_workspace(owner: Asker, stranger: Asker, workspace: Workspace) -> None:
    shown = list((await things(owner, workspace)).values())
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert (await stranger.ask(query, ids=shown))["nodes"] == [None] * len(shown)
    assert (await stranger.ask(f'{{ workspace(slug: "{workspace.slug}") {{ id }} }}')) == {"workspace": None}


async def test_ids_of_another_workspace_find_nothing_in_ones_own(
    owner: Asker, stranger: Asker, workspace: Workspace, other: Workspace
) -> None:
    shown = await things(owner, workspace)
    query = f"""query($member: ID!, $group: ID!, $role: ID!, $token: ID!) {{ workspace(slug: "{other.slug}") {{
        membership(id: $member) {{ id }} group(id: $group) {{ id }}
        memberships(filter: {{groupIds: [$group]}}) {{ totalCount nodes {{ id }} }}
        holders: memberships(filter: {{roleIds: [$role]}}) {{ totalCount nodes {{ id }} }}
        groups(filter: {{memberId: $member}}) {{ totalCount nodes {{ id }} }}
        provisioningLog(filter: {{tokenId: $token}}) {{ nodes {{ id }} }}
        auditLog(filter: {{targetId: $group}}) {{ nodes {{ id }} }} }} }}"""
    found = await stranger.ask(
        query,
        member=shown[Kind.MEMBERSHIP],
        group=shown[Kind.GROUP],
        role=shown[Kind.ROLE],
        token=shown[Kind.SCIM_TOKEN],
    )
    nothing = {"totalCount": 0, "nodes": []}
    assert found["workspace"] == {
        "membership": None,
        "group": None,
        "memberships": nothing,
        "holders": nothing,
        "groups": nothing,
        "provisioningLog": {"nodes": []},
        "auditLog": {"nodes": []},
    }


@pytest.mark.parametrize("global_id", ["", "x", "mem_", "grp_" + "0" * 32, "wrk_" + "f" * 32, "usr_" + "0" * 32])
async def test_an_id_of_nothing_is_null(owner: Asker, global_id: str) -> None:
    assert (await owner.ask("query($id: ID!) { node(id: $id) { id } }", id=global_id)) == {"node": None}


async def test_a_node_one_may_not_see_is_null(client: httpx.AsyncClient, owner: Asker, workspace: Workspace) -> None:
    shown = await things(owner, workspace)
    member, _ = await make_member(client, workspace, READ)
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename } }"
    nodes = (await member.ask(query, ids=list(shown.values())))["nodes"]
    assert {node["__typename"] for node in nodes if node} == {"Workspace", "Role"}
