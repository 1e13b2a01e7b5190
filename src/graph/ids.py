"""Global ids: what a thing is, and its UUID, as one opaque text. `mem_` and 32 hex digits name a membership."""

import re
from collections.abc import Iterable
from enum import StrEnum

import strawberry

from ..errors import NotFound

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_GLOBAL = re.compile(r"([a-z]{3})_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})")


class Kind(StrEnum):
    """What an id can name, as errors and records call it."""

    ACCOUNT = "account"
    WORKSPACE = "workspace"
    MEMBERSHIP = "membership"
    GROUP = "group"
    ROLE = "role"
    SCIM_TOKEN = "scim_token"  # noqa: S105  # a kind, not a secret
    PERSONAL_ACCESS_TOKEN = "personal_access_token"  # noqa: S105
    PROVISIONING_EVENT = "provisioning_event"
    AUDIT_EVENT = "audit_event"


PREFIXES = {
    Kind.ACCOUNT: "usr",
    Kind.WORKSPACE: "wrk",
    Kind.MEMBERSHIP: "mem",
    Kind.GROUP: "grp",
    Kind.ROLE: "rol",
    Kind.SCIM_TOKEN: "sct",
    Kind.PERSONAL_ACCESS_TOKEN: "pat",
    Kind.PROVISIONING_EVENT: "pev",
    Kind.AUDIT_EVENT: "evt",
}
_KINDS = {prefix: kind for kind, prefix in PREFIXES.items()}


def is_uuid(text: str) -> bool:
    return bool(_UUID.fullmatch(text))


def encode(kind: Kind, uuid: str) -> strawberry.ID:
    return strawberry.ID(f"{PREFIXES[kind]}_{uuid.replace('-', '')}")


def parse(global_id: str) -> tuple[Kind, str] | None:
    """The kind and UUID; None for anything we never gave out, SCIM's bare UUIDs among it."""
    match = _GLOBAL.fullmatch(global_id)
    if match is None or match[1] not in _KINDS:
        return None
    return _KINDS[match[1]], "-".join(match.groups()[1:])


def decode(kind: Kind, global_id: str) -> str | None:
    """The UUID of an id of this kind; None for any other text."""
    match parse(global_id):
        case (found, uuid) if found is kind:
            return uuid
    return None


def expect(kind: Kind, global_id: str) -> str:
    """The UUID of an id of this kind; NotFound for any other text."""
    uuid = decode(kind, global_id)
    if uuid is None:
        raise NotFound(kind, global_id)
    return uuid


def among(kind: Kind, global_ids: Iterable[str] | None) -> tuple[str, ...] | None:
    """The UUIDs of those ids that are of this kind; None stays None."""
    if global_ids is None:
        return None
    return tuple(uuid for global_id in global_ids if (uuid := decode(kind, global_id)))


def only(kind: Kind, global_id: str | None) -> tuple[str, ...] | None:
    """`among` for one id."""
    return among(kind, None if global_id is None else (global_id,))
