"""The priorities that the extensions of one target get, and what has to be said about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from typing import Any

from mesh_wasm.findings import order
from mesh_wasm.findings.finding import Finding, listed
from mesh_wasm.model.extension import CatalogueEntry
from mesh_wasm.numbering.numbers import Numbering, Ordered
from mesh_wasm.values.deferred import Deferred
from mesh_wasm.values.enums import PluginPhase, PluginType

DEFAULT_PRIORITY = 0
"""TSB's priority where none is declared."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """The priority of each extension of a target, in order of the target's list."""

    priorities: list[Any]
    """Emitted where all that decides the place is known; else as declared, and possibly deferred."""
    findings: list[Finding]


def declared_priority(entry: CatalogueEntry) -> Any:
    """The priority as declared, or TSB's default."""
    return DEFAULT_PRIORITY if entry.priority is None else entry.priority


def ordered(entry: CatalogueEntry | Deferred, fqn: Any) -> Ordered | None:
    """What decides the extension's place; None while any of it is not known."""
    if isinstance(entry, Deferred) or isinstance(entry.priority, Deferred) or isinstance(fqn, Deferred):
        return None
    phase, type_ = entry.phase, entry.type
    if isinstance(phase, Deferred) or isinstance(type_, Deferred):
        return None
    layer = PluginType.NETWORK if type_ is PluginType.NETWORK else PluginType.HTTP
    return Ordered((phase or PluginPhase.UNSPECIFIED_PHASE, layer), declared_priority(entry), fqn or "")


def undecided(
    entries: Sequence[CatalogueEntry | Deferred], fqns: Sequence[Any], numbering: Numbering | None = None
) -> frozenset[int]:
    """The places of those whose phase, layer, priority or FQN is not known yet: they are registered as declared.

    What a catalogue says of an extension is known, if the FQN is.
    """
    numbering = numbering or Numbering()
    pairs = zip(entries, fqns, strict=True)
    return frozenset(
        place for place, (entry, fqn) in enumerate(pairs) if not (ordered(entry, fqn) or numbering.settled(fqn))
    )


def rank(
    entries: Sequence[CatalogueEntry | Deferred],
    fqns: Sequence[Any],
    as_declared: Collection[int] = (),
    numbering: Numbering | None = None,
    target: Any = "",
) -> Ranking:
    """The numbers of those that are known.

    ``as_declared`` names the places that were undecided when the plugins were registered: they keep what is declared,
    and once it is known, what contradicts TSB's order is a finding.
    ``numbering`` hands out the numbers of all targets together; by default these extensions are all that there are.
    ``target``: FQN of the target.
    """
    numbering = Numbering() if numbering is None else numbering
    result: list[Any] = [None if isinstance(entry, Deferred) else declared_priority(entry) for entry in entries]
    places: dict[int, Ordered] = {}
    findings: list[Finding] = []
    for place, entry in enumerate(entries):
        declared, settled = ordered(entry, fqns[place]), numbering.settled(fqns[place])
        if declared is not None and settled is not None and declared != settled:
            findings.append(catalogue_finding(declared, settled).under("extensions", place, "extension"))
        elif one := settled or declared:
            places[place] = one
    early = {place: one for place, one in places.items() if place not in as_declared}
    numbering.know(early.values())
    where = target if isinstance(target, str) else ""
    for place, one in early.items():
        result[place] = numbering.number(one, where)
    spread, pushed = _changes(early, result, numbering, where)
    findings += [*_spread_findings(spread), *pushed, *_not_held(early, result, numbering)]
    if len(early) < len(places):
        for group in dict.fromkeys(one.group for one in places.values()):
            late = {place: one for place, one in places.items() if one.group == group}
            findings += _late_findings(group[0], late, result, as_declared)
    return Ranking(result, findings)


def catalogue_finding(declared: Ordered, settled: Ordered) -> Finding:
    """The finding about an extension that a catalogue has otherwise."""
    said = f"{_said(declared)}, and the catalogue says {_said(settled)}"
    says = f"{declared.fqn} has {said}: by one of them it would run elsewhere."
    return order.CATALOGUE_DIFFERS.at(says=says)


def _said(one: Ordered) -> str:
    phase, layer = one.group
    return f"priority {one.priority} in phase {phase}{' (NETWORK)' if layer is PluginType.NETWORK else ''}"


