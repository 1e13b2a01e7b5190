"""What an identity provider asks for and what it is answered: what the endpoints work with."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from .. import strict_json
from ..models import Outcome, ProvisioningOperation, database, now
from ..models.database import Row
from ..services import provisioning_log, versions
from ..services.actor import Actor
from ..services.index_paging import Page
from ..services.provisioning_log import Buffer, Event
from ..services.schemas import ResourceType
from ..services.tokens import ScimCaller
from ..settings import Settings
from . import queries, resources
from .cursors import Cursors, Place
from .errors import Refusal, Unacceptable
from .queries import Query

MEDIA_TYPE = "application/scim+json"
JSON_TYPES = (MEDIA_TYPE, "application/json")
PATH_CHARS_LOGGED = 1000
METHOD_CHARS_LOGGED = 10
_TAG = re.compile(r'(?:W/)?"[^"]*"')


D = TypeVar("D", bound="Done")


class Done(Protocol):
    """What a service says of a change it made."""

    @property
    def row(self) -> Row: ...
    @property
    def operation(self) -> ProvisioningOperation: ...
    @property
    def changes(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A status, and the body of a resource or a list; a stream is for what is too large to hold."""

    status: int = 200
    body: str | bytes | AsyncIterator[str] | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        if isinstance(self.body, str | bytes | None):
            media_type = MEDIA_TYPE if self.body is not None else None
            return Response(self.body, self.status, self.headers, media_type)
        return StreamingResponse(self.body, self.status, self.headers, MEDIA_TYPE)


