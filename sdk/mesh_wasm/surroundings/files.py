"""Other objects in files: which of the documents stand beside plugins, and in which cluster.

Files say little of clusters. A folder that is called after a cluster holds the objects of that cluster, as ``mesh-wasm plan
--out`` writes them (``<cluster>/<namespace>/<kind>-<name>.yaml``) and as people keep them; all else may be in any cluster.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import PurePath

from mesh_wasm.yaml.file import Document

from .leaves import at, text
from .objects import Thing
from .reading import read_thing

CLUSTER_WIDE = "_cluster"
"""The folder in which ``plan --out`` keeps objects without a namespace."""


def cluster_in(file: str, clusters: Collection[str]) -> str | None:
    """The one cluster after which a folder of the path is called; None where there is none, or several."""
    found = {part for part in PurePath(file).parts[:-1] if part in clusters}
    return found.pop() if len(found) == 1 else None


def written_cluster(document: Document) -> str | None:
    """The folder of the cluster, for a file as ``plan --out`` and ``translate --out`` write it; None for any other."""
    parts = document.file.replace("\\", "/").rsplit("/", 3)
    if len(parts) < 3 or type(document.value) is not dict or f"{document.value.get('kind')}-" not in parts[-1]:
        return None
    namespace, name = (text(at(document.value, "metadata", key)) for key in ("namespace", "name"))
    as_written = f"{document.value.get('kind')}-{name}"
    home = CLUSTER_WIDE if namespace is None else namespace
    return parts[-3] if parts[-1].rpartition(".")[0] == as_written and parts[-2] == home else None


def by_cluster(documents: Iterable[Document], clusters: Collection[str]) -> dict[str, list[Thing]]:
    """What stands beside the plugins of each cluster: the objects of its folder, and those that may be in any."""
    found: dict[str, list[Thing]] = {name: [] for name in clusters}
    for document in documents:
        thing = read_thing(document.value, document.file)
        if thing is not None:
            only = cluster_in(document.file, clusters)
            for name in found if only is None else [only]:
                found[name].append(thing)
    return found
