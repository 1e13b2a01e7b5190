"""The commands of `tenantry`."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import orjson
import typer
import uvicorn
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from starlette.types import ASGIApp
from tortoise.exceptions import DBConnectionError

from .. import logs
from ..app import create_app
from ..errors import DirectoryError
from ..graph.schema import sdl
from ..models import backup as backups
from ..models import database
from ..scim import openapi
from ..services import workspaces
from ..settings import Settings, secret_key, tortoise_config
from . import operations
from .demo import Opened, open_samples
from .doctor import Finding, examine
from .seed import seed as seed_workspace

T = TypeVar("T")

SECONDS_TO_FINISH = 20
# Whoever listens everywhere is reached here.
REACHED_AT = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
workspace_app = typer.Typer(no_args_is_help=True, help="Make workspaces.")
token_app = typer.Typer(no_args_is_help=True, help="Make tokens.")
app.add_typer(workspace_app, name="workspace")
app.add_typer(token_app, name="token")
out = Console(highlight=False, soft_wrap=True)
complaints = Console(stderr=True, highlight=False, soft_wrap=True)

Port = Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Slug = Annotated[str, typer.Option("--workspace", help="The workspace's slug.")]


class Policy(StrEnum):
    """What an identity provider's messages do in a workspace."""

    LINKED = "linked"
    INVITED = "invited"
    MANAGED = "managed"


def main() -> None:
    """Run a command; a refusal, or a database that is not there, is one line and exit code 1."""
    try:
        app()
    except (DirectoryError, OSError, DBConnectionError) as error:
        _fail(str(error))


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Port = 8000,
    workers: Annotated[int, typer.Option(min=1, help="Processes that serve.")] = 1,
    migrate: Annotated[bool, typer.Option(help="Bring the tables up to date first.")] = True,
) -> None:
    """Serve GraphQL and SCIM."""
    # By the environment, for every worker reads its settings there.
    os.environ.setdefault("TENANTRY_BASE_URL", f"http://{REACHED_AT.get(host, host)}:{port}")
    settings = _settings()
    try:
        secret_key(settings)
    except ValueError as error:
        _fail(str(error))
    if migrate:
        asyncio.run(database.migrate(tortoise_config(settings)))
    logs.configure(settings)
    _listen("tenantry.app:app", host=host, port=port, workers=workers)


@app.command()
def migrate() -> None:
    """Bring the tables up to date."""
    asyncio.run(database.migrate(tortoise_config(_settings())))
    out.print("The tables are up to date.")


@workspace_app.command("create")
def workspace_create(
    name: Annotated[str, typer.Option(help="The name people see.")],
    slug: Annotated[str, typer.Option(help="The name in addresses: lower-case letters, digits, hyphens.")],
    owner: Annotated[str, typer.Option(help="The owner's email address.")],
    policy: Annotated[Policy, typer.Option(help="What the identity provider's messages do.")] = Policy.LINKED,
    as_json: AsJson = False,
) -> None:
    """Make a workspace with its owner, and a personal access token of theirs."""
    made = _work(
        lambda _: operations.create_workspace(name=name, slug=slug, owner=owner, owner_name=None, policy=policy.value)
    )
    _show(made, as_json)


