"""What the benchmark tells: one comparison or one figure per line of its table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    Ratios are of samples that were taken one right after the other, so that a machine that is busy for a while weighs
    on both sides.
    """

    section: str
    name: str
    size: str
    """How much of it, in words: ``1,000 plugins``."""
    unit: str
    ours: tuple[float, ...]
    """The samples of mesh-wasm, in ``unit``."""
    base: tuple[float, ...] = ()
    """The samples of what it is compared with; empty: the figure stands alone."""
    against: str = ""
    """What it is compared with, in words."""
    aim: float | None = None
    """The largest ratio (or, alone, the largest value) that is aimed at; None: shown for information."""

    @property
    def ratios(self) -> tuple[float, ...]:
        """Ours by base, pair by pair; empty where the figure stands alone."""
        return tuple(one / other for one, other in zip(self.ours, self.base, strict=False))

    @property
    def judged(self) -> float:
        """What the aim is compared with: the median ratio, or the median value of a figure that stands alone."""
        return median(self.ratios or self.ours)

    @property
    def met(self) -> bool | None:
        """Whether the aim is met; None where there is none."""
        return None if self.aim is None else self.judged <= self.aim

    def as_json(self) -> dict[str, Any]:
        """The line with all its samples."""
        samples = {"mesh_wasm": list(self.ours), "by_hand": list(self.base), "ratios": list(self.ratios)}
        return {
            "section": self.section,
            "name": self.name,
            "size": self.size,
            "unit": self.unit,
            "against": self.against,
            "median": median(self.ours),
            "ratio": median(self.ratios) if self.ratios else None,
            "aim": self.aim,
            "met": self.met,
            "samples": samples,
        }


Sample = Callable[[], dict[str, float]]


def take_turns(base: Sample, ours: Sample, times: int) -> tuple[list[dict[str, float]], list[dict[str, float]]]:
    """``times`` samples of both sides; who goes first changes from turn to turn."""
    taken: tuple[list[dict[str, float]], list[dict[str, float]]] = ([], [])
    for turn in range(times):
        for side in (0, 1) if turn % 2 == 0 else (1, 0):
            taken[side].append((base, ours)[side]())
    return taken


def column(samples: Sequence[dict[str, float]], key: str) -> tuple[float, ...]:
    """One measured quantity of all samples."""
    return tuple(sample[key] for sample in samples)
