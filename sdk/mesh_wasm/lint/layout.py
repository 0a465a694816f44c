"""What an object that mesh-wasm has written says of its place: the folder of its cluster, and what it was made for."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from mesh_wasm.model.target import TargetKind
from mesh_wasm.planning.manifests import object_path
from mesh_wasm.values.fqn import Fqn, FqnError
from mesh_wasm.values.labels import TARGET
from mesh_wasm.yaml.file import Document

from .metadata import text_at


def written_cluster(document: Document) -> str:
    """The folder of the cluster, for a file as ``plan --out`` and ``translate --out`` write it; empty for any other."""
    value: Any = document.value
    path = PurePath(document.file)
    if len(path.parts) < 3 or not isinstance(value, dict) or text_at(value, "metadata", "name") is None:
        return ""
    cluster = path.parts[-3]
    return cluster if object_path(cluster, value).parts[1:] == path.parts[-2:] else ""


def of_a_group(value: Any) -> bool:
    """Whether a plugin was made for a security group: it has no selector because the whole namespace is meant."""
    target = text_at(value, "metadata", "annotations", TARGET)
    try:
        return target is not None and bool(Fqn.parse(target, TargetKind.SECURITY_GROUP))
    except FqnError:
        return False
