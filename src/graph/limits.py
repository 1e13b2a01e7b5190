"""What one operation may ask for, and how going over it is said."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

from graphql import GraphQLError

from ..settings import Settings
from .measure import CAP, Size


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The settings named `graphql_…_max`."""

    depth: int
    aliases: int
    directives: int
    root_fields: int
    cost: int
    tokens: int
    page_size: int

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        return cls(**{field.name: getattr(settings, f"graphql_{field.name}_max") for field in fields(cls)})


def refusals(size: Size, limits: Limits) -> Iterator[GraphQLError]:
    """What is over a limit, whatever the variables hold."""
    for limit, name, found, most in (
        ("depth", "levels", size.depth, limits.depth),
        ("aliases", "aliases", size.aliases, limits.aliases),
        ("directives", "directives", size.directives, limits.directives),
        ("rootFields", "root fields", size.fields, limits.root_fields),
    ):
        if found > most:
            yield over(limit, f"The operation has more than {most} {name}")


def cost_refusal(size: Size, limits: Limits) -> GraphQLError:
    found = size.cost if size.cost < CAP else "far more"
    return over("cost", f"The operation may cost {limits.cost} and would cost {found}: ask for smaller pages")


def over(limit: str, message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "LIMIT_EXCEEDED", "limit": limit})
