"""The documents name everything there is: a permission, a code or an action that they leave out fails here."""

import re
from pathlib import Path

import pytest

from tenantry import errors
from tenantry.errors import DirectoryError
from tenantry.graph.user_errors import ErrorCode
from tenantry.services.access import SCOPES
from tenantry.services.actor import Permission
from tenantry.services.roles import BUILT_IN

ROOT = Path(__file__).parent.parent
# Not every code has something that answers it yet; clients may meet only those that do.
CODES_IN_USE = set(ErrorCode) - {
    ErrorCode.FORBIDDEN,
    ErrorCode.SEAT_LIMIT,
    ErrorCode.EXPIRED,
    ErrorCode.INVALID_STATE,
    ErrorCode.LIMIT_REACHED,
}


def text_of(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def test_the_matrix_of_roles_and_permissions_is_the_one_in_force() -> None:
    rows = [line[1:-1].split("|") for line in text_of("permissions.md").splitlines() if line.startswith("| ")]
    _, *names = (cell.strip() for cell in rows[0])
    assert names == [role.name for role in BUILT_IN]
    matrix = {
        row[0].strip(" `"): [cell.strip() == "✓" for cell in row[1:]] for row in rows[1:] if len(row) == len(names) + 1
    }
    assert matrix == {permission: [permission in role.permissions for role in BUILT_IN] for permission in Permission}


@pytest.mark.parametrize("scope", SCOPES)
def test_every_scope_is_explained(scope: str) -> None:
    assert f"| `{scope}` |" in text_of("permissions.md")


@pytest.mark.parametrize("refusal", DirectoryError.__subclasses__())
def test_every_refusal_is_in_the_table(refusal: type[DirectoryError]) -> None:
    if refusal.__module__ == errors.__name__:
        assert f"| `{refusal.__name__}` |" in text_of("errors.md")


@pytest.mark.parametrize("code", sorted(CODES_IN_USE))
def test_every_code_of_a_payload_error_is_in_the_table(code: str) -> None:
    assert f"`{code}`" in text_of("errors.md")


def test_the_audit_actions_are_those_that_are_recorded() -> None:
    source = "".join(path.read_text() for path in (ROOT / "src" / "services").glob("*.py"))
    recorded = set(re.findall(r'record\(\s*actor,\s*"([a-z_.]+)"', source))
    # Written with the name of a state or of a kind.
    recorded |= {f"membership.{verb}" for verb in ("reactivated", "invited", "suspended", "removed")}
    recorded |= {"membership.roles.set", "group.roles.set"}
    assert set(re.findall(r"^\| `([a-z_.]+)` \|", text_of("audit.md"), re.MULTILINE)) == recorded
