"""The Wasm VM's configuration: its environment (Istio VmConfig, TSB VmConfig)."""

from __future__ import annotations

from typing import Any

from mesh_wasm.values.base import Leaf, Model, Str
from mesh_wasm.values.deferred import map_value
from mesh_wasm.values.enums import EnvValueSource


class EnvVar(Model):
    """An environment variable of the VM."""

    name: Leaf[Str]
    """A C identifier; 1 to 256 characters; not ISTIO_META…, which Istio keeps for itself."""
    value_from: Leaf[EnvValueSource] | None = None
    """INLINE (Istio's default; TSB requires the field) or HOST."""
    value: Leaf[Str] | None = None
    """The value, at most 2048 characters; only with INLINE."""


class VmConfig(Model):
    """Configuration of the VM that runs the module."""

    env: Leaf[list[Leaf[EnvVar]]] | None = None
    """Environment variables, at most 256, each name once."""


def istio_vm_config(config: VmConfig) -> dict[str, Any]:
    """The wire form for Istio. TSB ignores ``value`` where the source is HOST; Istio refuses it, so it is dropped."""
    wire = config.wire()
    if "env" in wire:
        wire["env"] = map_value(wire["env"], lambda env: [map_value(one, _istio_env) for one in env])
    return wire


def _istio_env(env: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in env.items() if key != "value" or env.get("valueFrom") != EnvValueSource.HOST}
