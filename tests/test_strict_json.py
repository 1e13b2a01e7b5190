"""What is taken as JSON, and what is not."""

import contextlib
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.errors import InvalidInput
from tenantry.strict_json import parse

from .bodies import DEPTH_MAX, MALFORMED

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
INTEGERS = st.integers(-(1 << 63), (1 << 63) - 1)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 63) - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda children: st.lists(children) | st.dictionaries(TEXTS, children),
    max_leaves=20,
)


@given(VALUES, st.booleans())
def test_what_was_written_is_read(value: Any, as_ascii: bool) -> None:
    assert parse(json.dumps(value, ensure_ascii=as_ascii).encode(), depth_max=DEPTH_MAX) == value


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_not_sound_json_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse(body, depth_max=DEPTH_MAX)
    assert refusal.value.reason == "invalidSyntax"


def test_the_deepest_body_is_taken() -> None:
    body = b"[" * DEPTH_MAX + b"]" * DEPTH_MAX
    assert parse(body, depth_max=DEPTH_MAX) is not None


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"-9223372036854775808", -(1 << 63)),
        (b"9223372036854775807", (1 << 63) - 1),
        (b'"\\ud83d\\ude00"', "😀"),
        (b'"\\\\u0000"', "\\u0000"),
        (b" [1.5, 1E2] ", [1.5, 100.0]),
        (b"null", None),
    ],
)
def test_what_only_looks_odd_is_taken(body: bytes, value: Any) -> None:
    assert parse(body, depth_max=DEPTH_MAX) == value


@pytest.mark.parametrize(
    "body",
    [
        b"{" + b",".join(b'"%d":1' % number for number in range(90_000)) + b',"7":2}',
        b"[" + b"9" * 1_000_000 + b"]",
        b"[0." + b"1" * 1_000_000 + b"]",
        b'["\\u0041"' + b',""' * 300_000 + b"]",
    ],
    ids=["one name of many twice", "a long integer", "a long fraction", "many strings"],
)
def test_a_body_of_a_mebibyte_is_judged_at_once(body: bytes) -> None:
    started_at = time.perf_counter()
    with contextlib.suppress(InvalidInput):
        parse(body, depth_max=DEPTH_MAX)
    assert time.perf_counter() - started_at < 1
