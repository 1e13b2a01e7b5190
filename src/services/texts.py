"""What a text may be: names that people read, and the kinds of characters that have no place in one or another."""

import re

from ..errors import InvalidInput

NAME_CHARS_MAX = 250
# The longest text that is indexed; also four bytes a letter fit into one index entry of either database.
KEY_CHARS_MAX = 500
# Kinds of characters, as they stand in the brackets of a regular expression; the OpenAPI document shows them as well.
# A list of our own rather than Unicode categories: what a text may be must not depend on the version of Python.
CONTROLS = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f"
"""Control characters but for tabs and line breaks, which are text."""
UNSHOWN = r"\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069"
"""Control characters, and those that turn the direction of what follows."""
INVISIBLE = (
    r"\u0000-\u001f\u007f-\u009f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f"
    r"\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
)
"""Characters that leave no trace of their own: Unicode's categories Cc, Cf, Zl and Zp."""
SURROGATES = r"\ud800-\udfff"
_REFUSED_IN_NAME = re.compile(f"[{UNSHOWN}{SURROGATES}]")


def name(text: str, *, path: tuple[str, ...] = ()) -> str:
    """The name without surrounding white space.

    refuses   InvalidInput when it is empty, longer than NAME_CHARS_MAX, or holds characters that do not show
    """
    stripped = text.strip()
    if not stripped:
        raise InvalidInput("A name may not be empty", path=path)
    if len(stripped) > NAME_CHARS_MAX:
        raise InvalidInput(f"A name has at most {NAME_CHARS_MAX} characters", reason="tooLong", path=path)
    if _REFUSED_IN_NAME.search(stripped):
        raise InvalidInput("A name may not hold control characters", path=path)
    return stripped


def key(folded: str, *, attribute: str) -> str:
    """The folded text as an index entry; InvalidInput when it is longer than one may be."""
    if len(folded) > KEY_CHARS_MAX:
        raise InvalidInput(f"{attribute} has at most {KEY_CHARS_MAX} characters", path=(attribute,))
    return folded
