"""Emitted priorities: one order in every cluster.

TSB runs the plugins of a phase by priority, descending, and breaks ties by FQN. Istio breaks ties by the time of
creation, which differs from cluster to cluster. So the emitted priorities of a phase are distinct, their
order is TSB's, and what is not tied keeps its number wherever there is room.

How: number + place is a plugin's *lane*. Numbers descend strictly exactly if lanes never rise, so this is an isotonic
fit of the declared lanes, with a price on every plugin that leaves its own. It falls apart into clumps, runs of plugins
that can touch one another; a plugin far from every tie is a clump of its own and never moves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from mesh_wasm.values.base import INT32_MAX, INT32_MIN

_MOVED = 1 << 80
"""Price of a plugin that changes its number: more than any sum of distances."""
_UNTIED_MOVED = 1 << 120
"""Price of one that changes it although nobody shares it: more than any number of tied ones."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """What decides a plugin's place within a phase."""

    priority: int
    fqn: str

    @property
    def key(self) -> tuple[int, str]:
        """Sort key of the TSB order: priority descending, then FQN ascending."""
        return (-self.priority, self.fqn)


def emitted_priorities(ranked: Sequence[Ranked]) -> list[int]:
    """Distinct int32 priorities, in the order of the input, whose descending order is the TSB order of the input.

    Of all such assignments it takes the one that moves the fewest untied plugins, then the fewest plugins, then by the
    smallest total distance; among equals the one whose last plugin is lowest, then the one before it, and so on. So a
    new plugin changes no other, if its number is neither declared by another nor emitted for one.

    Nothing is moved to the lowest int32: Istio takes that for an unset priority. Time grows linearly with the plugins,
    but with the square of a clump in which ties press against other numbers.
    """
    order = sorted(range(len(ranked)), key=lambda index: ranked[index].key)
    emitted = [0] * len(ranked)
    for index, number in zip(order, spread([ranked[index].priority for index in order]), strict=True):
        emitted[index] = number
    return emitted


def spread(
    declared: list[int],
    shared: Mapping[int, int] | None = None,
    above: int = INT32_MIN - 1,
    below: int = INT32_MAX + 1,
) -> list[int]:
    """Strictly descending numbers for numbers that descend or repeat: see :func:`emitted_priorities`.

    :param declared: The declared numbers in TSB's order.
    :param shared: How many declare each number, where others than these do too.
    :param above: All numbers are above it. The lowest int32 is only for one that declares it.
    :param below: All numbers are below it. There must be as many between the two as are wanted.
    """
    shared = Counter(declared) if shared is None else shared
    lowest = max(above, INT32_MIN) + 1
    if above < INT32_MIN and INT32_MIN in declared[-1:]:
        lowest = INT32_MIN
    if not declared or (len(set(declared)) == len(declared) and declared[0] < below and declared[-1] >= lowest):
        return declared
    lanes = [number + place for place, number in enumerate(declared)]
    bounds = (lowest + len(lanes) - 1, below - 1)
    fitted: list[int] = []
    for start, end in _clumps(lanes):
        clump = lanes[start:end]
        if end - start == 1 or declared[start] == declared[end - 1]:
            fitted += [_within(bounds, clump[(len(clump) - 1) // 2])] * len(clump)  # tied as one: around the middle
        else:
            prices = [_UNTIED_MOVED if shared[number] == 1 else _MOVED for number in declared[start:end]]
            fitted += _fit(clump, prices, bounds)
    return [lane - place for place, lane in enumerate(fitted)]


def _within(bounds: tuple[int, int], lane: int) -> int:
    return max(bounds[0], min(bounds[1], lane))


def _clumps(lanes: list[int]) -> Iterator[tuple[int, int]]:
    """Runs that can be solved apart: no lane of an earlier run is below one of a later run."""
    lowest_before = list(accumulate(lanes, min))
    highest_after = list(accumulate(reversed(lanes), max))[::-1]
    start = 0
    for place in range(1, len(lanes)):
        if lowest_before[place - 1] >= highest_after[place]:
            yield start, place
            start = place
    yield start, len(lanes)


def _fit(lanes: list[int], prices: list[int], bounds: tuple[int, int]) -> list[int]:
    """The cheapest lanes that never rise. An optimum needs no lanes but those of its members (moved into the bounds)."""
    choices = sorted({_within(bounds, lane) for lane in lanes})
    best = [0] * len(
        choices
    )  # per choice: the cheapest way for all before, whose last takes this choice or a higher one
    came_from: list[list[int]] = []
    for lane, price in zip(lanes, prices, strict=True):
        costs = [
            before if choice == lane else before + price + abs(choice - lane)
            for before, choice in zip(best, choices, strict=True)
        ]
        origin = [0] * len(choices)
        cheapest = len(choices) - 1
        for at in range(len(choices) - 1, -1, -1):
            if costs[at] <= costs[cheapest]:
                cheapest = at
            best[at], origin[at] = costs[cheapest], cheapest
        came_from.append(origin)
    fitted = []
    at = 0
    for origin in reversed(came_from):
        at = origin[at]
        fitted.append(choices[at])
    return fitted[::-1]
