"""Reading WasmPlugins and TrafficExtensions from YAML files.

They lie as ``mesh-wasm plan`` writes them: ``FOLDER/<cluster>/<namespace>/<kind>-<name>.yaml``.

A file that lies in no cluster's folder counts for a cluster that is called after the source. What ``plan`` and
``translate`` print with ``--format json`` can be read too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mesh_wasm.chains.member import Member, read_member
from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.model.plugin import API_VERSION
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


def read_manifests(path: Path, options: Options) -> Source | None:
    """The WasmPlugins and TrafficExtensions of a file or folder; None if there are none."""
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.suffix in _SUFFIXES)
    found = _Collected()
    name = path.resolve().name if path.is_dir() else path.stem
    for file in files:
        folders = file.relative_to(path).parts[:-1] if path.is_dir() else ()
        cluster = folders[0] if folders else name
        try:
            documents = list(load(file))
        except Unreadable as error:
            raise SourceError(str(error)) from None
        for document in documents:
            _read_plan(document.value, found)
            _read(document.value, cluster, folders[1] if len(folders) > 1 else "default", found)
    if not found.members:
        return None
    return Source(name, tuple(found.members), tuple(sorted(found.clusters)))


def _read(value: Any, cluster: str, namespace: str, found: _Collected) -> None:
    if not isinstance(value, dict) or value.get("kind") not in _KINDS or value.get("apiVersion") != API_VERSION:
        return
    metadata, spec = value.get("metadata"), value.get("spec")
    if not isinstance(metadata, dict) or not isinstance(spec, dict):
        return
    found.clusters[cluster] = None
    where = {"namespace": namespace, **metadata}
    found.members.append(read_member(Cluster(name=cluster), where, spec, kind=PluginKind(value["kind"])))


def _read_plan(value: Any, found: _Collected) -> None:
    """The plugins of a printed plan: a list for each cluster, of manifests or of objects that hold one."""
    clusters = value.get("clusters") if isinstance(value, dict) else None
    for cluster, objects in clusters.items() if isinstance(clusters, dict) else ():
        found.clusters[cluster] = None
        for one in objects if isinstance(objects, list) else ():
            _read(one.get("manifest", one) if isinstance(one, dict) else one, cluster, "default", found)