def _versions(headers: Mapping[str, str], name: str) -> frozenset[str] | None:
    """The entity tags of a condition; None for `*` and for no condition.

    Tags are weak here as RFC 7644 §3.14 shows them, so a client that drops the W/ means the same version.
    """
    text = headers.get(name, "*").strip()
    if text == "*":
        return None
    tags = _TAG.findall(text)
    if not tags or _TAG.sub("", text).strip(" ,"):
        raise Unacceptable(400, f"{name} is no list of entity tags")
    return frozenset(tag if tag.startswith("W/") else f"W/{tag}" for tag in tags)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is asked for: by a request of its own, or by one operation of a bulk request.

    path         below the SCIM base, without a slash at either end
    query        as it was sent, for the log
    parameters   the query by name; of a name that comes twice the last one stands
    conditions   what is asked of the version: If-Match and If-None-Match, in lower case
    json         reads the body, which may have so many bytes
    """

    method: str
    path: str
    query: str = ""
    parameters: Mapping[str, str]
    conditions: Mapping[str, str]
    json: Callable[[int], Awaitable[strict_json.JSON]]


def message(request: Request, path: str, settings: Settings) -> Message:
    """What an HTTP request asks for."""
    query = request.url.query
    return Message(
        method=request.method,
        path=path,
        query=query,
        parameters=dict(parse_qsl(query, keep_blank_values=True)),
        conditions=request.headers,
        json=partial(_json, request, depth_max=settings.json_depth_max),
    )


async def _json(request: Request, bytes_max: int, *, depth_max: int) -> strict_json.JSON:
    declared = request.headers.get("content-type", MEDIA_TYPE).partition(";")[0].strip().lower()
    if declared not in JSON_TYPES:
        raise Unacceptable(415, f"The body must be {MEDIA_TYPE}")
    try:
        content = await strict_json.read_body(request, bytes_max=bytes_max)
    except strict_json.UnsupportedEncoding as error:
        raise Unacceptable(415, str(error)) from error
    return strict_json.parse(content, depth_max=depth_max)


class Exchange:
    """A message as an endpoint sees it."""

    def __init__(
        self, message: Message, *, request_id: str, settings: Settings, cursors: Cursors, log_buffer: Buffer
    ) -> None:
        self.message = message
        self.request_id = request_id
        self.settings = settings
        self.log_buffer = log_buffer
        self._cursors = cursors
        self.started_at = now()
        self._clock = perf_counter()
        self._caller: ScimCaller | None = None

    def part(self, message: Message) -> "Exchange":
        """An exchange of its own for a part of this one, with the same caller."""
        part = Exchange(
            message,
            request_id=self.request_id,
            settings=self.settings,
            cursors=self._cursors,
            log_buffer=self.log_buffer,
        )
        part.caller = self.caller
        return part

    @property
    def caller(self) -> ScimCaller:
        assert self._caller is not None, "an endpoint that asks who is calling is open to nobody else"
        return self._caller

    @caller.setter
    def caller(self, caller: ScimCaller) -> None:
        self._caller = caller

    @property
    def is_known(self) -> bool:
        return self._caller is not None

    @property
    def actor(self) -> Actor:
        return self.caller.actor

    @property
    def base(self) -> str:
        """Where this service is reached by SCIM; from settings, for a Host header is anybody's to write."""
        return f"{self.settings.base_url}/scim/v2"

    @property
    def parameters(self) -> Mapping[str, str]:
        return self.message.parameters

    @property
    def if_version(self) -> frozenset[str] | None:
        """The versions of If-Match (RFC 7644 §3.14, RFC 9110 §13.1.1); None when any will do."""
        return _versions(self.message.conditions, "if-match")

    def query(
        self, resource_type: ResourceType, parameters: Mapping[str, str], *, is_one_of_many: bool = False
    ) -> Query:
        """What a list request asks for. `is_one_of_many`: of several types at once."""
        return queries.read(
            parameters,
            resource_type,
            self.settings,
            self._cursors,
            bound_to=self.actor.workspace_id,
            is_one_of_many=is_one_of_many,
        )

    def page(self, query: Query, page: Page, shown: Sequence[str]) -> Answer:
        """The answer to a list request."""
        if query.binding is None:
            return Answer(body=resources.list_response(shown, total=page.total, start=query.wanted.start))
        place = Place(page.end, query.wanted.count) if page.has_more and page.rows else None
        following = None if place is None else self._cursors.write(place, query.binding)
        return Answer(body=resources.list_response(shown, total=page.total, next_cursor=following))

    def is_unchanged(self, row: Row) -> bool:
        """Whether the client has this version already (If-None-Match)."""
        if "if-none-match" not in self.message.conditions:
            return False
        held = _versions(self.message.conditions, "if-none-match")
        return held is None or versions.of(row) in held

    async def body(self, *, bytes_max: int) -> strict_json.JSON:
        """The JSON of the body.

        refuses   Unacceptable 415 for another media type or an encoding; TooLarge; InvalidInput (invalidSyntax)
        """
        return await self.message.json(bytes_max)

    @database.writes
    async def write(self, change: Callable[[], Awaitable[D]], *, status: int) -> D:
        """Make a change and log it, in one transaction."""
        done = await change()
        kind = "membership_id" if done.operation.startswith("USER") else "group_id"
        await provisioning_log.record(
            self.event(
                status,
                Outcome.SUCCESS if done.changes else Outcome.NO_CHANGE,
                done.operation,
                target_label=done.row["display_name"],
                changes=done.changes,
                **{kind: done.row["id"]},
            )
        )
        return done

    def event(self, status: int, outcome: Outcome, operation: ProvisioningOperation, **more: Any) -> Event:
        """The line of the provisioning log for this exchange."""
        asked = self.message
        return Event(
            workspace_id=self.actor.workspace_id,
            occurred_at=self.started_at,
            scim_token_id=self.actor.id,
            operation=operation,
            http_method=asked.method[:METHOD_CHARS_LOGGED],
            path=f"/{asked.path}{'?' * bool(asked.query)}{asked.query}"[:PATH_CHARS_LOGGED],
            status=status,
            outcome=outcome,
            duration_ms=round((perf_counter() - self._clock) * 1000),
            request_id=self.request_id,
            **more,
        )


def refuse(status: int, detail: str) -> Response:
    """A refusal below this door that is made before a request gets here."""
    return Response(Refusal(status=status, detail=detail).body(), status, media_type=MEDIA_TYPE)
