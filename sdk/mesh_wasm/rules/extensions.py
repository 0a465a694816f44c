"""Judging a TrafficExtension: as the WasmPlugin that means the same, and what it has beyond one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from mesh_wasm.findings.finding import Finding
from mesh_wasm.findings.kinds import KIND_UNKNOWN
from mesh_wasm.findings.rule import run
from mesh_wasm.model.traffic_extension import TrafficExtensionSpec, as_plugin, extension_path

from .checks import placed_findings, plugin_findings
from .subjects import ClusterTrafficExtensionSubject, Reach, TrafficExtensionSubject, Workload

if TYPE_CHECKING:
    from mesh_wasm.fleet.cluster import Cluster


def traffic_extension_findings(
    spec: TrafficExtensionSpec, workload: Workload | Reach | None = None, *, foreign: bool = False
) -> list[Finding]:
    """What the rules say of a TrafficExtension, wherever it runs; paths start at the spec.

    The parameters are those of :func:`~mesh_wasm.rules.checks.plugin_findings`.
    """
    found = moved(plugin_findings(as_plugin(spec), workload, foreign=foreign))
    return [*found, *run(TrafficExtensionSubject(spec))]


def placed_extension_findings(
    spec: TrafficExtensionSpec,
    places: Iterable[tuple[Cluster, str | None]],
    workload: Workload | None = None,
    origin: str = "",
    *,
    foreign: bool = False,
) -> list[Finding]:
    """What the rules say of a TrafficExtension in several clusters and namespaces; paths start at the spec.

    ``foreign``: whether it goes there as it is.
    """
    places = list(places)
    clusters = {cluster.name: cluster for cluster, _ in places}.values()
    found = [
        replace(finding, cluster=cluster.name or None)
        for cluster in clusters
        for finding in run(ClusterTrafficExtensionSubject(spec, cluster.mesh))
    ]
    knowing = [place for place in places if place[0].mesh.has_traffic_extensions]
    return [*found, *moved(placed_findings(as_plugin(spec), knowing, workload, origin, foreign=foreign))]


def moved(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings about a plugin, where the TrafficExtension of the same meaning has what they speak of."""
    return (replace(finding, path=extension_path(finding.path)) for finding in findings)


@KIND_UNKNOWN.checks(ClusterTrafficExtensionSubject)
def kind_unknown(subject: ClusterTrafficExtensionSubject) -> Iterator[Finding]:
    """Istio 1.30 and newer; Alibaba ASM does not know it."""
    if not subject.mesh.has_traffic_extensions:
        yield KIND_UNKNOWN.at(says=f"TrafficExtensions exist since Istio 1.30; the cluster has {subject.mesh}.")
