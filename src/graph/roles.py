"""Roles, and who was given them."""

from enum import StrEnum

import orjson
import strawberry

from ..models.database import Row
from ..services import lookups
from ..services.actor import Actor as ServiceActor
from ..services.actor import ActorKind, Permission
from . import ids
from .context import Context, Info
from .ids import Kind
from .nodes import Node, finds
from .people import Actor, person
from .scalars import Moment

strawberry.enum(Permission)


@strawberry.enum
class ResourceKind(StrEnum):
    SOURCE = "SOURCE"
    DESTINATION = "DESTINATION"
    SPACE = "SPACE"


@strawberry.type
class Role(Node):
    key: str
    name: str
    description: str | None
    built_in: bool
    is_default: bool = strawberry.field(
        description="True for Minimal Workspace Access: given to new members and new groups, grants no resource."
    )
    permissions: list[Permission]
    scopable_to: list[ResourceKind]
    row: strawberry.Private[Row]
    workspace_id: strawberry.Private[str]
    count: strawberry.Private[int | None]

    @classmethod
    def of(cls, row: Row, workspace_id: str, *, count: int | None = None) -> "Role":
        """`count` of its assignments, where it is known."""
        return cls(
            id=ids.encode(Kind.ROLE, row["id"]),
            key=row["key"],
            name=row["name"],
            description=row["description"],
            built_in=bool(row["built_in"]),
            is_default=bool(row["is_default"]),
            permissions=[Permission(name) for name in orjson.loads(row["permissions"])],
            scopable_to=[ResourceKind(name) for name in orjson.loads(row["scopable_to"])],
            row=row,
            workspace_id=workspace_id,
            count=count,
        )

    @strawberry.field
    async def assignment_count(self, info: Info) -> int:
        if self.count is not None:
            return self.count
        actor = await info.context.actor_in(self.workspace_id)
        return await info.context.load(lookups.assignment_counts, actor, self.row["id"]) or 0


@strawberry.type(description="A role on the whole workspace.")
class RoleAssignment:
    role: Role
    granted_at: Moment
    row: strawberry.Private[Row]
    workspace_id: strawberry.Private[str]

    @classmethod
    def of(cls, row: Row, workspace_id: str) -> "RoleAssignment":
        """`row` is the assignment with its role."""
        role = Role.of(row, workspace_id)
        return cls(role=role, granted_at=row["granted_at"], row=row, workspace_id=workspace_id)

    @strawberry.field
    async def granted_by(self, info: Info) -> Actor | None:
        if self.row["granted_by_kind"] not in (ActorKind.ACCOUNT, ActorKind.PERSONAL_ACCESS_TOKEN):
            return None
        actor = await info.context.actor_in(self.workspace_id)
        return await person(info.context, actor, self.row["granted_by_id"])


@finds(Kind.ROLE)
async def _find(context: Context, actor: ServiceActor, id: str) -> Role | None:
    row = await context.load(lookups.roles, actor, id)
    return Role.of(row, actor.workspace_id) if row else None
