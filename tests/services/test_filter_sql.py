"""Filters as SQL, against the rows of both databases and against what the tree itself says."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given

from tenantry.scim.filter import parse
from tenantry.services.filters import Filter, Not, matches
from tenantry.services.schemas import GROUP, USER, Attribute, Extension, ResourceType, Schema, Type
from tenantry.settings import Settings

from .asking import FIXTURE, STAFF, STAFF_USER, Directory, directory
from .filter_trees import ENTERPRISE, GROUPS, ODD_NUMBERS, PEOPLE, fuzzed, trees

ANN, BOB = PEOPLE[0]["id"], PEOPLE[1]["id"]
ENGINEERS = GROUPS[0]["id"]


@pytest.fixture
def stored(settings: Settings) -> Iterator[Directory]:
    with directory(settings, PEOPLE, GROUPS) as stored:
        yield stored


@fuzzed
@given(asked=trees(STAFF_USER))
def test_sql_finds_the_people_the_tree_finds(stored: Directory, asked: Filter) -> None:
    assert stored.find(asked, STAFF_USER) == sorted(user["userName"] for user in PEOPLE if matches(asked, user))


@fuzzed
@given(asked=trees(GROUP))
def test_sql_finds_the_groups_the_tree_finds(stored: Directory, asked: Filter) -> None:
    assert stored.find(asked, GROUP) == sorted(group["displayName"] for group in GROUPS if matches(asked, group))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('userName eq "ANN.ARCHER"', ["ann.archer"]),
        # Its own form: width, case and the domain's A-label do not count (services.comparison.canonical_user_name).
        ('userName eq "ａnn.archer"', ["ann.archer"]),
        ('not (userName ne "ann.archer")', ["ann.archer"]),
        ('meta.version eq "W/\\"1\\"" and id sw "a1b2c3d4-0000-4000-8000-000000000001"', ["ann.archer"]),
        ('meta.version ne "W/\\"1\\""', []),
        (f'id eq "{ANN.upper()}" or id eq "not-an-id" or id eq ""', []),
        ('groups.value eq "not-an-id"', []),
        ('groups[type eq "direct" and display sw "sales"]', ["bob.baker", "lena.larsen"]),
        ('groups.type eq "indirect"', []),
        (
            'emails[value eq "ann.archer@example.com" or value eq "hugo@example.com"]',
            ["ann.archer", "hugo.müller"],
        ),
        # The name the application shows is not one the directory gave.
        ('displayName eq "zed.minimal" or displayName sw "zed"', []),
    ],
)
def test_columns_answer_as_attributes(stored: Directory, text: str, found: list[str]) -> None:
    assert stored.find(parse(text, STAFF_USER), STAFF_USER) == found


def test_odd_values_compare_as_in_the_tree(stored: Directory) -> None:
    """Both sides of the surrogates, the last character there is, wildcards, and what a double holds inexactly."""
    words = ("sw", "ew", "co", "gt", "le")
    odd_texts = ("", "\ud7ff", "\uffff", "\U0010ffff", "%", "_", "''")
    paths = ("displayName", "emails", f"{STAFF}:secretCode")
    asked = [f'{path} {word} "{text}"' for path, word, text in product(paths, words, odd_texts)]
    asked += [f"{STAFF}:score {word} {number}" for word in ("eq", "lt", "ge") for number in ODD_NUMBERS]
    for text in asked:
        tree = parse(text, STAFF_USER)
        found = sorted(user["userName"] for user in PEOPLE if matches(tree, user))
        assert (text, stored.find(tree, STAFF_USER)) == (text, found)


def test_a_definition_that_changed_since_breaks_no_search(stored: Directory) -> None:
    """What is stored under the old one is looked at as the new one, and no statement fails."""
    names = [attribute["name"] for attribute in FIXTURE["extensionSchema"]["attributes"]]
    values = {Type.BOOLEAN: "true", Type.INTEGER: "1", Type.DECIMAL: "1.5", Type.DATETIME: '"2026-01-31T08:00:00Z"'}
    for type, multi_valued, name in product(Type, (False, True), names):
        subs = (Attribute(name="value"),) if type is Type.COMPLEX else ()
        changed = Attribute(name=name, type=type, multi_valued=multi_valued, sub_attributes=subs)
        resource_type = extended(STAFF, changed)
        value = values.get(type, '"a"')
        comparison = f"{STAFF}:{name}.value eq {value}" if subs else f"{STAFF}:{name} eq {value}"
        for text in (f"{STAFF}:{name} pr", comparison, f"not ({comparison})"):
            stored.find(parse(text, resource_type), resource_type)


def test_a_urn_may_hold_what_sql_quotes(stored: Directory) -> None:
    urn = "urn:example:o'neil:2.0:User"
    resource_type = extended(urn, Attribute(name="note"), Attribute(name="notes", multi_valued=True))
    for term in ('note eq "x"', "note pr", 'notes eq "x"', "notes pr"):
        assert stored.find(parse(f"{urn}:{term}", resource_type), resource_type) == []


def extended(urn: str, *attributes: Attribute) -> ResourceType:
    """A User with one extension."""
    schema = Schema(id=urn, name="Extension", description="", attributes=attributes)
    return replace(USER, extensions=(Extension(schema=schema),))


def test_an_attribute_the_type_does_not_have_fits_into_any_filter(stored: Directory) -> None:
    """A query over several types asks each of them (RFC 7644 §3.4.2.1)."""
    text = 'userName eq "ann.archer" and not (members pr or members[value eq "x"])'
    for asked, found in ((text, ["ann.archer"]), (f"title pr and ({text} and members pr)", [])):
        assert stored.find(parse(asked, STAFF_USER, unknown_has_no_value=True), STAFF_USER) == found


def test_a_filter_at_every_limit_is_answered(stored: Directory) -> None:
    """SQLite's parser has a stack of 100, which parentheses of either side and NOT must not fill."""
    left = right = negated = 'title eq "x"'
    for level in range(31):
        word = ("and", "or")[level % 2]
        left, right = f"({left} {word} title pr)", f"(title pr {word} {right})"
        negated = f'(emails.type ne "x" {word} not {negated})' if level else f"({negated})"
    wide = " or ".join(['emails.value eq "x"'] * 100)
    for text in (left, right, negated, wide, f"emails[{right.replace('title', 'value')}]"):
        asked = parse(text, STAFF_USER)
        assert stored.find(asked, STAFF_USER) == sorted(user["userName"] for user in PEOPLE if matches(asked, user))
        everyone = {*stored.find(asked, STAFF_USER), *stored.find(Not(asked), STAFF_USER)}
        assert everyone == {user["userName"] for user in PEOPLE}


