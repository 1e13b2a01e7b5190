"""Who did what: one event for each change, in the change's transaction, each carrying the hash of the one before."""

import hashlib
from dataclasses import dataclass
from typing import Any

import orjson

from ..models import AuditEvent, database, new_id, now
from .actor import Actor

FIRST_HASH = "0" * 64
_SEALED = (
    "id",
    "workspace_id",
    "sequence",
    "occurred_at",
    "action",
    "actor_kind",
    "actor_id",
    "actor_label",
    "door",
    "target_kind",
    "target_id",
    "target_label",
    "changes",
    "ip_address",
    "request_id",
    "previous_hash",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """How a change moves a workspace's counters."""

    memberships: int = 0
    groups: int = 0


def record(
    actor: Actor,
    action: str,
    *,
    target_kind: str,
    target_id: str | None,
    target_label: str,
    changes: dict[str, Any] | None = None,
    totals: Totals | None = None,
) -> None:
    """Note a change of the transaction under way; it is written with that, and not without it.

    changes   what became of what, for people: `{"displayName": {"from": …, "to": …}}`; no secrets
    totals    how the change moves the workspace's counters, which live in the same row as the end of the chain
    """
    event = {
        "id": new_id(),
        "workspace_id": actor.workspace_id,
        "occurred_at": now(),
        "action": action,
        "actor_kind": actor.kind.value,
        "actor_id": actor.id,
        "actor_label": actor.label,
        "door": actor.door.value,
        "target_kind": target_kind,
        "target_id": target_id,
        "target_label": target_label,
        "changes": changes or {},
        "ip_address": actor.request.ip_address,
        "request_id": actor.request.id,
    }
    database.before_commit(_append, (event, totals or Totals()))


@database.reads
async def first_broken(workspace_id: str) -> int | None:
    """The sequence of the first event that is not what was recorded, or is missing; None when the chain holds."""
    head = await database.fetch_one(
        "SELECT audit_sequence, audit_hash FROM workspace_heads WHERE workspace_id = ?", workspace_id
    )
    assert head is not None, "a workspace without a head"
    previous, expected = FIRST_HASH, 1
    # Up to the head that was read: more may be recorded meanwhile.
    while rows := await database.fetch_all(
        "SELECT * FROM audit_events WHERE workspace_id = ? AND sequence BETWEEN ? AND ? ORDER BY sequence LIMIT 1000",
        workspace_id,
        expected,
        head["audit_sequence"],
    ):
        for row in rows:
            event = {name: row[name] for name in _SEALED} | {"changes": orjson.loads(row["changes"])}
            if row["sequence"] != expected or row["previous_hash"] != previous or row["hash"] != _hash(event):
                return expected
            previous, expected = row["hash"], expected + 1
    if (head["audit_sequence"], head["audit_hash"]) != (expected - 1, previous):
        return expected
    beyond: int | None = await database.fetch_value(
        "SELECT MIN(e.sequence) FROM workspace_heads h JOIN audit_events e ON e.workspace_id = h.workspace_id"
        " AND e.sequence > h.audit_sequence WHERE h.workspace_id = ?",
        workspace_id,
    )
    return beyond


async def _append(pending: list[tuple[dict[str, Any], Totals]]) -> None:
    """Write the events of one transaction at the end of their workspaces' chains.

    The end of a chain is the last row a transaction locks, so that transactions of one workspace wait here at most for
    each other's commit.
    """
    for workspace_id in sorted({event["workspace_id"] for event, _ in pending}):
        await _append_to(workspace_id, [item for item in pending if item[0]["workspace_id"] == workspace_id])


async def _append_to(workspace_id: str, pending: list[tuple[dict[str, Any], Totals]]) -> None:
    head = await database.fetch_one(
        "SELECT audit_sequence, audit_hash FROM workspace_heads WHERE workspace_id = ?" + database.dialect().for_update,
        workspace_id,
    )
    assert head is not None, "a workspace without a head"
    sequence, previous = head["audit_sequence"], head["audit_hash"]
    for event, _ in pending:
        sequence += 1
        event |= {"sequence": sequence, "previous_hash": previous}
        previous = _hash(event)
        await database.insert(
            AuditEvent, **(event | {"changes": orjson.dumps(event["changes"]).decode(), "hash": previous})
        )
    await database.execute(
        "UPDATE workspace_heads SET audit_sequence = ?, audit_hash = ?, "
        "membership_count = membership_count + ?, group_count = group_count + ? WHERE workspace_id = ?",
        sequence,
        previous,
        sum(totals.memberships for _, totals in pending),
        sum(totals.groups for _, totals in pending),
        workspace_id,
    )


def _hash(event: dict[str, Any]) -> str:
    sealed = orjson.dumps({name: event[name] for name in _SEALED}, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(sealed).hexdigest()
