"""Planning a raw TrafficExtension: the same object in every selected cluster; Istio must know the kind there."""

from __future__ import annotations

from collections.abc import Sequence

from mesh_wasm.findings.finding import ordered
from mesh_wasm.fleet.cluster import Fleet, Selection
from mesh_wasm.model.pull_secret import PullSecret
from mesh_wasm.model.traffic_extension import TrafficExtensionSpec, as_plugin, extension_path, plugin_form
from mesh_wasm.modules.locked import Lock
from mesh_wasm.rules.extensions import placed_extension_findings, traffic_extension_findings
from mesh_wasm.rules.surroundings.reach import common_reach
from mesh_wasm.values.base import Bool, Leaf, Model
from mesh_wasm.values.deferred import Deferred, known
from mesh_wasm.values.enums import PluginKind

from ._raw import PluginMetadata, Raw, plan_raw, undecided
from .plan import Plan


class TrafficExtensionDocument(Model):
    """A TrafficExtension as a user writes it: metadata and spec."""

    metadata: Leaf[PluginMetadata]
    """Name, namespace, labels, annotations."""
    spec: Leaf[TrafficExtensionSpec]
    """The spec."""
    adopted: Bool | None = None
    """Whether the object existed before, and is written as it was found."""


def plan_traffic_extension(
    document: TrafficExtensionDocument,
    name: str,
    fleet: Fleet,
    selection: Selection,
    pull_secrets: Sequence[PullSecret] = (),
    lock: Lock | None = None,
) -> Plan:
    """The plan of a raw extension: one object per selected cluster. ``name`` is used where the metadata has none."""
    metadata, spec = document.metadata, document.spec
    clusters, findings = fleet.select(selection)
    if isinstance(metadata, Deferred) or isinstance(spec, Deferred):
        return Plan(findings=ordered([*findings, *undecided(metadata=metadata, spec=spec)]))
    if isinstance(spec.wasm, Deferred) or isinstance(spec.lua, Deferred):
        found = [finding.under("spec") for finding in undecided(wasm=spec.wasm, lua=spec.lua)]
        return Plan(findings=ordered([*findings, *found]))
    plugin = as_plugin(spec)
    places = [(cluster, known(metadata.namespace)) for cluster in clusters]
    reached = common_reach(plugin, places)
    findings += [finding.under("spec") for finding in traffic_extension_findings(spec, reached)]
    findings += [finding.under("spec") for finding in placed_extension_findings(spec, places, reached.meant)]
    kind, adopted = PluginKind.TRAFFIC_EXTENSION, bool(document.adopted)
    raw = Raw(metadata, plugin, plugin_form(spec.wire()), kind, extension_path, adopted)
    return plan_raw(raw, name, clusters, findings, pull_secrets, lock)
