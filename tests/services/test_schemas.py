"""The attribute tables, and how paths are resolved against them."""

import re
from collections.abc import Iterator

import pytest

from tenantry.errors import InvalidInput
from tenantry.services.schemas import (
    COMMON_ATTRIBUTES,
    GROUP,
    USER,
    Attribute,
    Mutability,
    Returned,
    Type,
    Uniqueness,
    parse_schema,
    schemas_of,
)

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

SCHEMAS = [USER.schema, *(extension.schema for extension in USER.extensions), GROUP.schema]


def everything() -> Iterator[Attribute]:
    for attributes in (COMMON_ATTRIBUTES, *(schema.attributes for schema in SCHEMAS)):
        for attribute in attributes:
            yield attribute
            yield from attribute.sub_attributes


def attribute(path: str) -> Attribute:
    target = USER.resolve(path) or GROUP.resolve(path)
    assert target
    assert target.leaf
    return target.leaf


@pytest.mark.parametrize(
    ("path", "canonical"),
    [
        ("userName", "userName"),
        ("USERNAME", "userName"),
        ("name.GIVENNAME", "name.givenName"),
        ("Emails", "emails"),
        ("emails.value", "emails.value"),
        (f"{CORE}:emails.value", "emails.value"),
        (f"{CORE.upper()}:externalId", "externalId"),
        (f"{ENTERPRISE}:department", f"{ENTERPRISE}:department"),
        (f"{ENTERPRISE.lower()}:MANAGER.$REF", f"{ENTERPRISE}:manager.$ref"),
        (ENTERPRISE.lower(), ENTERPRISE),
        (CORE, ""),
        ("meta.lastModified", "meta.lastModified"),
        ("schemas", "schemas"),
    ],
)
def test_a_path_is_resolved_in_any_letter_case(path: str, canonical: str) -> None:
    """RFC 7644 §3.10."""
    target = USER.resolve(path)
    assert target
    assert target.path == canonical


@pytest.mark.parametrize(
    "path",
    [
        "",
        "password",
        "shoeSize",
        "name.shoeSize",
        "userName.value",
        "department",
        f"{CORE}:",
        f"{CORE}:department",
        f"{ENTERPRISE}:userName",
        f"{ENTERPRISE}:id",
        "urn:example:unknown",
        "members",
    ],
)
def test_a_path_that_leads_nowhere_is_not_resolved(path: str) -> None:
    assert USER.resolve(path) is None


def test_a_target_says_where_a_document_holds_it() -> None:
    manager = USER.resolve(f"{ENTERPRISE}:manager.value")
    common = USER.resolve("externalId")
    core = USER.resolve(f"{CORE}:title")
    assert manager
    assert common
    assert core
    assert (manager.container, core.container, common.container) == (ENTERPRISE, None, None)
    assert (manager.schema, core.schema, common.schema) == (USER.extensions[0].schema, USER.schema, None)


def test_names_follow_the_standard() -> None:
    """RFC 7643 §2.1."""
    for one in everything():
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*|\$ref", one.name)


def test_every_attribute_is_described() -> None:
    for one in everything():
        assert one.description.endswith(".")


def test_complex_attributes_have_sub_attributes_and_only_they() -> None:
    """RFC 7643 §2.3.8: no sub-attribute is complex."""
    for one in everything():
        assert (one.type is Type.COMPLEX) == bool(one.sub_attributes)
        assert all(sub.type is not Type.COMPLEX for sub in one.sub_attributes)


def test_references_and_binaries_are_case_exact() -> None:
    """RFC 7643 §2.3.6 and §2.3.7."""
    for one in everything():
        assert one.case_exact or one.type not in (Type.REFERENCE, Type.BINARY)
        assert (one.type is Type.REFERENCE) == bool(one.reference_types)


def test_everything_below_a_read_only_attribute_is_read_only() -> None:
    for one in everything():
        if one.mutability is Mutability.READ_ONLY:
            assert all(sub.mutability is Mutability.READ_ONLY for sub in one.sub_attributes)


def test_the_user_name_is_required_and_unique_in_any_letter_case() -> None:
    """RFC 7643 §4.1.1."""
    user_name = attribute("userName")
    assert (user_name.required, user_name.uniqueness, user_name.case_exact) == (True, Uniqueness.SERVER, False)


def test_the_id_is_always_returned_and_never_written() -> None:
    """RFC 7643 §3.1."""
    identifier = attribute("id")
    assert identifier.returned is Returned.ALWAYS
    assert identifier.mutability is Mutability.READ_ONLY
    assert identifier.case_exact


@pytest.mark.parametrize(
    "path", ["id", "meta", "meta.version", "schemas", "groups", "groups.display", "members.display"]
)
def test_what_the_service_keeps_is_read_only(path: str) -> None:
    assert attribute(path).mutability is Mutability.READ_ONLY


def test_a_member_is_immutable() -> None:
    """RFC 7643 §8.7.1."""
    for path in ("members.value", "members.type", "members.$ref"):
        assert attribute(path).mutability is Mutability.IMMUTABLE
    assert attribute("members").mutability is Mutability.READ_WRITE


def test_a_group_needs_a_name() -> None:
    """RFC 7643 §4.2."""
    target = GROUP.resolve("displayName")
    assert target
    assert target.attribute
    assert target.attribute.required


def test_only_external_id_and_ids_given_by_machines_are_case_exact_text() -> None:
    exact = {one.name for one in everything() if one.case_exact and one.type is Type.STRING}
    assert exact == {"id", "externalId", "resourceType", "version"}


def test_schemas_lists_the_extensions_that_have_values() -> None:
    """RFC 7643 §3."""
    assert schemas_of(USER, {"userName": "ada"}) == [CORE]
    assert schemas_of(USER, {"userName": "ada", ENTERPRISE: {"department": "R&D"}}) == [CORE, ENTERPRISE]


def test_a_definition_becomes_a_schema_with_the_defaults_of_the_standard() -> None:
    """RFC 7643 §2.2 and §7."""
    schema = parse_schema(
        {
            "id": "urn:example:Badge",
            "name": "Badge",
            "attributes": [
                {"name": "label"},
                {
                    "name": "doors",
                    "type": "complex",
                    "multiValued": True,
                    "subAttributes": [
                        {"name": "value", "type": "integer", "mutability": "immutable", "required": True}
                    ],
                },
            ],
        }
    )
    label, doors = schema.find("LABEL"), schema.find("doors")
    assert label
    assert doors
    assert (label.type, label.mutability, label.returned) == (Type.STRING, Mutability.READ_WRITE, Returned.DEFAULT)
    assert (label.required, label.case_exact, label.multi_valued, doors.multi_valued) == (False, False, False, True)
    value = doors.sub("Value")
    assert value
    assert (value.type, value.mutability) == (Type.INTEGER, Mutability.IMMUTABLE)


@pytest.mark.parametrize(
    "definition",
    [
        {},
        {"id": "urn:example:A", "name": "A"},
        {"id": "urn:example:A", "name": "A", "attributes": [{}]},
        {"id": "urn:example:A", "name": "A", "attributes": [{"name": "a", "type": "text"}]},
        {"id": "urn:example:A", "name": "A", "attributes": ["a"]},
        {"id": "urn:example:A", "name": "A", "attributes": None},
    ],
)
def test_what_is_no_definition_is_refused(definition: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        parse_schema(definition)


def test_the_schemas_have_their_standard_names() -> None:
    assert [schema.name for schema in SCHEMAS] == ["User", "EnterpriseUser", "Group"]
    assert all(schema.id.startswith("urn:ietf:params:scim:schemas:") for schema in SCHEMAS)
