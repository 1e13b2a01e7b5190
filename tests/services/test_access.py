"""From a credential to what it may do in one workspace."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from tenantry.models import new_id
from tenantry.models.database import Row
from tenantry.services import access, groups, memberships, roles, tokens
from tenantry.services.access import SCOPES
from tenantry.services.actor import Actor, Door, Permission, Principal, Request
from tenantry.services.roles import BUILT_IN
from tenantry.services.tokens import TokenScope

from ..make import Workspace, make_group, make_person, make_workspace
from .looking import role_id

PERMISSIONS = {role.key: role.permissions for role in BUILT_IN}


async def principal_of(
    row: Row, *, scopes: Iterable[TokenScope] = (TokenScope.ADMIN,), only: str | None = None
) -> Principal:
    _, secret = await tokens.personal_create(row["account_id"], name="Token", scopes=scopes, workspace_id=only)
    return await tokens.identify_personal(secret, Request(id="r-1"))


async def holding(workspace: Workspace, *keys: str) -> Row:
    """Someone with these roles."""
    person = await make_person(workspace)
    wanted = [await role_id(workspace, key) for key in keys]
    return await roles.set_for_membership(workspace.owner, person["id"], wanted)


async def entered(workspace: Workspace, row: Row, *scopes: TokenScope) -> Actor:
    actor = await access.enter(await principal_of(row, scopes=scopes), workspace_id=workspace.id)
    assert actor is not None
    return actor


@pytest.mark.parametrize("key", PERMISSIONS)
async def test_a_role_gives_its_permissions(workspace: Workspace, key: str) -> None:
    row = await holding(workspace, key)
    actor = await entered(workspace, row, *TokenScope)
    assert (actor.permissions, actor.is_owner) == (PERMISSIONS[key], key == "workspace_owner")
    assert (actor.membership_id, actor.account_id, actor.door) == (row["id"], row["account_id"], Door.GRAPHQL)
    assert not actor.is_directory


async def test_roles_add_up(workspace: Workspace) -> None:
    row = await holding(workspace, "source_admin", "provisioning_admin")
    actor = await entered(workspace, row, *TokenScope)
    assert actor.permissions == PERMISSIONS["source_admin"] | PERMISSIONS["provisioning_admin"]


async def test_without_a_role_one_is_in_and_may_nothing(workspace: Workspace) -> None:
    actor = await entered(workspace, await holding(workspace), TokenScope.ADMIN)
    assert actor.permissions == frozenset()


async def test_a_group_gives_its_roles_to_its_members(workspace: Workspace) -> None:
    row = await holding(workspace)
    group = await make_group(workspace)
    await roles.set_for_group(workspace.owner, group["id"], [await role_id(workspace, "workspace_admin")])
    assert (await entered(workspace, row, TokenScope.ADMIN)).permissions == frozenset()
    await groups.change_members(workspace.owner, group["id"], add=[row["id"]])
    actor = await entered(workspace, row, TokenScope.ADMIN)
    assert (actor.permissions, actor.is_owner) == (PERMISSIONS["workspace_admin"], False)


@pytest.mark.parametrize("scope", TokenScope)
@pytest.mark.parametrize("key", ["workspace_owner", "source_read_only"])
async def test_a_scope_never_gives_more_than_the_person_has(workspace: Workspace, key: str, scope: TokenScope) -> None:
    actor = await entered(workspace, await holding(workspace, key), scope)
    assert actor.permissions == PERMISSIONS[key] & SCOPES[scope]
    assert actor.is_owner == (key == "workspace_owner" and scope is TokenScope.ADMIN)


def test_scopes_are_what_they_say() -> None:
    assert {name for name in SCOPES[TokenScope.READ_DIRECTORY] if not name.endswith("_READ")} == set()
    assert Permission.AUDIT_READ not in SCOPES[TokenScope.WRITE_DIRECTORY]
    managing = {name for name in SCOPES[TokenScope.WRITE_DIRECTORY] if name.endswith("_MANAGE")}
    assert managing == {"MEMBERS_MANAGE", "GROUPS_MANAGE"}
    assert SCOPES[TokenScope.READ_AUDIT] == {"WORKSPACE_READ", "AUDIT_READ"}
    assert SCOPES[TokenScope.ADMIN] == set(Permission)


async def test_scopes_add_up_and_none_gives_nothing(workspace: Workspace) -> None:
    row = await holding(workspace, "workspace_owner")
    both = await entered(workspace, row, TokenScope.READ_DIRECTORY, TokenScope.READ_AUDIT)
    assert both.permissions == SCOPES[TokenScope.READ_DIRECTORY] | SCOPES[TokenScope.READ_AUDIT]
    assert (await entered(workspace, row)).permissions == frozenset()


@pytest.mark.parametrize("state", ["INVITED", "SUSPENDED", "REMOVED", "deleted"])
@pytest.mark.usefixtures("tables")
async def test_only_the_active_get_in(state: str) -> None:
    workspace = await make_workspace(preset="INVITED" if state == "INVITED" else "MANAGED")
    person = await make_person(workspace)
    principal = await principal_of(person)
    if state != "INVITED":
        assert await access.enter(principal, workspace_id=workspace.id) is not None
    match state:
        case "SUSPENDED":
            await memberships.suspend(workspace.owner, person["id"])
        case "REMOVED":
            await memberships.remove(workspace.owner, person["id"])
        case "deleted":
            await memberships.delete(workspace.owner, person["id"])
    assert await access.enter(principal, workspace_id=workspace.id) is None
    assert await access.enter(principal, slug=workspace.slug) is None


async def test_a_workspace_one_is_not_in_and_one_that_is_not_sound_the_same(
    workspace: Workspace, other: Workspace
) -> None:
    principal = await principal_of(await make_person(workspace))
    assert await access.enter(principal, workspace_id=other.id) is None
    assert await access.enter(principal, slug=other.slug) is None
    assert await access.enter(principal, workspace_id=new_id()) is None
    assert await access.enter(principal, slug="nowhere") is None


async def test_a_token_of_one_workspace_opens_no_other(workspace: Workspace, other: Workspace) -> None:
    person = await make_person(workspace, userName="ada@example.com")
    await make_person(other, userName="ada@example.com")
    everywhere, bound = await principal_of(person), await principal_of(person, only=workspace.id)
    for door in (workspace, other):
        assert (await access.enter(everywhere, slug=door.slug)) is not None
    assert await access.enter(bound, slug=workspace.slug) is not None
    assert await access.enter(bound, slug=other.slug) is None


async def test_rights_in_one_workspace_are_none_in_another(workspace: Workspace, other: Workspace) -> None:
    owner = await memberships.get(workspace.owner, workspace.owner_id)
    await make_person(other, userName=owner["email"])
    actor = await access.enter(await principal_of(owner), slug=other.slug)
    assert actor is not None
    assert (actor.permissions, actor.is_owner) == (PERMISSIONS["minimal_workspace_access"], False)


async def test_an_account_of_nobody_gets_in_nowhere(workspace: Workspace) -> None:
    principal = await principal_of(await make_person(workspace))
    assert await access.enter(replace(principal, account_id=new_id()), workspace_id=workspace.id) is None
