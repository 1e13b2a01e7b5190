"""The one reader of JSON bodies: bounded as they arrive, and nothing in them that two readers may take differently."""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any, NoReturn

from starlette.requests import Request

from .errors import InvalidInput, TooLarge

JSON = dict[str, Any] | list[Any] | str | int | float | bool | None


class UnsupportedEncoding(Exception):  # noqa: N818  # a refusal that only HTTP knows: 415
    """The body is compressed; we take bodies as they are."""


async def read_body(request: Request, *, bytes_max: int) -> bytes:
    """The body of the request, counted while it arrives, so that no more than `bytes_max` is ever held.

    refuses  TooLarge above the limit; UnsupportedEncoding for any Content-Encoding but identity
    """
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("identity", ""):
        raise UnsupportedEncoding("A body is taken without Content-Encoding only")
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > bytes_max:
        raise _too_large(bytes_max)
    body = bytearray()
    async for chunk in request.stream():
        if len(body) + len(chunk) > bytes_max:
            raise _too_large(bytes_max)
        body += chunk
    return bytes(body)


def parse(body: bytes, *, depth_max: int) -> JSON:
    """The value of a JSON text (RFC 8259) that also keeps to I-JSON (RFC 7493 §2) and can be stored on any database.

    refuses  InvalidInput "invalidSyntax" for anything malformed, not UTF-8, empty or with a byte order mark, a name
             twice in one object, NaN or Infinity, integers beyond 64 bits, numbers too large for a double, U+0000 or
             a lone surrogate in any string, and more than `depth_max` objects and arrays inside one another
    """
    try:
        text = body.decode()
        value: JSON = _DECODER.decode(text)
    except UnicodeDecodeError as error:
        raise _malformed(f"it is not UTF-8 at byte {error.start + 1}") from error
    except json.JSONDecodeError as error:
        raise _malformed(f"line {error.lineno} column {error.colno}: {error.msg}") from error
    except RecursionError as error:
        raise _too_deep(depth_max) from error
    # No deeper than it has brackets, and no odd character but by an escape: most bodies need no second look.
    if body.count(b"{") + body.count(b"[") > depth_max:
        _check_depth(value, depth_max)
    if b"\\u" in body:
        _check_strings(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        ((name, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise _malformed(f"the name {_shown(name)} appears twice in one object")
    return members


def _integer(text: str) -> int:
    # Longer is larger, and int() of thousands of digits is slow.
    number = int(text) if len(text) <= len("-9223372036854775808") else 1 << 63
    if not -(1 << 63) <= number < 1 << 63:
        raise _malformed("an integer does not fit into 64 bits")
    return number


def _number(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise _malformed("a number is too large")
    return number


def _constant(name: str) -> NoReturn:
    raise _malformed(f"{name} is not JSON")


def _check_depth(value: JSON, depth_max: int) -> None:
    level = [value]
    for _ in range(depth_max):
        level = [child for node in level for child in _children(node) if isinstance(child, dict | list)]
        if not level:
            return
    raise _too_deep(depth_max)


def _children(node: JSON) -> Iterable[JSON]:
    match node:
        case dict():
            return node.values()
        case list():
            return node
        case _:
            return ()


def _check_strings(value: JSON) -> None:
    rest = [value]
    while rest:
        match rest.pop():
            case str() as text if "\0" in text or not _is_unicode(text):
                raise _malformed(f"{_shown(text)} holds U+0000 or half of a surrogate pair")
            case list() as items:
                rest += items
            case dict() as members:
                rest += members.keys()
                rest += members.values()


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(text: str) -> str:
    return json.dumps(text[:40])


def _malformed(what: str) -> InvalidInput:
    return InvalidInput(f"The body is not acceptable JSON: {what}", reason="invalidSyntax")


def _too_deep(depth_max: int) -> InvalidInput:
    return _malformed(f"more than {depth_max} levels inside one another")


def _too_large(bytes_max: int) -> TooLarge:
    return TooLarge(f"The body is larger than {bytes_max} bytes", limit=bytes_max)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_number, parse_constant=_constant
)
