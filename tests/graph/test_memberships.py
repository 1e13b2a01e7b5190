from typing import Any

import httpx
import pytest

from tenantry.graph.ids import Kind
from tenantry.models import MembershipState, database
from tenantry.models.database import Row
from tenantry.services import groups, memberships, roles, versions
from tenantry.services.actor import Permission

from ..make import Workspace, audit_actions, make_group, make_person, make_workspace
from .asking import Asker, gid, make_role

STATE = "membership { id state version }"


async def listed(owner: Asker, workspace: Workspace, arguments: str = "", **variables: Any) -> list[str]:
    """The display names that the list shows, without the owner's."""
    declared = ", ".join(f"${name}: {kind}" for name, (kind, _) in variables.items())
    query = f"""query{f"({declared})" if declared else ""} {{ workspace(slug: "{workspace.slug}") {{
        memberships{f"({arguments})" if arguments else ""} {{ totalCount nodes {{ displayName }} }} }} }}"""
    found = (await owner.ask(query, **{name: value for name, (_, value) in variables.items()}))["workspace"][
        "memberships"
    ]
    names = [node["displayName"] for node in found["nodes"]]
    assert found["totalCount"] == len(names)
    return [name for name in names if name != "owner"]


async def people(workspace: Workspace, *names: str) -> dict[str, Row]:
    return {
        name: await make_person(workspace, displayName=name, userName=f"{name.lower()}@example.com", emails=[])
        for name in names
    }


@database.writes
async def update(membership: Row, **columns: object) -> None:
    sets = ", ".join(f"{name} = ?" for name in columns)
    await database.execute(f"UPDATE memberships SET {sets} WHERE id = ?", *columns.values(), membership["id"])


async def test_a_membership_shows_what_the_workspace_knows(owner: Asker, workspace: Workspace) -> None:
    person = await make_person(workspace, displayName="Zoë", userName="zoe@example.com", externalId="00u1")
    query = """query($id: ID!) { node(id: $id) { ... on Membership { userName displayName email state origin externalId
        directoryManaged invitedBy { id } joinedAt lastActiveAt suspendedAt createdAt updatedAt version user { id }
        workspace { slug } roleAssignments { role { key } grantedBy { id } grantedAt } } } }"""
    node = (await owner.ask(query, id=gid(Kind.MEMBERSHIP, person)))["node"]
    assert node["roleAssignments"][0].pop("grantedAt")
    for moment in ("joinedAt", "createdAt", "updatedAt"):
        assert node.pop(moment)
    assert node == {
        "userName": "zoe@example.com",
        "displayName": "Zoë",
        "email": "zoe@example.com",
        "state": "ACTIVE",
        "origin": "SCIM",
        "externalId": "00u1",
        "directoryManaged": True,
        "invitedBy": None,
        "lastActiveAt": None,
        "suspendedAt": None,
        "version": versions.of(person),
        "user": None,
        "workspace": {"slug": workspace.slug},
        "roleAssignments": [{"role": {"key": "minimal_workspace_access"}, "grantedBy": None}],
    }


async def test_the_account_is_shown_once_the_person_has_come(
    client: httpx.AsyncClient, owner: Asker, workspace: Workspace
) -> None:
    added = await memberships.add(workspace.owner, email="new@example.com", display_name="New")
    query = """query($id: ID!) { node(id: $id) { ... on Membership {
        user { email displayName } invitedBy { displayName } } } }"""
    node = (await owner.ask(query, id=gid(Kind.MEMBERSHIP, added)))["node"]
    assert node == {"user": None, "invitedBy": {"displayName": "owner"}}
    await memberships.accept(workspace.operator, added["id"])
    node = (await owner.ask(query, id=gid(Kind.MEMBERSHIP, added)))["node"]
    assert node["user"] == {"email": "new@example.com", "displayName": "New"}


