"""What can be asked of resources, and how asking ends: in one answer, and one line of the provisioning log."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

import structlog
from starlette.requests import ClientDisconnect

from ..errors import AwaitsOwner, Busy, DirectoryError
from ..models import Outcome, ProvisioningOperation, is_id
from ..services import groups as group_service
from ..services.provisioning_log import Event
from . import errors, groups, users
from .errors import Refusal, Unacceptable
from .exchange import Answer, Exchange

Endpoint = Callable[..., Awaitable[Answer]]
Operation = ProvisioningOperation
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What one method does at one path; `operation` is what the log calls it when it is refused."""

    endpoint: Endpoint
    operation: ProvisioningOperation = Operation.READ
    needs_token: bool = True


# (path before the id, whether an id follows) -> method -> route
Routes = Mapping[tuple[str, bool], Mapping[str, Route]]

RESOURCES: Routes = {
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
}


def find(routes: Routes, method: str, path: str) -> tuple[Route, list[str]]:
    """The route and the ids in the path. What is not there is a route too: who asks for it shows a token first."""
    methods, ids = routes.get((path, False)), list[str]()
    if methods is None:
        kind, _, id = path.partition("/")
        ids = [id]
        methods = routes.get((kind, True)) if id and "/" not in id else None
    if methods is None:
        return _NO_SUCH_PATH, []
    route = methods.get(method)
    if route is None:
        return Route(endpoint=partial(_method_not_allowed, ", ".join(methods))), []
    return route, ids


async def answer(exchange: Exchange, route: Route, ids: list[str]) -> Answer:
    """What the endpoint says, be it a refusal. A change is logged with itself; all else is logged here."""
    try:
        answer = await route.endpoint(exchange, *ids)
    except ClientDisconnect:
        raise
    except Exception as error:
        return await refuse(exchange, route, ids, error)
    if exchange.is_known and route.operation in (Operation.READ, Operation.BULK):
        exchange.log_buffer.add(exchange.event(answer.status, Outcome.SUCCESS, route.operation))
    return answer


async def refuse(exchange: Exchange, route: Route, ids: list[str], error: Exception) -> Answer:
    if isinstance(error, AwaitsOwner):
        try:
            await group_service.ask_for_link(exchange.actor, error.group_id)
        except Busy as busy:
            error = busy
    if isinstance(error, DirectoryError):
        refusal = errors.of(error)
        outcome = Outcome.FAILED if isinstance(error, Busy) else Outcome.REJECTED
    else:
        log.error("request.failed", request_id=exchange.request_id, exc_info=error)
        refusal, outcome = errors.INTERNAL, Outcome.FAILED
    if exchange.is_known:
        exchange.log_buffer.add(_refused(exchange, route, ids, refusal, outcome))
    return Answer(status=refusal.status, body=refusal.body(), headers=refusal.headers)


async def _no_such_path(exchange: Exchange) -> Answer:
    raise Unacceptable(404, "There is no such endpoint")


async def _method_not_allowed(allowed: str, exchange: Exchange) -> Answer:
    raise Unacceptable(405, f"Only {allowed} is possible here", {"Allow": allowed})


_NO_SUCH_PATH = Route(endpoint=_no_such_path)


def _refused(exchange: Exchange, route: Route, ids: list[str], refusal: Refusal, outcome: Outcome) -> Event:
    kind = "group_id" if exchange.message.path.startswith("Groups") else "membership_id"
    return exchange.event(
        refusal.status,
        outcome,
        route.operation,
        scim_type=refusal.scim_type,
        detail=refusal.detail,
        hint=refusal.hint,
        **{kind: next((id for id in ids if is_id(id)), None)},
    )
