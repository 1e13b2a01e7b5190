"""What a list request asks for (RFC 7644 §3.4.2)."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import InvalidInput
from ..services.filters import Filter
from ..services.schemas import ResourceType
from ..settings import Settings
from . import projection
from .filter import FilterLimits, parse
from .projection import Projection


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """start is 1-based; count is what the answer may have at most."""

    start: int
    count: int
    where: Filter | None
    projection: Projection


def read(parameters: Mapping[str, str], resource_type: ResourceType, settings: Settings) -> Query:
    """refuses   invalidFilter; invalidValue for a startIndex or count that is no integer"""
    where = None
    if (text := parameters.get("filter")) is not None:
        where = parse(text, resource_type, limits=filter_limits(settings))
    count = _integer(parameters, "count", settings.page_size_default)
    return Query(
        start=max(1, _integer(parameters, "startIndex", 1)),
        count=min(max(0, count), settings.page_size_max),
        where=where,
        projection=projection.read(parameters, resource_type),
    )


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
