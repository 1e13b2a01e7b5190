"""Every SCIM request and its answer, for the people who connect an identity provider.

It costs no commit of its own: a write's row is in the write's transaction; reads and refusals are gathered and written
in batches (`Buffer`).
"""

from collections import deque
from dataclasses import dataclass
from typing import Any

import orjson

from ..errors import Busy
from ..models import Outcome, ProvisioningOperation, database, first_id_of, new_id

_COLUMNS = (
    "id",
    "workspace_id",
    "occurred_at",
    "scim_token_id",
    "operation",
    "http_method",
    "path",
    "status",
    "outcome",
    "scim_type",
    "detail",
    "hint",
    "membership_id",
    "group_id",
    "target_label",
    "changes",
    "duration_ms",
    "request_id",
)
_INSERT = f"INSERT INTO provisioning_events ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
CHANGES_BYTES_MAX = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One request and its answer.

    path      below the SCIM base, with the query
    changes   what it changed; cut to its attribute names when larger than CHANGES_BYTES_MAX
    hint      what an administrator can do about a refusal
    """

    workspace_id: str
    occurred_at: int
    scim_token_id: str | None
    operation: ProvisioningOperation
    http_method: str
    path: str
    status: int
    outcome: Outcome
    scim_type: str | None = None
    detail: str | None = None
    hint: str | None = None
    membership_id: str | None = None
    group_id: str | None = None
    target_label: str | None = None
    changes: dict[str, Any] | None = None
    duration_ms: int
    request_id: str


class Buffer:
    """Events that wait to be written together. When they come faster than they can be written the oldest are lost,
    for the log must not take the memory of the service; `lost` counts them."""

    def __init__(self, *, events_max: int) -> None:
        self._events: deque[Event] = deque(maxlen=events_max)
        self.lost = 0

    def add(self, event: Event) -> None:
        self.lost += len(self._events) == self._events.maxlen
        self._events.append(event)

    async def flush(self) -> None:
        """Write what waits; what cannot be written now waits on."""
        events = list(self._events)
        self._events.clear()
        if not events:
            return
        try:
            await record(*events)
        except Busy:  # anything else would refuse them again, and all that come after them
            newer = list(self._events)
            self._events.clear()
            for event in (*events, *newer):
                self.add(event)
            raise


@database.writes
async def record(*events: Event) -> None:
    await database.execute_many(_INSERT, [_row(event) for event in events])


@database.writes
async def forget_before(moment: int, *, rows_max: int) -> int:
    """Delete the oldest events up to a moment, at most `rows_max`; how many went."""
    return await database.execute(
        "DELETE FROM provisioning_events WHERE id IN"
        " (SELECT id FROM provisioning_events WHERE id < ? ORDER BY id LIMIT ?)",
        first_id_of(moment),
        rows_max,
    )


def _row(event: Event) -> list[Any]:
    values = {name: _storable(getattr(event, name)) for name in _COLUMNS if name not in ("id", "changes")}
    return [values[name] if name in values else new_id() if name == "id" else _cut(event.changes) for name in _COLUMNS]


def _storable(value: Any) -> Any:
    """Anybody can write U+0000 into an address, and a refusal repeats it; PostgreSQL keeps no text with one."""
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value


def _cut(changes: dict[str, Any] | None) -> str | None:
    if not changes:
        return None
    text = orjson.dumps(changes)
    return text.decode() if len(text) <= CHANGES_BYTES_MAX else orjson.dumps({"attributes": sorted(changes)}).decode()
