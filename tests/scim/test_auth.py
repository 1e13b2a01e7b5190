"""Who may come in: bearer tokens of one workspace (RFC 6750, RFC 7644 §2 and §7)."""

from collections.abc import Iterator

import httpx
import pytest
from starlette.applications import Starlette

from tenantry import models
from tenantry.models import database
from tenantry.models.database import Row
from tenantry.services import tokens
from tenantry.services.tokens import TokenKind

from ..make import Workspace
from .provider import BASE, connect, new_user, refusal, user
from .provider import resource as good
from .waiting import until

SOMEONE = "01890000-0000-7000-8000-000000000000"


@pytest.fixture
def nobody(scim: httpx.AsyncClient) -> httpx.AsyncClient:
    """Someone who shows no token."""
    del scim.headers["Authorization"]
    return scim


async def answer_to(scim: httpx.AsyncClient, authorization: str) -> int:
    return (await scim.get("/Users", headers={"Authorization": authorization})).status_code


@pytest.mark.parametrize(
    "path",
    [
        "/Users",
        f"/Users/{SOMEONE}",
        "/%55sers",
        "/Users%2F",
        "/Groups",
        "/Schemas",
        "/ResourceTypes",
        "/ServiceProviderConfig/x",
        "/ServiceProviderConfig%2F..%2FUsers",
        "/Nothing",
        "/",
        "//Users",
    ],
)
async def test_nothing_is_said_to_who_shows_no_token(nobody: httpx.AsyncClient, path: str) -> None:
    """SCIM-SEC-01, -03, -04 (RFC 7644 §2): not even which paths there are, however they are written."""
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"):
        answer = await nobody.request(method, f"{BASE}{path}")
        assert refusal(answer) == (401, None)
        assert answer.headers["www-authenticate"] == 'Bearer realm="SCIM"'


async def test_the_way_in_is_told_to_everybody(nobody: httpx.AsyncClient) -> None:
    """SCIM-DISC-24 (RFC 7643 §5), but to nobody with a bad token."""
    assert good(await nobody.get("/ServiceProviderConfig"))["authenticationSchemes"]
    assert good(await nobody.get("/%53erviceProviderConfig"))
    bad = await nobody.get("/ServiceProviderConfig", headers={"Authorization": "Bearer x"})
    assert refusal(bad) == (401, None)
    assert refusal(await nobody.post("/ServiceProviderConfig"))[0] in (401, 405)


def wrong_tokens(workspace: Workspace) -> Iterator[str]:
    token = workspace.scim_token
    yield ""
    yield "Bearer"
    yield "Bearer "
    yield "Bearer x"
    yield f"Basic {token}"
    yield f"Token {token}"
    yield f"Bearer {token}x"
    yield f"Bearer {token[:-1]}"
    yield f"Bearer {token} {token}"
    yield f"Bearer {token.swapcase()}"
    yield f"Bearer {tokens.generate(TokenKind.SCIM).text}"
    yield f"Bearer {tokens.generate(TokenKind.PERSONAL).text}"
    # What a person may do with their token has other rules, and other doors.
    yield f"Bearer {workspace.personal_token}"


async def test_a_wrong_token_is_refused_whatever_is_wrong(nobody: httpx.AsyncClient, workspace: Workspace) -> None:
    """SCIM-SEC-02 (RFC 6750 §3.1): all alike."""
    answers = [
        await nobody.get("/Users", headers={"Authorization": authorization})
        for authorization in wrong_tokens(workspace)
    ]
    assert {refusal(answer) for answer in answers} == {(401, None)}
    assert len({answer.content for answer in answers}) == 1


@pytest.mark.parametrize("form", ["Bearer {}", "bearer {}", "BEARER   {}  ", "{}"])
async def test_a_token_is_taken_as_providers_send_it(
    nobody: httpx.AsyncClient, workspace: Workspace, form: str
) -> None:
    """SCIM-SEC-07 (RFC 9110 §11.1); older Okta templates send the field as it was typed, without a scheme."""
    assert await answer_to(nobody, form.format(workspace.scim_token)) == 200