@dataclass(frozen=True, slots=True)
class _Spread:
    """A priority that is written because of a tie."""

    place: int
    fqn: str
    written: int
    declared: int
    others: list[str]
    """The FQNs that share the declared one, as far as they are shown."""
    unnamed: int
    """How many more there are."""
    phase: str
    held: bool
    """Whether a catalogue holds numbers of its phase: then the number stays, or something else is said."""


def _changes(
    places: Mapping[int, Ordered], written: Sequence[Any], numbering: Numbering, target: str
) -> tuple[list[_Spread], list[Finding]]:
    """What is written otherwise than declared: of those that tie, and of those that make room for others."""
    spread: list[_Spread] = []
    pushed: list[Finding] = []
    for place, one in places.items():
        number, phase = written[place], one.group[0]
        if met := numbering.apart(one, target):
            says = (
                f"{one.fqn} runs on some workload from {listed(met)} too: priority {number} is written here instead of "
                f"{numbering.number(one)}, so that they run by target in every cluster."
            )
            pushed.append(order.MEETS_ITSELF.at("extensions", place, "extension", says=says))
            continue
        if met := numbering.crowded(one, target):
            says = (
                f"{one.fqn} runs on some workload from {listed(met)} too, and no number is left for it between theirs: "
                f"priority {number} is written, and the order of the two is not that of their targets."
            )
            pushed.append(order.NO_NUMBER_LEFT.at("extensions", place, "extension", says=says, fix=_ROOM))
        if number == one.priority:
            continue
        alike = numbering.declared_alike(one)
        if len(alike) > 1:
            others = sorted(islice((fqn for fqn in alike if fqn != one.fqn), _NAMED))
            more, held = len(alike) - 1 - len(others), numbering.holds(one.group)
            spread.append(_Spread(place, one.fqn, number, one.priority, others, more, phase, held))
        else:
            tied = listed(numbering.tied(one.group))
            why = f"ties in phase {phase} ({tied}) have to be spread, and there is too little room"
            says = f"priority {number} is written instead of {one.priority} for {one.fqn}: {why}."
            pushed.append(order.PRIORITY_PUSHED.at("extensions", place, "extension", "priority", says=says))
    return spread, pushed


def _spread_findings(spread: list[_Spread]) -> Iterator[Finding]:
    """One word for the whole target, however many of its extensions tie."""
    held = all(one.held for one in spread)
    stay, fix = ("", None) if held else (_MAY_MOVE, _HOLD)
    if len(spread) == 1:
        (one,) = spread
        says = (
            f"{one.fqn} shares its priority in phase {one.phase} with {', '.join(one.others)}"
            f"{f' and {one.unnamed} more' if one.unnamed else ''}: priority {one.written} is "
            f"written instead of {one.declared}, so that they run by FQN in every cluster.{stay}"
        )
        yield order.PRIORITY_SPREAD.at("extensions", one.place, "extension", "priority", says=says, fix=fix)
    elif spread:
        changes = [f"{one.written} instead of {one.declared} for {one.fqn}" for one in spread]
        says = (
            "some share their priority. So that these run by FQN in every cluster, other numbers are written: "
            f"{listed(changes, most=_SHOWN)}.{stay}"
        )
        yield order.PRIORITY_SPREAD.at("extensions", says=says, fix=fix)


def _not_held(places: Mapping[int, Ordered], written: Sequence[Any], numbering: Numbering) -> Iterator[Finding]:
    """The extensions that a catalogue has forgotten, which holds the numbers of others."""
    for place, one in places.items():
        if numbering.holds(one.group) and not numbering.is_held(one):
            says = (
                f"the catalogue holds the numbers of others, and none for {one.fqn}: priority {written[place]} is written, "
                f"and a later run may write another one."
            )
            yield order.NOT_HELD.at("extensions", place, "extension", says=says)


_MAY_MOVE = " An extension that is added among them later can move these numbers."
_HOLD = "Give them different priorities, or hold the numbers: mesh-wasm catalogue (docs/order.md)."
_NAMED = 3
_ROOM = "Leave room around its priority: declare priorities in steps of twenty."
_SHOWN = 8  # changes in one sentence; `mesh-wasm explain` shows the number of every plugin


def _late_findings(
    phase: str, ranked: Mapping[int, Ordered], written: list[Any], late: Collection[int]
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
