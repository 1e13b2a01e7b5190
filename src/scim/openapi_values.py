"""The shapes of values in what we take, as JSON Schemas made from the attribute tables.

They are as wide as we are patient (see `values`): one value in an array, a lone object for a list, booleans as text,
and blank text, `[]` or `{}` for nothing. A part we do not know may be any JSON, and is passed over.
"""

from typing import Any

from ..services import texts
from ..services.schemas import Attribute, Mutability, ResourceType, Type, Uniqueness
from .openapi_answers import Shape, ref

# Attributes that lookups go by even where they have no index rows of their own.
_KEYS = ("externalId", "displayName")
_SPACES = r"\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
NO_NUL: Shape = {"type": "string", "pattern": r"^[^\u0000]*$"}
# What Python's strip() leaves nothing of.
BLANK: Shape = {"type": "string", "pattern": rf"^[\t-\r\u001c-\u0020\u0085{_SPACES}]*$"}
_STRING: Shape = {"type": "string", "pattern": rf"^[^{texts.CONTROLS}]*$"}
_KEY = _STRING | {"maxLength": texts.KEY_CHARS_MAX}
_BASE64: Shape = {
    "type": "string",
    "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}(==)?|[A-Za-z0-9+/]{3}=?)?$",
}
_IS_TRUE: Shape = {"anyOf": [{"const": True}, {"type": "string", "pattern": "^[Tt][Rr][Uu][Ee]$"}]}
_ONE_PRIMARY: Shape = {
    "contains": {"type": "object", "properties": {"primary": _IS_TRUE}, "required": ["primary"]},
    "minContains": 0,
    "maxContains": 1,
}


def components(*resource_types: ResourceType) -> Shape:
    shapes = _simple()
    for resource_type in resource_types:
        for schema in (resource_type.schema, *(extension.schema for extension in resource_type.extensions)):
            for attribute in writable(schema.attributes):
                if attribute.type is Type.COMPLEX and attribute.name != "members":
                    shapes |= _of_many(attribute) if attribute.multi_valued else _of_one(attribute)
    return shapes


def writable(attributes: tuple[Attribute, ...]) -> list[Attribute]:
    return [attribute for attribute in attributes if attribute.mutability is not Mutability.READ_ONLY]


def kind(attribute: Attribute, *, is_kept: bool = True) -> str:
    """The component for a value of the attribute; what is not kept has no bounds to keep to."""
    match attribute:
        case Attribute(type=Type.COMPLEX):
            return f"{attribute.name[0].upper()}{attribute.name[1:]}Change"
        case Attribute(type=Type.BOOLEAN):
            return "Boolean"
        case Attribute(type=Type.BINARY):
            return "Binary"
        case Attribute(type=Type.STRING | Type.REFERENCE):
            if attribute.uniqueness is not Uniqueness.NONE:
                return "Identifier"
            if attribute.required:
                return "Title"
            return "Key" if is_kept and (attribute.indexed or attribute.name in _KEYS) else "Text"
    raise AssertionError(f"no shape for {attribute.type} in a request")


def open_object(properties: Shape, **more: Any) -> Shape:
    """An object that may have other properties, too."""
    return {"type": "object", **more, "properties": properties, **_ANYTHING_ELSE}


_ANYTHING_ELSE: Shape = {"propertyNames": {"pattern": NO_NUL["pattern"]}, "additionalProperties": ref("Anything")}


def _of_one(attribute: Attribute) -> Shape:
    """A single value with parts."""
    shapes = [open_object({sub.name: ref(kind(sub)) for sub in writable(attribute.sub_attributes)})]
    if attribute.name == "manager":
        shapes.append(_KEY)  # Entra sends the id alone
    return {kind(attribute): _patient(*shapes, ref("Nothing"), description=attribute.description)}


