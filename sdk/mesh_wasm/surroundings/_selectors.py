"""Finding the objects whose selector takes some pods: Services, Istio's Gateways, policies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

from .labels import Labels, carries

T = TypeVar("T")


class SelectorIndex(Generic[T]):
    """Items by what they select. Each is kept under one pair of its selector, so that pods ask for their own pairs only."""

    __slots__ = ("_by_pair", "_everything")

    def __init__(self) -> None:
        self._by_pair: dict[tuple[str | None, str, str], list[tuple[Labels, T]]] = defaultdict(list)
        self._everything: dict[str | None, list[T]] = defaultdict(list)

    def add(self, namespace: str | None, selector: Labels | None, item: T) -> None:
        """Put an item in under a namespace of the caller's choice. One whose selector is not known selects nothing here."""
        if selector is None or None in selector.values():
            return
        if not selector:
            self._everything[namespace].append(item)
            return
        key, value = min(selector.items())
        self._by_pair[namespace, key, str(value)].append((selector, item))

    def everything(self, namespace: str | None) -> Iterator[T]:
        """The items of a namespace whose selector is empty."""
        yield from self._everything.get(namespace, ())

    def selecting(self, namespace: str | None, labels: Labels | None) -> Iterator[T]:
        """The items of a namespace with a selector that is not empty and takes pods of these labels, for certain."""
        for key, value in (labels or {}).items():
            for selector, item in self._by_pair.get((namespace, key, value or ""), ()):
                if carries(labels, known(selector)):
                    yield item


def known(selector: Labels) -> Mapping[str, str]:
    """A selector of which everything is known."""
    return {key: value for key, value in selector.items() if value is not None}
