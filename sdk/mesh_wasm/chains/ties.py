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

from mesh_wasm.findings.finding import Finding
from mesh_wasm.fleet.cluster import Cluster

from ._equals import Equals
from .member import Member, extensions_of
from .tied import Tie, called
from .twins import are_twins

_MOST = 5
"""Rivals that are looked for of one plugin: a thousand equal plugins have half a million pairs, and are one group."""


def _origin(member: Member, fqn: str) -> tuple[str | None, ...]:
    """What a plugin whose name was not known is recognized by when it is entered again."""
    return member.cluster, member.namespace, member.declared_by, fqn


class Ties:
    """All plugins declared so far."""

    def __init__(self) -> None:
        self._places: dict[tuple[Any, ...], Equals] = defaultdict(Equals)
        self._known: set[tuple[Any, ...]] = set()
        self._nameless: set[tuple[str | None, ...]] = set()
        """Those that were entered before their names were known."""
        self._numbers: dict[str, set[int]] = {}
        """The numbers that each extension has, by FQN."""

    def _came_nameless(self, member: Member) -> bool:
        """Whether it was entered before its name was known; its FQN may have become known together with the name."""
        return any(_origin(member, fqn) in self._nameless for fqn in {member.fqn, ""})

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
            if declared.undecided or identity in self._known or (self._nameless and self._came_nameless(member)):
                continue
            self._known.add(identity)
            if not member.named:
                nameless.add(_origin(member, declared.fqn))
            number = member.effective_priority
            equals = self._places[member.cluster, declared.phase, declared.layer, number]
            found += [(member, other) for other in islice(_rivals(member, equals), _MOST)]
            equals.add(member)
            if declared.fqn:
                self._numbers.setdefault(declared.fqn, set()).add(number)
        self._nameless |= nameless
        return [Tie(tuple(pairs)) for pairs in _grouped(found)] if found else []


class Neighbours:
    """Plugins of any priority, by where they run: for whoever asks whether a plugin's place in the order matters at all."""

    def __init__(self, members: Iterable[Member]) -> None:
        self._places: dict[tuple[Any, ...], Equals] = defaultdict(Equals)
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


def _rivals(member: Member, equals: Equals) -> Iterator[Member]:
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
    return called(member), same, member.phase, member.layer, member.effective_priority
