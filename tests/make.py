"""One factory per noun, with plain defaults: a test names only what it is about. They take an open database."""

from dataclasses import dataclass
from itertools import count
from typing import Any

from tenantry.models import database
from tenantry.models.database import Row
from tenantry.services import access, groups, memberships, tokens, workspaces
from tenantry.services.actor import Actor, Door, Request, system
from tenantry.services.tokens import TokenScope

_numbers = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A workspace, who acts in it, and what they show at the doors.

    operator    whoever runs the service
    owner       the person who owns the workspace, by a personal access token that may do everything
    directory   its identity provider
    """

    id: str
    slug: str
    owner_id: str
    operator: Actor
    owner: Actor
    directory: Actor
    personal_token: str
    scim_token: str


async def make_workspace(*, preset: str = "MANAGED", slug: str | None = None, owner: str | None = None) -> Workspace:
    slug = slug or f"workspace-{next(_numbers)}"
    row, membership = await workspaces.create(
        name=slug.capitalize(),
        slug=slug,
        owner_email=owner or f"owner@{slug}.example.com",
        request_id="made-for-a-test",
        preset=preset,
    )
    operator = system(row["id"], door=Door.CLI, request_id="made-for-a-test")
    _, scim_token = await tokens.scim_token_generate(operator, name="Directory")
    _, personal_token = await tokens.personal_create(membership["account_id"], name="Everything", scopes=TokenScope)
    request = Request(id="made-for-a-test")
    owner_actor = await access.enter(await tokens.identify_personal(personal_token, request), slug=slug)
    assert owner_actor is not None
    return Workspace(
        id=row["id"],
        slug=slug,
        owner_id=membership["id"],
        operator=operator,
        owner=owner_actor,
        directory=(await tokens.identify_scim(scim_token, request)).actor,
        personal_token=personal_token,
        scim_token=scim_token,
    )


async def make_person(workspace: Workspace, **attributes: Any) -> Row:
    """Someone the workspace's directory sent; the attributes are those of a SCIM User."""
    number = next(_numbers)
    user_name = attributes.get("userName", f"person{number}@{workspace.slug}.example.com")
    document = {
        "userName": user_name,
        "name": {"givenName": "Given", "familyName": f"Family {number}"},
        "displayName": f"Given Family {number}",
        "emails": [{"value": user_name, "type": "work", "primary": True}],
    }
    return (await memberships.provision(workspace.directory, document | attributes)).row


async def make_group(
    workspace: Workspace, *, name: str | None = None, members: int = 0, by_directory: bool = False
) -> Row:
    """A group of that many new people."""
    people = [await make_person(workspace) for _ in range(members)]
    actor = workspace.directory if by_directory else workspace.operator
    created = await groups.create(
        actor, display_name=name or f"Group {next(_numbers)}", member_ids=[person["id"] for person in people]
    )
    return created.row


@database.reads
async def audit_actions(workspace: Workspace) -> list[str]:
    """What the audit log of the workspace says was done, oldest first."""
    rows = await database.fetch_all(
        "SELECT action FROM audit_events WHERE workspace_id = ? ORDER BY sequence", workspace.id
    )
    return [row["action"] for row in rows]
