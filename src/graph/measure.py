"""How large an operation is, measured before anything else looks at it.

Every fragment is measured once and its numbers are added wherever it is spread, so measuring takes time in proportion
to the document, however often fragments name each other. (Walking a fragment at each spread, as limiters commonly do,
takes 2^n steps for n fragments that spread the next one twice.)
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter

from .directives import Cost, ListSize

MUTATION_COST = 10
# The whole schema is a large answer.
INTROSPECTION_COST = 1_000
# Beyond any limit. Sums stop here, so that numbers stay small whatever is multiplied.
CAP = 1_000_000_000

Variables = Mapping[str, Any]


class Size(NamedTuple):
    """How large a selection is.

    fields   those of its own level
    items    the part of the cost that a connection has once for each of its items
    """

    depth: int = 0
    aliases: int = 0
    directives: int = 0
    fields: int = 0
    cost: int = 0
    items: int = 0
    introspects: bool = False


def measure(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    *,
    variables: Variables | None = None,
    page_size_max: int,
) -> Size:
    """The size of one operation; without the values of its variables each page is taken to be as large as it may be."""
    ruler = _Ruler(schema, document, operation, variables, page_size_max)
    size = ruler.selections(operation.selection_set, schema.get_root_type(operation.operation))
    return size._replace(directives=size.directives + len(operation.directives or ()))


class _Price(NamedTuple):
    """What a field costs: its weight, and how many times what is selected in it."""

    weight: int
    type: GraphQLNamedType | None
    slicing_arguments: tuple[str, ...] = ()
    assumed_size: int = 1
    is_connection: bool = False


class _Ruler:
    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: Variables | None,
        page_size_max: int,
    ) -> None:
        self.schema = schema
        self.prices = _prices(schema)
        self.fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self.measured: dict[str, Size] = {}
        self.variables = variables
        self.page_size_max = page_size_max
        self.defaults = {node.variable.name.value: node.default_value for node in operation.variable_definitions or ()}

    def selections(self, selection_set: SelectionSetNode, parent: GraphQLNamedType | None) -> Size:
        depth = aliases = directives = fields = cost = items = 0
        introspects = False
        for node in selection_set.selections:
            size = self._selection(node, parent)
            depth = max(depth, size.depth)
            aliases = min(aliases + size.aliases, CAP)
            directives = min(directives + size.directives + len(node.directives or ()), CAP)
            fields = min(fields + size.fields, CAP)
            cost = min(cost + size.cost, CAP)
            items = min(items + size.items, CAP)
            introspects = introspects or size.introspects
        return Size(depth, aliases, directives, fields, cost, items, introspects)

    def _selection(self, node: SelectionNode, parent: GraphQLNamedType | None) -> Size:
        match node:
            case FieldNode():
                return self._field(node, parent)
            case InlineFragmentNode():
                condition = node.type_condition
                return self.selections(
                    node.selection_set, self.schema.get_type(condition.name.value) if condition else parent
                )
            case FragmentSpreadNode():
                return self._fragment(node.name.value)
        raise AssertionError(node)

    def _fragment(self, name: str) -> Size:
        if name not in self.measured:
            # What leads back to itself counts as nothing here; validation refuses it.
            self.measured[name] = Size()
            if definition := self.fragments.get(name):
                condition = self.schema.get_type(definition.type_condition.name.value)
                self.measured[name] = self.selections(definition.selection_set, condition)
        return self.measured[name]

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None) -> Size:
        name = node.name.value
        # A field that does not exist is refused by validation; until then it is like a plain one.
        price = self.prices.get((parent.name if parent else "", name)) or _Price(0, parent)
        inner = self.selections(node.selection_set, price.type) if node.selection_set else Size()
        aliased = 1 if node.alias else 0
        if name in ("__schema", "__type"):
            return Size(1, inner.aliases + aliased, inner.directives, 1, INTROSPECTION_COST, introspects=True)
        repeated = inner.items if price.is_connection else inner.cost
        cost = min(price.weight + inner.cost - repeated + self._times(node, price) * repeated, CAP)
        return Size(
            depth=inner.depth + 1,
            aliases=inner.aliases + aliased,
            directives=inner.directives,
            fields=1,
            cost=cost,
            items=cost if name in ("nodes", "edges") else 0,
            introspects=inner.introspects,
        )

    def _times(self, node: FieldNode, price: _Price) -> int:
        """How many items the field may answer with."""
        slicing = [node for node in node.arguments or () if node.name.value in price.slicing_arguments]
        sizes = [self._size(argument.value) for argument in slicing]
        return max((size for size in sizes if size is not None), default=price.assumed_size)

    def _size(self, value: ValueNode | None) -> int | None:
        """What a slicing argument asks for: a number, or as many as it lists. None when it is not given after all."""
        match value:
            case IntValueNode(value=digits):
                return _bounded(int(digits)) if len(digits) <= len(str(CAP)) else CAP
            case ListValueNode(values=values):
                return len(values)
            case VariableNode(name=name):
                return self._variable(name.value)
        return None

    def _variable(self, name: str) -> int | None:
        if self.variables is None:
            return self.page_size_max
        return _size_of(self.variables[name]) if name in self.variables else self._size(self.defaults.get(name))


def _size_of(value: object) -> int | None:
    match value:
        case int():
            return _bounded(value)
        case list():
            return len(value)
    return None


def _bounded(size: int) -> int:
    return min(max(size, 0), CAP)


@lru_cache(maxsize=8)
def _prices(schema: GraphQLSchema) -> dict[tuple[str, str], _Price]:
    """What each field costs: (type, field) -> price."""
    return {
        (owner.name, name): _price(field, is_mutation=owner is schema.mutation_type)
        for owner in schema.type_map.values()
        for name, field in getattr(owner, "fields", {}).items()
        if isinstance(field, GraphQLField)
    }


def _price(field: GraphQLField, *, is_mutation: bool) -> _Price:
    definition = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    directives = definition.directives if definition else ()
    answer = get_named_type(field.type)
    weight = MUTATION_COST if is_mutation else int(is_composite_type(answer))
    weight = next((directive.weight for directive in directives if isinstance(directive, Cost)), weight)
    for directive in directives:
        if isinstance(directive, ListSize):
            is_connection = not is_list_type(get_nullable_type(field.type))
            return _Price(weight, answer, tuple(directive.slicing_arguments), directive.assumed_size, is_connection)
    return _Price(weight, answer)
