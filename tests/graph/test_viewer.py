import httpx

from tenantry.graph.ids import Kind
from tenantry.models import database, now
from tenantry.models.database import Row
from tenantry.services import groups, memberships, tokens
from tenantry.services.actor import Permission
from tenantry.services.tokens import TokenScope

from ..make import Workspace, make_group, make_workspace
from .asking import Asker, gid, make_member


async def join(workspace: Workspace, person: Workspace) -> Row:
    """The owner of one workspace becomes a member of another."""
    email = f"owner@{person.slug}.example.com"
    return await memberships.add(workspace.operator, email=email, display_name="Guest")


@database.writes
async def set_state(membership: Row, state: str) -> None:
    await database.execute(
        "UPDATE memberships SET state = ?, updated_at = ? WHERE id = ?", state, now(), membership["id"]
    )


async def test_the_viewer_is_the_owner_of_the_token(owner: Asker, workspace: Workspace) -> None:
    viewer = (await owner.ask("{ viewer { user { __typename id email displayName createdAt } emailVerifiedAt } }"))[
        "viewer"
    ]
    assert viewer["user"]["id"] == gid(Kind.ACCOUNT, str(workspace.owner.account_id))
    assert viewer["user"]["email"] == f"owner@{workspace.slug}.example.com"
    assert viewer["user"]["createdAt"].endswith("+00:00")
    assert viewer["emailVerifiedAt"]


async def test_the_viewer_sees_own_memberships_everywhere(owner: Asker, workspace: Workspace, other: Workspace) -> None:
    here = await join(other, workspace)
    third = await make_workspace()
    await set_state(await join(third, workspace), "INVITED")
    fourth = await make_workspace()
    await set_state(await join(fourth, workspace), "REMOVED")
    query = """query($states: [MembershipState!]) {
        viewer { memberships(states: $states) { totalCount nodes { id state workspace { slug name } } } } }"""
    shown = (await owner.ask(query.replace("(states: $states)", "").replace("($states: [MembershipState!])", "")))[
        "viewer"
    ]
    assert [node["workspace"]["slug"] for node in shown["memberships"]["nodes"]] == [
        workspace.slug,
        other.slug,
        third.slug,
    ]
    assert shown["memberships"]["nodes"][1]["id"] == gid(Kind.MEMBERSHIP, here)
    assert shown["memberships"]["totalCount"] == 3
    removed = (await owner.ask(query, states=["REMOVED"]))["viewer"]["memberships"]
    assert [node["workspace"]["slug"] for node in removed["nodes"]] == [fourth.slug]


async def test_an_invited_person_sees_the_name_of_the_workspace_and_nothing_in_it(
    owner: Asker, workspace: Workspace, other: Workspace
) -> None:
    await set_state(await join(other, workspace), "INVITED")
    query = "{ viewer { memberships(states: [INVITED]) { nodes { workspace { name viewerPermissions %s } } } } }"
    (node,) = (await owner.ask(query % "viewerMembership { id }"))["viewer"]["memberships"]["nodes"]
    assert node["workspace"] == {"name": other.slug.capitalize(), "viewerPermissions": [], "viewerMembership": None}
    for field in ("memberships { totalCount }", "roles { id }", 'group(id: "x") { id }'):
        assert await owner.codes(query % field) == ["FORBIDDEN"]
    assert await owner.ask(f'{{ workspace(slug: "{other.slug}") {{ id }} }}') == {"workspace": None}


async def test_what_belongs_to_the_viewer_in_each_workspace_comes_with_it(
    owner: Asker, workspace: Workspace, other: Workspace
) -> None:
    await join(other, workspace)
    await make_group(workspace, name="Here")
    query = "{ viewer { memberships { nodes { roleAssignments { role { key } } groups(first: 5) { totalCount } } } } }"
    nodes = (await owner.ask(query))["viewer"]["memberships"]["nodes"]
    assert [node["roleAssignments"][0]["role"]["key"] for node in nodes] == [
        "workspace_owner",
        "minimal_workspace_access",
    ]


