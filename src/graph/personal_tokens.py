"""The bearer secrets of people, for this API. The secret itself is in one answer only."""

from typing import TYPE_CHECKING, Annotated, cast

import orjson
import strawberry

from ..models.database import Row
from ..services import lookups, own_tokens
from ..services.tokens import TokenScope
from . import ids, nodes
from .connections import Connection
from .context import Context, Info
from .errors import mutation
from .ids import Kind
from .inputs import IdInput
from .nodes import Node, finds_own
from .scalars import Moment
from .user_errors import UserError

if TYPE_CHECKING:
    from .workspaces import Workspace

strawberry.enum(TokenScope)


@strawberry.type
class PersonalAccessToken(Node):
    name: str
    prefix: str
    scopes: list[TokenScope]
    created_at: Moment
    expires_at: Moment | None
    last_used_at: Moment | None
    last_used_ip: str | None
    revoked_at: Moment | None
    workspace_id: strawberry.Private[str | None]

    @classmethod
    def of(cls, row: Row) -> "PersonalAccessToken":
        return cls(
            id=ids.encode(Kind.PERSONAL_ACCESS_TOKEN, row["id"]),
            name=row["name"],
            prefix=row["prefix"],
            scopes=[TokenScope(name) for name in orjson.loads(row["scopes"])],
            created_at=row["created_at"],
            expires_at=row["expires_at"],
            last_used_at=row["last_used_at"],
            last_used_ip=row["last_used_ip"],
            revoked_at=row["revoked_at"],
            workspace_id=row["workspace_id"],
        )

    @strawberry.field(description="The one workspace the token works in; null when it works in all of the person's.")
    async def workspace(self, info: Info) -> Annotated["Workspace", strawberry.lazy(".workspaces")] | None:
        if self.workspace_id is None:
            return None
        return cast("Workspace | None", await nodes.find(info.context, Kind.WORKSPACE, self.workspace_id))


@strawberry.type
class PersonalAccessTokenConnection(Connection[PersonalAccessToken]):
    pass


@finds_own(Kind.PERSONAL_ACCESS_TOKEN)
async def _find(context: Context, id: str) -> PersonalAccessToken | None:
    row = await context.load_own(lookups.own_personal_tokens, id)
    return PersonalAccessToken.of(row) if row else None


@strawberry.input
class PersonalAccessTokenCreateInput:
    name: str
    scopes: list[TokenScope]
    workspace_id: strawberry.ID | None = None
    expires_at: Moment | None = None


@strawberry.type(description="`secret` is shown once, only in the answer that created it.")
class PersonalAccessTokenPayload:
    token: PersonalAccessToken | None = None
    secret: str | None = None
    errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class PersonalAccessTokenMutations:
    @mutation(PersonalAccessTokenPayload)
    async def personal_access_token_create(
        self, info: Info, input: PersonalAccessTokenCreateInput
    ) -> PersonalAccessTokenPayload:
        workspace_id = None
        if input.workspace_id is not None:
            _, workspace_id = await info.context.enter_with(Kind.WORKSPACE, input.workspace_id)
        row, secret = await own_tokens.create(
            info.context.principal,
            name=input.name,
            scopes=input.scopes,
            workspace_id=workspace_id,
            expires_at=input.expires_at,
        )
        return PersonalAccessTokenPayload(token=PersonalAccessToken.of(row), secret=secret)

    @mutation(PersonalAccessTokenPayload)
    async def personal_access_token_revoke(self, info: Info, input: IdInput) -> PersonalAccessTokenPayload:
        row = await own_tokens.revoke(info.context.principal, ids.expect(Kind.PERSONAL_ACCESS_TOKEN, input.id))
        return PersonalAccessTokenPayload(token=PersonalAccessToken.of(row))
