"""Istio's own filters, and where the phases lie between them.

Source: istio pilot/pkg/networking/core/listener_builder.go; seen on istiod of August 2026, tests/live.

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
TCP_CUSTOM = Filter("istio.ext_authz (TCP)", "external authorization by an action CUSTOM; on TCP ports only")
TCP_AUTHZ = Filter("istio.authz (TCP)", "enforces AuthorizationPolicies; on TCP ports only")
TCP_STATS = Filter("istio.stats (TCP)", "metrics and access logs; on TCP ports only")
PROXY = Filter("HTTP filters or TCP proxy", "takes the connection; on HTTP ports the HTTP chain begins here")
TCP_PROXY = Filter("TCP proxy", "sends the connection on; a waypoint puts no network filters in front of HTTP")

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
    TCP_CUSTOM,
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

WAYPOINT_NETWORK_CHAIN: tuple[Filter | PluginPhase, ...] = (
    *(stage for stage in NETWORK_CHAIN if stage not in (METADATA, PROXY)),
    TCP_PROXY,
)
"""Plugins of type NETWORK in a waypoint: on TCP ports only."""

PHASE_ORDER = {phase: place for place, phase in enumerate(item for item in HTTP_CHAIN if isinstance(item, PluginPhase))}
"""The phases in the order in which they run: the same in all chains."""
