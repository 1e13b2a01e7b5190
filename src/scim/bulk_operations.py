"""The operations of a bulk request as they were sent (RFC 7644 §3.7)."""

from dataclasses import dataclass
from typing import Any

from ..errors import InvalidInput, TooLarge
from ..strict_json import JSON
from . import documents
from .bulk_references import references


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation as it was sent, and the bulkIds that its path and its data refer to."""

    method: str
    path: str
    data: JSON
    bulk_id: str | None = None
    version: str | None = None
    references: tuple[str, ...] = ()


def errors_max(sent: Any) -> int | None:
    """What `failOnErrors` asks for: after how many errors to stop; None: never (RFC 7644 §3.7.3)."""
    if sent is None:
        return None
    number = documents.integer(sent)
    if number is None or number < 1:
        raise InvalidInput("failOnErrors must be an integer above 0", reason="invalidSyntax")
    return number


def read(sent: Any, *, operations_max: int) -> list[Operation]:
    """The operations, in the order they were sent.

    refuses   invalidSyntax for what has not their form, and for a bulkId that comes twice; TooLarge
    """
    if not isinstance(sent, list):
        raise InvalidInput("The body must have Operations, an array", reason="invalidSyntax")
    if len(sent) > operations_max:
        raise TooLarge(f"At most {operations_max} operations can be sent at once", limit=operations_max)
    operations = [_operation(one) for one in sent]
    bulk_ids = [operation.bulk_id for operation in operations if operation.bulk_id]
    if len(set(bulk_ids)) < len(bulk_ids):
        raise InvalidInput("Every bulkId must be of one operation alone", reason="invalidSyntax")
    return operations


def _operation(sent: Any) -> Operation:
    if not isinstance(sent, dict):
        raise InvalidInput("Every operation must be an object", reason="invalidSyntax")
    given = {name.lower(): value for name, value in sent.items()}
    method, path, bulk_id, version = (given.get(name) for name in ("method", "path", "bulkid", "version"))
    if not isinstance(method, str) or not isinstance(path, str):
        raise InvalidInput("Every operation must have a method and a path, both text", reason="invalidSyntax")
    if not isinstance(bulk_id, str | None) or not isinstance(version, str | None):
        raise InvalidInput("The bulkId and the version of an operation must be text", reason="invalidSyntax")
    # As in a request of its own, a single slash at the end is nothing.
    path = path.removeprefix("/").removesuffix("/")
    _, _, id = path.partition("/")
    data = given.get("data") if method != "DELETE" else None
    return Operation(
        method=method,
        path=path,
        bulk_id=bulk_id or None,
        version=version,
        data=data,
        references=tuple(dict.fromkeys(references([id, data]))),
    )
