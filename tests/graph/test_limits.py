"""How large an operation may be, and that finding out costs next to nothing (in processor time, whatever else runs)."""

import time
from typing import Any

import pytest
from graphql import OperationDefinitionNode, parse

from tenantry.graph.documents import Known, Memory
from tenantry.graph.limits import Limits
from tenantry.graph.measure import CAP, Size, measure
from tenantry.graph.schema import schema
from tenantry.settings import Settings

from ..make import Workspace
from .asking import Asker

LIMITS = Limits.of(Settings())


def size_of(query: str, variables: dict[str, Any] | None = None) -> Size:
    document = parse(query)
    operation = next(node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    return measure(schema._schema, document, operation, variables=variables, page_size_max=100)


def bomb(levels: int) -> str:
    """Every fragment spreads the next one twice: 2^levels fields, in a document of `levels` lines."""
    spreads = "\n".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(levels))
    return f"{{ ...F0 }}\n{spreads}\nfragment F{levels} on Query {{ a: service {{ version }} }}"


@pytest.mark.parametrize(
    ("query", "depth"),
    [
        ("{ __typename }", 1),
        ("{ service { version } }", 2),
        ("{ ... { service { ... on ServiceInfo { version } } } }", 2),
        ("{ ...F } fragment F on Query { service { limits { maxCost } } }", 3),
        ("{ __schema { types { fields { name } } } }", 1),
    ],
)
def test_depth_counts_fields_inside_one_another(query: str, depth: int) -> None:
    assert size_of(query).depth == depth


def test_aliases_directives_and_root_fields_count_wherever_a_fragment_is_spread() -> None:
    query = """query @a { ...F ...F @b x: __typename @skip(if: true) }
        fragment F on Query { y: service @c { z: version } __typename ... @d { __typename } }"""
    size = size_of(query)
    assert (size.aliases, size.directives, size.fields) == (2 * 2 + 1, 1 + 2 * 2 + 1 + 1, 2 * 3 + 1)


@pytest.mark.parametrize(
    ("query", "variables", "cost"),
    [
        ("{ __typename }", None, 0),
        ("{ viewer { user { id } } }", None, 2),
        # A connection, then so many objects in it.
        ("{ viewer { memberships(first: 10) { nodes { id } } } }", None, 1 + 1 + 10),
        ("{ viewer { memberships { nodes { id } } } }", None, 1 + 1 + 50),
        ("{ viewer { memberships(first: -5) { nodes { id } } } }", None, 2),
        ("{ viewer { memberships(first: 10) { totalCount } } }", None, 1 + 1 + 2),
        ("{ viewer { memberships(first: 0) { totalCount nodes { id } } } }", None, 1 + 1 + 2),
        (
            "{ viewer { ...V } } fragment V on Viewer { memberships(first: 9) { ...C } } "
            "fragment C on MembershipConnection { pageInfo { endCursor } nodes { id } }",
            None,
            1 + 1 + 1 + 9,
        ),
        ('{ workspace(slug: "a") { memberships(last: 7) { edges { node { id } } } } }', None, 1 + 1 + 7 * 2),
        ("query($n: Int) { viewer { memberships(first: $n) { nodes { id } } } }", None, 1 + 1 + 100),
        ("query($n: Int) { viewer { memberships(first: $n) { nodes { id } } } }", {"n": 3}, 1 + 1 + 3),
        ("query($n: Int) { viewer { memberships(first: $n) { nodes { id } } } }", {}, 1 + 1 + 50),
        ("query($n: Int = 4) { viewer { memberships(first: $n) { nodes { id } } } }", {}, 1 + 1 + 4),
        ("query($n: Int) { viewer { memberships(first: $n) { nodes { id } } } }", {"n": "many"}, 1 + 1 + 50),
        ('{ nodes(ids: ["a", "b"]) { id } }', None, 5),
        ("query($i: [ID!]!) { nodes(ids: $i) { ... on Group { workspace { id } } } }", {"i": ["a"] * 9}, 5 + 9),
        ('mutation { groupDelete(input: {id: "x"}) { deletedId errors { code } } }', None, 10 + 1),
        ("{ __schema { types { name } } }", None, 1_000),
        ("{ nothing { at { all } } }", None, 0),
    ],
)
def test_cost_is_the_objects_an_answer_may_hold(query: str, variables: dict[str, Any] | None, cost: int) -> None:
    assert size_of(query, variables).cost == cost


def test_numbers_stay_small() -> None:
    first = "9" * 400
    nested = f"memberships(first: {first}) {{ nodes {{ groups(first: {first}) {{ nodes {{ id }} }} }} }}"
    assert size_of(f"{{ viewer {{ {nested} }} }}").cost == CAP


def test_a_fragment_that_leads_to_itself_is_measured() -> None:
    assert size_of("{ ...F } fragment F on Query { ...G } fragment G on Query { ...F __typename }").fields == 1


@pytest.mark.parametrize("levels", [20, 60])
def test_a_fragment_bomb_is_measured_in_no_time(levels: int) -> None:
    document = bomb(levels)
    size_of(document)
    started_at = time.process_time()
    assert size_of(document).aliases == min(2**levels, CAP)
    assert time.process_time() - started_at < 0.2


