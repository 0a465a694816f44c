"""The plan: what is to exist in which cluster, and what has to be said about it. A value, computed without a cluster."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mesh_wasm.findings import placing
from mesh_wasm.findings.finding import Finding, errors, ordered
from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.model.plugin import API_VERSION
from mesh_wasm.model.signer import Signer
from mesh_wasm.model.traffic_extension import written_form
from mesh_wasm.secrets.plan import PlannedSecret
from mesh_wasm.values.deferred import Deferred
from mesh_wasm.values.enums import PluginKind
from mesh_wasm.values.labels import TARGET


@dataclass(frozen=True, slots=True)
class PlannedPlugin:
    """One WasmPlugin or TrafficExtension in one namespace of one cluster."""

    cluster: Cluster
    namespace: str | Deferred
    name: str | Deferred
    spec: Mapping[str, Any]
    """The spec in the plugin form (:mod:`mesh_wasm.model.traffic_extension`), with deferred leaves in place."""
    key: str
    """Stable name within its component and cluster, made of known values only: the Pulumi resource is called after it."""
    labels: Mapping[str, Any] = field(default_factory=dict)
    annotations: Mapping[str, Any] = field(default_factory=dict)
    secret: PlannedSecret | None = None
    """The pull secret that has to exist before it."""
    declared_by: str = ""
    """The component or document that declares it, for messages."""
    fixed_kind: PluginKind | None = None
    """The kind of object, where what declares it says so; else the cluster does."""
    signers: tuple[Signer, ...] | None = None
    """Those of whom one must have signed its module; None: those of the cluster."""

    @property
    def kind(self) -> PluginKind:
        """The kind of object that it becomes."""
        return self.fixed_kind or self.cluster.emit

    def written_spec(self) -> Any:
        """The spec as the object has it."""
        return written_form(self.kind, self.spec)

    def metadata(self) -> dict[str, Any]:
        """The metadata in wire form."""
        meta: dict[str, Any] = {"name": self.name, "namespace": self.namespace}
        if self.labels:
            meta["labels"] = dict(sorted(self.labels.items()))
        if self.annotations:
            meta["annotations"] = dict(sorted(self.annotations.items()))
        return meta

    def manifest(self) -> dict[str, Any]:
        """The whole object in wire form."""
        kind = self.kind
        spec = self.spec if kind is PluginKind.WASM_PLUGIN else written_form(kind, self.spec)
        return {"apiVersion": API_VERSION, "kind": kind.value, "metadata": self.metadata(), "spec": spec}


@dataclass(frozen=True, slots=True)
class Plan:
    """Plugins, secrets and findings of one component, or of a whole program."""

    plugins: tuple[PlannedPlugin, ...] = ()
    secrets: tuple[PlannedSecret, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def errors(self) -> list[Finding]:
        """The findings that stop the component."""
        return errors(self.findings)

    def with_findings(self, findings: Iterable[Finding]) -> Plan:
        """The same plan with more to say."""
        return Plan(self.plugins, self.secrets, ordered([*self.findings, *findings]))

    def within(self, clusters: Container[str]) -> Plan:
        """What the plan says of some clusters; what it says of no cluster in particular stays."""
        return Plan(
            tuple(plugin for plugin in self.plugins if plugin.cluster.name in clusters),
            tuple(secret for secret in self.secrets if secret.cluster.name in clusters),
            tuple(finding for finding in self.findings if finding.cluster is None or finding.cluster in clusters),
        )


_ONE_CLUSTER_EACH = (
    "Remove one of them. If they are to differ from cluster to cluster, let each select its own with cluster_names or "
    "clusters, so that no cluster is selected by both."
)


def same_objects(declared_by: str, plan: Plan, writers: dict[tuple[str, ...], str]) -> list[Finding]:
    """Findings about plugins that would be the same object as one of another plan.

    ``writers`` holds who writes each object (by cluster, kind, namespace and name) so far, and is added to.
    """
    findings = []
    for plugin in plan.plugins:
        if isinstance(plugin.namespace, Deferred) or isinstance(plugin.name, Deferred):
            continue
        first = writers.setdefault((plugin.cluster.name, plugin.kind, plugin.namespace, plugin.name), declared_by)
        if first != declared_by:
            says = f"{plugin.kind} {plugin.namespace}/{plugin.name} is written by {first} already."
            fix = _ONE_CLUSTER_EACH if TARGET in plugin.annotations else None
            findings.append(placing.SAME_OBJECT.at(says=says, fix=fix, cluster=plugin.cluster.name))
    return findings
