"""What an object that mesh-wasm has written says of what it was made for."""

from __future__ import annotations

from typing import Any

from mesh_wasm.model.target import TargetKind
from mesh_wasm.values.fqn import Fqn, FqnError
from mesh_wasm.values.labels import TARGET

from .metadata import text_at

_WHOLE_NAMESPACES = [kind for kind in TargetKind if not kind.selects_pods]


def of_a_group(value: Any) -> bool:
    """Whether a plugin was made for a security group or a default: it has no selector as whole namespaces are meant."""
    target = text_at(value, "metadata", "annotations", TARGET)
    return target is not None and any(_is_of(target, kind) for kind in _WHOLE_NAMESPACES)


def _is_of(target: str, kind: TargetKind) -> bool:
    try:
        return bool(Fqn.parse(target, kind))
    except FqnError:
        return False
