"""Every statement of the requests that come all the time finds its rows by an index, on both databases."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from tenantry.app import create_app
from tenantry.graph.ids import Kind
from tenantry.models import Outcome, ProvisioningOperation, database, now
from tenantry.services import groups, memberships, provisioning_log, tokens
from tenantry.services.schemas import GROUP, USER
from tenantry.services.tokens import TokenKind
from tenantry.settings import Settings, tortoise_config

from . import plans
from .databases import KINDS, execute, new_database
from .graph.asking import gid
from .make import Workspace, make_group, make_person, make_workspace

ENTERPRISE = USER.extensions[0].schema.id
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
PEOPLE, GROUPS, COPIES = 60, 20, 100


@dataclass(frozen=True, slots=True)
class Seeded:
    """A database with some workspaces, and what one of them holds."""

    url: str
    workspace: Workspace
    people: list[str]
    group: str
    role: str


@pytest.fixture(scope="module", params=KINDS)
def seeded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seeded]:
    with new_database(request, tmp_path_factory.mktemp("plans")) as url:
        yield asyncio.run(_seed(url))


async def _seed(url: str) -> Seeded:
    await database.open(tortoise_config(Settings(database_url=url)))
    for _ in range(2):
        await _fill(await make_workspace(owner="owner@example.com"))
    # The people of this one are known to the others.
    workspace = await make_workspace(owner="owner@example.com")
    people = await _fill(workspace)
    group = (await make_group(workspace, name="Team", by_directory=True))["id"]
    await groups.change_members(workspace.directory, group, add=people[: PEOPLE // 2])
    seeded = Seeded(url, workspace, people, group, await _default_role(workspace))
    if url.startswith("postgres"):
        await plans.multiply(workspace.id, COPIES)
    await database.close()
    if url.startswith("postgres"):
        await execute(url, "ANALYZE")
    return seeded


async def _fill(workspace: Workspace) -> list[str]:
    people = [
        (await make_person(workspace, userName=f"person{number}@example.com", externalId=f"e-{number}"))["id"]
        for number in range(PEOPLE)
    ]
    for person in people[:GROUPS]:
        group = await make_group(workspace, by_directory=True)
        await groups.change_members(workspace.directory, group["id"], add=[person])
    await provisioning_log.record(*[_logged(workspace, person) for person in people])
    return people


def _logged(workspace: Workspace, membership_id: str) -> provisioning_log.Event:
    return provisioning_log.Event(
        workspace_id=workspace.id,
        occurred_at=now(),
        scim_token_id=workspace.directory.id,
        operation=ProvisioningOperation.READ,
        http_method="GET",
        path=f"/Users/{membership_id}",
        status=200,
        outcome=Outcome.SUCCESS,
        membership_id=membership_id,
        duration_ms=1,
        request_id="r-1",
    )


@database.reads
async def _default_role(workspace: Workspace) -> str:
    sql = "SELECT default_role_id FROM provisioning_policies WHERE workspace_id = ?"
    id: str = await database.fetch_value(sql, workspace.id)
    return id


@dataclass(frozen=True, slots=True)
class Provider:
    """The workspace's identity provider."""

    client: httpx.AsyncClient
    seeded: Seeded

    async def ask(self, method: str, path: str, body: Any = None) -> None:
        headers = {"Authorization": f"Bearer {self.seeded.workspace.scim_token}"}
        answer = await self.client.request(method, f"/scim/v2/{path}", json=body, headers=headers)
        assert answer.is_success, answer.text

    async def patch(self, path: str, *operations: dict[str, Any]) -> None:
        await self.ask("PATCH", path, {"schemas": [PATCH_OP], "Operations": operations})

    async def find(self, path: str, filter: str) -> None:
        await self.ask("GET", str(httpx.URL(path, params={"filter": filter})))

    async def query(self, text: str, **variables: Any) -> None:
        """As a person of the workspace, by GraphQL."""
        answer = await self.client.post(
            "/graphql",
            json={"query": text, "variables": variables},
            headers={"Authorization": f"Bearer {self.seeded.workspace.personal_token}"},
        )
        assert "errors" not in answer.json(), answer.text


def user(number: str, **more: Any) -> dict[str, Any]:
    return {
        "schemas": [USER.schema.id],
        "userName": f"new{number}@example.com",
        "emails": [{"value": f"new{number}@example.com", "primary": True}],
        ENTERPRISE: {"employeeNumber": number},
        **more,
    }


def members(*ids: str) -> list[dict[str, str]]:
    return [{"value": id} for id in ids]


def lists(name: str, fields: str) -> Callable[[Provider, Seeded], Any]:
    """A list of a workspace, by GraphQL."""
    query = f"query($slug: String!) {{ workspace(slug: $slug) {{ {name} {{ {fields} }} }} }}"
    return lambda provider, seeded: provider.query(query, slug=seeded.workspace.slug)


PERSON = "id displayName email state roleAssignments { role { name } } groups(first: 5) { nodes { displayName } }"
COUNTED = "totalCount pageInfo { hasNextPage endCursor }"

# What comes all the time.
REQUESTS: dict[str, Callable[[Provider, Seeded], Any]] = {
    "GET user": lambda p, s: p.ask("GET", f"Users/{s.people[0]}"),
    "GET user without groups": lambda p, s: p.ask("GET", f"Users/{s.people[0]}?excludedAttributes=groups"),
    "GET group": lambda p, s: p.ask("GET", f"Groups/{s.group}"),
    "GET group without members": lambda p, s: p.ask("GET", f"Groups/{s.group}?excludedAttributes=members"),
    "list users": lambda p, s: p.ask("GET", "Users?startIndex=11&count=20"),
    "list groups": lambda p, s: p.ask("GET", "Groups?count=20"),
    "list groups without members": lambda p, s: p.ask("GET", "Groups?count=20&excludedAttributes=members"),
    "user by userName": lambda p, s: p.find("Users", 'userName eq "person1@example.com"'),
    "user by the start of a userName": lambda p, s: p.find("Users", 'userName sw "person1"'),
    "user by externalId": lambda p, s: p.find("Users", 'externalId eq "e-1"'),
    "user by displayName": lambda p, s: p.find("Users", 'displayName eq "Given Family 1"'),
    "user by email": lambda p, s: p.find("Users", 'emails.value eq "person1@example.com"'),
    "user by work email": lambda p, s: p.find("Users", 'emails[type eq "work" and value eq "person1@example.com"]'),
    "user by id": lambda p, s: p.find("Users", f'id eq "{s.people[1]}"'),
    "user by name or email": lambda p, s: p.find(
        "Users", 'userName eq "person1@example.com" or emails.value eq "person1@example.com"'
    ),
    "user by group": lambda p, s: p.find("Users", f'groups.value eq "{s.group}"'),
    "users changed since": lambda p, s: p.find("Users", 'meta.lastModified gt "2020-01-01T00:00:00Z"'),
    "group by displayName": lambda p, s: p.find("Groups", 'displayName eq "team"'),
    "group by externalId": lambda p, s: p.find("Groups", 'externalId eq "none"'),
    "group by id": lambda p, s: p.find("Groups", f'id eq "{s.group}"'),
    "groups of a member": lambda p, s: p.find("Groups", f'members.value eq "{s.people[0]}"'),
    "group by name without members": lambda p, s: p.ask(
        "GET", str(httpx.URL("Groups", params={"filter": 'displayName eq "Team"', "excludedAttributes": "members"}))
    ),
    "POST user": lambda p, s: p.ask("POST", "Users", user("post")),
    "PUT user": lambda p, s: p.ask("PUT", f"Users/{s.people[3]}", user("put")),
    "PATCH title": lambda p, s: p.patch(f"Users/{s.people[4]}", {"op": "replace", "path": "title", "value": "Dr."}),
    "deactivate": lambda p, s: p.patch(f"Users/{s.people[5]}", {"op": "replace", "path": "active", "value": False}),
    "reactivate": lambda p, s: p.patch(f"Users/{s.people[5]}", {"op": "replace", "path": "active", "value": True}),
    "DELETE user": lambda p, s: p.ask("DELETE", f"Users/{s.people[6]}"),
    "POST group": lambda p, s: p.ask(
        "POST", "Groups", {"schemas": [GROUP.schema.id], "displayName": "Band", "members": members(*s.people[7:9])}
    ),
    "rename group": lambda p, s: p.patch(
        f"Groups/{s.group}", {"op": "replace", "path": "displayName", "value": "Renamed"}
    ),
    "add member": lambda p, s: p.patch(
        f"Groups/{s.group}", {"op": "add", "path": "members", "value": members(s.people[-1])}
    ),
    "remove member": lambda p, s: p.patch(
        f"Groups/{s.group}", {"op": "remove", "path": f'members[value eq "{s.people[-1]}"]'}
    ),
    "replace members": lambda p, s: p.ask(
        "PUT",
        f"Groups/{s.group}",
        {"schemas": [GROUP.schema.id], "displayName": "Replaced", "members": members(*s.people[10:20])},
    ),
    "GraphQL viewer": lambda p, s: p.query("{ viewer { user { id } memberships { nodes { workspace { name } } } } }"),
    "GraphQL workspace": lists("viewerMembership", "id displayName"),
    "GraphQL members": lists("memberships(first: 50)", f"{COUNTED} nodes {{ {PERSON} }}"),
    "GraphQL members of a role": lambda p, s: p.query(
        "query($slug: String!, $role: ID!) { workspace(slug: $slug) { memberships(filter: {roleIds: [$role]}) {"
        f" {COUNTED} nodes {{ id }} }} }} }}",
        slug=s.workspace.slug,
        role=gid(Kind.ROLE, s.role),
    ),
    "GraphQL groups": lists(
        "groups(first: 50)", f"{COUNTED} nodes {{ displayName memberships(first: 5) {{ {COUNTED} nodes {{ id }} }} }}"
    ),
    "GraphQL member": lambda p, s: p.query(
        f"query($id: ID!) {{ node(id: $id) {{ ... on Membership {{ {PERSON} }} }} }}",
        id=gid(Kind.MEMBERSHIP, s.people[0]),
    ),
    "GraphQL provisioning log": lists("provisioningLog(first: 50)", "pageInfo { endCursor } nodes { id path status }"),
    "GraphQL provisioning log of a person": lambda p, s: p.query(
        "query($slug: String!, $id: ID!) { workspace(slug: $slug) {"
        " provisioningLog(filter: {membershipId: $id}) { nodes { id } } } }",
        slug=s.workspace.slug,
        id=gid(Kind.MEMBERSHIP, s.people[0]),
    ),
    "GraphQL failures in the provisioning log": lists(
        "provisioningLog(first: 50, filter: {outcomes: [REJECTED, FAILED]})", "nodes { id }"
    ),
    "GraphQL audit log": lists(
        "auditLog(first: 50)", "pageInfo { endCursor } nodes { id action actor { __typename } }"
    ),
    "GraphQL audit log of a person": lambda p, s: p.query(
        "query($slug: String!, $id: ID!) { workspace(slug: $slug) {"
        " auditLog(filter: {targetId: $id}) { nodes { id } } } }",
        slug=s.workspace.slug,
        id=gid(Kind.MEMBERSHIP, s.people[0]),
    ),
    "GraphQL status": lists("provisioningStatus", "enabled provider lastRequestAt managedMemberships errorsLast24h"),
    "GraphQL roles": lists("roles", "name assignmentCount"),
    "GraphQL SCIM tokens": lists("scimTokens", "name state"),
    "uses of tokens": lambda p, s: tokens.note_uses(
        TokenKind.SCIM, [(s.workspace.directory.id or "", 1, "192.0.2.1", None)]
    ),
    "retention of the provisioning log": lambda p, s: provisioning_log.forget_before(1, rows_max=100),
    "suspend in the application": lambda p, s: memberships.suspend(s.workspace.owner, s.people[21]),
}


