"""Reading leaves of objects that nobody has checked: whatever is not of the right type is as if it were not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mesh_wasm.values.deferred import Deferred
from mesh_wasm.values.marks import SECRET_MARK, UNKNOWN_MARK

from .labels import Labels

EMPTY: Mapping[str, Any] = {}


def is_unknown(value: Any) -> bool:
    """Whether a leaf is not known yet: deferred, or the mark of such a value in a plan."""
    return isinstance(value, Deferred) or value in (UNKNOWN_MARK, SECRET_MARK)


def text(value: Any) -> str | None:
    """A text; None for everything else."""
    return value if isinstance(value, str) and not is_unknown(value) else None


def number(value: Any) -> int | None:
    """A whole number; None for everything else. Pulumi's wire has doubles only."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def mapping(value: Any) -> Mapping[str, Any]:
    """A mapping; an empty one for everything else."""
    return value if isinstance(value, Mapping) else EMPTY


def at(document: Mapping[str, Any], *path: str) -> Any:
    """The value at a path; None where there is none."""
    here: Any = document
    for part in path:
        if not isinstance(here, Mapping):
            return here if is_unknown(here) else None
        here = here.get(part)
    return here


def maps(value: Any) -> Iterator[Mapping[str, Any]]:
    """The items of a list that are mappings."""
    return (one for one in value if isinstance(one, Mapping)) if isinstance(value, list | tuple) else iter(())


def labels(value: Any) -> Labels | None:
    """Labels; None where they are not known as a whole. A value that is no text counts as not known: without it a selector
    would take more than it is meant to."""
    if is_unknown(value):
        return None
    return {key: text(held) for key, held in mapping(value).items() if isinstance(key, str)}
