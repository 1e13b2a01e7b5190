"""The text of filters and PATCH paths (RFC 7644 §3.4.2.2, §3.5.2); the shared vectors are in tests/services."""

from contextlib import suppress
from dataclasses import replace
from time import perf_counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tenantry.errors import InvalidInput
from tenantry.scim.filter import FilterLimits, Path, parse, parse_path
from tenantry.services.filters import And, Comparison, Filter, Not, Operator, Or, Present, ValuePath
from tenantry.services.schemas import (
    GROUP,
    USER,
    Attribute,
    Extension,
    Mutability,
    ResourceType,
    Returned,
    Schema,
    Target,
    Type,
)

from ..services.asking import STAFF, STAFF_USER
from ..services.filter_trees import ENTERPRISE, fuzzed, printed, trees

CORE = USER.schema.id


def target(path: str, resource_type: ResourceType = STAFF_USER) -> Target:
    found = resource_type.resolve(path)
    assert found
    return found


def refusal(text: str, resource_type: ResourceType = STAFF_USER, **limits: int) -> InvalidInput:
    with pytest.raises(InvalidInput) as refused:
        parse(text, resource_type, limits=FilterLimits(**limits))
    assert refused.value.reason == "invalidFilter"
    return refused.value


def path_refusal(text: str, resource_type: ResourceType = STAFF_USER) -> InvalidInput:
    with pytest.raises(InvalidInput) as refused:
        parse_path(text, resource_type)
    return refused.value


def test_a_comparison_keeps_the_value_as_written_and_as_it_compares() -> None:
    asked = parse('title eq "Engineer"', USER)
    assert asked == Comparison(target=target("title"), operator=Operator.EQ, value="Engineer", key="engineer")


def test_and_binds_tighter_than_or() -> None:
    title, locale, active = (Present(target(path)) for path in ("title", "locale", "active"))
    assert parse("title pr or locale pr and active pr", USER) == Or((title, And((locale, active))))
    assert parse("(title pr or locale pr) and active pr", USER) == And((Or((title, locale)), active))
    assert parse("not (title pr) and active pr", USER) == And((Not(title), active))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('emails eq "a@example.com"', 'emails[value eq "a@example.com"]'),
        ('emails.type eq "work"', 'emails[type eq "work"]'),
        ("emails.type pr", "emails[type pr]"),
        ('emails.type ne "work"', 'not (emails pr) or emails[type ne "work"]'),
        ('emails[type eq "work"].value co "x"', 'emails[(type eq "work") and value co "x"]'),
        (f'{STAFF}:tags co "x"', f'{STAFF}:tags[value co "x"]'),
        ("title eq null", "not (title pr)"),
        ("title ne null", "title pr"),
        ("addresses eq null", "not (addresses pr)"),
        ('active eq "True"', "active eq true"),
        ('emails[primary ne "FALSE"]', "emails[primary ne false]"),
        (f"{CORE}:TITLE Pr", "title pr"),
        (f'{ENTERPRISE.upper()}:manager.VALUE EQ "x"', f'{ENTERPRISE}:manager.value eq "x"'),
        ('NOT(title pr)AND(title sw "x")', 'not (title pr) and title sw "x"'),
        (' \t( title\tpr\r\n)  or  emails [ type  eq "x" ] .value pr', 'title pr or emails[type eq "x" and value pr]'),
        (r'title eq "\u00fc\"\\\/"', 'title eq "ü\\"\\\\/"'),
        (f"{STAFF}:score eq 1e2", f"{STAFF}:score eq 100.0"),
        (f"{STAFF}:badgeNumber lt 18446744073709551615", f"{STAFF}:badgeNumber lt 18446744073709551616.0"),
    ],
)
def test_two_ways_to_write_the_same(written: str, meant: str) -> None:
    assert parse(written, STAFF_USER) == parse(meant, STAFF_USER)


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("", "At character 1: expected an attribute, found the end"),
        ("userName", "At character 9: expected an operator, found the end"),
        ('userName like "x"', "At character 10: expected pr, eq, ne, co, sw, ew, gt, ge, lt, le, found like"),
        ("title eq 'x'", "At character 10: expected text in double quotes, a number, true, false or null, found 'x'"),
        ('userName eq "x', 'At character 13: expected a text between double quotes, apart from other words, found "x'),
        ('eq"x"', 'At character 1: expected a text between double quotes, apart from other words, found eq"x"'),
        (r'userName eq "\u0000"', r'At character 13: expected text without NUL, found "\u0000"'),
        ("title pr title pr", 'At character 10: expected "and", "or" or the end, found title'),
        ("not title pr", 'At character 5: expected "(" after "not", found title'),
        ("(title pr", 'At character 10: expected "and", "or" or ")", found the end'),
        ("emails[type pr)", 'At character 15: expected "and", "or" or "]", found )'),
        ("emails[type[value pr]]", "At character 12: expected no brackets inside brackets, found ["),
        ("name[familyName pr]", "At character 1: expected an attribute with many values before brackets, found name"),
        ("title pr and shoeSize pr", "At character 14: there is no attribute shoeSize"),
        ("emails[type pr].size pr", "At character 17: there is no attribute size"),
        ("title pr or active gt true", "At character 13: active has no order for gt"),
        ("x509Certificates ge 1", "At character 1: value has no order for ge"),
        ('meta.created co "2026"', "At character 1: created is no text for co"),
        ("addresses eq 1", "At character 1: addresses is compared by one of its sub-attributes"),
        ("name ne true", "At character 1: name is compared by one of its sub-attributes"),
        ("userName eq 5", "At character 1: userName is compared with text in double quotes"),
        ("userName gt null", "At character 1: userName is compared with text in double quotes"),
        (f'{STAFF}:score eq "5"', "At character 1: score is compared with a number"),
        (f"{STAFF}:score eq true", "At character 1: score is compared with a number"),
        ("active eq 1", "At character 1: active is compared with true or false"),
    ],
)
def test_a_refusal_says_where_and_why(text: str, detail: str) -> None:
    assert refusal(text).detail == detail


