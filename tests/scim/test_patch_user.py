"""PATCH of users beyond the shared vectors: habits of clients, corners, and what holds for every message."""

from contextlib import suppress
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.errors import InvalidInput
from tenantry.scim.documents import read
from tenantry.scim.patch import PATCH_OP, operations
from tenantry.scim.patch_user import Patched, apply
from tenantry.services.schemas import USER, Attribute, Document, Extension, Mutability, ResourceType, Schema, Type

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
BADGE = "urn:example:scim:schemas:badge:2.0:User"

BADGE_USER = ResourceType(
    name="User",
    endpoint="/Users",
    description="",
    schema=USER.schema,
    extensions=(
        *USER.extensions,
        Extension(
            schema=Schema(
                id=BADGE,
                name="Badge",
                description="",
                attributes=(
                    Attribute(name="serial", mutability=Mutability.IMMUTABLE),
                    Attribute(name="tags", multi_valued=True),
                    Attribute(
                        name="door",
                        type=Type.COMPLEX,
                        sub_attributes=(
                            Attribute(name="number", required=True),
                            Attribute(name="key", mutability=Mutability.IMMUTABLE),
                            Attribute(name="side"),
                        ),
                    ),
                ),
            )
        ),
    ),
)

WORK = {"value": "ada@work.example.com", "type": "work", "primary": True}
HOME = {"value": "ada@home.example.com", "type": "home"}
ADA: Document = {
    "userName": "ada",
    "name": {"givenName": "Ada", "familyName": "Quill"},
    "emails": [WORK, HOME],
    ENTERPRISE: {"department": "R&D", "manager": {"value": "7", "$ref": "https://example.com/Users/7"}},
}


def patched(*sent: dict[str, Any], document: Document = ADA, active: bool = True) -> Patched:
    message = {"schemas": [PATCH_OP], "Operations": [*sent]}
    return apply(operations(message, BADGE_USER, operations_max=100), document, active=active)


def after(*sent: dict[str, Any], document: Document = ADA) -> Document:
    return patched(*sent, document=document).document


def reason_of_refusal(*sent: dict[str, Any], document: Document = ADA) -> str:
    with pytest.raises(InvalidInput) as refusal:
        patched(*sent, document=document)
    return refusal.value.reason


def add(path: str, value: Any) -> dict[str, Any]:
    return {"op": "add", "path": path, "value": value}


