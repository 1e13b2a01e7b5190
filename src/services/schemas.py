"""What a User and a Group are made of: the attribute tables of RFC 7643 that everything else is driven by.

Names are found in any letter case (RFC 7643 §2.1). What a definition leaves out has the defaults of §2.2. `password` is
missing on purpose: it is accepted and dropped. Functions take a `ResourceType`, because a workspace may add extensions.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from ..errors import InvalidInput

Document = dict[str, Any]
"""A resource as it is stored: canonical names to canonical values, extensions under their URNs; no id, meta, groups."""


class Type(StrEnum):
    STRING = "string"
    BOOLEAN = "boolean"
    DECIMAL = "decimal"
    INTEGER = "integer"
    DATETIME = "dateTime"
    BINARY = "binary"
    REFERENCE = "reference"
    COMPLEX = "complex"


class Mutability(StrEnum):
    READ_ONLY = "readOnly"
    READ_WRITE = "readWrite"
    IMMUTABLE = "immutable"
    WRITE_ONLY = "writeOnly"


class Returned(StrEnum):
    ALWAYS = "always"
    NEVER = "never"
    DEFAULT = "default"
    REQUEST = "request"


class Uniqueness(StrEnum):
    NONE = "none"
    SERVER = "server"
    GLOBAL = "global"


@dataclass(frozen=True, kw_only=True, eq=False)
class Attribute:
    """One attribute and its characteristics (RFC 7643 §7). `indexed`: looked up often, so it has rows of its own."""

    name: str
    type: Type = Type.STRING
    description: str = ""
    multi_valued: bool = False
    required: bool = False
    case_exact: bool = False
    mutability: Mutability = Mutability.READ_WRITE
    returned: Returned = Returned.DEFAULT
    uniqueness: Uniqueness = Uniqueness.NONE
    canonical_values: tuple[str, ...] = ()
    reference_types: tuple[str, ...] = ()
    sub_attributes: tuple["Attribute", ...] = ()
    indexed: bool = False

    def sub(self, name: str) -> "Attribute | None":
        return self._subs.get(name.lower())

    @cached_property
    def _subs(self) -> dict[str, "Attribute"]:
        return _by_name(self.sub_attributes)


@dataclass(frozen=True, kw_only=True, eq=False)
class Schema:
    id: str
    name: str
    description: str
    attributes: tuple[Attribute, ...]

    def find(self, name: str) -> Attribute | None:
        return self._attributes.get(name.lower())

    @cached_property
    def _attributes(self) -> dict[str, Attribute]:
        return _by_name(self.attributes)


@dataclass(frozen=True, kw_only=True, eq=False)
class Extension:
    schema: Schema
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a path leads.

    schema     None for a common attribute (RFC 7643 §3.1)
    attribute  None for a whole schema, named by its bare URN
    container  the URN under which a document holds the attribute; None at the document's top
    """

    schema: Schema | None
    attribute: Attribute | None
    sub: Attribute | None
    container: str | None

    @property
    def leaf(self) -> Attribute | None:
        """The innermost attribute, the one that has the value."""
        return self.sub or self.attribute

    @property
    def path(self) -> str:
        """The canonical way to write it: `emails.value`, `urn:…:enterprise:2.0:User:manager.value`."""
        dotted = ".".join(part.name for part in (self.attribute, self.sub) if part)
        return ":".join(part for part in (self.container, dotted) if part)


@dataclass(frozen=True, kw_only=True, eq=False)
class ResourceType:
    name: str
    endpoint: str
    description: str
    schema: Schema
    extensions: tuple[Extension, ...] = ()

    def resolve(self, path: str) -> Target | None:
        """What `userName`, `name.givenName`, `urn:…:User:emails.value` or a bare URN names (RFC 7644 §3.10)."""
        return self._targets.get(path.lower())

    @cached_property
    def _targets(self) -> dict[str, Target]:
        """Every path there is, in lower case; resolving is one look."""
        core = self.schema
        targets = {core.id.lower(): Target(schema=core, attribute=None, sub=None, container=None)}
        for schema, attributes in ((None, COMMON_ATTRIBUTES), (core, core.attributes)):
            for path, target in _targets_in(schema, attributes, container=None):
                targets[path] = targets[f"{core.id.lower()}:{path}"] = target
        for extension in self.extensions:
            urn = extension.schema.id
            targets[urn.lower()] = Target(schema=extension.schema, attribute=None, sub=None, container=urn)
            for path, target in _targets_in(extension.schema, extension.schema.attributes, container=urn):
                targets[f"{urn.lower()}:{path}"] = target
        return targets


def schemas_of(resource_type: ResourceType, document: Document) -> list[str]:
    """The URNs a resource lists in `schemas`: its own, then those of the extensions it has values of (RFC 7643 §3)."""
    extensions = (extension.schema.id for extension in resource_type.extensions)
    return [resource_type.schema.id, *(urn for urn in extensions if document.get(urn))]


