"""PATCH of groups: the changes that messages come to, without a group at hand."""

from typing import Any

import pytest

from tenantry.errors import InvalidInput, TooLarge
from tenantry.scim.patch import PATCH_OP, operations
from tenantry.scim.patch_group import changes
from tenantry.services.group_changes import (
    AddMembers,
    GroupChange,
    RemoveMembers,
    RemoveMembersWhere,
    ReplaceMember,
    ReplaceMembers,
    SetDisplayName,
    SetExternalId,
)
from tenantry.services.schemas import GROUP


def wanted(*sent: dict[str, Any], members_max: int = 10) -> list[GroupChange]:
    message = {"schemas": [PATCH_OP], "Operations": [*sent]}
    return changes(operations(message, GROUP, operations_max=100), members_max=members_max)


def reason_of_refusal(*sent: dict[str, Any]) -> str:
    with pytest.raises(InvalidInput) as refusal:
        wanted(*sent)
    return refusal.value.reason


def members(*ids: str) -> list[dict[str, Any]]:
    return [{"$ref": None, "value": one, "display": "Somebody"} for one in ids]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"op": "Add", "path": "members", "value": members("a", "B", "a")}, AddMembers(ids=("a", "b"))),
        ({"op": "add", "path": "members", "value": {"value": "a"}}, AddMembers(ids=("a",))),
        ({"op": "add", "value": {"id": "7", "members": members("a")}}, AddMembers(ids=("a",))),
        ({"op": "add", "path": 'members[value eq "a"]', "value": {"value": "A"}}, AddMembers(ids=("a",))),
        ({"op": "replace", "path": "members", "value": members("a")}, ReplaceMembers(ids=("a",))),
        ({"op": "replace", "path": "members", "value": []}, ReplaceMembers(ids=())),
        ({"op": "replace", "path": "members", "value": None}, ReplaceMembers(ids=())),
        ({"op": "replace", "value": {"members": members("a")}}, ReplaceMembers(ids=("a",))),
        ({"op": "remove", "path": "members"}, ReplaceMembers(ids=())),
        ({"op": "remove", "path": "members", "value": None}, ReplaceMembers(ids=())),
        ({"op": "Remove", "path": "members", "value": members("a")}, RemoveMembers(ids=("a",))),
        ({"op": "remove", "path": "members", "value": {"value": "a"}}, RemoveMembers(ids=("a",))),
        ({"op": "remove", "path": 'Members[Value EQ "A"]'}, RemoveMembers(ids=("a",))),
        ({"op": "remove", "path": 'members[value eq "a"]', "value": None}, RemoveMembers(ids=("a",))),
        (
            {"op": "remove", "path": 'members[value eq "a" or (value eq "b" or value eq "a")]'},
            RemoveMembers(ids=("a", "b")),
        ),
        ({"op": "replace", "path": 'members[value eq "a"]', "value": None}, RemoveMembers(ids=("a",))),
        ({"op": "replace", "path": 'members[value eq "a"]', "value": {"value": "b"}}, ReplaceMember(old="a", new="b")),
        ({"op": "replace", "path": "displayName", "value": "Crew"}, SetDisplayName(display_name="Crew")),
        ({"op": "replace", "path": "displayName", "value": [{"value": "Crew"}]}, SetDisplayName(display_name="Crew")),
        ({"op": "add", "path": "externalId", "value": "G-1"}, SetExternalId(external_id="G-1")),
        ({"op": "replace", "path": "externalId", "value": ""}, SetExternalId(external_id=None)),
        ({"op": "remove", "path": "externalId"}, SetExternalId(external_id=None)),
    ],
)
def test_an_operation_comes_to_a_change(sent: dict[str, Any], expected: GroupChange) -> None:
    assert wanted(sent) == [expected]


