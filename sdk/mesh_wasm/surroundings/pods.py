"""Finding workloads by the labels of their pods, without looking at each for each selector."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .labels import carries
from .objects import Pods


@dataclass(frozen=True, slots=True)
class Selected:
    """What a selector takes."""

    sure: tuple[Pods, ...]
    """Workloads whose pods have all the labels, by namespace, name and kind."""
    perhaps: tuple[Pods, ...]
    """Workloads of which not all labels are known yet, and that may be among them."""
    others: int
    """Workloads of the namespace that it does not take."""

    @property
    def is_none(self) -> bool:
        """Whether it takes none of those in sight, for certain."""
        return not self.sure and not self.perhaps


class PodIndex:
    """The workloads of a cluster."""

    __slots__ = ("_answers", "_by_label", "_by_namespace", "_open")

    def __init__(self, workloads: Iterable[Pods]) -> None:
        self._by_namespace: dict[str | None, list[Pods]] = defaultdict(list)
        self._by_label: dict[tuple[str | None, str, str], list[Pods]] = defaultdict(list)
        self._open: dict[str | None, list[Pods]] = defaultdict(list)
        self._answers: dict[tuple[str | None, bool, tuple[tuple[str, str], ...]], Selected] = {}
        for pods in sorted(workloads, key=lambda one: (one.namespace or "", one.name, one.kind)):
            self._by_namespace[pods.namespace].append(pods)
            if pods.labels is None or None in pods.labels.values():
                self._open[pods.namespace].append(pods)
            for key, value in (pods.labels or {}).items():
                if value is not None:
                    self._by_label[pods.namespace, key, value].append(pods)

    def __iter__(self) -> Iterator[Pods]:
        for held in self._by_namespace.values():
            yield from held

    def __len__(self) -> int:
        return sum(map(len, self._by_namespace.values()))

    def within(self, namespace: str | None) -> Sequence[Pods]:
        """The workloads of a namespace; None: those whose manifests name none."""
        return self._by_namespace.get(namespace, ())

    def select(self, namespace: str | None, labels: Mapping[str, str], *, everywhere: bool = False) -> Selected:
        """The workloads that a selector takes. Answers are kept: plugins of one target ask the same.

        :param everywhere: In all namespaces, as from Istio's root namespace.
        """
        key = (namespace, everywhere, tuple(sorted(labels.items())))
        answer = self._answers.get(key)
        if answer is None:
            answer = self._answers[key] = self._select(namespace, labels, everywhere)
        return answer

    def _select(self, namespace: str | None, labels: Mapping[str, str], everywhere: bool) -> Selected:
        sure: list[Pods] = []
        perhaps: list[Pods] = []
        total = 0
        for where in list(self._by_namespace) if everywhere else [namespace]:
            total += len(self._by_namespace.get(where, ()))
            for pods in self._candidates(where, labels):
                fits = carries(pods.labels, labels)
                if fits:
                    sure.append(pods)
                elif fits is None:
                    perhaps.append(pods)
        return Selected(tuple(sure), tuple(perhaps), total - len(sure) - len(perhaps))

    def _candidates(self, namespace: str | None, labels: Mapping[str, str]) -> Iterator[Pods]:
        """Those with the rarest of the labels, and those of which not all labels are known; each once."""
        if not labels:
            yield from self._by_namespace.get(namespace, ())
            return
        lists = [self._by_label.get((namespace, key, value), []) for key, value in labels.items()]
        rarest = min(lists, key=len)
        seen = set(map(id, rarest))
        yield from rarest
        yield from (pods for pods in self._open.get(namespace, ()) if id(pods) not in seen)
