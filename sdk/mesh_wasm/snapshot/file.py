"""The file of a snapshot: one YAML document, which every language can read.

.. code-block:: yaml

    apiVersion: mesh-wasm/v1
    kind: Snapshot
    cluster: east
    taken: '2026-11-27T02:11:00Z'      # the one line that changes where nothing else has
    istio:
      rootNamespace: istio-system
      controlPlanes:
      - {revision: default, version: 1.30.3, namespace: istio-system, tags: [stable]}
    registryMirrors: {registry.acme.io: mirror.east.acme.io:5000}
    namespaces: [edge]                 # only where it was taken of some namespaces
    unread:                            # what could not be read
    - {kind: secrets, namespace: pay, reason: forbidden}
    objects: […]

``objects`` are Kubernetes manifests, sorted by API group, kind, namespace and name, and cut down to what decides about
plugins:

- WasmPlugin, TrafficExtension, and EnvoyFilters that configure Wasm: whole (metadata.{name, namespace, labels, annotations,
  creationTimestamp, generation, ownerReferences, managedFields}, spec), as the API server gave them; only the annotation
  ``kubectl.kubernetes.io/last-applied-configuration`` is left out.
- Secret: metadata.{name, namespace, labels, creationTimestamp, managedFields}, type, ``keys``, and of pull secrets
  ``registries`` (hosts, sorted) and ``unreadable`` (why Istio's agent cannot use it; absent where it can). Never ``data``.
- All others: metadata.{name, namespace, labels} and the parts of the spec that :mod:`mesh_wasm.surroundings` reads.
- Pods: only those that no workload among the objects has made; those of one controller as one, under its name.

The bytes follow from the cluster alone, so that the difference of two snapshots is that of the cluster.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mesh_wasm.surroundings.leaves import at, mapping, maps, text
from mesh_wasm.yaml.file import Unreadable, documents, read_file
from mesh_wasm.yaml.text import yaml_text

from .kinds import head
from .snapshot import ControlPlane, Snapshot, Unread

API_VERSION, KIND = "mesh-wasm/v1", "Snapshot"
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_HEADER = "# Written by `mesh-wasm snapshot`, which only reads the cluster. It holds no value of a Secret.\n"
_FIX = "Take it anew with `mesh-wasm snapshot`."


def read_snapshot(path: str | Path) -> Snapshot:
    """The snapshot of a file. Raises :class:`~mesh_wasm.yaml.file.Unreadable`."""
    found = list(documents(read_file(path), str(path)))
    if len(found) != 1:
        raise Unreadable(
            str(path), f"a snapshot is one YAML document; this file holds {len(found) or 'none'}.", fix=_FIX
        )
    return parse_snapshot(found[0].value, str(path))


def parse_snapshot(document: Any, origin: str = "") -> Snapshot:
    """The snapshot of a document that has been loaded already. Raises :class:`~mesh_wasm.yaml.file.Unreadable`."""
    where = origin or "the snapshot"
    if not is_snapshot(document):
        says = f"this is no snapshot: it has not apiVersion {API_VERSION} and kind {KIND}."
        raise Unreadable(where, says, fix=_FIX)
    stamp, cluster, objects = text(document.get("taken")), text(document.get("cluster")), document.get("objects")
    if not cluster or not isinstance(objects, list) or not all(_is_object(one) for one in objects):
        raise Unreadable(where, "the snapshot is broken: it needs cluster, and objects that have names.", fix=_FIX)
    if stamp is None or not _STAMP.fullmatch(stamp):
        raise Unreadable(where, "the snapshot is broken: taken is no time such as 2026-11-27T02:11:00Z.", fix=_FIX)
    try:
        taken = datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Unreadable(where, f"the snapshot is broken: there is no time {stamp}.", fix=_FIX) from None
    only = document.get("namespaces")
    mirrors = mapping(document.get("registryMirrors"))
    return Snapshot(
        cluster,
        taken,
        tuple(objects),
        tuple(_control_plane(one) for one in maps(at(document, "istio", "controlPlanes"))),
        text(at(document, "istio", "rootNamespace")) or "istio-system",
        {str(host): str(mirror) for host, mirror in mirrors.items()},
        tuple(
            Unread(text(one.get("kind")) or "", text(one.get("reason")) or "", text(one.get("namespace")))
            for one in maps(document.get("unread"))
        ),
        tuple(map(str, only)) if isinstance(only, list) else None,
        origin,
    )


def is_snapshot(document: Any) -> bool:
    """Whether a document says that it is a snapshot."""
    return isinstance(document, Mapping) and document.get("apiVersion") == API_VERSION and document.get("kind") == KIND


def snapshot_text(snapshot: Snapshot) -> str:
    """The file: the same bytes for the same content."""
    istio: dict[str, Any] = {"rootNamespace": snapshot.root_namespace}
    istio["controlPlanes"] = [_plane(one) for one in sorted(snapshot.control_planes, key=lambda one: one.revision)]
    document: dict[str, Any] = {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "cluster": snapshot.cluster,
        "taken": snapshot.taken.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "istio": istio,
        "registryMirrors": dict(sorted(snapshot.registry_mirrors.items())),
    }
    if snapshot.namespaces_only is not None:
        document["namespaces"] = sorted(snapshot.namespaces_only)
    document["unread"] = [
        {"kind": one.kind, **({"namespace": one.namespace} if one.namespace else {}), "reason": one.reason}
        for one in sorted(snapshot.unread, key=lambda one: (one.kind, one.namespace or ""))
    ]
    document["objects"] = [_ordered(one) for one in sorted(snapshot.objects, key=place)]
    return _HEADER + yaml_text(document)


def place(manifest: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """API group, kind, namespace and name: the order of objects."""
    metadata = mapping(manifest.get("metadata"))
    return *head(manifest), str(metadata.get("namespace") or ""), str(metadata.get("name"))


_FIRST = {"apiVersion": 0, "kind": 1, "metadata": 2, "name": 3, "namespace": 4}


def _ordered(value: Any) -> Any:
    """The same with its keys in order: names first, then by the alphabet."""
    if isinstance(value, Mapping):
        keys = sorted(value, key=lambda key: (_FIRST.get(key, 9), str(key)))
        return {key: _ordered(value[key]) for key in keys}
    return [_ordered(one) for one in value] if isinstance(value, list | tuple) else value


def _plane(plane: ControlPlane) -> dict[str, Any]:
    held = {"revision": plane.revision, "version": plane.version, "namespace": plane.namespace}
    return {**held, **({"tags": sorted(plane.tags)} if plane.tags else {})}


def _control_plane(one: Mapping[str, Any]) -> ControlPlane:
    tags = one.get("tags")
    return ControlPlane(
        text(one.get("revision")) or "default",
        text(one.get("version")),
        text(one.get("namespace")) or "istio-system",
        tuple(map(str, tags)) if isinstance(tags, list) else (),
    )


def _is_object(one: Any) -> bool:
    return isinstance(one, Mapping) and bool(text(one.get("kind"))) and bool(text(at(one, "metadata", "name")))
