"""Bearer secrets: their form, their life, and what is kept of them."""

import re
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.errors import Conflict, Forbidden, InvalidInput, NotFound, Prerequisite, Unauthenticated
from tenantry.models import database, new_id, now
from tenantry.services import memberships, own_tokens, policies, tokens
from tenantry.services.actor import Permission, Principal, Request
from tenantry.services.tokens import SCIM_PERMISSIONS, TokenKind, TokenScope

from ..make import Workspace, audit_actions
from .looking import everything, last_audit_event, only, stored, unchanged

REQUEST = Request(id="r-1", ip_address="192.0.2.1", user_agent="Okta/1.0")
SECOND = 1_000_000
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Move the time as tokens see it, by seconds."""
    ahead = 0.0

    def move(seconds: float) -> None:
        nonlocal ahead
        ahead += seconds

    monkeypatch.setattr(tokens, "now", lambda: now() + int(ahead * SECOND))
    return move


async def refused(text: str) -> bool:
    try:
        await tokens.identify_scim(text, REQUEST)
    except Unauthenticated as error:
        return error.detail == tokens.REFUSAL
    return False


@pytest.mark.parametrize("kind", TokenKind)
def test_a_secret_has_a_prefix_256_random_bits_and_a_checksum(kind: TokenKind) -> None:
    secret = tokens.generate(kind)
    parts = re.fullmatch(r"(tnt_(?:scim|pat)_)([0-9A-Za-z]{43})([0-9A-Za-z]{6})", secret.text)
    assert parts
    assert parts[1] == kind
    checksum = sum(LETTERS.index(letter) * 62**place for place, letter in enumerate(reversed(parts[3])))
    assert checksum == zlib.crc32((parts[1] + parts[2]).encode())
    assert secret.text.startswith(secret.prefix)
    assert len(secret.prefix) == 14
    assert len({tokens.generate(kind).text for _ in range(100)}) == 100


@given(st.integers(0, 60), st.sampled_from(LETTERS + "_-é "))
def test_a_secret_with_one_letter_changed_is_not_well_formed(place: int, letter: str) -> None:
    text = tokens.generate(TokenKind.SCIM).text
    place %= len(text)
    changed = text[:place] + letter + text[place + 1 :]
    assert tokens.is_well_formed(changed, TokenKind.SCIM) == (changed == text)


async def test_a_malformed_secret_is_refused_without_asking_the_database(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: Any) -> None:
        raise AssertionError("asked")

    monkeypatch.setattr(database, "fetch_one", fail)
    for text in ("", "x", workspace.scim_token[:-1], workspace.scim_token + "0", workspace.personal_token, "é" * 58):
        assert await refused(text)
    with pytest.raises(Unauthenticated):
        await tokens.identify_personal(workspace.scim_token, REQUEST)


async def test_the_database_never_holds_a_secret(workspace: Workspace) -> None:
    row, secret = await tokens.scim_token_generate(workspace.owner, name="Okta")
    _, replacement, _ = await tokens.scim_token_rotate(workspace.owner, row["id"])
    dump = str(await everything())
    for text in (secret, replacement, workspace.scim_token, workspace.personal_token):
        assert text not in dump
        assert text[15:] not in dump
        assert tokens.hash_of(text) in dump


class TestScim:
    async def test_a_token_opens_its_workspace_with_a_directorys_permissions(self, workspace: Workspace) -> None:
        row, secret = await tokens.scim_token_generate(workspace.owner, name=" Okta ")
        caller = await tokens.identify_scim(secret, REQUEST)
        actor = caller.actor
        assert (actor.workspace_id, actor.id, actor.label) == (workspace.id, row["id"], "Okta")
        assert (actor.kind, actor.door, actor.is_directory, actor.is_owner) == ("SCIM_TOKEN", "SCIM", True, False)
        assert (actor.permissions, actor.membership_id, actor.request) == (SCIM_PERMISSIONS, None, REQUEST)
        assert policies.preset_of(caller.policy) == "MANAGED"
        assert (row["created_by_id"], row["expires_at"], row["last_used_at"]) == (workspace.owner.id, None, None)
        event = await last_audit_event(workspace)
        assert (event["action"], event["target_id"]) == ("scim_token.generated", row["id"])

    def test_a_directory_can_never_give_rights(self) -> None:
        assert {"MEMBERS_READ", "MEMBERS_MANAGE", "GROUPS_MANAGE", "WORKSPACE_READ"} == SCIM_PERMISSIONS

    async def test_several_work_at_a_time_up_to_a_limit(self, workspace: Workspace) -> None:
        made = [await tokens.scim_token_generate(workspace.owner, name=f"Token {number}") for number in range(9)]
        assert not any([await refused(secret) for _, secret in made])
        async with unchanged():
            with pytest.raises(Conflict):
                await tokens.scim_token_generate(workspace.owner, name="one more")
        await tokens.scim_token_revoke(workspace.owner, made[0][0]["id"])
        await tokens.scim_token_generate(workspace.owner, name="one more")

    async def test_an_expired_token_is_refused_and_makes_room(
        self, workspace: Workspace, clock: Callable[[float], None]
    ) -> None:
        ends = now() + 60 * SECOND
        made = [await tokens.scim_token_generate(workspace.owner, name=f"{n}", expires_at=ends) for n in range(9)]
        assert not any([await refused(secret) for _, secret in made])
        clock(60)
        assert all([await refused(secret) for _, secret in made])
        await tokens.scim_token_generate(workspace.owner, name="one more")

    async def test_a_token_cannot_expire_in_the_past(self, workspace: Workspace) -> None:
        async with unchanged():
            with pytest.raises(InvalidInput) as error:
                await tokens.scim_token_generate(workspace.owner, name="Okta", expires_at=now() - 1)
        assert error.value.path == ("expiresAt",)

    async def test_a_revoked_token_is_refused_at_once(self, workspace: Workspace) -> None:
        row, secret = await tokens.scim_token_generate(workspace.owner, name="Okta")
        revoked = await tokens.scim_token_revoke(workspace.owner, row["id"])
        assert revoked["revoked_at"] is not None
        assert await refused(secret)
        assert (await last_audit_event(workspace))["action"] == "scim_token.revoked"
        async with unchanged():
            await tokens.scim_token_revoke(workspace.owner, row["id"])

    async def test_an_unknown_token_is_not_found(self, workspace: Workspace) -> None:
        async with unchanged():
            for work in (tokens.scim_token_revoke, tokens.scim_token_rotate):
                with pytest.raises(NotFound):
                    await work(workspace.owner, new_id())

    async def test_where_single_sign_on_comes_first_there_is_no_token_yet(self, workspace: Workspace) -> None:
        await policies.update(workspace.owner, require_sso_before_scim=True)
        async with unchanged():
            with pytest.raises(Prerequisite) as error:
                await tokens.scim_token_generate(workspace.owner, name="Okta")
        assert error.value.missing == ("ACTIVE_SSO_CONNECTION",)

    @pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 251])
    async def test_a_name_people_cannot_read_is_refused(self, workspace: Workspace, name: str) -> None:
        async with unchanged():
            with pytest.raises(InvalidInput):
                await tokens.scim_token_generate(workspace.owner, name=name)


class TestRotation:
    async def test_both_work_until_the_overlap_ends(self, workspace: Workspace, clock: Callable[[float], None]) -> None:
        row, old = await tokens.scim_token_generate(workspace.owner, name="Okta")
        before = await audit_actions(workspace)
        new_row, new, old_row = await tokens.scim_token_rotate(workspace.owner, row["id"], overlap_seconds=3600)
        assert (new_row["name"], old_row["id"], old_row["replaced_by_id"]) == ("Okta", row["id"], new_row["id"])
        assert (await audit_actions(workspace))[len(before) :] == ["scim_token.rotated"]
        assert [await refused(old), await refused(new)] == [False, False]
        clock(3599)
        assert [await refused(old), await refused(new)] == [False, False]
        clock(2)
        assert [await refused(old), await refused(new)] == [True, False]

    async def test_without_an_overlap_the_old_one_ends_at_once(self, workspace: Workspace) -> None:
        row, old = await tokens.scim_token_generate(workspace.owner, name="Okta")
        _, new, _ = await tokens.scim_token_rotate(workspace.owner, row["id"], overlap_seconds=0)
        assert [await refused(old), await refused(new)] == [True, False]

    async def test_the_new_one_lives_as_long_as_the_old_one_did(
        self, workspace: Workspace, clock: Callable[[float], None]
    ) -> None:
        row, _ = await tokens.scim_token_generate(workspace.owner, name="Okta", expires_at=now() + 100 * SECOND)
        clock(90)
        new, _, _ = await tokens.scim_token_rotate(workspace.owner, row["id"])
        assert abs(new["expires_at"] - (now() + 190 * SECOND)) < 5 * SECOND

    async def test_one_that_has_ended_or_is_replaced_is_not_rotated(self, workspace: Workspace) -> None:
        replaced, _ = await tokens.scim_token_generate(workspace.owner, name="Okta")
        await tokens.scim_token_rotate(workspace.owner, replaced["id"])
        revoked, _ = await tokens.scim_token_generate(workspace.owner, name="Entra")
        await tokens.scim_token_revoke(workspace.owner, revoked["id"])
        for row in (replaced, revoked):
            async with unchanged():
                with pytest.raises(Conflict):
                    await tokens.scim_token_rotate(workspace.owner, row["id"])

    @pytest.mark.parametrize("seconds", [-1, 30 * 24 * 3600 + 1])
    async def test_an_overlap_out_of_bounds_is_refused(self, workspace: Workspace, seconds: int) -> None:
        row, _ = await tokens.scim_token_generate(workspace.owner, name="Okta")
        async with unchanged():
            with pytest.raises(InvalidInput) as error:
                await tokens.scim_token_rotate(workspace.owner, row["id"], overlap_seconds=seconds)
        assert error.value.path == ("overlapSeconds",)

    async def test_both_may_be_revoked_during_the_overlap(self, workspace: Workspace) -> None:
        row, old = await tokens.scim_token_generate(workspace.owner, name="Okta")
        new_row, new, _ = await tokens.scim_token_rotate(workspace.owner, row["id"])
        await tokens.scim_token_revoke(workspace.owner, row["id"])
        assert [await refused(old), await refused(new)] == [True, False]
        await tokens.scim_token_revoke(workspace.owner, new_row["id"])
        assert await refused(new)


async def account_of(workspace: Workspace) -> str:
    account_id: str = (await memberships.get(workspace.owner, workspace.owner_id))["account_id"]
    return account_id


class TestPersonal:
    async def test_a_token_says_whose_it_is_and_what_it_was_made_for(self, workspace: Workspace) -> None:
        account = await account_of(workspace)
        scopes = [TokenScope.READ_AUDIT, TokenScope.READ_AUDIT, TokenScope.READ_DIRECTORY]
        row, secret = await tokens.personal_create(account, name="Script", scopes=scopes, workspace_id=workspace.id)
        principal = await tokens.identify_personal(secret, REQUEST)
        assert principal == Principal(
            kind=principal.kind,
            id=row["id"],
            label="Script",
            account_id=account,
            scopes=frozenset({"READ_AUDIT", "READ_DIRECTORY"}),
            only_workspace_id=workspace.id,
            request=REQUEST,
        )
        assert principal.kind == "PERSONAL_ACCESS_TOKEN"
        with pytest.raises(Unauthenticated):
            await tokens.identify_scim(secret, REQUEST)

    async def test_it_ends_when_it_expires_or_is_revoked(
        self, workspace: Workspace, clock: Callable[[float], None]
    ) -> None:
        account = await account_of(workspace)
        row, secret = await tokens.personal_create(account, name="a", scopes=[])
        _, brief = await tokens.personal_create(account, name="b", scopes=[], expires_at=now() + 60 * SECOND)
        await tokens.identify_personal(brief, REQUEST)
        clock(61)
        await tokens.identify_personal(secret, REQUEST)
        revoked = await tokens.personal_revoke(account, row["id"])
        assert (await tokens.personal_revoke(account, row["id"]))["revoked_at"] == revoked["revoked_at"]
        for ended in (secret, brief):
            with pytest.raises(Unauthenticated):
                await tokens.identify_personal(ended, REQUEST)

    async def test_nobody_revokes_another_persons_token(self, workspace: Workspace, other: Workspace) -> None:
        row, secret = await tokens.personal_create(await account_of(workspace), name="a", scopes=[])
        async with unchanged():
            with pytest.raises(NotFound):
                await tokens.personal_revoke(await account_of(other), row["id"])
        await tokens.identify_personal(secret, REQUEST)


class TestOwnTokens:
    @pytest.mark.parametrize("scopes", [[], [TokenScope.WRITE_DIRECTORY, TokenScope.READ_AUDIT]])
    async def test_a_lesser_token_makes_and_ends_none(self, workspace: Workspace, scopes: list[TokenScope]) -> None:
        account = await account_of(workspace)
        row, secret = await tokens.personal_create(account, name="Script", scopes=scopes)
        await self._assert_refused(secret, row["id"])

    async def test_a_token_of_one_workspace_makes_and_ends_none(self, workspace: Workspace) -> None:
        account = await account_of(workspace)
        row, secret = await tokens.personal_create(account, name="Script", scopes=TokenScope, workspace_id=workspace.id)
        await self._assert_refused(secret, row["id"])

    async def test_a_token_that_may_do_everything_makes_and_ends_others(self, workspace: Workspace) -> None:
        principal = await tokens.identify_personal(workspace.personal_token, REQUEST)
        row, secret = await own_tokens.create(principal, name="Script", scopes=[TokenScope.READ_AUDIT])
        assert (await tokens.identify_personal(secret, REQUEST)).account_id == principal.account_id
        assert (await own_tokens.revoke(principal, row["id"]))["revoked_at"] is not None

    async def _assert_refused(self, secret: str, token_id: str) -> None:
        principal = await tokens.identify_personal(secret, REQUEST)
        refused: list[Awaitable[Any]] = [
            own_tokens.create(principal, name="Stronger", scopes=TokenScope),
            own_tokens.revoke(principal, token_id),
        ]
        async with unchanged():
            for work in refused:
                with pytest.raises(Forbidden):
                    await work


async def test_uses_are_written_down(workspace: Workspace) -> None:
    row, _ = await tokens.scim_token_generate(workspace.owner, name="Okta")
    personal, _ = await tokens.personal_create(await account_of(workspace), name="a", scopes=[])
    await tokens.note_uses(TokenKind.SCIM, [(row["id"], 5, "192.0.2.1", "x" * 300)])
    await tokens.note_uses(TokenKind.PERSONAL, [(personal["id"], 6, None, "ignored")])
    used = await stored("scim_tokens", row["id"])
    assert used is not None
    assert (used["last_used_at"], used["last_used_ip"], used["last_user_agent"]) == (5, "192.0.2.1", "x" * 200)
    used = await stored("personal_access_tokens", personal["id"])
    assert used is not None
    assert (used["last_used_at"], used["last_used_ip"]) == (6, None)


async def test_only_who_manages_provisioning_makes_tokens(workspace: Workspace) -> None:
    reader = only(workspace.owner, *(set(Permission) - {Permission.PROVISIONING_MANAGE}))
    row, _ = await tokens.scim_token_generate(workspace.owner, name="Okta")
    async with unchanged():
        for work in (
            tokens.scim_token_generate(reader, name="x"),
            tokens.scim_token_rotate(reader, row["id"]),
            tokens.scim_token_revoke(reader, row["id"]),
        ):
            with pytest.raises(Forbidden):
                await work