# These go through what a workspace has, from the place where the page begins until it is full.
WALKS = {
    "list users",
    "list groups",
    "list groups without members",
    "user by the start of a userName",
    "user by name or email",
    "users changed since",
    "GraphQL members",
    "GraphQL members of a role",
    "GraphQL groups",
    "GraphQL provisioning log",
    "GraphQL failures in the provisioning log",
    "GraphQL audit log",
    "GraphQL status",
}


@asynccontextmanager
async def provider_of(seeded: Seeded) -> AsyncIterator[Provider]:
    settings = Settings(database_url=seeded.url, log_level="warning", secret_key=SecretStr("for tests"))
    app = create_app(settings)
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://testserver") as client,
    ):
        yield Provider(client, seeded)


@pytest.mark.parametrize("name", REQUESTS)
async def test_a_request_finds_its_rows_by_an_index(seeded: Seeded, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    async with provider_of(seeded) as provider:
        with monkeypatch.context() as patch:
            statements = plans.all_recorded(patch)
            await REQUESTS[name](provider, seeded)
        assert statements
        reads = [(sql, read) for sql, params in statements for read in await plans.reads_of((sql, params))]
    assert [f"{read.table}: {sql}" for sql, read in reads if read.is_scan] == []
    if name not in WALKS:
        assert [f"{read.table} ({read.condition}): {sql}" for sql, read in reads if read.is_walk] == []


@pytest.mark.parametrize(
    ("condition", "is_scan", "is_walk"),
    [
        ("display_name = 'x'", True, True),
        ("workspace_id = ? AND display_name = 'x'", False, True),
        ("workspace_id = ? AND display_name_key = 'x'", False, False),
    ],
)
async def test_a_statement_that_reads_too_much_is_found_out(
    seeded: Seeded, condition: str, is_scan: bool, is_walk: bool
) -> None:
    async with provider_of(seeded):
        for sql in (
            f"SELECT m.id FROM memberships m WHERE {condition}",
            f"UPDATE memberships SET version = 1 WHERE {condition}",
            f"SELECT id FROM workspaces w WHERE w.id = '{seeded.workspace.id}'"
            f" AND EXISTS (SELECT 1 FROM memberships WHERE {condition})",
        ):
            reads = await plans.reads_of((sql, (seeded.workspace.id,) * sql.count("?")))
            found = [read for read in reads if read.table == "memberships"]
            assert [(read.is_scan, read.is_walk) for read in found] == [(is_scan, is_walk)]
