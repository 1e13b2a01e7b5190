"""Settings: what they take, what they refuse, and that each is documented and used."""

import ast
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from tenantry.graph.limits import Limits
from tenantry.settings import Settings, secret_key, tortoise_config

ROOT = Path(__file__).parent.parent
SETTINGS = sorted(Settings.model_fields)


def credentials(url: str) -> dict[str, Any]:
    found: dict[str, Any] = tortoise_config(Settings(database_url=url))["connections"]["default"]["credentials"]
    return found


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_is_documented_with_its_default(name: str) -> None:
    field = Settings.model_fields[name]
    row = f"| `TENANTRY_{name.upper()}` | {_shown(field.default)} | {field.description} |"
    assert row in (ROOT / "docs" / "settings.md").read_text()


def _shown(default: object) -> str:
    return "" if default is None else f"`{default}`"


def test_no_setting_is_documented_that_does_not_exist() -> None:
    lines = (ROOT / "docs" / "settings.md").read_text().splitlines()
    documented = [line.split("`")[1] for line in lines if line.startswith("| `TENANTRY_")]
    assert sorted(documented) == sorted(f"TENANTRY_{name.upper()}" for name in SETTINGS)


def test_every_setting_is_used() -> None:
    trees = (ast.parse(path.read_text()) for path in (ROOT / "src").rglob("*.py"))
    used = {node.attr for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    used |= {f"graphql_{field.name}_max" for field in fields(Limits)}
    assert set(SETTINGS) - used == set()


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENANTRY_PAGE_SIZE_MAX", "7")
    assert Settings().page_size_max == 7


@pytest.mark.parametrize(
    ("url", "path"),
    [("sqlite:///a.db", "a.db"), ("sqlite:////var/a.db", "/var/a.db"), ("sqlite:///with%20space.db", "with space.db")],
)
def test_a_sqlite_url_names_a_file(url: str, path: str) -> None:
    assert credentials(url)["file_path"] == path


def test_a_postgres_url_names_a_server() -> None:
    found = credentials("postgres://jo%40x:p%2Fw@db.example.com:6543/directory?sslmode=require")
    assert (
        found
        | {
            "host": "db.example.com",
            "port": 6543,
            "user": "jo@x",
            "password": "p/w",
            "database": "directory",
            "ssl": "require",
        }
        == found
    )


def test_a_postgres_url_may_name_the_folder_of_a_socket() -> None:
    found = credentials("postgresql://jo@/directory?host=/run/postgresql")
    assert (found["host"], found["user"], found["database"]) == ("/run/postgresql", "jo", "directory")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a.db",
        "mysql://host/db",
        "sqlite://a.db",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///a.db?mode=ro",
        "postgres://host:port/db",
        "postgres://host/db?unknown=1",
    ],
)
def test_a_database_url_of_another_shape_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        Settings(database_url=url)


def test_a_refused_value_is_not_repeated() -> None:
    with pytest.raises(ValidationError) as refusal:
        Settings(database_url="mysql://jo:hunter2@host/db")
    assert "hunter2" not in str(refusal.value)


def test_the_base_url_has_no_path() -> None:
    assert Settings(base_url="https://directory.example.com/").base_url == "https://directory.example.com"
    for url in ("directory.example.com", "https://example.com/app", "ftp://example.com", "https://"):
        with pytest.raises(ValidationError):
            Settings(base_url=url)


def test_the_secret_key_is_made_once_and_kept_beside_the_database(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/a.db")
    key = secret_key(settings)
    assert len(key) >= 43
    assert secret_key(settings) == key
    assert (tmp_path / "a.db.secret").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["a.db.secret"]


def test_a_secret_key_that_is_set_stands(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/a.db", secret_key=SecretStr("set"))
    assert secret_key(settings) == "set"
    assert list(tmp_path.iterdir()) == []


def test_postgres_needs_a_secret_key_that_is_set() -> None:
    with pytest.raises(ValueError, match="TENANTRY_SECRET_KEY"):
        secret_key(Settings(database_url="postgres://host/db"))
