"""Which values count as the same, and in which order they come."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.services.comparison import (
    canonical_user_name,
    comparable,
    fold,
    indexed_values,
    moment,
    search_twin,
)
from tenantry.services.schemas import GROUP, USER, Attribute, Document, Type

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada", "aDA"),
        ("Straße", "STRASSE"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("cafe\u0301", "caf\u00e9"),  # decomposed, composed
        ("İ", "i\u0307"),
    ],
)
def test_text_is_the_same_in_any_letter_case_and_composition(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("ada", "ado"), ("ﬁ", "f i"), ("１", "1"), ("a ", "a")])
def test_text_that_differs_stays_different(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_folding_ascii_takes_no_short_cut_that_shows(text: str) -> None:
    assert fold(text) == text.casefold()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada@Example.COM", "ada@example.com"),
        ("ＡＤＡ@example.com", "ada@example.com"),
        ("hugo@MÜLLER.example", "hugo@xn--mller-kva.example"),
        ("hugo@mu\u0308ller.example", "hugo@müller.example"),
        ("MÜLLER", "mu\u0308ller"),
    ],
)
def test_a_user_name_has_one_canonical_form(one: str, other: str) -> None:
    assert canonical_user_name(one) == canonical_user_name(other)


@pytest.mark.parametrize("text", ["ada@", "@müller", "ada@mü ller", "ada@-ü-", "jürgen", "ada@" + "ü" * 80])
def test_a_user_name_needs_no_sound_domain(text: str) -> None:
    assert canonical_user_name(text) == canonical_user_name(canonical_user_name(text))


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.5z", 500_000),
        ("1970-01-01t01:00:00+01:00", 0),
        ("1970-01-01T00:00:00", 0),
        ("1969-12-31T23:59:59.999999Z", -1),
        ("1970-01-01T00:00:00.0000019Z", 1),
        ("2024-02-29T12:00:00-14:00", 1_709_258_400_000_000),
    ],
)
def test_a_date_time_is_a_moment(text: str, microseconds: int) -> None:
    """RFC 7643 §2.3.5."""
    assert moment(text) == microseconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2024-01-01",
        "2024-01-01 00:00:00Z",
        "2024-13-01T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "2024-01-01T24:00:01Z",
        "2024-01-01T00:00Z",
        "20240101T000000Z",
        "2024-W01-1T00:00:00Z",
        "2024-01-01T00:00:00+25:00",
        "2024-01-01T00:00:00.Z",
        "２024-01-01T00:00:00Z",
        "2024-01-01T00:00:00Z\n",
    ],
)
def test_what_is_no_date_with_a_time_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError):
        moment(text)


@pytest.mark.parametrize(
    ("attribute", "value", "expected"),
    [
        (Attribute(name="a"), "Ada", "ada"),
        (Attribute(name="a", case_exact=True), "Ada", "Ada"),
        (Attribute(name="a", type=Type.REFERENCE), "HTTP://A", "http://a"),
        (Attribute(name="a", type=Type.BINARY), "QUJD", "QUJD"),
        (Attribute(name="a", type=Type.DATETIME), "1970-01-01T00:00:01Z", 1_000_000),
        (Attribute(name="a", type=Type.INTEGER), 7, 7),
        (Attribute(name="a", type=Type.DECIMAL), 7.5, 7.5),
        (Attribute(name="a", type=Type.BOOLEAN), False, False),
        (Attribute(name="a", multi_valued=True), ["X", "y"], ["x", "y"]),
        (
            Attribute(
                name="a",
                type=Type.COMPLEX,
                multi_valued=True,
                sub_attributes=(Attribute(name="b"), Attribute(name="c", case_exact=True)),
            ),
            [{"b": "X", "c": "Y"}, {"c": "Z"}],
            [{"b": "x", "c": "Y"}, {"c": "Z"}],
        ),
    ],
)
def test_the_comparable_form_follows_the_characteristics(attribute: Attribute, value: Any, expected: Any) -> None:
    assert comparable(attribute, value) == expected


ADA: Document = {
    "userName": "Ada@Example.com",
    "externalId": "X-1",
    "name": {"givenName": "Ada"},
    "emails": [{"value": "Ada@Example.com", "type": "Work"}, {"value": "ada@example.COM", "type": "home"}],
    "phoneNumbers": [{"value": "+44 20 5550 0101"}, {"type": "fax"}],
    ENTERPRISE: {"employeeNumber": "N7", "department": "R&D", "manager": {"value": "M-1"}},
}


def test_the_twin_has_the_names_of_the_document_and_comparable_values() -> None:
    assert search_twin(USER, ADA) == {
        "schemas": [CORE.lower(), ENTERPRISE.lower()],
        "userName": "ada@example.com",
        "externalId": "X-1",
        "name": {"givenName": "ada"},
        "emails": [{"value": "ada@example.com", "type": "work"}, {"value": "ada@example.com", "type": "home"}],
        "phoneNumbers": [{"value": "+44 20 5550 0101"}, {"type": "fax"}],
        ENTERPRISE: {"employeeNumber": "n7", "department": "r&d", "manager": {"value": "m-1"}},
    }


def test_the_twin_derives_schemas_and_leaves_out_what_no_schema_has() -> None:
    shown = {"schemas": ["urn:example:stale"], "displayName": "Crew", "shoeSize": 43}
    assert search_twin(GROUP, shown) == {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:group"],
        "displayName": "crew",
    }


def test_each_value_that_lookups_go_by_is_indexed_once() -> None:
    assert indexed_values(USER, ADA) == [
        ("emails.value", "ada@example.com"),
        ("phoneNumbers.value", "+44 20 5550 0101"),
        (f"{ENTERPRISE}:employeeNumber", "n7"),
        (f"{ENTERPRISE}:manager.value", "m-1"),
    ]
