"""Reading WasmPlugins and TrafficExtensions from YAML files.

They lie as ``mesh-wasm plan`` writes them: ``FOLDER/<cluster>/<namespace>/<kind>-<name>.yaml``.

A file that lies in no cluster's folder counts for a cluster that is called after the source. What ``plan`` and
``translate`` print with ``--format json`` can be read too.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mesh_wasm.chains.member import Member, read_member
from mesh_wasm.findings.finding import Finding, errors
from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.model.parse import parse
from mesh_wasm.model.plugin import API_VERSION, WasmPluginSpec
from mesh_wasm.model.traffic_extension import TrafficExtensionSpec
from mesh_wasm.planning.manifests import is_generated
from mesh_wasm.rules.checks import plugin_findings
from mesh_wasm.rules.extensions import traffic_extension_findings
from mesh_wasm.rules.waivers import ANNOTATION, read_waivers, settle
from mesh_wasm.surroundings import Surroundings
from mesh_wasm.surroundings.objects import Thing, TrafficExtension
from mesh_wasm.surroundings.reading import read_thing
from mesh_wasm.values.enums import PluginKind
from mesh_wasm.yaml.file import Unreadable, load

from .source import Options, Source, SourceError

_SUFFIXES = {".yaml", ".yml"}
_KINDS = frozenset(PluginKind)


@dataclass
class _Collected:
    """The manifests of a source while it is being read."""

    members: list[Member] = field(default_factory=list)
    clusters: dict[str, None] = field(default_factory=dict)
    findings: list[tuple[str, Finding]] = field(default_factory=list)
    """What makes them broken; the rest is for lint to say."""
    things: dict[str, list[Thing]] = field(default_factory=lambda: defaultdict(list))
    """What stands beside the plugins, by cluster."""


def read_manifests(path: Path, options: Options) -> Source | None:
    """The WasmPlugins and TrafficExtensions of a file or folder; None if there are none."""
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.suffix in _SUFFIXES)
    found = _Collected()
    name = path.resolve().name if path.is_dir() else path.stem
    for file in files:
        folders = file.relative_to(path).parts[:-1] if path.is_dir() else ()
        cluster, namespace = folders[0] if folders else name, folders[1] if len(folders) > 1 else "default"
        if is_generated(file):  # then the folders have their one meaning, wherever among them the source begins
            cluster, namespace = (parent.name for parent in (file.resolve().parents[1], file.resolve().parent))
        try:
            documents = list(load(file))
        except Unreadable as error:
            raise SourceError(str(error)) from None
        for document in documents:
            _read_plan(document.value, found)
            _read(document.value, cluster, namespace, found)
    if not found.members:
        return None
    # What lies in no plugin's folder may be in any cluster.
    loose = [thing for cluster, held in found.things.items() if cluster not in found.clusters for thing in held]
    around = {cluster: Surroundings([*found.things[cluster], *loose]) for cluster in found.clusters}
    return Source(
        name,
        tuple(found.members),
        tuple(sorted(found.clusters)),
        tuple(found.findings),
        applied=True,
        surroundings=around,
    )


def _read(value: Any, cluster: str, namespace: str, found: _Collected) -> None:
    thing = read_thing(_at_home(value, namespace), "the manifests")
    if thing is not None and not isinstance(thing, TrafficExtension):
        found.things[cluster].append(thing)
    if not isinstance(value, dict) or value.get("kind") not in _KINDS or value.get("apiVersion") != API_VERSION:
        return
    metadata, spec = value.get("metadata"), value.get("spec")
    if not isinstance(metadata, dict) or not isinstance(spec, dict):
        return
    found.clusters[cluster] = None
    where, kind = {"namespace": namespace, **metadata}, PluginKind(value["kind"])
    found.members.append(read_member(Cluster(name=cluster), where, spec, kind=kind))
    found.findings += ((f"{kind} {metadata.get('name')}", finding) for finding in _errors(kind, metadata, spec))


def _errors(kind: PluginKind, metadata: dict[str, Any], spec: dict[str, Any]) -> list[Finding]:
    """What the API server, istiod or a rule has against the plugin itself, unless it is waived there."""
    annotations = metadata.get("annotations")
    text = annotations.get(ANNOTATION) if isinstance(annotations, dict) else None
    waivers, _ = read_waivers(text if isinstance(text, str) else None, "metadata", "annotations", ANNOTATION)
    if kind is PluginKind.WASM_PLUGIN:
        plugin = parse(WasmPluginSpec, spec, wire=True)
        found = [*plugin.findings, *plugin_findings(plugin.value, foreign=True)]
    else:
        extension = parse(TrafficExtensionSpec, spec, wire=True)
        found = [*extension.findings, *traffic_extension_findings(extension.value, foreign=True)]
    return errors(settle((finding.under("spec") for finding in found), waivers))


def _at_home(value: Any, namespace: str) -> Any:
    """The object in the namespace where it would be created, where it names none."""
    metadata = value.get("metadata") if isinstance(value, dict) else None
    return {**value, "metadata": {"namespace": namespace, **metadata}} if isinstance(metadata, dict) else value


def _read_plan(value: Any, found: _Collected) -> None:
    """The plugins of a printed plan: a list for each cluster, of manifests or of objects that hold one."""
    clusters = value.get("clusters") if isinstance(value, dict) else None
    for cluster, objects in clusters.items() if isinstance(clusters, dict) else ():
        found.clusters[cluster] = None
        for one in objects if isinstance(objects, list) else ():
            _read(one.get("manifest", one) if isinstance(one, dict) else one, cluster, "default", found)
