"""What an object that mesh-wasm has written says of what it was made for."""

from __future__ import annotations

from typing import Any

from mesh_wasm.model.target import TargetKind
from mesh_wasm.values.fqn import Fqn, FqnError
from mesh_wasm.values.labels import TARGET

from .metadata import text_at


def of_a_group(value: Any) -> bool:
    """Whether a plugin was made for a security group: it has no selector because the whole namespace is meant."""
    target = text_at(value, "metadata", "annotations", TARGET)
    try:
        return target is not None and bool(Fqn.parse(target, TargetKind.SECURITY_GROUP))
    except FqnError:
        return False
