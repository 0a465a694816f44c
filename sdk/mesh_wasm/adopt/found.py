"""What the sources of a command line hold: the objects of each cluster, and what is known of the clusters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mesh_wasm.findings.finding import counted
from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.fleet.inventory import read_inventory
from mesh_wasm.snapshot import Snapshot
from mesh_wasm.snapshot.file import is_snapshot, parse_snapshot
from mesh_wasm.surroundings import Surroundings
from mesh_wasm.yaml.file import Document, Unreadable
from mesh_wasm.yaml.paths import STDIN, read_paths

from .live import LiveObject, Piece, live_objects

_ENVOY_FILTER = "EnvoyFilter"
_WASM = "envoy.extensions.filters.http.wasm"


class FoundError(Exception):
    """The sources cannot be read."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = list(lines)
        super().__init__("\n".join(self.lines))


@dataclass(frozen=True, slots=True)
class Found:
    """What the sources hold."""

    objects: Sequence[LiveObject]
    clusters: Sequence[Cluster]
    """In the order of the inventory, else by name."""
    around: Mapping[str, Surroundings]
    """What else is known of the clusters, by their names."""
    notes: Sequence[str]


def read_sources(sources: Sequence[str], inventory: str | None = None) -> Found:
    """Read them: ``CLUSTER=PATH``, or ``PATH`` for a cluster that is called after the file.

    :raises FoundError: Where one cannot be read, or holds no plugin.
    """
    problems: list[str] = []
    facts = _inventory(inventory, problems)
    held: dict[str, list[Piece]] = {}
    snapshots: dict[str, Snapshot] = {}
    for source in sources:
        cluster, path, is_said = _named(source)
        documents, unreadable = read_paths([path])
        problems += map(str, unreadable)
        for document in documents:
            if is_snapshot(document.value):
                _add_snapshot(document, cluster if is_said else "", held, snapshots, problems)
            elif cluster:
                held.setdefault(cluster, []).append(Piece(document.value, document.file, document.line))
            else:
                problems.append("standard input has no name: say of which cluster it is, east=-.")
                break
    if facts is not None:
        problems += [f"the inventory has no cluster {name}." for name in held if name not in facts]
    if problems:
        raise FoundError(problems)
    objects = [one for cluster, documents in sorted(held.items()) for one in live_objects(cluster, documents)]
    if not objects:
        looked = counted(sum(map(len, held.values())), "document")
        raise FoundError([f"nothing to adopt: of {looked}, none is a WasmPlugin or TrafficExtension."])
    names = [name for name in facts or sorted(held) if name in held]
    clusters = [facts[name] if facts is not None else _facts(name, snapshots.get(name)) for name in names]
    around = {
        name: snapshots[name].surroundings if name in snapshots else Surroundings.read(one.value for one in pieces)
        for name, pieces in held.items()
    }
    return Found(objects, clusters, around, [*_notes(held), *_unread(snapshots)])


def _add_snapshot(
    document: Document,
    name: str,
    held: dict[str, list[Piece]],
    snapshots: dict[str, Snapshot],
    problems: list[str],
) -> None:
    """Its objects, under the name that is given, else its own."""
    try:
        snapshot = parse_snapshot(document.value, document.file)
    except Unreadable as error:
        problems.append(str(error))
        return
    cluster = name or snapshot.cluster
    if cluster in snapshots:
        problems.append(f"{document.file}: this is a second snapshot of cluster {cluster}. Give the newer one alone.")
    snapshots[cluster] = snapshot
    held.setdefault(cluster, []).extend(Piece(one, document.file) for one in snapshot.objects)


def _facts(name: str, snapshot: Snapshot | None) -> Cluster:
    """What a snapshot tells of its cluster. Which of several versions runs a plugin it does not tell."""
    if snapshot is None:
        return Cluster(name=name)
    versions = {plane.version for plane in snapshot.control_planes}
    facts: dict[str, Any] = {"root_namespace": snapshot.root_namespace}
    if len(versions) == 1 and None not in versions:
        facts["istio_version"] = versions.pop()
    if snapshot.namespaces is not None:
        facts["namespaces"] = list(snapshot.namespaces)
    return Cluster(name=name, **facts)


def _unread(snapshots: Mapping[str, Snapshot]) -> Iterable[str]:
    """Where plugins may be missing, since they could not be read."""
    for name, snapshot in sorted(snapshots.items()):
        for one in snapshot.unread:
            if one.kind.split(".")[0] in ("wasmplugins", "trafficextensions"):
                where = f" of namespace {one.namespace}" if one.namespace else ""
                yield f"the snapshot of {name} lacks {one.kind}{where} ({one.reason}): what is there is not adopted."
        if snapshot.namespaces_only is not None:
            yield f"the snapshot of {name} holds only {', '.join(snapshot.namespaces_only)}: nothing else is adopted."


def _named(source: str) -> tuple[str, str, bool]:
    """Cluster, path, and whether the cluster is said. A path that exists as it is given is one, whatever it holds."""
    name, equals, path = source.partition("=")
    if equals and name and "/" not in name and not Path(source).exists():
        return name, path, True
    return ("" if source == STDIN else Path(source).resolve().name.split(".")[0]), source, False


def _inventory(file: str | None, problems: list[str]) -> dict[str, Cluster] | None:
    if file is None:
        return None
    try:
        fleet, findings = read_inventory(file)
    except Unreadable as error:
        problems.append(str(error))
        return None
    problems += [str(one) for one in findings if one.finding.is_error]
    return {cluster.name: cluster for cluster in fleet}


def _notes(held: Mapping[str, Sequence[Piece]]) -> Iterable[str]:
    """What loads Wasm modules as well, and is no object that can be declared."""
    for cluster, documents in held.items():
        filters = [one.value for one in documents if _is_wasm_filter(one.value)]
        if filters:
            names = ", ".join(sorted({_name(one) for one in filters})[:3])
            yield (
                f"{counted(len(filters), 'EnvoyFilter')} of {cluster} ({names}) load Wasm modules themselves; they are not "
                "adopted. A WasmPlugin says the same, and is checked."
            )


def _is_wasm_filter(value: Any) -> bool:
    return isinstance(value, Mapping) and value.get("kind") == _ENVOY_FILTER and _mentions(value.get("spec"))


def _mentions(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_mentions(item) for item in value.values())
    if isinstance(value, list):
        return any(_mentions(item) for item in value)
    return isinstance(value, str) and _WASM in value


def _name(value: Any) -> str:
    metadata = value.get("metadata")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    return f"{metadata.get('namespace', 'default')}/{metadata.get('name')}"
