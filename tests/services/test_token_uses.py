"""When tokens were last used: the newest use of each, written together."""

import asyncio
from typing import Any

import pytest

from tenantry.errors import Busy
from tenantry.services import tokens
from tenantry.services.actor import Request
from tenantry.services.token_uses import TokenUses
from tenantry.services.tokens import TokenKind, TokenScope

from ..make import Workspace
from .looking import stored, unchanged


def by(address: str, agent: str | None = "Okta/1.0") -> Request:
    return Request(id="r-1", ip_address=address, user_agent=agent)


async def used(workspace: Workspace, token_id: str) -> tuple[Any, ...]:
    row = await stored("scim_tokens", token_id)
    assert row is not None
    return row["last_used_at"] is not None, row["last_used_ip"], row["last_user_agent"]


async def test_a_use_is_written_by_the_flush_and_not_before(workspace: Workspace) -> None:
    uses, id = TokenUses(), workspace.directory.id or ""
    uses.note(TokenKind.SCIM, id, by("192.0.2.1"))
    uses.note(TokenKind.SCIM, id, by("192.0.2.2", None))
    assert await used(workspace, id) == (False, None, None)
    await uses.flush()
    assert await used(workspace, id) == (True, "192.0.2.2", None)
    async with unchanged():
        await uses.flush()


async def test_tokens_of_both_kinds_are_told_apart(workspace: Workspace, other: Workspace) -> None:
    principal = await tokens.identify_personal(workspace.personal_token, by("192.0.2.1"))
    uses = TokenUses()
    uses.note(TokenKind.PERSONAL, principal.id, by("192.0.2.9"))
    uses.note(TokenKind.SCIM, workspace.directory.id or "", by("192.0.2.1"))
    uses.note(TokenKind.SCIM, other.directory.id or "", by("192.0.2.2"))
    await uses.flush()
    row = await stored("personal_access_tokens", principal.id)
    assert row is not None
    assert row["last_used_ip"] == "192.0.2.9"
    assert (await used(workspace, workspace.directory.id or ""))[1] == "192.0.2.1"
    assert (await used(other, other.directory.id or ""))[1] == "192.0.2.2"


async def test_a_flush_that_fails_is_made_good_by_the_next_use(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(*_: Any) -> None:
        raise Busy("no")

    uses, id = TokenUses(), workspace.directory.id or ""
    uses.note(TokenKind.SCIM, id, by("192.0.2.1"))
    with monkeypatch.context() as patch:
        patch.setattr(tokens, "note_uses", busy)
        with pytest.raises(Busy):
            await uses.flush()
    uses.note(TokenKind.SCIM, id, by("192.0.2.3"))
    await uses.flush()
    assert (await used(workspace, id))[1] == "192.0.2.3"


async def test_processes_that_flush_the_same_tokens_at_once_do_not_get_in_each_others_way(
    workspace: Workspace, other: Workspace
) -> None:
    account = (await tokens.identify_personal(workspace.personal_token, by("192.0.2.1"))).account_id
    ids = [(await tokens.personal_create(account, name=f"{n}", scopes=[TokenScope.ADMIN]))[0]["id"] for n in range(20)]
    processes = [TokenUses() for _ in range(6)]
    for number, uses in enumerate(processes):
        for id in ids if number % 2 else reversed(ids):
            uses.note(TokenKind.PERSONAL, id, by(f"192.0.2.{number}"))
    await asyncio.gather(*(uses.flush() for uses in processes))