@pytest.mark.parametrize(
    "sent",
    [
        {"op": "add", "path": "members", "value": []},
        {"op": "add", "path": "members", "value": None},
        {"op": "add", "path": 'members[value eq "a"]', "value": None},
        {"op": "remove", "path": "members", "value": []},
        {"op": "remove", "path": "members", "value": {}},
        {"op": "add", "path": "displayName", "value": None},
        {"op": "add", "path": "externalId", "value": ""},
        {"op": "replace", "value": {"id": "7", "schemas": [], "meta": {}, "shoeSize": 43}},
    ],
)
def test_some_operations_come_to_nothing(sent: dict[str, Any]) -> None:
    assert wanted(sent) == []


@pytest.mark.parametrize(
    "filter",
    [
        'type eq "User"',
        'value sw "a"',
        'not (value eq "a")',
        'value eq "a" or type eq "User"',
        'value eq "a" and value eq "b"',
    ],
)
def test_members_behind_any_other_filter_are_for_the_database_to_find(filter: str) -> None:
    (change,) = wanted({"op": "remove", "path": f"members[{filter}]"})
    assert isinstance(change, RemoveMembersWhere)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ({"op": "remove", "path": "displayName"}, "mutability"),
        ({"op": "replace", "path": "displayName", "value": ""}, "invalidValue"),
        ({"op": "replace", "path": "displayName", "value": 7}, "invalidValue"),
        ({"op": "replace", "path": "externalId", "value": 7}, "invalidValue"),
        ({"op": "add", "path": "members", "value": ["a"]}, "invalidValue"),
        ({"op": "replace", "path": "members", "value": [{}]}, "invalidValue"),
        ({"op": "remove", "path": "members", "value": [{"display": "Ada"}]}, "invalidValue"),
        ({"op": "remove", "path": 'members[value eq "a"].value'}, "mutability"),
        ({"op": "replace", "path": "members.value", "value": "b"}, "mutability"),
        ({"op": "add", "path": 'members[value eq "a"].display', "value": "Ada"}, "mutability"),
        ({"op": "add", "path": 'members[value eq "a"]', "value": {"value": "b"}}, "mutability"),
        ({"op": "replace", "path": 'members[type eq "User"]', "value": {"value": "b"}}, "mutability"),
        ({"op": "replace", "path": 'members[value eq "a"]', "value": members("b", "c")}, "mutability"),
        ({"op": "replace", "path": "title", "value": "x"}, "invalidPath"),
    ],
)
def test_what_cannot_be_changed_is_refused(sent: dict[str, Any], reason: str) -> None:
    assert reason_of_refusal(sent) == reason


def test_neighbours_of_one_kind_are_folded() -> None:
    """Some providers send one operation for each person."""
    assert wanted(
        {"op": "replace", "path": "displayName", "value": "One"},
        {"op": "replace", "path": "displayName", "value": "Two"},
        {"op": "add", "path": "members", "value": members("a")},
        {"op": "add", "path": "members", "value": members("b", "a")},
        {"op": "remove", "path": 'members[value eq "a"]'},
        {"op": "remove", "path": "members", "value": members("c")},
        {"op": "add", "path": "members", "value": members("a")},
        {"op": "remove", "path": "members"},
        {"op": "replace", "path": "members", "value": members("d")},
    ) == [
        SetDisplayName(display_name="Two"),
        AddMembers(ids=("a", "b")),
        RemoveMembers(ids=("a", "c")),
        AddMembers(ids=("a",)),
        ReplaceMembers(ids=("d",)),
    ]


def test_members_that_make_way_for_others_are_not_folded() -> None:
    first, second = (
        {"op": "replace", "path": f'members[value eq "{old}"]', "value": {"value": new}} for old, new in ("ab", "bc")
    )
    assert wanted(first, second) == [ReplaceMember(old="a", new="b"), ReplaceMember(old="b", new="c")]


def test_members_have_a_limit_over_all_operations() -> None:
    sent = [{"op": "add", "path": "members", "value": members(one)} for one in "abc"]
    assert wanted(*sent, members_max=3) == [AddMembers(ids=("a", "b", "c"))]
    with pytest.raises(TooLarge) as refusal:
        wanted(*sent, members_max=2)
    assert refusal.value.limit == 2