@pytest.mark.parametrize("moment", ["2026-01-31", "2026-02-30T08:00:00Z", "x" * 3000])
def test_a_moment_is_a_date_with_a_time(moment: str) -> None:
    detail = 'created is compared with a date with a time, such as "2026-01-31T08:00:00Z"'
    assert refusal(f'meta.created gt "{moment}"').detail == f"At character 1: {detail}"


def test_a_refusal_repeats_little_of_what_was_sent() -> None:
    long = "x" * 4000
    texts = [long, f"userName {long}", f"userName eq {long}", f'userName eq "{long}" {long[:50]}', f'"{long}']
    for text in texts:
        assert len(refusal(text).detail) < 200
        assert "x" * 100 not in refusal(text).detail


def test_what_is_never_shown_is_not_found_by_guessing() -> None:
    """RFC 7643 §4.1.1 for passwords; the same holds for any attribute of an extension."""
    secrets = Schema(
        id="urn:example:secrets",
        name="Secrets",
        description="",
        attributes=(
            Attribute(name="pin", returned=Returned.NEVER),
            Attribute(
                name="answers",
                type=Type.COMPLEX,
                multi_valued=True,
                mutability=Mutability.WRITE_ONLY,
                sub_attributes=(Attribute(name="value"),),
            ),
        ),
    )
    resource_type = replace(USER, extensions=(Extension(schema=secrets),))
    for term in ("pin pr", 'pin sw "1"', "answers pr", 'answers[value sw "a"]', 'answers.value sw "a"'):
        assert "never shown" in refusal(f"{secrets.id}:{term}", resource_type).detail
    assert "no attribute password" in refusal('password sw "a"').detail


@pytest.mark.parametrize(
    ("path", "resource_type"),
    [("meta.location", USER), ("groups.$ref", USER), (f"{ENTERPRISE}:manager.$ref", USER), ("members.$ref", GROUP)],
)
def test_addresses_of_resources_are_not_searched(path: str, resource_type: ResourceType) -> None:
    assert "cannot be searched" in refusal(f"{path} pr", resource_type).detail


def test_each_limit_is_kept_to_the_letter() -> None:
    parse("title pr" + " " * 92, USER, limits=FilterLimits(chars=100))
    assert refusal("title pr" + " " * 93, chars=100).detail == "Longer than 100 characters"
    parse("((emails[(type pr)]))", USER, limits=FilterLimits(depth=4))
    assert "at most 4 brackets" in refusal("(((emails[(type pr)])))", depth=4).detail
    parse("title pr and not (title pr)", USER, limits=FilterLimits(nodes=4))
    assert "at most 4 terms" in refusal("title pr and not (title pr) or title pr", nodes=4).detail


def test_brackets_side_by_side_are_no_depth() -> None:
    parse(" and ".join(["(emails[type pr])"] * 20), USER, limits=FilterLimits(depth=2))


@pytest.mark.parametrize(
    "text", ["(" * 4000, "not (" * 800, '"' * 4000, '"\\' * 2000, "emails[" * 500, "-" * 4000, "9" * 4000, " " * 4000]
)
def test_hostile_text_is_refused_at_once(text: str) -> None:
    start = perf_counter()
    refusal(text)
    refusal(f"userName eq {text}"[:4096])
    assert perf_counter() - start < 0.5


