"""What the schema says of its fields besides their types; `limits` counts with the last two."""

import strawberry
from strawberry.schema_directive import Location

from ..services.actor import Permission


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    description=(
        "Documents the permission the caller needs in the workspace."
        " Enforced in the service layer, shown here for readers."
    ),
)
class Requires:
    permission: Permission


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    description=(
        "Static cost of a field (default: object 1, scalar 0, mutation 10); the limiter multiplies by page size."
    ),
)
class Cost:
    weight: int


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    description="Which arguments bound the size of a list, for the static cost estimate.",
)
class ListSize:
    assumed_size: int = 50
    slicing_arguments: list[str]
