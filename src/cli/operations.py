"""What an operator does with a directory: workspaces and tokens, as the command line and the demo show them."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from ..errors import NotFound
from ..models import database, now
from ..models.database import Row
from ..services import accounts, tokens, workspaces
from ..services.actor import Actor, Door, system
from ..settings import Settings

TOKEN_NAME = "Command line"  # noqa: S105
MICROSECONDS_A_DAY = 24 * 3600 * 1_000_000


@database.writes
async def create_workspace(*, name: str, slug: str, owner: str, owner_name: str | None, policy: str) -> dict[str, Any]:
    """A workspace with its owner, and a personal access token of theirs that may do everything."""
    workspace, membership = await workspaces.create(
        name=name,
        slug=slug,
        owner_email=owner,
        owner_name=owner_name,
        preset=policy.upper(),
        request_id=_request_id(),
    )
    _, secret = await tokens.personal_create(membership["account_id"], name=TOKEN_NAME, scopes=tokens.TokenScope)
    return {
        "workspace": {"id": workspace["id"], "slug": slug, "name": workspace["name"], "policy": policy},
        "owner": {"email": membership["email"], "token": secret, "signInUrl": None},
    }


@database.writes
async def scim_token(settings: Settings, *, slug: str, name: str, expires_in_days: int | None) -> dict[str, Any]:
    """A token for a workspace's identity provider."""
    actor = await operator_of(slug)
    row, secret = await tokens.scim_token_generate(actor, name=name, expires_at=_in_days(expires_in_days))
    return _shown(row, secret) | {"baseUrl": f"{settings.base_url}/scim/v2"}


@database.writes
async def personal_token(*, email: str, name: str) -> dict[str, Any]:
    """A personal access token that may do whatever its person may."""
    account = await accounts.find(email)
    if account is None:
        raise NotFound("account", email)
    return _shown(*await tokens.personal_create(account["id"], name=name, scopes=tokens.TokenScope))


async def operator_of(slug: str) -> Actor:
    """Whoever runs the command line, as an actor in that workspace."""
    workspace = await workspaces.find(slug)
    if workspace is None:
        raise NotFound("workspace", slug)
    return system(workspace["id"], door=Door.CLI, request_id=_request_id(), label="Command line")


def _request_id() -> str:
    return f"cli-{uuid4().hex}"


def _in_days(days: int | None) -> int | None:
    return None if days is None else now() + days * MICROSECONDS_A_DAY


def _shown(row: Row, secret: str) -> dict[str, Any]:
    return {"token": secret, "prefix": row["prefix"], "expiresAt": _moment(row["expires_at"])}


def _moment(microseconds: int | None) -> str | None:
    if microseconds is None:
        return None
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
