import pytest

from tenantry.graph.ids import Kind
from tenantry.models import database
from tenantry.services import groups, memberships, roles, versions

from ..make import Workspace, audit_actions, make_group, make_person
from .asking import Asker, gid, make_role

GROUP = "group { id displayName version memberships { totalCount nodes { id } } roleAssignments { role { key } } }"


async def listed(owner: Asker, workspace: Workspace, arguments: str = "") -> list[str]:
    query = f"""{{ workspace(slug: "{workspace.slug}") {{
        groups{f"({arguments})" if arguments else ""} {{ totalCount nodes {{ displayName }} }} }} }}"""
    found = (await owner.ask(query))["workspace"]["groups"]
    assert found["totalCount"] == len(found["nodes"])
    return [node["displayName"] for node in found["nodes"]]


async def test_a_group_is_made_with_members_and_roles(owner: Asker, workspace: Workspace) -> None:
    person, role_id = await make_person(workspace), await make_role(workspace)
    done = await owner.change(
        "groupCreate",
        "group { id displayName origin directoryManaged externalId version workspace { slug } createdAt updatedAt"
        " memberships { totalCount nodes { id } } roleAssignments { role { id } } }",
        workspaceId=gid(Kind.WORKSPACE, workspace.id),
        displayName="  Platform ",
        membershipIds=[gid(Kind.MEMBERSHIP, person)],
        assignments=[{"roleId": gid(Kind.ROLE, role_id)}],
    )
    group = done["group"]
    assert group.pop("createdAt") <= group.pop("updatedAt")
    assert group.pop("id").startswith("grp_")
    assert done == {
        "group": {
            "displayName": "Platform",
            "origin": "MANUAL",
            "directoryManaged": False,
            "externalId": None,
            "version": 'W/"1"',
            "workspace": {"slug": workspace.slug},
            "memberships": {"totalCount": 1, "nodes": [{"id": gid(Kind.MEMBERSHIP, person)}]},
            "roleAssignments": [{"role": {"id": gid(Kind.ROLE, role_id)}}],
        },
        "errors": [],
    }
    assert (await audit_actions(workspace))[-2:] == ["group.created", "group.roles.set"]


async def test_a_group_whose_roles_are_refused_is_not_made(owner: Asker, workspace: Workspace) -> None:
    (owner_role,) = [row for row in await roles.of_workspace(workspace.operator) if row["key"] == roles.OWNER]
    done = await owner.change(
        "groupCreate",
        "group { id }",
        workspaceId=gid(Kind.WORKSPACE, workspace.id),
        displayName="Owners",
        assignments=[{"roleId": gid(Kind.ROLE, owner_role)}],
    )
    assert done["group"] is None
    assert (done["errors"][0]["code"], done["errors"][0]["path"]) == ("INVALID", ["assignments"])
    assert await listed(owner, workspace) == []
    assert "group.created" not in await audit_actions(workspace)


async def test_a_name_that_is_taken_is_refused_with_the_group_that_has_it(owner: Asker, workspace: Workspace) -> None:
    group = await make_group(workspace, name="Platform")
    made = await owner.change(
        "groupCreate", GROUP, workspaceId=gid(Kind.WORKSPACE, workspace.id), displayName="PLATFORM"
    )
    (error,) = made["errors"]
    assert (error["__typename"], error["code"]) == ("ConflictError", "ALREADY_EXISTS")
    assert error["existing"] == {"__typename": "Group", "id": gid(Kind.GROUP, group)}
    second = await make_group(workspace)
    renamed = await owner.change("groupUpdate", GROUP, id=gid(Kind.GROUP, second), displayName="platform")
    assert renamed["errors"][0]["code"] == "ALREADY_EXISTS"


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "x" * 251, "\u202eevil"])
async def test_a_name_has_to_be_readable(owner: Asker, workspace: Workspace, name: str) -> None:
    done = await owner.change("groupCreate", GROUP, workspaceId=gid(Kind.WORKSPACE, workspace.id), displayName=name)
    (error,) = done["errors"]
    assert (error["__typename"], error["path"]) == ("InputError", ["displayName"])
    assert error["code"] == ("TOO_LONG" if len(name) > 250 else "INVALID")


async def test_a_group_is_renamed(owner: Asker, workspace: Workspace) -> None:
    group = await make_group(workspace)
    done = await owner.change(
        "groupUpdate",
        "group { displayName version }",
        id=gid(Kind.GROUP, group),
        displayName="New",
        expectedVersion='W/"1"',
    )
    assert done == {"group": {"displayName": "New", "version": 'W/"2"'}, "errors": []}
    done = await owner.change("groupUpdate", "group { displayName version }", id=gid(Kind.GROUP, group))
    assert done["group"] == {"displayName": "New", "version": 'W/"2"'}


