"""Random filters about the shared fixture and some odd people, and the text that says the same."""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from copy import deepcopy
from functools import cache, partial
from itertools import chain
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tenantry.services.filters import (
    And,
    Comparison,
    Filter,
    Not,
    Operator,
    Or,
    Present,
    ValuePath,
    compare,
    element,
    leaf,
    present,
    refuse_hidden,
)
from tenantry.services.schemas import COMMON_ATTRIBUTES, USER, Attribute, ResourceType, Target, Type

from .asking import FIXTURE, STAFF

fuzzed = settings(
    max_examples=int(os.environ.get("FUZZ_CASES", "750")),
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
# Case folding that changes length, composed and decomposed letters, both sides of the surrogates, wildcards, quotes.
ODD_TEXTS = (
    *("Straße", "STRASSE", "ǅungla", "İstanbul", "e\u0301te\u0301", "été", "ΣΊΣΥΦΟΣ", "σίσυφος"),
    *(
        "\ud7ff",
        "\ue000",
        "\uffff",
        "\U00010000",
        "\U0010ffff",
        "100%",
        "a_b",
        "a*b",
        "it's",
        'say "so"',
        "back\\slash",
    ),
    *("?", "$1", "{}", "tab\there", "  ", "x" * 400, "true", "null", "1"),
)
ODD_NUMBERS = (0, -1, 9, 100, 2**53 + 1, 2**63 - 1, -(2**63), 0.1, 0.1 + 0.2, 3.25, 4.5, 1e300, -1e-300, 5e-324)
ODD_MOMENTS = (
    "2020-03-01T09:00:00Z",
    "2020-03-01T10:00:00+01:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
)


def people_and_groups() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Those of the fixture and one person per odd text, shown in full, as filters see them."""
    people: list[dict[str, Any]] = [*deepcopy(FIXTURE["users"]), *map(_odd_person, range(len(ODD_TEXTS)))]
    groups: list[dict[str, Any]] = deepcopy(FIXTURE["groups"])
    by_id = {person["id"]: person | {"groups": []} for person in people}
    for resource in (*by_id.values(), *groups):
        resource["meta"] |= {"version": 'W/"1"'}
    groups[2]["members"] += [{"value": person["id"]} for person in people[12::5]]
    for group in groups:
        members = [by_id[member["value"]] for member in group.pop("members", ()) if member["value"] in by_id]
        for person in members:
            person["groups"].append({"value": group["id"], "display": group["displayName"], "type": "direct"})
        group["members"] = [
            {"value": person["id"], "display": person.get("displayName") or person["userName"], "type": "User"}
            for person in members
        ]
    return list(by_id.values()), groups


def _odd_person(number: int) -> dict[str, Any]:
    text = ODD_TEXTS[number]
    decimal = ODD_NUMBERS[number % len(ODD_NUMBERS)]
    moment = ODD_MOMENTS[number % len(ODD_MOMENTS)]
    return {
        "schemas": [USER.schema.id, ENTERPRISE, STAFF],
        "id": str(UUID(int=number)),
        "userName": f"odd.{number}",
        "externalId": text,
        "displayName": text,
        "name": {"familyName": text},
        "active": number % 3 == 0,
        "emails": [{"value": text, "type": "work"}, {"value": f"{number}@example.com", "primary": True}],
        "roles": [{"value": text[:1], "primary": number % 2 == 0}],
        ENTERPRISE: {"employeeNumber": text, "manager": {"value": FIXTURE["users"][0]["id"]}},
        STAFF: {
            "score": decimal,
            "secretCode": text,
            "tags": [text, text[::-1]],
            "contractor": number % 2 == 0,
            "hireDate": moment,
            "certifications": [{"name": text, "level": number, "issued": moment}, {"name": "Other", "order": number}],
            **({"badgeNumber": decimal} if isinstance(decimal, int) else {}),
        },
        "meta": {"resourceType": "User", "created": moment, "lastModified": moment},
    }


def trees(resource_type: ResourceType) -> st.SearchStrategy[Filter]:
    return _joined(st.sampled_from(_targets(resource_type)).flatmap(_terms), leaves=8)


def printed(node: Filter) -> str:
    """The text of a tree; `scim.filter` reads it back."""
    match node:
        case And(parts=parts):
            return " and ".join(map(_enclosed, parts))
        case Or(parts=parts):
            return " or ".join(map(_enclosed, parts))
        case Not(part=part):
            return f"not ({printed(part)})"
        case Present(target=target):
            return f"{target.path} pr"
        case ValuePath(target=target, filter=inner):
            return f"{target.path}[{printed(inner)}]"
        case Comparison(target=target, operator=operator, value=value):
            return f"{target.path} {operator} {json.dumps(value)}"


def _enclosed(node: Filter) -> str:
    return f"({printed(node)})" if isinstance(node, And | Or) else printed(node)


def _joined(terms: st.SearchStrategy[Filter], *, leaves: int) -> st.SearchStrategy[Filter]:
    def extended(parts: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
        several = st.lists(parts, min_size=2, max_size=3).map(tuple)
        return several.map(And) | several.map(Or) | parts.map(Not)

    return st.recursive(terms, extended, max_leaves=leaves)


@cache
def _terms(target: Target) -> st.SearchStrategy[Filter]:
    attribute = leaf(target)
    choices: list[st.SearchStrategy[Filter]] = [st.just(present(target))]
    if attribute.type is not Type.COMPLEX or (attribute.multi_valued and attribute.sub("value")):
        choices += [_comparisons(target, attribute)] * 4
    if attribute.multi_valued:
        inner = st.sampled_from(_inner_targets(attribute)).flatmap(_terms)
        choices += [_joined(inner, leaves=4).map(partial(_chosen, target))] * 2
    return st.one_of(choices)


def _chosen(target: Target, inner: Filter) -> Filter:
    return ValuePath(target=target, filter=inner)


def _comparisons(target: Target, attribute: Attribute) -> st.SearchStrategy[Filter]:
    compared = attribute.sub("value") if attribute.type is Type.COMPLEX else attribute
    assert compared
    equality, parts = [Operator.EQ, Operator.NE], [Operator.CO, Operator.SW, Operator.EW]
    order = [Operator.GT, Operator.GE, Operator.LT, Operator.LE]
    match compared.type:
        case Type.BOOLEAN:
            asked = st.builds(compare, st.just(target), st.sampled_from(equality), st.booleans())
        case Type.INTEGER | Type.DECIMAL:
            numbers = st.sampled_from(NUMBERS) | st.integers(-10, 10) | st.floats(-10, 10)
            asked = st.builds(compare, st.just(target), st.sampled_from(equality + order), numbers)
        case Type.DATETIME:
            asked = st.builds(compare, st.just(target), st.sampled_from(equality + order), st.sampled_from(MOMENTS))
        case type:
            operators = equality + parts + ([] if type is Type.BINARY else order)
            asked = st.builds(compare, st.just(target), st.sampled_from(operators), _texts(attribute))
    return asked


def _texts(attribute: Attribute) -> st.SearchStrategy[str]:
    """Texts that are stored, there or elsewhere, parts of them, and the same in other letters."""
    here = [text for name, text in STORED if name == attribute.name and isinstance(text, str)]
    stored, cuts = st.sampled_from(sorted({*here}) or TEXTS) | st.sampled_from(TEXTS), st.integers(0, 8)
    parts = st.builds(lambda text, start, length: text[start : start + length], stored, cuts, cuts)
    cased = st.sampled_from([str.upper, str.lower, str.swapcase, str])
    characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    return st.builds(lambda case, text: case(text), cased, stored | parts) | st.text(characters, max_size=4)


def _leaves(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """All simple values, each with the name it is under."""
    match value:
        case dict():
            yield from chain.from_iterable(_leaves(inner, inner_name) for inner_name, inner in value.items())
        case list():
            yield from chain.from_iterable(_leaves(inner, name) for inner in value)
        case _:
            yield name, value


PEOPLE, GROUPS = people_and_groups()
STORED = list(_leaves([PEOPLE, GROUPS], ""))
TEXTS = sorted({value for _, value in STORED if isinstance(value, str)})
NUMBERS = sorted({value for _, value in STORED if isinstance(value, int | float) and not isinstance(value, bool)})
MOMENTS = [*ODD_MOMENTS, *sorted({user["meta"]["created"] for user in FIXTURE["users"]}), "2024-12-31T22:59:59.4-01:00"]


@cache
def _targets(resource_type: ResourceType) -> list[Target]:
    places = [("", (*COMMON_ATTRIBUTES, *resource_type.schema.attributes))]
    places += [(f"{extension.schema.id}:", extension.schema.attributes) for extension in resource_type.extensions]
    paths = [
        f"{prefix}{attribute.name}{dotted}"
        for prefix, attributes in places
        for attribute in attributes
        for dotted in ("", *(f".{sub.name}" for sub in attribute.sub_attributes))
    ]
    return _askable(map(resource_type.resolve, paths))


@cache
def _inner_targets(attribute: Attribute) -> list[Target]:
    return _askable(element(attribute, name) for name in ["value", *(sub.name for sub in attribute.sub_attributes)])


def _askable(targets: Iterable[Target | None]) -> list[Target]:
    kept = []
    for target in targets:
        with suppress(ValueError):
            if target:
                refuse_hidden(target)
                kept.append(target)
    return kept
