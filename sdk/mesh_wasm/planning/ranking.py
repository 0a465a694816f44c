"""The priorities that the extensions of one target get, and what has to be said about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from mesh_wasm.findings import order
from mesh_wasm.findings.finding import Finding, listed
from mesh_wasm.model.extension import CatalogueEntry
from mesh_wasm.values.deferred import Deferred
from mesh_wasm.values.enums import PluginPhase, PluginType

from ._priorities import Ranked, emitted_priorities

DEFAULT_PRIORITY = 0
"""TSB's priority where none is declared."""

Group = tuple[str, str]
"""Phase and layer: plugins of different groups are never compared."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """The priority of each extension of a target, in order of the target's list."""

    priorities: list[Any]
    """Emitted where all that decides the place is known; else as declared, and possibly deferred."""
    findings: list[Finding]


def declared_priority(entry: CatalogueEntry) -> Any:
    """The priority as declared, or TSB's default."""
    return DEFAULT_PRIORITY if entry.priority is None else entry.priority


def undecided(entries: Sequence[CatalogueEntry | Deferred], fqns: Sequence[Any]) -> frozenset[int]:
    """The places of those whose phase, layer, priority or FQN is not known yet: they are registered as declared."""
    pairs = zip(entries, fqns, strict=True)
    return frozenset(place for place, (entry, fqn) in enumerate(pairs) if _group(entry, fqn) is None)


def rank(
    entries: Sequence[CatalogueEntry | Deferred], fqns: Sequence[Any], as_declared: Collection[int] = ()
) -> Ranking:
    """Spread ties among the known ones.

    ``as_declared`` names the places that were undecided when the plugins were registered: they keep what is declared,
    and once it is known, what contradicts TSB's order is a finding.
    """
    result: list[Any] = [None if isinstance(entry, Deferred) else declared_priority(entry) for entry in entries]
    findings: list[Finding] = []
    groups: dict[Group, list[int]] = defaultdict(list)
    for place, entry in enumerate(entries):
        group = _group(entry, fqns[place])
        if group is not None:
            groups[group].append(place)
    spread: list[_Spread] = []
    for (phase, _), members in groups.items():
        ranked = {place: Ranked(result[place], fqns[place] or "") for place in members}
        early = [place for place in members if place not in as_declared]
        for place, number in zip(early, emitted_priorities([ranked[place] for place in early]), strict=True):
            result[place] = number
        tied, pushed = _changes(phase, {place: ranked[place] for place in early}, result)
        spread += tied
        findings += pushed
        if len(early) < len(members):
            findings += _late_findings(phase, ranked, result, as_declared)
    return Ranking(result, [*_spread_findings(spread), *findings])


def _group(entry: CatalogueEntry | Deferred, fqn: Any) -> Group | None:
    """What the extension is compared with; None while that, or its place there, is not known."""
    if isinstance(entry, Deferred) or isinstance(entry.priority, Deferred) or isinstance(fqn, Deferred):
        return None
    phase, type_ = entry.phase, entry.type
    if isinstance(phase, Deferred) or isinstance(type_, Deferred):
        return None
    layer = PluginType.NETWORK if type_ is PluginType.NETWORK else PluginType.HTTP
    return phase or PluginPhase.UNSPECIFIED_PHASE, layer


@dataclass(frozen=True, slots=True)
class _Spread:
    """A priority that is written because of a tie."""

    place: int
    fqn: str
    written: int
    declared: int
    others: list[str]
    """The FQNs that share the declared one."""
    phase: str


def _changes(phase: str, ranked: dict[int, Ranked], emitted: list[Any]) -> tuple[list[_Spread], list[Finding]]:
    """What is written otherwise than declared in one group: of those that tie, and of those that make room for them."""
    shared: dict[int, list[str]] = defaultdict(list)
    for one in sorted(ranked.values(), key=lambda one: one.key):
        shared[one.priority].append(one.fqn)
    tied = [fqn for fqns in shared.values() if len(fqns) > 1 for fqn in fqns]
    spread: list[_Spread] = []
    pushed: list[Finding] = []
    for place, one in ranked.items():
        written = emitted[place]
        if written == one.priority:
            continue
        if len(shared[one.priority]) > 1:
            others = [fqn for fqn in shared[one.priority] if fqn != one.fqn]
            if others:  # else it is the same extension twice, which is an error
                spread.append(_Spread(place, one.fqn, written, one.priority, others, phase))
        else:
            why = f"ties in phase {phase} ({listed(tied)}) have to be spread, and there is too little room"
            says = f"priority {written} is written instead of {one.priority} for {one.fqn}: {why}."
            pushed.append(order.PRIORITY_PUSHED.at("extensions", place, "extension", "priority", says=says))
    return spread, pushed


def _spread_findings(spread: list[_Spread]) -> Iterator[Finding]:
    """One word for the whole target, however many of its extensions tie."""
    if len(spread) == 1:
        (one,) = spread
        says = (
            f"{one.fqn} shares its priority in phase {one.phase} with {listed(one.others)}: priority {one.written} is "
            f"written instead of {one.declared}, so that they run by FQN in every cluster."
        )
        yield order.PRIORITY_SPREAD.at("extensions", one.place, "extension", "priority", says=says)
    elif spread:
        changes = [f"{one.written} instead of {one.declared} for {one.fqn}" for one in spread]
        says = (
            "some share their priority. So that these run by FQN in every cluster, other numbers are written: "
            f"{listed(changes, most=_SHOWN)}."
        )
        yield order.PRIORITY_SPREAD.at("extensions", says=says)


_SHOWN = 8  # changes in one sentence; `mesh-wasm explain` shows the number of every plugin


def _late_findings(
    phase: str, ranked: dict[int, Ranked], written: list[Any], late: Collection[int]
) -> Iterator[Finding]:
    """For each one that was not known in time: where the written order is not TSB's."""
    against: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for one, other in combinations(sorted(ranked, key=lambda place: ranked[place].key), 2):
        if written[one] <= written[other] and (one in late or other in late):
            against[one if one in late else other].append((one, other))
    for place, pairs in against.items():
        one, other = pairs[0]
        beside = other if place == one else one
        how = "as is" if written[one] == written[other] else f"but {written[beside]} is written for"
        more = f" {len(pairs) - 1} more contradict TSB's order." if len(pairs) > 1 else ""
        says = (
            f"{ranked[place].fqn} is written with priority {written[place]} in phase {phase}, {how} "
            f"{ranked[beside].fqn}; TSB runs {ranked[one].fqn} first.{more}"
        )
        yield order.LATE_TIE.at("extensions", place, "extension", "priority", says=says)
