"""The members of a group as rows: added, taken out and read without ever holding all of them."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from ..errors import InvalidInput
from ..models import database, is_id
from . import filter_sql
from .actor import Actor, Permission
from .conditions import among_ids, every
from .filters import Filter

# How many ids a record names; of more it gives the number.
NAMED_MAX = 100
# Members read at once: a statement is never open while a slow client takes its time.
CHUNK = 1000
_ARRAY = {"sqlite": "json_group_array(json({}))", "postgres": "json_agg({})"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How members are shown (RFC 7643 §4.2).

    at             what the address of a member starts with
    with_display   name them as well, which takes a look at each person
    """

    at: str
    with_display: bool = False

    def select(self) -> str:
        """SQL of one member as a JSON object, from `group_members e` and what `source` joins; it takes `at`."""
        name = database.dialect().name
        build, prefix = ("json_object", "?") if name == "sqlite" else ("json_build_object", "?::text")
        display = ", 'display', r.display_name" if self.with_display else ""
        return f"{build}('value', e.membership_id, '$ref', {prefix} || e.membership_id{display}, 'type', 'User')"

    def source(self) -> str:
        join = " JOIN memberships r ON r.workspace_id = e.workspace_id AND r.id = e.membership_id"
        return f"FROM group_members e{join if self.with_display else ''} WHERE e.workspace_id = ?"


@dataclass(slots=True)
class Difference:
    """What a change did to a group's members; `unknown` are ids of nobody who could be one."""

    added: int = 0
    removed: int = 0
    named: dict[str, list[str]] = field(default_factory=lambda: {"added": [], "removed": []})
    unknown: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        return bool(self.added or self.removed)

    @property
    def growth(self) -> int:
        return self.added - self.removed

    def as_changes(self) -> dict[str, Any]:
        """For the records people read."""
        counts = {"added": self.added, "removed": self.removed}
        changes: dict[str, Any] = {
            name: self.named[name] if count <= NAMED_MAX else {"count": count}
            for name, count in counts.items()
            if count
        }
        return changes | ({"unknown": self.unknown[:NAMED_MAX]} if self.unknown else {})

    def note(self, kind: str, ids: Sequence[str], count: int) -> None:
        setattr(self, kind, getattr(self, kind) + count)
        self.named[kind] += ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """The members of one group, inside the caller's transaction and under the group's lock."""

    workspace_id: str
    group_id: str
    difference: Difference = field(default_factory=Difference)

    async def add(self, ids: Sequence[str]) -> None:
        """Put people in. A removed person is nobody; an invited or suspended one is in, and has no use of it yet."""
        known = await self._known(ids)
        self.difference.unknown += [id for id in ids if id not in known]
        # Held by ids: who leaves the workspace at this moment waits for us, then leaves this group too.
        joining = known - await self._present(list(known))
        if joining:
            array = _json(sorted(joining))
            count = await database.execute(
                "INSERT INTO group_members (workspace_id, group_id, membership_id)"
                f" SELECT m.workspace_id, {_id_parameter()}, m.id FROM memberships m"
                f" WHERE m.workspace_id = ? AND m.id IN {database.dialect().ids} ON CONFLICT DO NOTHING",
                self.group_id,
                self.workspace_id,
                array,
            )
            self.difference.note("added", sorted(joining)[:NAMED_MAX], count)

    async def remove(self, ids: Sequence[str]) -> None:
        await self._delete(f"e.membership_id IN {database.dialect().ids}", _json(ids))

    async def replace(self, ids: Sequence[str]) -> None:
        """These and nobody else: one set difference, whatever the size of the group."""
        await self._delete(f"e.membership_id NOT IN {database.dialect().ids}", _json(ids))
        await self.add(ids)

    async def remove_where(self, filter: Filter) -> None:
        matching = filter_sql.where_member(filter, database.dialect(), workspace_id=self.workspace_id)
        await self._delete(
            "e.membership_id IN (SELECT r.id FROM group_members x JOIN memberships r"
            " ON r.workspace_id = x.workspace_id AND r.id = x.membership_id"
            f" WHERE x.workspace_id = ? AND x.group_id = ? AND {matching.sql})",
            self.workspace_id,
            self.group_id,
            *matching.params,
        )

    async def swap(self, old: str, new: str) -> None:
        """refuses   InvalidInput (noTarget) when `old` is not a member (RFC 7644 §3.5.2.3)"""
        if old not in await self._present([old]):
            raise InvalidInput(f"{old} is not a member", reason="noTarget")
        await self.remove([old])
        await self.add([new])

    async def _known(self, ids: Sequence[str]) -> set[str]:
        rows = await database.fetch_all(
            f"SELECT id FROM memberships WHERE workspace_id = ? AND id IN {database.dialect().ids}"
            f" AND state <> 'REMOVED' ORDER BY id{database.dialect().for_share}",
            self.workspace_id,
            _json(ids),
        )
        return {row["id"] for row in rows}

    async def _present(self, ids: Sequence[str]) -> set[str]:
        rows = await database.fetch_all(
            "SELECT membership_id FROM group_members WHERE workspace_id = ? AND group_id = ?"
            f" AND membership_id IN {database.dialect().ids}",
            self.workspace_id,
            self.group_id,
            _json(ids),
        )
        return {row["membership_id"] for row in rows}

    async def _delete(self, condition: str, *params: Any) -> None:
        matching = f"e.workspace_id = ? AND e.group_id = ? AND {condition}"
        named = await database.fetch_all(
            f"SELECT e.membership_id FROM group_members e WHERE {matching} ORDER BY e.membership_id LIMIT {NAMED_MAX}",
            self.workspace_id,
            self.group_id,
            *params,
        )
        if named:
            count = await database.execute(
                f"DELETE FROM group_members AS e WHERE {matching}", self.workspace_id, self.group_id, *params
            )
            self.difference.note("removed", [row["membership_id"] for row in named], count)


