"""What the rules look at. A subject is a parsed document together with what is known of its surroundings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mesh_wasm.cluster import Cluster
    from mesh_wasm.extension import WasmExtension
    from mesh_wasm.plugin import WasmPluginSpec


class Workload(StrEnum):
    """What kind of proxy runs the plugin, as far as that can be told without a cluster."""

    GATEWAY = "gateway"
    SIDECAR = "sidecar"
    WAYPOINT = "waypoint"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PluginSubject:
    """The spec of a WasmPlugin, wherever it comes from; paths in findings start at the spec."""

    spec: WasmPluginSpec
    workload: Workload = Workload.UNKNOWN
    namespace: str | None = None
    """Namespace of the object, if known."""
    root_namespace: str = "istio-system"


@dataclass(frozen=True, slots=True)
class ClusterPluginSubject:
    """The spec of a WasmPlugin in one cluster; for rules about versions and dialects."""

    spec: WasmPluginSpec
    cluster: Cluster


@dataclass(frozen=True, slots=True)
class ExtensionSubject:
    """A catalogue entry: what TSB demands of it beyond what the plugin rules see."""

    extension: WasmExtension
