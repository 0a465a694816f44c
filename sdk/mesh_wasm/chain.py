"""The emitted priorities of a chain: one order in every cluster.

TSB runs the plugins of a phase by priority, descending, and breaks ties by FQN. Istio breaks ties by the time of
creation, which differs from cluster to cluster (facts A3.1). So emitted priorities are distinct: declared ones are kept
where they can be, the others move as little as possible, and the declared order is never changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from .model import INT32_MAX, INT32_MIN


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
    """Distinct priorities, in the order of the input, whose descending order is the TSB order of the input.

    Of all such assignments it takes the one that keeps most of the untied priorities, then most of all priorities, and
    then changes the others by the smallest total amount. Raises ``ValueError`` if int32 has not enough room.
    """
    if len(ranked) > INT32_MAX - INT32_MIN:
        raise ValueError("more plugins in one phase than int32 has numbers")
    order = sorted(range(len(ranked)), key=lambda i: ranked[i].key)
    declared = [ranked[i].priority for i in order]
    emitted = _spread(declared)
    result = [0] * len(ranked)
    for place, index in enumerate(order):
        result[index] = emitted[place]
    return result


def _spread(declared: list[int]) -> list[int]:
    """Strictly descending numbers for a descending list: see :func:`emitted_priorities`."""
    if all(a > b for a, b in pairwise(declared)):
        return declared
    kept = _kept(declared)
    emitted = list(declared)
    borders = [(-1, None), *((i, declared[i]) for i in kept), (len(declared), None)]
    for (left, above), (right, below) in pairwise(borders):
        _fill(emitted, declared, left, right, above, below)
    return emitted


def _kept(declared: list[int]) -> list[int]:
    """The places whose priority stays: the heaviest set between whose members there is room for all others."""
    size = len(declared)
    tied = {p for p, q in pairwise(declared) if p == q}
    best: list[tuple[int, int, int]] = []  # (untied kept, all kept, predecessor) of the best set that ends here
    last, weight = -1, (0, 0)
    for i, priority in enumerate(declared):
        own = (0 if priority in tied else 1, 1)
        fits = INT32_MIN + (size - 1 - i) <= priority <= INT32_MAX - i
        here = (own[0], own[1], -1) if fits else (-size, -size, -1)
        for j in range(i if fits else 0):
            if declared[j] - priority >= i - j and best[j][0] >= 0:
                there = (best[j][0] + own[0], best[j][1] + own[1])
                if there > here[:2]:
                    here = (*there, j)
        best.append(here)
        if here[:2] > weight:
            last, weight = i, here[:2]
    kept = []
    while last >= 0:
        kept.append(last)
        last = best[last][2]
    return kept[::-1]


def _fill(emitted: list[int], declared: list[int], left: int, right: int, above: int | None, below: int | None) -> None:
    """Give the places between two kept ones numbers as near as possible to the declared ones."""
    highest = INT32_MAX - left - 1 if above is None else above - 1
    lowest = INT32_MIN + (len(declared) - right) if below is None else below + 1
    ahead = right - left - 1
    for place in range(left + 1, right):
        ahead -= 1  # places still to come between here and the right border; each needs a number of its own
        number = max(min(declared[place], highest), lowest + ahead)
        emitted[place] = number
        highest = number - 1
