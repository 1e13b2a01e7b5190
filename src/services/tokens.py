"""Bearer secrets: made once, shown once, kept as hashes, exchanged with an overlap, revoked at once."""

import hashlib
import re
import secrets
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import orjson

from ..errors import Conflict, InvalidInput, NotFound, Prerequisite, Unauthenticated
from ..models import PersonalAccessToken, ScimToken, database, new_id, now
from ..models.database import Row
from . import audit, policies, texts
from .actor import Actor, ActorKind, Door, Permission, Principal, Request

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# 43 letters of 62 hold 256 bits; six more hold the CRC-32, so that scanners know one of ours without asking us.
_SECRET_LETTERS = 43
_CHECKSUM_LETTERS = 6
_SECRET = re.compile(r"(tnt_(?:scim|pat)_)([0-9A-Za-z]{43})([0-9A-Za-z]{6})")
# How much of a secret may be shown later, to tell one from another.
_PREFIX_CHARS = 14
OVERLAP_SECONDS_MAX = 30 * 24 * 3600
TOKENS_ACTIVE_MAX = 10
REFUSAL = "The token is not valid"


class TokenKind(StrEnum):
    SCIM = "tnt_scim_"
    PERSONAL = "tnt_pat_"


class TokenScope(StrEnum):
    """What a personal access token was made for; it never gives more than the person has."""

    READ_DIRECTORY = "READ_DIRECTORY"
    WRITE_DIRECTORY = "WRITE_DIRECTORY"
    READ_AUDIT = "READ_AUDIT"
    ADMIN = "ADMIN"


@dataclass(frozen=True, slots=True)
class Secret:
    """A new secret: the text its owner keeps, and what we keep of it."""

    text: str
    prefix: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScimCaller:
    """An identity provider that showed a good token, and the rules of its workspace."""

    actor: Actor
    policy: Row


# What a token of an identity provider may do; it confers no role and so holds no permission to.
SCIM_PERMISSIONS = frozenset(
    {Permission.WORKSPACE_READ, Permission.MEMBERS_READ, Permission.MEMBERS_MANAGE, Permission.GROUPS_MANAGE}
)


def generate(kind: TokenKind) -> Secret:
    body = _base62(secrets.randbits(256), _SECRET_LETTERS)
    text = f"{kind}{body}{_checksum(kind + body)}"
    return Secret(text=text, prefix=text[:_PREFIX_CHARS], hash=hash_of(text))


def hash_of(text: str) -> str:
    """SHA-256 is enough for 256 random bits; slow hashes are for what people choose."""
    return hashlib.sha256(text.encode()).hexdigest()


def is_well_formed(text: str, kind: TokenKind) -> bool:
    """Whether it is a secret of this kind, unspoilt; says nothing of whether it was ever given out."""
    parts = _SECRET.fullmatch(text)
    return parts is not None and parts[1] == kind and _checksum(parts[1] + parts[2]) == parts[3]


@database.looks
async def identify_scim(text: str, request: Request) -> ScimCaller:
    """Who holds this token, and the policy of the workspace it opens. One statement, for it comes with every request.

    refuses   Unauthenticated, alike for a token that is malformed, unknown, expired, revoked or replaced
    """
    if not is_well_formed(text, TokenKind.SCIM):
        raise Unauthenticated(REFUSAL)
    row = await database.fetch_one(
        "SELECT t.id AS token_id, t.name AS token_name, t.expires_at, t.revoked_at, t.overlap_ends_at, p.* "
        "FROM scim_tokens t JOIN provisioning_policies p ON p.workspace_id = t.workspace_id WHERE t.secret_hash = ?",
        hash_of(text),
    )
    if row is None or not _is_live(row):
        raise Unauthenticated(REFUSAL)
    actor = Actor(
        kind=ActorKind.SCIM_TOKEN,
        id=row["token_id"],
        label=row["token_name"],
        door=Door.SCIM,
        workspace_id=row["workspace_id"],
        permissions=SCIM_PERMISSIONS,
        request=request,
    )
    return ScimCaller(actor=actor, policy=row)


