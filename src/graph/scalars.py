"""The scalars of the schema and how they travel."""

from datetime import UTC, datetime, timedelta
from typing import NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from ..services import comparison

Moment = NewType("Moment", int)
"""Microseconds since 1970 UTC, as they are stored."""
Json = NewType("Json", object)
Url = NewType("Url", str)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(microseconds: int | None) -> Moment | None:
    return None if microseconds is None else Moment(microseconds)


def _moment_text(microseconds: int) -> str:
    return (_EPOCH + timedelta(microseconds=microseconds)).isoformat()


def _moment_of(text: object) -> int:
    try:
        return comparison.moment(text if isinstance(text, str) else "")
    except ValueError as error:
        raise GraphQLError("A timestamp is written like 2026-11-22T10:00:00+00:00") from error


SCALARS: dict[object, ScalarDefinition] = {
    Moment: strawberry.scalar(
        name="DateTime",
        description="ISO 8601 timestamp in UTC with offset.",
        serialize=_moment_text,
        parse_value=_moment_of,
    ),
    Json: strawberry.scalar(
        name="JSON", description="A JSON object; only for diffs and raw provider data shown to people."
    ),
    Url: strawberry.scalar(name="URL", description="RFC 3986 absolute URL."),
}
