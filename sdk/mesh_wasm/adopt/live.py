"""Plugins as a cluster holds them: what `kubectl get -o yaml`, a snapshot or a folder of manifests says of each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mesh_wasm.model.plugin import API_VERSION
from mesh_wasm.values.enums import PluginKind

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""kubectl's own copy of what it applied. The Kubernetes provider passes over it, too."""
_KINDS = frozenset(map(str, PluginKind))


@dataclass(frozen=True, slots=True)
class LiveObject:
    """One WasmPlugin or TrafficExtension of one cluster."""

    cluster: str
    kind: PluginKind
    namespace: str
    """Empty where its manifest names none."""
    name: str
    spec: Mapping[str, Any] = field(repr=False)
    metadata: Mapping[str, Any] = field(repr=False)
    """All of its metadata, as they stand there."""
    file: str = ""
    line: int = 0

    @property
    def labels(self) -> dict[str, str]:
        """Its labels."""
        return _texts(self.metadata.get("labels"))

    @property
    def annotations(self) -> dict[str, str]:
        """Its annotations, without kubectl's copy of the object."""
        return {key: value for key, value in _texts(self.metadata.get("annotations")).items() if key != LAST_APPLIED}

    @property
    def place(self) -> tuple[str, str, str, str]:
        """Which object it is."""
        return (self.cluster, self.namespace, self.name, self.kind)

    @property
    def manifest(self) -> dict[str, Any]:
        """What a program has to write, so that nothing of the object changes."""
        metadata: dict[str, Any] = {"name": self.name, "namespace": self.namespace}
        metadata |= {"labels": self.labels} if self.labels else {}
        metadata |= {"annotations": self.annotations} if self.annotations else {}
        return {"apiVersion": API_VERSION, "kind": str(self.kind), "metadata": metadata, "spec": dict(self.spec)}

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace or '(no namespace)'}/{self.name} in {self.cluster}"


class Piece(NamedTuple):
    """One manifest of a source, and where it stands there."""

    value: Any
    file: str = ""
    line: int = 0


def live_objects(cluster: str, pieces: Iterable[Piece]) -> list[LiveObject]:
    """The WasmPlugins and TrafficExtensions among the manifests of one cluster, each once, by namespace and name."""
    found: dict[tuple[str, str, str, str], LiveObject] = {}
    for piece in pieces:
        one = live_object(cluster, *piece)
        if one is not None:
            found.setdefault(one.place, one)
    return sorted(found.values(), key=lambda one: one.place)


def live_object(cluster: str, value: Any, file: str = "", line: int = 0) -> LiveObject | None:
    """A manifest as an object; None where it is of another kind, or none at all."""
    if not isinstance(value, Mapping) or value.get("apiVersion") != API_VERSION or value.get("kind") not in _KINDS:
        return None
    metadata, spec = value.get("metadata"), value.get("spec")
    if not isinstance(metadata, Mapping) or not isinstance(metadata.get("name"), str):
        return None
    namespace = metadata.get("namespace")
    return LiveObject(
        cluster,
        PluginKind(value["kind"]),
        namespace if isinstance(namespace, str) else "",
        metadata["name"],
        spec if isinstance(spec, Mapping) else {},
        metadata,
        file,
        line,
    )


def canonical(value: Any) -> str:
    """A text that two values share just if they are equal as JSON; 1 and 1.0 are."""
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _texts(value: Any) -> dict[str, str]:
    """Labels or annotations; the API server takes nothing but texts."""
    return {key: text for key, text in value.items() if isinstance(text, str)} if isinstance(value, Mapping) else {}
