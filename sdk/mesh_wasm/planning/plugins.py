"""Planning a raw WasmPlugin: the same object in every selected cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mesh_wasm.findings import order, placing
from mesh_wasm.findings.finding import Finding, ordered, quoted
from mesh_wasm.fleet.cluster import Cluster, Fleet, Selection
from mesh_wasm.model.plugin import WasmPluginSpec
from mesh_wasm.model.pull_secret import PullSecret
from mesh_wasm.rules.checks import placed_findings, plugin_findings
from mesh_wasm.secrets.plan import lone_mark, secrets_for, spread_findings, supply
from mesh_wasm.values.base import Leaf, Model, Str
from mesh_wasm.values.deferred import INVALID, Deferred, known, map_value
from mesh_wasm.values.image import ImageError, ModuleUrl, normalize_url
from mesh_wasm.values.labels import MANAGED_BY, MANAGER
from mesh_wasm.values.naming import is_label, is_subdomain

from .plan import Plan, PlannedPlugin


class PluginMetadata(Model):
    """The metadata of a WasmPlugin."""

    namespace: Leaf[Str]
    """Namespace of the object."""
    name: Leaf[Str] | None = None
    """Name of the object; default: that of the component."""
    labels: Leaf[dict[str, Leaf[Str]]] | None = None
    """Labels."""
    annotations: Leaf[dict[str, Leaf[Str]]] | None = None
    """Annotations."""


class PluginDocument(Model):
    """A WasmPlugin as a user writes it: metadata and spec."""

    metadata: Leaf[PluginMetadata]
    """Name, namespace, labels, annotations."""
    spec: Leaf[WasmPluginSpec]
    """The spec."""


def plan_plugin(
    document: PluginDocument,
    name: str,
    fleet: Fleet,
    selection: Selection,
    pull_secrets: Sequence[PullSecret] = (),
) -> Plan:
    """The plan of a raw plugin: one object per selected cluster. ``name`` is used where the metadata has none."""
    metadata, spec = document.metadata, document.spec
    clusters, findings = fleet.select(selection)
    if isinstance(metadata, Deferred) or isinstance(spec, Deferred):
        undecided = [
            placing.UNDECIDED.at(
                field, says="its fields decide which objects exist.", fix="Give Outputs at its leaves."
            )
            for field, value in (("metadata", metadata), ("spec", spec))
            if isinstance(value, Deferred) and value is not INVALID
        ]
        return Plan(findings=ordered([*findings, *undecided]))
    object_name = name if metadata.name is None else metadata.name
    findings += _metadata_findings(object_name, metadata.namespace)
    findings += [finding.under("spec") for finding in plugin_findings(spec)]
    places = [(cluster, known(metadata.namespace)) for cluster in clusters]
    findings += [finding.under("spec") for finding in placed_findings(spec, places)]
    wire = spec.wire()
    wire["url"] = map_value(spec.url, normalize_url)
    findings += _notes(spec)
    wire.setdefault("priority", 0)
    mark = lone_mark(metadata.namespace, name)
    supplies = [supply(wire["url"], pull_secrets, cluster, spec.image_pull_secret, mark) for cluster in clusters]
    if spec.selector is None and spec.target_ref is None and spec.target_refs is None:
        findings += spread_findings((one, metadata.namespace) for one in supplies)
    plugins = []
    for cluster, supplied in zip(clusters, supplies, strict=True):
        findings += [_placed(finding) for finding in supplied.findings]
        findings += _namespace_findings(metadata.namespace, cluster)
        labels = {**(known(metadata.labels) or {}), MANAGED_BY: MANAGER}
        if cluster.revision:
            labels["istio.io/rev"] = cluster.revision
        annotations = known(metadata.annotations) or {}
        plugins.append(
            PlannedPlugin(
                cluster,
                metadata.namespace,
                object_name,
                supplied.spec(wire),
                "",
                labels,
                annotations,
                supplied.secret(metadata.namespace),
                name,
            )
        )
    return Plan(tuple(plugins), secrets_for(plugin.secret for plugin in plugins), ordered(findings))


def _placed(finding: Finding) -> Finding:
    """Pull secrets are arguments of the component itself; all else stands in the spec."""
    return finding if finding.path[:1] in (("pullSecret",), ("pullSecrets",)) else finding.under("spec")


def _metadata_findings(name: str | Deferred, namespace: str | Deferred) -> Iterator[Finding]:
    if isinstance(name, str) and not is_subdomain(name):
        yield placing.BAD_NAME.at("metadata", "name", says=f"{quoted(name)} is no name for an object.")
    if isinstance(namespace, str) and not is_label(namespace):
        yield placing.BAD_NAME.at("metadata", "namespace", says=f"{quoted(namespace)} is no namespace name.")


def _namespace_findings(namespace: str | Deferred, cluster: Cluster) -> Iterator[Finding]:
    if namespace == cluster.root_namespace:
        return  # a mesh has it, whether it is declared or not
    if isinstance(namespace, str) and not cluster.has_namespace(namespace):
        there = ", ".join(cluster.namespaces or ()) or "none"
        says = f"cluster {cluster.name} declares no namespace {quoted(namespace)}; it has {there}."
        yield placing.NO_NAMESPACE.at("metadata", "namespace", says=says, cluster=cluster.name)


def _notes(spec: WasmPluginSpec) -> Iterator[Finding]:
    """What mesh-wasm writes differently from what the user wrote."""
    if spec.priority is None:
        yield order.PRIORITY_WRITTEN.at("spec", "priority", says="no priority is set; 0 is written.")
    url = known(spec.url)
    if url is not None and "://" not in url and _readable(url):
        yield order.SCHEME_WRITTEN.at(
            "spec", "url", says=f"{quoted(url)} has no scheme; {normalize_url(url)} is written."
        )


def _readable(url: str) -> bool:
    try:
        ModuleUrl.parse(url)
    except ImageError:
        return False
    return True
