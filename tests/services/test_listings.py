"""Pages, their cursors, and who may ask for what."""

import base64
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.errors import Forbidden, InvalidInput
from tenantry.models import database
from tenantry.services import groups, listings, log_listings, lookups, windows
from tenantry.services.actor import Actor, Permission
from tenantry.services.listings import (
    GROUP_ORDERS,
    MEMBERS_ORDER,
    MEMBERSHIP_ORDERS,
    GroupFilter,
    GroupOrderField,
    MembershipFilter,
    MembershipOrderField,
)
from tenantry.services.log_listings import AUDIT_ORDER, PROVISIONING_ORDER, AuditFilter, ProvisioningFilter
from tenantry.services.paging import Page
from tenantry.services.windows import Order, Position, Window

from ..graph.statements import plan_of, recorded
from ..make import Workspace, make_group, make_person, make_workspace

BY_NAME = Order(name="things.name", id="t.id", key="t.name")
BY_COUNT = Order(name="things.count", id="t.id", key="t.count", key_type=int)
BY_ID = Order(name="things", id="t.id")
ID = "01a20c64-034e-74f8-85e5-7053c760c9da"
WIDE = MembershipFilter()
BY_NAME_HERE = MEMBERSHIP_ORDERS[MembershipOrderField.DISPLAY_NAME]


def window(order: Order, **arguments: Any) -> Window:
    return windows.window(order, size_default=50, size_max=100, **arguments)


def text_of(value: object) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).rstrip(b"=").decode()


@given(st.uuids(), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=500))
def test_a_cursor_leads_back_to_its_place(uuid: Any, name: str) -> None:
    row: Any = {"id": str(uuid), "order_key": name}
    assert BY_NAME.position(BY_NAME.cursor(row), "after") == Position(name, str(uuid))
    assert BY_ID.position(BY_ID.cursor(row), "after") == Position(None, str(uuid))
    assert BY_NAME.reversed().position(BY_NAME.reversed().cursor(row), "after") == Position(name, str(uuid))


