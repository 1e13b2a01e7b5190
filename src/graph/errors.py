"""What a person can fix: errors inside a payload, each with a code and the path to what is wrong in `input`.

`Refusals` turns the refusals of services into them. Denied access and faults of ours go to the top (`faults`).
"""

from collections.abc import Awaitable, Callable
from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, cast

import strawberry
from strawberry.extensions import FieldExtension
from strawberry.utils.str_converters import to_camel_case

from ..errors import (
    Busy,
    Conflict,
    DirectoryError,
    Forbidden,
    InvalidInput,
    LastOwner,
    ManagedByDirectory,
    NotFound,
    Prerequisite,
    TooLarge,
    Unauthenticated,
    VersionMismatch,
)
from ..services.actor import Permission
from . import ids, nodes
from .context import Info
from .directives import Requires
from .ids import Kind
from .nodes import Node

if TYPE_CHECKING:
    from .memberships import Membership

ID_CHARS_SHOWN = 100
# These are about the caller or about us, not about the input.
TOP_LEVEL = (Forbidden, Unauthenticated, Busy)


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


class Refusals(FieldExtension):
    """Answers a mutation's refusal in its payload."""

    def __init__(self, payload: Callable[..., object]) -> None:
        self.payload = payload

    async def resolve_async(self, next_: Callable[..., Awaitable[Any]], source: Any, info: Info, **kwargs: Any) -> Any:
        try:
            return await next_(source, info, **kwargs)
        except TOP_LEVEL:
            raise
        except DirectoryError as refusal:
            return self.payload(errors=[user_error(refusal, kwargs.get("input"))])
        finally:
            # The payload, and a mutation after this one, see what has become.
            info.context.forget()


def mutation(payload: Callable[..., object], *, requires: Permission | None = None, description: str = "") -> Any:
    """A mutation that answers with the payload, also when it is refused; `requires` is for readers of the schema."""
    directives = [Requires(permission=requires)] if requires else []
    return strawberry.mutation(extensions=[Refusals(payload)], directives=directives, description=description or None)


def user_error(refusal: DirectoryError, input: object) -> UserError:
    """The refusal as one of our types."""
    message = refusal.detail
    match refusal:
        case InvalidInput(path=path, reason=reason):
            code = ErrorCode.TOO_LONG if reason == "tooLong" else ErrorCode.INVALID
            return InputError(code=code, message=message, path=list(path) or None)
        case NotFound(kind=name, id=id):
            return _not_found(name, id, input)
        case Conflict(existing_kind=name, existing_id=id):
            kind = _kind(name)
            return ConflictError(code=ErrorCode.ALREADY_EXISTS, message=message, existing_kind=kind, existing_id=id)
        case VersionMismatch(current=current):
            code = ErrorCode.VERSION_MISMATCH
            return VersionError(code=code, message=message, path=["expectedVersion"], current_version=current)
        case ManagedByDirectory():
            return ManagedByDirectoryError(code=ErrorCode.DIRECTORY_MANAGED, message=message)
        case LastOwner(membership_id=id):
            return LastOwnerError(code=ErrorCode.LAST_OWNER, message=message, membership_id=id)
        case Prerequisite(missing=missing):
            names = [PrerequisiteName(name) for name in missing]
            return PrerequisiteError(code=ErrorCode.PREREQUISITE, message=message, missing=names)
        case TooLarge():
            return InputError(code=ErrorCode.LIMIT_REACHED, message=message)
    raise AssertionError(refusal)


def _not_found(name: str, id: str, input: object) -> NotFoundError:
    kind, shown, path = _kind(name), id[:ID_CHARS_SHOWN], _path_to(id, input)
    if path is None and kind and ids.is_uuid(id):
        # Not the caller's words but a service's, who knows UUIDs.
        shown = ids.encode(kind, id)
        path = _path_to(shown, input)
    message = f"No {(kind or name).replace('_', ' ')} with id {shown}"
    return NotFoundError(code=ErrorCode.NOT_FOUND, message=message, path=path, id=strawberry.ID(shown))


def _kind(name: str | None) -> Kind | None:
    """What services mean by the name; they speak of a user where SCIM does."""
    word = (name or "").lower().replace(" ", "_")
    return Kind.MEMBERSHIP if word == "user" else next((kind for kind in Kind if kind == word), None)


def _path_to(id: str, value: object) -> list[str] | None:
    """Where the id stands in the input."""
    if value == id:
        return []
    parts: list[tuple[str, object]] = []
    if is_dataclass(value):
        parts = [(to_camel_case(field.name), getattr(value, field.name)) for field in fields(value)]
    elif isinstance(value, list):
        parts = [(str(place), item) for place, item in enumerate(value)]
    for name, part in parts:
        if (rest := _path_to(id, part)) is not None:
            return [name, *rest]
    return None
