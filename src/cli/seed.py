"""People and groups by the thousand, for benchmarks and for looking at a large directory."""

import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from uuid import uuid4

from ..models import database
from ..services import groups, memberships, tokens
from ..services.actor import Actor, Request
from ..services.schemas import USER, Document
from ..settings import Settings
from .operations import operator_of, scim_token

ENTERPRISE = USER.extensions[0].schema.id
# People of one transaction: enough to make its commit cheap, few enough to let others write in between.
BATCH = 200
# Members of the groups, in turn; a group has at most everyone.
GROUP_SIZES = (10, 100, 1_000, 10_000)

Done = Callable[[int], None]


async def seed(settings: Settings, *, slug: str, users: int, groups: int, users_done: Done, groups_done: Done) -> None:
    """Add people, and groups of them, to a workspace as its identity provider would."""
    # In the names of this run, so that a workspace can be seeded again.
    run = secrets.token_hex(3)
    async with _directory(settings, slug) as directory:
        ids: list[str] = []
        for first in range(0, users, BATCH):
            numbers = range(first, min(first + BATCH, users))
            ids += await _add_people(directory, [_person(run, number) for number in numbers])
            users_done(len(numbers))
        for number in range(groups):
            size = GROUP_SIZES[number % len(GROUP_SIZES)]
            await _add_group(directory, f"Group {run}-{number}", ids[:size])
            groups_done(1)
    # So many rows at once: without new statistics the database would plan for the few it knew.
    await _analyze()


@asynccontextmanager
async def _directory(settings: Settings, slug: str) -> AsyncIterator[Actor]:
    """The workspace's identity provider, by a token that ends with the work."""
    issued = await scim_token(settings, slug=slug, name="Seed", expires_in_days=1)
    caller = await tokens.identify_scim(issued["token"], Request(id=f"seed-{uuid4().hex}"))
    try:
        yield caller.actor
    finally:
        assert caller.actor.id is not None
        await tokens.scim_token_revoke(await operator_of(slug), caller.actor.id)


@database.writes
async def _add_people(directory: Actor, documents: Sequence[Document]) -> list[str]:
    return [(await memberships.provision(directory, document)).row["id"] for document in documents]


@database.writes
async def _analyze() -> None:
    await database.execute("ANALYZE")


async def _add_group(directory: Actor, name: str, member_ids: Sequence[str]) -> None:
    await groups.create(directory, display_name=name, member_ids=member_ids)


def _person(run: str, number: int) -> Document:
    user_name = f"{run}-{number:07d}@example.com"
    given, family = f"Given{number}", f"Family{number % 997}"
    return {
        "userName": user_name,
        "externalId": f"{run}-{number:07d}",
        "name": {"givenName": given, "familyName": family, "formatted": f"{given} {family}"},
        "displayName": f"{given} {family}",
        "title": "Engineer",
        "emails": [{"value": user_name, "type": "work", "primary": True}],
        ENTERPRISE: {"employeeNumber": str(number), "department": f"Department {number % 20}"},
    }
