"""Labels that may not all be known, and whether they satisfy a selector."""

from __future__ import annotations

from collections.abc import Mapping

Labels = Mapping[str, str | None]
"""Labels of an object; a value is None where it is not known yet."""


def carries(labels: Labels | None, asked: Mapping[str, str]) -> bool | None:
    """Whether an object has all of these labels; None where that is not known.

    :param labels: None: none of its labels is known.
    """
    if labels is None:
        return True if not asked else None
    unknown = False
    for key, value in asked.items():
        if key not in labels:
            return False
        held = labels[key]
        if held is None:
            unknown = True
        elif held != value:
            return False
    return None if unknown else True
