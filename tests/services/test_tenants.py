"""Every service function that acts for somebody, asked for things of another workspace: they do not exist."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tenantry import services
from tenantry.errors import DirectoryError

from ..things import NOBODYS, Setting, Things, make_setting
from .calls import MORE, SERVICES, Call


@pytest.fixture
async def setting(tables: None) -> Setting:
    return await make_setting()


# Acts inside the caller's transaction, on ids the caller has found under its own workspace.
INSIDE_A_TRANSACTION = {"roles.give"}


def _functions() -> Iterator[str]:
    """Every public function that acts for somebody."""
    for found in pkgutil.iter_modules(services.__path__):
        module = importlib.import_module(f"{services.__name__}.{found.name}")
        for name, function in vars(module).items():
            if inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_"):
                first = next(iter(inspect.signature(function).parameters), None)
                is_async = inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)
                if is_async and first in ("actor", "principal"):
                    yield f"{found.name}.{name}"


def test_every_service_function_is_asked_for_things_of_another_workspace() -> None:
    assert set(_functions()) - INSIDE_A_TRANSACTION == SERVICES.keys()


def _text(result: Any) -> str:
    """All that a result shows."""
    match result:
        case None | str() | int():
            return str(result)
        case dict():
            return str({str(key): _text(value) for key, value in result.items()})
        case list() | tuple() | set() | frozenset():
            return str([_text(value) for value in result])
        case _ if hasattr(result, "keys"):
            return str({name: result[name] for name in result.keys()})  # noqa: SIM118  # a Row is no mapping
        case _ if hasattr(result, "__dataclass_fields__"):
            return str({name: _text(getattr(result, name)) for name in result.__dataclass_fields__})
        case _:
            return str(result)


async def _outcome(call: Call, setting: Setting, things: Things) -> str:
    """What came of it, without the names it was asked with."""
    try:
        return things.unnamed(_text(await call(setting, things)))
    except DirectoryError as refused:
        return things.unnamed(f"{type(refused).__name__}: {refused} {vars(refused)}")


@pytest.mark.parametrize("call", [*SERVICES.values(), *MORE.values()], ids=[*SERVICES, *MORE])
async def test_a_service_knows_nothing_of_another_workspace(setting: Setting, call: Call) -> None:
    async with setting.theirs_unchanged() as hidden:
        outcome = await _outcome(call, setting, setting.theirs)
    assert not {id for id in hidden if id in outcome}
    assert "Theirs" not in outcome
    if re.match(r"\w+: ", outcome):
        assert outcome == await _outcome(call, setting, NOBODYS)
