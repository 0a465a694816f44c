"""What a proxy should run: the plugins of a plan, of either kind, and which of them reach a proxy, in which order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mesh_wasm.chains.filters import PHASE_ORDER
from mesh_wasm.chains.member import Member
from mesh_wasm.chains.workload import WAYPOINT_CLASS
from mesh_wasm.fleet.istio_version import WASM_PLUGIN, FilterName
from mesh_wasm.values.base import INT32_MIN
from mesh_wasm.values.enums import PluginPhase, PluginType
from mesh_wasm.values.marks import SECRET_MARK, UNKNOWN_MARK

from ._proxydump import Chain, Direction, Proxy

MARKS = (SECRET_MARK, UNKNOWN_MARK)
"""What a plan holds in place of values that it may not show or does not know."""

_GATEWAY_LABEL = "gateway.networking.k8s.io/gateway-name"


@dataclass(frozen=True, slots=True)
class Planned:
    """One WasmPlugin or TrafficExtension of the plan."""

    cluster: str
    namespace: str
    name: str
    spec: Mapping[str, Any]
    """In the plugin form."""
    kind: str = WASM_PLUGIN

    @property
    def key(self) -> str:
        """What tells it from others in one cluster: see :attr:`FilterName.key`."""
        return FilterName(self.kind, self.namespace, self.name).key

    @property
    def script(self) -> str | None:
        """Its Lua script; None for a Wasm module."""
        lua = self.spec.get("lua")
        return None if lua is None else str(lua.get("inlineCode") if isinstance(lua, Mapping) else lua)

    @property
    def named(self) -> bool:
        """Whether the plan knows what the object will be called."""
        return not any(mark in self.key for mark in MARKS)

    @property
    def is_http(self) -> bool:
        """Whether it is an HTTP filter (else a network filter)."""
        return self.spec.get("type") != PluginType.NETWORK

    @property
    def rank(self) -> tuple[bool, int, int]:
        """Its place in a chain: phase, then priority, descending; unset runs last."""
        phase = self.spec.get("phase") or PluginPhase.UNSPECIFIED_PHASE
        priority = self.spec.get("priority")
        place = PHASE_ORDER.get(phase, len(PHASE_ORDER))
        return (self.is_http, place, -(priority if isinstance(priority, int) else INT32_MIN))

    def selects(self, proxy: Proxy, root_namespace: str) -> bool:
        """Whether Istio gives it to the proxy's workload, as far as labels, names and a waypoint's Services tell.

        Which ServiceEntry a waypoint's host comes from is not among these.
        """
        if proxy.is_waypoint and any(self._served(target, proxy, root_namespace) for target in self.targets):
            return True
        if self.namespace not in (proxy.namespace, root_namespace):
            return False
        gateway = proxy.labels.get(_GATEWAY_LABEL)
        if self.targets:
            return any(
                target.get("kind") == "Gateway" and target.get("name") == gateway and self.namespace == proxy.namespace
                for target in self.targets
            )
        if proxy.is_waypoint:  # no selector reaches it
            return False
        wanted = (self.spec.get("selector") or {}).get("matchLabels") or {}
        return all(proxy.labels.get(key) == value for key, value in wanted.items())

    def matches(self, chain: Chain) -> bool:
        """Whether its traffic selectors take a filter chain."""
        if self.is_http and not chain.is_http:
            return False
        selectors = self.spec.get("match") or ()
        return not selectors or any(_takes(selector, chain) for selector in selectors)

    def stands_in(self, chain: Chain, proxy: Proxy) -> bool:
        """Whether a chain is of a kind, and in a waypoint of a Service, that it can be put into."""
        if not proxy.is_waypoint:
            return chain.is_http or not self.is_http
        if chain.is_http is not self.is_http:  # a waypoint has no network filters in front of HTTP
            return False
        hosts = [self._host_of(target) for target in self.targets if target.get("kind") == "Service"]
        return len(hosts) < len(self.targets) or any(chain.service.startswith(host) for host in hosts)

    @property
    def names_service_entry(self) -> bool:
        """Whether it is aimed at a ServiceEntry, among others."""
        return any(target.get("kind") == "ServiceEntry" for target in self.targets)

    @property
    def targets(self) -> list[Mapping[str, Any]]:
        """What it is aimed at by reference."""
        single = self.spec.get("targetRef")
        return [*(self.spec.get("targetRefs") or ()), *([single] if single else [])]

    def _served(self, target: Mapping[str, Any], waypoint: Proxy, root_namespace: str) -> bool:
        match target.get("kind"):
            case "Service":
                return any(host.startswith(self._host_of(target)) for host in waypoint.services)
            case "GatewayClass":
                return target.get("name") == WAYPOINT_CLASS and self.namespace == root_namespace
        return False

    def _host_of(self, target: Mapping[str, Any]) -> str:
        """The beginning of the Service's host; what comes behind is the cluster's domain."""
        return f"{target.get('name')}.{self.namespace}.svc."


def _takes(selector: Mapping[str, Any], chain: Chain) -> bool:
    mode = selector.get("mode") or "CLIENT_AND_SERVER"
    ports = [port.get("number") for port in selector.get("ports") or ()]
    return (mode in ("CLIENT_AND_SERVER", "UNDEFINED") or Direction(mode) is chain.direction) and (
        not ports or chain.port in ports
    )


def planned_of(members: Iterable[Member]) -> Iterator[Planned]:
    """The plugins of a source as they should run."""
    for member in members:
        name = member.name if member.named else UNKNOWN_MARK
        yield Planned(member.cluster, member.namespace or UNKNOWN_MARK, name, member.spec, member.kind.value)
