"""The rooms of the package and the doors between them: imports go one way."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SRC = ROOT / "src"

BELOW_THE_DOORS = {"errors", "models", "services"}
DOOR = BELOW_THE_DOORS | {"settings", "strict_json"}
MAY_IMPORT: dict[str, set[str]] = {
    # Leaves.
    "errors": set(),
    "settings": set(),
    "middleware": set(),
    "logs": {"settings"},
    "strict_json": {"errors"},
    # What is stored, and the rules over it.
    "models": {"errors"},
    "services": {"errors", "models"},
    # Work that nobody asks for.
    "jobs": BELOW_THE_DOORS,
    # Doors: none knows another one.
    "graph": DOOR,
    "scim": DOOR,
    "sso": DOOR,
    "console": DOOR,
    # The one place that knows all doors, and the command line, which starts it and prints their contracts.
    "app": DOOR | {"graph", "scim", "sso", "console", "jobs", "logs", "middleware"},
    "cli": DOOR | {"app", "graph", "scim", "logs"},
}
# Known to doors only, so that rules and rows can be used from a shell, a test or a worker.
OF_DOORS = {"starlette", "strawberry", "graphql", "uvicorn", "typer"}


def room_of(path: Path) -> str:
    return path.relative_to(SRC).parts[0].removesuffix(".py")


def modules() -> list[Path]:
    return [path for path in sorted(SRC.rglob("*.py")) if path != SRC / "__init__.py"]


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """What a module imports: the room or the outside package, and whether it is ours."""
    folder = path.parent.relative_to(SRC).parts
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names=names):
                yield from ((alias.name.split(".")[0], False) for alias in names)
            case ast.ImportFrom(module=module, level=0) if module:
                yield module.split(".")[0], False
            case ast.ImportFrom(module=module, names=names, level=level):
                origin = [*folder[: len(folder) - (level - 1)], *(module.split(".") if module else ())]
                # `from .. import errors` at the top names rooms themselves.
                yield from ((origin[0] if origin else alias.name, True) for alias in names)


@pytest.mark.parametrize("room", sorted({room_of(path) for path in modules()}))
def test_a_room_imports_only_what_lies_below_it(room: str) -> None:
    files = [path for path in modules() if room_of(path) == room]
    imported = {name for path in files for name, ours in imports(path) if ours} - {room}
    assert imported <= MAY_IMPORT[room]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SRC)))
def test_a_module_names_its_own_package_relatively(path: Path) -> None:
    assert ("tenantry", False) not in set(imports(path))


@pytest.mark.parametrize("room", ["models", "services"])
def test_rules_and_rows_know_no_web_framework(room: str) -> None:
    outside = {name for path in (SRC / room).rglob("*.py") for name, ours in imports(path) if not ours}
    assert outside.isdisjoint(OF_DOORS)


def test_every_room_is_shipped() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    found = {".".join(("tenantry", *path.parent.relative_to(SRC).parts)) for path in SRC.rglob("__init__.py")}
    assert set(project["tool"]["setuptools"]["packages"]) == found


def test_every_folder_of_tests_is_a_package() -> None:
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def test_the_lock_names_no_download_address() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in lock
    assert "--index-url" not in lock
