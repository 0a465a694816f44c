"""Which lists of extensions are in force at a level: its own, or what it inherits (TSB PropagationStrategy).

From the organization down to the security group, a level that has a list replaces as a whole what it would inherit
(REPLACE, TSB's default). Below a level that says STRICTER, what is above stays. TSB does not document how two lists of
extensions combine then: both together is one reading (``stricter="union"``), and it has to be chosen, unless replacing would
come to the same.

Profiles stand between: their defaults are what a level would have without a list of its own, the last attached one
counting; a mandate replaces everything at its level and below, and the first one counts, for nothing can replace it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mesh_wasm.model.target import TargetKind
from mesh_wasm.values.enums import DefaultGateways, StricterLists

from .result import Item


@dataclass(frozen=True, slots=True)
class Choices:
    """What TSB leaves open, and users decide."""

    stricter: StricterLists | None = None
    gateways: DefaultGateways | None = None

    @classmethod
    def of(cls, stricter: str | None = None, gateways: str | None = None) -> Choices:
        """The choices by their names. Raises ValueError for what is none."""
        return cls(StricterLists(stricter) if stricter else None, DefaultGateways(gateways) if gateways else None)


@dataclass(frozen=True, slots=True)
class Attaching:
    """A list of extensions and what it belongs to."""

    kind: TargetKind
    fqn: str
    """FQN of the target: the level itself, or the Profile."""
    items: tuple[Item, ...]

    @property
    def label(self) -> str:
        """In words, for messages."""
        return f"{self.kind} {self.fqn}"


@dataclass(frozen=True, slots=True)
class Level:
    """What one level of the hierarchy says by itself."""

    fqn: str
    own: Attaching | None = None
    """Its own list."""
    defaults: Sequence[Attaching] = ()
    """Those of its Profiles, in the order in which they are attached."""
    mandates: Sequence[Attaching] = ()
    is_stricter: bool = False


@dataclass(frozen=True, slots=True)
class InForce:
    """The lists that are in force at a level."""

    lists: tuple[Attaching, ...] = ()
    """Highest first; several only below STRICTER."""
    replaced: tuple[Attaching, ...] = ()
    """What was set above, and is not in force here; highest first."""
    stricter: str | None = None
    """FQN of the level that says STRICTER."""
    mandate: Attaching | None = None

    @property
    def items(self) -> list[Item]:
        """All attachments that are in force."""
        return [item for one in self.lists for item in one.items]


@dataclass(frozen=True, slots=True)
class Clash:
    """A list that does not simply come into force."""

    own: Attaching
    above: tuple[Attaching, ...]
    mandated: bool = False
    """Whether a mandate replaces it; else it is below STRICTER."""


def descend(above: InForce, level: Level, choices: Choices) -> tuple[InForce, list[Clash]]:
    """What is in force at a level, from what is in force above it."""
    clashes: list[Clash] = []
    own = level.own or next(reversed(level.defaults), None)
    here = replace(above, replaced=(*above.replaced, *(one for one in level.defaults if one is not own)))
    mandate = above.mandate or next(iter(level.mandates), None)
    if own is not None and mandate is None:
        here, clashes = combined(here, own, choices)
    elif mandate is not None and above.mandate is None:
        here = replace(here, lists=(mandate,), replaced=(*here.replaced, *above.lists), mandate=mandate)
    if mandate is not None:
        overruled = [*level.mandates, *level.defaults, *([level.own] if level.own else [])]
        clashes = [Clash(one, (mandate,), mandated=True) for one in overruled if one is not mandate]
        here = replace(here, replaced=(*here.replaced, *(clash.own for clash in clashes if clash.own is level.own)))
    return replace(here, stricter=above.stricter or (level.fqn if level.is_stricter else None)), clashes


def combined(above: InForce, own: Attaching, choices: Choices) -> tuple[InForce, list[Clash]]:
    """What is in force where a list meets those that are inherited."""
    if not above.lists:
        return replace(above, lists=(own,)), []
    if above.stricter is None:
        return replace(above, lists=(own,), replaced=(*above.replaced, *above.lists)), []
    held = above.items
    same = all(any(item.is_like(one) for one in own.items) for item in held)
    clashes = [] if same else [Clash(own, above.lists)]
    there = {item.extension for item in held}
    fresh = tuple(item for item in own.items if item.extension not in there)
    lists = (*above.lists, replace(own, items=fresh)) if fresh else above.lists
    return replace(above, lists=lists), clashes
