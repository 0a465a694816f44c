"""The configuration of a whole Envoy: a listener with the planned filters, and nothing that it could reach besides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from .asked import TrialError
from .filters import BASE, HTTP_WASM, NETWORK_WASM, Runnable, typed_config

_MANAGER = f"{BASE}.network.http_connection_manager.v3.HttpConnectionManager"
ROUTER = {"name": "envoy.filters.http.router", "typed_config": {"@type": f"{BASE}.http.router.v3.Router"}}
_ECHO = {"name": "envoy.filters.network.echo", "typed_config": {"@type": f"{BASE}.network.echo.v3.Echo"}}


@dataclass(frozen=True, slots=True)
class Upstream:
    """The server behind the proxy."""

    host: str
    port: int
    tls: bool = False
    rewrite: bool = False
    """Whether it is asked by its own name; else by the name that the client asked for."""

    @classmethod
    def parse(cls, url: str) -> Upstream:
        """Read ``http://localhost:8080`` or ``https://example.com``. Raises :class:`TrialError`."""
        try:
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            parts, port = urlsplit(""), 0
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
            raise TrialError(f"{url!r} is no upstream: write http://HOST:PORT or https://HOST, without a path.")
        return cls(parts.hostname, port, parts.scheme == "https", True)


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


def whole_proxy(
    plugins: Sequence[Runnable],
    node: Node,
    port: int,
    upstream: Upstream,
    put: Callable[[Mapping[str, Any]], str],
    admin: int = 0,
) -> dict[str, Any]:
    """A proxy with a listener on loopback, whose filters come as in the mesh: by discovery, each on its own.

    So a module that does not start costs its own filter alone, and requests are answered as they are there.

    :param put: Keeps a document in memory, and gives its path.
    """
    network = [_discovered(one, put) for one in plugins if one.effective.network]
    http = [_discovered(one, put) for one in plugins if not one.effective.network]
    manager = {**_manager(node, upstream), "http_filters": [*http, ROUTER]}
    filters = [*network, {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]
    listener = {
        "name": f"127.0.0.1_{port}",
        "address": _address("127.0.0.1", port),
        "traffic_direction": "OUTBOUND" if node.role == "router" else "INBOUND",
        "filter_chains": [{"filters": filters}],
    }
    document: dict[str, Any] = {
        "node": node.document(),
        "static_resources": {"listeners": [listener], "clusters": [_cluster(upstream)]},
    }
    return {**document, "admin": {"address": _address("127.0.0.1", admin)}} if admin else document


def _discovered(plugin: Runnable, put: Callable[[Mapping[str, Any]], str]) -> dict[str, Any]:
    config = typed_config(plugin)
    if plugin.script is not None:
        return {"name": plugin.resource, "typed_config": config}
    kind = "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig"
    path = put({"version_info": "1", "resources": [{"@type": kind, "name": plugin.resource, "typed_config": config}]})
    source = {"path_config_source": {"path": path}, "resource_api_version": "V3", "initial_fetch_timeout": "0s"}
    types = [NETWORK_WASM if plugin.effective.network else HTTP_WASM]
    return {"name": plugin.resource, "config_discovery": {"config_source": source, "type_urls": types}}


def _manager(node: Node, upstream: Upstream) -> dict[str, Any]:
    """What istiod sets besides the filters (pilot/pkg/networking/core/gateway.go, listener_inbound.go), seen in dumps."""
    route: dict[str, Any] = {"cluster": _UPSTREAM, "timeout": "0s"}
    if upstream.rewrite:
        route["host_rewrite_literal"] = (
            upstream.host if upstream.port in (80, 443) else f"{upstream.host}:{upstream.port}"
        )
    host = {"name": "*", "domains": ["*"], "routes": [{"match": {"prefix": "/"}, "route": route}]}
    gateway = node.role == "router"
    return {
        "@type": _MANAGER,
        "stat_prefix": "try",
        "server_name": "istio-envoy",
        "use_remote_address": gateway,
        "forward_client_cert_details": "SANITIZE_SET" if gateway else "APPEND_FORWARD",
        "set_current_client_cert_details": {
            "subject": True,
            "dns": True,
            "uri": True,
            **({"cert": True} if gateway else {}),
        },
        "proxy_100_continue": True,
        "upgrade_configs": [{"upgrade_type": "websocket"}],
        "stream_idle_timeout": "0s",
        "normalize_path": True,
        "path_with_escaped_slashes_action": "KEEP_UNCHANGED",
        "http_protocol_options": {},
        "route_config": {"virtual_hosts": [{**host, **({"include_request_attempt_count": True} if gateway else {})}]},
    }


_UPSTREAM = "upstream"


def _cluster(upstream: Upstream) -> dict[str, Any]:
    endpoint = {"endpoint": {"address": _address(upstream.host, upstream.port)}}
    cluster: dict[str, Any] = {
        "name": _UPSTREAM,
        "type": "STRICT_DNS",
        "connect_timeout": "10s",
        "load_assignment": {"cluster_name": _UPSTREAM, "endpoints": [{"lb_endpoints": [endpoint]}]},
    }
    if upstream.tls:
        tls = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"
        context = {"@type": tls, "sni": upstream.host}
        cluster["transport_socket"] = {"name": "envoy.transport_sockets.tls", "typed_config": context}
    return cluster


def _address(host: str, port: int) -> dict[str, Any]:
    return {"socket_address": {"address": host, "port_value": port}}
