"""Istio's WasmPlugin (extensions.istio.io/v1alpha1), every field of the reference."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mesh_wasm.values.base import Int32, Leaf, Model, Str, Struct
from mesh_wasm.values.enums import FailStrategy, PluginPhase, PluginType, PullPolicy

from .selector import IstioWorkloadSelector, PolicyTargetReference
from .traffic import TrafficSelector
from .vm import VmConfig

API_VERSION = "extensions.istio.io/v1alpha1"
KIND = "WasmPlugin"


class WasmPluginSpec(Model):
    """The spec of a WasmPlugin."""

    selector: Leaf[IstioWorkloadSelector] | None = None
    """Pods of the namespace; unset: all of them (in the root namespace: all of the mesh)."""
    target_ref: Leaf[PolicyTargetReference] | None = None
    """One resource; superseded by ``targetRefs``. Istio 1.20."""
    target_refs: Leaf[Annotated[list[Leaf[PolicyTargetReference]], Field(max_length=16)]] | None = None
    """Resources of the Gateway API, at most 16; waypoints listen to nothing else. Istio 1.22."""
    url: Leaf[Annotated[Str, Field(min_length=1)]]
    """Module URL: ``oci://`` (also the default), ``https://``, ``http://`` or ``file://``."""
    sha256: Leaf[Str] | None = None
    """64 lower-case hexadecimal digits: of the image manifest (oci) or of the file (http, https)."""
    image_pull_policy: Leaf[PullPolicy] | None = None
    """When to pull again."""
    image_pull_secret: Leaf[Annotated[Str, Field(min_length=1, max_length=253)]] | None = None
    """Name of a Secret of type kubernetes.io/dockerconfigjson in the plugin's namespace."""
    verification_key: Leaf[Str] | None = None
    """In the CRD, but Istio ignores it."""
    plugin_config: Leaf[Struct] | None = None
    """Handed to the plugin as JSON."""
    plugin_name: Leaf[Annotated[Str, Field(min_length=1, max_length=256)]] | None = None
    """Envoy's root id."""
    phase: Leaf[PluginPhase] | None = None
    """Place in the filter chain."""
    priority: Leaf[Int32] | None = None
    """Order within the phase, descending; unset runs after every set one."""
    fail_strategy: Leaf[FailStrategy] | None = None
    """What happens to traffic when the plugin fails; default FAIL_CLOSE."""
    vm_config: Leaf[VmConfig] | None = None
    """Environment of the VM."""
    match: Leaf[list[Leaf[TrafficSelector]]] | None = None
    """Traffic that passes through the plugin; empty or unset: all of it."""
    type: Leaf[PluginType] | None = None
    """HTTP or NETWORK; default HTTP."""
