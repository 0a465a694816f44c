"""Ties across targets: plugins of equal priority that one workload can run, found as the plugins are declared.

Istio orders them by time of creation if they are objects of one namespace. One of the root namespace runs after one of
the workload's own namespace, the same everywhere; that is a finding only where TSB's rule says the opposite.

Finding them takes time in proportion to the plugins: those of one place in the order are looked up by their labels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from mesh_wasm.findings import order
from mesh_wasm.findings.finding import Finding, listed
from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.fleet.istio_version import TRAFFIC_EXTENSION_SINCE, has, turned_round

from ._label_index import LabelIndex, Labels
from .member import Member, extensions_of
from .twins import are_twins
from .workload import WorkloadKind

_MOST = 5
"""Rivals that are looked for of one plugin: a thousand equal plugins have half a million pairs, and are one group."""
_NAMED = 30
"""Plugins of a group that are named."""


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
        self._numbers: dict[str, set[int]] = {}
        """The numbers that each extension has, by FQN."""

    def _came_nameless(self, member: Member) -> bool:
        """Whether it was entered before its name was known; its FQN may have become known together with the name."""
        return bool(self._nameless) and any(_origin(member, fqn) in self._nameless for fqn in {member.fqn, ""})

    def has(self, fqn: str) -> bool:
        """Whether a plugin of that extension was added."""
        return bool(fqn) and fqn in self._numbers

    def beside(self, member: Member, fqn: str) -> Iterator[Member]:
        """The plugins of an extension that were added before and that one workload can run beside this one."""
        declared = member.declared
        if declared.undecided:
            return
        for number in self._numbers.get(fqn, ()):
            equals = self._places.get((member.cluster, declared.phase, declared.layer, number))
            for other in () if equals is None else equals.candidates(member):
                if other.fqn == fqn and other.identity != member.identity and member.meets(other):
                    yield other

    def know(self, clusters: Iterable[Cluster]) -> None:
        """Add what else stands in the order of some clusters: their TrafficExtensions. Nothing is said of these."""
        for cluster in clusters:
            self.enter(extensions_of(cluster))

    def enter(self, members: Iterable[Member]) -> list[Finding]:
        """Add plugins; what they have against those that were added before. Undecided ones can be entered again later."""
        return [finding for tie in self.groups(members) for finding in tie.findings]

    def groups(self, members: Iterable[Member]) -> list[Tie]:
        """Add plugins; the groups that they are tied in, with each other and with those that were added before."""
        found: list[tuple[Member, Member]] = []
        nameless: set[tuple[str | None, ...]] = set()
        for member in members:
            declared, identity = member.declared, member.identity
            if declared.undecided or identity in self._known or self._came_nameless(member):
                continue
            self._known.add(identity)
            if not member.named:
                nameless.add(_origin(member, member.fqn))
            equals = self._places[member.cluster, declared.phase, declared.layer, member.effective_priority]
            found += ((member, other) for other in islice(_rivals(member, equals), _MOST))
            equals.add(member)
            if member.fqn:
                self._numbers.setdefault(member.fqn, set()).add(member.effective_priority)
        self._nameless |= nameless
        return [Tie(tuple(pairs)) for pairs in _grouped(found)] if found else []


@dataclass(frozen=True, slots=True)
class Tie:
    """Plugins of equal priority, each of which can meet another one of them on some workload."""

    pairs: tuple[tuple[Member, Member], ...]
    """Who meets whom, the later one first; of a large group only so many as hold it together."""

    @property
    def members(self) -> list[Member]:
        """The plugins, the latest first; one for each cluster that it is in."""
        return list({id(member): member for pair in reversed(self.pairs) for member in pair}.values())

    @property
    def findings(self) -> list[Finding]:
        """What is to be said of them."""
        return list(_findings(self.pairs))


class Neighbours:
    """Plugins of any priority, by where they run: for whoever asks whether a plugin's place in the order matters at all."""

    def __init__(self, members: Iterable[Member]) -> None:
        self._places: dict[tuple[Any, ...], _Equals] = defaultdict(_Equals)
        for member in members:
            if not member.declared.undecided:
                self._places[member.cluster, member.phase, member.layer].add(member)

    def of(self, member: Member) -> Member | None:
        """Another plugin of the same phase that one workload can run besides; None where there is none in sight."""
        around = self._places[member.cluster, member.phase, member.layer].candidates(member)
        return next((other for other in around if other.identity != member.identity and member.meets(other)), None)


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


def _grouped(pairs: list[tuple[Member, Member]]) -> Iterator[list[tuple[Member, Member]]]:
    """Pairs that hang together, the same plugins of several clusters among them."""
    parent: dict[tuple[Any, ...], tuple[Any, ...]] = {}

    def root(node: tuple[Any, ...]) -> tuple[Any, ...]:
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for one, other in pairs:
        parent[root(_node(one, other))] = root(_node(other, one))
    groups: dict[tuple[Any, ...], list[tuple[Member, Member]]] = defaultdict(list)
    for one, other in pairs:
        groups[root(_node(one, other))].append((one, other))
    yield from groups.values()


