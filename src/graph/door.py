"""The door for the application: GraphQL over HTTP, POST and JSON alone (the GraphQL-over-HTTP specification).

    application/graphql-response+json    the status tells whether the operation was executed
    application/json                     what older clients ask for: 200 for whatever was well-formed

What a page of another origin could make a browser send unasked (forms, plain text, GET) is not taken, so nobody's
credentials come in by accident.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.execution import ExecutionResult
from strawberry.types.graphql import OperationType

from .. import strict_json
from ..errors import Busy, InvalidInput, TooLarge, Unauthenticated
from ..services import actor, tokens
from ..services.actor import Principal
from ..services.token_uses import TokenUses
from ..services.tokens import TokenKind
from ..settings import Settings
from . import faults, media_types
from .context import Context
from .limits import Limits
from .media_types import JSON, RESPONSE_JSON
from .schema import schema

OPERATIONS = (OperationType.QUERY, OperationType.MUTATION)


class Refusal(Exception):  # noqa: N818  # an answer of HTTP, not an error of ours
    """The request never came to be an operation."""

    def __init__(self, status: int, message: str, code: str = faults.BAD_REQUEST, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """The body of a request, each part of the right type."""

    query: str
    operation_name: str | None
    variables: dict[str, Any] | None


class GraphQLDoor:
    """The ASGI application for the path /graphql."""

    def __init__(self, settings: Settings, token_uses: TokenUses) -> None:
        self.settings = settings
        self.limits = Limits.of(settings)
        self.token_uses = token_uses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        await (await self._respond(request))(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        media_type = media_types.preferred(request.headers)
        try:
            operation = await self._read(request, media_type)
            caller = await self._identify(request)
            name = operation.operation_name
            context = Context(caller, settings=self.settings, limits=self.limits, operation_name=name)
            result = await self._execute(operation, context)
        except Refusal as refusal:
            error = faults.plain(str(refusal), refusal.code, request.state.request_id)
            body = {"errors": [error]}
            return _json(body, refusal.status, media_type or JSON, refusal.headers)
        return _answer(result, request, media_type or JSON)

    async def _read(self, request: Request, media_type: str | None) -> Operation:
        if request.method != "POST":
            raise Refusal(405, "GraphQL is asked by POST", allow="POST")
        if media_type is None:
            raise Refusal(406, f"The answer is {RESPONSE_JSON} or {JSON}")
        if not media_types.is_json(request.headers):
            raise Refusal(415, f"The body must be {JSON} in UTF-8")
        try:
            content = await strict_json.read_body(request, bytes_max=self.settings.graphql_body_bytes_max)
            body = strict_json.parse(content, depth_max=self.settings.json_depth_max)
        except strict_json.UnsupportedEncoding as error:
            raise Refusal(415, str(error)) from error
        except TooLarge as error:
            raise Refusal(413, error.detail, "LIMIT_EXCEEDED") from error
        except InvalidInput as error:
            raise Refusal(400, error.detail) from error
        return _operation(body)

    async def _identify(self, request: Request) -> Principal | None:
        """Who is asking; None when no token was shown."""
        authorization = request.headers.get("authorization")
        if authorization is None:
            return None
        scheme, _, secret = authorization.strip().partition(" ")
        try:
            if scheme.lower() != "bearer":
                raise Unauthenticated(tokens.REFUSAL)  # noqa: TRY301  # answered like any other bad token
            principal = await tokens.identify_personal(secret.strip(), _told(request))
        except Unauthenticated as error:
            raise Refusal(401, error.detail, "UNAUTHENTICATED", www_authenticate="Bearer") from error
        except Busy as error:
            after = str(error.retry_after_seconds)
            raise Refusal(503, error.detail, faults.BUSY, retry_after=after) from error
        self.token_uses.note(TokenKind.PERSONAL, principal.id, principal.request)
        return principal

    async def _execute(self, operation: Operation, context: Context) -> ExecutionResult:
        try:
            async with asyncio.timeout(self.settings.graphql_timeout_seconds):
                result: ExecutionResult = await schema.execute(
                    operation.query,
                    variable_values=operation.variables,
                    operation_name=operation.operation_name,
                    context_value=context,
                    allowed_operation_types=OPERATIONS,
                )
                return result
        except TimeoutError as error:
            raise Refusal(503, "The operation took too long and was given up", "TIMEOUT") from error
        except (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError):
            unknown = GraphQLError("The document has no query or mutation of that name")
            return ExecutionResult(data=None, errors=[unknown])


def refuse(status: int, detail: str) -> Response:
    """A refusal that is made before a request comes here."""
    code = {500: "INTERNAL", 503: faults.BUSY}.get(status, faults.BAD_REQUEST)
    return _json({"errors": [{"message": detail, "extensions": {"code": code}}]}, status, JSON)


def _operation(body: strict_json.JSON) -> Operation:
    """The parts of the body (GraphQL over HTTP, "Request Parameters"); others are ignored."""
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        raise Refusal(400, "The body has to be an object with the string `query`")
    for name, kind, word in _PARTS:
        if not isinstance(body.get(name), kind | None):
            raise Refusal(400, f"`{name}` has to be {word} or null")
    return Operation(query=body["query"], operation_name=body.get("operationName"), variables=body.get("variables"))


def _told(request: Request) -> actor.Request:
    """What the records keep of a request."""
    return actor.Request(
        id=request.state.request_id,
        ip_address=request.client.host if request.client else None,
        user_agent=request.headers.get("user-agent") or None,
    )


def _answer(result: ExecutionResult, request: Request, media_type: str) -> Response:
    errors = result.errors or []
    executed = result.data is not None or any(error.path for error in errors)
    body: dict[str, Any] = {"errors": faults.formatted(errors, request.state.request_id)} if errors else {}
    if executed:
        body["data"] = result.data
    busy = next((error.original_error for error in errors if isinstance(error.original_error, Busy)), None)
    if busy and not any((result.data or {}).values()):
        # Nothing came of it, so the client may simply ask again.
        return _json(body, 503, media_type, {"retry-after": str(busy.retry_after_seconds)})
    return _json(body, 200 if executed or media_type == JSON else 400, media_type)


def _json(body: dict[str, Any], status: int, media_type: str, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), status, headers, media_type)


_PARTS = (("operationName", str, "a string"), ("variables", dict, "an object"), ("extensions", dict, "an object"))
