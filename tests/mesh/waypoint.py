"""A waypoint of ambient mode: pilot-agent with stock Envoy, and what has to exist for istiod to serve it.

There is no ztunnel and nothing is redirected: a test is its own client and says by HBONE which Service it means. One
waypoint runs at a time on a machine, for its port is compiled into istiod.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import MeshError, hbone, state
from .api import Object
from .cluster import Cluster
from .locks import locked
from .proxy import ACCOUNT, Proxy
from .response import Response

NAME = "waypoint"
NAMESPACE_LABELS = {"istio.io/dataplane-mode": "ambient", "istio.io/use-waypoint": NAME}
"""What makes istiod send the traffic of a namespace's Services through its waypoint."""

GATEWAY_CLASS = "istio-waypoint"
_GROUP = "gateway.networking.k8s.io"
_LABELS = {
    f"{_GROUP}/gateway-name": NAME,
    f"{_GROUP}/gateway-class-name": GATEWAY_CLASS,
    "gateway.istio.io/managed": "istio.io-mesh-controller",
}
_FILTERS_OF_ISTIOS_ENVOY = ("waypoint_downstream_peer_metadata", "waypoint_upstream_peer_metadata")


class Waypoint(Proxy):
    """A running waypoint; `serving` starts and ends it."""

    def __init__(self, cluster: Cluster, namespace: str, labels: Mapping[str, str], role: str) -> None:
        """Of use only to `serving`."""
        super().__init__(cluster, namespace, labels, role)
        # Only a name by which istiod finds the pod's record; nothing is ever sent there. Pods of waypoints that are just
        # being deleted have others.
        self._address = f"10.99.{random.randrange(256)}.{random.randrange(1, 255)}"

    def get(self, path: str = "/", headers: Mapping[str, str] | None = None, service: str = "echo") -> Response:
        """A request to port 80 of a Service, through the waypoint."""
        host = f"{service}.{self.namespace}.svc.cluster.local"
        return hbone.get(self._certificates, f"{self.address_of(service)}:80", host, path, headers)

    def tunnel(self, target: str) -> hbone.Tunnel:
        """A connection to ``address:port`` of something behind the waypoint."""
        return hbone.Tunnel(self._certificates, target)

    def address_of(self, service: str) -> str:
        """The address that the API server has given to a Service."""
        found = self.cluster.api.get("v1", "Service", service, self.namespace).accepted()
        address: str = found["spec"]["clusterIP"]
        return address

    def serve(self, service: str = "echo", **more: Any) -> None:
        """Create a Service with an HTTP and a TCP port behind the waypoint; HTTP is answered without any backend."""
        ports = [{"name": "http", "port": 80, "targetPort": 8080}, {"name": "tcp", "port": 9000, "targetPort": 9001}]
        self._apply("v1", "Service", service, {"selector": {"app": service}, "ports": ports, **more})
        route = {"name": "hello", "directResponse": {"status": 200, "body": {"string": "hello"}}}
        self._apply("networking.istio.io/v1", "VirtualService", service, {"hosts": [service], "http": [route]})

    def _prepare(self, bootstrap: str) -> None:
        self._make_gateway()
        super()._prepare(_without_metadata_discovery(bootstrap))
        self._certificates.mkdir(exist_ok=True)

    def _environment(self, envoy: Path, insecure_registries: str) -> dict[str, str]:
        return {
            **super()._environment(envoy, insecure_registries),
            "POD_NAME": f"{NAME}-1",
            "INSTANCE_IP": self._address,
            "OUTPUT_CERTS": str(self._certificates),
            "ISTIO_META_INTERCEPTION_MODE": "REDIRECT",
            # To older proxies istiod writes keys of filter state that stock Envoy knows.
            "ISTIO_META_ISTIO_VERSION": "1.29.1",
        }

    def _make_gateway(self) -> None:
        """The objects by which istiod knows the proxy for a waypoint, with what controllers elsewhere write to them."""
        account = {"serviceAccountName": ACCOUNT, "containers": [{"name": "proxy", "image": "none"}]}
        listener = {"name": "mesh", "port": hbone.PORT, "protocol": "HBONE"}
        selector = {f"{_GROUP}/gateway-name": NAME}
        port = {"name": "mesh", "port": hbone.PORT, "appProtocol": "hbone"}
        self.cluster.api.apply(
            {
                "apiVersion": f"{_GROUP}/v1",
                "kind": "GatewayClass",
                "metadata": {"name": GATEWAY_CLASS},
                "spec": {"controllerName": "istio.io/mesh-controller"},
            }
        ).accepted()
        gateway = {"gatewayClassName": GATEWAY_CLASS, "listeners": [listener]}
        self._apply(f"{_GROUP}/v1", "Gateway", NAME, gateway, {"istio.io/waypoint-for": "service"})
        self._apply("v1", "Service", NAME, {"selector": selector, "ports": [port]}, _LABELS)
        self._apply("v1", "Pod", f"{NAME}-1", account, _LABELS)
        running = {
            "phase": "Running",
            "podIP": self._address,
            "podIPs": [{"ip": self._address}],
            "conditions": [{"type": "Ready", "status": "True"}],
        }
        self._set_status("v1", "Pod", f"{NAME}-1", running)
        address = {"type": "Hostname", "value": f"{NAME}.{self.namespace}.svc.cluster.local"}
        self._set_status(f"{_GROUP}/v1", "Gateway", NAME, {"addresses": [address]})
        target = {"group": _GROUP, "kind": "Gateway", "name": NAME}
        removals = [_removal(name) for name in _FILTERS_OF_ISTIOS_ENVOY]
        patches = {"targetRefs": [target], "configPatches": removals}
        self._apply("networking.istio.io/v1alpha3", "EnvoyFilter", "stock-envoy", patches)

    def _apply(
        self, api_version: str, kind: str, name: str, spec: Object, labels: Mapping[str, str] | None = None
    ) -> None:
        metadata = {"name": name, "namespace": self.namespace, "labels": dict(labels or {})}
        obj = {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}
        self.cluster.api.apply(obj).accepted()

    def _set_status(self, api_version: str, kind: str, name: str, status: Object) -> None:
        path = f"{self.cluster.api.path(api_version, kind, self.namespace, name)}/status"
        self.cluster.api.request("PATCH", path, {"status": status}, "application/merge-patch+json").accepted()

    @property
    def _certificates(self) -> Path:
        """Where the agent writes the identity that a client shows here."""
        return self.home / "certificates"


