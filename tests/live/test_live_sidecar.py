"""A sidecar's inbound listener, bound to its port by a Sidecar resource, so that no iptables are needed."""

from __future__ import annotations

import http.server
import json
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from mesh.cluster import Cluster
from mesh.proxy import Proxy
from mesh.registry import USER, Registry

import mesh_wasm_pulumi as wasm
from mesh_wasm_pulumi.cli import main

from .stage import TENANT, Modules, Stage, names, until

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


def test_a_security_group_reaches_the_inbound_requests_of_a_sidecar(
    sidecar: Stage, modules: Modules, tmp_path: Path
) -> None:
    """SERVER matches here, CLIENT does not: the reverse of a gateway."""
    image = sidecar.registry.push("filters/inbound", modules("v1"))

    def program() -> None:
        secret = wasm.PullSecret(
            "live-registry",
            {"registry": sidecar.registry.host, "username": USER, "password": sidecar.registry.password},
        )
        attached: list[Any] = [
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
                "extensions": attached,
                "fleet": sidecar.fleet(),
            },
        )

    sidecar.deploy(program)
    until(sidecar.proxy, lambda answer: names(answer) == ["inbound", "both"], "the inbound chain")

    cluster = sidecar.clusters[0].name
    place = tmp_path / cluster
    place.mkdir()
    (place / "plan.yaml").write_text(yaml.safe_dump_all(sidecar.plan(program)[cluster]))
    done = CliRunner().invoke(main, ["verify", str(tmp_path), "--proxy", sidecar.proxy.admin, "--format", "json"])
    told = {one["name"]: one for one in json.loads(done.stdout)["proxies"][0]["plugins"]}
    statuses = {name.split("-")[1]: one["status"] for name, one in told.items()}
    assert statuses == {"inbound": "loaded", "outbound": "not there", "both": "loaded"}
    assert [one["reason"] for one in told.values() if not one["ok"]] == [
        f"Its match takes none of the proxy's traffic (SERVER on port {sidecar.proxy.port})."
    ]
