"""A catalogue brought up to date: numbers that it holds stay, and extensions that have none get one with room around it.

Where no room is left, as few as can be are moved, and each of them is told.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mesh_wasm.values.base import INT32_MIN

from ._room import Firmness, Wish, roomy
from .catalogue import settle
from .numbers import Group, Numbering, Ordered, Settled


@dataclass(frozen=True, slots=True)
class Change:
    """An extension whose item in the catalogue is another one now."""

    before: Settled | None
    """Its item; None for one that is new."""
    place: Ordered
    written: int
    unheld: int | None = None
    """What is written for one that is new as long as the catalogue does not have it; None where that cannot be said."""

    @property
    def is_new(self) -> bool:
        """Whether it had no number before."""
        return self.before is None or self.before.written is None

    @property
    def is_redeclared(self) -> bool:
        """Whether it declares another priority, phase or type than its item says."""
        return self.before is not None and self.before.place != self.place

    @property
    def is_moved(self) -> bool:
        """Whether it had another number."""
        return self.before is not None and self.before.written not in (None, self.written)


@dataclass(frozen=True, slots=True)
class Holding:
    """A catalogue in which every extension has its number."""

    numbers: Mapping[str, int]
    """By FQN: those of the extensions that are gone, too."""
    changes: tuple[Change, ...]
    """In TSB's order, by phase."""
    gone: tuple[Settled, ...]
    """The items whose extensions nobody declares, in the order of the catalogue."""


def hold(
    catalogue: Iterable[Settled],
    found: Iterable[Ordered],
    *,
    raw: Mapping[Group, Iterable[int]] | None = None,
    seen: Iterable[str] = (),
    as_written: bool = False,
) -> Holding:
    """Give a number to every extension of a catalogue, and to those that were found besides.

    :param catalogue: Its items, of which :func:`.catalogue.contradictions` has nothing to say.
    :param found: The extensions as they are declared now, each once.
    :param raw: The priorities of raw plugins: of a tie, nobody passes one if it can be helped.
    :param seen: FQNs of extensions that exist, whose places are not known.
    :param as_written: Whether those without a number keep what is written for them now, with no room around it.
    """
    items = {one.place.fqn: one for one in catalogue}
    declared = {one.fqn: one for one in found}
    places = {**{fqn: item.place for fqn, item in items.items()}, **declared}
    current = [one for one in items.values() if places[one.place.fqn] == one.place]
    now = _written_now(current, declared.values())
    groups: dict[Group, list[Ordered]] = defaultdict(list)
    for one in places.values():
        groups[one.group].append(one)
    numbers: dict[str, int] = {}
    for group, members in groups.items():
        members.sort(key=lambda one: one.key)
        alike = Counter(one.priority for one in members)
        wishes = [
            _wish(one, items.get(one.fqn), now.get(one.fqn) if as_written else None, alike[one.priority])
            for one in members
        ]
        # The lowest number is only for one that declares it: Istio takes it for unset.
        lowest = INT32_MIN - (INT32_MIN in (members[-1].priority, wishes[-1].number))
        walls = _walls(members, (raw or {}).get(group, ()))
        written = roomy(wishes, lowest, walls=walls)
        numbers |= zip((one.fqn for one in members), written, strict=True)
    changes = []
    for group in sorted(groups):
        for one in groups[group]:
            before, number = items.get(one.fqn), numbers[one.fqn]
            if before is None or (before.place, before.written) != (one, number):
                changes.append(Change(before, one, number, now.get(one.fqn)))
    exists = {*declared, *seen}
    return Holding(numbers, tuple(changes), tuple(one for fqn, one in items.items() if fqn not in exists))


def _wish(one: Ordered, item: Settled | None, now: int | None, alike: int) -> Wish:
    if item is not None and item.written is not None and item.place == one:
        return Wish(item.written, Firmness.HELD)
    if now is not None:
        return Wish(now, Firmness.HELD)
    return Wish(one.priority, Firmness.OWN if alike == 1 else Firmness.TIED)


def _written_now(items: Iterable[Settled], places: Iterable[Ordered]) -> dict[str, int]:
    """The number that is written for each that the catalogue has none for."""
    numbering = Numbering()
    settle(numbering, [one for one in items if one.written is not None])
    rest = [one for one in places if numbering.settled(one.fqn) is None]
    numbering.know(rest)
    return {one.fqn: numbering.number(one) for one in rest}


def _walls(members: Sequence[Ordered], raw: Iterable[int]) -> list[tuple[int, int]]:
    """The priorities of raw plugins that no extension declares, each with the place of the first one after it."""
    keys = [-one.priority for one in members]
    own = set(keys)
    places = ((bisect_left(keys, -number), number) for number in set(raw) if -number not in own)
    return sorted(places, key=lambda wall: (wall[0], -wall[1]))