@database.looks
async def identify_personal(text: str, request: Request) -> Principal:
    """The person whose personal access token this is.

    refuses   Unauthenticated, alike for a token that is malformed, unknown, expired or revoked
    """
    if not is_well_formed(text, TokenKind.PERSONAL):
        raise Unauthenticated(REFUSAL)
    row = await database.fetch_one(
        "SELECT t.*, NULL AS overlap_ends_at FROM personal_access_tokens t WHERE t.secret_hash = ?", hash_of(text)
    )
    if row is None or not _is_live(row):
        raise Unauthenticated(REFUSAL)
    return Principal(
        kind=ActorKind.PERSONAL_ACCESS_TOKEN,
        id=row["id"],
        label=row["name"],
        account_id=row["account_id"],
        scopes=frozenset(orjson.loads(row["scopes"])),
        only_workspace_id=row["workspace_id"],
        request=request,
    )


@database.writes
async def scim_token_generate(actor: Actor, *, name: str, expires_at: int | None = None) -> tuple[Row, str]:
    """A new token of the actor's workspace and its secret, which is never shown again.

    refuses   Forbidden without PROVISIONING_MANAGE; Prerequisite while the policy asks for single sign-on first;
              Conflict when the workspace has TOKENS_ACTIVE_MAX live tokens
    """
    actor.require(Permission.PROVISIONING_MANAGE)
    name = texts.name(name, path=("name",))
    _refuse_past(expires_at)
    await database.fetch_one(
        f"SELECT id FROM workspaces WHERE id = ?{database.dialect().for_update}", actor.workspace_id
    )
    policy = await policies.of_workspace(actor.workspace_id)
    if policy["require_sso_before_scim"]:
        raise Prerequisite("Single sign-on has to be active first", missing=("ACTIVE_SSO_CONNECTION",))
    live = await database.fetch_value(
        "SELECT COUNT(*) FROM scim_tokens WHERE workspace_id = ? AND revoked_at IS NULL"
        " AND (expires_at IS NULL OR expires_at > ?) AND (overlap_ends_at IS NULL OR overlap_ends_at > ?)",
        actor.workspace_id,
        now(),
        now(),
    )
    if live >= TOKENS_ACTIVE_MAX:
        raise Conflict(f"The workspace has {TOKENS_ACTIVE_MAX} tokens already; revoke one first")
    row, secret = await _add_scim_token(actor, name=name, expires_at=expires_at)
    _record(actor, "scim_token.generated", row)
    return row, secret


@database.writes
async def scim_token_rotate(actor: Actor, token_id: str, *, overlap_seconds: int = 86_400) -> tuple[Row, str, Row]:
    """(the new token, its secret, the old token): both secrets work until the overlap ends.

    refuses   InvalidInput for an overlap that is negative or above OVERLAP_SECONDS_MAX; Conflict for a token that no
              longer works or has been replaced already
    """
    actor.require(Permission.PROVISIONING_MANAGE)
    if not 0 <= overlap_seconds <= OVERLAP_SECONDS_MAX:
        raise InvalidInput(f"The overlap is 0 to {OVERLAP_SECONDS_MAX} seconds", path=("overlapSeconds",))
    old = await _lock_scim_token(actor, token_id)
    if not _is_live(old) or old["replaced_by_id"]:
        raise Conflict("The token has been replaced, revoked, or has expired")
    new, secret = await _add_scim_token(actor, name=old["name"], expires_at=_same_life(old))
    await database.execute(
        "UPDATE scim_tokens SET replaced_by_id = ?, overlap_ends_at = ? WHERE workspace_id = ? AND id = ?",
        new["id"],
        now() + overlap_seconds * 1_000_000,
        actor.workspace_id,
        token_id,
    )
    _record(actor, "scim_token.rotated", new, replaces=old["prefix"], overlapSeconds=overlap_seconds)
    return new, secret, await _lock_scim_token(actor, token_id)


@database.writes
async def scim_token_revoke(actor: Actor, token_id: str) -> Row:
    """End a token at once; ending it again changes nothing."""
    actor.require(Permission.PROVISIONING_MANAGE)
    row = await _lock_scim_token(actor, token_id)
    if row["revoked_at"] is None:
        await database.execute(
            "UPDATE scim_tokens SET revoked_at = ? WHERE workspace_id = ? AND id = ?",
            now(),
            actor.workspace_id,
            token_id,
        )
        _record(actor, "scim_token.revoked", row)
    return await _lock_scim_token(actor, token_id)


