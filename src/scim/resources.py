"""From rows to the JSON of resources and lists, as text: a stored document is passed on, not parsed and rewritten."""

from collections.abc import Sequence
from datetime import UTC, datetime

import orjson

from ..models.database import Row
from ..services import versions
from ..services.schemas import GROUP

LIST_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
_GROUP_SCHEMAS = orjson.dumps([GROUP.schema.id]).decode()


def user(row: Row, base: str) -> str:
    """A User (RFC 7643 §4.1). `base` is the SCIM base URL; the row has `groups` unless they are left out."""
    # The document starts with `schemas`, is never empty, and holds what is neither a column nor other rows.
    groups = f',"groups":{row["groups"]}' if "groups" in row.keys() else ""  # noqa: SIM118  # a Row is no mapping
    active = "true" if row["active"] else "false"
    meta = _meta(row, "User", f"{base}/Users/")
    return f'{{"id":"{row["id"]}",{row["document"][1:-1]},"active":{active}{groups},{meta}}}'


def group(row: Row, base: str, members: str | None) -> str:
    """A Group (RFC 7643 §4.2). `members` is a JSON array; None leaves them out."""
    external_id = f',"externalId":{_text(row["external_id"])}' if row["external_id"] is not None else ""
    shown = f',"members":{members}' if members is not None else ""
    return (
        f'{{"id":"{row["id"]}","schemas":{_GROUP_SCHEMAS}{external_id},"displayName":{_text(row["display_name"])}'
        f"{shown},{_meta(row, 'Group', f'{base}/Groups/')}}}"
    )


def list_response(shown: Sequence[str], *, total: int, start: int | None = None, next_cursor: str | None = None) -> str:
    """A ListResponse (RFC 7644 §3.4.2): `start` is where a page by index begins, `next_cursor` leads on by cursor."""
    index = f',"startIndex":{start}' if start is not None else ""
    following = f',"nextCursor":"{next_cursor}"' if next_cursor is not None else ""
    return (
        f'{{"schemas":["{LIST_RESPONSE}"],"totalResults":{total}{index},"itemsPerPage":{len(shown)}{following},'
        f'"Resources":[{",".join(shown)}]}}'
    )


def date_time(moment: int) -> str:
    """xsd:dateTime of a moment in microseconds, exact, so that a filter with it meets the same row."""
    seconds, microseconds = divmod(moment, 1_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{microseconds:06d}Z"


def _meta(row: Row, resource_type: str, at: str) -> str:
    version = _text(versions.of(row))
    return (
        f'"meta":{{"resourceType":"{resource_type}","created":"{date_time(row["created_at"])}",'
        f'"lastModified":"{date_time(row["updated_at"])}","location":"{at}{row["id"]}","version":{version}}}'
    )


def _text(text: str) -> str:
    return orjson.dumps(text).decode()
