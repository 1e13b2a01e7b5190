import pytest

from tenantry.graph.ids import Kind
from tenantry.graph.policies import ProvisioningStatus
from tenantry.models import database, now
from tenantry.services import roles
from tenantry.services.actor import Permission
from tenantry.services.log_listings import ProvisioningStatus as Standing

from ..make import Workspace, audit_actions, make_person
from .asking import Asker, gid, make_role

POLICY = """policy { preset unknownMembers profileAuthority deactivation onboarding requireSsoBeforeScim groupLinking
    allowManualEditsToManaged version defaultRole { key } }"""
MANAGED = {
    "preset": "MANAGED",
    "unknownMembers": "SKIP",
    "profileAuthority": "DIRECTORY",
    "deactivation": "SUSPEND",
    "onboarding": "ACTIVE",
    "requireSsoBeforeScim": False,
    "groupLinking": "LINK_BY_NAME",
    "allowManualEditsToManaged": False,
    "version": 'W/"1"',
    "defaultRole": {"key": "minimal_workspace_access"},
}


def of(workspace: Workspace) -> str:
    return gid(Kind.WORKSPACE, workspace.id)


async def test_the_policy_is_read(owner: Asker, workspace: Workspace) -> None:
    query = f'{{ workspace(slug: "{workspace.slug}") {{ {POLICY.replace("policy", "provisioningPolicy", 1)} }} }}'
    assert (await owner.ask(query))["workspace"]["provisioningPolicy"] == MANAGED


async def test_a_preset_comes_first_then_the_single_choices(owner: Asker, workspace: Workspace) -> None:
    role_id = await make_role(workspace, Permission.WORKSPACE_READ)
    done = await owner.change("provisioningPolicyUpdate", POLICY, workspaceId=of(workspace), preset="INVITED")
    assert (done["policy"]["preset"], done["policy"]["onboarding"]) == ("INVITED", "INVITE")
    done = await owner.change(
        "provisioningPolicyUpdate",
        POLICY,
        workspaceId=of(workspace),
        preset="LINKED",
        deactivation="SUSPEND",
        unknownMembers="REJECT",
        allowManualEditsToManaged=True,
        requireSsoBeforeScim=True,
        groupLinking="REJECT_CONFLICT",
        defaultRoleId=gid(Kind.ROLE, role_id),
    )
    assert done == {
        "policy": MANAGED
        | {
            "preset": None,
            "profileAuthority": "ACCOUNT",
            "unknownMembers": "REJECT",
            "allowManualEditsToManaged": True,
            "requireSsoBeforeScim": True,
            "groupLinking": "REJECT_CONFLICT",
            "version": 'W/"3"',
            "defaultRole": {"key": f"custom-{role_id}"},
        },
        "errors": [],
    }
    assert (await audit_actions(workspace))[-1] == "provisioning_policy.updated"


async def test_a_choice_can_be_switched_off_again(owner: Asker, workspace: Workspace) -> None:
    for choice in (True, False):
        done = await owner.change(
            "provisioningPolicyUpdate", POLICY, workspaceId=of(workspace), requireSsoBeforeScim=choice
        )
        assert done["policy"]["requireSsoBeforeScim"] is choice


async def test_an_update_that_cannot_be_is_refused(owner: Asker, workspace: Workspace, other: Workspace) -> None:
    foreign = await make_role(other)
    (owner_role,) = [row for row in await roles.of_workspace(workspace.operator) if row["key"] == roles.OWNER]
    for input, code, path in (
        ({"expectedVersion": 'W/"7"'}, "VERSION_MISMATCH", ["expectedVersion"]),
        ({"defaultRoleId": gid(Kind.ROLE, owner_role)}, "INVALID", ["defaultRoleId"]),
        ({"defaultRoleId": gid(Kind.ROLE, foreign)}, "INVALID", ["defaultRoleId"]),
        ({"defaultRoleId": "nonsense"}, "NOT_FOUND", ["defaultRoleId"]),
        ({"workspaceId": of(other)}, "NOT_FOUND", ["workspaceId"]),
    ):
        done = await owner.change(
            "provisioningPolicyUpdate", POLICY, **({"workspaceId": of(workspace), "preset": "LINKED"} | input)
        )
        assert (done["policy"], done["errors"][0]["code"], done["errors"][0]["path"]) == (None, code, path)
    query = f'{{ workspace(slug: "{workspace.slug}") {{ provisioningPolicy {{ preset }} }} }}'
    assert (await owner.ask(query))["workspace"]["provisioningPolicy"] == {"preset": "MANAGED"}


async def test_the_status_tells_how_provisioning_goes(owner: Asker, workspace: Workspace) -> None:
    query = f"""{{ workspace(slug: "{workspace.slug}") {{ provisioningStatus {{
        enabled provider lastRequestAt managedMemberships managedGroups errorsLast24h }} }} }}"""
    nothing = {"provider": None, "lastRequestAt": None, "managedMemberships": 0, "managedGroups": 0, "errorsLast24h": 0}
    assert (await owner.ask(query))["workspace"]["provisioningStatus"] == {"enabled": True} | nothing
    scim = {"authorization": f"Bearer {workspace.scim_token}", "user-agent": "Okta SCIM Client 1.0.0"}
    body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ann@example.com"}
    for _ in range(2):
        await owner.client.post("/scim/v2/Users", json=body, headers=scim)
    group = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Platform"}
    await owner.client.post("/scim/v2/Groups", json=group, headers=scim)
    await make_person(workspace)
    await _used(workspace)
    status = (await owner.ask(query))["workspace"]["provisioningStatus"]
    assert status.pop("lastRequestAt")
    assert status.pop("errorsLast24h") in (0, 1)  # Refusals are written a moment later.
    assert status == {"enabled": True, "provider": "Okta", "managedMemberships": 2, "managedGroups": 1}
    token_id = (await owner.ask(f'{{ workspace(slug: "{workspace.slug}") {{ scimTokens {{ id }} }} }}'))["workspace"][
        "scimTokens"
    ]
    await owner.change("scimTokenRevoke", "token { state }", id=token_id[0]["id"])
    assert not (await owner.ask(query))["workspace"]["provisioningStatus"]["enabled"]


@database.writes
async def _used(workspace: Workspace) -> None:
    await database.execute(
        "UPDATE scim_tokens SET last_used_at = ?, last_user_agent = ? WHERE workspace_id = ?",
        now(),
        "Okta SCIM Client 1.0.0",
        workspace.id,
    )


@pytest.mark.parametrize(
    ("agent", "provider"),
    [
        ("Okta SCIM Client 1.0.0", "Okta"),
        ("JumpCloud SCIM", "JumpCloud"),
        ("curl/8", None),
        ("", None),
        (None, None),
    ],
)
def test_the_provider_is_known_by_what_its_software_calls_itself(agent: str | None, provider: str | None) -> None:
    standing = Standing(
        enabled=True, user_agent=agent, last_request_at=None, managed_memberships=0, managed_groups=0, errors_last_24h=0
    )
    assert ProvisioningStatus.of(standing).provider == provider
