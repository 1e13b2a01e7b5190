"""The shared filter vectors, each answered by the tree alone and by SQL on both databases."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from tenantry.errors import InvalidInput
from tenantry.scim.filter import parse
from tenantry.services.filters import matches
from tenantry.settings import Settings

from .asking import FIXTURE, RESOURCE_TYPES, directory

VECTORS: list[dict[str, Any]] = orjson.loads(
    (Path(__file__).parents[1] / "scim/vectors/filter-vectors.json").read_bytes()
)
# A group in a group is refused, so the store has none.
NOT_STORED = {"flt-group-05"}


def wanted(vector: dict[str, Any]) -> dict[str, Any]:
    """Where the standard leaves a choice, ours is the first one."""
    outcome: dict[str, Any] = vector.get("any_of", [vector])[0]
    return outcome


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_the_tree_answers_as_the_vector_says(vector: dict[str, Any]) -> None:
    """RFC 7644 §3.4.2.2."""
    resource_type = RESOURCE_TYPES[vector["resource"]]
    if reason := wanted(vector).get("error"):
        with pytest.raises(InvalidInput) as refusal:
            parse(vector["filter"], resource_type)
        assert refusal.value.reason == reason
        return
    question = parse(vector["filter"], resource_type)
    if vector["resource"] == "User":
        found = {user["userName"] for user in FIXTURE["users"] if matches(question, user)}
    else:
        found = {group["displayName"] for group in FIXTURE["groups"] if matches(question, group)}
    assert found == set(wanted(vector)["match"])


def test_sql_answers_as_the_vectors_say(settings: Settings) -> None:
    with directory(settings, FIXTURE["users"], FIXTURE["groups"]) as stored:
        asked = [vector for vector in VECTORS if "match" in wanted(vector) and vector["id"] not in NOT_STORED]
        found = {
            vector["id"]: stored.find(parse(vector["filter"], resource_type), resource_type)
            for vector in asked
            for resource_type in [RESOURCE_TYPES[vector["resource"]]]
        }
    assert found == {vector["id"]: sorted(wanted(vector)["match"]) for vector in asked}
