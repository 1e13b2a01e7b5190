"""What a PATCH message asks for: operations, each on one attribute."""

from typing import Any

import pytest

from tenantry.errors import InvalidInput, TooLarge
from tenantry.scim.patch import PATCH_OP, Op, Operation, operations
from tenantry.services.schemas import GROUP, USER, ResourceType

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def asked(*sent: Any, of: ResourceType = USER) -> list[Operation]:
    return operations({"schemas": [PATCH_OP], "Operations": [*sent]}, of, operations_max=10)


def told(*sent: Any, of: ResourceType = USER) -> list[tuple[str, str, Any]]:
    return [(operation.op, operation.target.path, operation.value) for operation in asked(*sent, of=of)]


def reason_of_refusal(*sent: Any) -> str:
    with pytest.raises(InvalidInput) as refusal:
        asked(*sent)
    return refusal.value.reason


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"Operations": []},
        {"schemas": [], "Operations": []},
        {"schemas": PATCH_OP, "Operations": []},
        {"schemas": [CORE], "Operations": []},
        {"schemas": [PATCH_OP]},
        {"schemas": [PATCH_OP], "Operations": None},
        {"schemas": [PATCH_OP], "Operations": {"op": "remove", "path": "title"}},
        {"schemas": [PATCH_OP], "Operations": ["remove"]},
        {"schemas": [PATCH_OP], "Operations": [None]},
    ],
)
def test_a_message_of_another_shape_is_refused(body: Any) -> None:
    """RFC 7644 §3.5.2."""
    with pytest.raises(InvalidInput) as refusal:
        operations(body, USER, operations_max=10)
    assert refusal.value.reason == "invalidSyntax"


def test_a_message_without_operations_asks_for_nothing() -> None:
    """Entra's validator sends it."""
    assert asked() == []


def test_names_and_operations_have_no_letter_case_and_more_is_no_harm() -> None:
    body = {
        "SCHEMAS": [PATCH_OP.upper(), CORE],
        "operations": [{"OP": "Replace", "Path": "TITLE", "Value": "x", "name": "y"}],
    }
    (operation,) = operations(body, USER, operations_max=1)
    assert (operation.op, operation.target.path, operation.value) == (Op.REPLACE, "title", "x")


def test_operations_have_a_limit() -> None:
    with pytest.raises(TooLarge) as refusal:
        asked(*[{"op": "remove", "path": "title"}] * 11)
    assert refusal.value.limit == 10


@pytest.mark.parametrize("op", [None, "", "move", "copy", 7, ["add"]])
def test_there_are_three_operations(op: Any) -> None:
    assert reason_of_refusal({"op": op, "path": "title", "value": "x"}) == "invalidSyntax"


@pytest.mark.parametrize("op", ["add", "replace"])
def test_to_add_or_replace_needs_a_value(op: str) -> None:
    assert reason_of_refusal({"op": op, "path": "title"}) == "invalidValue"
    assert told({"op": op, "path": "title", "value": None}) == [(op, "title", None)]


@pytest.mark.parametrize("path", [None, "", "  "])
def test_to_remove_needs_a_path(path: Any) -> None:
    """RFC 7644 §3.5.2.2."""
    assert reason_of_refusal({"op": "remove", "path": path, "value": {"title": "x"}}) == "noTarget"
    assert reason_of_refusal({"op": "remove", "path": CORE}) == "noTarget"


@pytest.mark.parametrize(
    "path",
    [
        7,
        ["title"],
        "shoeSize",
        "name.shoeSize",
        "title.value",
        ".title",
        "title.",
        "emails[",
        "emails[]",
        "emails[type]",
        "emails[type regex 7]",
        "emails[shoeSize eq 7]",
        'emails[type eq "work"] junk',
        'name[givenName eq "Ada"]',
        f"{ENTERPRISE}:shoeSize",
        "urn:example:unknown:title",
    ],
)
def test_a_path_that_leads_nowhere_is_refused(path: Any) -> None:
    """RFC 7644 §3.12; its filter is part of the path."""
    assert reason_of_refusal({"op": "replace", "path": path, "value": "x"}) == "invalidPath"


