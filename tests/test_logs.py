"""Log lines hold no secret."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from tenantry import logs
from tenantry.services import tokens
from tenantry.settings import Settings


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Leave logging as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize("log_format", ["console", "json"])
@pytest.mark.parametrize("kind", tokens.TokenKind)
def test_no_line_holds_a_token(kind: tokens.TokenKind, log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    secret = tokens.generate(kind)
    logs.configure(Settings.model_validate({"log_format": log_format}))
    structlog.get_logger().info(f"got {secret.text}", header=f"Bearer {secret.text}")
    logging.getLogger("elsewhere").warning("got %s", secret.text)
    try:
        int(secret.text)
    except ValueError:
        structlog.get_logger().exception("failed")
    written = capsys.readouterr().err
    assert written.count(secret.prefix[:12]) >= 4
    assert secret.text not in written
    assert secret.text[20:40] not in written


def test_json_lines_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(Settings(log_format="json"))
    structlog.get_logger().info("ours", number=1)
    logging.getLogger("elsewhere").warning("theirs")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["event"], line["level"]) for line in lines] == [("ours", "info"), ("theirs", "warning")]
    assert all(line["timestamp"].endswith("Z") for line in lines)


def test_lines_below_the_level_are_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(Settings(log_level="error"))
    structlog.get_logger().warning("ours")
    logging.getLogger("elsewhere").warning("theirs")
    assert capsys.readouterr().err == ""
