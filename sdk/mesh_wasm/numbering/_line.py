"""The numbers of one phase and layer, in TSB's order."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from mesh_wasm.values.base import INT32_MAX, INT32_MIN

from ._priorities import spread

Key = tuple[int, str, int]
"""Place in TSB's order: priority negated, FQN, and by how much the number is below the extension's own.

That is 0 for the extension itself; another one is its number on a single target, or a stray's that stands beside it."""


@dataclass(slots=True)
class Line:
    """The extensions of one group in TSB's order."""

    keys: list[Key] = field(default_factory=list)
    numbers: dict[Key, int] = field(default_factory=dict)
    """The number that each has or would get."""
    given: set[Key] = field(default_factory=set)
    """Those whose numbers have been handed out."""
    fresh: list[Key] = field(default_factory=list)
    """Those that have no number yet."""
    shared: Counter[int] = field(default_factory=Counter)
    """How many declare each number."""
    tied: dict[int, list[str]] = field(default_factory=dict)
    """The FQNs that declare each number."""
    strays: dict[Key, Key] = field(default_factory=dict)
    """Where those stand for which there was no room."""
    turned: dict[str, list[str]] = field(default_factory=dict)
    """For each stray: the extensions on whose wrong side it is."""
    held: set[Key] = field(default_factory=set)
    """Those whose numbers a catalogue holds."""

    def add(self, key: Key) -> None:
        """Put in one that gets its number when one is asked for."""
        priority, fqn, _ = key
        self.fresh.append(key)
        self.shared[-priority] += 1
        self.tied.setdefault(-priority, []).append(fqn)

    def pin(self, key: Key, number: int) -> None:
        """Hand out a number that is settled elsewhere, to one that was put in last."""
        self.fresh.remove(key)
        insort(self.keys, key)
        self.numbers[key] = number
        self.given.add(key)
        self.held.add(key)

    def number(self, key: Key) -> int:
        """Hand out the number of one."""
        if self.fresh:
            self._settle()
        key = self.strays.get(key, key)
        self.given.add(key)
        return self.numbers[key]

    def beside(self, key: Key, low: int | None, high: int | None) -> int | None:
        """Hand out one more number to one that has its own: between two of its numbers, above or below one of them.

        None where there is none. There stay numbers free between this and the others, if there is room.
        """
        if key in self.strays:
            return None
        start = end = bisect_left(self.keys, key)
        while start > 0 and self.keys[start - 1][:2] == key[:2]:
            start -= 1
        while end < len(self.keys) and self.keys[end][:2] == key[:2]:
            end += 1
        below, above = self._around(start, end)
        below = max(below, INT32_MIN)
        taken = {self.numbers[one] for one in self.keys[start:end]}
        floor, ceiling = below if low is None else max(low, below), above if high is None else min(high, above)
        if low is None and high is not None:
            floor = max(floor, ceiling - 2 * _GAP)
        elif high is None and low is not None:
            ceiling = min(ceiling, floor + 2 * _GAP)
        number = _nearest((floor + ceiling) // 2, floor, ceiling, taken)
        if number is not None:
            self._give(key, number)
        return number

    def _settle(self) -> None:
        """Number the fresh ones, and anew those beside them that have not been handed out."""
        fresh, self.fresh = sorted(self.fresh), []
        if not self.given:
            self.keys = sorted([*self.keys, *fresh])
            self._fit(0, len(self.keys))
            return
        tied = [key for key in fresh if not self._fits_by_itself(key)]
        while tied:
            start = end = bisect_left(self.keys, tied[0])
            while start > 0 and self.keys[start - 1] not in self.given:
                start -= 1
            while end < len(self.keys) and self.keys[end] not in self.given:
                end += 1
            here = len(tied) if end == len(self.keys) else bisect_left(tied, self.keys[end])
            low, high = self._around(start, end)
            room = high - max(low, INT32_MIN) - 1 - (end - start)
            here = max(1, min(here, room))
            if room > 0:
                self.keys[start:end] = sorted([*self.keys[start:end], *tied[:here]])
                self._fit(start, end + here)
            else:
                self._stray(tied[0])
            del tied[:here]

    def _stray(self, key: Key) -> None:
        """Put one where there is room, past as few others as can be."""
        at = bisect_left(self.keys, key)
        for step in range(1, len(self.keys) + 1):
            for place in (at + step, at - step):
                if not 0 <= place <= len(self.keys):
                    continue
                low, high = self._around(place, place)
                low = max(low, INT32_MIN)
                if high - low <= 1:
                    continue
                down = place > at
                passed = self.keys[at:place] if down else self.keys[place:at]
                number = high - 1 if down else low + 1
                slots = {slot: one for one, slot in self.strays.items()}
                near = {slots.get(one, one): self.numbers[one] for one in [*passed, *slots]}
                turned = [one[1] for one, other in near.items() if (one < key) != (other > number)]
                self.turned[key[1]] = list(dict.fromkeys(turned))
                beside = self.keys[place - 1 if down else place]
                self.given.add(beside)
                self.strays[key] = self._give(beside, number)
                return
        raise AssertionError("there are more extensions than numbers")

    def _around(self, start: int, end: int) -> tuple[int, int]:
        """The numbers between which those of ``keys[start:end]`` have to be."""
        low = self.numbers[self.keys[end]] if end < len(self.keys) else INT32_MIN - 1
        high = self.numbers[self.keys[start - 1]] if start > 0 else INT32_MAX + 1
        return low, high

    def _fit(self, start: int, end: int) -> None:
        """Number ``keys[start:end]`` between their neighbours."""
        low, high = self._around(start, end)
        keys = self.keys[start:end]
        declared = [-key[0] for key in keys]
        if self.held:
            from ._room import Firmness, Wish, roomy  # most programs have no catalogue

            # As the catalogue will have them, once they are put in: then they stay.
            wishes = [Wish(one, Firmness.TIED if self.shared[one] > 1 else Firmness.OWN) for one in declared]
            written = roomy(wishes, max(low, INT32_MIN - (declared[-1:] == [INT32_MIN])), high)
        else:
            written = spread(declared, self.shared, low, high)
        self.numbers.update(zip(keys, written, strict=True))

    def _fits_by_itself(self, key: Key) -> bool:
        """Put in one whose number nobody else declares or has, if it is such a one: no other changes by it."""
        at = bisect_left(self.keys, key)
        low, high = self._around(at, at)
        if self.shared[-key[0]] > 1 or not low < -key[0] < high:
            return False
        self.keys.insert(at, key)
        self.numbers[key] = -key[0]
        return True

    def _give(self, beside: Key, number: int) -> Key:
        """Hand out a number whose place is among those of an extension."""
        priority, fqn, below = beside
        key = priority, fqn, self.numbers[beside] + below - number
        insort(self.keys, key)
        self.numbers[key] = number
        self.given.add(key)
        return key


_GAP = 8
"""Numbers that are left free beside an extension that meets itself, for a third target between two."""


def _nearest(number: int, low: int, high: int, taken: Collection[int]) -> int | None:
    """The nearest number between two that is not taken."""
    for distance in range(len(taken) + 1):
        for candidate in (number - distance, number + distance):
            if low < candidate < high and candidate not in taken:
                return candidate
    return None
