"""Documents on their way to execution: measured, validated, and remembered when they were good."""

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    get_operation_ast,
    specified_rules,
    validate,
)
from strawberry.extensions import SchemaExtension

from ..errors import Unauthenticated
from .context import Context
from .faults import ERRORS_MAX
from .limits import Limits, cost_refusal, refusals
from .measure import Size, Variables, measure

# As an escape; in the open it is no GraphQL and no JSON. No text here may hold it, and PostgreSQL cannot store it.
_NUL = re.compile(r"\\u(?:0000|\{0+\})")
# A parsed document takes up to 280 bytes for each of its characters.
REMEMBERED_CHARS_MAX = 128 * 1024


@dataclass(frozen=True, slots=True)
class Known:
    """A document that is valid and within the limits, and the largest its operations can be."""

    document: DocumentNode
    sizes: dict[str | None, Size]


class Memory:
    """The documents used last, bounded by the length of their texts."""

    def __init__(self, chars_max: int) -> None:
        self.chars_max = chars_max
        self._chars = 0
        self._known: OrderedDict[tuple[str, Limits], Known] = OrderedDict()

    def get(self, text: str, limits: Limits) -> Known | None:
        known = self._known.get((text, limits))
        if known:
            self._known.move_to_end((text, limits))
        return known

    def put(self, text: str, limits: Limits, known: Known) -> None:
        if (text, limits) not in self._known:
            self._known[text, limits] = known
            self._chars += len(text)
        while self._chars > self.chars_max:
            (oldest, _), _ = self._known.popitem(last=False)
            self._chars -= len(oldest)


_memory = Memory(REMEMBERED_CHARS_MAX)


class Documents(SchemaExtension):
    """Parses and validates each document once, and refuses what is over a limit before validation looks at it."""

    known: Known | None = None

    def on_parse(self) -> Iterator[None]:
        execution, limits = self.execution_context, self._context.limits
        text = execution.query or ""
        self.known = _memory.get(text, limits)
        if self.known:
            execution.graphql_document = self.known.document
        elif _NUL.search(text):
            raise GraphQLError("No text may hold U+0000")
        else:
            execution.parse_options["max_tokens"] = limits.tokens
        yield

    def on_validate(self) -> Iterator[None]:
        execution, limits = self.execution_context, self._context.limits
        schema, document = execution.schema._schema, execution.graphql_document
        assert document is not None
        known = self.known or Known(document, _sizes(schema, document, limits))
        errors = [] if self.known else [error for size in known.sizes.values() for error in refusals(size, limits)]
        errors += self._refused_now(known)
        if not errors and not self.known:
            errors = validate(schema, document, specified_rules, max_errors=ERRORS_MAX, hide_suggestions=True)
            if not errors:
                _memory.put(execution.query or "", limits, known)
        execution.pre_execution_errors = errors
        yield

    @property
    def _context(self) -> Context:
        context: Context = self.execution_context.context
        return context

    def _refused_now(self, known: Known) -> Iterator[GraphQLError]:
        """What depends on who asks, and on the values of the variables."""
        execution, limits = self.execution_context, self._context.limits
        # Strawberry would take the first of several; GraphQL (§6.1, GetOperation) takes none.
        operation = get_operation_ast(known.document, self._context.operation_name)
        if operation is None:
            yield GraphQLError("The document has no operation of that name, or several and none was named")
            return
        size = known.sizes[operation.name.value if operation.name else None]
        if size.introspects and self._context.caller is None:
            yield GraphQLError(
                "Introspection takes a token", original_error=Unauthenticated("Introspection takes a token")
            )
        if size.cost > limits.cost:
            size = _size(execution.schema._schema, known.document, operation, limits, execution.variables or {})
            if size.cost > limits.cost:
                yield cost_refusal(size, limits)


def _sizes(schema: GraphQLSchema, document: DocumentNode, limits: Limits) -> dict[str | None, Size]:
    """The size of each operation by its name, as large as its variables could make it."""
    return {
        node.name.value if node.name else None: _size(schema, document, node, limits, None)
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode)
    }


def _size(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    limits: Limits,
    variables: Variables | None,
) -> Size:
    return measure(schema, document, operation, variables=variables, page_size_max=limits.page_size)
