"""One person in one workspace: the object SCIM calls a User."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import strawberry

from ..models import MembershipState, Origin
from ..models.database import Row
from ..services import listings, lookups, memberships, roles, versions
from ..services.actor import Actor as ServiceActor
from ..services.actor import Permission
from ..services.listings import GROUP_ORDERS, PRESENT, GroupOrderField, MembershipOrderField
from ..services.paging import Page
from ..services.windows import Order
from . import ids
from .connections import CountedConnection, SortDirection
from .context import Context, Info
from .directives import ListSize
from .errors import mutation
from .ids import Kind
from .inputs import RolesSetInput
from .nodes import Node, finds
from .people import Actor, User, person
from .roles import RoleAssignment
from .scalars import Moment
from .user_errors import UserError

if TYPE_CHECKING:
    from .groups import GroupConnection
    from .workspaces import Workspace

strawberry.enum(MembershipState)
strawberry.enum(Origin)
strawberry.enum(MembershipOrderField)


@strawberry.type(description="One person in one workspace: the object SCIM calls a User.")
class Membership(Node):
    user_name: str = strawberry.field(description="The directory's key for the person (SCIM userName).")
    display_name: str = strawberry.field(description="How this workspace calls the person.")
    email: str | None = strawberry.field(description="The person's address in this workspace.")
    state: MembershipState
    origin: Origin
    external_id: str | None = strawberry.field(
        description="The identity provider's own id for the person (SCIM externalId), if provisioned."
    )
    directory_managed: bool = strawberry.field(
        description="True when the directory owns this membership: profile and group edits here are refused."
    )
    joined_at: Moment | None
    last_active_at: Moment | None
    suspended_at: Moment | None
    created_at: Moment
    updated_at: Moment
    version: str = strawberry.field(
        description=("Opaque version for `expectedVersion` in mutations; the same value SCIM shows as meta.version.")
    )
    row: strawberry.Private[Row]

    @classmethod
    def of(cls, row: Row) -> "Membership":
        return cls(
            id=ids.encode(Kind.MEMBERSHIP, row["id"]),
            user_name=row["user_name"],
            display_name=row["display_name"],
            email=row["email"],
            state=MembershipState(row["state"]),
            origin=Origin(row["origin"]),
            external_id=row["external_id"],
            directory_managed=bool(row["directory_managed"]),
            joined_at=row["joined_at"],
            last_active_at=row["last_active_at"],
            suspended_at=row["suspended_at"],
            created_at=row["created_at"],
            updated_at=row["updated_at"],
            version=versions.of(row),
            row=row,
        )

    @strawberry.field
    async def workspace(self, info: Info) -> Annotated["Workspace", strawberry.lazy(".workspaces")]:
        from . import workspaces  # These modules know each other.

        return await workspaces.known(info.context, self.row["workspace_id"])

    @strawberry.field(
        description=(
            "The person's own account: null until they accepted or signed in here or their domain is verified,"
            " and after they deleted it."
        )
    )
    async def user(self, info: Info) -> User | None:
        return await person(info.context, await self._actor(info), _account_id(self.row))

    @strawberry.field(description="Roles given directly, without those that come through groups.")
    async def role_assignments(self, info: Info) -> list[RoleAssignment]:
        actor = await self._actor(info)
        rows = await info.context.load(lookups.assignments_of_memberships, actor, self.row["id"])
        return [RoleAssignment.of(row, actor.workspace_id) for row in rows or ()]

    @strawberry.field(directives=[ListSize(slicing_arguments=["first"])])
    async def groups(
        self, info: Info, first: int | None = 50, after: str | None = None
    ) -> Annotated["GroupConnection", strawberry.lazy(".groups")]:
        from . import groups  # These modules know each other.

        actor, context, id = await self._actor(info), info.context, self.row["id"]
        order = GROUP_ORDERS[GroupOrderField.DISPLAY_NAME]
        page = await context.load(
            listings.groups_of_memberships, actor, id, context.window(order, first=first, after=after)
        )
        return groups.connection(page, lambda: context.load(listings.count_groups_of_memberships, actor, id))

    @strawberry.field
    async def invited_by(self, info: Info) -> Actor | None:
        if self.row["invited_by"] is None:
            return None
        actor = await self._actor(info)
        inviting = await info.context.load(lookups.memberships, actor, self.row["invited_by"])
        return await person(info.context, actor, _account_id(inviting)) if inviting else None

    async def _actor(self, info: Info) -> ServiceActor:
        return await info.context.actor_in(self.row["workspace_id"])


def _account_id(row: Row) -> str | None:
    """The account of a membership, once the workspace may see it."""
    account_id: str | None = row["account_id"] if row["accepted_at"] is not None else None
    return account_id


@strawberry.type
class MembershipConnection(CountedConnection[Membership]):
    pass


def connection(page: Page | None, count: Callable[[], Awaitable[int | None]]) -> MembershipConnection:
    assert page is not None, "a page for every parent"
    return MembershipConnection(nodes=[Membership.of(row) for row in page.rows], page=page, count=count)


@finds(Kind.MEMBERSHIP)
async def find(context: Context, actor: ServiceActor, id: str) -> Membership | None:
    row = await context.load(lookups.memberships, actor, id)
    return Membership.of(row) if row else None


@strawberry.input
class MembershipFilter:
    states: list[MembershipState] | None = None
    role_ids: list[strawberry.ID] | None = None
    group_ids: list[strawberry.ID] | None = None
    origins: list[Origin] | None = None
    search: str | None = None
    directory_managed: bool | None = None
    inactive_since: Moment | None = None


@strawberry.input
class MembershipOrder:
    field: MembershipOrderField
    direction: SortDirection = SortDirection.ASC

    def order(self) -> Order:
        order = listings.MEMBERSHIP_ORDERS[self.field]
        return order.reversed() if self.direction is SortDirection.DESC else order


def narrowed(given: MembershipFilter | None) -> listings.MembershipFilter:
    """The filter as services take it; an id of nothing here matches nothing."""
    given = given or MembershipFilter()
    return listings.MembershipFilter(
        states=PRESENT if given.states is None else tuple(given.states),
        role_ids=ids.among(Kind.ROLE, given.role_ids),
        group_ids=ids.among(Kind.GROUP, given.group_ids),
        origins=None if given.origins is None else tuple(given.origins),
        search=given.search,
        directory_managed=given.directory_managed,
        inactive_since=given.inactive_since,
    )


@strawberry.input
class MembershipActionInput:
    membership_id: strawberry.ID
    reason: str | None = None
    expected_version: str | None = None


@strawberry.type
class MembershipPayload:
    membership: Membership | None = None
    errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class MembershipMutations:
    @mutation(MembershipPayload, requires=Permission.MEMBERS_MANAGE)
    async def membership_suspend(self, info: Info, input: MembershipActionInput) -> MembershipPayload:
        return await _act(memberships.suspend, info, input)

    @mutation(MembershipPayload, requires=Permission.MEMBERS_MANAGE)
    async def membership_reactivate(self, info: Info, input: MembershipActionInput) -> MembershipPayload:
        return await _act(memberships.reactivate, info, input)

    @mutation(MembershipPayload, requires=Permission.MEMBERS_MANAGE)
    async def membership_remove(self, info: Info, input: MembershipActionInput) -> MembershipPayload:
        return await _act(memberships.remove, info, input)

    @mutation(
        MembershipPayload,
        requires=Permission.ROLES_MANAGE,
        description="Replaces the direct role assignments of one member.",
    )
    async def membership_roles_set(self, info: Info, input: RolesSetInput) -> MembershipPayload:
        actor, id = await info.context.enter_with(Kind.MEMBERSHIP, input.subject_id)
        row = await roles.set_for_membership(actor, id, input.role_ids(), if_version=input.expected_version)
        return MembershipPayload(membership=Membership.of(row))


async def _act(change: Callable[..., Awaitable[Row]], info: Info, input: MembershipActionInput) -> MembershipPayload:
    actor, id = await info.context.enter_with(Kind.MEMBERSHIP, input.membership_id)
    row = await change(actor, id, reason=input.reason, if_version=input.expected_version)
    return MembershipPayload(membership=Membership.of(row))
