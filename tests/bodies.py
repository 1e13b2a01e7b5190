"""Bodies that no door takes."""

DEPTH_MAX = 64

MALFORMED = {
    "empty": b"",
    "not JSON": b"{schemas",
    "two values": b"{} {}",
    "byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "invalid UTF-8": b'{"a": "\xff"}',
    "overlong UTF-8": b'{"a": "\xc0\x80"}',
    "UTF-8 surrogate": b'{"a": "\xed\xa0\x80"}',
    "name twice": b'{"a": 1, "a": 2}',
    "name twice, deep inside": b'{"a": [{"b": {"c": 1, "d": 2, "c": 3}}]}',
    "name twice by an escape": b'{"a": 1, "\\u0061": 2}',
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": -Infinity}',
    "more than 64 bits": b'{"a": 9223372036854775808}',
    "less than 64 bits": b'{"a": -9223372036854775809}',
    "5,000 digits": b'{"a": ' + b"9" * 5000 + b"}",
    "beyond a double": b'{"a": 1e999}',
    "NUL": b'{"a": "\\u0000"}',
    "raw NUL": b'{"a": "\x00"}',
    "NUL in a name": b'{"a\\u0000": 1}',
    "lone surrogate": b'{"a": "\\ud800"}',
    "lone surrogate in a name": b'{"\\udfff": 1}',
    "surrogates the wrong way round": b'{"a": "\\udc00\\ud800"}',
    "too deep": b'{"a": ' + b"[" * DEPTH_MAX + b"]" * DEPTH_MAX + b"}",
    "far too deep": b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "far too deep and cut off": b'{"a":' * 100_000,
}
