"""Log lines: one event a line, for people or as JSON, and no secret in any of them."""

import logging
import re
import sys
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from .settings import Settings

# Our tokens whole (docs: tokens); the short prefix that the console shows is not a secret.
SECRET = re.compile(r"\b(tnt_[a-z]+_[A-Za-z0-9]{4})[A-Za-z0-9]{16,}")


def configure(settings: Settings) -> None:
    """Set up this process: our own lines and those of libraries go to standard error in one form."""
    shared: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    final: list[Processor]
    if settings.log_format == "json":
        final = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_json)]
    else:
        # Plain tracebacks: the pretty ones print local variables, and those hold secrets.
        final = [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        ]
    level = getattr(logging, settings.log_level.upper())
    structlog.configure(
        processors=[*shared, *final, mask],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final, mask],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # It tells of every connection it opens and closes.
    logging.getLogger("tortoise").setLevel(logging.WARNING)


def mask(logger: WrappedLogger, method: str, line: Any) -> str:
    """The finished line with every token cut to its prefix."""
    return SECRET.sub(r"\1…", line)


def _json(event: EventDict, **_: Any) -> str:
    return orjson.dumps(event, default=str).decode()
