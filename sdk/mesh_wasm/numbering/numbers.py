"""The numbers of a whole program: one for each extension, on whatever targets it is, so that any two can meet.

A number that is handed out stays. So extensions that are known by then are numbered together, by the smallest change
(:mod:`._priorities`); one that comes later is put between those that have been handed out, and makes those move that
have not. Where no number is left for it, it is a *stray*: it gets the nearest one that nobody has, on the wrong side of
others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mesh_wasm.values.enums import PluginPhase, PluginType

from ._line import Key, Line

Group = tuple[PluginPhase, PluginType]
"""Phase and layer: plugins of different groups are never compared."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """What decides the place of an extension."""

    group: Group
    priority: int
    fqn: str

    @property
    def key(self) -> Key:
        """Sort key of TSB's order: priority descending, then FQN."""
        return (-self.priority, self.fqn, 0)


@dataclass(frozen=True, slots=True)
class Settled:
    """One extension of a catalogue, and where that says so."""

    place: Ordered
    written: int | None = None
    where: str = ""


class Numbering:
    """Hands out the numbers of one program, or of one set of documents."""

    def __init__(self) -> None:
        self._lines: dict[Group, Line] = {}
        self._known: dict[tuple[Group, str], dict[int, Ordered]] = {}
        """By priority: one program may give an extension two."""
        self._settled: dict[str, Ordered] = {}
        """Those of a catalogue, by FQN."""
        self._apart: dict[tuple[Group, str, str], tuple[int, list[str]]] = {}
        """Numbers of extensions on single targets, by extension and target; with the targets where they meet themselves."""
        self._crowded: dict[tuple[Group, str, str], list[str]] = {}
        """Those for which there was none, so that they have that of all other targets; with the same."""

    def know(self, extensions: Iterable[Ordered]) -> None:
        """Add extensions; those that are known already change nothing."""
        for one in extensions:
            known = self._known.setdefault((one.group, one.fqn), {})
            if one.priority not in known:
                known[one.priority] = one
                self._lines.setdefault(one.group, Line()).add(one.key)

    def settle(self, one: Ordered, number: int | None = None) -> None:
        """Add an extension of a catalogue, with the number that it has there, if it has one.

        Numbers have to descend in TSB's order.
        """
        if one.fqn in self._settled:
            return
        self._settled[one.fqn] = one
        self.know([one])
        if number is not None:
            self._lines[one.group].pin(one.key, number)

    def known(self) -> list[Ordered]:
        """All extensions, each as it is declared; one that is declared in two ways is there twice."""
        return [one for ways in self._known.values() for one in ways.values()]

    def holds(self, group: Group) -> bool:
        """Whether a catalogue holds the number of any extension of a group."""
        return group in self._lines and bool(self._lines[group].held)

    def is_held(self, one: Ordered) -> bool:
        """Whether a catalogue holds the number of an extension."""
        return one.group in self._lines and one.key in self._lines[one.group].held

    def settled(self, fqn: object) -> Ordered | None:
        """The place that a catalogue has for an extension."""
        return self._settled.get(fqn) if isinstance(fqn, str) else None

    def number(self, one: Ordered, target: str = "") -> int:
        """The number of an extension on a target. It must be known."""
        if self._apart and (apart := self._apart.get((one.group, one.fqn, target))):
            return apart[0]
        return self._lines[one.group].number(one.key)

    def declared_alike(self, one: Ordered) -> list[str]:
        """The FQNs of the extensions that declare the same number, itself among them."""
        return self._lines[one.group].tied[one.priority]

    def tied(self, group: Group) -> list[str]:
        """The FQNs of all that declare a number which others declare too, in TSB's order."""
        tied = self._lines[group].tied
        return [fqn for number in sorted(tied, reverse=True) if len(tied[number]) > 1 for fqn in sorted(tied[number])]

    @property
    def has_strays(self) -> bool:
        """Whether there was no room for one."""
        return any(line.turned for line in self._lines.values())

    def turned(self, group: Group, fqn: str) -> list[tuple[str, str]]:
        """For each stray that is on the wrong side of an extension, or is it: the stray and the other one."""
        line = self._lines.get(group)
        if line is None or not line.turned:
            return []
        of_it = [(fqn, other) for other in line.turned.get(fqn, ())]
        return of_it + [(stray, fqn) for stray, others in line.turned.items() if fqn in others]

    def apart(self, one: Ordered, target: str) -> list[str]:
        """The targets because of which an extension has a number of its own on this one."""
        return self._apart.get((one.group, one.fqn, target), (0, []))[1]

    def crowded(self, one: Ordered, target: str) -> list[str]:
        """The targets between whose numbers there was none for an extension on this one."""
        return self._crowded.get((one.group, one.fqn, target), [])

    def part(self, group: Group, fqn: str, target: str, others: Mapping[str, int]) -> bool:
        """Give an extension a number of its own on a target, since it meets itself on others.

        ``others``: its numbers on these, by the FQNs of the targets: by these they run. Returns whether anything is to be
        said of it: where there is no number beside its own, it keeps that.
        """
        known, at = self._known.get((group, fqn), {}), (group, fqn, target)
        if len(known) != 1 or at in self._apart or at in self._crowded:
            return False
        (one,) = known.values()
        if _fits(self.number(one), target, others):
            return False
        own = {there: number for (of, ext, there), (number, _) in self._apart.items() if (of, ext) == at[:2]}
        # Those that it does not meet count too, as long as they leave room: a third target may meet both.
        for numbers in ({**own, **others}, others):
            low = max((number for other, number in numbers.items() if other > target), default=None)
            high = min((number for other, number in numbers.items() if other < target), default=None)
            number = self._lines[group].beside(one.key, low, high)
            if number is not None:
                self._apart[at] = number, sorted(others)
                return True
        self._crowded[at] = sorted(others)
        return True


def _fits(number: int, target: str, others: Mapping[str, int]) -> bool:
    """Whether a target with that number runs by its FQN among others."""
    return all(number < there if target > other else number > there for other, there in others.items())
