"""How a refusal sounds in SCIM (RFC 7644 §3.12): one table."""

from dataclasses import dataclass, field

import orjson

from ..errors import (
    AwaitsOwner,
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

SCHEMA = "urn:ietf:params:scim:api:messages:2.0:Error"
# The words of RFC 7644 table 9 and RFC 9865; what else a value can be refused for is an invalidValue here.
SCIM_TYPES = {"tooLong": "invalidValue"}


class Unacceptable(DirectoryError):  # noqa: N818  # a refusal, named like the others
    """What only HTTP knows to refuse; `headers` are part of the answer."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = headers or {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An error as it is answered and logged.

    hint   what an administrator can do about it; for the provisioning log, not for the client
    """

    status: int
    detail: str
    scim_type: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    hint: str | None = None

    def body(self) -> bytes:
        body = {"schemas": [SCHEMA], "status": str(self.status), "detail": self.detail}
        return orjson.dumps(body | ({"scimType": self.scim_type} if self.scim_type else {}))


def of(error: DirectoryError) -> Refusal:
    detail = error.detail
    match error:
        case Unacceptable():
            return Refusal(status=error.status, detail=detail, headers=error.headers)
        case InvalidInput():
            return Refusal(status=400, detail=detail, scim_type=SCIM_TYPES.get(error.reason, error.reason))
        case Unauthenticated():
            challenge = {"WWW-Authenticate": 'Bearer realm="SCIM"'}
            return Refusal(status=401, detail=detail, headers=challenge, hint="Check the token, or generate a new one.")
        case NotFound(kind="user"):
            return Refusal(status=404, detail=detail, hint="No such user here: unassign and reassign the app.")
        case NotFound():
            return Refusal(status=404, detail=detail, hint="It is gone: push the group again or unlink it.")
        case Conflict():
            hint = "Let the provider match existing records by userName or displayName."
            return Refusal(status=409, detail=detail, scim_type="uniqueness", hint=hint)
        case AwaitsOwner():
            hint = "An owner can hand the group to the directory, or take its roles away first."
            if error.by_name:
                return Refusal(status=409, detail=detail, scim_type="uniqueness", hint=hint)
            return Refusal(status=403, detail=detail, hint=hint)
        case LastOwner():
            hint = "Make someone else an owner before this person is removed."
            return Refusal(status=403, detail=detail, hint=hint)
        case VersionMismatch():
            return Refusal(status=412, detail=detail)
        case TooLarge():
            return Refusal(status=413, detail=detail, hint="Send it in smaller parts.")
        case Busy():
            return Refusal(status=503, detail=detail, headers={"Retry-After": str(error.retry_after_seconds)})
        case ManagedByDirectory() | Forbidden() | Prerequisite():
            return Refusal(status=403, detail=detail)
        case _:
            raise AssertionError(f"no SCIM answer for {type(error).__name__}")


INTERNAL = Refusal(status=500, detail="Internal error")
