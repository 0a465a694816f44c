"""The configuration of a whole Envoy: a listener with the planned filters, and nothing that it could reach besides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .filters import BASE, Runnable, typed_config

_MANAGER = f"{BASE}.network.http_connection_manager.v3.HttpConnectionManager"
ROUTER = {"name": "envoy.filters.http.router", "typed_config": {"@type": f"{BASE}.http.router.v3.Router"}}
_ECHO = {"name": "envoy.filters.network.echo", "typed_config": {"@type": f"{BASE}.network.echo.v3.Echo"}}


@dataclass(frozen=True, slots=True)
class Node:
    """The proxy that this Envoy stands for: what a module can ask of it."""

    namespace: str = "default"
    labels: Mapping[str, str] = field(default_factory=dict)
    cluster: str = ""
    istio: str = ""
    role: str = "router"
    """``router`` for a gateway, ``sidecar`` or ``waypoint``."""

    def document(self) -> dict[str, Any]:
        """As the agent writes it into the bootstrap of a pod called ``try``."""
        name = f"try.{self.namespace}"
        metadata = {
            "NAME": "try",
            "NAMESPACE": self.namespace,
            "LABELS": dict(self.labels),
            "CLUSTER_ID": self.cluster,
            "ISTIO_VERSION": self.istio,
        }
        return {
            "id": f"{self.role}~127.0.0.1~{name}~{self.namespace}.svc.cluster.local",
            "cluster": name,
            "metadata": {key: value for key, value in metadata.items() if value},
        }


def only_start(plugins: Sequence[Runnable], node: Node) -> dict[str, Any]:
    """An Envoy that starts the modules and is done: no request ever comes, and there is nothing to be reached."""
    network = [_filter(one) for one in plugins if one.effective.network]
    http = [_filter(one) for one in plugins if not one.effective.network]
    manager = {"@type": _MANAGER, "stat_prefix": "try", "route_config": {}, "http_filters": [*http, ROUTER]}
    last: dict[str, Any] = {"name": "http", "typed_config": manager} if http else _ECHO
    listener = {
        "name": "try",
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}},
        "filter_chains": [{"filters": [*network, last]}],
    }
    return {"node": node.document(), "static_resources": {"listeners": [listener]}}


def _filter(plugin: Runnable) -> dict[str, Any]:
    return {"name": plugin.resource, "typed_config": typed_config(plugin, closed=True)}