async def test_people_are_put_in_and_taken_out(owner: Asker, workspace: Workspace) -> None:
    group = await make_group(workspace, members=1)
    one, two = await make_person(workspace), await make_person(workspace)
    id, one_id, two_id = gid(Kind.GROUP, group), gid(Kind.MEMBERSHIP, one), gid(Kind.MEMBERSHIP, two)
    done = await owner.change("groupMembersChange", GROUP, groupId=id, add=[one_id, two_id, one_id])
    assert done["group"]["memberships"]["totalCount"] == 3
    done = await owner.change("groupMembersChange", GROUP, groupId=id, remove=[one_id])
    assert one_id not in {node["id"] for node in done["group"]["memberships"]["nodes"]}
    assert done["group"]["version"] == 'W/"3"'
    done = await owner.change("groupMembersChange", GROUP, groupId=id)
    assert (done["group"]["version"], done["errors"]) == ('W/"3"', [])


async def test_the_roles_of_a_group_are_replaced(owner: Asker, workspace: Workspace) -> None:
    group, role_id = await make_group(workspace), await make_role(workspace)
    id = gid(Kind.GROUP, group)
    done = await owner.change("groupRolesSet", GROUP, subjectId=id, assignments=[{"roleId": gid(Kind.ROLE, role_id)}])
    assert [one["role"]["key"] for one in done["group"]["roleAssignments"]] == [f"custom-{role_id}"]
    done = await owner.change("groupRolesSet", GROUP, subjectId=id, assignments=[])
    assert done["group"]["roleAssignments"] == []


async def test_a_group_is_deleted_and_its_members_stay(owner: Asker, workspace: Workspace) -> None:
    group = await make_group(workspace, members=2)
    id = gid(Kind.GROUP, group)
    (error,) = (await owner.change("groupDelete", "deletedId", id=id, expectedVersion='W/"9"'))["errors"]
    assert (error["code"], error["currentVersion"]) == ("VERSION_MISMATCH", versions.of(group))
    assert await owner.change("groupDelete", "deletedId", id=id) == {"deletedId": id, "errors": []}
    (error,) = (await owner.change("groupDelete", "deletedId", id=id))["errors"]
    assert (error["code"], error["path"], error["id"]) == ("NOT_FOUND", ["id"], id)
    query = f'{{ workspace(slug: "{workspace.slug}") {{ memberships {{ totalCount }} groups {{ totalCount }} }} }}'
    assert (await owner.ask(query))["workspace"] == {"memberships": {"totalCount": 3}, "groups": {"totalCount": 0}}


async def test_a_group_of_the_directory_is_not_edited_here(owner: Asker, workspace: Workspace) -> None:
    group = await make_group(workspace, by_directory=True)
    id = gid(Kind.GROUP, group)
    for mutation, input in (
        ("groupUpdate", {"id": id, "displayName": "Mine"}),
        ("groupMembersChange", {"groupId": id, "add": [gid(Kind.MEMBERSHIP, workspace.owner_id)]}),
    ):
        (error,) = (await owner.change(mutation, GROUP, **input))["errors"]
        assert (error["__typename"], error["code"]) == ("ManagedByDirectoryError", "DIRECTORY_MANAGED")
    (error,) = (await owner.change("groupDelete", "deletedId", id=id))["errors"]
    assert error["code"] == "DIRECTORY_MANAGED"


async def test_a_group_of_another_workspace_is_not_found(
    owner: Asker, stranger: Asker, workspace: Workspace, other: Workspace
) -> None:
    group, person = await make_group(workspace), await make_person(workspace)
    id = gid(Kind.GROUP, group)
    for mutation, input, path in (
        ("groupUpdate", {"id": id, "displayName": "Mine"}, "id"),
        ("groupMembersChange", {"groupId": id}, "groupId"),
        ("groupRolesSet", {"subjectId": id, "assignments": []}, "subjectId"),
    ):
        (error,) = (await stranger.change(mutation, GROUP, **input))["errors"]
        assert (error["code"], error["path"], error["id"]) == ("NOT_FOUND", [path], id)
    (error,) = (await stranger.change("groupDelete", "deletedId", id=id))["errors"]
    assert error["code"] == "NOT_FOUND"
    made = await stranger.change(
        "groupCreate", GROUP, workspaceId=gid(Kind.WORKSPACE, workspace.id), displayName="Mine"
    )
    assert (made["errors"][0]["code"], made["errors"][0]["path"]) == ("NOT_FOUND", ["workspaceId"])
    own = gid(Kind.GROUP, await make_group(other))
    foreign = gid(Kind.MEMBERSHIP, person)
    (error,) = (await stranger.change("groupMembersChange", GROUP, groupId=own, add=[foreign]))["errors"]
    assert (error["code"], error["path"], error["id"]) == ("NOT_FOUND", ["add", "0"], foreign)


