"""Settings, read from environment variables named TENANTRY_… (docs/settings.md lists them all).

A name ends in its unit; a bound ends in `max`.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from pydantic import AfterValidator, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

KIB = 1024
MIB = 1024 * KIB
# What may follow the `?` of a PostgreSQL URL; `host` is the folder of a Unix socket.
POSTGRES_OPTIONS = {"host": "host", "sslmode": "ssl"}


def _checked_database_url(url: str) -> str:
    _credentials(urlsplit(url))
    return url


class Settings(BaseSettings):
    """Everything that may differ between two installations."""

    # A refused value is not repeated: it may hold a password.
    model_config = SettingsConfigDict(
        env_prefix="TENANTRY_", frozen=True, use_attribute_docstrings=True, hide_input_in_errors=True
    )

    database_url: Annotated[str, AfterValidator(_checked_database_url)] = "sqlite:///tenantry.db"
    """`sqlite:///file` (four slashes for an absolute path) or `postgres://user:password@host:port/database`."""

    database_connections_max: int = Field(default=10, ge=1)
    """Connections of one process to PostgreSQL."""

    database_readers: int = Field(default=2, ge=1)
    """Read connections of one process to SQLite, each with a thread of its own."""

    database_acquire_timeout_seconds: float = Field(default=2.0, gt=0)
    """How long a request waits for a free connection before it is answered 503."""

    database_statement_timeout_seconds: float = Field(default=5.0, gt=0)
    """How long one PostgreSQL statement may run."""

    database_lock_timeout_seconds: float = Field(default=2.0, gt=0)
    """How long one PostgreSQL statement waits for a row that another transaction holds."""

    database_busy_timeout_seconds: float = Field(default=5.0, gt=0)
    """How long a SQLite writer waits for the writer of another process."""

    base_url: str = "http://127.0.0.1:8000"
    """The address others reach this service at, without a path; links in answers start with it."""

    secret_key: SecretStr | None = None
    """Signs what clients hand back to us. Made and kept in a file beside a SQLite database when absent."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important lines that are written; every request is one line at `info`."""

    log_format: Literal["console", "json"] = "console"
    """Lines for people, or one JSON object a line."""

    requests_in_flight_max: int = Field(default=512, ge=1)
    """Requests one process works on at a time; above it the answer is 503."""

    url_bytes_max: int = Field(default=8 * KIB, ge=256)
    """Path and query of a request; above it the answer is 414."""

    scim_body_bytes_max: int = Field(default=1 * MIB, ge=KIB)
    """Body of a SCIM request, groups aside; above it the answer is 413."""

    scim_group_body_bytes_max: int = Field(default=16 * MIB, ge=KIB)
    """Body of a SCIM request to /Groups; above it the answer is 413."""

    scim_bulk_body_bytes_max: int = Field(default=8 * MIB, ge=KIB)
    """Body of a SCIM bulk request; above it the answer is 413."""

    graphql_body_bytes_max: int = Field(default=256 * KIB, ge=KIB)
    """Body of a GraphQL request; above it the answer is 413."""

    json_depth_max: int = Field(default=64, ge=4)
    """Objects and arrays inside one another in any JSON body."""

    filter_chars_max: int = Field(default=4096, ge=16)
    """Length of a SCIM filter or path."""

    filter_depth_max: int = Field(default=32, ge=1, le=32)
    """Parentheses, `not` and value paths inside one another in a SCIM filter."""

    filter_nodes_max: int = Field(default=200, ge=1)
    """Comparisons and operators of one SCIM filter."""

    patch_operations_max: int = Field(default=1000, ge=1)
    """Operations of one SCIM PATCH."""

    bulk_operations_max: int = Field(default=1000, ge=1)
    """Operations of one SCIM bulk request; above it the answer is 413."""

    group_members_max: int = Field(default=200_000, ge=1)
    """Members named in one request."""

    patch_answer_members_max: int = Field(default=100, ge=0)
    """Up to this many members a PATCH of a group is answered with the group, above it with 204 and no body."""

    page_size_default: int = Field(default=100, ge=1)
    """Resources of a SCIM page when the client does not say; what Okta and JumpCloud ask for."""

    page_size_max: int = Field(default=200, ge=1)
    """Most resources of one SCIM page, whatever the client asks for (`filter.maxResults`)."""

    scim_cursor_timeout_seconds: int = Field(default=3600, ge=1)
    """How long the cursor of a SCIM page can be used to read the next one."""

    list_members_max: int = Field(default=10_000, ge=1)
    """Group members on one SCIM page; a page that reaches it ends early, but never before its first group."""

    provisioning_log_flush_seconds: float = Field(default=1.0, gt=0)
    """How late reads and refusals may appear in the provisioning log."""

    provisioning_log_waiting_max: int = Field(default=10_000, ge=100)
    """Reads and refusals that wait to be written; above it the oldest are lost rather than the service's memory."""

    provisioning_log_retention_days: int = Field(default=90, ge=1)
    """How long the provisioning log is kept."""

    token_use_flush_seconds: float = Field(default=1.0, gt=0)
    """How late the last use of a token may be written down."""

    graphql_depth_max: int = Field(default=12, ge=4)
    """Levels of fields inside one another in a GraphQL operation."""

    graphql_aliases_max: int = Field(default=30, ge=0)
    """Aliases in a GraphQL operation, counted wherever a fragment is spread."""

    graphql_directives_max: int = Field(default=50, ge=0)
    """Directives in a GraphQL operation, counted wherever a fragment is spread."""

    graphql_root_fields_max: int = Field(default=20, ge=1)
    """Queries or mutations in one GraphQL operation."""

    graphql_cost_max: int = Field(default=5_000, ge=100)
    """Objects the answer to a GraphQL operation may hold, by its page sizes (`@cost` and `@listSize` in the schema)."""

    graphql_tokens_max: int = Field(default=1_000, ge=100)
    """Words and signs of a GraphQL document."""

    graphql_page_size_default: int = Field(default=50, ge=1)
    """Items of a GraphQL page when the client does not say."""

    graphql_page_size_max: int = Field(default=100, ge=1)
    """Most items of one GraphQL page."""

    graphql_timeout_seconds: float = Field(default=10.0, gt=0)
    """How long a GraphQL operation may take before it is given up."""

    @field_validator("base_url")
    @classmethod
    def _without_path(cls, url: str) -> str:
        parts = urlsplit(url.rstrip("/"))
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path or parts.query or parts.fragment:
            raise ValueError("expected http://host or https://host, with no path")
        return parts.geturl()


