import pytest

from tenantry.errors import Unauthenticated
from tenantry.graph import ids
from tenantry.graph.ids import Kind
from tenantry.models import database, now
from tenantry.services import policies, tokens
from tenantry.services.actor import Request
from tenantry.services.tokens import TokenScope

from ..make import Workspace, audit_actions
from .asking import Asker, gid

TOKEN = "token { id name prefix state expiresAt revokedAt createdBy { displayName } lastUsedAt } secret"
PERSONAL = "token { id name prefix scopes expiresAt revokedAt workspace { slug } } secret"


async def opens(secret: str) -> bool:
    try:
        await tokens.identify_scim(secret, Request(id="test"))
    except Unauthenticated:
        return False
    return True


@database.writes
async def expire(token_id: str) -> None:
    await database.execute("UPDATE scim_tokens SET expires_at = ? WHERE id = ?", now() - 1, token_id)


async def test_a_scim_token_is_shown_once(owner: Asker, workspace: Workspace) -> None:
    done = await owner.change(
        "scimTokenGenerate",
        TOKEN,
        workspaceId=gid(Kind.WORKSPACE, workspace.id),
        name="Okta",
        expiresAt="2999-01-01T00:00:00Z",
    )
    assert done["errors"] == []
    assert done["secret"].startswith(done["token"]["prefix"])
    assert await opens(done["secret"])
    assert done["token"]["expiresAt"] == "2999-01-01T00:00:00+00:00"
    assert (done["token"]["state"], done["token"]["createdBy"]) == ("ACTIVE", {"displayName": "owner"})
    listed = await owner.post(f'{{ workspace(slug: "{workspace.slug}") {{ scimTokens {{ id name prefix state }} }} }}')
    assert [token["name"] for token in listed.json()["data"]["workspace"]["scimTokens"]] == ["Okta", "Directory"]
    assert done["secret"] not in listed.text


async def test_a_scim_token_is_exchanged_with_an_overlap(owner: Asker, workspace: Workspace) -> None:
    made = await owner.change("scimTokenGenerate", TOKEN, workspaceId=gid(Kind.WORKSPACE, workspace.id), name="Okta")
    done = await owner.change(
        "scimTokenRotate", f"{TOKEN} previous {{ id state overlapEndsAt replacedBy {{ id }} }}", id=made["token"]["id"]
    )
    assert (done["previous"]["id"], done["previous"]["state"]) == (made["token"]["id"], "ROTATING")
    assert done["previous"]["replacedBy"] == {"id": done["token"]["id"]}
    assert done["previous"]["overlapEndsAt"]
    assert await opens(made["secret"])
    assert await opens(done["secret"])
    at_once = await owner.change(
        "scimTokenRotate", f"{TOKEN} previous {{ state replacedBy {{ id }} }}", id=done["token"]["id"], overlapSeconds=0
    )
    assert at_once["previous"] == {"state": "EXPIRED", "replacedBy": None}
    assert not await opens(done["secret"])
    again = await owner.change("scimTokenRotate", TOKEN, id=done["token"]["id"])
    assert again["errors"][0]["code"] == "ALREADY_EXISTS"
    odd = await owner.change("scimTokenRotate", TOKEN, id=at_once["token"]["id"], overlapSeconds=-1)
    assert (odd["errors"][0]["code"], odd["errors"][0]["path"]) == ("INVALID", ["overlapSeconds"])


async def test_a_scim_token_is_revoked(owner: Asker, workspace: Workspace) -> None:
    made = await owner.change("scimTokenGenerate", TOKEN, workspaceId=gid(Kind.WORKSPACE, workspace.id), name="Okta")
    for _ in range(2):
        done = await owner.change("scimTokenRevoke", TOKEN, id=made["token"]["id"])
        assert (done["token"]["state"], done["secret"], done["errors"]) == ("REVOKED", None, [])
    assert not await opens(made["secret"])
    assert (await audit_actions(workspace))[-1:] == ["scim_token.revoked"]
    query = f"""query($all: Boolean!) {{ workspace(slug: "{workspace.slug}") {{
        scimTokens(includeRevoked: $all) {{ name state }} }} }}"""
    assert [token["name"] for token in (await owner.ask(query, all=False))["workspace"]["scimTokens"]] == ["Directory"]
    assert len((await owner.ask(query, all=True))["workspace"]["scimTokens"]) == 2


async def test_an_expired_scim_token_says_so(owner: Asker, workspace: Workspace) -> None:
    made = await owner.change("scimTokenGenerate", TOKEN, workspaceId=gid(Kind.WORKSPACE, workspace.id), name="Okta")
    query = "query($id: ID!) { node(id: $id) { ... on ScimToken { state } } }"
    assert (await owner.ask(query, id=made["token"]["id"]))["node"] == {"state": "ACTIVE"}
    await expire(ids.expect(Kind.SCIM_TOKEN, made["token"]["id"]))
    assert (await owner.ask(query, id=made["token"]["id"]))["node"] == {"state": "EXPIRED"}


async def test_what_has_to_come_first_is_told(owner: Asker, workspace: Workspace) -> None:
    await policies.update(workspace.owner, require_sso_before_scim=True)
    done = await owner.change("scimTokenGenerate", TOKEN, workspaceId=gid(Kind.WORKSPACE, workspace.id), name="Okta")
    (error,) = done["errors"]
    assert (error["__typename"], error["code"], error["missing"]) == (
        "PrerequisiteError",
        "PREREQUISITE",
        ["ACTIVE_SSO_CONNECTION"],
    )