async def test_groups_are_narrowed_and_ordered(owner: Asker, workspace: Workspace) -> None:
    person, role_id = await make_person(workspace), await make_role(workspace)
    small = await make_group(workspace, name="small 1%", members=1)
    await make_group(workspace, name="Empty")
    large = await make_group(workspace, name="Large", members=3, by_directory=True)
    await groups.change_members(workspace.operator, small["id"], add=[person["id"]])
    await roles.set_for_group(workspace.operator, large["id"], [role_id])
    assert await listed(owner, workspace) == ["Empty", "Large", "small 1%"]
    assert await listed(owner, workspace, 'filter: {search: "1%"}') == ["small 1%"]
    assert await listed(owner, workspace, 'filter: {search: "LARGE"}') == ["Large"]
    assert await listed(owner, workspace, "filter: {origins: [SCIM]}") == ["Large"]
    assert await listed(owner, workspace, f'filter: {{memberId: "{gid(Kind.MEMBERSHIP, person)}"}}') == ["small 1%"]
    assert await listed(owner, workspace, f'filter: {{roleIds: ["{gid(Kind.ROLE, role_id)}"]}}') == ["Large"]
    assert await listed(owner, workspace, "filter: {roleIds: []}") == []
    assert await listed(owner, workspace, "orderBy: {field: CREATED_AT}") == ["small 1%", "Empty", "Large"]
    assert await listed(owner, workspace, "orderBy: {field: MEMBER_COUNT}") == ["Empty", "small 1%", "Large"]
    assert await listed(owner, workspace, "orderBy: {field: MEMBER_COUNT, direction: DESC}") == [
        "Large",
        "small 1%",
        "Empty",
    ]
    query = f"""query($at: String) {{ workspace(slug: "{workspace.slug}") {{
        groups(first: 2, after: $at, orderBy: {{field: MEMBER_COUNT, direction: DESC}}) {{
            nodes {{ displayName }} pageInfo {{ endCursor hasNextPage }} }} }} }}"""
    first = (await owner.ask(query))["workspace"]["groups"]
    rest = (await owner.ask(query, at=first["pageInfo"]["endCursor"]))["workspace"]["groups"]
    assert [node["displayName"] for node in first["nodes"] + rest["nodes"]] == ["Large", "small 1%", "Empty"]


async def test_members_of_groups_are_paged_and_narrowed(owner: Asker, workspace: Workspace) -> None:
    groups_made = [await make_group(workspace, members=members) for members in (0, 2, 5)]
    (gone, *_) = await _members(groups_made[2])
    await memberships.suspend(workspace.operator, gone)
    query = """query($ids: [ID!]!, $at: String, $filter: MembershipFilter) { nodes(ids: $ids) { ... on Group {
        memberships(first: 2, after: $at, filter: $filter) { totalCount nodes { id }
            pageInfo { hasNextPage hasPreviousPage endCursor } } } } }"""
    shown = [gid(Kind.GROUP, group) for group in groups_made]
    pages = [node["memberships"] for node in (await owner.ask(query, ids=shown))["nodes"]]
    assert [(page["totalCount"], len(page["nodes"]), page["pageInfo"]["hasNextPage"]) for page in pages] == [
        (0, 0, False),
        (2, 2, False),
        (5, 2, True),
    ]
    expected = [gid(Kind.MEMBERSHIP, id) for id in await _members(groups_made[2])]
    found, at, more = list[str](), None, True
    while more:
        (node,) = (await owner.ask(query, ids=shown[2:], at=at))["nodes"]
        found += [member["id"] for member in node["memberships"]["nodes"]]
        at, more = node["memberships"]["pageInfo"]["endCursor"], node["memberships"]["pageInfo"]["hasNextPage"]
    assert found == expected
    suspended = (await owner.ask(query, ids=shown, filter={"states": ["SUSPENDED"]}))["nodes"]
    assert [node["memberships"]["totalCount"] for node in suspended] == [0, 0, 1]
    assert suspended[2]["memberships"]["nodes"] == [{"id": gid(Kind.MEMBERSHIP, gone)}]


@database.reads
async def _members(group: object) -> list[str]:
    rows = await database.fetch_all(
        "SELECT membership_id FROM group_members WHERE group_id = ? ORDER BY membership_id",
        group["id"],  # type: ignore[index]
    )
    return [row[0] for row in rows]