async def test_who_granted_a_role_by_a_token_is_shown_as_a_person(owner: Asker, workspace: Workspace) -> None:
    person, role_id = await make_person(workspace), await make_role(workspace)
    done = await owner.change(
        "membershipRolesSet",
        "membership { roleAssignments { role { id } grantedBy { id displayName } } }",
        subjectId=gid(Kind.MEMBERSHIP, person),
        assignments=[{"roleId": gid(Kind.ROLE, role_id)}],
    )
    (assignment,) = done["membership"]["roleAssignments"]
    assert assignment["grantedBy"] == {"id": gid(Kind.ACCOUNT, str(workspace.owner.account_id)), "displayName": "owner"}


async def test_the_invited_and_the_removed_are_listed_when_asked_for(owner: Asker, workspace: Workspace) -> None:
    for state in MembershipState:
        person = await make_person(workspace, displayName=state)
        await update(person, state=state)
    assert await listed(owner, workspace) == ["ACTIVE", "SUSPENDED"]
    assert await listed(owner, workspace, "filter: {states: [INVITED]}") == ["INVITED"]
    assert await listed(owner, workspace, "filter: {states: [REMOVED, INVITED]}") == ["INVITED", "REMOVED"]
    assert await listed(owner, workspace, "filter: {states: []}") == []
    assert await listed(owner, workspace, "filter: {states: null}") == ["ACTIVE", "SUSPENDED"]


async def test_memberships_are_found_by_part_of_a_name_or_address(owner: Asker, workspace: Workspace) -> None:
    await people(workspace, "Zoë", "100% Sure", "Under_Score", "Back\\Slash", "STRASSE")
    for search, found in {
        "ZOË": ["Zoë"],
        "zoe\u0308": ["Zoë"],
        "0%": ["100% Sure"],
        "%%": [],
        "r_s": ["Under_Score"],
        "__": [],
        "k\\s": ["Back\\Slash"],
        "straße": ["STRASSE"],
        "  zoë ": ["Zoë"],
        "' OR 1=1 --": [],
        "ë@example": ["Zoë"],
    }.items():
        assert await listed(owner, workspace, "filter: {search: $s}", s=("String", search)) == found, search


@pytest.mark.parametrize("search", ["", "a", " a ", "a" * 201])
async def test_a_search_has_bounds(owner: Asker, workspace: Workspace, search: str) -> None:
    query = f"""query($s: String) {{ workspace(slug: "{workspace.slug}") {{
        memberships(filter: {{search: $s}}) {{ nodes {{ id }} }} }} }}"""
    (error,) = await owner.errors(query, s=search)
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == ("INVALID", "search")


async def test_memberships_are_narrowed_by_group_role_origin_and_activity(owner: Asker, workspace: Workspace) -> None:
    some = await people(workspace, "Ann", "Bob", "Cy")
    group = await make_group(workspace)
    await groups.change_members(workspace.operator, group["id"], add=[some["Ann"]["id"], some["Bob"]["id"]])
    role_id = await make_role(workspace)
    await roles.set_for_membership(workspace.operator, some["Bob"]["id"], [role_id])
    added = await memberships.add(workspace.owner, email="dee@example.com", display_name="Dee")
    await update(some["Cy"], last_active_at=1_700_000_000_000_000)
    await update(added, last_active_at=1_800_000_000_000_000)
    ids = {"g": ("[ID!]", [gid(Kind.GROUP, group)]), "r": ("[ID!]", [gid(Kind.ROLE, role_id)])}
    assert await listed(owner, workspace, "filter: {groupIds: $g}", g=ids["g"]) == ["Ann", "Bob"]
    assert await listed(owner, workspace, "filter: {roleIds: $r}", r=ids["r"]) == ["Bob"]
    assert await listed(owner, workspace, "filter: {groupIds: $g, roleIds: $r}", **ids) == ["Bob"]
    assert await listed(owner, workspace, "filter: {groupIds: []}") == []
    assert await listed(owner, workspace, "filter: {origins: [MANUAL]}") == ["Dee"]
    assert await listed(owner, workspace, "filter: {directoryManaged: true}") == ["Ann", "Bob", "Cy"]
    assert await listed(owner, workspace, "filter: {directoryManaged: false}") == ["Dee"]
    inactive = 'filter: {inactiveSince: "2025-01-01T00:00:00Z"}'
    assert await listed(owner, workspace, inactive) == ["Ann", "Bob", "Cy"]


