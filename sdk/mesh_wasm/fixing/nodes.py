"""Where in the text of a file a value stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from mesh_wasm.findings.finding import Path


class CannotMend(ValueError):
    """A place that is left to its author; the text is the end of a sentence that begins with the place."""


@dataclass(frozen=True, slots=True)
class Place:
    """A value in a file: the nodes of its parent, its key and itself."""

    parent: yaml.Node
    key: yaml.Node | None
    """None in a list."""
    value: yaml.Node | None
    """None where the key is missing."""


def roots(text: str) -> list[yaml.Node]:
    """The node of each document, empty ones included."""
    loader = yaml.SafeLoader(text)
    found: list[yaml.Node] = []
    try:
        while loader.check_node():
            node = loader.get_node()
            assert node is not None
            found.append(node)
    finally:
        loader.dispose()
    return found


def document_at(root: yaml.Node, line: int) -> yaml.Node:
    """The document itself, or the item of its ``kind: List`` that begins on a line (from 1)."""
    if isinstance(root, yaml.MappingNode):
        entries = {key.value: value for key, value in root.value}
        kind, items = entries.get("kind"), entries.get("items")
        if isinstance(kind, yaml.ScalarNode) and kind.value == "List" and isinstance(items, yaml.SequenceNode):
            for item in items.value:
                if item.start_mark.line + 1 == line:
                    found: yaml.Node = item
                    return found
    return root


def place_of(root: yaml.Node, path: Path) -> Place:
    """What stands at a path. Raises :class:`CannotMend` where the file has it elsewhere, or in several places at once."""
    shared = shared_nodes(root)
    here, place = root, None
    for number, part in enumerate(path):
        if id(here) in shared:
            raise CannotMend("stands behind an anchor, so other places would change with it")
        place = _step(here, part, last=number == len(path) - 1)
        if place.value is not None:
            here = place.value
    if place is None or id(here) in shared:
        raise CannotMend("stands behind an anchor, so other places would change with it")
    return place


def _step(node: yaml.Node, part: str | int, *, last: bool) -> Place:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return Place(node, None, node.value[part])
    if isinstance(node, yaml.MappingNode):
        found = next(((key, value) for key, value in node.value if key.value == part), None)
        if found is not None:
            return Place(node, *found)
        if last and not any(key.value == "<<" for key, _ in node.value):
            return Place(node, None, None)
        raise CannotMend("is not written there itself")
    raise CannotMend("is not written in this form")


def shared_nodes(root: yaml.Node) -> frozenset[int]:
    """The nodes that stand in several places: those that an alias names."""
    counts = Counter(id(node) for node in _all(root, set()))
    return frozenset(key for key, count in counts.items() if count > 1)


def _all(node: yaml.Node, seen: set[int]) -> Iterator[yaml.Node]:
    yield node
    if id(node) in seen or isinstance(node, yaml.ScalarNode):
        return
    seen.add(id(node))
    for one in node.value:
        for inner in one if isinstance(one, tuple) else (one,):
            yield from _all(inner, seen)


def end_of(node: yaml.Node) -> int | None:
    """Where the last character of a value stands; None behind a block of text, which ends where the next value begins."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style:
        last = node.value[-1] if node.value else None
        return end_of(last[1] if isinstance(last, tuple) else last) if last is not None else None
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        return None
    index: int = node.end_mark.index
    return index
