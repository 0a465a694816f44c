"""Finding label selectors that one pod can satisfy together with another, without comparing each with each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Generic, TypeVar

Labels = tuple[tuple[str, str], ...]
"""Pairs of key and value, sorted."""
T = TypeVar("T")


class LabelIndex(Generic[T]):
    """Items by the labels that they ask for. Two sets of labels are compatible if no key has two values."""

    def __init__(self) -> None:
        self._items: dict[tuple[str, ...], list[tuple[Labels, T]]] = defaultdict(list)
        """By the keys of their labels: real programs use few different sets of keys."""
        self._values: dict[tuple[tuple[str, ...], tuple[str, ...]], dict[Labels, list[T]]] = {}
        """Those of some keys, by the values of some of these keys; made when first asked for."""

    def add(self, labels: Labels, item: T) -> None:
        """Put an item in."""
        keys = tuple(key for key, _ in labels)
        self._items[keys].append((labels, item))
        for (of, shared), found in self._values.items():
            if of == keys:
                found[_only(labels, shared)].append(item)

    def compatible(self, labels: Labels) -> Iterator[T]:
        """The items whose labels one pod could carry together with these."""
        for keys, items in self._items.items():
            shared = tuple(key for key, _ in labels if key in keys)
            found = self._values.get((keys, shared))
            if found is None:
                found = self._values[keys, shared] = defaultdict(list)
                for asked, item in items:
                    found[_only(asked, shared)].append(item)
            yield from found.get(_only(labels, shared), ())


def _only(labels: Labels, keys: tuple[str, ...]) -> Labels:
    return tuple(pair for pair in labels if pair[0] in keys)