@pytest.mark.parametrize("moment", ["yesterday", "2025-01-01", "2025-13-01T00:00:00Z", "", 5])
async def test_an_odd_moment_is_refused(owner: Asker, workspace: Workspace, moment: object) -> None:
    query = f"""query($m: DateTime) {{ workspace(slug: "{workspace.slug}") {{
        memberships(filter: {{inactiveSince: $m}}) {{ nodes {{ id }} }} }} }}"""
    assert await owner.codes(query, m=moment) == ["BAD_REQUEST"]


@pytest.mark.parametrize(
    ("field", "names"),
    [
        ("DISPLAY_NAME", ["Ann", "bob", "zed", "Çelik", "Émile"]),
        ("EMAIL", ["zed", "Émile", "bob", "Ann", "Çelik"]),
        ("CREATED_AT", ["zed", "bob", "Émile", "Ann", "Çelik"]),
        ("LAST_ACTIVE_AT", ["Çelik", "bob", "Émile", "zed", "Ann"]),
    ],
)
async def test_memberships_are_ordered_and_paged_both_ways(
    owner: Asker, workspace: Workspace, field: str, names: list[str]
) -> None:
    active = {"Çelik": None, "bob": 1, "Émile": 2, "zed": 3, "Ann": 4}
    emails = {
        "zed": None,
        "Émile": "a@x.example.com",
        "bob": "b@x.example.com",
        "Ann": "c@x.example.com",
        "Çelik": "d@x.example.com",
    }
    for name in ("zed", "bob", "Émile", "Ann", "Çelik"):
        person = await make_person(workspace, displayName=name)
        await update(person, last_active_at=active[name], email=emails[name], email_key=emails[name])
    for direction, expected in (("ASC", names), ("DESC", names[::-1])):
        for size in (1, 2, 5, 6):
            for way, edge, cursor in (("first", "after", "endCursor"), ("last", "before", "startCursor")):
                assert (
                    await _all(owner, workspace, f"{{field: {field}, direction: {direction}}}", size, way, edge, cursor)
                    == expected
                )


async def _all(
    owner: Asker, workspace: Workspace, order: str, size: int, way: str, edge: str, cursor: str
) -> list[str]:
    """Every page, one after the other, from either end."""
    query = f"""query($at: String) {{ workspace(slug: "{workspace.slug}") {{
        memberships({way}: {size}, {edge}: $at, orderBy: {order}, filter: {{origins: [SCIM]}}) {{
            edges {{ cursor node {{ displayName }} }} nodes {{ displayName }}
            pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }} }}"""
    names: list[str] = []
    at, forward, more = None, way == "first", True
    while more:
        page = (await owner.ask(query, at=at))["workspace"]["memberships"]
        shown = [node["displayName"] for node in page["nodes"]]
        assert [item["node"]["displayName"] for item in page["edges"]] == shown
        assert page["pageInfo"]["endCursor"] == page["edges"][-1]["cursor"]
        assert page["pageInfo"]["hasPreviousPage" if forward else "hasNextPage"] == (at is not None)
        names = names + shown if forward else shown + names
        at, more = page["pageInfo"][cursor], page["pageInfo"]["hasNextPage" if forward else "hasPreviousPage"]
    return names


async def test_a_cursor_of_another_order_is_refused(owner: Asker, workspace: Workspace) -> None:
    query = f"""query($at: String, $order: MembershipOrder) {{ workspace(slug: "{workspace.slug}") {{
        memberships(first: 1, after: $at, orderBy: $order) {{ pageInfo {{ endCursor }} }} }} }}"""
    page = (await owner.ask(query))["workspace"]["memberships"]
    at = page["pageInfo"]["endCursor"]
    for order in ({"field": "EMAIL"}, {"field": "DISPLAY_NAME", "direction": "DESC"}):
        (error,) = await owner.errors(query, at=at, order=order)
        assert (error["extensions"]["code"], error["extensions"]["argument"]) == ("INVALID", "after")
    assert await owner.ask(query, at=at, order={"field": "DISPLAY_NAME"})
    for odd in ("", "x", "!!!", at[:-4], "a" * 5_000, "W10", "bnVsbA", "eyJhIjoxfQ"):
        assert await owner.codes(query, at=odd) == ["INVALID"]


