"""Refusals of services as errors in a mutation's payload. Denied access and faults of ours go to the top (`faults`)."""

from collections.abc import Awaitable, Callable
from dataclasses import fields, is_dataclass
from typing import Any

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
from . import ids
from .context import Info
from .directives import Requires
from .ids import Kind
from .user_errors import (
    ConflictError,
    ErrorCode,
    InputError,
    LastOwnerError,
    ManagedByDirectoryError,
    NotFoundError,
    PrerequisiteError,
    PrerequisiteName,
    UserError,
    VersionError,
)

ID_CHARS_SHOWN = 100
# These are about the caller or about us, not about the input.
TOP_LEVEL = (Forbidden, Unauthenticated, Busy)


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
