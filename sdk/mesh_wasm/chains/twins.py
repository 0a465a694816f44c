"""Twins: a WasmPlugin and a TrafficExtension of one name in one namespace. Both run, on the same requests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from mesh_wasm.findings import kinds
from mesh_wasm.findings.finding import Finding, listed

from .member import Member


class Twins:
    """All plugins declared so far, by what they are called."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str | None, str], Member] = {}

    def enter(self, members: Iterable[Member]) -> list[Finding]:
        """Add plugins; a finding for each that is the twin of one that was added before, and can meet it."""
        found: dict[tuple[str | None, str], list[tuple[Member, Member]]] = defaultdict(list)
        for member in members:
            other = self._first.setdefault((member.cluster, member.namespace, member.name), member)
            if other is member or member.declared.undecided or other.declared.undecided or not member.named:
                continue  # the first of its name, as nearly all are, or one of which too little is known
            if are_twins(member, other) and member.layer is other.layer and member.meets(other):
                found[member.namespace, member.name].append((member, other))
        return list(_findings(found))


def are_twins(one: Member, other: Member) -> bool:
    """Whether the two are called the same, and are of two kinds."""
    return one.kind != other.kind and (one.namespace, one.name) == (other.namespace, other.name)


def _findings(found: dict[tuple[str | None, str], list[tuple[Member, Member]]]) -> Iterator[Finding]:
    for (namespace, name), pairs in found.items():
        clusters = sorted({member.cluster for member, _ in pairs})
        where = f" of cluster{'s' * (len(clusters) > 1)} {listed(clusters)}" if any(clusters) else ""
        other = pairs[0][1]
        by = f", declared by {other.declared_by}" if other.declared_by else ""
        place = f"namespace {namespace}" if namespace else "the same namespace"
        says = f"{place}{where} has a {other.kind} {name} too{by}: both run."
        yield kinds.BOTH_KINDS.at(says=says, cluster=clusters[0] or None if len(clusters) == 1 else None)