def tortoise_config(settings: Settings) -> dict[str, Any]:
    """What `models.database` and Tortoise's own commands connect with."""
    engine, credentials = _credentials(urlsplit(settings.database_url))
    if engine == "sqlite":
        credentials |= {
            "readers": settings.database_readers,
            "busy_timeout_seconds": settings.database_busy_timeout_seconds,
        }
    else:
        credentials |= {
            "maxsize": settings.database_connections_max,
            "acquire_timeout_seconds": settings.database_acquire_timeout_seconds,
            "statement_timeout_seconds": settings.database_statement_timeout_seconds,
            "lock_timeout_seconds": settings.database_lock_timeout_seconds,
        }
    models = f"{__package__}.models"
    return {
        "connections": {"default": {"engine": f"{models}.engines.{engine}", "credentials": credentials}},
        "apps": {
            "directory": {"models": [models], "default_connection": "default", "migrations": f"{models}.migrations"}
        },
    }


def secret_key(settings: Settings) -> str:
    """The key to sign with: the one set, else the one in the file beside the SQLite database, made when missing."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    engine, credentials = _credentials(urlsplit(settings.database_url))
    if engine != "sqlite":
        raise ValueError("TENANTRY_SECRET_KEY has to be set when the database is PostgreSQL")
    path = Path(f"{credentials['file_path']}.secret")
    if not path.exists():
        _make_secret(path)
    return path.read_text()


def _make_secret(path: Path) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_urlsafe(32))
    # A link appears whole or not at all, and when another process was faster its key stands.
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


def _credentials(url: SplitResult) -> tuple[Literal["sqlite", "postgres"], dict[str, Any]]:
    match url.scheme:
        case "sqlite":
            # Several connections share the database, so it has to be a file.
            if url.netloc or url.query or url.path in ("", "/") or ":memory:" in url.path:
                raise ValueError("expected sqlite:///file, with four slashes for an absolute path")
            return "sqlite", {"file_path": unquote(url.path[1:])}
        case "postgres" | "postgresql":
            options = dict(parse_qsl(url.query))
            if unknown := options.keys() - POSTGRES_OPTIONS.keys():
                raise ValueError(f"unknown options: {', '.join(sorted(unknown))}")
            return "postgres", {
                "host": url.hostname and unquote(url.hostname),
                "port": url.port or 5432,
                "user": url.username and unquote(url.username),
                "password": url.password and unquote(url.password),
                "database": unquote(url.path[1:]) or None,
            } | {POSTGRES_OPTIONS[name]: value for name, value in options.items()}
        case _:
            raise ValueError("expected sqlite:///file or postgres://user:password@host:port/database")


def __getattr__(name: str) -> Any:
    # Where Tortoise's commands look (pyproject.toml). Read when asked for: importing this module reads no environment.
    if name == "TORTOISE_ORM":
        return tortoise_config(Settings())
    raise AttributeError(name)
