"""What stands at the top of an answer: denied access, broken limits or documents, faults of ours, each with a code.

A fault's own text is for the log; the caller gets the request id to ask about it.
"""

import re
from collections.abc import Sequence
from typing import Any

import structlog
from graphql import GraphQLError, GraphQLSyntaxError

from ..errors import Busy, DirectoryError, Forbidden, InvalidInput, Unauthenticated

ERRORS_MAX = 10
ECHO_CHARS_MAX = 100
MESSAGE_CHARS_MAX = 500
BAD_REQUEST = "BAD_REQUEST"
BUSY = "BUSY"
CODES: dict[type[DirectoryError], str] = {
    InvalidInput: "INVALID",
    Forbidden: "FORBIDDEN",
    Unauthenticated: "UNAUTHENTICATED",
    Busy: BUSY,
}
_SYNTAX_LIMITS = {"tokens. Parsing aborted": "tokens", "nested too deeply": "depth"}
# Anything that may be the caller's own words: what stands in quotes, and what has no space in it.
_LONG = re.compile(rf""""[^"]{{{ECHO_CHARS_MAX},}}"|'[^']{{{ECHO_CHARS_MAX},}}'|\S{{{ECHO_CHARS_MAX},}}""")

log = structlog.get_logger()


def formatted(errors: Sequence[GraphQLError], request_id: str) -> list[dict[str, Any]]:
    """The errors as they go out (GraphQL §7.1.2): at most ERRORS_MAX, with code and request id."""
    return [_formatted(error, request_id) for error in errors[:ERRORS_MAX]]


def plain(message: str, code: str, request_id: str, **more: str) -> dict[str, Any]:
    """An error that has no place in a document."""
    return {"message": message, "extensions": {"code": code, "requestId": request_id, **more}}


def _formatted(error: GraphQLError, request_id: str) -> dict[str, Any]:
    message, code, more = _said(error, request_id)
    out = plain(message, code, request_id, **more)
    if error.locations:
        out["locations"] = [location.formatted for location in error.locations]
    if error.path:
        out["path"] = error.path
    return out


def _said(error: GraphQLError, request_id: str) -> tuple[str, str, dict[str, str]]:
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    match cause:
        case None if error.extensions:
            more = dict(error.extensions)
            return error.message, more.pop("code"), more
        case None:
            limit = next((limit for text, limit in _SYNTAX_LIMITS.items() if text in error.message), None)
            if isinstance(error, GraphQLSyntaxError) and limit:
                return error.message, "LIMIT_EXCEEDED", {"limit": limit}
            return clipped(error.message), BAD_REQUEST, {}
        case InvalidInput(path=path, detail=detail):
            return detail, CODES[InvalidInput], {"argument": path[0]} if path else {}
        case DirectoryError(detail=detail) if type(cause) in CODES:
            return detail, CODES[type(cause)], {}
    log.error("graphql.fault", request_id=request_id, path=error.path, exc_info=cause)
    return "Internal error", "INTERNAL", {}


def clipped(message: str) -> str:
    """A message of the library, without long pieces of the caller's own input."""
    message = _LONG.sub(lambda match: match[0][:ECHO_CHARS_MAX] + "…", message)
    return message if len(message) <= MESSAGE_CHARS_MAX else message[:MESSAGE_CHARS_MAX] + "…"