@pytest.mark.parametrize("order", [BY_NAME, BY_COUNT, BY_ID])
@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "nonsense",
        "ÿ",
        "a" * 5_000,
        *map(
            text_of,
            [
                None,
                1,
                {},
                [],
                ["things.name", "a"],
                ["things", None, ID.upper()],
                ["things", None, 1],
                ["things", "a", ID],
                ["things.name", None, ID],
                ["things.name", 1, ID],
                ["things.name", ["a"], ID],
                ["things.name", "a\0", ID],
                ["things.name", "a", ID, "more"],
                ["things.name.reversed", "a", ID],
                ["things.count", "a", ID],
                ["things.count", True, ID],
                ["things.count", 1.5, ID],
                ["things.count", 2**63, ID],
                ["others", None, ID],
            ],
        ),
    ],
)
def test_any_other_text_is_no_cursor(order: Order, cursor: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        order.position(cursor, "before")
    assert (refusal.value.reason, refusal.value.path) == ("invalidCursor", ("before",))


def test_an_order_and_its_reverse_have_different_cursors() -> None:
    row: Any = {"id": ID, "order_key": "a"}
    with pytest.raises(InvalidInput):
        BY_NAME.position(BY_NAME.reversed().cursor(row), "after")


@pytest.mark.parametrize(
    ("arguments", "path"), [({"first": -1}, "first"), ({"last": 101}, "last"), ({"first": 1, "last": 1}, "last")]
)
def test_a_window_has_bounds(arguments: dict[str, int], path: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        window(BY_ID, **arguments)
    assert refusal.value.path == (path,)


def test_a_window_has_a_size_unless_it_is_told() -> None:
    assert window(BY_ID).size == 50
    assert (window(BY_ID, first=0).size, window(BY_ID, last=100).size) == (0, 100)
    assert (window(BY_ID, first=3).backward, window(BY_ID, last=3).backward) == (False, True)


@pytest.fixture
async def workspace(tables: None) -> Workspace:
    return await make_workspace()


Ask = Callable[[Actor, str], Awaitable[Any]]
# What takes a permission, asked about one id or about none.
ASKING: dict[str, tuple[Permission, Ask]] = {
    "memberships": (
        Permission.MEMBERS_READ,
        lambda actor, _: listings.memberships(
            actor, WIDE, window(MEMBERSHIP_ORDERS[MembershipOrderField.DISPLAY_NAME])
        ),
    ),
    "count_memberships": (Permission.MEMBERS_READ, lambda actor, _: listings.count_memberships(actor, WIDE)),
    "groups": (
        Permission.MEMBERS_READ,
        lambda actor, _: listings.groups(actor, GroupFilter(), window(GROUP_ORDERS[GroupOrderField.CREATED_AT])),
    ),
    "count_groups": (Permission.MEMBERS_READ, lambda actor, _: listings.count_groups(actor, GroupFilter())),
    "members_of_groups": (
        Permission.MEMBERS_READ,
        lambda actor, id: listings.members_of_groups(actor, [id], WIDE, window(MEMBERS_ORDER)),
    ),
    "count_members_of_groups": (
        Permission.MEMBERS_READ,
        lambda actor, id: listings.count_members_of_groups(actor, [id], WIDE),
    ),
    "groups_of_memberships": (
        Permission.MEMBERS_READ,
        lambda actor, id: listings.groups_of_memberships(
            actor, [id], window(GROUP_ORDERS[GroupOrderField.DISPLAY_NAME])
        ),
    ),
    "count_groups_of_memberships": (
        Permission.MEMBERS_READ,
        lambda actor, id: listings.count_groups_of_memberships(actor, [id]),
    ),
    "membership_by_email": (Permission.MEMBERS_READ, lambda actor, id: lookups.membership_by_email(actor, id)),
    "lookups.memberships": (Permission.MEMBERS_READ, lambda actor, id: lookups.memberships(actor, [id])),
    "lookups.groups": (Permission.MEMBERS_READ, lambda actor, id: lookups.groups(actor, [id])),
    "lookups.roles": (Permission.WORKSPACE_READ, lambda actor, id: lookups.roles(actor, [id])),
    "assignment_counts": (Permission.WORKSPACE_READ, lambda actor, id: lookups.assignment_counts(actor, [id])),
    "assignments_of_memberships": (
        Permission.MEMBERS_READ,
        lambda actor, id: lookups.assignments_of_memberships(actor, [id]),
    ),
    "assignments_of_groups": (Permission.MEMBERS_READ, lambda actor, id: lookups.assignments_of_groups(actor, [id])),
    "all_scim_tokens": (
        Permission.PROVISIONING_MANAGE,
        lambda actor, _: lookups.all_scim_tokens(actor, include_revoked=True),
    ),
    "personal_tokens": (Permission.AUDIT_READ, lambda actor, id: lookups.personal_tokens(actor, [id])),
    "lookups.provisioning_events": (
        Permission.PROVISIONING_READ,
        lambda actor, id: lookups.provisioning_events(actor, [id]),
    ),
    "lookups.audit_events": (Permission.AUDIT_READ, lambda actor, id: lookups.audit_events(actor, [id])),
    "provisioning_events": (
        Permission.PROVISIONING_READ,
        lambda actor, _: log_listings.provisioning_events(actor, ProvisioningFilter(), window(PROVISIONING_ORDER)),
    ),
    "audit_events": (
        Permission.AUDIT_READ,
        lambda actor, _: log_listings.audit_events(actor, AuditFilter(), window(AUDIT_ORDER)),
    ),
    "provisioning_status": (Permission.PROVISIONING_READ, lambda actor, _: log_listings.provisioning_status(actor)),
}


@pytest.mark.parametrize("question", ASKING)
async def test_a_question_takes_its_permission(workspace: Workspace, question: str) -> None:
    permission, ask = ASKING[question]
    with pytest.raises(Forbidden):
        await ask(replace(workspace.owner, permissions=workspace.owner.permissions - {permission}), ID)
    await ask(replace(workspace.owner, permissions=frozenset({permission})), ID)


async def test_about_oneself_everyone_may_ask(workspace: Workspace) -> None:
    nobody = replace(workspace.owner, permissions=frozenset())
    own = [workspace.owner_id]
    assert workspace.owner_id in await lookups.memberships(nobody, own)
    assert (await lookups.assignments_of_memberships(nobody, own))[workspace.owner_id]
    assert await listings.count_groups_of_memberships(nobody, own) == {workspace.owner_id: 0}
    assert len(await lookups.people(nobody, [str(nobody.account_id), str(nobody.id)])) == 2
    with pytest.raises(Forbidden):
        await lookups.memberships(nobody, [*own, ID])


async def test_people_are_seen_who_came_to_this_workspace(workspace: Workspace) -> None:
    other = await make_workspace()
    person = await make_person(workspace)
    ids = [str(person["account_id"]), str(workspace.owner.account_id), str(other.owner.account_id), str(other.owner.id)]
    assert set(await lookups.people(workspace.owner, ids)) == {workspace.owner.account_id}
    assert await lookups.scim_tokens(workspace.owner, [str(other.directory.id)]) == {}
    assert await lookups.personal_tokens(workspace.owner, [str(other.owner.id)]) == {}


async def test_the_pages_of_many_are_those_of_each(workspace: Workspace) -> None:
    made = [await make_group(workspace, members=members) for members in (0, 1, 4)]
    people = [row["id"] for row in (await listings.memberships(workspace.owner, WIDE, window(BY_NAME_HERE))).rows]
    for group in made:
        await groups.change_members(workspace.operator, group["id"], add=people[:2])
    ids = [group["id"] for group in made]
    for part in ({"first": 2}, {"last": 3}, {"first": 0}):
        together = await listings.members_of_groups(workspace.owner, ids, WIDE, window(MEMBERS_ORDER, **part))
        for id in ids:
            alone = await listings.members_of_groups(workspace.owner, [id], WIDE, window(MEMBERS_ORDER, **part))
            assert _shown(together[id]) == _shown(alone[id])
    by_name = window(GROUP_ORDERS[GroupOrderField.DISPLAY_NAME], first=2)
    of_people = await listings.groups_of_memberships(workspace.owner, people, by_name)
    totals = await listings.count_groups_of_memberships(workspace.owner, people)
    assert [len(of_people[id].rows) for id in people] == [min(totals[id], 2) for id in people]
    assert [of_people[id].has_next for id in people] == [totals[id] > 2 for id in people]


def _shown(page: Page) -> tuple[list[str], bool, bool]:
    return [row["id"] for row in page.rows], page.has_next, page.has_previous


async def test_the_first_pages_are_read_in_the_order_of_an_index(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the list, a page costs what it shows: nothing is sorted first."""
    group = await make_group(workspace, members=2)
    made = recorded(monkeypatch)
    for order in (BY_NAME_HERE, BY_NAME_HERE.reversed(), MEMBERSHIP_ORDERS[MembershipOrderField.CREATED_AT]):
        await listings.memberships(workspace.owner, WIDE, window(order, first=1))
    for order in GROUP_ORDERS.values():
        await listings.groups(workspace.owner, GroupFilter(), window(order, first=1))
    await log_listings.audit_events(workspace.owner, AuditFilter(), window(AUDIT_ORDER, first=1))
    await log_listings.provisioning_events(workspace.owner, ProvisioningFilter(), window(PROVISIONING_ORDER, first=1))
    statements = list(made)
    for statement in statements:
        # PostgreSQL's "Incremental Sort" only orders those of equal names.
        assert not [line for line in await plan_of(statement) if re.search(r"TEMP B-TREE|-> +Sort|^Sort", line)], (
            statement
        )
    made.clear()
    await listings.members_of_groups(workspace.owner, [group["id"]], WIDE, window(MEMBERS_ORDER, first=1))
    if database.dialect().name == "sqlite":
        # The few that were chosen are sorted at the end; the members are not.
        plan = await plan_of(made[0])
        assert "TEMP B-TREE" not in "".join(plan[: plan.index(next(line for line in plan if "CORRELATED" in line)) + 3])
