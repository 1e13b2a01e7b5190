"""Inputs that several mutations take."""

import strawberry

from . import ids
from .ids import Kind


@strawberry.input
class IdInput:
    id: strawberry.ID
    expected_version: str | None = None


@strawberry.input
class RoleAssignmentInput:
    role_id: strawberry.ID


@strawberry.input
class RolesSetInput:
    subject_id: strawberry.ID
    assignments: list[RoleAssignmentInput]
    expected_version: str | None = None

    def role_ids(self) -> list[str]:
        return role_ids(self.assignments)


def role_ids(assignments: list[RoleAssignmentInput]) -> list[str]:
    """The roles as services know them; NotFound for an id of anything else."""
    return [ids.expect(Kind.ROLE, assignment.role_id) for assignment in assignments]
