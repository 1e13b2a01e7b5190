"""When tokens were last used, gathered in memory and written together: a read must not cost a commit."""

from ..models import now
from . import tokens
from .actor import Request
from .tokens import TokenKind


class TokenUses:
    """The newest use of each token since the last flush."""

    def __init__(self) -> None:
        self._newest: dict[TokenKind, dict[str, tuple[int, str | None, str | None]]] = {kind: {} for kind in TokenKind}

    def note(self, kind: TokenKind, token_id: str, request: Request) -> None:
        self._newest[kind][token_id] = (now(), request.ip_address, request.user_agent)

    async def flush(self) -> None:
        """Write what was noted; what cannot be written now is noted again by the next use."""
        for kind, newest in self._newest.items():
            uses = sorted((id, *use) for id, use in newest.items())
            newest.clear()
            if uses:
                await tokens.note_uses(kind, uses)
