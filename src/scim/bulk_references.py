"""References between the operations of a bulk request, and the order they ask for (RFC 7644 §3.7.2)."""

from collections.abc import Iterator, Mapping, Sequence

from ..strict_json import JSON

PREFIX = "bulkId:"


def references(value: JSON) -> Iterator[str]:
    """The bulkIds that texts anywhere in a value stand for."""
    match value:
        case str() if value.startswith(PREFIX):
            yield value.removeprefix(PREFIX)
        case dict():
            for inner in value.values():
                yield from references(inner)
        case list():
            for inner in value:
                yield from references(inner)


def resolved(value: JSON, ids: Mapping[str, str]) -> JSON:
    """The value with an id for every reference."""
    match value:
        case str() if value.startswith(PREFIX):
            return ids[value.removeprefix(PREFIX)]
        case dict():
            return {name: resolved(inner, ids) for name, inner in value.items()}
        case list():
            return [resolved(inner, ids) for inner in value]
        case _:
            return value


def steps(needs: Sequence[Sequence[int]]) -> list[list[int]]:
    """The order to work in: the one given, except that what is needed comes first. Those of a circle are one step.

    needs   for each operation those it needs, by their place

    These are Tarjan's strongly connected components, found without recursion, for a chain may be as long as a request.
    """
    found: list[list[int]] = []
    number: dict[int, int] = {}
    lowest: dict[int, int] = {}  # the earliest still open that a place leads to
    open_places: list[int] = []
    is_open = set[int]()
    ahead: dict[int, Iterator[int]] = {}
    for start in range(len(needs)):
        path = [start] if start not in number else []
        while path:
            place = path[-1]
            if place not in number:
                number[place] = lowest[place] = len(number)
                open_places.append(place)
                is_open.add(place)
                ahead[place] = iter(needs[place])
            unseen = None
            for need in ahead[place]:
                if need not in number:
                    unseen = need
                    break
                if need in is_open:
                    lowest[place] = min(lowest[place], number[need])
            if unseen is not None:
                path.append(unseen)
                continue
            path.pop()
            if path:
                lowest[path[-1]] = min(lowest[path[-1]], lowest[place])
            if lowest[place] == number[place]:
                cut = open_places.index(place)
                step = sorted(open_places[cut:])
                del open_places[cut:]
                is_open.difference_update(step)
                found.append(step)
    return found
