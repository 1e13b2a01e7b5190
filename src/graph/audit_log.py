"""Who changed what in a workspace."""

from typing import Annotated, cast

import orjson
import strawberry

from ..models.database import Row
from ..services import log_listings, lookups
from ..services.actor import Actor as ServiceActor
from ..services.actor import ActorKind
from ..services.paging import Page
from . import ids, nodes
from .connections import Connection
from .context import Context, Info
from .ids import Kind
from .nodes import Node, finds
from .people import User, person
from .personal_tokens import PersonalAccessToken
from .scalars import Json, Moment
from .scim_tokens import ScimToken


@strawberry.type(description="The service itself, its operator, or someone of whom only the name is left.")
class SystemActor:
    name: str


AuditActor = Annotated[
    User | ScimToken | PersonalAccessToken | SystemActor, strawberry.union("AuditActor", description="Who did it.")
]


@strawberry.type(description="One change.")
class AuditEvent(Node):
    occurred_at: Moment
    action: str
    target_label: str
    changes: Json | None
    ip_address: str | None
    request_id: str
    row: strawberry.Private[Row]
    reader: strawberry.Private[ServiceActor]

    @classmethod
    def of(cls, row: Row, reader: ServiceActor) -> "AuditEvent":
        return cls(
            id=ids.encode(Kind.AUDIT_EVENT, row["id"]),
            occurred_at=row["occurred_at"],
            action=row["action"],
            target_label=row["target_label"],
            changes=Json(orjson.loads(row["changes"])),
            ip_address=row["ip_address"],
            request_id=row["request_id"],
            row=row,
            reader=reader,
        )

    @strawberry.field(description="SystemActor also for someone who is gone, with the name they had then.")
    async def actor(self, info: Info) -> AuditActor:
        found = await self._actor(info.context)
        return found or SystemActor(name=self.row["actor_label"])

    @strawberry.field(description="Null also when the target is gone, or not the viewer's to see.")
    async def target(self, info: Info) -> Node | None:
        kind, id = self.row["target_kind"], self.row["target_id"]
        if id is None or kind not in list(Kind):
            return None
        return await nodes.find_in(info.context, self.reader, Kind(kind), id)

    async def _actor(self, context: Context) -> User | ScimToken | PersonalAccessToken | None:
        id = self.row["actor_id"]
        match self.row["actor_kind"]:
            case ActorKind.ACCOUNT:
                return await person(context, self.reader, id)
            case ActorKind.SCIM_TOKEN:
                return cast("ScimToken | None", await nodes.find_in(context, self.reader, Kind.SCIM_TOKEN, id))
            case ActorKind.PERSONAL_ACCESS_TOKEN:
                row = await context.load(lookups.personal_tokens, self.reader, id)
                return PersonalAccessToken.of(row) if row else None
        return None


@strawberry.type
class AuditEventConnection(Connection[AuditEvent]):
    pass


@finds(Kind.AUDIT_EVENT)
async def _find(context: Context, actor: ServiceActor, id: str) -> AuditEvent | None:
    row = await context.load(lookups.audit_events, actor, id)
    return AuditEvent.of(row, actor) if row else None


def connection(page: Page, actor: ServiceActor) -> AuditEventConnection:
    return AuditEventConnection(nodes=[AuditEvent.of(row, actor) for row in page.rows], page=page)


@strawberry.input
class AuditFilter:
    actions: list[str] | None = None
    actor_id: strawberry.ID | None = None
    target_id: strawberry.ID | None = None
    since: Moment | None = None
    until: Moment | None = None
    search: str | None = None

    def narrowed(self) -> log_listings.AuditFilter:
        """The filter as services take it; an id of nothing here matches nothing."""
        return log_listings.AuditFilter(
            actions=None if self.actions is None else tuple(self.actions),
            actor_ids=_uuids(self.actor_id),
            target_ids=_uuids(self.target_id),
            since=self.since,
            until=self.until,
            search=self.search,
        )


def _uuids(global_id: str | None) -> tuple[str, ...] | None:
    """An id of any kind; that of nothing here matches nothing."""
    if global_id is None:
        return None
    parsed = ids.parse(global_id)
    return (parsed[1],) if parsed else ()
