"""Who wrote a field: read from ``metadata.managedFields``, as the API server keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mesh_wasm.surroundings.leaves import at, mapping, maps

_OURS = ("pulumi",)
"""How the names begin by which Pulumi's provider calls itself, such as ``pulumi-kubernetes``."""


def who_wrote(manifest: Mapping[str, Any], path: Sequence[str | int]) -> str:
    """The managers of a field, the latest first, each with the day; empty where none is known.

    :param path: Of the field, from the top of the object; items of lists belong to whoever wrote the list.
    """
    words = [part for part in path if isinstance(part, str)]
    found = []
    for one in maps(at(manifest, "metadata", "managedFields")):
        if _holds(mapping(one.get("fieldsV1")), words):
            found.append((str(one.get("time") or ""), str(one.get("manager"))))
    return ", ".join(f"{name} ({time[:10]})" if time else name for time, name in sorted(found, reverse=True))


def last_foreign(manifest: Mapping[str, Any]) -> str:
    """Who but Pulumi wrote the object last; empty where nobody did."""
    found = [
        (str(one.get("time") or ""), str(one.get("manager")))
        for one in maps(at(manifest, "metadata", "managedFields"))
        if not str(one.get("manager")).startswith(_OURS)
    ]
    return max(found)[1] if found else ""


def _holds(fields: Mapping[str, Any], path: Sequence[str]) -> bool:
    """Whether a tree of fields holds a path, or an end of it: what is below an end belongs to it."""
    here = fields
    for part in path:
        below = here.get(f"f:{part}")
        if not isinstance(below, Mapping):
            return False
        if not below or set(below) == {"."}:
            return True
        here = below
        if all(not key.startswith("f:") for key in below):  # a list: its items are not fields of ours
            return True
    return True
