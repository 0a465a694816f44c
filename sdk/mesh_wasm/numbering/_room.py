"""Numbers with room between them, for those that a catalogue is to hold: whoever is added later fits in.

Those that hold a number keep it, as many as can. Between two of them the others stand a step apart, as near as can be to
what they declare; where there is less room than that, evenly.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from mesh_wasm.values.base import INT32_MAX, INT32_MIN

STEP = 20
"""Numbers from one tied extension to the next, where there is room."""


class Firmness(IntEnum):
    """Who keeps its number before whom, where not all of them can."""

    HELD = 0
    """A catalogue has it."""
    OWN = 1
    """Nobody else declares it."""
    TIED = 2
    """Others declare it, too: only something to be near to."""


@dataclass(frozen=True, slots=True)
class Wish:
    """The number that an extension holds or declares."""

    number: int
    firmness: Firmness


def roomy(
    wishes: Sequence[Wish],
    above: int = INT32_MIN,
    below: int = INT32_MAX + 1,
    walls: Sequence[tuple[int, int]] = (),
) -> list[int]:
    """Strictly descending numbers for extensions in TSB's order. Time grows with n log n.

    :param above: All numbers are above it. There must be as many between the two as are wanted.
    :param below: All numbers are below it.
    :param walls: Numbers of others, each with the place of the first extension that runs after it; in that order. None that
        ties passes one, where there is room on its side.
    """
    numbers = [wish.number for wish in wishes]
    for start, end, low, high in _gaps(wishes, 0, len(wishes), above, below, Firmness.HELD):
        here = [wall for wall in walls if start <= wall[0] <= end]
        for first, last, bottom, top in _between_walls(here, start, end, low, high):
            numbers[first:last] = _apart([wish.number for wish in wishes[first:last]], bottom, top)
    return numbers


_Gap = tuple[int, int, int, int]
"""Extensions from one place up to another, between a number below and one above."""


def _gaps(wishes: Sequence[Wish], start: int, end: int, low: int, high: int, firmness: int) -> Iterator[_Gap]:
    """Those that only want to be near their number, between those that keep it."""
    if start == end:
        return
    if firmness == Firmness.TIED:
        yield start, end, low, high
        return
    for place in (*_kept(wishes, start, end, low, high, firmness), end):
        number = wishes[place].number if place < end else low
        yield from _gaps(wishes, start, place, number, high, firmness + 1)
        start, high = place + 1, number


def _kept(wishes: Sequence[Wish], start: int, end: int, low: int, high: int, firmness: int) -> list[int]:
    """The most of one firmness that can keep their numbers, with one free for each that stands between two.

    Two can exactly if number + place does not rise from one to the next: so this is a longest sequence that never rises.
    """
    tails: list[int] = []
    ends: list[int] = []
    before: dict[int, int | None] = {}
    for place in range(start, end):
        number = wishes[place].number
        if wishes[place].firmness != firmness or not low + (end - place) <= number <= high - 1 - (place - start):
            continue
        length = bisect_right(tails, -(number + place))
        tails[length : length + 1], ends[length : length + 1] = [-(number + place)], [place]
        before[place] = ends[length - 1] if length else None
    found: list[int] = []
    place_of: int | None = ends[-1] if ends else None
    while place_of is not None:
        found.append(place_of)
        place_of = before[place_of]
    return found[::-1]


def _between_walls(walls: Sequence[tuple[int, int]], start: int, end: int, low: int, high: int) -> Iterator[_Gap]:
    for place, number in walls:
        if low < number < high and number - low > end - place and high - number > place - start:
            yield start, place, number, high
            start, high = place, number
    yield start, end, low, high


def _apart(wanted: Sequence[int], low: int, high: int) -> list[int]:
    """Numbers between two, a step apart, near the wanted ones; whoever wants one outside goes into the middle."""
    many = len(wanted)
    step = min(STEP, (high - low) // (many + 1)) or 1
    # number + step * place is what must not rise.
    lowest, highest = low + 1 + step * (many - 1), high - 1
    lanes: list[int] = []
    for pool in _pools([number + step * place for place, number in enumerate(wanted)]):
        lane = _middle(pool)
        if not lowest <= lane <= highest:
            inside = pool[bisect_left(pool, lowest) : bisect_right(pool, highest)]
            # One of them keeps its number; else all of them stand as far from the end as from each other.
            lane = inside[0 if lane < lowest else -1] if inside else low + step * many if lane < lowest else high - step
        lanes += [lane] * len(pool)
    fitted = (lane for pool in _pools(lanes) for lane in [_middle(pool)] * len(pool))
    return [lane - step * place for place, lane in enumerate(fitted)]


def _pools(lanes: Iterable[int]) -> list[list[int]]:
    """Runs of lanes that rise, sorted: if each takes its lower middle, those are the nearest lanes that never rise."""
    pools: list[list[int]] = []
    for lane in lanes:
        pool = [lane]
        while pools and _middle(pools[-1]) < _middle(pool):
            pool, smaller = sorted((pools.pop(), pool), key=len, reverse=True)
            for one in smaller:
                insort(pool, one)
        pools.append(pool)
    return pools


def _middle(pool: Sequence[int]) -> int:
    return pool[(len(pool) - 1) // 2]
