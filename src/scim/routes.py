"""The SCIM endpoints: one table, and the one way through it for every request."""

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from ..services.provisioning_log import Buffer
from ..services.token_uses import TokenUses
from ..services.tokens import TokenKind
from ..settings import Settings, secret_key
from . import auth, bulk, discovery, endpoints, me, search
from .cursors import Cursors
from .endpoints import RESOURCES, Operation, Route, Routes
from .errors import Unacceptable
from .exchange import JSON_TYPES, Answer, Exchange, message

ROUTES: Routes = {
    **RESOURCES,
    ("Users/.search", False): {"POST": Route(endpoint=search.search_users)},
    ("Groups/.search", False): {"POST": Route(endpoint=search.search_groups)},
    (".search", False): {"POST": Route(endpoint=search.search_everything)},
    ("", False): {"GET": Route(endpoint=search.everything)},
    ("Bulk", False): {"POST": Route(endpoint=bulk.carry_out, operation=Operation.BULK)},
    ("Me", False): {
        "GET": Route(endpoint=me.nobody),
        "POST": Route(endpoint=me.nobody, operation=Operation.USER_CREATE),
        "PUT": Route(endpoint=me.nobody, operation=Operation.USER_UPDATE),
        "PATCH": Route(endpoint=me.nobody, operation=Operation.USER_UPDATE),
        "DELETE": Route(endpoint=me.nobody, operation=Operation.USER_DELETE),
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
        exchange = Exchange(
            message(request, path, settings),
            request_id=request.state.request_id,
            settings=settings,
            cursors=cursors,
            log_buffer=log_buffer,
        )
        answer = await _answer(request, exchange, token_uses)
        await answer.response()(scope, receive, send)

    return app


async def _answer(request: Request, exchange: Exchange, token_uses: TokenUses) -> Answer:
    method = "GET" if request.method == "HEAD" else request.method
    route, ids = endpoints.find(ROUTES, method, exchange.message.path)
    try:
        if route.needs_token or "authorization" in request.headers:
            exchange.caller = await auth.identify(request)
            token_uses.note(TokenKind.SCIM, str(exchange.actor.id), exchange.actor.request)
        _refuse_unacceptable(request)
    except Exception as error:
        return await endpoints.refuse(exchange, route, ids, error)
    return await endpoints.answer(exchange, route, ids)


def _refuse_unacceptable(request: Request) -> None:
    """Refuse a client that wants no JSON (RFC 7644 §3.8)."""
    accepted = [part.partition(";")[0].strip().lower() for part in request.headers.get("accept", "*/*").split(",")]
    if not any(kind in ("", "*/*", "application/*", *JSON_TYPES) for kind in accepted):
        raise Unacceptable(406, f"Answers are {JSON_TYPES[0]}")
