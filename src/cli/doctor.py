"""What `tenantry doctor` looks at, one finding after the other."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..models import database
from ..services import health
from ..settings import Settings, secret_key, tortoise_config

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True, slots=True)
class Finding:
    """`problem` is None when all is well."""

    what: str
    problem: str | None


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Look at everything; when the database does not open, what lies in it is not looked at."""
    yield Finding("base URL", _plain_http(settings.base_url))
    yield await _find("signing key", lambda: _signing_key(settings))
    try:
        opened = await _find("database opens", lambda: database.open(tortoise_config(settings)))
        yield opened
        if opened.problem is None:
            yield await _find("database takes writes", health.check)
            yield await _find("database is sound", health.damage)
            yield await _find("rows lead somewhere", _strays)
            yield await _find("audit log holds", _audit_log)
    finally:
        await database.close()


async def _find(what: str, check: Callable[[], Awaitable[str | None]]) -> Finding:
    try:
        return Finding(what, await check())
    except Exception as error:  # whatever it is, it is the finding
        return Finding(what, str(error) or type(error).__name__)


def _plain_http(base_url: str) -> str | None:
    parts = urlsplit(base_url)
    if parts.scheme == "https" or parts.hostname in LOOPBACK:
        return None
    return f"{base_url} is not https; tokens would travel in the clear"


async def _signing_key(settings: Settings) -> None:
    secret_key(settings)


async def _strays() -> str | None:
    strays = await health.strays()
    return "; ".join(f"{count} rows of {table} lead nowhere" for table, count in strays.items()) or None


async def _audit_log() -> str | None:
    broken = await health.broken_chains()
    return "; ".join(f"{slug}: event {sequence} is not what was recorded" for slug, sequence in broken.items()) or None
