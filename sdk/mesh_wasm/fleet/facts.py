"""What can be wrong with the facts of a cluster, wherever they are declared: in an inventory or in a program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from mesh_wasm.findings import kinds, placing, schema
from mesh_wasm.findings.finding import Finding, quoted
from mesh_wasm.model.signer import signer_findings
from mesh_wasm.values.enums import PluginKind
from mesh_wasm.values.naming import is_label, is_label_value

from .cluster import Cluster
from .mirrors import mirror_findings
from .stated_snapshot import snapshot_findings


def version_in_quotes(finding: Finding, facts: Mapping[str, Any]) -> Finding:
    """The finding about a version that was read as a number, with the version in its place as the remedy."""
    version = facts.get("istioVersion", facts.get("istio_version"))
    if finding.path[-1:] not in (("istioVersion",), ("istio_version",)) or not isinstance(version, int | float):
        return finding
    meant = [f'"{version}"']
    if len(str(version).partition(".")[2]) == 1:  # YAML and Python read 1.30 as the number 1.3
        meant.append(f'"{version}0"')
    return replace(finding, fix=f"Write {' or '.join(meant)}, in quotes: 1.30 without quotes is the number 1.3.")


def fact_findings(cluster: Cluster) -> Iterator[Finding]:
    """Facts that no cluster can have; paths start at the facts."""
    if cluster.istio_version is not None and cluster.version is None:
        says = f"{quoted(cluster.istio_version)} is no version of Istio."
        yield schema.WRONG_TYPE.at("istioVersion", says=says, fix='Write it as in "1.27" or "1.27.3".')
    if cluster.emit is PluginKind.TRAFFIC_EXTENSION and not cluster.mesh.has_traffic_extensions:
        says = f"TrafficExtensions cannot be written there: the cluster has {cluster.mesh}."
        yield kinds.EMIT_UNKNOWN.at("emit", says=says)
    elif cluster.emit is PluginKind.TRAFFIC_EXTENSION and cluster.istio_version is None:
        says = "the Istio of the cluster is not declared, so nothing can say whether it knows TrafficExtensions."
        yield kinds.EMIT_UNSURE.at("emit", says=says)
    seen: set[str] = set()
    for index, namespace in enumerate(cluster.namespaces or ()):
        if not is_label(namespace):
            yield placing.BAD_NAME.at("namespaces", index, says=f"{quoted(namespace)} is no namespace name.")
        elif namespace in seen:
            says = f"{quoted(namespace)} is listed twice."
            yield placing.BAD_NAME.at("namespaces", index, says=says, fix="Keep one of the two.")
        seen.add(namespace)
    if not is_label(cluster.root_namespace):
        yield placing.BAD_NAME.at("rootNamespace", says=f"{quoted(cluster.root_namespace)} is no namespace name.")
    if cluster.revision is not None and not is_label_value(cluster.revision):
        yield schema.BAD_METADATA.at("revision", says=f"{quoted(cluster.revision)} is no value of a label.")
    yield from signer_findings(cluster.verify)
    yield from snapshot_findings(cluster.snapshot, cluster.version, cluster.revision)
    for finding in mirror_findings(cluster):
        yield replace(finding, cluster=None)