@fuzzed
@given(tree=trees(STAFF_USER))
def test_a_printed_tree_reads_back_as_itself(tree: Filter) -> None:
    unlimited = FilterLimits(chars=100_000, depth=1000, nodes=1000)
    assert parse(printed(tree), STAFF_USER, limits=unlimited) == tree


# Pieces of the language in any order come further than random letters.
PIECES = st.sampled_from(
    [
        *("userName", "emails", "emails.type", ".value", "active", STAFF, ENTERPRISE, ":tags", "eq", "pr", "co", "gt"),
        *("and", "or", "not", "(", ")", "[", "]", '"', "\\", '"x"', "true", "null", "1", "-", "e9", ".", ":"),
        *(" ", " ", "\t", "\0"),
    ]
)
TEXTS = st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=50)


@fuzzed
@given(text=TEXTS)
@example("\ud800 pr")
@example('userName eq "\ud800"')
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (parse, parse_path):
        with suppress(InvalidInput):
            read(text, STAFF_USER)


@pytest.mark.parametrize(
    ("text", "leads_to"),
    [
        ("userName", "userName"),
        ("NAME.familyname", "name.familyName"),
        (f"{CORE}:name.givenName", "name.givenName"),
        (f"{ENTERPRISE}:manager.value", f"{ENTERPRISE}:manager.value"),
        (ENTERPRISE, ENTERPRISE),
        (CORE.upper(), CORE),
        (" title ", "title"),
    ],
)
def test_a_path_leads_to_an_attribute_or_to_a_whole_schema(text: str, leads_to: str) -> None:
    """RFC 7644 §3.5.2 and §3.10."""
    assert parse_path(text, STAFF_USER) == Path(target=target(leads_to))


@pytest.mark.parametrize(
    ("text", "leads_to", "chosen"),
    [
        ('emails[type eq "work"]', "emails", 'emails[type eq "work"]'),
        ('emails[type eq "work"].value', "emails.value", 'emails[type eq "work"]'),
        (f'{CORE}:emails[ primary eq "True" ].display', "emails.display", "emails[primary eq true]"),
        ('addresses[type eq "work" and not (primary eq true)]', "addresses", None),
        (f'{STAFF}:tags[value sw "a"]', f"{STAFF}:tags", f'{STAFF}:tags[value sw "a"]'),
        (f"{STAFF}:certifications[level gt 1].name", f"{STAFF}:certifications.name", None),
    ],
)
def test_a_path_chooses_among_many_values(text: str, leads_to: str, chosen: str | None) -> None:
    path = parse_path(text, STAFF_USER)
    assert path.target == target(leads_to)
    same = parse(chosen or text.rpartition("]")[0] + "]", STAFF_USER)
    assert isinstance(same, ValuePath)
    assert path.filter == same.filter


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "invalidPath"),
        ("shoeSize", "invalidPath"),
        ("name.shoeSize", "invalidPath"),
        ("userName.value", "invalidPath"),
        ("department", "invalidPath"),
        ("members", "invalidPath"),
        ("urn:example:no:such:schema", "invalidPath"),
        ('userName eq "x"', "invalidPath"),
        ("emails]", "invalidPath"),
        ('"emails"', "invalidPath"),
        ('userName[value eq "x"]', "invalidPath"),
        ('name[familyName eq "x"]', "invalidPath"),
        ('emails.value[type eq "x"]', "invalidPath"),
        (f'{ENTERPRISE}[department eq "x"]', "invalidPath"),
        ('emails[type eq "work"].shoeSize', "invalidPath"),
        ('emails[type eq "work"]value', "invalidPath"),
        ('emails[type eq "work"].value.type', "invalidPath"),
        (f'{STAFF}:tags[value eq "a"].value', "invalidPath"),
        ("emails[]", "invalidFilter"),
        ("emails[type eq work]", "invalidFilter"),
        ('emails[type eq "work"', "invalidFilter"),
        ('emails[shoeSize eq "x"]', "invalidFilter"),
        ("emails[primary gt true]", "invalidFilter"),
        ("x" * 5000, "invalidPath"),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(text: str, reason: str) -> None:
    assert path_refusal(text).reason == reason


def test_members_of_a_group_are_chosen_by_their_id() -> None:
    path = parse_path('members[value eq "2819c223-7f76-453a-919d-413861904646"]', GROUP)
    assert path.target == target("members", GROUP)
    assert isinstance(path.filter, Comparison)
    assert path.filter.value == "2819c223-7f76-453a-919d-413861904646"
