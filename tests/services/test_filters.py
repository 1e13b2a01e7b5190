"""What a filter's tree says of a value, without any database."""

from typing import Any

import pytest

from tenantry.scim.filter import parse, parse_path
from tenantry.services.filters import And, Comparison, Operator, Or, Present, ValuePath, compare, matches, present
from tenantry.services.schemas import USER, Attribute, Target, Type

from .asking import STAFF, STAFF_USER


def holds(text: str, document: dict[str, Any]) -> bool:
    return matches(parse(text, STAFF_USER), document)


@pytest.mark.parametrize(
    ("operator", "expected"), [("ne", True), *((operator, False) for operator in Operator if operator != "ne")]
)
def test_a_missing_value_only_differs(operator: str, expected: bool) -> None:
    assert holds(f'title {operator} ""', {}) is expected
    assert holds(f'name.familyName {operator} "x"', {}) is expected
    assert holds(f'emails.type {operator} "x"', {}) is expected
    assert holds(f'emails.type {operator} "x"', {"emails": [{"value": "a@example.com"}]}) is expected
    assert holds(f'not (title {operator} "x")', {}) is not expected


def test_one_of_many_values_is_enough_also_to_differ() -> None:
    document = {"emails": [{"type": "work"}, {"type": "home"}]}
    assert holds('emails.type eq "work"', document)
    assert holds('emails.type ne "work"', document)
    assert not holds('not (emails.type eq "work")', document)


def test_in_brackets_one_value_fulfils_everything() -> None:
    document = {"emails": [{"type": "work", "value": "a@example.com"}, {"type": "home", "value": "b@example.com"}]}
    assert holds('emails.type eq "work" and emails.value sw "b"', document)
    assert not holds('emails[type eq "work" and value sw "b"]', document)
    assert holds('emails[type eq "work"].value sw "a"', document)
    assert not holds('emails[type eq "work"].value sw "b"', document)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({}, False),
        ({"name": {}}, False),
        ({"name": {"givenName": ""}}, False),
        ({"name": {"givenName": "", "familyName": "Sato"}}, True),
        ({"name": None}, False),
    ],
)
def test_a_complex_attribute_is_present_when_part_of_it_is(document: dict[str, Any], expected: bool) -> None:
    """RFC 7644 §3.4.2.2, operator pr."""
    assert holds("name pr", document) is expected
    assert holds("name eq null", document) is not expected


def test_false_and_zero_are_values() -> None:
    assert holds("active pr", {"active": False})
    assert holds(f"{STAFF}:score pr", {STAFF: {"score": 0}})
    assert holds(f"{STAFF}:score eq 0.0", {STAFF: {"score": 0}})


def test_text_compares_by_the_case_of_its_attribute() -> None:
    assert holds('title co "STRASSE"', {"title": "Hauptstraße 1"})
    assert holds('title eq "E\u0301te\u0301"', {"title": "été"})
    assert not holds('externalId eq "a-1"', {"externalId": "A-1"})


def test_moments_compare_as_moments() -> None:
    document = {"meta": {"created": "2026-01-31T09:00:00+01:00"}}
    assert holds('meta.created eq "2026-01-31T08:00:00Z"', document)
    assert holds('meta.created lt "2026-01-31T08:00:00.5Z"', document)


@pytest.mark.parametrize(
    ("path", "element", "expected"),
    [
        ('emails[type eq "WORK"]', {"value": "a@example.com", "type": "work"}, True),
        ('emails[type eq "work" and value ew "@example.com"].display', {"value": "a@example.com"}, False),
        (f'{STAFF}:tags[value eq "Blue"]', "blue", True),
        (f'{STAFF}:tags[value eq "Blue" or value eq "green"]', "red", False),
        (f"{STAFF}:tags[value pr]", "red", True),
    ],
)
def test_a_path_filter_judges_one_element(path: str, element: Any, expected: bool) -> None:
    """RFC 7644 §3.5.2; the element of a simple attribute is its `value`."""
    chosen = parse_path(path, STAFF_USER).filter
    assert chosen
    assert matches(chosen, element) is expected


def test_many_values_inside_one_value_are_looked_through() -> None:
    codes = Attribute(name="codes", multi_valued=True)
    desk = Attribute(name="desk", type=Type.COMPLEX, sub_attributes=(codes,))
    desks = Attribute(name="desks", type=Type.COMPLEX, sub_attributes=(codes,), multi_valued=True)
    document = {"desk": {"codes": ["A", "B"]}, "desks": [{"codes": ["C"]}, {"codes": ["D", "E"]}]}
    for attribute, code in ((desk, "b"), (desks, "e")):
        target = Target(schema=None, attribute=attribute, sub=codes, container=None)
        assert matches(compare(target, Operator.EQ, code), document)
        assert not matches(compare(target, Operator.EQ, "x"), document)
        assert matches(compare(target, Operator.NE, "x"), document)
        assert matches(present(target), document)
        assert not matches(present(target), {})


def test_the_tree_has_comparisons_of_single_values_only() -> None:
    """What translates or evaluates a tree need not know how an operator meets many values."""
    emails, kind = USER.resolve("emails"), USER.resolve("emails.type")
    assert emails
    assert kind
    match compare(kind, Operator.NE, "work"):
        case Or(parts=(_, ValuePath(target=target, filter=Comparison(target=inner, value="work")))):
            assert target == emails
            assert inner.path == "type"
        case other:
            pytest.fail(f"unexpected: {other}")


def test_terms_can_be_put_together_by_hand() -> None:
    title, active = USER.resolve("title"), USER.resolve("active")
    assert title
    assert active
    asked = And((Present(title), compare(active, Operator.EQ, True)))
    assert matches(asked, {"title": "Engineer", "active": True})
    with pytest.raises(ValueError, match="active has no order for lt"):
        compare(active, Operator.LT, True)
