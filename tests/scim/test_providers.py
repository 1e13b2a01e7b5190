"""Recorded requests of identity providers, over a real connection, in workspaces of each policy."""

from pathlib import Path

import pytest

from tenantry.models import database
from tenantry.settings import Settings, tortoise_config

from ..invariants import assert_sound
from .conftest import Served
from .replay import Replay

TRACES = sorted((Path(__file__).parent / "providers").glob("*.json"))


def test_the_traces_are_all_here() -> None:
    assert len(TRACES) == 33


@pytest.mark.parametrize("policy", ["managed", "linked", "invited"])
@pytest.mark.parametrize("trace", TRACES, ids=lambda trace: trace.stem)
def test_a_provider_gets_the_answers_it_needs(served: Served, policy: str, trace: Path) -> None:
    # Where people own their names, what a provider likes to see come back is not always what it sent.
    Replay(served.sides(policy), strict=policy == "managed").run(trace)


async def test_whatever_they_did_leaves_the_workspaces_sound(served: Served) -> None:
    await database.open(tortoise_config(Settings(database_url=served.database_url)))
    for sides in served.policies.values():
        for workspace in sides.values():
            await assert_sound(workspace)
    await database.close()
