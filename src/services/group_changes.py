"""What can be changed about a group, as values: none of them holds the members a group already has."""

from dataclasses import dataclass

from .filters import Filter


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDisplayName:
    display_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetExternalId:
    """None clears it."""

    external_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddMembers:
    """Those who are in already stay as they are. Ids are folded and each comes once, here and below."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveMembers:
    """Those who are not in are no mistake."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceMembers:
    """These and nobody else."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveMembersWhere:
    """Everyone who matches; the targets of the filter lead from the member: value, type, display."""

    filter: Filter


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceMember:
    """One out, another in; noTarget when `old` is not in."""

    old: str
    new: str


GroupChange = (
    SetDisplayName | SetExternalId | AddMembers | RemoveMembers | ReplaceMembers | RemoveMembersWhere | ReplaceMember
)
