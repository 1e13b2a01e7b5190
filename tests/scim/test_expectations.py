"""The replay of traces would be worth nothing if it took every answer."""

from typing import Any

import pytest

from .expectations import MISSING, mismatch, pick

USER = {
    "id": "7",
    "name": {"givenName": "Ada"},
    "emails": [{"type": "home", "value": "a@example.com"}, {"type": "work", "value": "b@example.com"}],
    "urn:x:2.0:User": {"manager": {"value": "8"}},
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("id", "7"),
        ("name.givenName", "Ada"),
        ("name.familyName", MISSING),
        ("emails[1].value", "b@example.com"),
        ("emails[2]", MISSING),
        ("emails[type=work].value", "b@example.com"),
        ("emails[type=other].value", MISSING),
        ("emails[*].type", ["home", "work"]),
        ("name[*].type", MISSING),
        ('["urn:x:2.0:User"].manager.value', "8"),
    ],
)
def test_a_path_leads_to_a_value_or_nowhere(path: str, found: Any) -> None:
    assert pick(USER, path) == found


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("a", "a"),
        (["a"], ["a"]),
        ("a", {"type": "string", "non_empty": True}),
        (1, {"type": ["string", "integer"]}),
        (MISSING, {"exists": False}),
        (MISSING, {"absent_or": True}),
        ([], {"absent_or": True}),
        (MISSING, {"not": "a"}),
        (MISSING, {"not_contains": "a"}),
        ([{"value": "a", "type": "work"}], {"contains": {"value": "a"}}),
        (["b", "a"], {"same_items": ["a", "b"]}),
        ("ADA", {"iequals": "ada", "in": ["ADA"], "regex": "^A"}),
        ([1, 2], {"length": 2, "min_length": 1, "max_length": 3, "contains_all": [2, 1]}),
        (2, {"equals": 2, "gte": 2, "lte": 2}),
    ],
)
def test_a_value_that_is_wanted_is_taken(value: Any, wanted: Any) -> None:
    assert mismatch(value, wanted) is None


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("a", "b"),
        (MISSING, "a"),
        (1, True),
        (True, 1),
        (True, {"type": "integer"}),
        (MISSING, {"type": "string"}),
        ("", {"type": "string", "non_empty": True}),
        ("a", {"exists": False}),
        ("a", {"absent_or": "b"}),
        ("a", {"not": "a"}),
        ([{"value": "a"}], {"not_contains": {"value": "a"}}),
        ([{"value": "a"}], {"contains": {"value": "b"}}),
        (["a", "a"], {"same_items": ["a"]}),
        ([1], {"contains_all": [1, 2]}),
        ([1], {"min_length": 2}),
        (1, {"gte": 2}),
    ],
)
def test_a_value_that_is_not_wanted_is_told(value: Any, wanted: Any) -> None:
    assert mismatch(value, wanted)
