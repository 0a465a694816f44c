"""Ties across targets: plugins of equal priority that one workload can run, found as the plugins are declared.

Istio orders them by time of creation if they are objects of one namespace. One of the root namespace runs after one of
the workload's own namespace, the same everywhere; that is a finding only where TSB's rule says the opposite.

Finding them takes time in proportion to the plugins: those of one place in the order are looked up by their labels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from mesh_wasm.findings import order
from mesh_wasm.findings.finding import Finding, listed
from mesh_wasm.fleet.istio_version import TRAFFIC_EXTENSION_SINCE, has, turned_round

from ._label_index import LabelIndex, Labels
from .member import Member
from .twins import are_twins
from .workload import WorkloadKind

_MOST = 5
"""Rivals that are named for one plugin: a thousand equal plugins must not make a million findings."""


_NAMESPACE = ""
"""A label that no pod can have; its namespace stands there."""


class _Equals:
    """The plugins of one place in the order, of a whole cluster."""

    __slots__ = ("_on_pods", "_referring")

    def __init__(self) -> None:
        self._on_pods: LabelIndex[Member] = LabelIndex()
        """By labels, with the namespace as one of them; those of the root namespace ask for none."""
        self._referring: dict[str | None, list[Member]] = {}
        """Plugins with targetRefs, or on a Gateway's pods, by namespace."""

    def add(self, member: Member) -> None:
        """Put a plugin in."""
        labels = _pod_labels(member)
        if labels is None:
            self._referring.setdefault(member.namespace, []).append(member)
        else:
            self._on_pods.add(_where(member) + labels, member)

    def candidates(self, member: Member) -> Iterator[Member]:
        """Those that may meet it: the caller has to look closer.

        Of ten thousand namespaces a plugin meets those of its own and of the root namespace, unless it is of the latter.
        """
        namespaces = self._referring if member.from_root else dict.fromkeys((member.namespace, member.root_namespace))
        for namespace in namespaces:
            yield from self._referring.get(namespace, ())
        yield from self._on_pods.compatible(_where(member) + (_pod_labels(member) or ()))


def _where(member: Member) -> Labels:
    return () if member.from_root else ((_NAMESPACE, member.namespace or ""),)


def _origin(member: Member, fqn: str) -> tuple[str | None, ...]:
    """What a plugin whose name was not known is recognized by when it is entered again."""
    return member.cluster, member.namespace, member.declared_by, fqn


def _pod_labels(member: Member) -> Labels | None:
    aims = member.aims or ()
    return aims[0].labels if len(aims) == 1 and aims[0].kind is WorkloadKind.PODS else None


class Ties:
    """All plugins declared so far."""

    def __init__(self) -> None:
        self._places: dict[tuple[Any, ...], _Equals] = defaultdict(_Equals)
        self._known: set[tuple[Any, ...]] = set()
        self._nameless: set[tuple[str | None, ...]] = set()
        """Those that were entered before their names were known."""

    def _came_nameless(self, member: Member) -> bool:
        """Whether it was entered before its name was known; its FQN may have become known together with the name."""
        return bool(self._nameless) and any(_origin(member, fqn) in self._nameless for fqn in {member.fqn, ""})

    def enter(self, members: Iterable[Member]) -> list[Finding]:
        """Add plugins; what they have against those that were added before. Undecided ones can be entered again later."""
        found: dict[tuple[str, str, bool], list[tuple[Member, Member]]] = defaultdict(list)
        nameless: set[tuple[str | None, ...]] = set()
        for member in members:
            declared, identity = member.declared, member.identity
            if declared.undecided or identity in self._known or self._came_nameless(member):
                continue
            self._known.add(identity)
            if not member.named:
                nameless.add(_origin(member, member.fqn))
            equals = self._places[member.cluster, declared.phase, declared.layer, member.effective_priority]
            for other in islice(_rivals(member, equals), _MOST):
                key = (_called(member), _called(other), member.namespace == other.namespace)
                found[key].append((member, other))
            equals.add(member)
        self._nameless |= nameless
        return list(_findings(found))


def tie_findings(members: Iterable[Member]) -> list[Finding]:
    """All ties of a whole program, set of documents or folder of manifests, each told once."""
    return Ties().enter(members)


def _rivals(member: Member, equals: _Equals) -> Iterator[Member]:
    for other in equals.candidates(member):
        same = other.namespace == member.namespace
        if (same or _against_tsb(member, other)) and member.meets(other) and not are_twins(member, other):
            yield other


def _against_tsb(one: Member, other: Member) -> bool:
    """Whether Istio, which runs the own namespace first, does not follow TSB's rule, by which FQNs decide."""
    own, root = (other, one) if one.from_root else (one, other)
    return bool(own.fqn and root.fqn and root.fqn < own.fqn)


def _called(member: Member) -> str:
    """What a user calls the plugin: whatever declares it, and the extension."""
    return f"{member.declared_by} ({member.label})" if member.declared_by else f"{member.namespace}/{member.name}"


def _findings(found: dict[tuple[str, str, bool], list[tuple[Member, Member]]]) -> Iterator[Finding]:
    for (one, other, same_namespace), pairs in found.items():
        member, rival = pairs[0]
        clusters = sorted({pair[0].cluster for pair in pairs})
        # A manifest that is linted without an inventory belongs to a cluster without a name.
        where = f", in cluster{'s' * (len(clusters) > 1)} {listed(clusters)}" if any(clusters) else ""
        number = "no priority" if member.priority is None else f"priority {member.priority}"
        both = f"{one} and {other} both have {number} in phase {member.phase} and can meet on one workload"
        if same_namespace:
            how = "Istio runs them by time of creation"
        else:
            first = rival if member.from_root else member
            how = (
                f"Istio runs {_called(first)} first, as its namespace is the workload's own; by TSB's rule, FQNs decide"
            )
        names = _objects(member, rival)
        yield order.CROSS_TIE.at(
            says=f"{both} ({names}{where}); {how}.",
            cluster=clusters[0] or None if len(clusters) == 1 else None,
        )
        if same_namespace and (turned := [pair for pair in pairs if _turned_round(*pair)]):
            yield _upgrade_tie(*turned[0], sorted({pair[0].cluster for pair in turned}))


def _turned_round(member: Member, rival: Member) -> bool:
    """Whether the upgrade of the cluster's Istio to 1.30 changes the order, if both were created in one second."""
    newer = has(TRAFFIC_EXTENSION_SINCE, member.istio)
    return not newer and member.named and rival.named and turned_round(member.name, rival.name)


def _upgrade_tie(member: Member, rival: Member, clusters: list[str]) -> Finding:
    first, second = sorted((member.name, rival.name))
    where = f"cluster{'s' * (len(clusters) > 1)} {listed(clusters)}" if any(clusters) else "the cluster"
    return order.UPGRADE_TIE.at(
        says=(
            f"WasmPlugins {member.namespace}/{first} and {member.namespace}/{second} tie in phase {member.phase}. If they "
            f"were created in the same second, {first} runs first on the Istio of {where}, and {second} from 1.30 on."
        ),
        cluster=clusters[0] or None if len(clusters) == 1 else None,
    )


def _objects(one: Member, other: Member) -> str:
    if one.kind == other.kind:
        return f"{one.kind}s {one.namespace}/{one.name} and {other.namespace}/{other.name}"
    return f"{one.kind} {one.namespace}/{one.name} and {other.kind} {other.namespace}/{other.name}"
