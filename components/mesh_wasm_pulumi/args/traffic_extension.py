"""The raw Istio TrafficExtension.

This module must not use ``from __future__ import annotations``: the component host reads the real types.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi

from .enums import Kind, PhaseOfExtension, Policy, Strategy
from .fleet import FleetArgs
from .plugin import IstioWorkloadSelectorArgs, MetadataArgs, PolicyTargetReferenceArgs
from .secret import PullSecretRef
from .traffic import TrafficSelectorArgs, VmConfigArgs


class WasmConfigArgs(TypedDict):
    """The Wasm module of a TrafficExtension."""

    url: pulumi.Input[str]
    """Module URL: ``oci://`` (also the default), ``https://``, ``http://`` or ``file://``."""
    sha256: NotRequired[pulumi.Input[str]]
    """64 lower-case hexadecimal digits."""
    image_pull_policy: NotRequired[pulumi.Input[Policy]]
    """UNSPECIFIED_POLICY, IfNotPresent or Always."""
    image_pull_secret: NotRequired[pulumi.Input[str]]
    """Name of a Secret of type kubernetes.io/dockerconfigjson that exists in the extension's namespace."""
    verification_key: NotRequired[pulumi.Input[str]]
    """In the CRD, but Istio ignores it."""
    plugin_config: NotRequired[pulumi.Input[Mapping[str, Any]]]
    """Handed to the plugin as JSON. Its keys are never touched."""
    plugin_name: NotRequired[pulumi.Input[str]]
    """Envoy's root id, 1 to 256 characters."""
    fail_strategy: NotRequired[pulumi.Input[Strategy]]
    """FAIL_CLOSE (default), FAIL_OPEN or FAIL_RELOAD."""
    vm_config: NotRequired[pulumi.Input[VmConfigArgs]]
    """Environment of the VM."""
    type: NotRequired[pulumi.Input[Kind]]
    """HTTP (default) or NETWORK."""


class LuaConfigArgs(TypedDict):
    """The Lua script of a TrafficExtension. It runs on HTTP only, and fails open only."""

    inline_code: pulumi.Input[str]
    """The script; Envoy calls its functions envoy_on_request and envoy_on_response. At most 64 KiB."""


class TrafficExtensionSpecArgs(TypedDict):
    """The spec of an Istio TrafficExtension: a module under ``wasm``, or a script under ``lua``."""

    wasm: NotRequired[WasmConfigArgs]
    """The Wasm module."""
    lua: NotRequired[LuaConfigArgs]
    """The Lua script."""
    selector: NotRequired[pulumi.Input[IstioWorkloadSelectorArgs]]
    """Pods of the namespace; default all."""
    target_refs: NotRequired[pulumi.Input[Sequence[pulumi.Input[PolicyTargetReferenceArgs]]]]
    """Resources of the Gateway API, at most 16; waypoints listen to nothing else."""
    phase: NotRequired[pulumi.Input[PhaseOfExtension]]
    """UNSPECIFIED (default), AUTHN, AUTHZ or STATS."""
    priority: NotRequired[pulumi.Input[int]]
    """Order within the phase, descending, int32, together with WasmPlugins; default 0, always written out."""
    match: NotRequired[pulumi.Input[Sequence[pulumi.Input[TrafficSelectorArgs]]]]
    """Traffic that passes through the extension; default all."""


class TrafficExtensionArgs(FleetArgs):
    """An Istio TrafficExtension, typed and validated, in every selected cluster; all of them need Istio 1.30."""

    metadata: MetadataArgs
    """Name, namespace, labels and annotations."""
    spec: TrafficExtensionSpecArgs
    """The spec, every field of Istio's reference."""
    adopted: NotRequired[bool]
    """Whether the object exists already, and this program takes it over: it is written as it was found, without priority,
    label or anything else that is not given here. docs/adopt.md says how it is imported."""
    pull_secret: NotRequired[PullSecretRef]
    """Registry credentials: the PullSecret itself, or its output ``definition``. Its Secret is put beside the extension."""
    pull_secrets: NotRequired[Sequence[PullSecretRef]]
    """Several of them: in each cluster the one that serves the image there is taken, as registry mirrors need it."""
    waivers: NotRequired[Sequence[str]]
    """Findings that are accepted for a while: ``MW403 until 2027-01-31: why``."""
