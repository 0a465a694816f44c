"""A piece of a text that another one takes the place of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Splice:
    """Characters from ``start`` up to ``end`` become ``text``."""

    start: int
    end: int
    text: str

    def region(self, text: str) -> tuple[int, int, int, int]:
        """Line and column (from 1) of the start and of the end, in the text as it was."""
        return (*_place(text, self.start), *_place(text, self.end))


def spliced(text: str, splice: Splice) -> str:
    """The text with the splice made."""
    return text[: splice.start] + splice.text + text[splice.end :]


def _place(text: str, index: int) -> tuple[int, int]:
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)