async def test_a_page_in_the_middle_is_told_from_the_ends(owner: Asker, workspace: Workspace) -> None:
    await people(workspace, "Ann", "Bob", "Cy")
    query = f"""query($after: String, $before: String) {{ workspace(slug: "{workspace.slug}") {{
        memberships(filter: {{origins: [SCIM]}}, after: $after, before: $before) {{
            edges {{ cursor node {{ displayName }} }} }} }} }}"""
    ann, bob, cy = (await owner.ask(query))["workspace"]["memberships"]["edges"]
    between = (await owner.ask(query, after=ann["cursor"], before=cy["cursor"]))["workspace"]["memberships"]["edges"]
    assert between == [bob]


async def test_the_groups_of_a_member_are_paged_by_name(owner: Asker, workspace: Workspace) -> None:
    person = await make_person(workspace)
    for name in ("b", "C", "a"):
        group = await make_group(workspace, name=name)
        await groups.change_members(workspace.operator, group["id"], add=[person["id"]])
    query = """query($id: ID!, $at: String) { node(id: $id) { ... on Membership {
        groups(first: 2, after: $at) { totalCount nodes { displayName } pageInfo { hasNextPage endCursor } } } } }"""
    first = (await owner.ask(query, id=gid(Kind.MEMBERSHIP, person)))["node"]["groups"]
    assert ([node["displayName"] for node in first["nodes"]], first["totalCount"]) == (["a", "b"], 3)
    rest = (await owner.ask(query, id=gid(Kind.MEMBERSHIP, person), at=first["pageInfo"]["endCursor"]))["node"][
        "groups"
    ]
    assert ([node["displayName"] for node in rest["nodes"]], rest["pageInfo"]["hasNextPage"]) == (["C"], False)


async def test_a_member_is_suspended_brought_back_and_removed(owner: Asker, workspace: Workspace) -> None:
    person = await make_person(workspace)
    id = gid(Kind.MEMBERSHIP, person)
    done = await owner.change(
        "membershipSuspend", STATE, membershipId=id, reason="left", expectedVersion=versions.of(person)
    )
    assert done == {"membership": {"id": id, "state": "SUSPENDED", "version": 'W/"2"'}, "errors": []}
    done = await owner.change("membershipReactivate", STATE, membershipId=id)
    assert done["membership"]["state"] == "ACTIVE"
    done = await owner.change("membershipRemove", STATE, membershipId=id)
    assert done["membership"]["state"] == "REMOVED"
    assert (await audit_actions(workspace))[-3:] == [
        "membership.suspended",
        "membership.reactivated",
        "membership.removed",
    ]


async def test_the_roles_of_a_member_are_replaced(owner: Asker, workspace: Workspace) -> None:
    person = await make_person(workspace)
    one, two = await make_role(workspace), await make_role(workspace, Permission.MEMBERS_READ)
    done = await owner.change(
        "membershipRolesSet",
        "membership { roleAssignments { role { id } } }",
        subjectId=gid(Kind.MEMBERSHIP, person),
        assignments=[{"roleId": gid(Kind.ROLE, two)}, {"roleId": gid(Kind.ROLE, one)}],
    )
    assert done["errors"] == []
    held = {assignment["role"]["id"] for assignment in done["membership"]["roleAssignments"]}
    assert held == {gid(Kind.ROLE, one), gid(Kind.ROLE, two)}


async def test_the_last_owner_stays(owner: Asker, workspace: Workspace) -> None:
    id = gid(Kind.MEMBERSHIP, workspace.owner_id)
    for mutation, input in (
        ("membershipSuspend", {"membershipId": id}),
        ("membershipRemove", {"membershipId": id}),
        ("membershipRolesSet", {"subjectId": id, "assignments": []}),
    ):
        (error,) = (await owner.change(mutation, "membership { id }", **input))["errors"]
        assert (error["__typename"], error["code"], error["membership"]) == ("LastOwnerError", "LAST_OWNER", {"id": id})


