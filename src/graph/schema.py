"""The schema: the roots of queries and mutations, and its text."""

import asyncio
from importlib.metadata import version

import strawberry
from graphql import GraphQLError, GraphQLInputField, Undefined
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from ..errors import InvalidInput
from . import nodes
from . import viewer as viewers
from .context import Info
from .directives import Cost, ListSize
from .documents import Documents
from .groups import GroupMutations
from .memberships import MembershipMutations
from .nodes import Node
from .personal_tokens import PersonalAccessTokenMutations
from .policies import ProvisioningPolicyMutations
from .scalars import SCALARS, Url
from .scim_tokens import ScimTokenMutations
from .user_errors import ERRORS
from .viewer import Viewer
from .workspaces import Workspace, find

VERSION = version("tenantry")


@strawberry.type
class QueryLimits:
    max_depth: int
    max_aliases: int
    max_tokens: int
    max_cost: int
    max_page_size: int


@strawberry.type
class ServiceInfo:
    version: str
    scim_base_url: Url
    limits: QueryLimits


@strawberry.type
class Query:
    @strawberry.field(description="The signed-in person, or the owner of the token. Null when not signed in.")
    async def viewer(self, info: Info) -> Viewer | None:
        return await viewers.viewer(info.context)

    @strawberry.field
    async def workspace(self, info: Info, slug: str) -> Workspace | None:
        actor = await info.context.enter(slug=slug)
        return await find(info.context, actor, actor.workspace_id) if actor else None

    @strawberry.field(
        description="Any object by its global id; null when it does not exist or the viewer may not see it."
    )
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:
        return await nodes.find_by_id(info.context, id)

    @strawberry.field(directives=[Cost(weight=5), ListSize(slicing_arguments=["ids"])])
    async def nodes(self, info: Info, ids: list[strawberry.ID]) -> list[Node | None]:
        most = info.context.settings.graphql_page_size_max
        if len(ids) > most:
            raise InvalidInput(f"`ids` may name {most} things", path=("ids",))
        return await asyncio.gather(*(nodes.find_by_id(info.context, id) for id in ids))

    @strawberry.field
    def service(self, info: Info) -> ServiceInfo:
        limits = info.context.limits
        return ServiceInfo(
            version=VERSION,
            scim_base_url=Url(f"{info.context.settings.base_url}/scim/v2"),
            limits=QueryLimits(
                max_depth=limits.depth,
                max_aliases=limits.aliases,
                max_tokens=limits.tokens,
                max_cost=limits.cost,
                max_page_size=limits.page_size,
            ),
        )


@strawberry.type
class Mutation(
    PersonalAccessTokenMutations,
    MembershipMutations,
    GroupMutations,
    ScimTokenMutations,
    ProvisioningPolicyMutations,
):
    pass


class Schema(strawberry.Schema):
    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Nothing: `faults` logs what is a fault of ours, once, and nothing of anyone's input."""


def sdl() -> str:
    """The schema as text, sorted: the published contract."""
    # A sorted schema is for reading alone: Strawberry does not find the members of a union in one.
    return _schema(sort_schema=True).as_str() + "\n"


def _schema(*, sort_schema: bool = False) -> Schema:
    made = Schema(
        query=Query,
        mutation=Mutation,
        types=ERRORS,
        extensions=[Documents],
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True, sort_schema=sort_schema),
    )
    for type_ in made._schema.type_map.values():
        for field in getattr(type_, "fields", {}).values():
            # Python needs a None for what may be left out; that is no default to tell anyone of.
            for given in [field] if isinstance(field, GraphQLInputField) else getattr(field, "args", {}).values():
                if given.default_value is None:
                    given.default_value = Undefined
    return made


schema = _schema()
