"""What a program states of the other objects of a cluster: manifests whose leaves may be Outputs, and files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mesh_wasm.findings.finding import Finding
from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.fleet.stated import SURROUNDINGS, with_files
from mesh_wasm.model.parse import parse
from mesh_wasm.surroundings import Surroundings
from mesh_wasm.values.deferred import Deferred
from mesh_wasm_pulumi._values.leaves import lift

from .declaring import without_circles


def read_surroundings(given: Any) -> tuple[Any, list[Finding]]:
    """The surroundings, read once for all components that share the fleet; and what could not be read of files.

    What cannot be read comes back as it is: each component that uses the fleet says why. Objects that are an Output as a
    whole are left out: they may be anything.
    """
    if isinstance(given, Surroundings):
        return given, []
    _, endless = without_circles({SURROUNDINGS: given})
    if endless:
        return given, endless
    stated = _known(lift(given))
    facts, unread = with_files({SURROUNDINGS: stated}, Path())
    if unread:
        return given, unread
    parsed = parse(Cluster, {"name": "any", **facts})
    return given if parsed.findings else parsed.value.surroundings, []


def _known(stated: Any) -> Any:
    if isinstance(stated, Mapping):
        return {key: _known(value) if key == "objects" else value for key, value in stated.items()}
    return [one for one in stated if not isinstance(one, Deferred)] if isinstance(stated, list) else stated
