"""How a database would carry out a statement: which of our tables it would read from end to end."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from tortoise.models import Model

from tenantry import models
from tenantry.models import database

from .graph.statements import Statement, recorded
from .services.looking import TABLES

# Tables that grow with a workspace: finding a row in them takes more than knowing the workspace.
LARGE = {
    "accounts",
    "memberships",
    "membership_values",
    "groups",
    "group_members",
    "role_assignments",
    "provisioning_events",
    "audit_events",
}


@dataclass(frozen=True, slots=True)
class Read:
    """One way a statement goes through a table or an index.

    condition   what the index is searched for; None when all of it is read
    """

    table: str
    condition: str | None

    @property
    def is_scan(self) -> bool:
        return self.condition is None

    @property
    def is_walk(self) -> bool:
        """Whether it reads all that a workspace has in a table that may hold much."""
        return self.table in LARGE and not set(re.findall(r"\w+(?= ?[=<>])", self.condition or "")) - {"workspace_id"}


def all_recorded(monkeypatch: pytest.MonkeyPatch) -> list[Statement]:
    """A list that grows with every statement from now on; of many rows at once with the first."""
    statements = recorded(monkeypatch)
    run = database.execute_many

    async def record(sql: str, rows: Any) -> None:
        if rows:
            statements.append((sql, tuple(rows[0])))
        await run(sql, rows)

    monkeypatch.setattr(database, "execute_many", record)
    return statements


@database.writes
async def reads_of(statement: Statement) -> list[Read]:
    sql, params = statement
    if database.dialect().name == "sqlite":
        plan = [row["detail"] for row in await database.fetch_all(f"EXPLAIN QUERY PLAN {sql}", *params)]
        return list(_sqlite_reads(sql, plan))
    # As if the tables were large.
    await database.execute("SET LOCAL enable_seqscan = off")
    (plan,) = orjson.loads(await database.fetch_value(f"EXPLAIN (FORMAT JSON) {sql}", *params))
    return list(_postgres_reads(plan["Plan"], None))


@database.writes
async def multiply(workspace_id: str, copies: int) -> None:
    """Put copies of all that a workspace has beside it: PostgreSQL plans by what is there."""
    for model, changed in _COPIED.items():
        columns = [name for name in model._meta.fields_db_projection.values() if name in changed or name != "id"]
        values = ", ".join(changed.get(name, name) for name in columns)
        table = model._meta.db_table
        await database.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table}, generate_series(1, {copies}) k"
            " WHERE workspace_id = ?",
            workspace_id,
        )


def _renamed(*columns: str) -> dict[str, str]:
    return {name: f"{name} || '-' || k" for name in columns}


def _other(*columns: str) -> dict[str, str]:
    return {name: f"md5({name}::text || k)::uuid" for name in columns}


_COPIED: dict[type[Model], dict[str, str]] = {
    models.Membership: _other("id")
    | _renamed("user_name_key", "display_name_key", "external_id", "email_key")
    | {"account_id": "NULL"},
    models.MembershipValue: _other("membership_id") | _renamed("value_key"),
    models.Group: _other("id") | _renamed("display_name_key", "external_id"),
    models.GroupMember: _other("group_id", "membership_id"),
    models.RoleAssignment: _other("id", "group_id", "membership_id"),
    models.ProvisioningEvent: _other("id", "group_id", "membership_id"),
    models.AuditEvent: _other("id", "target_id") | {"sequence": "sequence + 1000000 * k"},
}


def _sqlite_reads(sql: str, plan: list[str]) -> Iterator[Read]:
    # "FROM memberships m", "JOIN groups AS g", "UPDATE groups SET"
    words = r"\b(?:FROM|JOIN|UPDATE|INTO)\s+\"?(\w+)\"?(?:\s+(?:AS\s+)?(?!SET\b|ON\b|WHERE\b|USING\b|VALUES\b)(\w+))?"
    tables = {alias or table: table for table, alias in re.findall(words, sql) if table in TABLES}
    for line in plan:
        match = re.match(r"(SCAN|SEARCH) (\w+)(?: .*?\((.*)\))?", line)
        if match and match[2] in tables:
            yield Read(tables[match[2]], None if match[1] == "SCAN" else match[3])


def _postgres_reads(node: dict[str, Any], table: str | None) -> Iterator[Read]:
    table = node.get("Relation Name", table)
    if table in TABLES:
        match node["Node Type"]:
            case "Seq Scan":
                yield Read(table, None)
            case "Index Scan" | "Index Only Scan" | "Bitmap Index Scan":
                yield Read(table, node.get("Index Cond"))
    for inner in node.get("Plans", ()):
        yield from _postgres_reads(inner, table)
