"""The errors inside payloads: what a person can fix, each with a code and the path to what is wrong in `input`."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, cast

import strawberry

from . import nodes
from .context import Info
from .ids import Kind
from .nodes import Node

if TYPE_CHECKING:
    from .memberships import Membership


@strawberry.enum
class ErrorCode(StrEnum):
    INVALID = "INVALID"
    REQUIRED = "REQUIRED"
    TOO_LONG = "TOO_LONG"
    NOT_FOUND = "NOT_FOUND"
    FORBIDDEN = "FORBIDDEN"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    CONFLICT = "CONFLICT"
    VERSION_MISMATCH = "VERSION_MISMATCH"
    DIRECTORY_MANAGED = "DIRECTORY_MANAGED"
    LAST_OWNER = "LAST_OWNER"
    SEAT_LIMIT = "SEAT_LIMIT"
    PREREQUISITE = "PREREQUISITE"
    EXPIRED = "EXPIRED"
    INVALID_STATE = "INVALID_STATE"
    LIMIT_REACHED = "LIMIT_REACHED"


@strawberry.enum(name="Prerequisite")
class PrerequisiteName(StrEnum):
    ACTIVE_SSO_CONNECTION = "ACTIVE_SSO_CONNECTION"
    VERIFIED_DOMAIN = "VERIFIED_DOMAIN"
    SIGNED_IN_WITH_SSO = "SIGNED_IN_WITH_SSO"
    FEATURE = "FEATURE"


@strawberry.interface
class UserError:
    code: ErrorCode
    message: str
    path: list[str] | None = strawberry.field(default=None, description='Path into `input`, e.g. ["resourceIds", "2"].')


@strawberry.type
class InputError(UserError):
    pass


@strawberry.type
class NotFoundError(UserError):
    id: strawberry.ID


@strawberry.type
class ConflictError(UserError):
    existing_kind: strawberry.Private[Kind | None]
    existing_id: strawberry.Private[str | None]

    @strawberry.field
    async def existing(self, info: Info) -> Node | None:
        if self.existing_kind is None or self.existing_id is None:
            return None
        return await nodes.find(info.context, self.existing_kind, self.existing_id)


@strawberry.type
class VersionError(UserError):
    current_version: str


@strawberry.type
class ManagedByDirectoryError(UserError):
    pass


@strawberry.type
class LastOwnerError(UserError):
    membership_id: strawberry.Private[str]

    @strawberry.field
    async def membership(self, info: Info) -> Annotated["Membership", strawberry.lazy(".memberships")]:
        return cast("Membership", await nodes.find(info.context, Kind.MEMBERSHIP, self.membership_id))


@strawberry.type
class PrerequisiteError(UserError):
    missing: list[PrerequisiteName]


ERRORS: tuple[type[UserError], ...] = (
    InputError,
    NotFoundError,
    ConflictError,
    VersionError,
    ManagedByDirectoryError,
    LastOwnerError,
    PrerequisiteError,
)


@strawberry.type
class DeletePayload:
    deleted_id: strawberry.ID | None = None
    errors: list[UserError] = strawberry.field(default_factory=list)
