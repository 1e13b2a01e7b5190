"""Connections as Relay has them: edges with cursors, the same nodes without, and where the page stands."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Generic, TypeVar

import strawberry

from ..services.paging import Page
from .directives import Cost

T = TypeVar("T")


@strawberry.enum
class SortDirection(StrEnum):
    ASC = "ASC"
    DESC = "DESC"


@strawberry.type
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type
class Edge(Generic[T]):
    cursor: str
    node: T


@strawberry.type
class Connection(Generic[T]):
    """`nodes` are those of the page's rows, in their order."""

    nodes: list[T]
    page: strawberry.Private[Page]

    @strawberry.field
    def edges(self) -> list[Edge[T]]:
        rows = self.page.rows
        return [Edge(cursor=self.page.cursor(row), node=node) for row, node in zip(rows, self.nodes, strict=True)]

    @strawberry.field
    def page_info(self) -> PageInfo:
        rows = self.page.rows
        return PageInfo(
            has_next_page=self.page.has_next,
            has_previous_page=self.page.has_previous,
            start_cursor=self.page.cursor(rows[0]) if rows else None,
            end_cursor=self.page.cursor(rows[-1]) if rows else None,
        )


@strawberry.type
class CountedConnection(Connection[T]):
    count: strawberry.Private[Callable[[], Awaitable[int | None]]]

    @strawberry.field(directives=[Cost(weight=2)])
    async def total_count(self) -> int:
        return await self.count() or 0
