"""What all raw objects have in common: the same object in every selected cluster, judged and supplied."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mesh_wasm.findings import order, placing
from mesh_wasm.findings import pull_secrets as secrets
from mesh_wasm.findings.finding import Finding, Path, ordered, quoted
from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.model.plugin import WasmPluginSpec
from mesh_wasm.model.pull_secret import PullSecret
from mesh_wasm.modules.locked import Lock
from mesh_wasm.secrets.plan import Supply, lone_mark, secrets_for, spread_findings, supply
from mesh_wasm.values.base import Leaf, Model, Str
from mesh_wasm.values.deferred import INVALID, Deferred, known, map_value
from mesh_wasm.values.enums import PluginKind
from mesh_wasm.values.image import ImageError, ModuleUrl, normalize_url
from mesh_wasm.values.labels import MANAGED_BY, MANAGER
from mesh_wasm.values.module_urls.shown import shown_url
from mesh_wasm.values.naming import is_label, is_subdomain

from .adopted import supplied, unranked
from .pinning import pinned
from .plan import Plan, PlannedPlugin


class PluginMetadata(Model):
    """The metadata of a raw object."""

    namespace: Leaf[Str]
    """Namespace of the object."""
    name: Leaf[Str] | None = None
    """Name of the object; default: that of the component."""
    labels: Leaf[dict[str, Leaf[Str]]] | None = None
    """Labels."""
    annotations: Leaf[dict[str, Leaf[Str]]] | None = None
    """Annotations."""


@dataclass(frozen=True, slots=True)
class Raw:
    """A raw object, in the plugin form."""

    metadata: PluginMetadata
    spec: WasmPluginSpec
    """Of a script: what it shares with a plugin."""
    wire: dict[str, Any]
    kind: PluginKind | None = None
    """The kind of object, where the cluster has no say in it."""
    place: Callable[[Path], Path] = tuple
    """Where the user's document has what stands at a path in the spec of a WasmPlugin."""
    adopted: bool = False
    """Whether the object existed before: then it is written as it was found, and nothing is added or mended."""

    @property
    def is_script(self) -> bool:
        """Whether it has no module to be fetched."""
        return "lua" in self.wire


def undecided(**parts: object) -> list[Finding]:
    """The findings about parts of a document that are deferred as a whole."""
    says, fix = "its fields decide which objects exist.", "Give Outputs at its leaves."
    return [
        placing.UNDECIDED.at(field, says=says, fix=fix)
        for field, value in parts.items()
        if isinstance(value, Deferred) and value is not INVALID
    ]


def plan_raw(
    raw: Raw,
    name: str,
    clusters: Sequence[Cluster],
    judged: Sequence[Finding],
    pull_secrets: Sequence[PullSecret],
    lock: Lock | None,
) -> Plan:
    """The plan of a raw object: one in each cluster. ``name`` is used where the metadata has none.

    ``judged``: what was said already; in what is added to it, paths start at the user's document.
    """
    metadata, spec, wire = raw.metadata, raw.spec, dict(raw.wire)
    findings = list(judged)
    object_name = name if metadata.name is None else metadata.name
    findings += _metadata_findings(object_name, metadata.namespace)
    if raw.adopted:
        findings += supplied(pull_secrets)
        findings += [_placed(raw, unranked("priority"))] if spec.priority is None else []
    else:
        if not raw.is_script:
            wire["url"] = map_value(spec.url, normalize_url)
        findings += [_placed(raw, finding) for finding in _notes(raw)]
        wire.setdefault("priority", 0)
    mark = lone_mark(metadata.namespace, name)
    credentials = () if raw.adopted else pull_secrets
    supplies = [_supply(raw, wire, credentials, cluster, mark) for cluster in clusters]
    if spec.selector is None and spec.target_ref is None and spec.target_refs is None:
        findings += spread_findings((one, metadata.namespace) for one in supplies)
    plugins = []
    for cluster, supply_ in zip(clusters, supplies, strict=True):
        findings += [_placed(raw, finding) for finding in supply_.findings]
        findings += _namespace_findings(metadata.namespace, cluster)
        labels = dict(known(metadata.labels) or {})
        if not raw.adopted:
            labels[MANAGED_BY] = MANAGER
            if cluster.revision:
                labels["istio.io/rev"] = cluster.revision
        annotations = known(metadata.annotations) or {}
        plugins.append(
            PlannedPlugin(
                cluster,
                metadata.namespace,
                object_name,
                wire if raw.adopted else supply_.spec(wire),
                "",
                labels,
                annotations,
                supply_.secret(metadata.namespace),
                name,
                raw.kind,
            )
        )
    held, of_modules = pinned(plugins, lock)
    findings += [_placed(raw, finding) for finding in of_modules]
    plugins = plugins if raw.adopted else held
    return Plan(tuple(plugins), secrets_for(plugin.secret for plugin in plugins), ordered(findings))


def _supply(raw: Raw, wire: dict[str, Any], pull_secrets: Sequence[PullSecret], cluster: Cluster, mark: str) -> Supply:
    if not raw.is_script:
        return supply(wire["url"], pull_secrets, cluster, raw.spec.image_pull_secret, mark)
    says = "a Lua script is part of the object, so the credentials are never used; no Secret is written."
    unused = (secrets.UNUSED.at("pullSecret", says=says),) if pull_secrets else ()
    return Supply(cluster, False, None, findings=unused)


def _placed(raw: Raw, finding: Finding) -> Finding:
    """Pull secrets are arguments of the component itself; all else stands in the spec."""
    if finding.path[:1] in (("pullSecret",), ("pullSecrets",)):
        return finding
    return replace(finding, path=("spec", *raw.place(finding.path)))


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


def _notes(raw: Raw) -> Iterator[Finding]:
    """What mesh-wasm writes differently from what the user wrote."""
    spec = raw.spec
    if spec.priority is None:
        yield order.PRIORITY_WRITTEN.at("priority", says="no priority is set; 0 is written.")
    url = known(spec.url)
    if url is not None and "://" not in url and _readable(url):
        yield order.SCHEME_WRITTEN.at(
            "url", says=f"{quoted(shown_url(url))} has no scheme; {shown_url(normalize_url(url))} is written."
        )


def _readable(url: str) -> bool:
    try:
        ModuleUrl.parse(url)
    except ImageError:
        return False
    return True
