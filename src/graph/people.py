"""A person as such, across workspaces: GraphQL's `User`."""

import strawberry

from ..models.database import Row
from ..services import lookups
from ..services.actor import Actor as ServiceActor
from . import ids
from .context import Context
from .ids import Kind
from .nodes import Node, finds_own
from .scalars import Moment


@strawberry.interface
class Actor:
    """Who did something."""

    id: strawberry.ID
    display_name: str


@strawberry.type
class User(Node, Actor):
    email: str
    created_at: Moment

    @classmethod
    def of(cls, row: Row) -> "User":
        return cls(
            id=ids.encode(Kind.ACCOUNT, row["id"]),
            display_name=row["display_name"],
            email=row["email"],
            created_at=row["created_at"],
        )


async def person(context: Context, actor: ServiceActor, id: str | None) -> User | None:
    """The person with this account, or behind this personal access token, when the workspace may see them."""
    row = await context.load(lookups.people, actor, id) if id else None
    return User.of(row) if row else None


@finds_own(Kind.ACCOUNT)
async def _find(context: Context, id: str) -> User | None:
    own = context.principal.account_id == id
    return User.of(await lookups.account(context.principal)) if own else None
