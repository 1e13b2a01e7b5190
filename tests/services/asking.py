"""The people and groups of the shared vectors, stored, and asked with filters."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from tenantry import models
from tenantry.models import database
from tenantry.services import filter_sql
from tenantry.services.comparison import canonical_user_name, fold, indexed_values, moment, search_twin
from tenantry.services.filters import Filter
from tenantry.services.fragments import Fragment
from tenantry.services.schemas import GROUP, USER, Extension, ResourceType, parse_schema, schemas_of
from tenantry.settings import Settings, tortoise_config

FIXTURE: dict[str, Any] = orjson.loads((Path(__file__).parents[1] / "scim/vectors/fixture.json").read_bytes())
STAFF: str = FIXTURE["extensionSchema"]["id"]
STAFF_USER = replace(USER, extensions=(*USER.extensions, Extension(schema=parse_schema(FIXTURE["extensionSchema"]))))
RESOURCE_TYPES = {"User": STAFF_USER, "Group": GROUP}

HERE, ELSEWHERE = models.new_id(), models.new_id()
NOT_IN_DOCUMENT = {"id", "active", "groups", "meta", "schemas", "password"}


class Directory:
    """A database with one workspace of people and groups, and the same ones once more in another workspace."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self._runner = runner

    def find(self, filter: Filter, resource_type: ResourceType) -> list[str]:
        """The userNames or displayNames of those the filter finds."""
        condition = filter_sql.where(filter, resource_type, database.dialect(), workspace_id=HERE)
        return sorted(self._runner.run(_select(condition, resource_type)))

    def plan(self, filter: Filter, resource_type: ResourceType) -> str:
        """How SQLite would look for them."""
        condition = filter_sql.where(filter, resource_type, database.dialect(), workspace_id=HERE)
        return self._runner.run(_plan(condition, resource_type))


@contextmanager
def directory(settings: Settings, people: list[dict[str, Any]], groups: list[dict[str, Any]]) -> Iterator[Directory]:
    with asyncio.Runner() as runner:
        runner.run(database.open(tortoise_config(settings)))
        runner.run(_store(HERE, people, groups))
        runner.run(_store(ELSEWHERE, *_copies(people, groups)))
        yield Directory(runner)
        runner.run(database.close())


def _copies(people: list[dict[str, Any]], groups: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], ...]:
    """The same under other ids."""
    ids = {resource["id"]: models.new_id() for resource in (*people, *groups)}
    text = orjson.dumps([people, groups]).decode()
    for old, new in ids.items():
        text = text.replace(old, new)
    copied_people, copied_groups = orjson.loads(text)
    return copied_people, copied_groups


@database.reads
async def _select(condition: Fragment, resource_type: ResourceType) -> list[str]:
    rows = await database.fetch_all(_query(condition, resource_type), HERE, *condition.params)
    return [row[0] for row in rows]


@database.reads
async def _plan(condition: Fragment, resource_type: ResourceType) -> str:
    query = f"EXPLAIN QUERY PLAN {_query(condition, resource_type)}"
    return "\n".join([row["detail"] for row in await database.fetch_all(query, HERE, *condition.params)])


def _query(condition: Fragment, resource_type: ResourceType) -> str:
    if resource_type is GROUP:
        return f"SELECT g.display_name FROM groups AS g WHERE g.workspace_id = ? AND {condition.sql}"
    return f"SELECT m.user_name FROM memberships AS m WHERE m.workspace_id = ? AND {condition.sql}"


@database.writes
async def _store(workspace_id: str, people: list[dict[str, Any]], groups: list[dict[str, Any]]) -> None:
    for person in people:
        await _store_person(workspace_id, person)
    for group in groups:
        await _store_group(workspace_id, group, {person["id"] for person in people})


async def _store_person(workspace_id: str, person: dict[str, Any]) -> None:
    document = {name: value for name, value in person.items() if name not in NOT_IN_DOCUMENT}
    shown_name = person.get("displayName") or person["userName"]
    await database.insert(
        models.Membership,
        id=person["id"],
        workspace_id=workspace_id,
        user_name=person["userName"],
        user_name_key=canonical_user_name(person["userName"]),
        external_id=person.get("externalId"),
        display_name=shown_name,
        display_name_key=fold(shown_name),
        state=models.MembershipState.ACTIVE.value,
        active=person["active"],
        origin=models.Origin.SCIM.value,
        directory_managed=True,
        document=orjson.dumps({"schemas": schemas_of(STAFF_USER, document), **document}).decode(),
        search=orjson.dumps(search_twin(STAFF_USER, document)).decode(),
        version=1,
        created_at=moment(person["meta"]["created"]),
        updated_at=moment(person["meta"]["lastModified"]),
    )
    for attribute, key in indexed_values(STAFF_USER, document):
        await database.insert(
            models.MembershipValue,
            workspace_id=workspace_id,
            membership_id=person["id"],
            attribute=attribute,
            value_key=key,
        )


async def _store_group(workspace_id: str, group: dict[str, Any], people: set[str]) -> None:
    # Groups inside groups are not kept.
    members = [member["value"] for member in group.get("members", ()) if member["value"] in people]
    await database.insert(
        models.Group,
        id=group["id"],
        workspace_id=workspace_id,
        display_name=group["displayName"],
        display_name_key=fold(group["displayName"]),
        external_id=group.get("externalId"),
        origin=models.Origin.SCIM.value,
        directory_managed=True,
        member_count=len(members),
        version=1,
        created_at=moment(group["meta"]["created"]),
        updated_at=moment(group["meta"]["lastModified"]),
    )
    for member in members:
        await database.insert(models.GroupMember, workspace_id=workspace_id, group_id=group["id"], membership_id=member)
