"""Workspaces: made with their roles, their policy, and an owner."""

import re

from ..errors import Conflict, InvalidInput
from ..models import Workspace, WorkspaceHead, database, new_id, now
from ..models.database import Duplicate, Row
from . import accounts, audit, memberships, policies, roles, texts
from .actor import Actor, Door, Permission, system

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


@database.reads
async def get(actor: Actor) -> Row:
    actor.require(Permission.WORKSPACE_READ)
    row = await database.fetch_one("SELECT * FROM workspaces WHERE id = ?", actor.workspace_id)
    assert row is not None
    return row


@database.reads
async def find(slug: str) -> Row | None:
    """The workspace an operator names. It asks nobody for permission: the doors of people go through `access.enter`."""
    return await database.fetch_one("SELECT * FROM workspaces WHERE slug = ?", slug)


@database.writes
async def create(
    *,
    name: str,
    slug: str,
    owner_email: str,
    request_id: str,
    owner_name: str | None = None,
    preset: str = policies.DEFAULT_PRESET,
    door: Door = Door.CLI,
) -> tuple[Row, Row]:
    """(the workspace, its owner's membership). The operator vouches for the owner's address.

    refuses   InvalidInput for a slug that is not SLUG; Conflict for one that is taken
    """
    if not SLUG.fullmatch(slug):
        raise InvalidInput("A slug is 1 to 63 lower-case letters, digits and inner hyphens", path=("slug",))
    id, moment = new_id(), now()
    try:
        await database.insert(
            Workspace, id=id, slug=slug, name=texts.name(name, path=("name",)), created_at=moment, updated_at=moment
        )
    except Duplicate as taken:
        raise Conflict(f"The slug {slug} is taken") from taken
    await database.insert(
        WorkspaceHead,
        workspace_id=id,
        audit_sequence=0,
        audit_hash=audit.FIRST_HASH,
        membership_count=0,
        group_count=0,
    )
    role_ids = await roles.create_built_in(id)
    await policies.create(id, preset=preset, default_role_id=role_ids[roles.MINIMAL])
    actor = system(id, door=door, request_id=request_id)
    audit.record(actor, "workspace.created", target_kind="workspace", target_id=id, target_label=name)
    owner = await memberships.add(actor, email=owner_email, display_name=owner_name or owner_email.partition("@")[0])
    await accounts.mark_proven(owner["account_id"])
    await memberships.accept(actor, owner["id"])
    await roles.set_for_membership(actor, owner["id"], [role_ids[roles.OWNER]])
    workspace = await database.fetch_one("SELECT * FROM workspaces WHERE id = ?", id)
    assert workspace is not None
    return workspace, owner
