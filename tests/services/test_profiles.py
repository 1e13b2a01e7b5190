"""From a directory's document to what is kept of a person."""

from typing import Any

import orjson
import pytest

from tenantry.errors import InvalidInput
from tenantry.services import profiles
from tenantry.services.schemas import Document


def email(value: str, type: str = "other", **more: Any) -> dict[str, Any]:
    return {"value": value, "type": type, **more}


@pytest.mark.parametrize(
    ("document", "address"),
    [
        ({"userName": "ada@example.com", "emails": [email("x@example.com", primary=True)]}, "ada@example.com"),
        (
            {"userName": "ada", "emails": [email("a@example.com"), email("b@example.com", primary=True)]},
            "b@example.com",
        ),
        ({"userName": "ada", "emails": [email("a@example.com"), email("b@example.com", "WORK")]}, "b@example.com"),
        ({"userName": "ada", "emails": [email("a@example.com")]}, "a@example.com"),
        ({"userName": "ada", "emails": [email("a@example.com"), email("b@example.com")]}, None),
        ({"userName": "ada", "emails": [email("no address", primary=True), email("b@example.com")]}, "b@example.com"),
        ({"userName": "ada"}, None),
        ({"userName": "a b@example.com"}, None),
    ],
)
def test_where_someone_can_be_reached(document: Document, address: str | None) -> None:
    assert profiles.address_in(document) == address
    assert profiles.store(document).email == address


@pytest.mark.parametrize(
    ("document", "name"),
    [
        ({"displayName": "Ada", "name": {"formatted": "Ada Lovelace"}}, "Ada"),
        ({"name": {"formatted": "Ada Lovelace", "givenName": "A."}}, "Ada Lovelace"),
        ({"name": {"givenName": "Ada", "familyName": "Lovelace"}}, "Ada Lovelace"),
        ({"name": {"familyName": "Lovelace"}}, "Lovelace"),
        ({"displayName": ""}, "ada"),
        ({}, "ada"),
    ],
)
def test_what_someone_is_called(document: Document, name: str) -> None:
    assert profiles.name_in({"userName": "ada", **document}) == name


@pytest.mark.parametrize("text", ["a@b", "a+b@example.com", "é@example.com"])
def test_an_address_has_two_sides(text: str) -> None:
    assert profiles.is_address(text)


@pytest.mark.parametrize("text", ["", "a", "@", "a@", "@b", "a@b@c", "a b@c", "a@b\n"])
def test_what_has_not_is_no_address(text: str) -> None:
    assert not profiles.is_address(text)


def test_a_document_is_kept_with_its_keys_and_is_read_back_as_it_came() -> None:
    document = {"userName": "Ada@Example.com", "externalId": "E-1", "displayName": "ÉCOLE", "active2": 1}
    stored = profiles.store(document)
    columns = stored.columns
    assert (columns["user_name"], columns["user_name_key"]) == ("Ada@Example.com", "ada@example.com")
    assert (columns["external_id"], columns["display_name_key"]) == ("E-1", "école")
    assert (columns["email"], columns["email_key"]) == ("Ada@Example.com", "ada@example.com")
    assert next(iter(orjson.loads(columns["document"]))) == "schemas"
    assert profiles.load(columns["document"]) == document


@pytest.mark.parametrize(
    "document",
    [
        {"userName": "x" * 501},
        {"userName": "x", "externalId": "x" * 501},
        {"userName": "x", "displayName": "x" * 501},
        {"userName": "x", "emails": [email("x" * 500 + "@example.com")]},
    ],
)
def test_what_is_looked_up_has_an_end(document: Document) -> None:
    with pytest.raises(InvalidInput, match="at most 500"):
        profiles.store(document)


def test_a_directory_with_the_say_is_taken_at_its_word() -> None:
    document: Document = {"userName": "eve", "displayName": "Eve"}
    assert profiles.settle(document, "DIRECTORY", standing={"userName": "ada"}) == document


def test_names_stay_where_people_have_the_say() -> None:
    standing: Document = {"userName": "ada", "displayName": "Ada"}
    wanted: Document = {"userName": "eve", "displayName": "Eve", "title": "Dr."}
    assert profiles.settle(wanted, "ACCOUNT", standing=standing) == {**standing, "title": "Dr."}
    assert profiles.settle({"userName": "ada", "name": {"givenName": "A"}}, "ACCOUNT")["displayName"] == "A"


def test_someone_added_by_name_has_both_parts_of_one() -> None:
    assert profiles.of_person("a@example.com", "Ada")["name"] == {
        "givenName": "Ada",
        "familyName": "Ada",
        "formatted": "Ada",
    }


def test_differences_name_what_came_went_and_changed() -> None:
    before: Document = {"userName": "ada", "title": "Dr.", "x": [1]}
    after: Document = {"userName": "ada", "nickName": "A", "x": [2]}
    assert profiles.differences(before, after) == {
        "nickName": {"from": None, "to": "A"},
        "title": {"from": "Dr.", "to": None},
        "x": {"from": [1], "to": [2]},
    }
