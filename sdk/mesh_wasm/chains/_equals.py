"""The plugins of one place in the order, by the labels that they ask for: who may meet whom, without comparing all."""

from __future__ import annotations

from collections.abc import Iterator

from ._label_index import LabelIndex, Labels
from .member import Member
from .workload import WorkloadKind

_NAMESPACE = ""
"""A label that no pod can have; its namespace stands there."""


class Equals:
    """The plugins of one place in the order, of a whole cluster."""

    __slots__ = ("_on_pods", "_referring")

    def __init__(self) -> None:
        self._on_pods: LabelIndex[Member] = LabelIndex()
        """By labels, with the namespace as one of them; those of the root namespace ask for none."""
        self._referring: dict[str | None, list[Member]] = {}
        """Plugins with targetRefs, or on a Gateway's pods, by namespace."""

    def add(self, member: Member) -> None:
        """Put a plugin in."""
        labels, refers = _asked(member)
        if refers:
            self._referring.setdefault(member.namespace, []).append(member)
        else:
            self._on_pods.add(labels, member)

    def candidates(self, member: Member) -> Iterator[Member]:
        """Those that may meet it: the caller has to look closer.

        Of ten thousand namespaces a plugin meets those of its own and of the root namespace, unless it is of the latter.
        """
        own, root = member.namespace, member.root_namespace
        if self._referring:
            for namespace in self._referring if own == root else dict.fromkeys((own, root)):
                yield from self._referring.get(namespace, ())
        yield from self._on_pods.compatible(_asked(member)[0])


def _asked(member: Member) -> tuple[Labels, bool]:
    """The labels of the pods that it is aimed at, their namespace among them; and whether it names them otherwise."""
    aims, namespace = member.aims or (), member.namespace
    where: Labels = () if namespace == member.root_namespace else ((_NAMESPACE, namespace or ""),)
    if len(aims) != 1 or aims[0].kind is not WorkloadKind.PODS:
        return where, True
    return where + aims[0].labels, False
