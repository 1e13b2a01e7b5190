"""Which attributes an answer has: `attributes` and `excludedAttributes` (RFC 7644 §3.9)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from ..errors import InvalidInput
from ..services.schemas import ResourceType

# The parts of a resource by name; an inner mapping is of sub-attributes, or of the attributes of an extension.
Tree = dict[str, "Tree | None"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """What a client asked to see.

    only      nothing but these, and what is always returned; None: everything
    without   all but these, and never without what is always returned
    """

    only: Tree | None = None
    without: Tree | None = None

    @property
    def is_whole(self) -> bool:
        return self.only is None and not self.without

    def shows(self, name: str) -> bool:
        """Whether any part of a top-level attribute is asked for, so that it is worth reading."""
        if self.only is not None:
            return name in self.only
        return not (self.without and name in self.without and self.without[name] is None)

    def asks_for(self, name: str, sub: str) -> bool:
        """Whether a sub-attribute is asked for by its own name, as one that is returned on request has to be."""
        parts = (self.only or {}).get(name)
        return parts is not None and sub in parts

    def apply(self, resource: str) -> str:
        """The resource, in JSON, with what was asked for."""
        if self.is_whole:
            return resource
        shown = _projected(orjson.loads(resource), self)
        return orjson.dumps(shown).decode()

    def apply_to_values(self, name: str, values: str) -> str:
        """Some values of a multi-valued attribute, in JSON without brackets, with what was asked for of each."""
        tree = self.only if self.only is not None else self.without
        if not tree or tree.get(name) is None:
            return values
        shown = _projected({name: orjson.loads(f"[{values}]")}, self)
        return orjson.dumps(shown.get(name, [])).decode()[1:-1]


WHOLE = Projection()


def read(parameters: Mapping[str, str], resource_type: ResourceType) -> Projection:
    """refuses   InvalidInput when both parameters come together, which §3.9 rules out"""
    only, without = parameters.get("attributes"), parameters.get("excludedAttributes")
    if only and without:
        raise InvalidInput("attributes and excludedAttributes cannot come together")
    if only:
        return Projection(only=_tree(only.split(","), resource_type) | {"schemas": None, "id": None})
    if without:
        tree = _tree(without.split(","), resource_type)
        return Projection(without={name: inner for name, inner in tree.items() if name not in ("schemas", "id")})
    return WHOLE


def _tree(paths: Iterable[str], resource_type: ResourceType) -> Tree:
    """The named parts; a name nobody knows does no harm."""
    tree: Tree = {}
    for path in paths:
        target = resource_type.resolve(path.strip())
        if target is None or (target.attribute is None and target.container is None):
            continue
        steps = [target.container, target.attribute and target.attribute.name, target.sub and target.sub.name]
        _add(tree, [step for step in steps if step])
    return tree


def _add(tree: Tree, steps: list[str]) -> None:
    first, *rest = steps
    if not rest:
        tree[first] = None
    elif (inner := tree.setdefault(first, {})) is not None:
        _add(inner, rest)


def _projected(resource: dict[str, Any], projection: Projection) -> dict[str, Any]:
    only, without = projection.only, projection.without or {}
    shown: dict[str, Any] = _without(resource, without) if only is None else _only(resource, only)
    return shown


def _only(value: Any, tree: Tree | None) -> Any:
    if tree is None:
        return value
    if isinstance(value, list):
        return _told(_only(element, tree) for element in value)
    if not isinstance(value, dict):
        return value
    return _assigned(value, {name: _only(inner, tree[name]) for name, inner in value.items() if name in tree})


def _without(value: Any, tree: Tree) -> Any:
    if isinstance(value, list):
        return _told(_without(element, tree) for element in value)
    if not isinstance(value, dict):
        return value
    rest = {
        name: _without(inner, tree[name] or {}) if name in tree else inner
        for name, inner in value.items()
        if name not in tree or tree[name] is not None
    }
    return _assigned(value, rest)


def _told(elements: Iterable[Any]) -> list[Any]:
    return [element for element in elements if element != {}]


def _assigned(whole: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
    """Without what nothing is left of: it would look like an empty value (RFC 7643 §2.5). An empty list that is one
    in the whole resource stays."""
    return {name: part for name, part in parts.items() if part not in ({}, []) or part == whole[name]}
