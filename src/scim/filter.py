"""Filters and PATCH paths as text (RFC 7644 §3.4.2.2 and §3.5.2): read, resolved against a resource type, or refused.

    filter     = and *("or" and)            and  = factor *("and" factor)
    factor     = ["not"] "(" filter ")" / attribute condition / attribute "[" filter "]" ["." name condition]
    condition  = "pr" / operator value      path = attribute / attribute "[" filter "]" ["." name]

Names, operators and logic words have no letter case; `true`, `false`, `null`, text and numbers are JSON. White space
may be longer than one space, and may stand around brackets. A refusal says where the text went wrong, and why.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import orjson

from ..errors import InvalidInput, Reason
from ..services import filters
from ..services.filters import And, Filter, Not, Operator, Or, ValuePath
from ..services.schemas import ResourceType, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterLimits:
    """How much a filter may ask. `depth`: brackets inside brackets; `nodes`: terms, and the words that join them."""

    chars: int = 4096
    depth: int = 32
    nodes: int = 200


DEFAULT_LIMITS = FilterLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """Where a PATCH operation applies; `filter` chooses among the values of a multi-valued attribute."""

    target: Target
    filter: Filter | None = None


def parse(
    text: str,
    resource_type: ResourceType,
    *,
    limits: FilterLimits = DEFAULT_LIMITS,
    unknown_has_no_value: bool = False,
) -> Filter:
    """The tree of a filter; InvalidInput `invalidFilter` when it is none, or asks what cannot be told.

    unknown_has_no_value   an attribute the type does not have is no mistake but one without a value, as a query over
                           several types takes it (RFC 7644 §3.4.2.1)
    """
    parser = _Parser(text, resource_type, limits, reason="invalidFilter", unknown_has_no_value=unknown_has_no_value)
    return parser.filter()


def parse_path(text: str, resource_type: ResourceType, *, limits: FilterLimits = DEFAULT_LIMITS) -> Path:
    """Where a path leads; InvalidInput `invalidPath`, or `invalidFilter` for what stands in its brackets."""
    return _Parser(text, resource_type, limits, reason="invalidPath").path()


# RFC 7643 §2.1, with the URN that may stand before and the sub-attribute that may follow.
_SUB_NAME = re.compile(r"\.[a-z$][\w$-]*", re.ASCII | re.IGNORECASE)
_NAME = re.compile(rf"(urn:[^\s:]+(:[^\s:]+)*:)?[a-z$][\w$-]*({_SUB_NAME.pattern})?", re.ASCII | re.IGNORECASE)

_Scope = Callable[[str], Target | None]
"""What a name means here: at the top, or inside the brackets of an attribute."""

# A word and a text do not touch: `eq"x"` and `"x"and` are refused. Nothing here can backtrack.
_TOKEN = re.compile(
    r"""[ \t\r\n]*+ (?: (?P<bracket> [()\[\]] )
                      | (?P<text> "(?: [^"\\] | \\. )*+" ) (?! [^ \t\r\n()\[\]] )
                      | (?P<word> [^ \t\r\n()\[\]"]++ ) (?! " )
                      | (?P<end> \Z ) )""",
    re.DOTALL | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int


class _Parser:
    """Recursive descent with one token of look-ahead; `limits.depth` bounds the recursion."""

    def __init__(
        self,
        text: str,
        resource_type: ResourceType,
        limits: FilterLimits,
        *,
        reason: Reason,
        unknown_has_no_value: bool = False,
    ) -> None:
        if len(text) > limits.chars:
            raise InvalidInput(f"Longer than {limits.chars} characters", reason=reason)
        self._text = text
        self._top: _Scope = resource_type.resolve
        self._limits = limits
        self._reason = reason
        self._unknown_has_no_value = unknown_has_no_value
        self._depth = 0
        self._nodes = 0
        self._next = self._read(0)

    def filter(self) -> Filter:
        tree = self._or(self._top)
        self._take("end", '"and", "or" or the end')
        return tree

    def path(self) -> Path:
        name = self._take("word", "an attribute")
        path = Path(target=self._resolved(name, self._top))
        if self._at("["):
            chosen, sub = self._brackets(name, path.target)
            path = Path(target=replace(path.target, sub=sub.attribute if sub else None), filter=chosen)
        self._take("end", "the end of the path")
        return path

    def _or(self, scope: _Scope) -> Filter:
        parts = [self._and(scope)]
        while self._at("or"):
            self._count(self._advance())
            parts.append(self._and(scope))
        return Or(tuple(parts)) if parts[1:] else parts[0]

    def _and(self, scope: _Scope) -> Filter:
        parts = [self._factor(scope)]
        while self._at("and"):
            self._count(self._advance())
            parts.append(self._factor(scope))
        return And(tuple(parts)) if parts[1:] else parts[0]

    def _factor(self, scope: _Scope) -> Filter:
        if self._at("("):
            return self._enclosed(scope, ")")
        name = self._take("word", "an attribute")
        self._count(name)
        if name.text.lower() == "not":
            if not self._at("("):
                raise self._unexpected(self._next, '"(" after "not"')
            return Not(self._enclosed(scope, ")"))
        target = None if self._is_missing(name, scope) else self._resolved(name, scope)
        if not self._at("["):
            return self._condition(name, target)
        if scope != self._top:
            raise self._unexpected(self._next, "no brackets inside brackets")
        if target is None:
            return self._brackets_of_missing(name)
        chosen, sub = self._brackets(name, target)
        if sub:
            chosen = And((chosen, self._condition(name, sub)))
        return ValuePath(target=target, filter=chosen)

    def _condition(self, name: _Token, target: Target | None) -> Filter:
        word = self._take("word", "an operator")
        if word.text.lower() == "pr":
            return filters.present(target) if target else filters.NOTHING
        try:
            operator = Operator(word.text.lower())
        except ValueError:
            raise self._unexpected(word, f"pr, {', '.join(Operator)}") from None
        value = self._value()
        try:
            return filters.compare(target, operator, value) if target else filters.compare_missing(operator, value)
        except ValueError as error:
            raise self._refusal(name, str(error)) from None

    def _value(self) -> Any:
        token = self._advance()
        try:
            value = orjson.loads(token.text)
        except orjson.JSONDecodeError:
            raise self._unexpected(token, "text in double quotes, a number, true, false or null") from None
        if isinstance(value, str) and "\0" in value:
            raise self._unexpected(token, "text without NUL")
        return value

    def _enclosed(self, scope: _Scope, closing: str) -> Filter:
        opening = self._advance()
        self._depth += 1
        if self._depth > self._limits.depth:
            raise self._unexpected(opening, f"at most {self._limits.depth} brackets inside each other")
        tree = self._or(scope)
        if not self._at(closing):
            raise self._unexpected(self._next, f'"and", "or" or "{closing}"')
        self._advance()
        self._depth -= 1
        return tree

    def _brackets(self, name: _Token, target: Target) -> tuple[Filter, Target | None]:
        """What stands in the brackets, and the sub-attribute that a dot behind them leads to."""
        values = target.leaf
        if not (values and values.multi_valued):
            raise self._unexpected(name, "an attribute with many values before brackets")
        inside: _Scope = partial(filters.element, values)
        outside, self._reason = self._reason, "invalidFilter"
        chosen = self._enclosed(inside, "]")
        self._reason = outside
        if not (values.sub_attributes and self._next.kind == "word" and self._next.text.startswith(".")):
            return chosen, None
        dotted = self._advance()
        return chosen, self._resolved(replace(dotted, text=dotted.text[1:], start=dotted.start + 1), inside)

    def _brackets_of_missing(self, name: _Token) -> Filter:
        """Read for their form alone: none of no values fulfils anything."""
        self._enclosed(_nowhere, "]")
        if self._next.kind == "word" and _SUB_NAME.fullmatch(self._next.text):
            self._advance()
            self._condition(name, None)
        return filters.NOTHING

    def _is_missing(self, name: _Token, scope: _Scope) -> bool:
        return self._unknown_has_no_value and _NAME.fullmatch(name.text) is not None and scope(name.text) is None

    def _resolved(self, name: _Token, scope: _Scope) -> Target:
        target = scope(name.text)
        in_filter = self._reason == "invalidFilter"
        if not target or (in_filter and not target.attribute):
            raise self._refusal(name, f"there is no attribute {_shown(name)}")
        if in_filter:
            try:
                filters.refuse_hidden(target)
            except ValueError as error:
                raise self._refusal(name, str(error)) from None
        return target

    def _read(self, position: int) -> _Token:
        found = _TOKEN.match(self._text, position)
        if not (found and found.lastgroup):
            rest = self._text[position:].lstrip(" \t\r\n")
            odd = _Token("odd", rest, len(self._text) - len(rest))
            raise self._unexpected(odd, "a text between double quotes, apart from other words")
        return _Token(found.lastgroup, found[found.lastgroup], found.start(found.lastgroup))

    def _advance(self) -> _Token:
        token = self._next
        if token.kind != "end":
            self._next = self._read(token.start + len(token.text))
        return token

    def _at(self, text: str) -> bool:
        return self._next.kind != "text" and self._next.text.lower() == text

    def _take(self, kind: str, expected: str) -> _Token:
        if self._next.kind != kind:
            raise self._unexpected(self._next, expected)
        return self._advance()

    def _count(self, token: _Token) -> None:
        self._nodes += 1
        if self._nodes > self._limits.nodes:
            raise self._unexpected(token, f"at most {self._limits.nodes} terms")

    def _unexpected(self, token: _Token, expected: str) -> InvalidInput:
        return self._refusal(token, f"expected {expected}, found {_shown(token)}")

    def _refusal(self, token: _Token, why: str) -> InvalidInput:
        return InvalidInput(f"At character {token.start + 1}: {why}", reason=self._reason)


def _nowhere(name: str) -> Target | None:
    """The scope of an attribute that is not there."""
    return None


def _shown(token: _Token) -> str:
    if token.kind == "end":
        return "the end"
    return token.text if len(token.text) <= 40 else f"{token.text[:40]}…"