def _of_many(attribute: Attribute) -> Shape:
    """Values with parts: one of them, all of them, and those that a removal lists."""
    parts, name = writable(attribute.sub_attributes), kind(attribute).removesuffix("Change")
    listed = [open_object({sub.name: ref(kind(sub, is_kept=False)) for sub in parts})]
    if value := attribute.sub("value"):
        listed.append(_BASE64 if value.type is Type.BINARY else _STRING)
    several = {"type": "array", "items": {"anyOf": [ref(f"{name}Value"), ref("Nothing")]}, **_ONE_PRIMARY}
    return {
        f"{name}Value": open_object({sub.name: ref(kind(sub)) for sub in parts}),
        f"{name}Change": {
            "description": f"{attribute.description} At most one of them is primary.",
            "anyOf": [several, ref(f"{name}Value"), ref("Nothing")],
        },
        f"{name}Removal": {
            "description": "Those that have all that is told of one of these.",
            "anyOf": [{"type": "array", "items": {"anyOf": [*listed, ref("Nothing")]}}, *listed, ref("Nothing")],
        },
    }


def _simple() -> Shape:
    """What the others are made of."""
    nothing = ref("Nothing")
    identifier = _visible(texts.INVISIBLE, chars_max=texts.KEY_CHARS_MAX)
    title = _visible(texts.UNSHOWN, chars_max=texts.NAME_CHARS_MAX)
    return {
        "Anything": {
            "description": "Any JSON, without U+0000 and without integers beyond 64 bits.",
            "anyOf": [
                {"type": ["null", "boolean"]},
                {"type": "number", "minimum": -(2**63), "maximum": 2**63 - 1},
                NO_NUL,
                {"type": "array", "items": ref("Anything")},
                {"type": "object", **_ANYTHING_ELSE},
            ],
        },
        "Nothing": {
            "description": "No value (RFC 7643 §2.5).",
            "anyOf": [
                {"type": "null"},
                BLANK,
                {"type": "array", "maxItems": 0},
                {"type": "object", "maxProperties": 0},
            ],
        },
        "Schemas": {
            "description": "URNs. Clients differ in which, so any will do (RFC 7643 §3).",
            "type": "array",
            "items": NO_NUL,
            "minItems": 1,
        },
        "Text": _patient(
            _STRING, nothing, description="Text without control characters, but for line breaks and tabs."
        ),
        "Key": _patient(_KEY, nothing, description="Text that lookups go by; its length counts in its folded form."),
        "Identifier": _patient(identifier, description="Unique. White space around it is taken away; all of it shows."),
        "IdentifierOrNothing": _patient(identifier, nothing),
        "Title": _patient(title, description="A name for people. White space around it is taken away."),
        "TitleOrNothing": _patient(title, nothing),
        "Boolean": _patient(
            {"type": "boolean"},
            {"type": "string", "pattern": "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$"},
            nothing,
            description="true or false, as text too and in any letter case.",
        ),
        "Binary": _patient(_BASE64, nothing, description="Base64; the padding may be left out (RFC 7643 §2.3.6)."),
        "MembersValue": open_object({"value": _some_text("The id of a User.")}, required=["value"]),
        "MembersChange": {
            "description": "Who is in the group. By default ids of nobody are passed over (a choice of the workspace).",
            "anyOf": [{"type": "array", "items": ref("MembersValue")}, ref("MembersValue"), nothing],
        },
    }


def _patient(*shapes: Shape, **more: Any) -> Shape:
    """Any of the shapes, or one of them as the only value of an array."""
    in_array = {"type": "array", "items": {"anyOf": [*shapes]}, "minItems": 1, "maxItems": 1}
    return {**more, "anyOf": [*shapes, in_array]}


def _visible(refused: str, *, chars_max: int) -> Shape:
    """Text of which more is left than nothing when white space around it is taken away."""
    inner, outer, around = f"[^{refused}]", rf"[^{refused} {_SPACES}]", rf"[\t\n\r {_SPACES}]*"
    return {"type": "string", "pattern": f"^{around}{outer}({inner}*{outer})?{around}$", "maxLength": chars_max}


def _some_text(description: str) -> Shape:
    """Text of which not all is white space."""
    any_of_it, some_of_it = f"[^{texts.CONTROLS}]*", rf"[^{texts.CONTROLS}\t\n\r {_SPACES}]"
    return {"type": "string", "pattern": f"^{any_of_it}{some_of_it}{any_of_it}$", "description": description}
