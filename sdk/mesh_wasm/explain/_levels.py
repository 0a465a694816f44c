"""Where an extension came from in TSB's hierarchy, level by level, and what replaced what, in words."""

from __future__ import annotations

from collections.abc import Sequence

from mesh_wasm.model.target import TargetKind
from mesh_wasm.values.fqn import Fqn, FqnError

_LEVELS = {
    "organizations": "organization",
    "tenants": "tenant",
    "workspaces": "workspace",
    "securitygroups": "security group",
    "servicesettings": "service setting",
    "profiles": "profile",
}


def levels(target: str, replaced: Sequence[str]) -> str:
    """``organization acme (replaced) -> tenant shop (in force)``; empty where nothing is handed down."""
    if not replaced and not _hands_down(target):
        return ""
    told = [f"{_called(fqn)} (replaced)" for fqn in replaced if fqn != target]
    return " -> ".join([*told, f"{_called(target)} (in force)"])


def _hands_down(target: str) -> bool:
    return any(_is_of(target, kind) for kind in (TargetKind.DEFAULT_SETTING, TargetKind.PROFILE))


def _is_of(target: str, kind: TargetKind) -> bool:
    try:
        return bool(Fqn.parse(target, kind))
    except FqnError:
        return False


def _called(fqn: str) -> str:
    parts = fqn.split("/")
    return f"{_LEVELS.get(parts[-2], parts[-2])} {parts[-1]}" if len(parts) > 1 else fqn