async def test_a_token_of_one_workspace_sees_that_alone(owner: Asker, workspace: Workspace, other: Workspace) -> None:
    await join(other, workspace)
    _, secret = await tokens.personal_create(
        str(workspace.owner.account_id), name="One", scopes=TokenScope, workspace_id=other.id
    )
    bound = Asker(owner.client, secret)
    nodes = (await bound.ask("{ viewer { memberships { nodes { workspace { slug } } } } }"))["viewer"]["memberships"][
        "nodes"
    ]
    assert [node["workspace"]["slug"] for node in nodes] == [other.slug]
    query = "query($slug: String!) { workspace(slug: $slug) { slug } }"
    assert (await bound.ask(query, slug=other.slug))["workspace"] == {"slug": other.slug}
    assert (await bound.ask(query, slug=workspace.slug))["workspace"] is None


async def test_own_memberships_and_tokens_are_paged(owner: Asker, workspace: Workspace) -> None:
    for _ in range(3):
        await join(await make_workspace(), workspace)
        await tokens.personal_create(str(workspace.owner.account_id), name="More", scopes=[])
    for field in ("memberships", "personalAccessTokens"):
        query = f"""query($after: String) {{ viewer {{ {field}(first: 3, after: $after) {{
            nodes {{ id }} pageInfo {{ endCursor hasNextPage }} }} }} }}"""
        first = (await owner.ask(query))["viewer"][field]
        rest = (await owner.ask(query, after=first["pageInfo"]["endCursor"]))["viewer"][field]
        assert (len(first["nodes"]), first["pageInfo"]["hasNextPage"]) == (3, True)
        assert (len(rest["nodes"]), rest["pageInfo"]["hasNextPage"]) == (1, False)
        assert len({node["id"] for node in first["nodes"] + rest["nodes"]}) == 4


async def test_a_member_sees_their_own_membership_without_permission_to_see_others(
    client: httpx.AsyncClient, workspace: Workspace
) -> None:
    member, row = await make_member(client, workspace, Permission.WORKSPACE_READ)
    group = await make_group(workspace, name="Mine")
    await groups.change_members(workspace.operator, group["id"], add=[row["id"]])
    query = f"""{{ workspace(slug: "{workspace.slug}") {{ viewerPermissions viewerMembership {{
        id displayName user {{ email }} roleAssignments {{ role {{ name assignmentCount }} }}
        groups(first: 5) {{ totalCount nodes {{ displayName }} }} }} }} }}"""
    found = (await member.ask(query))["workspace"]
    assert found["viewerPermissions"] == ["WORKSPACE_READ"]
    assert found["viewerMembership"]["groups"] == {"totalCount": 1, "nodes": [{"displayName": "Mine"}]}
    assert found["viewerMembership"]["user"]["email"] == row["email"]
    assert found["viewerMembership"]["id"] == gid(Kind.MEMBERSHIP, row)


async def test_whoever_may_not_read_the_workspace_does_not_see_it(
    client: httpx.AsyncClient, workspace: Workspace
) -> None:
    member, _ = await make_member(client, workspace)
    assert await member.ask(f'{{ workspace(slug: "{workspace.slug}") {{ id }} }}') == {"workspace": None}


async def test_a_suspended_member_does_not_see_the_workspace(client: httpx.AsyncClient, workspace: Workspace) -> None:
    member, row = await make_member(client, workspace, Permission.WORKSPACE_READ, Permission.MEMBERS_READ)
    query = f'{{ workspace(slug: "{workspace.slug}") {{ slug }} node(id: "{gid(Kind.MEMBERSHIP, row)}") {{ id }} }}'
    assert (await member.ask(query))["workspace"] == {"slug": workspace.slug}
    await memberships.suspend(workspace.operator, row["id"])
    assert await member.ask(query) == {"workspace": None, "node": None}