@database.writes
async def personal_create(
    account_id: str,
    *,
    name: str,
    scopes: Iterable[TokenScope],
    workspace_id: str | None = None,
    expires_at: int | None = None,
) -> tuple[Row, str]:
    """A new token of one person and its secret, which is never shown again."""
    name = texts.name(name, path=("name",))
    _refuse_past(expires_at)
    secret, id = generate(TokenKind.PERSONAL), new_id()
    await database.insert(
        PersonalAccessToken,
        id=id,
        account_id=account_id,
        workspace_id=workspace_id,
        name=name,
        prefix=secret.prefix,
        secret_hash=secret.hash,
        scopes=orjson.dumps(sorted(set(scopes))).decode(),
        created_at=now(),
        expires_at=expires_at,
    )
    return await _personal(account_id, id), secret.text


@database.writes
async def personal_revoke(account_id: str, token_id: str) -> Row:
    """End one of the person's own tokens at once; ending it again changes nothing."""
    await _personal(account_id, token_id)
    await database.execute(
        "UPDATE personal_access_tokens SET revoked_at = COALESCE(revoked_at, ?) WHERE account_id = ? AND id = ?",
        now(),
        account_id,
        token_id,
    )
    return await _personal(account_id, token_id)


@database.writes
async def note_uses(kind: TokenKind, uses: Sequence[tuple[str, int, str | None, str | None]]) -> None:
    """Write down the last use of many tokens: (token id, moment, address, agent)."""
    if kind is TokenKind.SCIM:
        await database.execute_many(
            "UPDATE scim_tokens SET last_used_at = ?, last_used_ip = ?, last_user_agent = ? WHERE id = ?",
            [(at, address, agent and agent[:200], id) for id, at, address, agent in uses],
        )
    else:
        await database.execute_many(
            "UPDATE personal_access_tokens SET last_used_at = ?, last_used_ip = ? WHERE id = ?",
            [(at, address, id) for id, at, address, _ in uses],
        )


def _is_live(row: Row) -> bool:
    ends = [row[name] for name in ("expires_at", "overlap_ends_at") if row[name] is not None]
    return row["revoked_at"] is None and all(now() < end for end in ends)


def _same_life(old: Row) -> int | None:
    """When a replacement expires: as long after its making as the old one after its own."""
    return None if old["expires_at"] is None else now() + old["expires_at"] - old["created_at"]


def _refuse_past(expires_at: int | None) -> None:
    if expires_at is not None and expires_at <= now():
        raise InvalidInput("The expiry lies in the past", path=("expiresAt",))


async def _add_scim_token(actor: Actor, *, name: str, expires_at: int | None) -> tuple[Row, str]:
    secret, id = generate(TokenKind.SCIM), new_id()
    await database.insert(
        ScimToken,
        id=id,
        workspace_id=actor.workspace_id,
        name=name,
        prefix=secret.prefix,
        secret_hash=secret.hash,
        created_by_kind=actor.kind.value,
        created_by_id=actor.id,
        created_by_label=actor.label,
        created_at=now(),
        expires_at=expires_at,
    )
    return await _lock_scim_token(actor, id), secret.text


async def _lock_scim_token(actor: Actor, token_id: str) -> Row:
    row = await database.fetch_one(
        f"SELECT * FROM scim_tokens WHERE workspace_id = ? AND id = ?{database.dialect().for_update}",
        actor.workspace_id,
        token_id,
    )
    if row is None:
        raise NotFound("SCIM token", token_id)
    return row


async def _personal(account_id: str, token_id: str) -> Row:
    row = await database.fetch_one(
        "SELECT * FROM personal_access_tokens WHERE account_id = ? AND id = ?", account_id, token_id
    )
    if row is None:
        raise NotFound("personal access token", token_id)
    return row


def _record(actor: Actor, action: str, row: Row, **changes: object) -> None:
    audit.record(
        actor,
        action,
        target_kind="scim_token",
        target_id=row["id"],
        target_label=row["name"],
        changes={"prefix": row["prefix"], **changes},
    )


def _checksum(text: str) -> str:
    return _base62(zlib.crc32(text.encode()), _CHECKSUM_LETTERS)


def _base62(number: int, letters: int) -> str:
    text = ""
    for _ in range(letters):
        number, digit = divmod(number, 62)
        text = _ALPHABET[digit] + text
    return text