@pytest.mark.parametrize(
    ("query", "limit"),
    [
        (
            "{ viewer "
            + "{ memberships { nodes { workspace { viewerMembership " * 3
            + "{ id }"
            + " } } } }" * 3
            + " }",
            "depth",
        ),
        ("{ " + " ".join(f"a{n}: __typename" for n in range(31)) + " }", "aliases"),
        ("{ " + " ".join(f"a{n}: __typename" for n in range(31)) + " }", "rootFields"),
        ("{ __typename " + "@skip(if: false) " * 51 + "}", "directives"),
        ("{ " + "__typename " * 21 + " }", "rootFields"),
        ("{ " + "a " * 1_200 + " }", "tokens"),
        ("{ a" * 330 + " }" * 330, "depth"),
        ("{ viewer { memberships(first: 100) { nodes { groups(first: 51) { nodes { id } } } } } }", "cost"),
        ("{ " + " ".join(f"a{n}: __schema {{ description }}" for n in range(6)) + " }", "cost"),
        (bomb(60), "aliases"),
        (bomb(60), "rootFields"),
        (bomb(60), "cost"),
    ],
    ids=lambda value: value[:40],
)
async def test_what_is_over_a_limit_is_refused(nobody: Asker, query: str, limit: str) -> None:
    answer = await nobody.send({"query": query}, accept="application/graphql-response+json")
    errors = answer.json()["errors"]
    assert answer.status_code == 400
    assert limit in {
        error["extensions"]["limit"] for error in errors if error["extensions"]["code"] == "LIMIT_EXCEEDED"
    }
    assert len(answer.content) < 2_000


@pytest.mark.parametrize("levels", [60, 120])
async def test_a_fragment_bomb_is_refused_in_no_time(nobody: Asker, levels: int) -> None:
    started_at = time.process_time()
    assert set(await nobody.codes(bomb(levels))) == {"LIMIT_EXCEEDED"}
    assert time.process_time() - started_at < 0.2


async def test_many_overlapping_fields_cost_little(nobody: Asker) -> None:
    query = "{ " + " ".join(f"...F{n}" for n in range(20)) + " }"
    query += "".join(
        f" fragment F{n} on Query {{ service {{ limits {{ maxCost maxDepth }} version }} }}" for n in range(20)
    )
    started_at = time.process_time()
    await nobody.ask(query)
    assert time.process_time() - started_at < 0.5


async def test_the_same_document_may_ask_for_more_or_less(owner: Asker) -> None:
    query = """query($members: Int!, $groups: Int!) {
        viewer { memberships(first: $members) { nodes { groups(first: $groups) { nodes { id } } } } } }"""
    for _ in range(2):
        await owner.ask(query, members=10, groups=10)
        (error,) = await owner.errors(query, members=100, groups=100)
        assert error["extensions"]["limit"] == "cost"


async def test_the_standard_introspection_is_within_the_limits(owner: Asker) -> None:
    from graphql import build_client_schema, get_introspection_query

    built = build_client_schema(await owner.ask(get_introspection_query(input_value_deprecation=True)))
    assert built.query_type is not None


async def test_the_service_tells_its_limits(nobody: Asker) -> None:
    limits = (await nobody.ask("{ service { limits { maxDepth maxAliases maxTokens maxCost maxPageSize } } }"))[
        "service"
    ]
    assert limits["limits"] == {
        "maxDepth": 12,
        "maxAliases": 30,
        "maxTokens": 1000,
        "maxCost": 5000,
        "maxPageSize": 100,
    }


@pytest.mark.parametrize("arguments", ["first: 101", "first: -1", "last: 101", "first: 1, last: 1"])
async def test_a_page_has_bounds(owner: Asker, workspace: Workspace, arguments: str) -> None:
    query = f'{{ workspace(slug: "{workspace.slug}") {{ memberships({arguments}) {{ totalCount }} }} }}'
    assert await owner.codes(query) == ["INVALID"]


async def test_nodes_have_bounds(owner: Asker) -> None:
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert (await owner.ask(query, ids=["x"] * 100))["nodes"] == [None] * 100
    assert await owner.codes(query, ids=["x"] * 101) == ["INVALID"]


def test_documents_are_remembered_up_to_a_length() -> None:
    memory, known = Memory(chars_max=10), Known(parse("{ a }"), {})
    for text in ("aaaa", "bbbb"):
        memory.put(text, LIMITS, known)
    assert memory.get("aaaa", LIMITS)
    memory.put("cccc", LIMITS, known)
    assert memory.get("bbbb", LIMITS) is None
    assert memory.get("aaaa", LIMITS)
    assert memory.get("cccc", LIMITS)
    memory.put("d" * 11, LIMITS, known)
    assert not any(memory.get(text, LIMITS) for text in ("aaaa", "cccc", "d" * 11))


def test_a_document_put_twice_counts_once() -> None:
    memory, known = Memory(chars_max=10), Known(parse("{ a }"), {})
    for _ in range(5):
        memory.put("aaaa", LIMITS, known)
    memory.put("bbbb", LIMITS, known)
    assert memory.get("aaaa", LIMITS)