def replace(path: str, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


def remove(path: str, **value: Any) -> dict[str, Any]:
    return {"op": "remove", "path": path, **value}


@pytest.mark.parametrize("value", [False, "False", "false", ["FALSE"]])
@pytest.mark.parametrize("op", ["add", "replace"])
def test_active_is_told_apart_from_the_document(op: str, value: Any) -> None:
    assert patched({"op": op, "path": "active", "value": value}) == Patched(document=ADA, active=False)
    assert patched({"op": op, "value": {"active": value}}) == Patched(document=ADA, active=False)


@pytest.mark.parametrize(
    "sent", [remove("active"), replace("active", None), replace("active", ""), add("active", None)]
)
def test_clearing_active_says_nothing_about_access(sent: dict[str, Any]) -> None:
    assert patched(sent, active=False).active is False
    assert patched(sent, active=True).active is True
    assert patched(replace("active", False), sent, active=True).active is False


def test_nothing_asked_is_nothing_changed() -> None:
    assert patched(active=False) == Patched(document=ADA, active=False)


@pytest.mark.parametrize("path", ["userName", "name", "emails", f"{ENTERPRISE}:manager", 'emails[type eq "work"]'])
@pytest.mark.parametrize("nothing", [None, [], {}, "", " "])
def test_adding_nothing_changes_nothing(path: str, nothing: Any) -> None:
    assert after(add(path, nothing)) == ADA


@pytest.mark.parametrize("nothing", [None, [], {}, "", " ", [""]])
def test_replacing_by_nothing_removes(nothing: Any) -> None:
    """RFC 7643 §2.5."""
    assert "title" not in after(replace("title", nothing), document={**ADA, "title": "Engineer"})
    assert reason_of_refusal(replace("userName", nothing)) == "invalidValue"


@pytest.mark.parametrize("nothing", [None, [], {}, ""])
@pytest.mark.parametrize("path", ["emails", "name"])
def test_replacing_by_nothing_removes_what_has_many_parts(path: str, nothing: Any) -> None:
    assert after(replace(path, nothing)) == {name: value for name, value in ADA.items() if name != path}


@pytest.mark.parametrize("nothing", [None, ""])
def test_replacing_the_value_of_a_value_by_nothing_removes_it(nothing: Any) -> None:
    assert after(replace('emails[type eq "work"].value', nothing))["emails"] == [HOME]
    assert after(remove('emails[type eq "work"].value'))["emails"] == [HOME]
    assert after(replace('emails[type eq "work"]', nothing))["emails"] == [HOME]
    assert after(replace('emails[type eq "fax"].value', nothing)) == ADA


@pytest.mark.parametrize("op", ["add", "replace"])
def test_a_value_path_without_a_match_creates_the_value_it_describes(op: str) -> None:
    """Entra counts on it."""
    path = 'emails[(type eq "other" and display eq "Spare") and primary eq true].value'
    made = {"type": "other", "display": "Spare", "primary": True, "value": "spare@example.com"}
    sent = {"op": op, "path": path, "value": "spare@example.com"}
    assert after(sent)["emails"] == [{**WORK, "primary": False}, HOME, made]
    assert after(sent, sent) == after(sent)


def test_adding_a_whole_value_creates_it_and_replacing_does_not() -> None:
    """RFC 7644 §3.5.2.3."""
    assert after(add('emails[type eq "other"]', {"value": "x"}))["emails"] == [
        WORK,
        HOME,
        {"type": "other", "value": "x"},
    ]
    assert reason_of_refusal(replace('emails[type eq "other"]', {"value": "x"})) == "noTarget"


@pytest.mark.parametrize(
    "filter",
    [
        'type sw "x"',
        'type eq "a" or type eq "b"',
        'type eq "a" and type eq "b"',
        'type eq "a" and display ne "b"',
        'type eq "a" and (display eq "b" or display eq "c")',
    ],
)
@pytest.mark.parametrize("op", ["add", "replace"])
def test_a_filter_that_describes_no_value_has_no_target(op: str, filter: str) -> None:
    assert reason_of_refusal({"op": op, "path": f"emails[{filter}].value", "value": "x"}) == "noTarget"


def test_a_sub_attribute_without_a_filter_is_that_of_every_value() -> None:
    assert after(replace("emails.display", "Ada"))["emails"] == [{**WORK, "display": "Ada"}, {**HOME, "display": "Ada"}]
    assert after(replace("phoneNumbers.value", "1"))["phoneNumbers"] == [{"value": "1"}]


def test_a_value_told_again_adds_to_the_first() -> None:
    assert after(add("emails", {**HOME, "display": "Home"}))["emails"] == [WORK, {**HOME, "display": "Home"}]


def test_values_that_become_the_same_become_one() -> None:
    """RFC 7643 §2.4."""
    twice = {**ADA, "emails": [WORK, {**WORK, "type": "home", "primary": False}]}
    assert len(after(replace("emails.type", "work"), document=twice)["emails"]) == 1


def test_a_new_primary_takes_over() -> None:
    """RFC 7644 §3.5.2."""
    assert after(add("emails", {**HOME, "primary": "True"}))["emails"] == [
        {**WORK, "primary": False},
        {**HOME, "primary": True},
    ]
    assert reason_of_refusal(replace("emails.primary", True)) == "invalidValue"


@pytest.mark.parametrize(
    ("listed", "left"),
    [
        ([{"value": "ADA@work.example.com"}], [HOME]),
        ([{"value": "ada@work.example.com", "type": "work"}], [HOME]),
        ([{"value": "ada@work.example.com", "type": "home"}], [WORK, HOME]),
        ({"type": "home"}, [WORK]),
        (["ada@home.example.com"], [WORK]),
        ([WORK, HOME], None),
        ([], [WORK, HOME]),
        ([{}], [WORK, HOME]),
        ([{"shoeSize": 43}], [WORK, HOME]),
        (None, None),
    ],
)
def test_values_are_removed_by_listing_them(listed: Any, left: Any) -> None:
    assert after(remove("emails", value=listed)).get("emails") == left


def test_a_manager_named_anew_loses_the_reference_to_the_old_one() -> None:
    for value in ("8", {"value": "8"}, [{"value": "8"}]):
        assert after(replace(f"{ENTERPRISE}:manager", value))[ENTERPRISE]["manager"] == {"value": "8"}
    assert after(replace(f"{ENTERPRISE}:manager.value", "8"))[ENTERPRISE]["manager"] == {"value": "8"}
    assert after(replace(f"{ENTERPRISE}:manager", "7")) == ADA


def test_the_last_attribute_takes_the_extension_with_it() -> None:
    gone = {name: value for name, value in ADA.items() if name != ENTERPRISE}
    assert after(remove(f"{ENTERPRISE}:department"), remove(f"{ENTERPRISE}:manager")) == gone
    assert after(remove(ENTERPRISE)) == gone
    assert after(remove(ENTERPRISE), document=gone) == gone


BADGED: Document = {
    "userName": "ada",
    BADGE: {"serial": "S-1", "tags": ["a", "b"], "door": {"number": "7", "key": "K", "side": "left"}},
}


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (replace(f"{BADGE}:serial", "S-2"), "mutability"),
        (remove(f"{BADGE}:serial"), "mutability"),
        (remove(BADGE), "mutability"),
        (replace(f"{BADGE}:door.key", "L"), "mutability"),
        (remove(f"{BADGE}:door.key"), "mutability"),
        (remove(f"{BADGE}:door.number"), "mutability"),
        (replace(f"{BADGE}:door.number", ""), "invalidValue"),
        (replace(f'{BADGE}:tags[value eq "c"]', "d"), "noTarget"),
        (replace(f'{BADGE}:tags[value eq "a"]', ["d", "e"]), "invalidValue"),
        (replace(f'{BADGE}:tags[value eq "a"]', [""]), "invalidValue"),
    ],
)
def test_what_is_immutable_or_required_is_protected(sent: dict[str, Any], reason: str) -> None:
    """RFC 7644 §3.5.2."""
    assert reason_of_refusal(sent, document=BADGED) == reason


