"""What is found wrong in a database."""

import pytest

from tenantry.models import database
from tenantry.services import health

from ..make import make_group, make_workspace

pytestmark = pytest.mark.usefixtures("tables")


async def test_a_sound_database_has_no_strays() -> None:
    workspace = await make_workspace()
    await make_group(workspace, members=2)
    assert await health.strays() == {}


@database.writes
async def forget_people(workspace_id: str) -> None:
    await database.execute("DELETE FROM memberships WHERE workspace_id = ?", workspace_id)


async def test_rows_that_lead_nowhere_are_counted_by_table() -> None:
    workspace = await make_workspace()
    await make_group(workspace, members=2)
    await forget_people(workspace.id)
    strays = await health.strays()
    # The two members' default roles, and ownership of who made the workspace.
    assert (strays["group_members"], strays["role_assignments"]) == (2, 3)
    assert strays["membership_values"] > 0
