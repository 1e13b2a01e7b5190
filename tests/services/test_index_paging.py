"""Pages by position: every row once, and totals that are right."""

import pytest

from tenantry.scim.filter import FilterLimits, parse
from tenantry.services import groups, memberships
from tenantry.services.filters import Filter
from tenantry.services.index_paging import Wanted
from tenantry.services.schemas import GROUP, USER, ResourceType

from ..make import Workspace, make_group, make_person

LIMITS = FilterLimits(chars=1000, depth=10, nodes=50)


def where(text: str, resource_type: ResourceType = USER) -> Filter:
    return parse(text, resource_type, limits=LIMITS)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
async def test_pages_one_after_another_show_everyone_once(workspace: Workspace, other: Workspace, size: int) -> None:
    everyone = [workspace.owner_id, *[(await make_person(workspace))["id"] for _ in range(6)]]
    await make_person(other)
    found: list[str] = []
    start = 1
    while True:
        page = await memberships.page(workspace.owner, Wanted(start=start, count=size))
        assert page.total == 7
        found += [row["id"] for row in page.rows]
        start += len(page.rows)
        if not page.has_more:
            break
    assert found == everyone


@pytest.mark.parametrize(
    ("start", "count", "shown"), [(1, 10, 3), (1, 2, 2), (2, 2, 2), (3, 5, 1), (4, 5, 0), (1, 0, 0)]
)
async def test_a_filter_counts_all_that_match_wherever_the_page_begins(
    workspace: Workspace, start: int, count: int, shown: int
) -> None:
    for number in range(3):
        await make_person(workspace, title="Dr.", userName=f"dr{number}@example.com")
        await make_person(workspace)
    wanted = Wanted(start=start, count=count, where=where('title eq "dr."'))
    page = await memberships.page(workspace.owner, wanted)
    assert (len(page.rows), page.total) == (shown, 3)
    assert page.has_more == (count > 0 and start + shown <= 3)


async def test_a_place_far_behind_the_end_is_an_empty_page(workspace: Workspace) -> None:
    page = await memberships.page(workspace.owner, Wanted(start=10**18, count=200))
    assert (page.rows, page.total, page.has_more) == ([], 1, False)


async def test_groups_are_paged_alike(workspace: Workspace, other: Workspace) -> None:
    made = [(await make_group(workspace, name=f"Group {letter}"))["id"] for letter in "cab"]
    await make_group(other)
    page, _ = await groups.page(workspace.owner, Wanted(start=2, count=1), members_max=10)
    assert ([row["id"] for row in page.rows], page.total, page.has_more) == ([made[1]], 3, True)
    wanted = Wanted(count=10, where=where('displayName eq "group A"', GROUP))
    page, _ = await groups.page(workspace.owner, wanted, members_max=10)
    assert ([row["id"] for row in page.rows], page.total) == ([made[1]], 1)