def test_what_is_immutable_may_be_set_once_and_told_again() -> None:
    unset: Document = {"userName": "ada"}
    assert after(add(f"{BADGE}:serial", "S-1"), document=unset) == {"userName": "ada", BADGE: {"serial": "S-1"}}
    assert after(replace(f"{BADGE}:serial", "S-1"), replace(f"{BADGE}:door", {"key": "K"}), document=BADGED) == BADGED


@pytest.mark.parametrize(
    ("sent", "tags"),
    [
        (replace(f'{BADGE}:tags[value eq "A"]', "c"), ["c", "b"]),
        (replace(f'{BADGE}:tags[value eq "A"]', "B"), ["b"]),
        (remove(f'{BADGE}:tags[value sw "a"]'), ["b"]),
        (remove(f"{BADGE}:tags", value=["A", "c"]), ["b"]),
        (remove(f"{BADGE}:tags", value=[]), ["a", "b"]),
        (add(f"{BADGE}:tags", ["c", "a"]), ["a", "b", "c"]),
        (add(f"{BADGE}:tags", "c"), ["a", "b", "c"]),
        (replace(f"{BADGE}:tags", "c"), ["c"]),
    ],
)
def test_simple_values_are_chosen_by_value(sent: dict[str, Any], tags: list[str]) -> None:
    assert after(sent, document=BADGED)[BADGE]["tags"] == tags


# What holds for every message.

