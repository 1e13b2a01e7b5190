"""The SCIM endpoints: one table, and the one way through it for every request."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from ..errors import AwaitsOwner, Busy, DirectoryError
from ..models import Outcome, ProvisioningOperation, is_id
from ..services import groups as group_service
from ..services.provisioning_log import Buffer, Event
from ..services.token_uses import TokenUses
from ..services.tokens import TokenKind
from ..settings import Settings, secret_key
from . import auth, discovery, errors, groups, users
from .cursors import Cursors
from .errors import Refusal, Unacceptable
from .exchange import JSON_TYPES, Answer, Exchange

Endpoint = Callable[..., Awaitable[Answer]]
Operation = ProvisioningOperation
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What one method does at one path; `operation` is what the log calls it when it is refused."""

    endpoint: Endpoint
    operation: ProvisioningOperation = Operation.READ
    needs_token: bool = True


# (first segment, whether an id follows) -> method -> route
ROUTES: Mapping[tuple[str, bool], Mapping[str, Route]] = {
    ("Users", False): {
        "GET": Route(endpoint=users.search),
        "POST": Route(endpoint=users.create, operation=Operation.USER_CREATE),
    },
    ("Users", True): {
        "GET": Route(endpoint=users.get),
        "PUT": Route(endpoint=users.replace, operation=Operation.USER_UPDATE),
        "PATCH": Route(endpoint=users.modify, operation=Operation.USER_UPDATE),
        "DELETE": Route(endpoint=users.delete, operation=Operation.USER_DELETE),
    },
    ("Groups", False): {
        "GET": Route(endpoint=groups.search),
        "POST": Route(endpoint=groups.create, operation=Operation.GROUP_CREATE),
    },
    ("Groups", True): {
        "GET": Route(endpoint=groups.get),
        "PUT": Route(endpoint=groups.replace, operation=Operation.GROUP_UPDATE),
        "PATCH": Route(endpoint=groups.modify, operation=Operation.GROUP_UPDATE),
        "DELETE": Route(endpoint=groups.delete, operation=Operation.GROUP_DELETE),
    },
    ("ServiceProviderConfig", False): {"GET": Route(endpoint=discovery.service_provider_config, needs_token=False)},
    ("ResourceTypes", False): {"GET": Route(endpoint=discovery.resource_types)},
    ("ResourceTypes", True): {"GET": Route(endpoint=discovery.resource_type)},
    ("Schemas", False): {"GET": Route(endpoint=discovery.schemas)},
    ("Schemas", True): {"GET": Route(endpoint=discovery.schema)},
}


def scim_app(settings: Settings, *, log_buffer: Buffer, token_uses: TokenUses) -> ASGIApp:
    """The door as an ASGI application, to be mounted. Who is calling is asked in here, for every path there is."""

    cursors = Cursors(secret_key(settings), timeout_seconds=settings.scim_cursor_timeout_seconds)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        # A single slash at the end is nothing; a redirect would lose the body.
        path = scope["path"].removeprefix(scope.get("root_path", "")).removeprefix("/").removesuffix("/")
        exchange = Exchange(request, path, settings, cursors)
        answer = await _answer(exchange, log_buffer, token_uses)
        await answer.response()(scope, receive, send)

    return app


async def _answer(exchange: Exchange, log_buffer: Buffer, token_uses: TokenUses) -> Answer:
    route, arguments = _find(exchange.request.method, exchange.path)
    try:
        if route.needs_token or "authorization" in exchange.request.headers:
            exchange.caller = await auth.identify(exchange.request)
            token_uses.note(TokenKind.SCIM, str(exchange.actor.id), exchange.actor.request)
        _refuse_unacceptable(exchange.request)
        answer = await route.endpoint(exchange, *arguments)
    except AwaitsOwner as error:
        await group_service.ask_for_link(exchange.actor, error.group_id)
        refusal, outcome = errors.of(error), Outcome.REJECTED
    except DirectoryError as error:
        refusal, outcome = errors.of(error), Outcome.FAILED if isinstance(error, Busy) else Outcome.REJECTED
    except ClientDisconnect:
        raise
    except Exception:
        log.exception("request.failed", request_id=exchange.request.state.request_id)
        refusal, outcome = errors.INTERNAL, Outcome.FAILED
    else:
        if exchange.is_known and route.operation is ProvisioningOperation.READ:
            log_buffer.add(exchange.event(answer.status, Outcome.SUCCESS, route.operation))
        return answer
    if exchange.is_known:
        log_buffer.add(_refused(exchange, route, arguments, refusal, outcome))
    return Answer(status=refusal.status, body=refusal.body(), headers=refusal.headers)


def _find(method: str, path: str) -> tuple[Route, list[str]]:
    """The route and the ids in the path. What is not there is a route too: who asks for it shows a token first."""
    first, *rest = path.split("/")
    methods = ROUTES.get((first, bool(rest))) if len(rest) < 2 and all((first, *rest)) else None
    if methods is None:
        return _NO_SUCH_PATH, []
    route = methods.get("GET" if method == "HEAD" else method)
    if route is None:
        return Route(endpoint=partial(_method_not_allowed, ", ".join(methods))), []
    return route, rest


async def _no_such_path(exchange: Exchange) -> Answer:
    raise Unacceptable(404, "There is no such endpoint")


async def _method_not_allowed(allowed: str, exchange: Exchange) -> Answer:
    raise Unacceptable(405, f"Only {allowed} is possible here", {"Allow": allowed})


_NO_SUCH_PATH = Route(endpoint=_no_such_path)


def _refuse_unacceptable(request: Request) -> None:
    """Refuse a client that wants no JSON (RFC 7644 §3.8)."""
    accepted = [part.partition(";")[0].strip().lower() for part in request.headers.get("accept", "*/*").split(",")]
    if not any(kind in ("", "*/*", "application/*", *JSON_TYPES) for kind in accepted):
        raise Unacceptable(406, f"Answers are {JSON_TYPES[0]}")


def _refused(exchange: Exchange, route: Route, ids: list[str], refusal: Refusal, outcome: Outcome) -> Event:
    kind = "group_id" if exchange.path.startswith("Groups") else "membership_id"
    return exchange.event(
        refusal.status,
        outcome,
        route.operation,
        scim_type=refusal.scim_type,
        detail=refusal.detail,
        hint=refusal.hint,
        **{kind: next((id for id in ids if is_id(id)), None)},
    )