def _node(member: Member, other: Member) -> tuple[Any, ...]:
    """A plugin, whatever its cluster, in one place of the order; ties across namespaces are of another kind."""
    same = member.namespace == other.namespace
    return _called(member), same, member.phase, member.layer, member.effective_priority


def place_of(member: Member) -> str:
    """``namespace/name``; the name alone where the manifest names no namespace."""
    return f"{member.namespace}/{member.name}" if member.namespace else member.name


def _called(member: Member) -> str:
    """What a user calls the plugin: whatever declares it, and the extension."""
    return f"{member.declared_by} ({member.label})" if member.declared_by else place_of(member)


def _findings(pairs: tuple[tuple[Member, Member], ...]) -> Iterator[Finding]:
    member, rival = pairs[0]
    same_namespace = member.namespace == rival.namespace
    clusters = sorted({pair[0].cluster for pair in pairs})
    # A manifest that is linted without an inventory belongs to a cluster without a name.
    where = f"in cluster{'s' * (len(clusters) > 1)} {listed(clusters)}" if any(clusters) else ""
    number = "no priority" if member.priority is None else f"priority {member.priority}"
    plugins = [one for pair in _latest_first(pairs) for one in pair]
    names = list(dict.fromkeys(map(_called, plugins)))
    told_already = list(dict.fromkeys(map(place_of, plugins))) == names and _is_one_kind(pairs)
    objects = "" if told_already else _objects(plugins)
    more = ", ".join(part for part in (objects, where) if part)
    many = len(names) > _PAIR
    meet = "each of them can meet another one" if many else "can meet"
    told = f"{_all(names)} {'all' if many else 'both'} have {number} in phase {member.phase} and {meet} on one workload"
    if same_namespace:
        how = "Istio runs them by time of creation"
    elif many:
        how = "Istio runs those of the workload's own namespace first; by TSB's rule, FQNs decide"
    else:
        first = rival if member.from_root else member
        how = f"Istio runs {_called(first)} first, as its namespace is the workload's own; by TSB's rule, FQNs decide"
    yield order.CROSS_TIE.at(
        says=f"{told}{f' ({more})' if more else ''}; {how}.",
        fix=_FIX_MANY if many else None,
        cluster=clusters[0] or None if len(clusters) == 1 else None,
    )
    if same_namespace and (turned := [pair for pair in pairs if _turned_round(*pair)]):
        yield _upgrade_tie(*turned[0], sorted({pair[0].cluster for pair in turned}))


_PAIR = 2
_FIX_MANY = "Give them different priorities."


def _latest_first(pairs: tuple[tuple[Member, Member], ...]) -> Iterator[tuple[Member, Member]]:
    return reversed(pairs) if len(pairs) > 1 and len({_called(pair[0]) for pair in pairs}) > 1 else iter(pairs)


def _all(names: list[str]) -> str:
    """All names of a sentence, up to thirty."""
    if len(names) > _NAMED:
        return listed(names, _NAMED)
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def _turned_round(member: Member, rival: Member) -> bool:
    """Whether the upgrade of the cluster's Istio to 1.30 changes the order, if both were created in one second."""
    newer = has(TRAFFIC_EXTENSION_SINCE, member.istio)
    return not newer and member.named and rival.named and turned_round(member.name, rival.name)


def _upgrade_tie(member: Member, rival: Member, clusters: list[str]) -> Finding:
    one, other = sorted((member, rival), key=lambda plugin: plugin.name)
    first, second = one.name, other.name
    where = f"cluster{'s' * (len(clusters) > 1)} {listed(clusters)}" if any(clusters) else "the cluster"
    return order.UPGRADE_TIE.at(
        says=(
            f"WasmPlugins {place_of(one)} and {place_of(other)} tie in phase {member.phase}. If they "
            f"were created in the same second, {first} runs first on the Istio of {where}, and {second} from 1.30 on."
        ),
        cluster=clusters[0] or None if len(clusters) == 1 else None,
    )


def _objects(members: Iterable[Member]) -> str:
    """The objects in words, by kind: ``WasmPlugins a/b and a/c``, ``WasmPlugin a/b and TrafficExtension a/c``."""
    by_kind: dict[str, dict[str, None]] = {}
    for member in members:
        by_kind.setdefault(str(member.kind), {})[place_of(member)] = None
    parts = [f"{kind}{'s' * (len(places) > 1)} {_all(list(places))}" for kind, places in by_kind.items()]
    return " and ".join(parts)


def _is_one_kind(pairs: tuple[tuple[Member, Member], ...]) -> bool:
    return len({member.kind for pair in pairs for member in pair}) == 1
