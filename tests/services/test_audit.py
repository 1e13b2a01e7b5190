"""The audit log: one event for each change, chained, and nothing missing unnoticed."""

import asyncio
from contextvars import Context
from typing import Any

import orjson
import pytest

from tenantry.models import database, new_id
from tenantry.services import audit, groups, memberships
from tenantry.services.actor import Actor

from ..invariants import assert_sound
from ..make import Workspace, audit_actions, make_group, make_person
from .looking import last_audit_event, unchanged


@database.writes
async def execute(sql: str, *params: Any) -> int:
    return await database.execute(sql, *params)


@database.writes
async def record(actor: Actor, *labels: str, fail: bool = False) -> None:
    for label in labels:
        audit.record(actor, "thing.changed", target_kind="thing", target_id=None, target_label=label)
    if fail:
        raise ZeroDivisionError


async def length(workspace: Workspace) -> int:
    return len(await audit_actions(workspace))


async def test_an_event_says_who_did_what_to_what_and_how(workspace: Workspace) -> None:
    group = await make_group(workspace, name="Team")
    await groups.rename(workspace.owner, group["id"], "Crew")
    event = await last_audit_event(workspace)
    owner = workspace.owner
    assert (event["action"], event["door"], event["request_id"]) == ("group.changed", "GRAPHQL", owner.request.id)
    assert (event["actor_kind"], event["actor_id"], event["actor_label"]) == (owner.kind, owner.id, owner.label)
    assert (event["target_kind"], event["target_id"], event["target_label"]) == ("group", group["id"], "Team")
    assert orjson.loads(event["changes"]) == {"displayName": {"from": "Team", "to": "Crew"}}


async def test_events_of_one_transaction_come_in_their_order(workspace: Workspace) -> None:
    before = await length(workspace)
    await record(workspace.owner, "a", "b", "c")
    assert await length(workspace) == before + 3
    assert (await last_audit_event(workspace))["target_label"] == "c"
    assert await audit.first_broken(workspace.id) is None


async def test_a_transaction_that_fails_leaves_no_event(workspace: Workspace) -> None:
    async with unchanged():
        with pytest.raises(ZeroDivisionError):
            await record(workspace.owner, "a", fail=True)


async def test_one_transaction_may_change_two_workspaces(workspace: Workspace, other: Workspace) -> None:
    @database.writes
    async def both() -> None:
        for actor in (other.owner, workspace.owner, other.owner):
            await record(actor, "a")

    before = await length(workspace), await length(other)
    await both()
    assert (await length(workspace), await length(other)) == (before[0] + 1, before[1] + 2)
    for each in (workspace, other):
        await assert_sound(each)


async def test_many_at_once_make_one_unbroken_chain(workspace: Workspace) -> None:
    before = await length(workspace)
    await asyncio.gather(*(record(workspace.owner, f"{number}") for number in range(60)))
    assert await length(workspace) == before + 60
    assert await audit.first_broken(workspace.id) is None


async def test_whatever_text_and_numbers_are_recorded_the_chain_holds(workspace: Workspace) -> None:
    @database.writes
    async def note(changes: dict[str, Any]) -> None:
        audit.record(
            workspace.owner, "a", target_kind="é", target_id=new_id(), target_label="\U0001f600", changes=changes
        )

    await note({"b": {"é": ["x", None, True, 2**62, -1]}, "a": "\"'\\?\t", "": {"z": 1, "y": {}}, "n": 1.5})
    assert await audit.first_broken(workspace.id) is None


COLUMNS = {
    "action": "x",
    "actor_label": "Somebody Else",
    "actor_id": "01a20c64-034e-74f8-85e5-7053c760c9da",
    "occurred_at": 1,
    "target_label": "x",
    "changes": '{"a": 1}',
    "request_id": "x",
    "door": "SCIM",
    "ip_address": "192.0.2.7",
    "previous_hash": "0" * 64,
    "hash": "f" * 64,
}


@pytest.mark.parametrize("column", COLUMNS)
async def test_an_event_that_was_changed_is_found(workspace: Workspace, column: str) -> None:
    await record(workspace.owner, "a", "b", "c")
    third = (await length(workspace)) - 1
    sql = f"UPDATE audit_events SET {column} = ? WHERE workspace_id = ? AND sequence = ?"
    assert await execute(sql, COLUMNS[column], workspace.id, third) == 1
    assert await audit.first_broken(workspace.id) == third


@pytest.mark.parametrize("from_end", [0, 1, 3])
async def test_an_event_that_is_gone_is_found(workspace: Workspace, from_end: int) -> None:
    await record(workspace.owner, "a", "b", "c")
    gone = (await length(workspace)) - from_end
    await execute("DELETE FROM audit_events WHERE workspace_id = ? AND sequence = ?", workspace.id, gone)
    assert await audit.first_broken(workspace.id) == gone


async def test_events_that_changed_places_are_found(workspace: Workspace) -> None:
    await record(workspace.owner, "a", "b", "c")
    last = await length(workspace)
    move = "UPDATE audit_events SET sequence = ? WHERE workspace_id = ? AND sequence = ?"
    for to, sequence in ((0, last), (last, last - 1), (last - 1, 0)):
        await execute(move, to, workspace.id, sequence)
    assert await audit.first_broken(workspace.id) == last - 1


async def test_an_event_that_was_added_is_found(workspace: Workspace) -> None:
    event = await last_audit_event(workspace)
    forged = event | {"id": new_id(), "sequence": event["sequence"] + 1, "previous_hash": event["hash"]}
    forged["hash"] = audit._hash(forged | {"changes": orjson.loads(forged["changes"])})
    names = ", ".join(forged)
    await execute(f"INSERT INTO audit_events ({names}) VALUES ({', '.join('?' * len(forged))})", *forged.values())
    assert await audit.first_broken(workspace.id) == forged["sequence"]


async def test_an_end_that_was_moved_back_is_found(workspace: Workspace) -> None:
    last = await length(workspace)
    sql = "UPDATE workspace_heads SET audit_sequence = audit_sequence - 1 WHERE workspace_id = ?"
    await execute(sql, workspace.id)
    assert await audit.first_broken(workspace.id) == last


async def test_the_chain_of_another_workspace_is_its_own(workspace: Workspace, other: Workspace) -> None:
    await execute("DELETE FROM audit_events WHERE workspace_id = ?", other.id)
    assert await audit.first_broken(other.id) == 1
    assert await audit.first_broken(workspace.id) is None


async def test_a_log_that_grows_while_it_is_checked_is_not_broken(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch_one, grown = database.fetch_one, 0

    async def grow(sql: str, *params: Any) -> Any:
        nonlocal grown
        row = await fetch_one(sql, *params)
        # SQLite reads from one snapshot; there nothing can happen in between.
        if not grown and database.dialect().name == "postgres":
            grown += 1
            # By someone else, outside of the work under way.
            await asyncio.create_task(record(workspace.owner, "meanwhile"), context=Context())
        return row

    monkeypatch.setattr(database, "fetch_one", grow)
    assert await audit.first_broken(workspace.id) is None
    assert grown == (database.dialect().name == "postgres")


async def test_names_in_the_log_outlive_what_they_name(workspace: Workspace) -> None:
    person = await make_person(workspace, displayName="Ada")
    await memberships.delete(workspace.directory, person["id"])
    event = await last_audit_event(workspace)
    assert (event["target_id"], event["target_label"]) == (person["id"], "Ada")
