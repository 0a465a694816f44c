"""The file for ``pulumi import --file``: every resource of the program with the state that it is to have.

For a kind without a schema the Kubernetes provider reads nothing but name and namespace (measured, provider 4.34.2), and
the next preview would show an update of everything else. So the file says inputs and outputs of each object (Pulumi 3.254
or newer): then the preview is empty, and `pulumi preview --refresh` compares all of it with the cluster.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mesh_wasm.model.plugin import API_VERSION
from mesh_wasm.values.naming import short_hash

from .live import LAST_APPLIED, LiveObject

PROVIDER = "pulumi:providers:kubernetes"


@dataclass(frozen=True, slots=True)
class Row:
    """A resource as the program registers it."""

    urn: str
    type: str
    name: str
    parent: str
    """URN of its parent; that of the stack, or empty, at the top."""
    inputs: Mapping[str, Any]
    live: LiveObject | None = None
    """The object that it takes over; None for a component."""


def import_document(rows: Iterable[Row], project: str, stack: str) -> dict[str, Any]:
    """The document. It is the same for every language: the components of the package register themselves as in Python."""
    rows = list(rows)
    keys = _keys(rows)
    clusters = sorted({row.live.cluster for row in rows if row.live is not None})
    return {
        "nameTable": {f"provider-{name}": f"urn:pulumi:{stack}::{project}::{PROVIDER}::{name}" for name in clusters},
        "resources": [_resource(row, keys) for row in rows],
    }


def _keys(rows: list[Row]) -> dict[str, str]:
    """What the file calls each resource, by URN: its name, or where several bear it, its type and name."""
    bearers = Counter(row.name for row in rows)
    return {row.urn: row.name if bearers[row.name] == 1 else f"{row.type}/{row.name}" for row in rows}


def _resource(row: Row, keys: Mapping[str, str]) -> dict[str, Any]:
    made: dict[str, Any] = {"type": row.type, "name": keys[row.urn], "logicalName": row.name}
    if row.parent in keys:
        made["parent"] = keys[row.parent]
    if row.live is None:
        return made | {"component": True, "inputs": dict(row.inputs)}
    live = row.live
    made |= {"id": f"{live.namespace}/{live.name}", "provider": f"provider-{live.cluster}"}
    return made | {"inputs": dict(row.inputs), "outputs": _outputs(live, row.inputs)}


def _outputs(live: LiveObject, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The state as the provider would keep it."""
    metadata = {key: value for key, value in live.metadata.items() if key != "managedFields"}
    if LAST_APPLIED in live.metadata.get("annotations", {}):
        metadata["annotations"] = live.annotations
    if not metadata.get("annotations"):
        metadata.pop("annotations", None)
    return {
        "apiVersion": API_VERSION,
        "kind": str(live.kind),
        "metadata": metadata,
        "spec": dict(live.spec),
        "__inputs": dict(inputs),
        "__initialApiVersion": API_VERSION,
        "__fieldManager": f"pulumi-kubernetes-{short_hash(*live.place, length=8)}",
    }
