"""/Me (RFC 7644 §3.11): the user who is calling. A SCIM token is a directory's, so there is none."""

from .errors import Unacceptable
from .exchange import Answer, Exchange


async def nobody(exchange: Exchange) -> Answer:
    """Always refused: any method on /Me (§3.11).

    A SCIM token belongs to a directory, not to a user.
    """
    raise Unacceptable(404, "A SCIM token belongs to a directory: nobody is Me")
