"""What a text that people read may be: names of groups, tokens, workspaces."""

import unicodedata

from ..errors import InvalidInput

NAME_CHARS_MAX = 250
# The longest text that is indexed; also four bytes a letter fit into one index entry of either database.
KEY_CHARS_MAX = 500
# Controls, surrogates, unassigned and private characters, and those that turn the direction of what follows.
_REFUSED_CATEGORIES = frozenset({"Cc", "Cs", "Co", "Cn"})
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def name(text: str, *, path: tuple[str, ...] = ()) -> str:
    """The name without surrounding white space.

    refuses   InvalidInput when it is empty, longer than NAME_CHARS_MAX, or holds characters that do not show
    """
    stripped = text.strip()
    if not stripped:
        raise InvalidInput("A name may not be empty", path=path)
    if len(stripped) > NAME_CHARS_MAX:
        raise InvalidInput(f"A name has at most {NAME_CHARS_MAX} characters", reason="tooLong", path=path)
    if any(unicodedata.category(letter) in _REFUSED_CATEGORIES or letter in _BIDI for letter in stripped):
        raise InvalidInput("A name may not hold control characters", path=path)
    return stripped


def key(folded: str, *, attribute: str) -> str:
    """The folded text as an index entry; InvalidInput when it is longer than one may be."""
    if len(folded) > KEY_CHARS_MAX:
        raise InvalidInput(f"{attribute} has at most {KEY_CHARS_MAX} characters", path=(attribute,))
    return folded