async def test_a_stale_version_is_refused(owner: Asker, workspace: Workspace) -> None:
    person = await make_person(workspace)
    id = gid(Kind.MEMBERSHIP, person)
    for mutation, input in (
        ("membershipSuspend", {"membershipId": id}),
        ("membershipReactivate", {"membershipId": id}),
        ("membershipRemove", {"membershipId": id}),
        ("membershipRolesSet", {"subjectId": id, "assignments": []}),
    ):
        done = await owner.change(mutation, "membership { id }", **input, expectedVersion='W/"7"')
        (error,) = done["errors"]
        assert done["membership"] is None
        assert (error["__typename"], error["code"], error["path"]) == (
            "VersionError",
            "VERSION_MISMATCH",
            ["expectedVersion"],
        )
        assert error["currentVersion"] == versions.of(person)


async def test_a_member_of_another_workspace_is_not_found(
    owner: Asker, stranger: Asker, workspace: Workspace, other: Workspace
) -> None:
    person, role_id = await make_person(workspace), await make_role(workspace)
    id = gid(Kind.MEMBERSHIP, person)
    for mutation in ("membershipSuspend", "membershipReactivate", "membershipRemove"):
        for unknown in (id, "nonsense", gid(Kind.GROUP, person), person["id"], "mem_" + "0" * 32):
            (error,) = (await stranger.change(mutation, "membership { id }", membershipId=unknown))["errors"]
            assert (error["__typename"], error["code"]) == ("NotFoundError", "NOT_FOUND")
            assert (error["path"], error["id"]) == (["membershipId"], unknown)
    own = gid(Kind.MEMBERSHIP, await make_person(other))
    assignments = [{"roleId": gid(Kind.ROLE, role_id)}]
    (error,) = (
        await stranger.change("membershipRolesSet", "membership { id }", subjectId=own, assignments=assignments)
    )["errors"]
    assert (error["code"], error["path"]) == ("NOT_FOUND", ["assignments", "0", "roleId"])
    assert error["id"] == gid(Kind.ROLE, role_id)
    assert person["id"] not in error["message"]


async def test_of_two_changes_in_one_operation_the_second_sees_the_first(owner: Asker, workspace: Workspace) -> None:
    person = await make_person(workspace)
    group = await make_group(workspace, name="Here")
    query = """mutation($group: ID!, $member: ID!) {
        a: groupMembersChange(input: {groupId: $group, add: [$member]}) {
            group { memberships { totalCount nodes { state } } } }
        b: membershipSuspend(input: {membershipId: $member}) { membership { state groups(first: 5) { totalCount } } }
        c: groupMembersChange(input: {groupId: $group, remove: [$member]}) {
            group { memberships { totalCount nodes { state } } } }
        d: membershipReactivate(input: {membershipId: $member}) {
            membership { state groups(first: 5) { totalCount } } } }"""
    done = await owner.ask(query, group=gid(Kind.GROUP, group), member=gid(Kind.MEMBERSHIP, person))
    assert done["a"]["group"]["memberships"] == {"totalCount": 1, "nodes": [{"state": "ACTIVE"}]}
    assert done["b"]["membership"] == {"state": "SUSPENDED", "groups": {"totalCount": 1}}
    assert done["c"]["group"]["memberships"] == {"totalCount": 0, "nodes": []}
    assert done["d"]["membership"] == {"state": "ACTIVE", "groups": {"totalCount": 0}}


async def test_one_person_in_two_workspaces_is_two_memberships(owner: Asker, workspace: Workspace) -> None:
    elsewhere = await make_workspace(owner="second@example.com")
    here = await make_person(workspace, userName="same@example.com")
    there = await make_person(elsewhere, userName="same@example.com", displayName="Elsewhere")
    assert here["account_id"] == there["account_id"]
    assert await listed(owner, workspace, 'filter: {search: "same@"}') == [here["display_name"]]
