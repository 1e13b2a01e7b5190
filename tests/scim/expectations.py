"""What a recorded trace expects of an answer: paths into JSON, and matchers for what is found there."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from typing_extensions import TypeIs


class _Missing:
    def __repr__(self) -> str:
        return "nothing"


MISSING: Final = _Missing()
_STEP = re.compile(
    r"""\.?(?: \[(?P<index>\d+)\] | \[(?P<each>\*)\] | \["(?P<quoted>[^"]*)"\]
             | \[(?P<key>[\w$]+)=(?P<value>[^\]]*)\] | (?P<name>[^.\[\]]+) )""",
    re.VERBOSE,
)


def pick(document: Any, path: str) -> Any:
    """What a path leads to, MISSING when it leads nowhere. Behind `[*]` it is the list of all that is found.

    a.b   list[0]   list[*].id   emails[type=work].value   ["urn:x:y"].manager
    """
    found, is_list, position = [document], False, 0
    while position < len(path):
        step = _STEP.match(path, position)
        assert step, f"no path: {path}"
        position = step.end()
        if step["each"]:
            if not all(isinstance(node, list) for node in found):
                return MISSING
            found, is_list = [element for node in found for element in node], True
        else:
            found = [inner for node in found if (inner := _inside(node, step)) is not MISSING]
    return found if is_list else next(iter(found), MISSING)


def mismatch(value: Any, wanted: Any) -> str | None:
    """How a value differs from what is wanted of it: an equal value, or an object of matchers that all hold."""
    if _is_matchers(wanted):
        failed = [f"{name} {argument!r}" for name, argument in wanted.items() if not _holds(name, value, argument)]
    else:
        failed = [] if _same(value, wanted) else [repr(wanted)]
    return f"is {value!r}, wanted {' and '.join(failed)}" if failed else None


def _inside(node: Any, step: re.Match[str]) -> Any:
    match node:
        case list() if step["index"]:
            index = int(step["index"])
            return node[index] if index < len(node) else MISSING
        case list() if step["key"]:
            chosen = (element for element in node if str(element.get(step["key"])) == step["value"])
            return next(chosen, MISSING)
        case dict() if step["name"] or step["quoted"] is not None:
            return node.get(step["name"] or step["quoted"], MISSING)
    return MISSING


def _same(value: Any, wanted: Any) -> bool:
    """Equality in which true is not 1."""
    return bool(value == wanted) and isinstance(value, bool) == isinstance(wanted, bool)


def _within(part: Any, whole: Any) -> bool:
    """Whether they are equal, or everything an object names is so in the other."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(name in whole and _within(value, whole[name]) for name, value in part.items())
    return _same(part, whole)


def _contains(whole: Any, part: Any) -> bool:
    return any(_within(part, element) for element in whole) if isinstance(whole, list) else part in whole


def _is_empty(value: Any) -> bool:
    return value is MISSING or value in (None, "", [], {})


def _is_kind(value: Any, kind: str) -> bool:
    return type(value) in _KINDS[kind]


def _sorted(values: list[Any]) -> list[str]:
    return sorted(map(repr, values))


_KINDS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
_MATCHERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "exists": lambda value, wanted: (value is not MISSING) == wanted,
    "absent_or": lambda value, wanted: _is_empty(value) or mismatch(value, wanted) is None,
    "not": lambda value, unwanted: mismatch(value, unwanted) is not None,
    "not_contains": lambda value, part: value is MISSING or not _contains(value, part),
    "type": lambda value, kinds: any(_is_kind(value, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)),
    "equals": _same,
    "iequals": lambda value, wanted: str(value).lower() == str(wanted).lower(),
    "in": lambda value, choices: any(_same(value, choice) for choice in choices),
    "contains": _contains,
    "contains_all": lambda value, parts: all(_contains(value, part) for part in parts),
    "same_items": lambda value, items: _sorted(value) == _sorted(items),
    "length": lambda value, length: len(value) == length,
    "min_length": lambda value, length: len(value) >= length,
    "max_length": lambda value, length: len(value) <= length,
    "gte": lambda value, bound: bool(value >= bound),
    "lte": lambda value, bound: bool(value <= bound),
    "regex": lambda value, pattern: re.search(pattern, str(value)) is not None,
    "non_empty": lambda value, wanted: _is_empty(value) != wanted,
}
_OF_ABSENT = {"exists", "absent_or", "not", "not_contains"}


def _is_matchers(wanted: Any) -> TypeIs[dict[str, Any]]:
    return isinstance(wanted, dict) and bool(wanted) and wanted.keys() <= _MATCHERS.keys()


def _holds(name: str, value: Any, argument: Any) -> bool:
    return (value is not MISSING or name in _OF_ABSENT) and _MATCHERS[name](value, argument)