@pytest.mark.parametrize("op", ["add", "remove", "replace"])
@pytest.mark.parametrize(
    "path", ["id", "meta", "meta.version", "schemas", "groups", f"{ENTERPRISE}:manager.displayName"]
)
def test_a_path_to_what_the_service_keeps_is_refused(op: str, path: str) -> None:
    """RFC 7644 §3.5.2."""
    assert reason_of_refusal({"op": op, "path": path, "value": "x"}) == "mutability"


@pytest.mark.parametrize("path", ["password", "Password", f"{CORE}:password"])
def test_a_password_is_accepted_and_dropped(path: str) -> None:
    assert asked({"op": "replace", "path": path, "value": "Not-A-Real-Secret-1"}) == []
    assert asked({"op": "replace", "value": {path: "Not-A-Real-Secret-1"}}) == []


def test_a_path_may_choose_among_values() -> None:
    (operation,) = asked({"op": "add", "path": f'{CORE}:Emails[Type eq "work"].VALUE', "value": "x"})
    assert operation.target.path == "emails.value"
    assert operation.filter is not None


def test_a_manager_is_found_without_the_urn() -> None:
    """Entra leaves it out."""
    assert told({"op": "Add", "path": "manager", "value": "7"}) == [("add", f"{ENTERPRISE}:manager", "7")]


def test_an_operation_without_a_path_is_one_for_each_attribute() -> None:
    value = {
        "schemas": [CORE],
        "id": "7",
        "shoeSize": 43,
        "active": "True",
        "name.givenName": "Ada",
        'emails[type eq "work"].value': "ada@example.com",
        "emails[type is work].value": "ignored like any unknown name",
        'groups[value eq "7"].display': "read-only",
        f"{ENTERPRISE}:employeeNumber": "9",
        ENTERPRISE: {"department": "R&D", "manager.value": "7", "shoeSize": 43},
        CORE: {"title": "Engineer"},
    }
    assert told({"op": "replace", "value": value}) == [
        ("replace", "active", "True"),
        ("replace", "name.givenName", "Ada"),
        ("replace", "emails.value", "ada@example.com"),
        ("replace", f"{ENTERPRISE}:employeeNumber", "9"),
        ("replace", f"{ENTERPRISE}:department", "R&D"),
        ("replace", f"{ENTERPRISE}:manager.value", "7"),
        ("replace", "title", "Engineer"),
    ]


def test_the_same_is_true_of_groups() -> None:
    value = {"id": "7", "displayName": "Crew", "members": [{"value": "a"}], "title": "no such thing"}
    assert told({"op": "add", "value": value}, of=GROUP) == [
        ("add", "displayName", "Crew"),
        ("add", "members", [{"value": "a"}]),
    ]


@pytest.mark.parametrize("value", [None, "title", 7, [], [{"title": "x"}]])
def test_an_operation_without_a_path_needs_an_object(value: Any) -> None:
    assert reason_of_refusal({"op": "add", "value": value}) == "invalidValue"


def test_the_urn_of_an_extension_stands_for_all_of_it() -> None:
    assert told({"op": "add", "path": ENTERPRISE, "value": {"department": "R&D"}}) == [
        ("add", f"{ENTERPRISE}:department", "R&D")
    ]
    assert told({"op": "remove", "path": ENTERPRISE}) == [("remove", ENTERPRISE, None)]
    assert reason_of_refusal({"op": "add", "path": ENTERPRISE, "value": "R&D"}) == "invalidValue"


def test_an_extension_replaced_by_nothing_is_removed() -> None:
    """RFC 7643 §2.5."""
    removed = [("remove", ENTERPRISE, None)]
    assert told({"op": "replace", "path": ENTERPRISE, "value": None}) == removed
    assert told({"op": "replace", "value": {ENTERPRISE: {}}}) == removed
    assert told({"op": "add", "value": {ENTERPRISE: None}}) == []
