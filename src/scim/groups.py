"""/Groups (RFC 7644 §3.3 to §3.6). No request reads or writes more members than it names."""

from collections.abc import AsyncIterator, Sequence
from functools import partial

from ..errors import NotFound
from ..models import is_id
from ..models.database import Row
from ..services import group_members, groups, versions
from ..services.group_changes import GroupChange, ReplaceMembers, SetDisplayName, SetExternalId
from ..services.group_members import Shown
from ..services.index_paging import Page
from ..services.schemas import GROUP
from . import documents, patch, patch_group, projection, resources
from .documents import Read
from .exchange import Answer, Exchange
from .projection import Projection
from .queries import Query


async def create(exchange: Exchange) -> Answer:
    """Create a group: POST /Groups (§3.3).

    The name of a group that was made in the application takes that group over, where the workspace lets it.
    """
    shown = projection.read(exchange.parameters, GROUP)
    read = await _read(exchange)
    change = partial(
        groups.create,
        exchange.actor,
        display_name=read.document["displayName"],
        external_id=read.document.get("externalId"),
        member_ids=read.members or (),
    )
    done = await exchange.write(change, status=201)
    location = {"Location": f"{exchange.base}/Groups/{done.row['id']}"}
    return await _answer(exchange, done.row, shown, status=201, headers=location)


async def get(exchange: Exchange, group_id: str) -> Answer:
    """Get a group: GET /Groups/{id} (§3.4.1)."""
    shown = projection.read(exchange.parameters, GROUP)
    row = await groups.get(exchange.actor, _known(group_id))
    if exchange.is_unchanged(row):
        return Answer(status=304, headers={"ETag": versions.of(row)})
    return await _answer(exchange, row, shown)


async def search(exchange: Exchange) -> Answer:
    """List groups: GET /Groups (§3.4.2)."""
    query = exchange.query(GROUP, exchange.parameters)
    return exchange.page(query, *await page(exchange, query))


async def page(exchange: Exchange, query: Query) -> tuple[Page, list[str]]:
    """One page of groups, and what is shown of each."""
    page, members = await groups.page(
        exchange.actor,
        query.wanted,
        members=_members(exchange, query.projection) if query.projection.shows("members") else None,
        members_max=exchange.settings.list_members_max,
    )
    shown = (resources.group(row, exchange.base, members.get(row["id"])) for row in page.rows)
    return page, [query.projection.apply(group) for group in shown]


async def replace(exchange: Exchange, group_id: str) -> Answer:
    """Replace a group: PUT /Groups/{id} (§3.5.1).

    The members named and nobody else; without the attribute there are none.
    """
    read = await _read(exchange)
    changes: list[GroupChange] = [
        SetDisplayName(display_name=read.document["displayName"]),
        SetExternalId(external_id=read.document.get("externalId")),
        ReplaceMembers(ids=read.members or ()),
    ]
    return await _change(exchange, group_id, changes)


async def modify(exchange: Exchange, group_id: str) -> Answer:
    """Change a group: PATCH /Groups/{id} (§3.5.2)."""
    settings = exchange.settings
    body = await exchange.body(bytes_max=settings.scim_group_body_bytes_max)
    operations = patch.operations(body, GROUP, operations_max=settings.patch_operations_max)
    return await _change(exchange, group_id, patch_group.changes(operations, members_max=settings.group_members_max))


async def delete(exchange: Exchange, group_id: str) -> Answer:
    """Delete a group: DELETE /Groups/{id} (§3.6).

    Its members stay in the workspace.
    """
    change = partial(groups.delete, exchange.actor, _known(group_id), if_version=exchange.if_version)
    await exchange.write(change, status=204)
    return Answer(status=204)


async def _read(exchange: Exchange) -> Read:
    body = await exchange.body(bytes_max=exchange.settings.scim_group_body_bytes_max)
    return documents.read(body, GROUP, members_max=exchange.settings.group_members_max)


async def _change(exchange: Exchange, group_id: str, changes: Sequence[GroupChange]) -> Answer:
    shown = projection.read(exchange.parameters, GROUP)
    change = partial(groups.change, exchange.actor, _known(group_id), changes, if_version=exchange.if_version)
    done = await exchange.write(change, status=200)
    is_patch = exchange.message.method == "PATCH" and "attributes" not in exchange.parameters
    if is_patch and shown.shows("members") and done.row["member_count"] > exchange.settings.patch_answer_members_max:
        # The whole group again for each added member would make the answer cost what the change did not.
        return Answer(status=204, headers={"ETag": versions.of(done.row)})
    return await _answer(exchange, done.row, shown)


async def _answer(
    exchange: Exchange, row: Row, shown: Projection, *, status: int = 200, headers: dict[str, str] | None = None
) -> Answer:
    headers = {"ETag": versions.of(row), **(headers or {})}
    if not shown.shows("members"):
        return Answer(status=status, body=shown.apply(resources.group(row, exchange.base, None)), headers=headers)
    row, members = await groups.get_with_members(exchange.actor, row["id"], _members(exchange, shown))
    if members is not None:
        headers["ETag"] = versions.of(row)
        body = shown.apply(resources.group(row, exchange.base, members))
        return Answer(status=status, body=body, headers=headers)
    around = shown.apply(resources.group(row, exchange.base, None))
    return Answer(status=status, body=_stream(exchange, row, around, shown), headers=headers)


async def _stream(exchange: Exchange, row: Row, around: str, shown: Projection) -> AsyncIterator[str]:
    """A group too large to hold: `around` is all of it but the members, which come as they are read."""
    yield f'{around[:-1]},"members":['
    comma = ""
    async for chunk in group_members.chunks(exchange.actor, row["id"], _members(exchange, shown)):
        # Of members of whom nothing is shown, nothing is left to put commas between.
        if values := shown.apply_to_values("members", chunk.removeprefix(",")):
            yield f"{comma}{values}"
            comma = ","
    yield "]}"


def _members(exchange: Exchange, shown: Projection) -> Shown:
    # `display` is returned on request: naming a hundred thousand people is for those who want it.
    return Shown(at=f"{exchange.base}/Users/", with_display=shown.asks_for("members", "display"))


def _known(group_id: str) -> str:
    """An id of the wrong form is the id of no group."""
    if not is_id(group_id):
        raise NotFound("group", group_id[:100])
    return group_id