LOOKUPS = [
    (STAFF_USER, f'id eq "{ANN}"'),
    (STAFF_USER, 'userName eq "ann.archer"'),
    (STAFF_USER, 'externalId eq "EXT-001"'),
    (STAFF_USER, 'displayName eq "Ann Archer"'),
    (STAFF_USER, 'displayName sw "ann"'),
    (STAFF_USER, 'emails eq "ann.archer@example.com"'),
    (STAFF_USER, 'emails.value sw "ann.archer@"'),
    (STAFF_USER, 'emails[type eq "work" and value eq "ann.archer@example.com"]'),
    (STAFF_USER, f'{ENTERPRISE}:employeeNumber eq "1001"'),
    (STAFF_USER, f'{ENTERPRISE}:manager.value eq "{BOB}"'),
    (STAFF_USER, f'groups.value eq "{ENGINEERS}"'),
    (STAFF_USER, 'groups.display eq "Engineers"'),
    (STAFF_USER, 'meta.lastModified gt "2026-01-31T08:00:00Z"'),
    (STAFF_USER, f'userName eq "ann.archer" and {STAFF}:score gt 4'),
    (GROUP, f'id eq "{ENGINEERS}"'),
    (GROUP, 'displayName eq "Engineers"'),
    (GROUP, 'externalId eq "G-ENG"'),
    (GROUP, f'members.value eq "{ANN}"'),
    (GROUP, f'members[value eq "{ANN}" or value eq "{BOB}"]'),
]


@pytest.mark.parametrize(("resource_type", "text"), LOOKUPS, ids=[text for _, text in LOOKUPS])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_lookup_goes_by_an_index(stored: Directory, resource_type: ResourceType, text: str) -> None:
    plan = stored.plan(parse(text, resource_type), resource_type)
    # SQLite says "SCAN" without an index, and "(workspace_id=?)" when it has nothing but the workspace to go by.
    slow = [step for step in plan.splitlines() if "SCAN" in step or step.endswith("(workspace_id=?)")]
    assert [step for step in slow if "VIRTUAL TABLE" not in step] == []
