"""Finding label selectors that one pod can satisfy together with another, without comparing each with each."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter
from typing import Generic, TypeVar

Labels = tuple[tuple[str, str], ...]
"""Pairs of key and value, sorted."""
T = TypeVar("T")


class LabelIndex(Generic[T]):
    """Items by the labels that they ask for. Two sets of labels are compatible if no key has two values."""

    __slots__ = ("_items", "_keys")

    def __init__(self) -> None:
        self._keys: list[tuple[str, ...]] = []
        """The sets of keys that are asked for: real programs use few different ones."""
        self._items: dict[tuple[tuple[str, ...], tuple[str, ...]], dict[Labels, list[T]]] = {}
        """Those of one set of keys, by the values of some of these keys: of all from the start, of others when first asked
        for."""

    def add(self, labels: Labels, item: T) -> None:
        """Put an item in."""
        keys = _keys(labels)
        if (keys, keys) not in self._items:
            self._keys.append(keys)
            self._items[keys, keys] = {}
        for (of, shared), items in self._items.items():
            if of == keys:
                _put(items, _only(labels, shared), [item])

    def compatible(self, labels: Labels) -> Iterator[T]:
        """The items whose labels one pod could carry together with these."""
        own = _keys(labels)
        for keys in self._keys:
            shared = own if own == keys else tuple([key for key in own if key in keys])
            items = self._items.get((keys, shared))
            if items is None:
                items = self._items[keys, shared] = {}
                for asked, several in self._items[keys, keys].items():
                    _put(items, _only(asked, shared), several)
            yield from items.get(labels if shared is own else _only(labels, shared), ())


def _keys(labels: Labels) -> tuple[str, ...]:
    return tuple(map(itemgetter(0), labels))


def _put(items: dict[Labels, list[T]], labels: Labels, several: list[T]) -> None:
    if labels in items:
        items[labels] += several
    else:
        items[labels] = [*several]


def _only(labels: Labels, keys: tuple[str, ...]) -> Labels:
    return labels if len(labels) == len(keys) else tuple(pair for pair in labels if pair[0] in keys)
