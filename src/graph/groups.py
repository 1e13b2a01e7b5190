"""Groups: named sets of a workspace's people."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import strawberry

from ..models import Origin, database
from ..models.database import Row
from ..services import groups, listings, lookups, roles, versions
from ..services.actor import Actor as ServiceActor
from ..services.actor import Permission
from ..services.group_changes import SetDisplayName
from ..services.listings import MEMBERS_ORDER, GroupOrderField
from ..services.paging import Page
from ..services.windows import Order
from . import ids
from .connections import CountedConnection, SortDirection
from .context import Context, Info
from .directives import ListSize
from .errors import mutation
from .ids import Kind
from .inputs import IdInput, RoleAssignmentInput, RolesSetInput, role_ids
from .memberships import MembershipConnection, MembershipFilter, narrowed
from .memberships import connection as membership_connection
from .nodes import Node, finds
from .roles import RoleAssignment
from .scalars import Moment
from .user_errors import DeletePayload, UserError

if TYPE_CHECKING:
    from .workspaces import Workspace

strawberry.enum(GroupOrderField)


@strawberry.type
class Group(Node):
    display_name: str
    external_id: str | None
    origin: Origin
    directory_managed: bool
    created_at: Moment
    updated_at: Moment
    version: str
    row: strawberry.Private[Row]

    @classmethod
    def of(cls, row: Row) -> "Group":
        return cls(
            id=ids.encode(Kind.GROUP, row["id"]),
            display_name=row["display_name"],
            external_id=row["external_id"],
            origin=Origin(row["origin"]),
            directory_managed=bool(row["directory_managed"]),
            created_at=row["created_at"],
            updated_at=row["updated_at"],
            version=versions.of(row),
            row=row,
        )

    @strawberry.field
    async def workspace(self, info: Info) -> Annotated["Workspace", strawberry.lazy(".workspaces")]:
        from . import workspaces  # These modules know each other.

        return await workspaces.known(info.context, self.row["workspace_id"])

    @strawberry.field(directives=[ListSize(slicing_arguments=["first"])])
    async def memberships(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        filter: MembershipFilter | None = None,
    ) -> MembershipConnection:
        actor, context, id = await self._actor(info), info.context, self.row["id"]
        where, window = narrowed(filter), context.window(MEMBERS_ORDER, first=first, after=after)
        page = await context.load(listings.members_of_groups, actor, id, where, window)
        return membership_connection(page, lambda: context.load(listings.count_members_of_groups, actor, id, where))

    @strawberry.field
    async def role_assignments(self, info: Info) -> list[RoleAssignment]:
        actor = await self._actor(info)
        rows = await info.context.load(lookups.assignments_of_groups, actor, self.row["id"])
        return [RoleAssignment.of(row, actor.workspace_id) for row in rows or ()]

    async def _actor(self, info: Info) -> ServiceActor:
        return await info.context.actor_in(self.row["workspace_id"])


@strawberry.type
class GroupConnection(CountedConnection[Group]):
    pass


def connection(page: Page | None, count: Callable[[], Awaitable[int | None]]) -> GroupConnection:
    assert page is not None, "a page for every parent"
    return GroupConnection(nodes=[Group.of(row) for row in page.rows], page=page, count=count)


@finds(Kind.GROUP)
async def find(context: Context, actor: ServiceActor, id: str) -> Group | None:
    row = await context.load(lookups.groups, actor, id)
    return Group.of(row) if row else None


@strawberry.input
class GroupFilter:
    search: str | None = None
    origins: list[Origin] | None = None
    member_id: strawberry.ID | None = None
    role_ids: list[strawberry.ID] | None = None

    def narrowed(self) -> listings.GroupFilter:
        """The filter as services take it; an id of nothing here matches nothing."""
        return listings.GroupFilter(
            search=self.search,
            origins=None if self.origins is None else tuple(self.origins),
            member_ids=ids.only(Kind.MEMBERSHIP, self.member_id),
            role_ids=ids.among(Kind.ROLE, self.role_ids),
        )


@strawberry.input
class GroupOrder:
    field: GroupOrderField
    direction: SortDirection = SortDirection.ASC

    def order(self) -> Order:
        order = listings.GROUP_ORDERS[self.field]
        return order.reversed() if self.direction is SortDirection.DESC else order


@strawberry.input
class GroupCreateInput:
    workspace_id: strawberry.ID
    display_name: str
    membership_ids: list[strawberry.ID] | None = None
    assignments: list[RoleAssignmentInput] | None = None


@strawberry.input
class GroupUpdateInput:
    id: strawberry.ID
    display_name: str | None = None
    expected_version: str | None = None


@strawberry.input
class GroupMembersChangeInput:
    group_id: strawberry.ID
    add: list[strawberry.ID] | None = strawberry.field(default_factory=list)
    remove: list[strawberry.ID] | None = strawberry.field(default_factory=list)
    expected_version: str | None = None


@strawberry.type
class GroupPayload:
    group: Group | None = None
    errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class GroupMutations:
    @mutation(GroupPayload, requires=Permission.GROUPS_MANAGE)
    async def group_create(self, info: Info, input: GroupCreateInput) -> GroupPayload:
        actor, _ = await info.context.enter_with(Kind.WORKSPACE, input.workspace_id)
        member_ids = [ids.expect(Kind.MEMBERSHIP, id) for id in input.membership_ids or ()]
        assigned = None if input.assignments is None else role_ids(input.assignments)
        row = await _create(actor, input.display_name, member_ids, assigned)
        return GroupPayload(group=Group.of(row))

    @mutation(GroupPayload, requires=Permission.GROUPS_MANAGE)
    async def group_update(self, info: Info, input: GroupUpdateInput) -> GroupPayload:
        actor, id = await info.context.enter_with(Kind.GROUP, input.id)
        changes = [] if input.display_name is None else [SetDisplayName(display_name=input.display_name)]
        done = await groups.change(actor, id, changes, if_version=input.expected_version)
        return GroupPayload(group=Group.of(done.row))

    @mutation(DeletePayload, requires=Permission.GROUPS_MANAGE)
    async def group_delete(self, info: Info, input: IdInput) -> DeletePayload:
        actor, id = await info.context.enter_with(Kind.GROUP, input.id)
        await groups.delete(actor, id, if_version=input.expected_version)
        return DeletePayload(deleted_id=input.id)

    @mutation(GroupPayload, requires=Permission.GROUPS_MANAGE)
    async def group_members_change(self, info: Info, input: GroupMembersChangeInput) -> GroupPayload:
        actor, id = await info.context.enter_with(Kind.GROUP, input.group_id)
        row = await groups.change_members(
            actor,
            id,
            add=[ids.expect(Kind.MEMBERSHIP, id) for id in input.add or ()],
            remove=[ids.expect(Kind.MEMBERSHIP, id) for id in input.remove or ()],
            if_version=input.expected_version,
        )
        return GroupPayload(group=Group.of(row))

    @mutation(GroupPayload, requires=Permission.ROLES_MANAGE)
    async def group_roles_set(self, info: Info, input: RolesSetInput) -> GroupPayload:
        actor, id = await info.context.enter_with(Kind.GROUP, input.subject_id)
        row = await roles.set_for_group(actor, id, input.role_ids(), if_version=input.expected_version)
        return GroupPayload(group=Group.of(row))


@database.writes
async def _create(actor: ServiceActor, name: str, member_ids: list[str], assigned: list[str] | None) -> Row:
    """A group with its members and roles, or nothing of it. Without `assigned` it gets the workspace's default role."""
    created = await groups.create(actor, display_name=name, member_ids=member_ids)
    if assigned is None:
        return created.row
    return await roles.set_for_group(actor, created.row["id"], assigned)
