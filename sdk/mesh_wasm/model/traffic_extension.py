"""Istio's TrafficExtension (extensions.istio.io/v1alpha1, Istio 1.30), every field, and its likeness to a WasmPlugin.

A TrafficExtension holds what a WasmPlugin holds, with the module's own fields one level deeper, or a Lua script in place
of the module. Everything above this module works on the form of a WasmPlugin: the *plugin form*, which has the key ``lua``
where there is no module. Read objects are brought into it, and what is planned is brought out of it last.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from mesh_wasm.values.base import Int32, Leaf, Model, Str, Struct
from mesh_wasm.values.deferred import INVALID, Deferred, map_value
from mesh_wasm.values.enums import ExtensionPhase, FailStrategy, PluginKind, PluginPhase, PluginType, PullPolicy

from .plugin import WasmPluginSpec
from .selector import IstioWorkloadSelector, PolicyTargetReference
from .traffic import TrafficSelector
from .vm import VmConfig

KIND = PluginKind.TRAFFIC_EXTENSION


class LuaConfig(Model):
    """A Lua script (Istio LuaConfig)."""

    inline_code: Leaf[Annotated[Str, Field(min_length=1, max_length=65536)]]
    """The script; its functions envoy_on_request and envoy_on_response are called. At most 64 KiB."""


class WasmConfig(Model):
    """A Wasm module (Istio WasmConfig): each field means what it means in a WasmPlugin."""

    url: Leaf[Annotated[Str, Field(min_length=1)]]
    """Module URL: ``oci://`` (also the default), ``https://``, ``http://`` or ``file://``."""
    sha256: Leaf[Str] | None = None
    """64 lower-case hexadecimal digits: of the image manifest (oci) or of the file (http, https)."""
    image_pull_policy: Leaf[PullPolicy] | None = None
    """When to pull again."""
    image_pull_secret: Leaf[Annotated[Str, Field(min_length=1, max_length=253)]] | None = None
    """Name of a Secret of type kubernetes.io/dockerconfigjson in the extension's namespace."""
    verification_key: Leaf[Str] | None = None
    """In the CRD, but Istio ignores it."""
    plugin_config: Leaf[Struct] | None = None
    """Handed to the plugin as JSON."""
    plugin_name: Leaf[Annotated[Str, Field(min_length=1, max_length=256)]] | None = None
    """Envoy's root id."""
    fail_strategy: Leaf[FailStrategy] | None = None
    """What happens to traffic when the plugin fails; default FAIL_CLOSE."""
    vm_config: Leaf[VmConfig] | None = None
    """Environment of the VM."""
    type: Leaf[PluginType] | None = None
    """HTTP or NETWORK; default HTTP."""


class TrafficExtensionSpec(Model):
    """The spec of a TrafficExtension."""

    selector: Leaf[IstioWorkloadSelector] | None = None
    """Pods of the namespace; unset: all of them (in the root namespace: all of the mesh)."""
    target_refs: Leaf[Annotated[list[Leaf[PolicyTargetReference]], Field(max_length=16)]] | None = None
    """Resources of the Gateway API, at most 16; waypoints listen to nothing else."""
    phase: Leaf[ExtensionPhase] | None = None
    """Place in the filter chain."""
    priority: Leaf[Int32] | None = None
    """Order within the phase, descending, together with WasmPlugins; unset runs after every set one."""
    match: Leaf[list[Leaf[TrafficSelector]]] | None = None
    """Traffic that passes through the extension; empty or unset: all of it."""
    wasm: Leaf[WasmConfig] | None = None
    """The module; this or ``lua``."""
    lua: Leaf[LuaConfig] | None = None
    """The script; this or ``wasm``. HTTP only, and it fails open only."""


def _aliases(model: type[Model]) -> tuple[str, ...]:
    return tuple(info.alias or name for name, info in model.model_fields.items())


WASM_FIELDS = _aliases(WasmConfig)
"""The fields of a WasmPlugin's spec that stand under ``wasm`` in a TrafficExtension, in wire names."""
_PLACING = ("selector", "target_refs", "priority", "match")


def as_plugin(spec: TrafficExtensionSpec) -> WasmPluginSpec:
    """The WasmPlugin that means the same, for the rules; what a script or a deferred module leaves open is deferred."""
    fields: dict[str, Any] = {name: getattr(spec, name) for name in _PLACING}
    if spec.phase is not None:
        fields["phase"] = map_value(spec.phase, _plugin_phase)
    if isinstance(spec.wasm, WasmConfig):
        fields |= {name: getattr(spec.wasm, name) for name in WasmConfig.model_fields}
    elif isinstance(spec.wasm, Deferred):
        fields |= dict.fromkeys(WasmConfig.model_fields, spec.wasm)
    else:
        fields["url"] = INVALID
    return WasmPluginSpec.model_construct(**{key: value for key, value in fields.items() if value is not None})


def extension_path(path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Where in a TrafficExtension's spec stands what stands at ``path`` in the spec of a WasmPlugin."""
    return ("wasm", *path) if path and path[0] in WASM_FIELDS else path


def plugin_form(spec: Mapping[str, Any] | Deferred) -> Any:
    """The plugin form of a TrafficExtension's spec in wire form; deferred leaves stay leaves."""
    if isinstance(spec, Deferred):
        return spec.map(plugin_form)
    out = {key: value for key, value in spec.items() if key not in ("wasm", "phase")}
    if spec.get("phase") is not None:
        out["phase"] = map_value(spec["phase"], _plugin_phase)
    wasm = spec.get("wasm")
    if isinstance(wasm, Mapping):
        out |= wasm
    elif isinstance(wasm, Deferred):
        out |= {"url": wasm.map(lambda known: known["url"]), "type": wasm.map(lambda known: known.get("type"))}
    elif wasm is not None:  # the mark of a plan that may not show it
        out |= {"url": wasm, "type": wasm}
    return out


def extension_form(spec: Mapping[str, Any] | Deferred) -> Any:
    """The spec of a TrafficExtension, in wire form, from the plugin form: what istiod makes of a WasmPlugin by itself."""
    if isinstance(spec, Deferred):
        return spec.map(extension_form)
    out = {key: value for key, value in spec.items() if key not in (*WASM_FIELDS, "phase", "targetRef")}
    if spec.get("phase") is not None:
        out["phase"] = map_value(spec["phase"], _extension_phase)
    if spec.get("targetRef") is not None and not spec.get("targetRefs"):
        out["targetRefs"] = [spec["targetRef"]]
    if "lua" not in spec:
        out["wasm"] = {key: spec[key] for key in WASM_FIELDS if key in spec}
    return out


def written_form(kind: str, spec: Mapping[str, Any] | Deferred) -> Any:
    """The spec as an object of that kind has it, from the plugin form."""
    return extension_form(spec) if kind == KIND else spec


def _plugin_phase(phase: Any) -> Any:
    return PluginPhase.UNSPECIFIED_PHASE.value if phase == ExtensionPhase.UNSPECIFIED else phase


def _extension_phase(phase: Any) -> Any:
    return ExtensionPhase.UNSPECIFIED.value if phase == PluginPhase.UNSPECIFIED_PHASE else phase
