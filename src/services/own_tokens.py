"""What people do with their own personal access tokens, while they are known by such a token themselves."""

from collections.abc import Iterable

from ..errors import Forbidden
from ..models.database import Row
from . import tokens
from .actor import Principal
from .tokens import TokenScope


async def create(
    principal: Principal,
    *,
    name: str,
    scopes: Iterable[TokenScope],
    workspace_id: str | None = None,
    expires_at: int | None = None,
) -> tuple[Row, str]:
    """A new token of the caller and its secret, which is never shown again.

    refuses   Forbidden for a caller whose own credential could not do all that the new one may
    """
    _require_account(principal)
    return await tokens.personal_create(
        principal.account_id, name=name, scopes=scopes, workspace_id=workspace_id, expires_at=expires_at
    )


async def revoke(principal: Principal, token_id: str) -> Row:
    """End one of the caller's tokens at once; ending it again changes nothing."""
    _require_account(principal)
    return await tokens.personal_revoke(principal.account_id, token_id)


def _require_account(principal: Principal) -> None:
    """Whoever finds a lesser token must neither make a stronger one of it nor lock its owner out."""
    if TokenScope.ADMIN not in principal.scopes or principal.only_workspace_id is not None:
        raise Forbidden("This takes a token with the scope ADMIN that is not bound to one workspace")