@token_app.command("scim")
def token_scim(
    workspace: Slug,
    name: Annotated[str, typer.Option(help="What the token is for.")],
    expires_in_days: Annotated[
        int | None, typer.Option(min=1, help="How long it works; without it, until revoked.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a token for a workspace's identity provider; it is shown this once."""
    issued = _work(
        lambda settings: operations.scim_token(settings, slug=workspace, name=name, expires_in_days=expires_in_days)
    )
    _show(issued, as_json)


@token_app.command("personal")
def token_personal(
    email: Annotated[str, typer.Option(help="The person's email address.")],
    name: Annotated[str, typer.Option(help="What the token is for.")],
    as_json: AsJson = False,
) -> None:
    """Make a personal access token for GraphQL; it is shown this once."""
    _show(_work(lambda _: operations.personal_token(email=email, name=name)), as_json)


@app.command()
def demo(port: Port = 8000) -> None:
    """Serve sample workspaces from ./demo.db on this machine alone."""
    settings = _settings(database_url="sqlite:///demo.db", base_url=f"http://127.0.0.1:{port}")
    for opened in _work(open_samples, settings):
        _show_sample(opened)
    out.print(f"[bold]GraphQL[/]  {settings.base_url}/graphql")
    out.print(f"[bold]SCIM[/]     {settings.base_url}/scim/v2")
    out.print("The tokens are new; the SCIM tokens of an earlier start no longer work.")
    logs.configure(settings)
    _listen(create_app(settings), host="127.0.0.1", port=port)


@app.command()
def seed(
    users: Annotated[int, typer.Option(min=0, help="People to add.")] = 1000,
    groups: Annotated[int, typer.Option(min=0, help="Groups to add, of 10 to 10,000 of those people.")] = 10,
    workspace: Slug = "seed",
) -> None:
    """Fill a workspace with people and groups; it is made, under the managed policy, when there is none."""
    _work(lambda settings: _seed(settings, slug=workspace, users=users, groups=groups))


async def _seed(settings: Settings, *, slug: str, users: int, groups: int) -> None:
    if await workspaces.find(slug) is None:
        await operations.create_workspace(
            name=slug.capitalize(), slug=slug, owner="owner@example.com", owner_name=None, policy=Policy.MANAGED
        )
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=complaints) as progress:
        people_bar, groups_bar = progress.add_task("people", total=users), progress.add_task("groups", total=groups)
        await seed_workspace(
            settings,
            slug=slug,
            users=users,
            groups=groups,
            users_done=lambda count: progress.advance(people_bar, count),
            groups_done=lambda count: progress.advance(groups_bar, count),
        )


@app.command("openapi")
def scim_openapi() -> None:
    """Print the OpenAPI document of the SCIM endpoints."""
    typer.echo(openapi.yaml_text(_settings()), nl=False)


@app.command("graphql-schema")
def graphql_schema() -> None:
    """Print the GraphQL schema."""
    typer.echo(sdl(), nl=False)


@app.command()
def doctor() -> None:
    """Check settings, database and audit log; exit code 1 when something is wrong."""
    findings = asyncio.run(_findings(_settings()))
    raise typer.Exit(1 if any(finding.problem for finding in findings) else 0)


async def _findings(settings: Settings) -> list[Finding]:
    findings = []
    async for finding in examine(settings):
        findings.append(finding)
        verdict = "[green]ok[/]" if finding.problem is None else f"[red]{escape(finding.problem)}[/]"
        out.print(f"{finding.what}: {verdict}")
    return findings


@app.command()
def backup(path: Annotated[Path, typer.Argument(help="The file to write; it must not exist yet.")]) -> None:
    """Copy a SQLite database while it is in use."""
    credentials = tortoise_config(_settings())["connections"]["default"]["credentials"]
    if "file_path" not in credentials:
        _fail("This copies SQLite databases; for PostgreSQL use pg_dump.")
    try:
        backups.copy(Path(credentials["file_path"]), path)
    except FileNotFoundError as error:
        _fail(f"There is no database {error}.")
    except FileExistsError as error:
        _fail(f"{error} exists already.")
    out.print(f"Wrote {escape(str(path))}.")


def _listen(application: str | ASGIApp, *, host: str, port: int, workers: int = 1) -> None:
    # uvicorn ends by the signal that ended it; a service that finished its work ends well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        application,
        host=host,
        port=port,
        workers=workers,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=SECONDS_TO_FINISH,
    )


def _settings(**chosen: str) -> Settings:
    try:
        return Settings.model_validate(chosen)
    except ValidationError as error:
        for problem in error.errors():
            complaints.print(f"TENANTRY_{str(problem['loc'][0]).upper()}: {escape(problem['msg'])}")
        raise typer.Exit(2) from None


def _work(body: Callable[[Settings], Coroutine[Any, Any, T]], settings: Settings | None = None) -> T:
    """Run the body with the database open and its tables up to date."""
    settings = settings or _settings()
    return asyncio.run(_with_database(settings, body))


async def _with_database(settings: Settings, body: Callable[[Settings], Coroutine[Any, Any, T]]) -> T:
    config = tortoise_config(settings)
    await database.migrate(config)
    try:
        await database.open(config)
        return await body(settings)
    finally:
        await database.close()


def _show(result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(orjson.dumps(result))
        return
    for name, value in result.items():
        if isinstance(value, dict):
            out.print(f"[bold]{name}[/]")
            _show({f"  {inner}": shown for inner, shown in value.items()}, as_json)
        elif value is not None:
            out.print(f"{name}: {escape(str(value))}")


def _show_sample(opened: Opened) -> None:
    out.print(f"[bold]{opened.slug}[/]  policy {opened.policy}, owner {opened.owner}")
    out.print(f"  {opened.slug} personal token  {opened.personal_token}")
    out.print(f"  {opened.slug} SCIM token      {opened.scim_token}")


def _fail(why: str) -> NoReturn:
    complaints.print(f"[red]{escape(why)}[/]")
    raise SystemExit(1)
