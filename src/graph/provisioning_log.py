"""What identity providers asked of a workspace, and what came of it."""

from typing import cast

import orjson
import strawberry

from ..models import Outcome, ProvisioningOperation
from ..models.database import Row
from ..services import log_listings, lookups
from ..services.actor import Actor as ServiceActor
from ..services.paging import Page
from . import ids, nodes
from .connections import Connection
from .context import Context, Info
from .groups import Group
from .ids import Kind
from .memberships import Membership
from .nodes import Node, finds
from .scalars import Json, Moment
from .scim_tokens import ScimToken

strawberry.enum(ProvisioningOperation)
strawberry.enum(Outcome)


@strawberry.type(description="One SCIM request and its answer.")
class ProvisioningEvent(Node):
    occurred_at: Moment
    operation: ProvisioningOperation
    http_method: str
    path: str
    status: int
    outcome: Outcome
    scim_type: str | None
    detail: str | None
    hint: str | None = strawberry.field(description="What an administrator can do about a refusal.")
    target_label: str | None = strawberry.field(description="What the person or group was called then.")
    changes: Json | None
    duration_ms: int
    request_id: str
    row: strawberry.Private[Row]
    actor: strawberry.Private[ServiceActor]

    @classmethod
    def of(cls, row: Row, actor: ServiceActor) -> "ProvisioningEvent":
        return cls(
            id=ids.encode(Kind.PROVISIONING_EVENT, row["id"]),
            occurred_at=row["occurred_at"],
            operation=ProvisioningOperation(row["operation"]),
            http_method=row["http_method"],
            path=row["path"],
            status=row["status"],
            outcome=Outcome(row["outcome"]),
            scim_type=row["scim_type"],
            detail=row["detail"],
            hint=row["hint"],
            target_label=row["target_label"],
            changes=None if row["changes"] is None else Json(orjson.loads(row["changes"])),
            duration_ms=row["duration_ms"],
            request_id=row["request_id"],
            row=row,
            actor=actor,
        )

    @strawberry.field
    async def scim_token(self, info: Info) -> ScimToken | None:
        return cast("ScimToken | None", await self._found(info, Kind.SCIM_TOKEN, self.row["scim_token_id"]))

    @strawberry.field(description="Null also when the membership is gone, or not the viewer's to see.")
    async def membership(self, info: Info) -> Membership | None:
        return cast("Membership | None", await self._found(info, Kind.MEMBERSHIP, self.row["membership_id"]))

    @strawberry.field(description="Null also when the group is gone, or not the viewer's to see.")
    async def group(self, info: Info) -> Group | None:
        return cast("Group | None", await self._found(info, Kind.GROUP, self.row["group_id"]))

    async def _found(self, info: Info, kind: Kind, id: str | None) -> Node | None:
        return await nodes.find_in(info.context, self.actor, kind, id) if id else None


@strawberry.type
class ProvisioningEventConnection(Connection[ProvisioningEvent]):
    pass


@finds(Kind.PROVISIONING_EVENT)
async def _find(context: Context, actor: ServiceActor, id: str) -> ProvisioningEvent | None:
    row = await context.load(lookups.provisioning_events, actor, id)
    return ProvisioningEvent.of(row, actor) if row else None


def connection(page: Page, actor: ServiceActor) -> ProvisioningEventConnection:
    return ProvisioningEventConnection(nodes=[ProvisioningEvent.of(row, actor) for row in page.rows], page=page)


@strawberry.input
class ProvisioningLogFilter:
    operations: list[ProvisioningOperation] | None = None
    outcomes: list[Outcome] | None = None
    token_id: strawberry.ID | None = None
    membership_id: strawberry.ID | None = None
    group_id: strawberry.ID | None = None
    since: Moment | None = None
    until: Moment | None = None
    search: str | None = None

    def narrowed(self) -> log_listings.ProvisioningFilter:
        """The filter as services take it; an id of nothing here matches nothing."""
        return log_listings.ProvisioningFilter(
            operations=None if self.operations is None else tuple(self.operations),
            outcomes=None if self.outcomes is None else tuple(self.outcomes),
            token_ids=ids.only(Kind.SCIM_TOKEN, self.token_id),
            membership_ids=ids.only(Kind.MEMBERSHIP, self.membership_id),
            group_ids=ids.only(Kind.GROUP, self.group_id),
            since=self.since,
            until=self.until,
            search=self.search,
        )
