"""/Users (RFC 7644 §3.3 to §3.6)."""

from functools import partial

from ..errors import NotFound
from ..models import is_id
from ..models.database import Row
from ..services import memberships, versions
from ..services.index_paging import Page
from ..services.profiles import Edit, Profile
from ..services.schemas import USER
from . import documents, patch, patch_user, projection, resources
from .exchange import Answer, Exchange
from .projection import Projection
from .queries import Query


async def create(exchange: Exchange) -> Answer:
    """Create a user: POST /Users (§3.3).

    Someone who was here before is added again, with the same id.
    """
    shown = projection.read(exchange.parameters, USER)
    body = await exchange.body(bytes_max=exchange.settings.scim_body_bytes_max)
    read = documents.read(body, USER, members_max=0)
    change = partial(
        memberships.provision,
        exchange.actor,
        read.document,
        active=read.active is not False,
        groups_at=_groups_at(exchange, shown),
    )
    done = await exchange.write(change, status=201)
    return _answer(exchange, done.row, shown, status=201, location=True)


async def get(exchange: Exchange, user_id: str) -> Answer:
    """Get a user: GET /Users/{id} (§3.4.1)."""
    shown = projection.read(exchange.parameters, USER)
    row = await memberships.get(exchange.actor, _known(user_id), groups_at=_groups_at(exchange, shown))
    if exchange.is_unchanged(row):
        return Answer(status=304, headers={"ETag": versions.of(row)})
    return _answer(exchange, row, shown)


async def search(exchange: Exchange) -> Answer:
    """List users: GET /Users (§3.4.2)."""
    query = exchange.query(USER, exchange.parameters)
    return exchange.page(query, *await page(exchange, query))


async def page(exchange: Exchange, query: Query) -> tuple[Page, list[str]]:
    """One page of users, and what is shown of each."""
    page = await memberships.page(exchange.actor, query.wanted, groups_at=_groups_at(exchange, query.projection))
    return page, [query.projection.apply(resources.user(row, exchange.base)) for row in page.rows]


async def replace(exchange: Exchange, user_id: str) -> Answer:
    """Replace a user: PUT /Users/{id} (§3.5.1).

    What the body leaves out is cleared, but silence about `active` ends no access.
    """
    body = await exchange.body(bytes_max=exchange.settings.scim_body_bytes_max)
    read = documents.read(body, USER, members_max=0)

    def edit(profile: Profile) -> Profile:
        return Profile(read.document, profile.active if read.active is None else read.active)

    return await _change(exchange, user_id, edit)


async def modify(exchange: Exchange, user_id: str) -> Answer:
    """Change a user: PATCH /Users/{id} (§3.5.2)."""
    body = await exchange.body(bytes_max=exchange.settings.scim_body_bytes_max)
    operations = patch.operations(body, USER, operations_max=exchange.settings.patch_operations_max)

    def edit(profile: Profile) -> Profile:
        patched = patch_user.apply(operations, profile.document, active=profile.active)
        return Profile(patched.document, patched.active)

    return await _change(exchange, user_id, edit)


async def delete(exchange: Exchange, user_id: str) -> Answer:
    """Delete a user: DELETE /Users/{id} (§3.6).

    The membership ends, and its id is never used again. To keep it, set `active` to false.
    """
    change = partial(memberships.delete, exchange.actor, _known(user_id), if_version=exchange.if_version)
    await exchange.write(change, status=204)
    return Answer(status=204)


async def _change(exchange: Exchange, user_id: str, edit: Edit) -> Answer:
    shown = projection.read(exchange.parameters, USER)
    change = partial(
        memberships.change,
        exchange.actor,
        _known(user_id),
        edit,
        if_version=exchange.if_version,
        groups_at=_groups_at(exchange, shown),
    )
    done = await exchange.write(change, status=200)
    return _answer(exchange, done.row, shown)


def _answer(exchange: Exchange, row: Row, shown: Projection, *, status: int = 200, location: bool = False) -> Answer:
    headers = {"ETag": versions.of(row)}
    if location:
        headers["Location"] = f"{exchange.base}/Users/{row['id']}"
    return Answer(status=status, body=shown.apply(resources.user(row, exchange.base)), headers=headers)


def _groups_at(exchange: Exchange, shown: Projection) -> str | None:
    return f"{exchange.base}/Groups/" if shown.shows("groups") else None


def _known(user_id: str) -> str:
    """An id of the wrong form is the id of nobody."""
    if not is_id(user_id):
        raise NotFound("user", user_id[:100])
    return user_id