@database.reads
async def as_json(workspace_id: str, group_ids: Sequence[str], shown: Shown) -> dict[str, str]:
    """group id -> its members as a JSON array, for groups that are small together."""
    among = every(among_ids("e.group_id", group_ids))
    rows = await database.fetch_all(
        f"SELECT x.group_id, {_ARRAY[database.dialect().name].format('x.member')} AS members FROM ("
        f"SELECT e.group_id, {shown.select()} AS member {shown.source()} AND {among.sql}"
        " ORDER BY e.group_id, e.membership_id) x GROUP BY x.group_id",
        shown.at,
        workspace_id,
        *among.params,
    )
    return {row["group_id"]: row["members"] for row in rows}


async def chunks(actor: Actor, group_id: str, shown: Shown) -> AsyncIterator[str]:
    """The members of a group as pieces of a JSON array, without its brackets: at most CHUNK of them held at once."""
    actor.require(Permission.MEMBERS_READ)
    last = ""
    while True:
        rows = await _chunk(actor.workspace_id, group_id, last, shown)
        if rows:
            yield ("," if last else "") + ",".join(member for _, member in rows)
            last = rows[-1][0]
        if len(rows) < CHUNK:
            return


@database.reads
async def _chunk(workspace_id: str, group_id: str, after: str, shown: Shown) -> list[tuple[str, str]]:
    beyond, params = (" AND e.membership_id > ?", (after,)) if after else ("", ())
    rows = await database.fetch_all(
        f"SELECT e.membership_id, {shown.select()} AS member {shown.source()} AND e.group_id = ?{beyond}"
        f" ORDER BY e.membership_id LIMIT {CHUNK}",
        shown.at,
        workspace_id,
        group_id,
        *params,
    )
    return [(row[0], row[1]) for row in rows]


def _json(ids: Sequence[str]) -> str:
    """The ids as an array parameter; what is no id names nobody."""
    return orjson.dumps([id for id in ids if is_id(id)]).decode()


def _id_parameter() -> str:
    # Without a column to tell, PostgreSQL takes a parameter in a SELECT list for text.
    return "?::uuid" if database.dialect().name == "postgres" else "?"