texts = st.sampled_from(["a", "A", "b", "work", "home", "x@example.com"])
booleans = st.sampled_from([True, False, "True", "false"])
elements = st.fixed_dictionaries(
    {"value": texts}, optional={"type": texts, "display": texts, "primary": booleans | st.none()}
)
many = elements | st.lists(elements, max_size=3)
addresses = st.fixed_dictionaries({}, optional={"type": texts, "locality": texts, "primary": booleans})
names = st.fixed_dictionaries({}, optional={"givenName": texts | st.none(), "middleName": texts})
fitting = {
    "userName": texts,
    "displayName": texts,
    "active": booleans,
    "name": names,
    "name.givenName": texts,
    "emails": many,
    "emails.type": texts,
    'emails[type eq "work"]': elements,
    'emails[type eq "work"].value': texts,
    'emails[value sw "a" or primary eq true].primary': booleans,
    "roles": many,
    'roles[value eq "a" and display eq "b"].type': texts,
    "addresses": st.lists(addresses, max_size=3),
    'addresses[type eq "home"].locality': texts,
    f"{ENTERPRISE}:manager": texts | st.fixed_dictionaries({"value": texts}, optional={"$ref": texts}),
    f"{ENTERPRISE}:manager.value": texts,
    f"{ENTERPRISE}:department": texts,
    ENTERPRISE: st.fixed_dictionaries({}, optional={"department": texts, "manager": texts, "employeeNumber": texts}),
}
odd = st.sampled_from([None, "", [], {}, [None], 7, True, "a", ["a"], {"value": "a"}, [{"value": "a"}]])
named = st.sampled_from(sorted(fitting)).flatmap(lambda path: st.tuples(st.just(path), fitting[path] | odd))
ops = st.sampled_from(["add", "replace"])
with_a_path = st.builds(lambda op, one: {"op": op, "path": one[0], "value": one[1]}, ops | st.just("remove"), named)
without_a_path = st.builds(lambda op, some: {"op": op, "value": dict(some)}, ops, st.lists(named, max_size=4))
messages = st.lists(st.one_of(with_a_path, without_a_path), max_size=5)


@given(messages)
def test_a_message_is_carried_out_or_refused_and_never_touches_what_it_was_given(sent: list[dict[str, Any]]) -> None:
    given_document, given_message = deepcopy(ADA), deepcopy(sent)
    with suppress(InvalidInput):
        patched(*given_message, document=given_document)
    assert given_document == ADA
    assert given_message == sent


@given(messages)
def test_what_a_message_makes_can_be_put_and_stays_the_same(sent: list[dict[str, Any]]) -> None:
    """RFC 7644 §3.5.1: reading what we show gives what we have."""
    try:
        result = patched(*sent)
    except InvalidInput:
        return
    body = {"schemas": [USER.schema.id], "active": result.active, **deepcopy(result.document)}
    told = read(body, BADGE_USER, members_max=0)
    assert told.active is result.active
    assert told.document == _without_values_that_say_nothing(result.document)


@given(messages)
def test_at_most_one_value_is_primary(sent: list[dict[str, Any]]) -> None:
    """RFC 7643 §2.4."""
    try:
        result = after(*sent)
    except InvalidInput:
        return
    for name in ("emails", "roles", "addresses"):
        assert sum(element.get("primary") is True for element in result.get(name, ())) <= 1


@given(with_a_path)
def test_adding_twice_is_adding_once(sent: dict[str, Any]) -> None:
    """RFC 7644 §3.5.2.1."""
    sent = {**sent, "op": "add"}
    try:
        once = after(sent)
    except InvalidInput:
        return
    assert after(sent, sent) == once


@given(named.filter(lambda one: one[0] in ("displayName", "emails", "roles", "addresses")))
def test_replacing_an_attribute_gives_what_a_body_with_it_gives(one: tuple[str, Any]) -> None:
    """RFC 7644 §3.5.2.3."""
    path, value = one
    try:
        told = read({"schemas": ["x"], "userName": "ada", path: value}, USER, members_max=0).document
    except InvalidInput:
        assert reason_of_refusal(replace(path, value)) == "invalidValue"
        return
    assert after(replace(path, value), document={"userName": "ada", path: "anything"}) == told


@given(messages, messages)
def test_operations_follow_one_another(first: list[dict[str, Any]], second: list[dict[str, Any]]) -> None:
    """RFC 7644 §3.5.2: each starts from what the one before has made."""
    try:
        between = patched(*first)
        apart = patched(*second, document=between.document, active=between.active)
    except InvalidInput:
        return
    assert patched(*first, *second) == apart


def _without_values_that_say_nothing(document: Document) -> Document:
    """A value path may make a value whose own value is yet to come."""
    kept = dict(document)
    for name in ("emails", "roles"):
        if elements := [element for element in document.get(name, ()) if "value" in element]:
            kept[name] = elements
        else:
            kept.pop(name, None)
    return kept
