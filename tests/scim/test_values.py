"""What a value from JSON means for an attribute, and what is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.errors import InvalidInput, TooLarge
from tenantry.scim.values import VALUES_MAX, canonical, member_ids, parts
from tenantry.services.schemas import USER, Attribute, Type, Uniqueness

MANAGER = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"

TEXT = Attribute(name="a")
INTEGER = Attribute(name="a", type=Type.INTEGER)
DECIMAL = Attribute(name="a", type=Type.DECIMAL)
BOOLEAN = Attribute(name="a", type=Type.BOOLEAN)
DATETIME = Attribute(name="a", type=Type.DATETIME)
BINARY = Attribute(name="a", type=Type.BINARY)
REFERENCE = Attribute(name="a", type=Type.REFERENCE)
TAGS = Attribute(name="a", multi_valued=True)
IDENTIFIER = Attribute(name="a", uniqueness=Uniqueness.SERVER)


def user(path: str) -> Attribute:
    target = USER.resolve(path)
    assert target
    assert target.attribute
    return target.attribute


@pytest.mark.parametrize(
    ("attribute", "sent", "meant"),
    [
        (TEXT, "Ada", "Ada"),
        (TEXT, " Ada ", " Ada "),
        (TEXT, "1 Sample Street\r\nLondon", "1 Sample Street\r\nLondon"),
        (TEXT, "김은지 😀", "김은지 😀"),
        (IDENTIFIER, " ada ", "ada"),
        (REFERENCE, "https://example.com/Ada", "https://example.com/Ada"),
        (BOOLEAN, True, True),
        (BOOLEAN, "False", False),
        (BOOLEAN, "TRUE", True),
        (INTEGER, -5, -5),
        (INTEGER, "42", 42),
        (INTEGER, 2**63 - 1, 2**63 - 1),
        (DECIMAL, 3, 3),
        (DECIMAL, 3.25, 3.25),
        (DECIMAL, "-1.5e3", -1500.0),
        (DATETIME, "2024-05-01T08:00:00+02:00", "2024-05-01T08:00:00+02:00"),
        (BINARY, "TUlJQ2V4YW1wbGU=", "TUlJQ2V4YW1wbGU="),
        (BINARY, "TUlJQ2V4YW1wbGU", "TUlJQ2V4YW1wbGU"),
        (TAGS, ["a", "b"], ["a", "b"]),
        (TAGS, "a", ["a"]),
    ],
)
def test_a_value_that_fits_is_kept_as_sent(attribute: Attribute, sent: Any, meant: Any) -> None:
    read = canonical(attribute, sent, at="a")
    assert read == meant
    assert type(read) is type(meant)


@pytest.mark.parametrize(
    ("attribute", "sent"),
    [
        (TEXT, 7),
        (TEXT, True),
        (TEXT, {"value": "Ada"}),
        (TEXT, ["Ada", "Eve"]),
        (TEXT, "a\0b"),
        (TEXT, "a\x1bb"),
        (TEXT, "a\x85b"),
        (TEXT, "\ud83d"),
        (IDENTIFIER, "ad\u200da"),
        (IDENTIFIER, "ada\u202eadmin"),
        (IDENTIFIER, "ad\na"),
        (IDENTIFIER, "ad\u2028a"),
        (REFERENCE, 7),
        (BOOLEAN, "perhaps"),
        (BOOLEAN, "yes"),
        (BOOLEAN, 1),
        (BOOLEAN, {"a": 1}),
        (INTEGER, True),
        (INTEGER, 1.5),
        (INTEGER, "many"),
        (INTEGER, "٤٢"),
        (INTEGER, 2**63),
        (INTEGER, "9" * 5000),
        (DECIMAL, True),
        (DECIMAL, float("inf")),
        (DECIMAL, "nan"),
        (DECIMAL, "1e999"),
        (DECIMAL, 10**400),
        (DATETIME, "2024-05-01"),
        (DATETIME, 1714550400),
        (BINARY, "no base64!"),
        (BINARY, "TUl"[:1]),
        (BINARY, "TUlJ="),
        (TAGS, ["a", 7]),
        (TAGS, {"a": 1}),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(attribute: Attribute, sent: Any) -> None:
    """RFC 7643 §2.3."""
    with pytest.raises(InvalidInput, match=r"^name\.of\.it ") as refusal:
        canonical(attribute, sent, at="name.of.it")
    assert refusal.value.reason == "invalidValue"


@pytest.mark.parametrize("attribute", [TEXT, INTEGER, BOOLEAN, DATETIME, TAGS, user("name"), user("emails")])
@pytest.mark.parametrize("sent", [None, [], {}, "", "  ", [None], [""]])
def test_nothing_means_unassigned(attribute: Attribute, sent: Any) -> None:
    """RFC 7643 §2.5; templates that had nothing to fill in expand to blanks."""
    assert canonical(attribute, sent, at="a") is None


@pytest.mark.parametrize("sent", [["Ada"], [{"value": "Ada"}], [{"value": "Ada", "$ref": None}]])
def test_one_value_in_an_array_is_taken_out_of_it(sent: Any) -> None:
    assert canonical(TEXT, sent, at="a") == "Ada"


def test_a_complex_value_keeps_what_is_defined_and_writable() -> None:
    manager = {"VALUE": "7", "displayName": "Boss", "shoeSize": 43, "$ref": None}
    assert canonical(user(MANAGER), manager, at="manager") == {"value": "7"}


@pytest.mark.parametrize("sent", ["Ada", 7, ["Ada"]])
def test_a_complex_attribute_without_a_value_needs_an_object(sent: Any) -> None:
    with pytest.raises(InvalidInput):
        canonical(user("name"), sent, at="name")


@pytest.mark.parametrize("sent", ["7", ["7"], {"value": "7"}, [{"value": "7"}], {"managerId": "7"}])
def test_a_manager_comes_in_many_shapes(sent: Any) -> None:
    assert canonical(user(MANAGER), sent, at="manager") == {"value": "7"}


@pytest.mark.parametrize("sent", [{"managerId": ""}, {"managerId": " ", "displayName": " "}, {"value": ""}, {"x": "y"}])
def test_a_manager_who_is_nobody_is_unassigned(sent: Any) -> None:
    assert canonical(user(MANAGER), sent, at="manager") is None


def test_parts_tell_what_is_cleared_from_what_is_not_named() -> None:
    assert parts(user("name"), {"givenName": "Ada", "middleName": None}, at="name") == {
        "givenName": "Ada",
        "middleName": None,
    }


def test_a_lone_object_is_a_list_of_one() -> None:
    assert canonical(user("emails"), {"value": "a@example.com"}, at="emails") == [{"value": "a@example.com"}]


@pytest.mark.parametrize("sent", ["a@example.com", ["a@example.com"], [{"value": 7}], [{"primary": "perhaps"}]])
def test_an_element_of_another_shape_is_refused(sent: Any) -> None:
    with pytest.raises(InvalidInput):
        canonical(user("emails"), sent, at="emails")


def test_a_value_without_its_value_says_nothing() -> None:
    """RFC 7643 §2.4; an address is told by its parts."""
    assert canonical(user("emails"), [{"value": "", "type": "work"}], at="emails") is None
    assert canonical(user("addresses"), [{"type": "work"}], at="addresses") == [{"type": "work"}]


def test_the_same_type_and_value_is_kept_once() -> None:
    """RFC 7643 §2.4."""
    sent = [
        {"value": "a@example.com", "type": "work"},
        {"value": "A@example.com", "type": "Work", "primary": True},
        {"value": "a@example.com", "type": "home"},
    ]
    assert canonical(user("emails"), sent, at="emails") == [
        {"value": "A@example.com", "type": "Work", "primary": True},
        {"value": "a@example.com", "type": "home"},
    ]


def test_two_primaries_are_refused() -> None:
    """RFC 7643 §2.4."""
    with pytest.raises(InvalidInput, match="primary"):
        canonical(user("emails"), [{"value": "a", "primary": True}, {"value": "b", "primary": "True"}], at="emails")


def test_an_attribute_has_only_so_many_values() -> None:
    values = [f"tag {number}" for number in range(VALUES_MAX)]
    assert canonical(TAGS, values, at="a") == values
    with pytest.raises(InvalidInput, match=str(VALUES_MAX)):
        canonical(TAGS, [*values, "one more"], at="a")


ROLE = '{"id": "x", "value": "admin", "displayName": "Administrator"}'


@pytest.mark.parametrize("sent", [ROLE, [ROLE], [{"value": ROLE}], {"value": ROLE}])
def test_a_role_may_be_json_in_text(sent: Any) -> None:
    assert canonical(user("roles"), sent, at="roles") == [{"value": "admin"}]


def test_a_role_that_only_looks_like_json_is_a_name() -> None:
    assert canonical(user("roles"), [{"value": "{admin"}], at="roles") == [{"value": "{admin"}]


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.sampled_from(["value", "type"]), inner),
    max_leaves=8,
)


@given(st.sampled_from(USER.schema.attributes), json)
def test_whatever_is_sent_is_read_or_refused_and_reads_the_same_again(attribute: Attribute, sent: Any) -> None:
    try:
        read = canonical(attribute, sent, at=attribute.name)
    except InvalidInput:
        return
    assert canonical(attribute, read, at=attribute.name) == read


@pytest.mark.parametrize(
    "sent",
    [
        [{"value": "A-1"}, {"VALUE": "a-1"}, {"value": "b", "display": "Eve", "$ref": None, "type": "User"}],
        [{"value": "a-1"}, {"value": "b"}],
    ],
)
def test_members_are_told_by_their_ids_each_once(sent: Any) -> None:
    assert member_ids(sent, members_max=3) == ("a-1", "b")


@pytest.mark.parametrize("sent", [None, [], {}])
def test_no_members_are_no_ids(sent: Any) -> None:
    assert member_ids(sent, members_max=0) == ()


@pytest.mark.parametrize("sent", ["a", ["a"], [None], [{}], {"display": "Ada"}, [{"value": 7}], [{"value": "\0"}], 7])
def test_a_member_without_an_id_is_refused(sent: Any) -> None:
    with pytest.raises(InvalidInput):
        member_ids(sent, members_max=9)


def test_members_have_a_limit() -> None:
    with pytest.raises(TooLarge) as refusal:
        member_ids([{"value": "a"}, {"value": "b"}], members_max=1)
    assert refusal.value.limit == 1
