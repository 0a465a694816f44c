"""Istio's own filters, and where the phases lie between them (facts A3.2; checked against istiod of August 2026).

Sidecars and gateways: pilot/pkg/networking/core/listener_builder.go; waypoints: listener_waypoint.go; NETWORK plugins:
networkfilter.go, listener_inbound.go and gateway.go. A phase holds plugins, everything else is a filter of Istio.
"""

from __future__ import annotations

from dataclasses import dataclass

from mesh_wasm.values.enums import PluginPhase


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that Istio puts into the chain."""

    name: str
    what: str
    """What it does, or when it is there."""


METADATA = Filter("istio.metadata_exchange", "exchanges workload metadata with the peer, for telemetry")
CUSTOM = Filter("istio.ext_authz", "external authorization, where an AuthorizationPolicy has action CUSTOM")
AUTHN = Filter("istio.authn", "verifies JWTs, where a RequestAuthentication asks for it")
AUTHZ = Filter("istio.authz", "enforces AuthorizationPolicies")
ROUTING = Filter("fault, CORS", "what a VirtualService or HTTPRoute injects or allows")
STATS = Filter("istio.stats", "metrics and access logs")
ROUTER = Filter("router", "sends the request on")
TCP_AUTHZ = Filter("istio.authz (TCP)", "enforces AuthorizationPolicies; on TCP ports only")
TCP_STATS = Filter("istio.stats (TCP)", "metrics and access logs; on TCP ports only")
PROXY = Filter("HTTP filters or TCP proxy", "takes the connection; on HTTP ports the HTTP chain begins here")

HTTP_CHAIN: tuple[Filter | PluginPhase, ...] = (
    METADATA,
    CUSTOM,
    PluginPhase.AUTHN,
    AUTHN,
    PluginPhase.AUTHZ,
    AUTHZ,
    PluginPhase.STATS,
    PluginPhase.UNSPECIFIED_PHASE,
    ROUTING,
    STATS,
    PluginPhase.ASM_ROUTER,
    ROUTER,
)
"""Sidecars and gateways. A plugin without phase runs after STATS and before Istio's own stats, not right at the router."""

WAYPOINT_CHAIN: tuple[Filter | PluginPhase, ...] = (
    CUSTOM,
    PluginPhase.AUTHN,
    AUTHN,
    PluginPhase.AUTHZ,
    AUTHZ,
    ROUTING,
    PluginPhase.STATS,
    PluginPhase.UNSPECIFIED_PHASE,
    STATS,
    PluginPhase.ASM_ROUTER,
    ROUTER,
)
"""Waypoints: STATS and plugins without phase come after the routing filters."""

NETWORK_CHAIN: tuple[Filter | PluginPhase, ...] = (
    METADATA,
    PluginPhase.AUTHN,
    PluginPhase.AUTHZ,
    TCP_AUTHZ,
    PluginPhase.STATS,
    PluginPhase.UNSPECIFIED_PHASE,
    PluginPhase.ASM_ROUTER,
    TCP_STATS,
    PROXY,
)
"""Plugins of type NETWORK, on every listener; those of type HTTP are in the HTTP chain behind it."""

PHASE_ORDER = {phase: place for place, phase in enumerate(item for item in HTTP_CHAIN if isinstance(item, PluginPhase))}
"""The phases in the order in which they run: the same in all three chains."""
