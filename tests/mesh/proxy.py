"""A proxy of the mesh: pilot-agent with Envoy, as an ingress gateway or as a sidecar, known to istiod by its certificate.

Everything a proxy listens on is a free port of its own, so any number run side by side. What it serves is up to the
Istio objects of its namespace; `gateway_objects` and `sidecar_objects` are the least that answers requests.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from . import MeshError, build, istio
from .api import Object
from .cluster import Cluster
from .loopback import free_ports
from .parts import ENVOY
from .processes import kill_marked
from .response import Response, response_of

MODULE_CACHE = Path("/var/lib/istio/data")
"""Where the agent keeps modules; the path is compiled into it, and it does not make the directory."""

ACCOUNT = "proxy"

_MARK = "MESH_WASM_PROXY"
"""In the environment of an agent and its Envoy: says whose they are."""


_TRIES = 3
_IN_USE = "address already in use"


class PortTaken(MeshError):
    """Somebody was faster to take a port that a proxy had chosen."""


class Proxy:
    """One running proxy. It is a program of its cluster, and ends with it if it is not stopped before."""

    def __init__(self, cluster: Cluster, namespace: str, labels: Mapping[str, str], role: str) -> None:
        """Of use only to `start`."""
        self.cluster = cluster
        self.namespace = namespace
        self.labels = dict(labels)
        self.role = role
        self.name = f"{role}-{namespace}"
        self.port, self.admin_port, self.status_port, *self._spare = free_ports(6)

    @classmethod
    def start(
        cls,
        cluster: Cluster,
        namespace: str,
        labels: Mapping[str, str],
        *,
        role: str = "router",
        insecure_registries: str = "",
        env: Mapping[str, str] | None = None,
    ) -> Self:
        """Start a proxy and return it once Envoy is ready; `role` is router (a gateway) or sidecar.

        `env` is the environment of the proxy on top of what it needs: what a plugin's HOST variables are read from.
        """
        paths = build.ensure(*cluster.release.proxy, *ENVOY)
        for _ in range(_TRIES - 1):
            with contextlib.suppress(PortTaken):
                return cls._start_once(cluster, namespace, labels, role, insecure_registries, env or {}, paths)
        return cls._start_once(cluster, namespace, labels, role, insecure_registries, env or {}, paths)

    @classmethod
    def _start_once(
        cls,
        cluster: Cluster,
        namespace: str,
        labels: Mapping[str, str],
        role: str,
        insecure_registries: str,
        env: Mapping[str, str],
        paths: Mapping[str, Path],
    ) -> Self:
        proxy = cls(cluster, namespace, labels, role)
        proxy._prepare(paths[cluster.release.bootstrap].read_text())
        arguments: list[str | Path] = [
            paths[cluster.release.agent],
            "proxy",
            role,
            f"--domain={namespace}.svc.cluster.local",
            "--proxyLogLevel=warning",
            "--log_output_level=default:info,wasm:debug",
            "--templateFile=bootstrap.json",
        ]
        settings = proxy._environment(paths["envoy"], insecure_registries)
        cluster.programs.start(proxy.name, arguments, {**settings, **env}, cwd=proxy.home)
        try:
            cluster.programs.wait(proxy.name, proxy.ready, f"the proxy {proxy.name} becoming ready")
        except MeshError as error:
            proxy.stop()
            if _IN_USE in proxy.log.lower():
                raise PortTaken(str(error)) from None
            raise
        return proxy

    @property
    def home(self) -> Path:
        """Its directory."""
        return self.cluster.home.path / self.name

    @property
    def log(self) -> str:
        """What the agent and Envoy have said so far."""
        return self.cluster.programs.log(self.name).read_text(errors="replace")

    @property
    def admin(self) -> str:
        """The URL of Envoy's admin endpoint."""
        return f"http://127.0.0.1:{self.admin_port}"

    @property
    def status(self) -> str:
        """The URL of the agent's own endpoint."""
        return f"http://127.0.0.1:{self.status_port}"

    def ready(self) -> bool:
        """Whether the agent calls itself ready, as a pod's readiness probe asks."""
        try:
            return _get(self.status_port, "/healthz/ready").status == 200
        except OSError:
            return False

    def get(self, path: str = "/", headers: Mapping[str, str] | None = None) -> Response:
        """A request through the proxy; raises OSError where nobody listens yet."""
        return _get(self.port, path, headers)

    def config_dump(self, query: str = "") -> Any:
        """Envoy's own word on its configuration."""
        return json.loads(_get(self.admin_port, f"/config_dump{query}").body)

    def stop(self) -> None:
        """End it, without the drain that real clients would be owed."""
        self.cluster.programs.stop(self.name, grace=2)
        kill_marked(_MARK, str(self.home))  # an Envoy whose agent had to be killed

    def gateway_objects(self, *more: Object) -> list[Object]:
        """A Gateway on the proxy's port and a route that answers without any backend."""
        server = {
            "port": {"number": self.port, "name": "http", "protocol": "HTTP"},
            "bind": "127.0.0.1",
            "hosts": ["*"],
        }
        route = {"name": "hello", "directResponse": {"status": 200, "body": {"string": "hello"}}}
        return [
            self._object("networking.istio.io/v1", "Gateway", selector=self.labels, servers=[server]),
            self._object("networking.istio.io/v1", "VirtualService", hosts=["*"], gateways=["probe"], http=[route]),
            *more,
        ]

    def sidecar_objects(self, backend: str) -> list[Object]:
        """A Sidecar whose inbound listener is bound to the proxy's port itself: no iptables redirect anything."""
        listener = {
            "port": {"number": self.port, "name": "http", "protocol": "HTTP"},
            "bind": "127.0.0.1",
            "captureMode": "NONE",
            "defaultEndpoint": backend,
        }
        return [
            self._object(
                "networking.istio.io/v1", "Sidecar", workloadSelector={"labels": self.labels}, ingress=[listener]
            ),
            self._object("security.istio.io/v1", "PeerAuthentication", mtls={"mode": "DISABLE"}),
        ]

    def _object(self, api_version: str, kind: str, **spec: Any) -> Object:
        metadata = {"name": "probe", "namespace": self.namespace}
        return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}

    def _prepare(self, bootstrap: str) -> None:
        """What a pod would have mounted: a token for istiod, its root certificate, the bootstrap of the image."""
        _make_module_cache()
        for directory in ("var/run/secrets/tokens", "var/run/secrets/istio", "etc/istio/proxy"):
            (self.home / directory).mkdir(parents=True, exist_ok=True)
        api = self.cluster.api
        metadata = {"name": ACCOUNT, "namespace": self.namespace}
        api.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}).accepted()
        request = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"audiences": ["istio-ca"], "expirationSeconds": 3600},
        }
        token = api.request("POST", f"{api.path('v1', 'ServiceAccount', self.namespace, ACCOUNT)}/token", request)
        (self.home / "var/run/secrets/tokens/istio-token").write_text(token.accepted()["status"]["token"])
        (self.home / "var/run/secrets/istio/root-cert.pem").write_text(istio.root_certificate(api) or "")
        (self.home / "bootstrap.json").write_text(bootstrap)

    def _environment(self, envoy: Path, insecure_registries: str) -> dict[str, str]:
        if self.cluster.istiod is None:
            raise MeshError(f"{self.cluster.name} has no istiod that a proxy could ask")
        discovery = f"127.0.0.1:{self.cluster.istiod.secure_grpc_port}"
        config = {
            "discoveryAddress": discovery,
            "binaryPath": str(envoy),
            "configPath": "./etc/istio/proxy",
            "statusPort": self.status_port,
            "proxyAdminPort": self.admin_port,
            "concurrency": 1,
            "terminationDrainDuration": "0s",
        }
        health, prometheus, names = self._spare
        return {
            _MARK: str(self.home),
            "POD_NAME": f"{self.role}-1",
            "POD_NAMESPACE": self.namespace,
            "SERVICE_ACCOUNT": ACCOUNT,
            "INSTANCE_IP": "127.0.0.1",
            "ISTIO_METAJSON_LABELS": json.dumps(self.labels),
            "ISTIO_META_CLUSTER_ID": "Kubernetes",
            "ISTIO_META_MESH_ID": "cluster.local",
            "ISTIO_META_INTERCEPTION_MODE": "NONE",
            "TRUST_DOMAIN": "cluster.local",
            "CA_ADDR": discovery,
            "ISTIOD_SAN": "istiod.istio-system.svc",
            "PILOT_CERT_PROVIDER": "istiod",
            "JWT_POLICY": "third-party-jwt",
            "CREDENTIAL_FETCHER_TYPE": "",
            "WASM_INSECURE_REGISTRIES": insecure_registries,
            "ENVOY_STATUS_PORT": str(health),
            "ENVOY_PROMETHEUS_PORT": str(prometheus),
            "DNS_PROXY_ADDR": f"127.0.0.1:{names}",
            "PROXY_CONFIG": json.dumps(config),
        }


def module_cache_obstacle() -> str | None:
    """Why no proxy can keep modules on this machine; None where one can."""
    try:
        _make_module_cache()
    except OSError as error:
        return f"{MODULE_CACHE}, which pilot-agent keeps modules in, cannot be made: {error}"
    return (
        None
        if os.access(MODULE_CACHE, os.W_OK)
        else f"{MODULE_CACHE}, which pilot-agent keeps modules in, is not writable"
    )


def module_directory(repository: str) -> Path:
    """Where agents keep the modules of a repository; all agents of a machine share it."""
    return MODULE_CACHE / hashlib.sha256(f"oci://{repository}".encode()).hexdigest()


def _make_module_cache() -> None:
    MODULE_CACHE.mkdir(parents=True, exist_ok=True)


def _get(port: int, path: str, headers: Mapping[str, str] | None = None) -> Response:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers=dict(headers or {}))
        return response_of(connection.getresponse())
    finally:
        connection.close()
