"""A sidecar's inbound listener, bound to its port by a Sidecar resource, so that no iptables are needed."""

from __future__ import annotations

import http.server
import secrets
import threading
from collections.abc import Iterator

import pytest
from mesh.cluster import Cluster
from mesh.proxy import Proxy
from mesh.registry import USER, Registry
from stage import TENANT, Modules, Stage, names, until

import mesh_wasm_pulumi as wasm

pytestmark = pytest.mark.live

GROUP = f"{TENANT}/workspaces/web/securitygroups/services"


class _Backend(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def backend() -> Iterator[str]:
    """The application behind the sidecar; its host and port."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Backend) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def sidecar(cluster: Cluster, registry: Registry, backend: str) -> Iterator[Stage]:
    """A namespace with a sidecar in it."""
    namespace = f"live-{secrets.token_hex(4)}"
    cluster.create_namespace(namespace)
    proxy = Proxy.start(cluster, namespace, {"app": "cart"}, role="sidecar", insecure_registries=registry.host)
    for obj in proxy.sidecar_objects(backend):
        cluster.api.apply(obj).accepted()
    yield Stage(namespace, {cluster.name: proxy}, registry)
    proxy.stop()
    cluster.api.delete("v1", "Namespace", namespace)


def test_a_security_group_reaches_the_inbound_requests_of_a_sidecar(sidecar: Stage, modules: Modules) -> None:
    """SERVER matches here, CLIENT does not: the reverse of a gateway."""
    image = sidecar.registry.push("filters/inbound", modules("v1"))

    def program() -> None:
        secret = wasm.PullSecret(
            "live-registry",
            {"registry": sidecar.registry.host, "username": USER, "password": sidecar.registry.password},
        )
        attached = [
            {
                "extension": wasm.WasmExtension(
                    name,
                    {
                        "organization": "acme",
                        "url": image.url,
                        "phase": "AUTHZ",
                        "priority": priority,
                        "config": {"name": name},
                        "pull_secret": secret,
                    },
                ),
                **({"match": [{"mode": mode}]} if mode else {}),
            }
            for name, priority, mode in [("inbound", 3, "SERVER"), ("outbound", 2, "CLIENT"), ("both", 1, "")]
        ]
        wasm.SecurityGroupAttachment(
            "services",
            {
                "group": GROUP,
                "namespace_selector": [f"*/{sidecar.namespace}"],
                "extensions": attached,  # type: ignore[typeddict-item]
                "fleet": sidecar.fleet(),
            },
        )

    sidecar.deploy(program)
    until(sidecar.proxy, lambda answer: names(answer) == ["inbound", "both"], "the inbound chain")
