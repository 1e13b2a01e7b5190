"""The bearer secrets of a workspace's identity providers. The secret itself is in one answer only."""

from enum import StrEnum

import strawberry

from ..models import now
from ..models.database import Row
from ..services import lookups, tokens
from ..services.actor import Actor as ServiceActor
from ..services.actor import Permission
from . import ids
from .context import Context, Info
from .errors import mutation
from .ids import Kind
from .inputs import IdInput
from .nodes import Node, finds
from .people import Actor, person
from .scalars import Moment
from .user_errors import UserError


@strawberry.enum
class ScimTokenState(StrEnum):
    ACTIVE = "ACTIVE"
    ROTATING = "ROTATING"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"


@strawberry.type
class ScimToken(Node):
    name: str
    prefix: str
    state: ScimTokenState
    created_at: Moment
    expires_at: Moment | None
    last_used_at: Moment | None
    last_used_ip: str | None
    last_user_agent: str | None
    revoked_at: Moment | None
    overlap_ends_at: Moment | None
    row: strawberry.Private[Row]
    workspace_id: strawberry.Private[str]

    @classmethod
    def of(cls, row: Row, workspace_id: str) -> "ScimToken":
        return cls(
            id=ids.encode(Kind.SCIM_TOKEN, row["id"]),
            name=row["name"],
            prefix=row["prefix"],
            state=_state(row),
            created_at=row["created_at"],
            expires_at=row["expires_at"],
            last_used_at=row["last_used_at"],
            last_used_ip=row["last_used_ip"],
            last_user_agent=row["last_user_agent"],
            revoked_at=row["revoked_at"],
            overlap_ends_at=row["overlap_ends_at"],
            row=row,
            workspace_id=workspace_id,
        )

    @strawberry.field
    async def created_by(self, info: Info) -> Actor | None:
        actor = await info.context.actor_in(self.workspace_id)
        return await person(info.context, actor, self.row["created_by_id"])

    @strawberry.field(description="Set while both the old and the new secret work.")
    async def replaced_by(self, info: Info) -> "ScimToken | None":
        if self.state is not ScimTokenState.ROTATING:
            return None
        return await find(info.context, await info.context.actor_in(self.workspace_id), self.row["replaced_by_id"])


@finds(Kind.SCIM_TOKEN)
async def find(context: Context, actor: ServiceActor, id: str) -> ScimToken | None:
    row = await context.load(lookups.scim_tokens, actor, id)
    return ScimToken.of(row, actor.workspace_id) if row else None


def _state(row: Row) -> ScimTokenState:
    ends = [end for end in (row["expires_at"], row["overlap_ends_at"]) if end is not None]
    if row["revoked_at"] is not None:
        return ScimTokenState.REVOKED
    if ends and min(ends) <= now():
        return ScimTokenState.EXPIRED
    return ScimTokenState.ROTATING if row["replaced_by_id"] else ScimTokenState.ACTIVE


@strawberry.input
class ScimTokenGenerateInput:
    workspace_id: strawberry.ID
    name: str
    expires_at: Moment | None = None


@strawberry.input
class ScimTokenRotateInput:
    id: strawberry.ID
    overlap_seconds: int = 86_400


@strawberry.type(description="`secret` is shown once. After a rotation `previous` is the token that is running out.")
class ScimTokenPayload:
    token: ScimToken | None = None
    secret: str | None = None
    previous: ScimToken | None = None
    errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class ScimTokenMutations:
    @mutation(ScimTokenPayload, requires=Permission.PROVISIONING_MANAGE)
    async def scim_token_generate(self, info: Info, input: ScimTokenGenerateInput) -> ScimTokenPayload:
        actor, _ = await info.context.enter_with(Kind.WORKSPACE, input.workspace_id)
        row, secret = await tokens.scim_token_generate(actor, name=input.name, expires_at=input.expires_at)
        return ScimTokenPayload(token=ScimToken.of(row, actor.workspace_id), secret=secret)

    @mutation(
        ScimTokenPayload,
        requires=Permission.PROVISIONING_MANAGE,
        description="Makes a new secret; the old one keeps working for `overlapSeconds`.",
    )
    async def scim_token_rotate(self, info: Info, input: ScimTokenRotateInput) -> ScimTokenPayload:
        actor, id = await info.context.enter_with(Kind.SCIM_TOKEN, input.id)
        row, secret, old = await tokens.scim_token_rotate(actor, id, overlap_seconds=input.overlap_seconds)
        return ScimTokenPayload(
            token=ScimToken.of(row, actor.workspace_id),
            secret=secret,
            previous=ScimToken.of(old, actor.workspace_id),
        )

    @mutation(ScimTokenPayload, requires=Permission.PROVISIONING_MANAGE)
    async def scim_token_revoke(self, info: Info, input: IdInput) -> ScimTokenPayload:
        actor, id = await info.context.enter_with(Kind.SCIM_TOKEN, input.id)
        row = await tokens.scim_token_revoke(actor, id)
        return ScimTokenPayload(token=ScimToken.of(row, actor.workspace_id))
