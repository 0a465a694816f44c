"""Running the catalogue. Importing this module registers every family."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mesh_wasm.finding import Finding

from . import blast, catalog, crd, order, placing, schema, secrets, security, silent
from .rule import run
from .subjects import ClusterPluginSubject, ExtensionSubject, PluginSubject, PullSubject, SecretSubject, Workload

if TYPE_CHECKING:
    from mesh_wasm.cluster import Cluster
    from mesh_wasm.extension import WasmExtension
    from mesh_wasm.plugin import WasmPluginSpec

FAMILIES = (schema, crd, catalog, silent, security, blast, placing, order, secrets)
"""The modules that declare rules."""


def plugin_findings(
    spec: WasmPluginSpec,
    workload: Workload = Workload.UNKNOWN,
    namespace: str | None = None,
    root_namespace: str = "istio-system",
) -> Iterator[Finding]:
    """What the rules say of a plugin, wherever it runs; paths start at the spec."""
    return run(PluginSubject(spec, workload, namespace, root_namespace))


def cluster_findings(spec: WasmPluginSpec, cluster: Cluster) -> Iterator[Finding]:
    """What the rules say of a plugin in one cluster; paths start at the spec."""
    return run(ClusterPluginSubject(spec, cluster))


def extension_findings(extension: WasmExtension) -> Iterator[Finding]:
    """What the rules say of a catalogue entry; paths start at the entry."""
    return run(ExtensionSubject(extension))


def manifest_findings(secret: SecretSubject) -> Iterator[Finding]:
    """What the rules say of the manifest of a pull secret; paths start at the manifest."""
    return run(secret)


def pull_findings(use: PullSubject) -> Iterator[Finding]:
    """What the rules say of a plugin and the pull secret that it names; paths start at the plugin's spec."""
    return run(use)
