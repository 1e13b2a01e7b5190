"""What schemathesis has to know of this door that an OpenAPI document cannot say (named in schemathesis.toml)."""

from typing import Any
from uuid import uuid4

import schemathesis
from schemathesis import Case, HookContext

# Any text will do for these, so there is no wrong one.
FREE_TEXT = {"attributes", "excludedAttributes", "cursor"}
# What a new resource has to have to itself.
UNIQUE = {"/Users": "userName", "/Groups": "displayName"}
taken = set[str]()


@schemathesis.hook
def filter_case(context: HookContext, case: Case[Any]) -> bool:
    """Leave out what tells nothing."""
    assert case.meta
    if case.meta.generation.mode.is_negative:
        mutations = getattr(case.meta.phase.data, "mutations", None)
        if mutations and all(mutation.parameter in FREE_TEXT for mutation in mutations):
            return False
        # To JSON Schema 1e300 is an integer like any other; we take it, and refuse one that is written in 301 digits.
        if _has_large_number(case.body):
            return False
    # Both media types are read alike: what systematic coverage finds in one need not be looked for in the other.
    return case.meta.phase.name != "coverage" or case.media_type != "application/json"


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Keep to what only the descriptions of the document say."""
    _choose(case.query)
    if not isinstance(case.body, dict):
        return
    if case.path.endswith("/.search"):
        _choose(case.body)
    elif case.path == "/Bulk":
        _tell_apart(case.body.get("Operations"))
    elif case.method == "POST" and case.path in UNIQUE:
        _name_anew(case.body, UNIQUE[case.path])


def _choose(parameters: dict[str, Any]) -> None:
    """Some parameters exclude each other, and a cursor can only be a server's."""
    if "attributes" in parameters:
        parameters.pop("excludedAttributes", None)
    if parameters.get("cursor") or "startIndex" in parameters:
        parameters.pop("cursor", None)


def _tell_apart(operations: Any) -> None:
    """Of the operations of a bulk request each has a bulkId of its own."""
    seen = set[str]()
    for operation in operations if isinstance(operations, list) else ():
        if isinstance(operation, dict) and isinstance(bulk_id := operation.get("bulkId"), str):
            if bulk_id in seen:
                del operation["bulkId"]
            seen.add(bulk_id)


def _name_anew(body: dict[str, Any], attribute: str) -> None:
    """A name that was sent before gets the same 409 each time."""
    name = body.get(attribute)
    if isinstance(name, str) and name.strip():
        if name in taken:
            body[attribute] = f"{uuid4()}@example.com"
        taken.add(name)


def _has_large_number(value: Any) -> bool:
    match value:
        case float():
            return abs(value) >= 2**63
        case dict():
            return any(map(_has_large_number, value.values()))
        case list():
            return any(map(_has_large_number, value))
    return False
