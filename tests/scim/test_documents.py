"""Bodies of POST and PUT: what becomes of them, and which are refused."""

from typing import Any

import pytest

from tenantry.errors import InvalidInput, TooLarge
from tenantry.scim.documents import Read, read
from tenantry.services.schemas import GROUP, USER, Attribute, Extension, ResourceType, Schema

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
BADGE = "urn:example:scim:schemas:badge:2.0:User"


def user(**attributes: Any) -> Read:
    return read({"schemas": [CORE], "userName": "ada", **attributes}, USER, members_max=0)


def group(**attributes: Any) -> Read:
    return read({"schemas": ["urn:example:any"], "displayName": "Crew", **attributes}, GROUP, members_max=2)


@pytest.mark.parametrize("body", [None, [], "ada", 7, True])
def test_a_body_is_an_object(body: Any) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read(body, USER, members_max=0)
    assert refusal.value.reason == "invalidSyntax"


@pytest.mark.parametrize("schemas", [None, [], {}, CORE, [7], [CORE, None]])
def test_a_body_names_its_schemas(schemas: Any) -> None:
    """RFC 7643 §3."""
    with pytest.raises(InvalidInput, match="schemas") as refusal:
        user(schemas=schemas)
    assert refusal.value.reason == "invalidSyntax"


@pytest.mark.parametrize("schemas", [[CORE, "urn:example:unknown"], ["urn:scim:schemas:core:1.0"], [CORE.upper()]])
def test_clients_differ_in_the_schemas_they_name(schemas: list[str]) -> None:
    assert user(schemas=schemas).document == {"userName": "ada"}


def test_names_have_no_letter_case() -> None:
    """RFC 7643 §2.1."""
    body = {"SCHEMAS": [CORE], "USERNAME": "ada", "Name": {"GIVENname": "Ada"}, "Active": False}
    assert read(body, USER, members_max=0) == Read(
        document={"userName": "ada", "name": {"givenName": "Ada"}}, active=False, members=None
    )


def test_what_is_unknown_is_ignored() -> None:
    assert user(shoeSize=43, department="R&D", name={"shoeSize": 43}).document == {"userName": "ada"}


def test_what_the_service_keeps_is_ignored() -> None:
    """RFC 7644 §3.3."""
    sent = user(
        id="mine", meta={"version": "7"}, groups=[{"value": "g"}], **{ENTERPRISE: {"manager": {"displayName": "B"}}}
    )
    assert sent.document == {"userName": "ada"}


def test_a_password_is_dropped() -> None:
    assert user(password="Not-A-Real-Secret-1").document == {"userName": "ada"}
    assert user(password={"any": 7}).document == {"userName": "ada"}


def test_nothing_is_not_kept() -> None:
    """RFC 7643 §2.5."""
    sent = user(title=None, nickName="", emails=[], name={"givenName": None}, **{ENTERPRISE: None})
    assert sent.document == {"userName": "ada"}


@pytest.mark.parametrize(("sent", "active"), [(True, True), ("False", False), (None, None), ("", None)])
def test_active_is_told_apart_from_the_document(sent: Any, active: bool | None) -> None:
    read_user = user(active=sent)
    assert read_user.active is active
    assert read_user.document == {"userName": "ada"}


@pytest.mark.parametrize("active", [1, "perhaps", {"value": True}, [True, False]])
def test_active_is_true_or_false(active: Any) -> None:
    """RFC 7643 §2.3.2."""
    with pytest.raises(InvalidInput, match="active"):
        user(active=active)


@pytest.mark.parametrize("user_name", [None, "", "  ", [], {}])
def test_a_user_needs_a_user_name(user_name: Any) -> None:
    """RFC 7643 §4.1.1."""
    with pytest.raises(InvalidInput, match="userName is required") as refusal:
        user(userName=user_name)
    assert refusal.value.reason == "invalidValue"


@pytest.mark.parametrize("display_name", [None, "", "  "])
def test_a_group_needs_a_name(display_name: Any) -> None:
    """RFC 7643 §4.2."""
    with pytest.raises(InvalidInput, match="displayName is required"):
        group(displayName=display_name)


def test_an_extension_is_taken_whether_or_not_schemas_names_it() -> None:
    sent = user(**{ENTERPRISE.lower(): {"DEPARTMENT": "R&D", "shoeSize": 43, "manager": "7"}})
    assert sent.document == {"userName": "ada", ENTERPRISE: {"department": "R&D", "manager": {"value": "7"}}}


@pytest.mark.parametrize("extension", ["R&D", 7, ["R&D"]])
def test_an_extension_is_an_object(extension: Any) -> None:
    with pytest.raises(InvalidInput, match="enterprise"):
        user(**{ENTERPRISE: extension})


def test_an_attribute_of_an_extension_is_named_with_its_urn_when_it_is_refused() -> None:
    with pytest.raises(InvalidInput, match=f"{ENTERPRISE}:manager.value"):
        user(**{ENTERPRISE: {"manager": {"value": 7}}})


def badge_user(*, extension_required: bool) -> ResourceType:
    schema = Schema(id=BADGE, name="Badge", description="", attributes=(Attribute(name="number", required=True),))
    extension = Extension(schema=schema, required=extension_required)
    return ResourceType(
        name="User", endpoint="/Users", description="", schema=USER.schema, extensions=(*USER.extensions, extension)
    )


def test_a_required_extension_must_be_there() -> None:
    """RFC 7643 §6."""
    body = {"schemas": [CORE], "userName": "ada"}
    with pytest.raises(InvalidInput, match=f"{BADGE} is required"):
        read(body, badge_user(extension_required=True), members_max=0)
    assert read(body, badge_user(extension_required=False), members_max=0).document == {"userName": "ada"}


def test_what_an_extension_requires_must_be_there_when_the_extension_is() -> None:
    body = {"schemas": [CORE], "userName": "ada", BADGE: {"number": ""}}
    assert read(body, badge_user(extension_required=False), members_max=0).document == {"userName": "ada"}
    body[f"{BADGE}:number"] = "7"
    assert read(body, badge_user(extension_required=True), members_max=0).document[BADGE] == {"number": "7"}


def test_members_are_told_apart_from_the_document() -> None:
    sent = group(externalId="G-1", members=[{"value": "A", "display": None}, {"value": "b"}])
    assert sent == Read(document={"displayName": "Crew", "externalId": "G-1"}, active=None, members=("a", "b"))


def test_a_group_without_members_has_none_or_does_not_say() -> None:
    assert group(members=[]).members == ()
    assert group(members=None).members == ()
    assert group().members is None


def test_members_have_a_limit() -> None:
    with pytest.raises(TooLarge):
        group(members=[{"value": "a"}, {"value": "b"}, {"value": "c"}])
