"""No list makes a statement for each of its rows, and every statement goes by an index."""

import re

import pytest

from tenantry.graph.ids import Kind
from tenantry.services import groups, memberships

from ..make import Workspace, make_group, make_person
from .asking import Asker, gid
from .statements import Statement, plan_of, recorded
from .test_logs import log

VIEWER = "{ viewer { user { id email displayName } memberships { nodes { id state workspace { slug name } } } } }"
MEMBERS = """query($slug: String!) { workspace(slug: $slug) { memberships(first: 100) {
    totalCount pageInfo { hasNextPage endCursor } edges { cursor node {
        id displayName user { email } roleAssignments { role { id name assignmentCount } grantedBy { displayName } }
        groups(first: 10) { totalCount nodes { id displayName } } workspace { slug } } } } } }"""
GROUPS = """query($slug: String!) { workspace(slug: $slug) { groups(first: 50) { totalCount nodes {
    displayName roleAssignments { role { name } } memberships(first: 15) {
        totalCount nodes { displayName groups(first: 3) { nodes { displayName } } } } } } } }"""
AUDIT = """query($slug: String!) { workspace(slug: $slug) { auditLog(first: 50) { nodes {
    action actor { __typename ... on ScimToken { name createdBy { id } } } target { id } } } } }"""
PROVISIONING = """query($slug: String!) { workspace(slug: $slug) { provisioningLog(first: 50) { nodes {
    path scimToken { name } membership { displayName } group { displayName } } } } }"""
SETTINGS = """query($slug: String!) { workspace(slug: $slug) { viewerPermissions viewerMembership { displayName }
    roles { name assignmentCount } scimTokens { name createdBy { id } replacedBy { id } }
    provisioningPolicy { defaultRole { name } } provisioningStatus { enabled errorsLast24h } } }"""
NODES = (
    "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Membership { displayName workspace { name } user { email } } } }"
)
NAMES = ["viewer", "members", "groups", "audit", "provisioning", "settings", "nodes"]
# identify the token, and enter the workspace: its membership, then its roles
ENTERING = 1 + 2


async def fill(workspace: Workspace, people: int) -> list[str]:
    members = [await make_person(workspace) for _ in range(people)]
    for member in members:
        group = await make_group(workspace)
        await groups.change_members(workspace.operator, group["id"], add=[member["id"] for member in members])
        await log(workspace, membership_id=member["id"], group_id=group["id"])
    for member in members[:2]:
        await memberships.accept(workspace.operator, member["id"])
    return [gid(Kind.MEMBERSHIP, member) for member in members]


async def statements_of(
    owner: Asker, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, query: str, ids: list[str]
) -> list[Statement]:
    variables: dict[str, object] = {"slug": workspace.slug, "ids": ids}
    with monkeypatch.context() as patch:
        made = recorded(patch)
        await owner.ask(query, **{name: value for name, value in variables.items() if f"${name}" in query})
    return made


@pytest.mark.parametrize(
    ("query", "statements"),
    [
        # account, page, workspaces
        (VIEWER, 1 + 3),
        # workspace; page and total; people, assignments, counts of those, groups, totals of those
        (MEMBERS, ENTERING + 1 + 2 + 5),
        # workspace; page and total; assignments, members, totals of those, their groups
        (GROUPS, ENTERING + 1 + 2 + 4),
        # workspace; page; tokens, memberships, groups
        (AUDIT, ENTERING + 1 + 1 + 3),
        (PROVISIONING, ENTERING + 1 + 1 + 3),
        # workspace; own membership, roles, tokens, policy, its role, status (2)
        (SETTINGS, ENTERING + 1 + 7),
        # the workspace of each id; memberships, workspaces, people
        (NODES, ENTERING + 1 + 3),
    ],
    ids=NAMES,
)
async def test_the_number_of_statements_does_not_grow_with_the_lists(
    owner: Asker, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, query: str, statements: int
) -> None:
    counts = []
    for people in (2, 6):
        ids = await fill(workspace, people)
        counts.append(len(await statements_of(owner, workspace, monkeypatch, query, ids)))
    assert counts == [statements, statements]


@pytest.mark.parametrize(
    "query",
    [VIEWER, MEMBERS, GROUPS, AUDIT, PROVISIONING, SETTINGS, NODES],
    ids=NAMES,
)
async def test_every_statement_goes_by_an_index(
    owner: Asker, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    ids = await fill(workspace, 2)
    for statement in await statements_of(owner, workspace, monkeypatch, query, ids):
        plan = await plan_of(statement)
        assert not [
            line for line in plan if re.search(r"Seq Scan|^SCAN (?!p |json_each|\(|CONSTANT)(?!.*INDEX)", line)
        ], statement
