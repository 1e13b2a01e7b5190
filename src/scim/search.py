"""Queries by POST, and queries over all types of resources (RFC 7644 §3.4.3 and §3.4.2.1)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..errors import InvalidInput
from ..models import database
from ..services.schemas import GROUP, USER
from . import documents, groups, resources, users
from .exchange import Answer, Exchange

SEARCH_REQUEST = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"


async def search_users(exchange: Exchange) -> Answer:
    """Search users: POST /Users/.search (§3.4.3).

    As the list of users, with its parameters in the body, where no log of addresses keeps them.
    """
    query = exchange.query(USER, await _parameters(exchange))
    return exchange.page(query, *await users.page(exchange, query))


async def search_groups(exchange: Exchange) -> Answer:
    """Search groups: POST /Groups/.search (§3.4.3).

    As the list of groups, with its parameters in the body, where no log of addresses keeps them.
    """
    query = exchange.query(GROUP, await _parameters(exchange))
    return exchange.page(query, *await groups.page(exchange, query))


async def search_everything(exchange: Exchange) -> Answer:
    """Search users and groups: POST /.search (§3.4.3).

    As the list of both, with its parameters in the body.
    """
    return await _everything(exchange, await _parameters(exchange))


async def everything(exchange: Exchange) -> Answer:
    """List users and groups: GET / (§3.4.2.1).

    Users come first, then groups, each in the order asked for. A resource that cannot have an attribute is one that
    has no value of it; `meta.resourceType` tells them apart.
    """
    return await _everything(exchange, exchange.parameters)


@database.reads
async def _everything(exchange: Exchange, parameters: Mapping[str, str]) -> Answer:
    of_users = exchange.query(USER, parameters, is_one_of_many=True)
    of_groups = exchange.query(GROUP, parameters, is_one_of_many=True)
    wanted = of_users.wanted
    page, shown = await users.page(exchange, of_users)
    rest = replace(of_groups.wanted, start=max(1, wanted.start - page.total), count=wanted.count - len(shown))
    group_page, shown_groups = await groups.page(exchange, replace(of_groups, wanted=rest))
    total = page.total + group_page.total
    return Answer(body=resources.list_response([*shown, *shown_groups], total=total, start=wanted.start))


async def _parameters(exchange: Exchange) -> dict[str, str]:
    """The parameters of a SearchRequest, as they would stand in an address.

    refuses   invalidSyntax for a message of another kind; invalidValue for a parameter of another type
    """
    body = await exchange.body(bytes_max=exchange.settings.scim_body_bytes_max)
    message = documents.of_kind(body, SEARCH_REQUEST)
    asked = {name: documents.entry(message, name.lower()) for name in _TYPES}
    return {name: _TYPES[name](name, value) for name, value in asked.items() if value is not None}


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidInput(f"{name} must be text")
    return value


def _integer(name: str, value: Any) -> str:
    number = documents.integer(value)
    if number is None:
        raise InvalidInput(f"{name} must be an integer")
    return str(number)


def _texts(name: str, value: Any) -> str:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidInput(f"{name} must be an array of texts")
    return ",".join(value)


_TYPES: Mapping[str, Callable[[str, Any], str]] = {
    "filter": _text,
    "sortBy": _text,
    "sortOrder": _text,
    "cursor": _text,
    "startIndex": _integer,
    "count": _integer,
    "attributes": _texts,
    "excludedAttributes": _texts,
}
