"""Who is calling: the bearer token says which workspace (RFC 6750, RFC 7644 §2)."""

from starlette.requests import Request as HttpRequest

from ..errors import Unauthenticated
from ..services import tokens
from ..services.actor import Request
from ..services.tokens import REFUSAL, ScimCaller


async def identify(request: HttpRequest) -> ScimCaller:
    """refuses   Unauthenticated, alike whatever is wrong with the token"""
    scheme, _, token = request.headers.get("authorization", "").strip().partition(" ")
    # Some providers send what was typed into a field for the whole header, without a scheme.
    secret = token.strip() if token else scheme
    if token and scheme.lower() != "bearer":
        raise Unauthenticated(REFUSAL)
    return await tokens.identify_scim(secret, told(request))


def told(request: HttpRequest) -> Request:
    """What the records keep of a request."""
    return Request(
        id=request.state.request_id,
        ip_address=request.client.host if request.client else None,
        user_agent=request.headers.get("user-agent") or None,
    )