@contextmanager
def serving(cluster: Cluster, namespace: str, insecure_registries: str = "") -> Iterator[Waypoint]:
    """A waypoint of a namespace that carries `NAMESPACE_LABELS`, for the length of a block; waits for its turn."""
    if not cluster.ambient:
        raise MeshError(f"{cluster.name} was started without ambient mode, so its istiod serves no waypoint")
    with locked(state.root() / "waypoint.lock"):
        proxy = Waypoint.start(cluster, namespace, _LABELS, role=NAME, insecure_registries=insecure_registries)
        try:
            yield proxy
        finally:
            proxy.stop()


def _without_metadata_discovery(bootstrap: str) -> str:
    """Stock Envoy does not know the bootstrap extension of this block, and would not start."""
    start = bootstrap.index("{{- if .metadata_discovery }}")
    end = bootstrap.index("{{- end }}", start) + len("{{- end }}")
    return bootstrap[:start] + bootstrap[end:]


def _removal(name: str) -> Object:
    manager = {"name": "envoy.filters.network.http_connection_manager", "subFilter": {"name": name}}
    return {
        "applyTo": "HTTP_FILTER",
        "match": {"context": "SIDECAR_INBOUND", "listener": {"filterChain": {"filter": manager}}},
        "patch": {"operation": "REMOVE"},
    }
