"""What the sources of a command line hold: the objects of each cluster, and what is known of the clusters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mesh_wasm.findings.finding import counted
from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.fleet.inventory import read_inventory
from mesh_wasm.surroundings import Surroundings
from mesh_wasm.yaml.file import Document, Unreadable
from mesh_wasm.yaml.paths import STDIN, read_paths

from .live import LiveObject, live_objects

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
    held: dict[str, list[Document]] = {}
    for source in sources:
        cluster, path = _named(source)
        if not cluster:
            problems.append("standard input has no name: say of which cluster it is, east=-.")
            continue
        documents, unreadable = read_paths([path])
        problems += map(str, unreadable)
        held.setdefault(cluster, []).extend(documents)
    if facts is not None:
        problems += [f"the inventory has no cluster {name}." for name in held if name not in facts]
    if problems:
        raise FoundError(problems)
    objects = [one for cluster, documents in sorted(held.items()) for one in live_objects(cluster, documents)]
    if not objects:
        looked = counted(sum(map(len, held.values())), "document")
        raise FoundError([f"nothing to adopt: of {looked}, none is a WasmPlugin or TrafficExtension."])
    names = [name for name in facts or sorted(held) if name in held]
    clusters = [facts[name] if facts is not None else Cluster(name=name) for name in names]
    around = {name: Surroundings.read(one.value for one in documents) for name, documents in held.items()}
    return Found(objects, clusters, around, [*_notes(held)])


def _named(source: str) -> tuple[str, str]:
    """Cluster and path. A path that exists as it is given is one, whatever it holds."""
    name, equals, path = source.partition("=")
    if equals and "/" not in name and not Path(source).exists():
        return name, path
    return ("" if source == STDIN else Path(source).resolve().name.split(".")[0]), source


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


def _notes(held: Mapping[str, Sequence[Document]]) -> Iterable[str]:
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