@pytest.mark.parametrize(("field", "value"), [("name", ""), ("expiresAt", "2001-01-01T00:00:00Z")])
async def test_an_odd_token_is_refused(owner: Asker, workspace: Workspace, field: str, value: str) -> None:
    input = {"workspaceId": gid(Kind.WORKSPACE, workspace.id), "name": "Okta", field: value}
    (error,) = (await owner.change("scimTokenGenerate", TOKEN, **input))["errors"]
    assert (error["code"], error["path"]) == ("INVALID", [field])
    personal = {"name": "Mine", "scopes": ["ADMIN"], field: value}
    (error,) = (await owner.change("personalAccessTokenCreate", PERSONAL, **personal))["errors"]
    assert (error["code"], error["path"]) == ("INVALID", [field])


async def test_scim_tokens_of_another_workspace_are_not_found(
    owner: Asker, stranger: Asker, workspace: Workspace
) -> None:
    made = await owner.change("scimTokenGenerate", TOKEN, workspaceId=gid(Kind.WORKSPACE, workspace.id), name="Okta")
    for mutation in ("scimTokenRotate", "scimTokenRevoke"):
        for id in (made["token"]["id"], "nonsense"):
            (error,) = (await stranger.change(mutation, TOKEN, id=id))["errors"]
            assert (error["code"], error["path"], error["id"]) == ("NOT_FOUND", ["id"], id)
    (error,) = (
        await stranger.change("scimTokenGenerate", TOKEN, workspaceId=gid(Kind.WORKSPACE, workspace.id), name="x")
    )["errors"]
    assert error["code"] == "NOT_FOUND"
    assert await opens(made["secret"])


async def test_a_personal_token_is_made_used_and_revoked(owner: Asker, workspace: Workspace) -> None:
    made = await owner.change(
        "personalAccessTokenCreate",
        PERSONAL,
        name="Script",
        scopes=["READ_DIRECTORY"],
        workspaceId=gid(Kind.WORKSPACE, workspace.id),
        expiresAt="2999-01-01T00:00:00+00:00",
    )
    assert made["token"]["scopes"] == ["READ_DIRECTORY"]
    assert made["token"]["workspace"] == {"slug": workspace.slug}
    script = Asker(owner.client, made["secret"])
    query = f'{{ workspace(slug: "{workspace.slug}") {{ viewerPermissions memberships {{ totalCount }} }} }}'
    found = (await script.ask(query))["workspace"]
    assert "MEMBERS_READ" in found["viewerPermissions"]
    assert "MEMBERS_MANAGE" not in found["viewerPermissions"]
    done = await owner.change("personalAccessTokenRevoke", PERSONAL, id=made["token"]["id"])
    assert done["token"]["revokedAt"]
    assert (await script.post(query)).status_code == 401
    query = "query($all: Boolean!) { viewer { personalAccessTokens(includeRevoked: $all) { nodes { name } } } }"
    assert [t["name"] for t in (await owner.ask(query, all=False))["viewer"]["personalAccessTokens"]["nodes"]] == [
        "Everything"
    ]
    assert [t["name"] for t in (await owner.ask(query, all=True))["viewer"]["personalAccessTokens"]["nodes"]] == [
        "Script",
        "Everything",
    ]


async def test_a_lesser_token_makes_no_tokens_and_ends_none(owner: Asker, workspace: Workspace) -> None:
    account_id = str(workspace.owner.account_id)
    lesser = [
        await tokens.personal_create(account_id, name="Reads", scopes=[TokenScope.READ_DIRECTORY]),
        await tokens.personal_create(account_id, name="Bound", scopes=TokenScope, workspace_id=workspace.id),
    ]
    for row, secret in lesser:
        asker = Asker(owner.client, secret)
        create = 'mutation { personalAccessTokenCreate(input: {name: "More", scopes: [ADMIN]}) { secret } }'
        assert await asker.codes(create) == ["FORBIDDEN"]
        id = gid(Kind.PERSONAL_ACCESS_TOKEN, row)
        assert await asker.codes(f'mutation {{ personalAccessTokenRevoke(input: {{id: "{id}"}}) {{ secret }} }}') == [
            "FORBIDDEN"
        ]


async def test_somebody_elses_personal_token_is_not_found(owner: Asker, stranger: Asker) -> None:
    (token,) = (await owner.ask("{ viewer { personalAccessTokens { nodes { id } } } }"))["viewer"][
        "personalAccessTokens"
    ]["nodes"]
    for id in (token["id"], "nonsense"):
        (error,) = (await stranger.change("personalAccessTokenRevoke", PERSONAL, id=id))["errors"]
        assert (error["code"], error["path"], error["id"]) == ("NOT_FOUND", ["id"], id)
    assert await stranger.ask("query($id: ID!) { node(id: $id) { id } }", id=token["id"]) == {"node": None}
    assert await owner.ask("{ __typename }")


async def test_a_personal_token_is_not_made_for_a_workspace_of_others(stranger: Asker, workspace: Workspace) -> None:
    done = await stranger.change(
        "personalAccessTokenCreate",
        PERSONAL,
        name="Spy",
        scopes=["ADMIN"],
        workspaceId=gid(Kind.WORKSPACE, workspace.id),
    )
    assert (done["token"], done["errors"][0]["code"], done["errors"][0]["path"]) == (None, "NOT_FOUND", ["workspaceId"])
