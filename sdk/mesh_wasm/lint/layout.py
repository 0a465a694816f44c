"""What an object that mesh-wasm has written says of what it was made for, and which of its values are not known yet."""

from __future__ import annotations

from typing import Any

from mesh_wasm.model.target import TargetKind
from mesh_wasm.rules.subjects import Workload
from mesh_wasm.surroundings.files import written_cluster
from mesh_wasm.values.deferred import INVALID
from mesh_wasm.values.fqn import Fqn, FqnError
from mesh_wasm.values.labels import MANAGED_BY, MANAGER, TARGET
from mesh_wasm.values.marks import SECRET_MARK, UNKNOWN_MARK
from mesh_wasm.yaml.file import Document

from .metadata import text_at

_MARKS = (SECRET_MARK, UNKNOWN_MARK)


def made_for(value: Any) -> Workload | None:
    """The kind of proxy of the target that a plugin was made for; None where it was not, or the target does not tell.

    A security group or a default means whole namespaces: what is made for it has no selector on purpose.
    """
    target = text_at(value, "metadata", "annotations", TARGET)
    if target is None:
        return None
    for kind in TargetKind:
        if _is_of(target, kind):
            return Workload.GATEWAY if kind.is_gateway else None if kind.selects_pods else Workload.SIDECAR
    return None


def _is_of(target: str, kind: TargetKind) -> bool:
    try:
        return bool(Fqn.parse(target, kind))
    except FqnError:
        return False


def is_generated(value: Any) -> bool:
    """Whether mesh-wasm has made the object."""
    return text_at(value, "metadata", "labels", MANAGED_BY) == MANAGER


def without_marks(document: Document, spec: Any) -> Any:
    """The spec of what ``plan --out`` has written, with something deferred where a mark stands for a value.

    The head of such a file says that it is not ready to be applied. Elsewhere a mark is a placeholder, and told as one.
    """
    ours = is_generated(document.value) or written_cluster(document) is not None
    return _unmarked(spec) if ours else spec


def _unmarked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unmarked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_unmarked(item) for item in value]
    return INVALID if isinstance(value, str) and value in _MARKS else value
