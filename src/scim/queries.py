"""What a list request asks for (RFC 7644 §3.4.2)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..errors import InvalidInput
from ..services import sorting
from ..services.index_paging import Wanted
from ..services.schemas import ResourceType
from ..services.sorting import Sort
from ..settings import Settings
from . import projection
from .cursors import Cursors
from .filter import FilterLimits, parse
from .projection import Projection


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which resources, and what of them. `binding` is what a cursor of this query is bound to; None: paged by index."""

    wanted: Wanted
    projection: Projection
    binding: str | None


def read(
    parameters: Mapping[str, str],
    resource_type: ResourceType,
    settings: Settings,
    cursors: Cursors,
    *,
    bound_to: str,
    is_one_of_many: bool = False,
) -> Query:
    """Read a query, paged by index (RFC 7644 §3.4.2.4) or by cursor (RFC 9865).

    bound_to         whose query it is: a cursor works for nobody else
    is_one_of_many   of several types at once, which are paged by index; an attribute this type does not have is one
                     without a value (RFC 7644 §3.4.2.1)
    refuses          invalidFilter; invalidValue for what is no integer, for an unknown order and for two ways of paging
                     at once; invalidCursor, expiredCursor, invalidCount
    """
    where = None
    if (text := parameters.get("filter")) is not None:
        limits = filter_limits(settings)
        where = parse(text, resource_type, limits=limits, unknown_has_no_value=is_one_of_many)
    count = min(max(0, _integer(parameters, "count", settings.page_size_default)), settings.page_size_max)
    wanted = Wanted(
        start=max(1, _integer(parameters, "startIndex", 1)),
        count=count,
        where=where,
        sort=_sort(parameters, resource_type, unknown_has_no_value=is_one_of_many),
    )
    shown = projection.read(parameters, resource_type)
    if (cursor := parameters.get("cursor")) is None:
        return Query(wanted=wanted, projection=shown, binding=None)
    if is_one_of_many:
        raise InvalidInput("A list of several types is paged by index", reason="invalidCursor")
    if "startIndex" in parameters:
        raise InvalidInput("startIndex and cursor are two ways of paging: use one")
    binding = "\n".join((bound_to, resource_type.name, *(parameters.get(name, "") for name in _BINDING)))
    if not cursor:
        return Query(wanted=wanted, projection=shown, binding=binding)
    place = cursors.read(cursor, binding)
    if "count" in parameters and count != place.count:
        raise InvalidInput("The pages of one query are of one count", reason="invalidCount")
    return Query(wanted=replace(wanted, count=place.count, after=place.position), projection=shown, binding=binding)


_BINDING = ("filter", "sortBy", "sortOrder")


def _sort(parameters: Mapping[str, str], resource_type: ResourceType, *, unknown_has_no_value: bool) -> Sort | None:
    way = parameters.get("sortOrder", "ascending").lower()
    if way not in ("ascending", "descending"):
        raise InvalidInput("sortOrder is ascending or descending")
    path = parameters.get("sortBy")
    if not path:
        return None
    if unknown_has_no_value and resource_type.resolve(path) is None:
        return None
    return sorting.read(path, resource_type, descending=way == "descending")


def filter_limits(settings: Settings) -> FilterLimits:
    return FilterLimits(
        chars=settings.filter_chars_max, depth=settings.filter_depth_max, nodes=settings.filter_nodes_max
    )


def _integer(parameters: Mapping[str, str], name: str, default: int) -> int:
    text = parameters.get(name, "").strip()
    if not text:
        return default
    digits = text.removeprefix("-").removeprefix("+")
    # Longer numbers are beyond any list, and beyond what a database takes.
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
        raise InvalidInput(f"{name} must be an integer")
    return int(text)
