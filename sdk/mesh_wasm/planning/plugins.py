"""Planning a raw WasmPlugin: the same object in every selected cluster, or the TrafficExtension that means the same."""

from __future__ import annotations

from collections.abc import Sequence

from mesh_wasm.findings.finding import ordered
from mesh_wasm.fleet.cluster import Fleet, Selection
from mesh_wasm.model.plugin import WasmPluginSpec
from mesh_wasm.model.pull_secret import PullSecret
from mesh_wasm.modules.locked import Lock
from mesh_wasm.rules.checks import placed_findings, plugin_findings
from mesh_wasm.rules.of_modules import tags_held
from mesh_wasm.rules.surroundings.reach import common_reach
from mesh_wasm.values.base import Bool, Leaf, Model
from mesh_wasm.values.deferred import Deferred, known
from mesh_wasm.values.enums import PluginKind

from ._raw import PluginMetadata, Raw, plan_raw, undecided
from .plan import Plan


class PluginDocument(Model):
    """A WasmPlugin as a user writes it: metadata and spec."""

    metadata: Leaf[PluginMetadata]
    """Name, namespace, labels, annotations."""
    spec: Leaf[WasmPluginSpec]
    """The spec."""
    adopted: Bool | None = None
    """Whether the object existed before, and is written as it was found."""


def plan_plugin(
    document: PluginDocument,
    name: str,
    fleet: Fleet,
    selection: Selection,
    pull_secrets: Sequence[PullSecret] = (),
    lock: Lock | None = None,
) -> Plan:
    """The plan of a raw plugin: one object per selected cluster. ``name`` is used where the metadata has none."""
    metadata, spec = document.metadata, document.spec
    clusters, findings = fleet.select(selection)
    if isinstance(metadata, Deferred) or isinstance(spec, Deferred):
        return Plan(findings=ordered([*findings, *undecided(metadata=metadata, spec=spec)]))
    places = [(cluster, known(metadata.namespace)) for cluster in clusters]
    reached = common_reach(spec, places)
    held = None if document.adopted else lock  # what is adopted is not pinned
    findings += [finding.under("spec") for finding in tags_held(plugin_findings(spec, reached), known(spec.url), held)]
    pulling = spec.model_copy(update={"image_pull_secret": name}) if pull_secrets else spec
    findings += [finding.under("spec") for finding in placed_findings(pulling, places, reached.meant)]
    kind = PluginKind.WASM_PLUGIN if document.adopted else None
    raw = Raw(metadata, spec, spec.wire(), kind, adopted=bool(document.adopted))
    return plan_raw(raw, name, clusters, findings, pull_secrets, lock)
