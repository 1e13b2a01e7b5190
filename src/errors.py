"""What the directory can refuse, in the directory's own words; how a refusal is said is each door's business.

DirectoryError
  InvalidInput         the values do not make sense; `reason` says which kind
  NotFound             no such thing in the actor's workspace
  Conflict             another record already holds this name
  VersionMismatch      the record changed since the caller read it
  ManagedByDirectory   the identity provider owns this record
  AwaitsOwner          a directory asked for a group that an owner has to hand over first
  LastOwner            the workspace would be left without an owner
  Prerequisite         something else has to be done first
  Forbidden            the actor may not do this
  Unauthenticated      we do not know who is asking
  TooLarge             the message is over a limit
  Busy                 not now; the same request may succeed in a moment
"""

from typing import Literal

Reason = Literal[
    "invalidValue",
    "invalidFilter",
    "invalidPath",
    "noTarget",
    "mutability",
    "invalidSyntax",
    "tooMany",
    "tooLong",
    "invalidCursor",
    "invalidCount",
    "expiredCursor",
]


class DirectoryError(Exception):
    """An expected refusal; its text may be shown to the caller."""

    @property
    def detail(self) -> str:
        return str(self)


class InvalidInput(DirectoryError):
    """A value that cannot be taken. `path` leads to it inside the message, outermost name first."""

    def __init__(self, detail: str, *, reason: Reason = "invalidValue", path: tuple[str, ...] = ()) -> None:
        super().__init__(detail)
        self.reason: Reason = reason
        self.path = path


class NotFound(DirectoryError):
    """No such thing here. A thing of another workspace sounds the same."""

    def __init__(self, kind: str, id: str) -> None:
        super().__init__(f"No {kind} with id {id}")
        self.kind = kind
        self.id = id


class Conflict(DirectoryError):
    """Another record already holds this name."""

    def __init__(self, detail: str, *, existing_kind: str | None = None, existing_id: str | None = None) -> None:
        super().__init__(detail)
        self.existing_kind = existing_kind
        self.existing_id = existing_id


class VersionMismatch(DirectoryError):
    """The record changed since the caller read it."""

    def __init__(self, *, current: str) -> None:
        super().__init__(f"The current version is {current}")
        self.current = current


class ManagedByDirectory(DirectoryError):
    """The identity provider owns this record, or may not touch it because the application does."""


class AwaitsOwner(DirectoryError):
    """A directory asked for a group that an owner has to hand over first, by its id or by its name."""

    def __init__(self, *, group_id: str, by_name: bool) -> None:
        super().__init__("This group confers more than the minimum: an owner has to hand it to the directory first")
        self.group_id = group_id
        self.by_name = by_name


class LastOwner(DirectoryError):
    """The workspace would be left without an active owner."""

    def __init__(self, *, membership_id: str) -> None:
        super().__init__("This is the last owner of the workspace")
        self.membership_id = membership_id


class Prerequisite(DirectoryError):
    """Something else has to be done first; `missing` names it."""

    def __init__(self, detail: str, *, missing: tuple[str, ...]) -> None:
        super().__init__(detail)
        self.missing = missing


class Forbidden(DirectoryError):
    """The actor may not do this."""


class Unauthenticated(DirectoryError):
    """We do not know who is asking."""


class TooLarge(DirectoryError):
    """The message is over a limit."""

    def __init__(self, detail: str, *, limit: int) -> None:
        super().__init__(detail)
        self.limit = limit


class Busy(DirectoryError):
    """Not now: the database is locked, full or gone. Nothing was changed."""

    def __init__(self, detail: str, *, retry_after_seconds: int = 1) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds
