"""Running the catalogue. Importing this module registers every family."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mesh_wasm.findings import documents, kinds, order, placing, schema, sharing, waiving
from mesh_wasm.findings import pull_secrets as secrets
from mesh_wasm.findings.finding import Finding
from mesh_wasm.findings.rule import run

from . import adoption, catalog, direct_mode, hierarchy, image, security, version
from .admission import crd, extension, urls
from .admission import lists as crdlists
from .effect import blast, lua, sides, silent, traffic, url_traps
from .effect.workload import workload_of
from .known_bugs import check as known_bugs
from .modules import artifact, binary, configuration, effect, locking, signing, trials
from .pull_secrets import manifest as secretmanifest
from .pull_secrets import registries
from .subjects import (
    ClusterPluginSubject,
    ExtensionSubject,
    PluginSubject,
    PullSubject,
    Reach,
    RevisionSubject,
    SecretSubject,
    SurroundedSubject,
    Workload,
)
from .surroundings import authorization, ports, revision, selection, servers, targets, waypoints
from .surroundings import secrets as madesecrets
from .surroundings.reach import reach

if TYPE_CHECKING:
    from mesh_wasm.fleet.cluster import Cluster, Mesh
    from mesh_wasm.model.extension import WasmExtension
    from mesh_wasm.model.plugin import WasmPluginSpec

FAMILIES = (
    adoption,
    locking,
    artifact,
    binary,
    effect,
    configuration,
    trials,
    signing,
    schema,
    crd,
    crdlists,
    extension,
    catalog,
    silent,
    lua,
    urls,
    url_traps,
    traffic,
    sides,
    targets,
    waypoints,
    ports,
    servers,
    revision,
    security,
    image,
    blast,
    selection,
    placing,
    sharing,
    documents,
    hierarchy,
    direct_mode,
    kinds,
    version,
    known_bugs,
    order,
    authorization,
    secrets,
    secretmanifest,
    registries,
    madesecrets,
    waiving,
)
"""The modules that declare rules."""


def plugin_findings(
    spec: WasmPluginSpec, workload: Workload | Reach | None = None, *, foreign: bool = False
) -> list[Finding]:
    """What the rules say of a plugin, wherever it runs; paths start at the spec.

    :param workload: The kind of proxy that runs it, or what is known of its proxies; if not given, the spec is asked.
    :param foreign: Whether it goes to the cluster as it is.
    """
    if isinstance(workload, Reach):
        return run(PluginSubject(spec, workload.workload, foreign, workload.reason))
    return run(PluginSubject(spec, _workload(spec, workload), foreign))


def placed_findings(
    spec: WasmPluginSpec,
    places: Iterable[tuple[Cluster, str | None]],
    workload: Workload | None = None,
    origin: str = "",
    *,
    foreign: bool = False,
) -> list[Finding]:
    """What the rules say of a plugin in several clusters and namespaces; what is said of all clusters is said once.

    Paths start at the spec. A cluster without a name stands for any. ``foreign``: whether it goes there as it is.

    :param origin: The file that the plugin was read from, if it was.
    """
    workload = _workload(spec, workload)
    alike: dict[tuple[Mesh, str | None, int], list[Finding]] = {}
    by_cluster: dict[str, dict[Finding, None]] = {}
    for cluster, namespace in places:
        around = cluster.surroundings
        key = (cluster.mesh, namespace, id(around) if around else 0)
        if key not in alike:
            alike[key] = [
                *run(ClusterPluginSubject(spec, cluster.mesh, namespace, workload, foreign)),
                *surrounded_findings(spec, cluster, namespace, origin),
            ]
        by_cluster.setdefault(cluster.name, {}).update(dict.fromkeys(alike[key]))
    return once(by_cluster)


def once(by_cluster: dict[str, dict[Finding, None]]) -> list[Finding]:
    """Findings by cluster: one that all clusters share names none of them."""
    if len(by_cluster) < 2:
        return [replace(f, cluster=name or None) for name, told in by_cluster.items() for f in told]
    found: list[Finding] = []
    for name, told in by_cluster.items():
        for finding in told:
            everywhere = all(finding in others for others in by_cluster.values())
            found.append(finding if everywhere else replace(finding, cluster=name))
    return list(dict.fromkeys(found))


def surrounded_findings(
    spec: WasmPluginSpec, cluster: Cluster, namespace: str | None, origin: str = ""
) -> list[Finding]:
    """What the other objects of a cluster tell of a plugin; nothing where none of them is known. Paths start at the spec."""
    around = cluster.surroundings
    if not around:
        return []
    reached = reach(spec, namespace, around, cluster.root_namespace)
    return run(SurroundedSubject(spec, cluster.mesh, namespace, around, reached, origin))


def revision_findings(labels: Mapping[str, Any], clusters: Iterable[Cluster]) -> list[Finding]:
    """What is to be said of the label istio.io/rev of a plugin; paths start at the document."""
    found = []
    for cluster in clusters:
        if cluster.revision is not None:
            told = run(RevisionSubject(labels, cluster.revision))
            found += [replace(finding, cluster=cluster.name or None) for finding in told]
    return found


def _workload(spec: WasmPluginSpec, given: Workload | None) -> Workload:
    return workload_of(spec) if given is None else given


def extension_findings(extension: WasmExtension) -> list[Finding]:
    """What the rules say of a catalogue entry; paths start at the entry."""
    return run(ExtensionSubject(extension))


def manifest_findings(secret: SecretSubject) -> list[Finding]:
    """What the rules say of the manifest of a pull secret; paths start at the manifest."""
    return run(secret)


def pull_findings(use: PullSubject) -> list[Finding]:
    """What the rules say of a plugin and the pull secret that it names; paths start at the plugin's spec."""
    return run(use)
