"""The tenant, as the viewer may see it."""

import strawberry

from ..errors import InvalidInput
from ..models.database import Row
from ..services import listings, log_listings, lookups, policies, roles
from ..services.actor import Actor as ServiceActor
from ..services.actor import Permission
from ..services.comparison import fold
from ..services.listings import GroupOrderField, MembershipOrderField
from ..services.log_listings import AUDIT_ORDER, PROVISIONING_ORDER
from . import audit_log, groups, ids, memberships, provisioning_log
from .audit_log import AuditEventConnection, AuditFilter
from .context import Context, Info
from .directives import ListSize, Requires
from .groups import Group, GroupConnection, GroupFilter, GroupOrder
from .ids import Kind
from .memberships import Membership, MembershipConnection, MembershipFilter, MembershipOrder
from .nodes import Node, finds
from .policies import ProvisioningPolicy, ProvisioningStatus
from .provisioning_log import ProvisioningEventConnection, ProvisioningLogFilter
from .roles import Role
from .scalars import Moment
from .scim_tokens import ScimToken

BOTH_WAYS = ListSize(slicing_arguments=["first", "last"])
FORWARD = ListSize(slicing_arguments=["first"])
MEMBERSHIPS_BY_NAME = MembershipOrder(field=MembershipOrderField.DISPLAY_NAME)
GROUPS_BY_NAME = GroupOrder(field=GroupOrderField.DISPLAY_NAME)


@strawberry.type
class Workspace(Node):
    slug: str
    name: str
    created_at: Moment
    row: strawberry.Private[Row]

    @classmethod
    def of(cls, row: Row) -> "Workspace":
        return cls(
            id=ids.encode(Kind.WORKSPACE, row["id"]),
            slug=row["slug"],
            name=row["name"],
            created_at=row["created_at"],
            row=row,
        )

    @strawberry.field(description="What the viewer may do here, so a client can hide what would be refused.")
    async def viewer_permissions(self, info: Info) -> list[Permission]:
        actor = await info.context.enter(workspace_id=self.row["id"])
        return [permission for permission in Permission if actor and permission in actor.permissions]

    @strawberry.field
    async def viewer_membership(self, info: Info) -> Membership | None:
        actor = await info.context.enter(workspace_id=self.row["id"])
        if actor is None or actor.membership_id is None:
            return None
        return await memberships.find(info.context, actor, actor.membership_id)

    @strawberry.field(directives=[BOTH_WAYS])
    async def memberships(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        filter: MembershipFilter | None = None,
        order_by: MembershipOrder | None = MEMBERSHIPS_BY_NAME,
    ) -> MembershipConnection:
        actor, where = await self._actor(info), memberships.narrowed(filter)
        order = (order_by or MEMBERSHIPS_BY_NAME).order()
        window = info.context.window(order, first=first, after=after, last=last, before=before)
        page = await listings.memberships(actor, where, window)
        return memberships.connection(page, lambda: listings.count_memberships(actor, where))

    @strawberry.field(description="One member of any state, by id or by address in this workspace.")
    async def membership(
        self, info: Info, id: strawberry.ID | None = None, email: str | None = None
    ) -> Membership | None:
        actor = await self._actor(info)
        if (id is None) == (email is None):
            raise InvalidInput("Ask for either `id` or `email`", path=("id",))
        if id is not None:
            uuid = ids.decode(Kind.MEMBERSHIP, id)
            return await memberships.find(info.context, actor, uuid) if uuid else None
        row = await lookups.membership_by_email(actor, fold((email or "").strip()))
        return Membership.of(row) if row else None

    @strawberry.field(directives=[FORWARD])
    async def groups(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        filter: GroupFilter | None = None,
        order_by: GroupOrder | None = GROUPS_BY_NAME,
    ) -> GroupConnection:
        actor, where = await self._actor(info), (filter or GroupFilter()).narrowed()
        window = info.context.window((order_by or GROUPS_BY_NAME).order(), first=first, after=after)
        page = await listings.groups(actor, where, window)
        return groups.connection(page, lambda: listings.count_groups(actor, where))

    @strawberry.field
    async def group(self, info: Info, id: strawberry.ID) -> Group | None:
        actor, uuid = await self._actor(info), ids.decode(Kind.GROUP, id)
        return await groups.find(info.context, actor, uuid) if uuid else None

    @strawberry.field(description="Built-in and custom roles; few, so a plain list.")
    async def roles(self, info: Info) -> list[Role]:
        actor = await self._actor(info)
        rows = await roles.of_workspace(actor)
        return [Role.of(row, actor.workspace_id, count=row["assignment_count"]) for row in rows]

    @strawberry.field(directives=[Requires(permission=Permission.PROVISIONING_MANAGE)])
    async def scim_tokens(self, info: Info, include_revoked: bool = False) -> list[ScimToken]:
        actor = await self._actor(info)
        rows = await lookups.all_scim_tokens(actor, include_revoked=include_revoked)
        return [ScimToken.of(row, actor.workspace_id) for row in rows]

    @strawberry.field(directives=[Requires(permission=Permission.PROVISIONING_READ)])
    async def provisioning_policy(self, info: Info) -> ProvisioningPolicy:
        return ProvisioningPolicy.of(await policies.get(await self._actor(info)))

    @strawberry.field(directives=[Requires(permission=Permission.PROVISIONING_READ)])
    async def provisioning_status(self, info: Info) -> ProvisioningStatus:
        return ProvisioningStatus.of(await log_listings.provisioning_status(await self._actor(info)))

    @strawberry.field(directives=[FORWARD, Requires(permission=Permission.PROVISIONING_READ)])
    async def provisioning_log(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        filter: ProvisioningLogFilter | None = None,
    ) -> ProvisioningEventConnection:
        actor, where = await self._actor(info), (filter or ProvisioningLogFilter()).narrowed()
        window = info.context.window(PROVISIONING_ORDER, first=first, after=after)
        return provisioning_log.connection(await log_listings.provisioning_events(actor, where, window), actor)

    @strawberry.field(directives=[FORWARD, Requires(permission=Permission.AUDIT_READ)])
    async def audit_log(
        self, info: Info, first: int | None = None, after: str | None = None, filter: AuditFilter | None = None
    ) -> AuditEventConnection:
        actor, where = await self._actor(info), (filter or AuditFilter()).narrowed()
        window = info.context.window(AUDIT_ORDER, first=first, after=after)
        return audit_log.connection(await log_listings.audit_events(actor, where, window), actor)

    async def _actor(self, info: Info) -> ServiceActor:
        return await info.context.actor_in(self.row["id"])


async def known(context: Context, workspace_id: str) -> Workspace:
    """A workspace the caller was led to by something of it that is theirs to see."""
    row = await context.load_own(lookups.workspaces, workspace_id)
    assert row is not None, "something of a workspace that is not there"
    return Workspace.of(row)


@finds(Kind.WORKSPACE)
async def find(context: Context, actor: ServiceActor, id: str) -> Workspace | None:
    if Permission.WORKSPACE_READ not in actor.permissions:
        return None
    return await known(context, actor.workspace_id)
