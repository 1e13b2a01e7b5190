"""Cursors of RFC 9865: a place in a list, sealed, so that nobody else reads it and no other query uses it."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

import orjson
from cryptography.fernet import Fernet, InvalidToken

from ..errors import InvalidInput
from ..services.sorting import Position


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page goes on, and how many resources its pages have."""

    position: Position
    count: int


class Cursors:
    """Writes and reads cursors.

    secret            any text; cursors of one secret are unknown to another
    timeout_seconds   how long one can be used
    """

    def __init__(self, secret: str, *, timeout_seconds: int) -> None:
        key = hashlib.sha256(b"scim cursor " + secret.encode()).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(key))
        self._timeout_seconds = timeout_seconds

    def write(self, place: Place, query: str) -> str:
        """`query` names everything a cursor is bound to: the workspace, the filter, the order."""
        position = place.position
        sealed = orjson.dumps([_digest(query), position.key, position.id, place.count], default=str)
        # Padding is no unreserved character of a URL (RFC 9865 §2).
        return self._fernet.encrypt(sealed).rstrip(b"=").decode()

    def read(self, cursor: str, query: str) -> Place:
        """refuses   invalidCursor for one that is not ours or of another query; expiredCursor"""
        token = cursor.encode() + b"=" * (-len(cursor) % 4)
        try:
            sealed: list[Any] = orjson.loads(self._fernet.decrypt(token))
            digest, key, id, count = sealed
        except (InvalidToken, ValueError, TypeError) as error:
            raise InvalidInput("This is no cursor of this server", reason="invalidCursor") from error
        if digest != _digest(query):
            raise InvalidInput("This cursor belongs to another query", reason="invalidCursor")
        try:
            self._fernet.decrypt(token, ttl=self._timeout_seconds)
        except InvalidToken as error:
            raise InvalidInput("This cursor has expired: start again", reason="expiredCursor") from error
        return Place(Position(key, id), count)


def _digest(query: str) -> str:
    return hashlib.sha256(query.encode()).hexdigest()
