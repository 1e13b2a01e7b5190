"""schemathesis holds a running service to its OpenAPI document: all phases, all checks, on both databases.

It asks little here, and the same each time. `FUZZ_CASES=500 pytest tests/scim/test_schemathesis.py` asks more, and new.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tenantry.models import database
from tenantry.settings import Settings, tortoise_config

from ..make import make_workspace
from ..serving import Server

ROOT = Path(__file__).parents[2]
CASES = int(os.environ.get("FUZZ_CASES", "25"))
HOURS = 3600
ALWAYS_THE_SAME = ["--seed=1", "--generation-deterministic"]


@pytest.mark.timeout(6 * HOURS)
def test_schemathesis_finds_nothing(serve: Callable[..., Server], settings: Settings) -> None:
    token = asyncio.run(_scim_token(settings))
    server = serve(log_level="warning")
    found = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli"),
            f"--config-file={Path(__file__).with_name('schemathesis.toml')}",
            *("run", f"{server.url}/openapi/scim.json"),
            f"--header=Authorization: Bearer {token}",
            "--checks=all",
            f"--max-examples={CASES}",
            "--continue-on-failure",
            "--no-color",
            *(["--generation-database=none"] if "FUZZ_CASES" in os.environ else ALWAYS_THE_SAME),
        ],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert found.returncode == 0, f"{found.stdout}\n\nThe server wrote:\n{server.log}"
    # Also what happens after an answer, such as writing the provisioning log.
    assert "[error" not in server.log, server.log


async def _scim_token(settings: Settings) -> str:
    await database.open(tortoise_config(settings))
    workspace = await make_workspace()
    await database.close()
    return workspace.scim_token
