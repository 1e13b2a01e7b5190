"""What the resolvers of one operation share: who is asking, what they may do where, and what was already read."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from strawberry.dataloader import DataLoader
from strawberry.types import Info as StrawberryInfo

from ..errors import Forbidden, NotFound, Unauthenticated
from ..services import access, lookups, windows
from ..services.actor import Actor, Principal
from ..services.windows import Order, Window
from ..settings import Settings
from . import ids
from .ids import Kind
from .limits import Limits

V = TypeVar("V")

# A read for many ids at once, for one workspace; arguments follow the ids.
Batch = Callable[..., Awaitable[Mapping[str, V]]]


class Context:
    """One operation. Nothing in it outlives the answer, so that nothing of one tenant is there for the next.

    operation_name   which operation of its document was asked for; None when it was not said
    """

    def __init__(
        self, caller: Principal | None, *, settings: Settings, limits: Limits, operation_name: str | None = None
    ) -> None:
        self.caller = caller
        self.operation_name = operation_name
        self.settings = settings
        self.limits = limits
        self._actors: dict[tuple[str | None, str | None], asyncio.Task[Actor | None]] = {}
        self._loaders: dict[tuple[Any, ...], DataLoader[str, Any]] = {}

    @property
    def principal(self) -> Principal:
        if self.caller is None:
            raise Unauthenticated("This takes a personal access token")
        return self.caller

    def forget(self) -> None:
        """Read everything anew from here on: a mutation changes what was read before it."""
        self._actors.clear()
        self._loaders.clear()

    async def enter(self, *, workspace_id: str | None = None, slug: str | None = None) -> Actor | None:
        """The caller in that workspace; None when there is no such workspace or they are not active in it."""
        if self.caller is None:
            return None
        key = (workspace_id, slug)
        if key not in self._actors:
            entering = access.enter(self.caller, workspace_id=workspace_id, slug=slug)
            self._actors[key] = asyncio.ensure_future(entering)
        actor = await self._actors[key]
        if actor is not None:
            self._actors[actor.workspace_id, None] = self._actors[key]
        return actor

    async def actor_in(self, workspace_id: str) -> Actor:
        """The caller in a workspace that is known to have to do with them."""
        actor = await self.enter(workspace_id=workspace_id)
        if actor is None:
            raise Forbidden("You are not an active member of this workspace")
        return actor

    async def enter_with(self, kind: Kind, global_id: str) -> tuple[Actor, str]:
        """The caller in the workspace that holds the thing, and its UUID.

        refuses   NotFound for an id of another kind, of nothing, or of a workspace the caller is not active in
        """
        _ = self.principal  # Who shows no token is told that first.
        uuid = ids.expect(kind, global_id)
        workspace_id = uuid if kind is Kind.WORKSPACE else await self.workspace_of(kind, uuid)
        actor = await self.enter(workspace_id=workspace_id) if workspace_id else None
        if actor is None:
            raise NotFound(kind, uuid)
        return actor, uuid

    async def workspace_of(self, kind: Kind, uuid: str) -> str | None:
        """The workspace that holds the thing, whoever may enter it."""
        return await self._once((lookups.workspaces_of, kind), partial(lookups.workspaces_of, kind), uuid)

    async def load(self, batch: Batch[V], actor: Actor, id: str, *arguments: Any) -> V | None:
        """What the batch finds for this id; it is asked once for all ids that are wanted at the same moment."""
        key = (batch, actor.workspace_id, *arguments)
        return await self._once(key, lambda ids: batch(actor, ids, *arguments), id)

    async def load_own(self, batch: Batch[V], id: str) -> V | None:
        """`load`, among what belongs to the caller."""
        return await self._once((batch,), partial(batch, self.principal), id)

    def window(self, order: Order, **arguments: Any) -> Window:
        """The window of a connection's arguments, within the limits of this service."""
        return windows.window(
            order,
            size_default=self.settings.graphql_page_size_default,
            size_max=self.settings.graphql_page_size_max,
            **arguments,
        )

    async def _once(
        self, key: tuple[Any, ...], read: Callable[[list[str]], Awaitable[Mapping[str, V]]], id: str
    ) -> V | None:
        """What is read for the id. Reads with the same key are gathered, and made once."""
        if key not in self._loaders:

            async def in_order(ids: list[str]) -> list[V | None]:
                found = await read(ids)
                return [found.get(id) for id in ids]

            self._loaders[key] = DataLoader(load_fn=in_order)
        found: V | None = await self._loaders[key].load(id)
        return found


Info = StrawberryInfo[Context, None]
