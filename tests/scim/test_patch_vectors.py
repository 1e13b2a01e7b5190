"""The shared PATCH vectors: of several allowed outcomes the first is ours. Stores and servers are tested elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from tenantry.errors import InvalidInput
from tenantry.scim import patch, patch_group, patch_user
from tenantry.scim.documents import read
from tenantry.services import group_changes
from tenantry.services.filters import matches
from tenantry.services.schemas import GROUP, USER, Extension, ResourceType, parse_schema, schemas_of

VECTORS = Path(__file__).parent / "vectors"
STAFF = parse_schema(orjson.loads((VECTORS / "fixture.json").read_bytes())["extensionSchema"])
STAFF_USER = ResourceType(
    name="User",
    endpoint="/Users",
    description="",
    schema=USER.schema,
    extensions=(*USER.extensions, Extension(schema=STAFF)),
)

vectors: list[dict[str, Any]] = orjson.loads((VECTORS / "patch-vectors.json").read_bytes())
needing_a_store = {vector["id"] for vector in vectors if "needs-store" in vector.get("tags", ())}


def of(resource: str) -> list[Any]:
    return [
        pytest.param(vector, id=vector["id"])
        for vector in vectors
        if vector["resource"] == resource and vector["id"] not in needing_a_store
    ]


def test_the_vectors_are_all_here() -> None:
    assert len(vectors) == 174
    assert needing_a_store == {"pat-rep-38"}  # uniqueness of userName


@pytest.mark.parametrize("vector", of("User"))
def test_a_user_becomes_what_the_vector_says(vector: dict[str, Any]) -> None:
    before = read(vector["before"], STAFF_USER, members_max=0)
    untouched = deepcopy(before.document)
    with refused_as_said(vector):
        operations = patch.operations(message(vector), STAFF_USER, operations_max=100)
        patched = patch_user.apply(operations, before.document, active=before.active is not False)
        after = outcome(vector)["after"]
        expected = read(after, STAFF_USER, members_max=0)
        assert patched.document == expected.document
        assert patched.active == expected.active
        assert set(schemas_of(STAFF_USER, patched.document)) == set(after["schemas"])
        assert (patched.document == before.document) or not vector.get("same_lastModified")
    assert before.document == untouched


@pytest.mark.parametrize("vector", of("Group"))
def test_a_group_becomes_what_the_vector_says(vector: dict[str, Any]) -> None:
    before = vector["before"]
    with refused_as_said(vector):
        operations = patch.operations(message(vector), GROUP, operations_max=100)
        after = carried_out(patch_group.changes(operations, members_max=100), before)
        assert after == summary(outcome(vector)["after"])
        assert after == summary(before) or not vector.get("same_lastModified")


def message(vector: dict[str, Any]) -> dict[str, Any]:
    return vector.get("body") or {"schemas": [patch.PATCH_OP], "Operations": vector["ops"]}


def outcome(vector: dict[str, Any]) -> dict[str, Any]:
    """The first of the allowed outcomes."""
    return vector["any_of"][0] if "any_of" in vector else vector


@contextmanager
def refused_as_said(vector: dict[str, Any]) -> Iterator[None]:
    """Expects a refusal exactly when the vector does."""
    error = outcome(vector).get("error")
    if error is None:
        yield
        return
    with pytest.raises(InvalidInput) as refusal:
        yield
    assert refusal.value.reason == error["scimType"]


@dataclass(kw_only=True)
class Group:
    display_name: str
    external_id: str | None
    members: set[str]


def summary(group: dict[str, Any]) -> Group:
    members = {member["value"] for member in group.get("members", ())}
    return Group(display_name=group["displayName"], external_id=group.get("externalId"), members=members)


def carried_out(changes: list[group_changes.GroupChange], before: dict[str, Any]) -> Group:
    """What the service does with rows, done with a set."""
    group = summary(before)
    for change in changes:
        match change:
            case group_changes.SetDisplayName(display_name=name):
                group.display_name = name
            case group_changes.SetExternalId(external_id=external_id):
                group.external_id = external_id
            case group_changes.AddMembers(ids=ids):
                group.members |= {*ids}
            case group_changes.RemoveMembers(ids=ids):
                group.members -= {*ids}
            case group_changes.ReplaceMembers(ids=ids):
                group.members = {*ids}
            case group_changes.RemoveMembersWhere(filter=filter):
                group.members = {one for one in group.members if not matches(filter, {"value": one})}
            case group_changes.ReplaceMember(old=old, new=new):
                if old not in group.members:
                    raise InvalidInput("not a member", reason="noTarget")
                group.members = group.members - {old} | {new}
    return group
