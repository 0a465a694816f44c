"""Foreign plugins: those of the cluster that no plan holds, as members of the chains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from mesh_wasm.chains.member import Member, read_member
from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.snapshot import Snapshot
from mesh_wasm.sources.source import Source
from mesh_wasm.surroundings.leaves import at, mapping
from mesh_wasm.values.enums import PluginKind

FOREIGN = "(in the cluster, and not in the plan)"
"""Who declares them, for reports."""


def with_foreign(source: Source, snapshots: Mapping[str, Snapshot] | None = None) -> Source:
    """The source with the plugins that stand in the snapshots of its clusters beside its own.

    :param snapshots: By cluster; None: those that the fleet of the source names.
    """
    held = source.snapshots if snapshots is None else snapshots
    if not held:
        return source
    added = [one for name, snapshot in sorted(held.items()) for one in foreign_members(source, name, snapshot)]
    return replace(source, members=(*source.members, *added)) if added else source


def foreign_members(source: Source, cluster: str, snapshot: Snapshot) -> Iterator[Member]:
    """The plugins of a cluster that the source does not hold; also those that a plan has held before."""
    ours = {member.identity for member in source.members if member.cluster == cluster}
    near = next((member for member in source.members if member.cluster == cluster), None)
    facts = Cluster(name=cluster, root_namespace=snapshot.root_namespace, istio_version=_version(near, snapshot))
    for kind in PluginKind:
        for manifest in snapshot.of_kind(kind.value, "extensions.istio.io"):
            metadata: Mapping[str, Any] = mapping(manifest.get("metadata"))
            if (cluster, metadata.get("namespace"), metadata.get("name"), kind) not in ours:
                yield read_member(facts, metadata, mapping(at(manifest, "spec")), FOREIGN, kind)


def _version(near: Member | None, snapshot: Snapshot) -> str | None:
    if near is not None and near.istio is not None:
        return ".".join(map(str, near.istio))
    return next((one.version for one in snapshot.control_planes if one.version), None)