@pytest.mark.parametrize("name", ["access_token", "token", "authorization"])
async def test_a_token_in_the_address_is_not_taken(nobody: httpx.AsyncClient, workspace: Workspace, name: str) -> None:
    """SCIM-SEC-05 (RFC 6750 §5.3): addresses are written to logs."""
    assert refusal(await nobody.get("/Users", params={name: workspace.scim_token})) == (401, None)
    form = await nobody.post("/Users", data={name: workspace.scim_token})
    assert refusal(form) == (401, None)


async def test_a_token_opens_its_own_workspace(
    scim: httpx.AsyncClient, elsewhere: httpx.AsyncClient, workspace: Workspace
) -> None:
    """SCIM-SEC-11 (RFC 7644 §6)."""
    here = await new_user(scim)
    assert refusal(await elsewhere.get(f"/Users/{here['id']}")) == (404, None)
    assert good(await scim.get(f"/Users/{workspace.owner_id}"))["id"] == workspace.owner_id


async def test_a_revoked_token_is_refused_at_once(scim: httpx.AsyncClient, workspace: Workspace) -> None:
    assert (await scim.get("/Users")).status_code == 200
    assert workspace.directory.id
    await tokens.scim_token_revoke(workspace.operator, workspace.directory.id)
    assert refusal(await scim.get("/Users")) == (401, None)
    assert refusal(await scim.post("/Users", json=user())) == (401, None)


async def test_a_token_works_until_it_expires(
    scim: httpx.AsyncClient, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    expires_at = models.now() + 60_000_000
    _, secret = await tokens.scim_token_generate(workspace.operator, name="Short", expires_at=expires_at)
    assert await answer_to(scim, f"Bearer {secret}") == 200
    monkeypatch.setattr(tokens, "now", lambda: expires_at - 1)
    assert await answer_to(scim, f"Bearer {secret}") == 200
    monkeypatch.setattr(tokens, "now", lambda: expires_at)
    assert await answer_to(scim, f"Bearer {secret}") == 401


async def test_an_exchanged_token_works_until_the_overlap_ends(
    scim: httpx.AsyncClient, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert workspace.directory.id
    new, secret, old = await tokens.scim_token_rotate(workspace.operator, workspace.directory.id, overlap_seconds=60)
    both = (f"Bearer {workspace.scim_token}", f"Bearer {secret}")
    assert [await answer_to(scim, token) for token in both] == [200, 200]
    monkeypatch.setattr(tokens, "now", lambda: old["overlap_ends_at"])
    assert [await answer_to(scim, token) for token in both] == [401, 200]
    assert new["id"] != old["id"]


async def test_several_tokens_work_at_once(app: Starlette, workspace: Workspace) -> None:
    scim = connect(app, workspace)
    secrets = [(await tokens.scim_token_generate(workspace.operator, name=f"Token {n}"))[1] for n in range(3)]
    assert [await answer_to(scim, f"Bearer {secret}") for secret in secrets] == [200] * 3


async def test_the_last_use_of_a_token_is_kept(scim: httpx.AsyncClient, workspace: Workspace) -> None:
    before = models.now()
    await scim.get("/Users", headers={"User-Agent": "Okta SCIM Client 1.0.0"})
    await scim.get("/Users", headers={"User-Agent": "x" * 300})

    @database.reads
    async def last_use() -> Row | None:
        query = "SELECT * FROM scim_tokens WHERE id = ? AND last_user_agent LIKE 'x%'"
        return await database.fetch_one(query, workspace.directory.id)

    kept = await until(last_use)
    assert before <= kept["last_used_at"] <= models.now()
    assert (kept["last_used_ip"], kept["last_user_agent"]) == ("127.0.0.1", "x" * 200)
