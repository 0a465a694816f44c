"""The facts of a cluster as a program states them: those that differ from what holds anyway."""

from __future__ import annotations

from typing import Any

from mesh_wasm.fleet.cluster import Cluster

_STATED = ("labels", "istio_version", "namespaces", "dialect", "root_namespace", "revision", "registry_mirrors")


def stated(cluster: Cluster) -> dict[str, Any]:
    """The facts by their names in Python."""
    standard = Cluster(name=cluster.name)
    found = {name: getattr(cluster, name) for name in _STATED}
    return {
        name: str(value) if isinstance(value, str) else value
        for name, value in found.items()
        if value != getattr(standard, name)
    }
