"""The enumerations of both documents, with the names that travel on the wire."""

from __future__ import annotations

from enum import StrEnum


class PluginPhase(StrEnum):
    """Where in the filter chain a plugin is put (Istio PluginPhase, TSB WasmExtension.PluginPhase)."""

    UNSPECIFIED_PHASE = "UNSPECIFIED_PHASE"
    """After STATS plugins, before Istio's stats filters, fault and CORS; not right before the router."""
    AUTHN = "AUTHN"
    """Before Istio's authentication filters, after CUSTOM external authorization."""
    AUTHZ = "AUTHZ"
    """After Istio's authentication filters, before its authorization filters."""
    STATS = "STATS"
    """After Istio's authorization filters, before its stats filters."""
    ASM_ROUTER = "ASM_ROUTER"
    """Right before the router; Alibaba ASM only (upstream Istio refuses it)."""


class ExtensionPhase(StrEnum):
    """The same places, as a TrafficExtension calls them (Istio TrafficExtension.ExecutionPhase)."""

    UNSPECIFIED = "UNSPECIFIED"
    """What a WasmPlugin calls UNSPECIFIED_PHASE."""
    AUTHN = "AUTHN"
    """As of a WasmPlugin."""
    AUTHZ = "AUTHZ"
    """As of a WasmPlugin."""
    STATS = "STATS"
    """As of a WasmPlugin."""


class PluginKind(StrEnum):
    """The kinds of object that Istio makes filters of; from Istio 1.30 it knows both, and runs them in one order."""

    WASM_PLUGIN = "WasmPlugin"
    """One Wasm module."""
    TRAFFIC_EXTENSION = "TrafficExtension"
    """One Wasm module or one Lua script. Istio 1.30."""


class PullPolicy(StrEnum):
    """When an image is pulled again (Istio PullPolicy, TSB WasmExtension.PullPolicy)."""

    UNSPECIFIED_POLICY = "UNSPECIFIED_POLICY"
    """IfNotPresent, except for OCI images whose tag is literally ``latest``: Always."""
    IfNotPresent = "IfNotPresent"
    """Once per proxy, until it is purged from the proxy's cache."""
    Always = "Always"
    """Again whenever the WasmPlugin object changes in any way; not when the registry changes."""


class EnvValueSource(StrEnum):
    """Where the value of a VM's environment variable comes from."""

    INLINE = "INLINE"
    """From ``value``."""
    HOST = "HOST"
    """From the proxy's own environment; absent there, it is ignored."""


class WorkloadMode(StrEnum):
    """The direction of traffic (Istio WorkloadMode)."""

    UNDEFINED = "UNDEFINED"
    """Counts as CLIENT_AND_SERVER."""
    CLIENT = "CLIENT"
    """Outbound, and all traffic of a gateway."""
    SERVER = "SERVER"
    """Inbound; never matches on a gateway."""
    CLIENT_AND_SERVER = "CLIENT_AND_SERVER"
    """Both."""


class FailStrategy(StrEnum):
    """What happens to traffic when a plugin cannot be fetched or fails fatally."""

    FAIL_CLOSE = "FAIL_CLOSE"
    """Requests are denied: 403 while the module cannot be fetched, 503 from a crash on, for good. The default."""
    FAIL_OPEN = "FAIL_OPEN"
    """Requests bypass the plugin, from a crash on for good; not a new module that Envoy cannot start: that is 500."""
    FAIL_RELOAD = "FAIL_RELOAD"
    """A crashed VM is made anew after a second; a module that cannot be fetched still denies. Istio 1.27."""


class PluginType(StrEnum):
    """The kind of filter."""

    UNSPECIFIED_PLUGIN_TYPE = "UNSPECIFIED_PLUGIN_TYPE"
    """Counts as HTTP."""
    HTTP = "HTTP"
    """An HTTP filter (layer 7)."""
    NETWORK = "NETWORK"
    """A network filter (layer 4)."""


class Dialect(StrEnum):
    """Whose WasmPlugin a cluster understands."""

    ISTIO = "istio"
    """Upstream Istio."""
    ASM = "asm"
    """Alibaba Cloud Service Mesh: upstream plus the phase ASM_ROUTER."""


class StricterLists(StrEnum):
    """How lists of extensions combine below TSB's propagation strategy STRICTER, which TSB does not document."""

    UNION = "union"
    """All of them run; where two attach the same extension, the higher one counts."""


class DefaultGateways(StrEnum):
    """Whether TSB's defaults reach the pods of gateways, which TSB does not document."""

    INCLUDE = "include"
    """They do: a plugin without selector runs in every pod of its namespace."""
    LEAVE_OUT = "leave-out"
    """Namespaces with gateways are left out."""
