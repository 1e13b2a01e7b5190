"""The commands as an operator types them, on both kinds of database."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tenantry.cli import commands

Run = Callable[..., str]


@pytest.fixture
def run(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command; what it printed, after asserting how it ended."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TENANTRY_DATABASE_URL", database_url)
    monkeypatch.setenv("TENANTRY_SECRET_KEY", "for tests")

    def run(*arguments: str, code: int = 0) -> str:
        monkeypatch.setattr("sys.argv", ["tenantry", *arguments])
        with pytest.raises(SystemExit) as end:
            commands.main()
        printed = capsys.readouterr()
        assert (end.value.code or 0) == code, printed.err
        return printed.err if code else printed.out

    return run


def result(printed: str) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(printed)
    return parsed


def acme(run: Run) -> dict[str, Any]:
    return result(
        run("workspace", "create", "--name", "Acme", "--slug", "acme", "--owner", "ada@example.com", "--json")
    )


def test_a_workspace_is_made_with_its_owner(run: Run) -> None:
    made = acme(run)
    assert made.keys() == {"workspace", "owner"}
    assert made["workspace"] | {"slug": "acme", "name": "Acme", "policy": "linked"} == made["workspace"]
    assert made["workspace"].keys() == {"id", "slug", "name", "policy"}
    assert made["owner"]["email"] == "ada@example.com"
    assert made["owner"]["token"].startswith("tnt_pat_")
    assert made["owner"].keys() == {"email", "token", "signInUrl"}


@pytest.mark.parametrize("policy", commands.Policy)
def test_a_workspace_is_made_under_the_policy_asked_for(run: Run, policy: commands.Policy) -> None:
    arguments = ("--name", "Acme", "--slug", "acme", "--owner", "ada@example.com", "--policy", policy.value)
    assert result(run("workspace", "create", *arguments, "--json"))["workspace"]["policy"] == policy.value


def test_a_slug_is_given_once(run: Run) -> None:
    acme(run)
    refusal = run("workspace", "create", "--name", "A", "--slug", "acme", "--owner", "b@example.com", code=1)
    assert refusal == "The slug acme is taken\n"


def test_a_scim_token_is_made(run: Run) -> None:
    acme(run)
    issued = result(run("token", "scim", "--workspace", "acme", "--name", "Okta", "--json"))
    assert issued.keys() == {"token", "prefix", "expiresAt", "baseUrl"}
    assert issued["token"].startswith(issued["prefix"])
    assert issued["expiresAt"] is None
    assert issued["baseUrl"] == "http://127.0.0.1:8000/scim/v2"


def test_a_scim_token_may_expire(run: Run) -> None:
    acme(run)
    issued = result(run("token", "scim", "--workspace", "acme", "--name", "x", "--expires-in-days", "3", "--json"))
    assert issued["expiresAt"].endswith("Z")


def test_a_personal_token_is_made_for_someone_known(run: Run) -> None:
    acme(run)
    issued = result(run("token", "personal", "--email", "Ada@example.com", "--name", "mine", "--json"))
    assert issued.keys() == {"token", "prefix", "expiresAt"}
    assert issued["token"].startswith("tnt_pat_")
    assert "nobody@example.com" in run("token", "personal", "--email", "nobody@example.com", "--name", "x", code=1)


def test_a_token_of_no_workspace_is_refused(run: Run) -> None:
    assert "nowhere" in run("token", "scim", "--workspace", "nowhere", "--name", "x", code=1)


def test_without_json_people_can_read_it(run: Run) -> None:
    printed = run("workspace", "create", "--name", "Acme", "--slug", "acme", "--owner", "ada@example.com")
    assert "slug: acme" in printed
    assert "token: tnt_pat_" in printed


def test_a_workspace_is_filled_with_people_and_groups(run: Run) -> None:
    run("seed", "--workspace", "large", "--users", "250", "--groups", "3")
    run("seed", "--workspace", "large", "--users", "5", "--groups", "1")
    assert "ok" in run("doctor")


def test_the_openapi_document_is_printed(run: Run) -> None:
    assert run("openapi").startswith("openapi: 3.1")


def test_the_graphql_schema_is_printed(run: Run) -> None:
    assert "type Query {" in run("graphql-schema")


def test_the_doctor_finds_nothing_wrong(run: Run) -> None:
    acme(run)
    assert "audit log holds: ok" in run("doctor")


def test_the_doctor_finds_a_database_that_is_not_there(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENANTRY_DATABASE_URL", "postgres://127.0.0.1:1/nowhere")
    run("doctor", code=1)


def test_a_setting_that_cannot_be_taken_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENANTRY_PAGE_SIZE_MAX", "0")
    assert run("migrate", code=2).startswith("TENANTRY_PAGE_SIZE_MAX: ")


def test_postgres_is_not_served_without_a_key_that_all_processes_share(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENANTRY_DATABASE_URL", "postgres://127.0.0.1:1/nowhere")
    monkeypatch.delenv("TENANTRY_SECRET_KEY")
    assert run("serve", code=1).startswith("TENANTRY_SECRET_KEY")


def test_a_copy_of_a_sqlite_database_is_whole(run: Run, database_url: str) -> None:
    acme(run)
    if not database_url.startswith("sqlite"):
        assert "pg_dump" in run("backup", "copy.db", code=1)
        return
    run("backup", "copy.db")
    with sqlite3.connect("copy.db") as copy:
        assert copy.execute("SELECT slug FROM workspaces").fetchall() == [("acme",)]
    copy.close()
    assert "exists already" in run("backup", "copy.db", code=1)
