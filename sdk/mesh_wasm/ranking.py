"""The priorities that the extensions of one target get, and what has to be said about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from .deferred import Deferred
from .enums import PluginPhase, PluginType
from .extension import CatalogueEntry
from .finding import Finding, listed
from .priorities import Ranked, emitted_priorities
from .rules import order

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
    for (phase, _), members in groups.items():
        ranked = {place: Ranked(result[place], fqns[place] or "") for place in members}
        early = [place for place in members if place not in as_declared]
        for place, number in zip(early, emitted_priorities([ranked[place] for place in early]), strict=True):
            result[place] = number
        findings += _spread_findings(phase, {place: ranked[place] for place in early}, result)
        if len(early) < len(members):
            findings += _late_findings(phase, ranked, result, as_declared)
    return Ranking(result, findings)


def _group(entry: CatalogueEntry | Deferred, fqn: Any) -> Group | None:
    """What the extension is compared with; None while that, or its place there, is not known."""
    if isinstance(entry, Deferred) or isinstance(entry.priority, Deferred) or isinstance(fqn, Deferred):
        return None
    phase, type_ = entry.phase, entry.type
    if isinstance(phase, Deferred) or isinstance(type_, Deferred):
        return None
    layer = PluginType.NETWORK if type_ is PluginType.NETWORK else PluginType.HTTP
    return phase or PluginPhase.UNSPECIFIED_PHASE, layer


def _spread_findings(phase: str, ranked: dict[int, Ranked], emitted: list[Any]) -> Iterator[Finding]:
    shared: dict[int, list[str]] = defaultdict(list)
    for one in sorted(ranked.values(), key=lambda one: one.key):
        shared[one.priority].append(one.fqn)
    tied = [fqn for fqns in shared.values() if len(fqns) > 1 for fqn in fqns]
    for place, one in ranked.items():
        if emitted[place] == one.priority:
            continue
        change = f"priority {emitted[place]} is written instead of {one.priority}"
        where = ("extensions", place, "extension", "priority")
        if len(shared[one.priority]) > 1:
            others = listed([fqn for fqn in shared[one.priority] if fqn != one.fqn])
            if not others:
                continue  # the same extension twice, which is an error
            why = "so that they run by FQN in every cluster"
            says = f"{one.fqn} shares its priority in phase {phase} with {others}: {change}, {why}."
            yield order.PRIORITY_SPREAD.at(*where, says=says)
        else:
            why = f"ties in phase {phase} ({listed(tied)}) have to be spread, and there is too little room"
            says = f"{change} for {one.fqn}: {why}."
            yield order.PRIORITY_PUSHED.at(*where, says=says)


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