def parse_schema(definition: Mapping[str, Any]) -> Schema:
    """The schema that a SCIM Schema resource describes (RFC 7643 §7)."""
    try:
        return Schema(
            id=definition["id"],
            name=definition["name"],
            description=definition.get("description", ""),
            attributes=tuple(_attribute_of(attribute) for attribute in definition["attributes"]),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InvalidInput(f"Not a schema definition: {error!r}", path=("schema",)) from error


def _attribute_of(definition: Mapping[str, Any]) -> Attribute:
    return Attribute(
        name=definition["name"],
        type=Type(definition.get("type", "string")),
        description=definition.get("description", ""),
        multi_valued=definition.get("multiValued", False),
        required=definition.get("required", False),
        case_exact=definition.get("caseExact", False),
        mutability=Mutability(definition.get("mutability", "readWrite")),
        returned=Returned(definition.get("returned", "default")),
        uniqueness=Uniqueness(definition.get("uniqueness", "none")),
        canonical_values=tuple(definition.get("canonicalValues", ())),
        reference_types=tuple(definition.get("referenceTypes", ())),
        sub_attributes=tuple(_attribute_of(sub) for sub in definition.get("subAttributes", ())),
    )


def _by_name(attributes: tuple[Attribute, ...]) -> dict[str, Attribute]:
    return {attribute.name.lower(): attribute for attribute in attributes}


def _targets_in(
    schema: Schema | None, attributes: tuple[Attribute, ...], *, container: str | None
) -> Iterator[tuple[str, Target]]:
    for attribute in attributes:
        path = attribute.name.lower()
        yield path, Target(schema=schema, attribute=attribute, sub=None, container=container)
        for sub in attribute.sub_attributes:
            yield f"{path}.{sub.name.lower()}", Target(schema=schema, attribute=attribute, sub=sub, container=container)


# The words of the tables below.


def _text(name: str, description: str, **characteristics: Any) -> Attribute:
    return Attribute(name=name, description=description, **characteristics)


def _flag(name: str, description: str, **characteristics: Any) -> Attribute:
    return Attribute(name=name, type=Type.BOOLEAN, description=description, **characteristics)


def _moment(name: str, description: str, **characteristics: Any) -> Attribute:
    return Attribute(name=name, type=Type.DATETIME, description=description, **characteristics)


def _link(name: str, description: str, *to: str, **characteristics: Any) -> Attribute:
    """A reference; its text is a URI and therefore case-exact (RFC 7643 §2.3.7)."""
    return Attribute(
        name=name, type=Type.REFERENCE, description=description, case_exact=True, reference_types=to, **characteristics
    )


def _complex(name: str, description: str, *subs: Attribute, **characteristics: Any) -> Attribute:
    return Attribute(name=name, type=Type.COMPLEX, description=description, sub_attributes=subs, **characteristics)


def _values(name: str, description: str, value: Attribute, *types: str) -> Attribute:
    """A multi-valued attribute of the usual shape: value, display, type, primary (RFC 7643 §2.4)."""
    return _complex(
        name,
        description,
        value,
        _text("display", "A name for the value, for display only."),
        _text("type", "What the value is used for.", canonical_values=types),
        _flag("primary", "True for the preferred value; true at most once."),
        multi_valued=True,
    )


_SERVERS: dict[str, Any] = {"mutability": Mutability.READ_ONLY}
_FIXED: dict[str, Any] = {"mutability": Mutability.IMMUTABLE}

# RFC 7643 §3 and §3.1. They belong to every resource and to no schema.
COMMON_ATTRIBUTES = (
    _text(
        "schemas",
        "The URNs of the schemas whose attributes the resource has.",
        multi_valued=True,
        required=True,
        returned=Returned.ALWAYS,
        **_SERVERS,
    ),
    _text(
        "id",
        "The identifier the service gave the resource.",
        case_exact=True,
        returned=Returned.ALWAYS,
        uniqueness=Uniqueness.SERVER,
        **_SERVERS,
    ),
    _text("externalId", "The identifier the provisioning client gave the resource.", case_exact=True),
    _complex(
        "meta",
        "Facts about the resource, kept by the service.",
        _text("resourceType", "The name of the resource type.", case_exact=True, **_SERVERS),
        _moment("created", "When the resource was made.", **_SERVERS),
        _moment("lastModified", "When the resource last changed.", **_SERVERS),
        _link("location", "The URI of the resource.", "uri", **_SERVERS),
        _text("version", "The version of the resource, as in the ETag header.", case_exact=True, **_SERVERS),
        **_SERVERS,
    ),
)

# RFC 7643 §4.1 and §8.7.1.
_USER_SCHEMA = Schema(
    id="urn:ietf:params:scim:schemas:core:2.0:User",
    name="User",
    description="A person in this workspace.",
    attributes=(
        _text(
            "userName",
            "The name that identifies the person to the directory; unique in the workspace, in any letter case.",
            required=True,
            uniqueness=Uniqueness.SERVER,
        ),
        _complex(
            "name",
            "The parts of the person's name.",
            _text("formatted", "The full name, with all its parts, for display."),
            _text("familyName", "The family name, or last name."),
            _text("givenName", "The given name, or first name."),
            _text("middleName", "The middle names."),
            _text("honorificPrefix", "The title before the name, such as Dr."),
            _text("honorificSuffix", "What follows the name, such as III."),
        ),
        _text("displayName", "The name to show for the person."),
        _text("nickName", "The casual name of the person."),
        _link("profileUrl", "The address of the person's profile page.", "external"),
        _text("title", "The job title, such as Vice President."),
        _text("userType", "How the person relates to the organization, such as Employee or Contractor."),
        _text("preferredLanguage", "The languages the person prefers, as in the Accept-Language header."),
        _text("locale", "The person's region, for dates, numbers and currency, such as en-US."),
        _text("timezone", "The person's time zone, such as America/Los_Angeles."),
        _flag("active", "False for a person who has no access to the workspace."),
        _values(
            "emails",
            "E-mail addresses of the person.",
            _text("value", "The e-mail address.", indexed=True),
            *("work", "home", "other"),
        ),
        _values(
            "phoneNumbers",
            "Telephone numbers of the person.",
            _text("value", "The telephone number, kept as it was sent.", indexed=True),
            *("work", "home", "mobile", "fax", "pager", "other"),
        ),
        _values(
            "ims",
            "Instant messaging addresses of the person.",
            _text("value", "The instant messaging address."),
            *("aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"),
        ),
        _values(
            "photos",
            "Pictures of the person.",
            _link("value", "The address of the picture.", "external"),
            *("photo", "thumbnail"),
        ),
        _complex(
            "addresses",
            "Postal addresses of the person.",
            _text("formatted", "The full address, for a mailing label; may have line breaks."),
            _text("streetAddress", "Street, house number, post office box; may have line breaks."),
            _text("locality", "The city or locality."),
            _text("region", "The state or region."),
            _text("postalCode", "The zip or postal code."),
            _text("country", "The country, as a code of ISO 3166-1 alpha-2."),
            _text("type", "What the address is used for.", canonical_values=("work", "home", "other")),
            _flag("primary", "True for the preferred address; true at most once."),
            multi_valued=True,
        ),
        _complex(
            "groups",
            "The groups the person is in; changed through the groups.",
            _text("value", "The id of the group.", **_SERVERS),
            _link("$ref", "The URI of the group.", "User", "Group", **_SERVERS),
            _text("display", "The name of the group.", **_SERVERS),
            _text(
                "type", "Whether the person is a member itself.", canonical_values=("direct", "indirect"), **_SERVERS
            ),
            multi_valued=True,
            **_SERVERS,
        ),
        _values("entitlements", "What the person is entitled to.", _text("value", "The entitlement.")),
        _values("roles", "What the person is, in the directory's words.", _text("value", "The role.")),
        _values(
            "x509Certificates",
            "Certificates issued to the person.",
            Attribute(
                name="value",
                type=Type.BINARY,
                case_exact=True,
                description="The certificate, DER in base64.",
            ),
        ),
    ),
)

# RFC 7643 §4.3.
_ENTERPRISE_SCHEMA = Schema(
    id="urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    name="EnterpriseUser",
    description="What an organization knows of a person who works for it.",
    attributes=(
        _text("employeeNumber", "The number or code of the person in the organization.", indexed=True),
        _text("costCenter", "The cost center."),
        _text("organization", "The organization."),
        _text("division", "The division."),
        _text("department", "The department."),
        _complex(
            "manager",
            "The person's manager.",
            _text("value", "The id of the manager's User resource.", indexed=True),
            _link("$ref", "The URI of the manager's User resource.", "User"),
            _text("displayName", "The manager's displayName.", **_SERVERS),
        ),
    ),
)

# RFC 7643 §4.2. Its text requires displayName, the schema of §8.7.1 does not: the text makes sense.
_GROUP_SCHEMA = Schema(
    id="urn:ietf:params:scim:schemas:core:2.0:Group",
    name="Group",
    description="A group of people in this workspace.",
    attributes=(
        _text("displayName", "The name of the group.", required=True),
        _complex(
            "members",
            "Who is in the group.",
            _text("value", "The id of the member.", **_FIXED),
            _link("$ref", "The URI of the member.", "User", "Group", **_FIXED),
            _text("type", "What the member is.", canonical_values=("User", "Group"), **_FIXED),
            _text("display", "The name of the member.", returned=Returned.REQUEST, **_SERVERS),
            multi_valued=True,
        ),
    ),
)

USER = ResourceType(
    name="User",
    endpoint="/Users",
    description="People in this workspace.",
    schema=_USER_SCHEMA,
    extensions=(Extension(schema=_ENTERPRISE_SCHEMA),),
)

GROUP = ResourceType(
    name="Group",
    endpoint="/Groups",
    description="Groups of people in this workspace.",
    schema=_GROUP_SCHEMA,
)
