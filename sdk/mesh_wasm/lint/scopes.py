"""For which clusters a manifest is meant, and what else is known of these: from the inventory, and from the documents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from mesh_wasm.fleet.cluster import Cluster, Fleet
from mesh_wasm.surroundings.files import by_cluster, cluster_in, written_cluster
from mesh_wasm.surroundings.objects import Thing
from mesh_wasm.surroundings.reading import read_thing
from mesh_wasm.yaml.file import Document

from .metadata import text_at

ANY_CLUSTER = ""
"""Name of what stands for the cluster where there is no inventory: upstream Istio, of any version."""


class Scopes:
    """The clusters of one run. Without an inventory there is one for each folder that ``plan --out`` has written, and one
    for all else."""

    def __init__(self, fleet: Fleet | None, beside: Sequence[Document] = ()) -> None:
        """Take the clusters of an inventory, if there is one, and documents of other kinds that stand beside plugins."""
        self.fleet = fleet if fleet is not None and len(fleet) else None
        self._any: dict[str, Cluster] = {}
        if self.fleet is not None:
            self.fleet = self.fleet.beside(by_cluster(beside, self.fleet.names))
            return
        found: dict[str, list[Thing]] = defaultdict(list)
        for document in beside:
            thing = read_thing(document.value, document.file)
            if thing is not None:
                found[written_cluster(document) or ANY_CLUSTER].append(thing)
        self._everywhere = everywhere = found[ANY_CLUSTER]
        self._any = {
            name: Cluster(name=name).beside(things if name == ANY_CLUSTER else [*things, *everywhere])
            for name, things in found.items()
        }

    @property
    def clusters(self) -> list[Cluster]:
        """All of them, as far as they are known by now."""
        return list(self._any.values()) if self.fleet is None else list(self.fleet)

    def of(self, document: Document) -> list[Cluster]:
        """The clusters that a manifest may be meant for; none where no cluster of the inventory has its namespace."""
        if self.fleet is None:
            name = written_cluster(document) or ANY_CLUSTER
            if name not in self._any:
                self._any[name] = Cluster(name=name).beside(self._everywhere)
            return [self._any[name]]
        namespace = text_at(document.value, "metadata", "namespace")
        only = cluster_in(document.file, self.fleet.names)
        return [
            cluster
            for cluster in self.fleet
            if only in (None, cluster.name) and (namespace is None or cluster.has_namespace(namespace))
        ]
