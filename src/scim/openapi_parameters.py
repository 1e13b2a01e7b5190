"""What may stand in the URL and the headers of a request, for the OpenAPI document."""

from collections.abc import Iterator

from ..services.schemas import COMMON_ATTRIBUTES, Attribute, ResourceType, Type
from ..settings import Settings
from .discovery import RESOURCE_TYPES, all_schemas
from .openapi_answers import Shape

_TAG = r'(W/)?"[!#-~]*"'
_TAGS: Shape = {"anyOf": [{"const": "*"}, {"type": "string", "pattern": f"^{_TAG}( *, *{_TAG})*$"}]}
_QUOTED = r'"([^"\\\u0000-\u001f]|\\["\\/])*"'
_MOMENT = r'"20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z"'
_ORDERED = "eq|ne|gt|ge|lt|le"
# What an attribute can be compared by, and with; anything can be present.
_COMPARED = {
    Type.STRING: rf"({_ORDERED}|co|sw|ew) {_QUOTED}",
    Type.REFERENCE: rf"({_ORDERED}|co|sw|ew) {_QUOTED}",
    Type.BOOLEAN: "(eq|ne) (true|false)",
    Type.DATETIME: rf"({_ORDERED}) {_MOMENT}",
}
SORT_ORDERS = ["ascending", "descending"]
# Integers of more digits are beyond any list.
INTEGER: Shape = {"type": "integer", "minimum": -(10**18) + 1, "maximum": 10**18 - 1}


def identifier(kind: str) -> Shape:
    """The id in a path: of a resource any UUID, of what this server tells of itself one of a few."""
    known = {"ResourceTypes": [each.name for each in RESOURCE_TYPES], "Schemas": [each.id for each in all_schemas()]}
    shape: Shape = {"enum": known[kind]} if kind in known else {"type": "string", "format": "uuid"}
    return {"name": "id", "in": "path", "required": True, "schema": shape}


def components(settings: Settings) -> Shape:
    default, most = settings.page_size_default, settings.page_size_max
    return _of_queries(settings) | {
        "sortOrder": _query(
            "sortOrder", {"enum": SORT_ORDERS}, "Of `sortBy`, in any letter case; ascending if left out."
        ),
        "startIndex": _query(
            "startIndex", INTEGER, "The place of the first one wanted, from 1. Not with `cursor`.", allowEmptyValue=True
        ),
        "count": _query(
            "count",
            INTEGER,
            f"How many are wanted: {default} if left out, {most} at most; 0 and less for their number alone.",
            allowEmptyValue=True,
        ),
        "cursor": _query(
            "cursor",
            {"type": "string"},
            "Empty for the first page, then `nextCursor` of the page before, with the same `filter`, `sortBy`, "
            f"`sortOrder` and `count`, for {settings.scim_cursor_timeout_seconds} seconds (RFC 9865). "
            "Not with `startIndex`.",
        ),
        "attributes": _query(
            "attributes",
            {"type": "string"},
            "Names of what is wanted, separated by commas; id and schemas always come. Unknown names do no harm. "
            "Not with `excludedAttributes`.",
            examples={"names": {"value": "userName,emails.value"}},
        ),
        "excludedAttributes": _query(
            "excludedAttributes",
            {"type": "string"},
            "Names of what is to be left out, separated by commas; without `members`, large groups are answered as "
            "fast as small ones. Not with `attributes`.",
            examples={"members": {"value": "members"}},
        ),
        "If-Match": _header(
            "If-Match", "Only if this is a version of it (ETag, `meta.version`); the answer is 412 if not."
        ),
        "If-None-Match": _header(
            "If-None-Match", "Only if this is no version of it any more; the answer is 304 if it is."
        ),
    }


def _of_queries(settings: Settings) -> Shape:
    about_filters = (
        f"RFC 7644 §3.4.2.2 as a whole, with up to {settings.filter_chars_max} characters, "
        f"{settings.filter_nodes_max} terms and {settings.filter_depth_max} brackets in one another. "
        "The pattern shows the plain ones."
    )
    about_order = (
        "Any attribute; of several values the primary one counts, or the first. Those without a value come last."
    )
    parameters = {}
    for kind in RESOURCE_TYPES:
        examples = {"name": {"value": _EXAMPLES[kind.name]}}
        parameters[f"{kind.name}Filter"] = _query("filter", filter_shape(kind), about_filters, examples=examples)
        parameters[f"{kind.name}SortBy"] = _query("sortBy", order_shape(kind), about_order, allowEmptyValue=True)
    about_order = "Any attribute; a resource that cannot have it has no value of it."
    parameters["SortBy"] = _query("sortBy", {"type": "string"}, about_order)
    return parameters


def order_shape(resource_type: ResourceType) -> Shape:
    return {"enum": [path for path, attribute in _leaves(resource_type) if _is_sortable(path, attribute)]}


def _query(name: str, schema: Shape, description: str, **more: object) -> Shape:
    return {"name": name, "in": "query", "description": description, "schema": schema, **more}


def _header(name: str, description: str) -> Shape:
    examples = {"any": {"value": "*"}, "one": {"value": 'W/"3"'}}
    return {"name": name, "in": "header", "description": description, "schema": _TAGS, "examples": examples}


def filter_shape(resource_type: ResourceType) -> Shape:
    """Comparisons of single values, and of the values of many."""
    paths: dict[str, list[str]] = {}
    for path, attribute in _leaves(resource_type):
        if attribute.type in _COMPARED and path != "meta.location" and _is_plain(path, resource_type):
            paths.setdefault(_COMPARED[attribute.type], []).append(path.replace(".", r"\."))
    terms = "|".join(f"({'|'.join(named)}) (pr|{compared})" for compared, named in paths.items())
    return {"type": "string", "pattern": rf"^({terms})( (and|or) ({terms})){{0,3}}$"}


def _is_plain(path: str, resource_type: ResourceType) -> bool:
    target = resource_type.resolve(path)
    assert target
    assert target.attribute
    return not target.sub or not target.attribute.multi_valued or target.sub.name == "value"


def _leaves(resource_type: ResourceType) -> Iterator[tuple[str, Attribute]]:
    """Every attribute of the core that has a value of its own, by its path."""
    for attribute in (*COMMON_ATTRIBUTES, *resource_type.schema.attributes):
        if attribute.type is not Type.COMPLEX:
            yield attribute.name, attribute
        for sub in attribute.sub_attributes:
            yield f"{attribute.name}.{sub.name}", sub


def _is_sortable(path: str, attribute: Attribute) -> bool:
    return attribute.type is not Type.BINARY and not path.startswith(("groups.", "members."))


_EXAMPLES = {"User": 'userName eq "ada@example.com"', "Group": 'displayName eq "Engineering"'}
