"""The raw Istio WasmPlugin.

This module must not use ``from __future__ import annotations``: the component host reads the real types.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi

from .enums import Kind, Phase, Policy, Strategy
from .fleet import FleetArgs
from .secret import PullSecretRef
from .traffic import TrafficSelectorArgs, VmConfigArgs


class MetadataArgs(TypedDict):
    """Metadata of a WasmPlugin."""

    namespace: pulumi.Input[str]
    """Namespace of the plugin; in the root namespace it reaches the whole mesh."""
    name: NotRequired[pulumi.Input[str]]
    """Name of the object; default: the name of the component."""
    labels: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Labels."""
    annotations: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Annotations."""


class IstioWorkloadSelectorArgs(TypedDict):
    """Pods by their labels, within the plugin's namespace."""

    match_labels: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """All of these labels."""


class PolicyTargetReferenceArgs(TypedDict):
    """A resource that a plugin is attached to."""

    kind: pulumi.Input[str]
    """Gateway, Service, ServiceEntry or GatewayClass."""
    name: pulumi.Input[str]
    """Name of the resource, in the plugin's namespace."""
    group: NotRequired[pulumi.Input[str]]
    """API group; empty means core."""
    namespace: NotRequired[pulumi.Input[str]]
    """Must stay empty."""


class WasmPluginSpecArgs(TypedDict):
    """The spec of an Istio WasmPlugin."""

    url: pulumi.Input[str]
    """Module URL: ``oci://`` (also the default), ``https://``, ``http://`` or ``file://``."""
    selector: NotRequired[pulumi.Input[IstioWorkloadSelectorArgs]]
    """Pods of the namespace; default all."""
    target_ref: NotRequired[pulumi.Input[PolicyTargetReferenceArgs]]
    """One resource; superseded by target_refs."""
    target_refs: NotRequired[pulumi.Input[Sequence[pulumi.Input[PolicyTargetReferenceArgs]]]]
    """Resources of the Gateway API, at most 16; waypoints listen to nothing else."""
    sha256: NotRequired[pulumi.Input[str]]
    """64 lower-case hexadecimal digits."""
    image_pull_policy: NotRequired[pulumi.Input[Policy]]
    """UNSPECIFIED_POLICY, IfNotPresent or Always."""
    image_pull_secret: NotRequired[pulumi.Input[str]]
    """Name of a Secret of type kubernetes.io/dockerconfigjson that exists in the plugin's namespace."""
    verification_key: NotRequired[pulumi.Input[str]]
    """In the CRD, but Istio ignores it."""
    plugin_config: NotRequired[pulumi.Input[Mapping[str, Any]]]
    """Handed to the plugin as JSON. Its keys are never touched."""
    plugin_name: NotRequired[pulumi.Input[str]]
    """Envoy's root id, 1 to 256 characters."""
    phase: NotRequired[pulumi.Input[Phase]]
    """UNSPECIFIED_PHASE (default), AUTHN, AUTHZ, STATS; ASM_ROUTER on Alibaba ASM."""
    priority: NotRequired[pulumi.Input[int]]
    """Order within the phase, descending, int32; default 0, always written out."""
    fail_strategy: NotRequired[pulumi.Input[Strategy]]
    """FAIL_CLOSE (default), FAIL_OPEN or FAIL_RELOAD."""
    vm_config: NotRequired[pulumi.Input[VmConfigArgs]]
    """Environment of the VM."""
    match: NotRequired[pulumi.Input[Sequence[pulumi.Input[TrafficSelectorArgs]]]]
    """Traffic that passes through the plugin; default all."""
    type: NotRequired[pulumi.Input[Kind]]
    """HTTP (default) or NETWORK."""


class WasmPluginArgs(FleetArgs):
    """An Istio WasmPlugin, typed and validated, in every selected cluster."""

    metadata: MetadataArgs
    """Name, namespace, labels and annotations."""
    spec: WasmPluginSpecArgs
    """The spec, every field of Istio's reference."""
    adopted: NotRequired[bool]
    """Whether the object exists already, and this program takes it over: it is written as it was found, without priority,
    label or anything else that is not given here. docs/adopt.md says how it is imported."""
    pull_secret: NotRequired[PullSecretRef]
    """Registry credentials: the PullSecret itself, or its output ``definition``. Its Secret is put beside the plugin."""
    pull_secrets: NotRequired[Sequence[PullSecretRef]]
    """Several of them: in each cluster the one that serves the image there is taken, as registry mirrors need it."""
    waivers: NotRequired[Sequence[str]]
    """Findings that are accepted for a while: ``MW403 until 2027-01-31: why``."""


class PluginReference(TypedDict):
    """One WasmPlugin or TrafficExtension that a component made."""

    cluster: str
    """Name of the cluster."""
    namespace: str
    """Namespace of the object."""
    name: str
    """Name of the object."""
    kind: str
    """WasmPlugin or TrafficExtension."""
    url: NotRequired[str]
    """URL of the module; a Lua script has none."""
    phase: str
    """Phase of the plugin."""
    priority: NotRequired[int]
    """The emitted priority; only an adopted plugin can be without one."""
