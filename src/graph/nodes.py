"""Everything that has a global id, and how it is found by it."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import strawberry

from ..errors import Forbidden
from ..services.actor import Actor
from . import ids
from .context import Context
from .ids import Kind


@strawberry.interface
class Node:
    id: strawberry.ID


Find = Callable[[Context, Actor, str], Awaitable[Node | None]]
FindOwn = Callable[[Context, str], Awaitable[Node | None]]
F = TypeVar("F", bound=Find)
Own = TypeVar("Own", bound=FindOwn)

_IN_WORKSPACES: dict[Kind, Find] = {}
_OF_CALLERS: dict[Kind, FindOwn] = {}


def finds(kind: Kind) -> Callable[[F], F]:
    """The function finds nodes of this kind in the workspace of an actor."""

    def register(find: F) -> F:
        _IN_WORKSPACES[kind] = find
        return find

    return register


def finds_own(kind: Kind) -> Callable[[Own], Own]:
    """The function finds nodes of this kind that belong to the caller, whatever the workspace."""

    def register(find: Own) -> Own:
        _OF_CALLERS[kind] = find
        return find

    return register


async def find_by_id(context: Context, global_id: str) -> Node | None:
    parsed = ids.parse(global_id)
    return await find(context, *parsed) if parsed else None


async def find(context: Context, kind: Kind, uuid: str) -> Node | None:
    """The thing, when it exists and the caller may see it."""
    if context.caller is None:
        return None
    if kind in _OF_CALLERS:
        return await _OF_CALLERS[kind](context, uuid)
    workspace_id = uuid if kind is Kind.WORKSPACE else await context.workspace_of(kind, uuid)
    actor = await context.enter(workspace_id=workspace_id) if workspace_id else None
    return await find_in(context, actor, kind, uuid) if actor else None


async def find_in(context: Context, actor: Actor, kind: Kind, uuid: str) -> Node | None:
    """The thing in the actor's workspace, when it exists and they may see it."""
    if kind not in _IN_WORKSPACES:
        return None
    try:
        return await _IN_WORKSPACES[kind](context, actor, uuid)
    except Forbidden:
        return None
