"""PATCH of a group becomes a list of changes, without a look at who is in it (RFC 7644 §3.5.2).

What a group of ten and a group of a hundred thousand cost is then the same: nobody loads or rewrites a list of members.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, groupby

from ..errors import InvalidInput, TooLarge
from ..services.filters import Comparison, Filter, Operator, Or
from ..services.group_changes import (
    AddMembers,
    GroupChange,
    RemoveMembers,
    RemoveMembersWhere,
    ReplaceMember,
    ReplaceMembers,
    SetDisplayName,
    SetExternalId,
)
from ..services.schemas import Attribute
from .patch import Op, Operation
from .values import canonical, is_unassigned, member_ids


def changes(operations: Iterable[Operation], *, members_max: int) -> list[GroupChange]:
    """The changes to make, in their order, neighbours of one kind folded into one.

    refuses  invalidValue for a value that does not fit; mutability for what cannot be changed of a group or a member;
             TooLarge when the operations name more than `members_max` members altogether
    """
    wanted = [change for operation in operations if (change := _change(operation, members_max))]
    named = sum(len(change.ids) for change in wanted if isinstance(change, AddMembers | RemoveMembers | ReplaceMembers))
    if named > members_max:
        raise TooLarge(f"At most {members_max} members can be sent at once", limit=members_max)
    return list(_folded(wanted))


def _folded(changes: list[GroupChange]) -> Iterator[GroupChange]:
    """Some providers send one operation for each person."""
    for kind, neighbours in groupby(changes, key=type):
        run = list(neighbours)
        if kind is AddMembers:
            yield AddMembers(ids=_ids(run))
        elif kind is RemoveMembers:
            yield RemoveMembers(ids=_ids(run))
        elif kind in (SetDisplayName, SetExternalId, ReplaceMembers):
            yield run[-1]
        else:
            yield from run


def _ids(changes: list[GroupChange]) -> tuple[str, ...]:
    ids = chain.from_iterable(change.ids for change in changes if isinstance(change, AddMembers | RemoveMembers))
    return tuple(dict.fromkeys(ids))


def _change(operation: Operation, members_max: int) -> GroupChange | None:
    """What one operation comes to; None for nothing."""
    match operation.target.path:
        case "displayName":
            name = _text(operation)
            if name is None and operation.op is not Op.ADD:
                removed = operation.op is Op.REMOVE
                raise InvalidInput("displayName is required", reason="mutability" if removed else "invalidValue")
            return SetDisplayName(display_name=name) if name else None
        case "externalId":
            external_id = _text(operation)
            return None if external_id is None and operation.op is Op.ADD else SetExternalId(external_id=external_id)
        case "members" if operation.filter:
            return _chosen_member_change(operation, operation.filter, members_max)
        case "members":
            return _member_change(operation, members_max)
        case path:
            raise InvalidInput(f"{path} of a group cannot be changed", reason="mutability")


def _text(operation: Operation) -> str | None:
    attribute = operation.target.attribute
    assert attribute, "a text has an attribute"
    return None if operation.op is Op.REMOVE else canonical(attribute, operation.value, at=operation.target.path)


def _member_change(operation: Operation, members_max: int) -> GroupChange | None:
    """Members as a whole or by list. To remove an empty list removes nobody; to remove without a list, everyone."""
    if operation.op is Op.REMOVE and operation.value is None:
        return ReplaceMembers(ids=())
    ids = member_ids(operation.value, members_max=members_max)
    match operation.op:
        case Op.REPLACE:
            return ReplaceMembers(ids=ids)
        case Op.ADD:
            return AddMembers(ids=ids) if ids else None
        case Op.REMOVE:
            return RemoveMembers(ids=ids) if ids else None


def _chosen_member_change(operation: Operation, filter: Filter, members_max: int) -> GroupChange | None:
    """Members behind a filter. A member has nothing that could change, so it comes, goes, or makes way for another."""
    chosen = _ids_of(filter)
    nothing = is_unassigned(operation.value)
    if operation.op is Op.REMOVE or (operation.op is Op.REPLACE and nothing):
        return RemoveMembersWhere(filter=filter) if chosen is None else RemoveMembers(ids=chosen)
    if nothing:
        return None
    match operation.op, chosen, member_ids(operation.value, members_max=members_max):
        case (Op.REPLACE, (old,), (new,)):
            return ReplaceMember(old=old, new=new)
        case (Op.ADD, (old,), (new,)) if old == new:
            return AddMembers(ids=(new,))
    raise InvalidInput("Members cannot be changed, only added and removed", reason="mutability")


def _ids_of(filter: Filter) -> tuple[str, ...] | None:
    """The ids that `value eq "…" or value eq "…"` lists; None for a filter that asks more."""
    match filter:
        case Comparison(operator=Operator.EQ, key=str(id), attribute=Attribute(name="value")):
            return (id,)
        case Or(parts=parts):
            ids = [_ids_of(part) for part in parts]
            return None if None in ids else tuple(chain.from_iterable(one for one in ids if one))
    return None
