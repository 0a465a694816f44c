"""Plugins of type NETWORK: where they stand on a gateway, a sidecar and a waypoint, which ports count, what failure does."""

from __future__ import annotations

import http.client
import json
import secrets
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from mesh.api import Object
from mesh.cluster import Cluster
from mesh.filters import CONNECTION_HEADER, HEADER, told, told_of_connection
from mesh.loopback import free_ports
from mesh.proxy import Proxy
from mesh.registry import Registry
from mesh.response import response_of

from mesh_wasm_pulumi.cli import main

from .stage import PLUGIN, MakeStage, Modules, Stage
from .tcp import WELCOME, answers, eventually, welcome

pytestmark = pytest.mark.live

HOST = "backend.example.internal"


class Ports:
    """A proxy with an HTTP port and two TCP ports."""

    def __init__(self, stage: Stage, tcp: tuple[int, int]) -> None:
        self.stage = stage
        self.first, self.second = tcp

    @property
    def proxy(self) -> Proxy:
        return self.stage.proxy

    @property
    def http(self) -> int:
        return self.proxy.port

    def passed(self, port: int) -> list[str] | None:
        """The network plugins that a connection to a TCP port passes; None where it is closed before it is welcomed."""
        data = welcome(port)
        if data is None:
            return None
        ran, rest = told_of_connection(data)
        assert rest == WELCOME
        return [one.config["name"] for one in ran]

    def passed_http(self) -> tuple[list[str], list[str]]:
        """The network plugins and the HTTP plugins that a request passes."""
        answer = self.proxy.get()
        found = [told(answer.headers.get(name)) for name in (CONNECTION_HEADER, HEADER)]
        network, http = ([ran.config["name"] for ran in one] for one in found)
        return network, http

    def plugin(self, name: str, url: str, **spec: Any) -> Object:
        """A NETWORK plugin of the proxy, as somebody who does not use mesh-wasm would write it."""
        return {
            "apiVersion": PLUGIN[0],
            "kind": PLUGIN[1],
            "metadata": {"name": name, "namespace": self.stage.namespace},
            "spec": {
                "selector": {"matchLabels": self.stage.labels},
                "type": "NETWORK",
                "url": url,
                "imagePullSecret": "registry",
                "pluginConfig": {"name": name},
                "priority": 1,
                **spec,
            },
        }

    def apply(self, *objects: Object) -> None:
        """Write objects, and the Secret that the plugins name."""
        secret = self.stage.registry.pull_secret("registry", self.stage.namespace)
        self.stage.apply(self.stage.clusters[0], [secret, *objects])

    def network_filters(self, port: int) -> list[str]:
        """The network filters of a port, as Envoy tells them; plugins by the names of their objects."""
        for listener in self.proxy.config_dump("?resource=dynamic_listeners")["configs"]:
            active = listener["active_state"]["listener"]
            if active["address"].get("socket_address", {}).get("port_value") == port:
                (chain,) = active["filter_chains"]
                return [_called(one["name"]) for one in chain["filters"]]
        raise AssertionError(f"no listener on port {port}")


def _called(name: str) -> str:
    return name.rsplit("/")[-1].partition(".")[2].partition("~")[0] if "/" in name else name


def gateway_objects(ports: Ports, backend: int) -> list[Object]:
    """Two TCP servers beside the HTTP one, and their way to the backend."""
    namespace, labels = ports.stage.namespace, ports.stage.labels
    servers = [
        {"port": {"number": number, "name": f"tcp-{number}", "protocol": "TCP"}, "bind": "127.0.0.1", "hosts": ["*"]}
        for number in (ports.first, ports.second)
    ]
    destination = {"destination": {"host": HOST, "port": {"number": 9000}}}
    routes = [{"match": [{"port": number}], "route": [destination]} for number in (ports.first, ports.second)]
    entry = {
        "hosts": [HOST],
        "location": "MESH_INTERNAL",
        "resolution": "STATIC",
        "ports": [{"number": 9000, "name": "tcp", "protocol": "TCP"}],
        "endpoints": [{"address": "127.0.0.1", "ports": {"tcp": backend}}],
    }
    return [
        _object("Gateway", namespace, "tcp", selector=labels, servers=servers),
        _object("VirtualService", namespace, "tcp", hosts=["*"], gateways=["tcp"], tcp=routes),
        _object("ServiceEntry", namespace, "backend", **entry),
    ]


def _object(kind: str, namespace: str, name: str, **spec: Any) -> Object:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "networking.istio.io/v1", "kind": kind, "metadata": metadata, "spec": spec}


@pytest.fixture
def gateway(stage: Stage, backend: int) -> Ports:
    """A gateway with TCP ports."""
    first, second = free_ports(2)
    ports = Ports(stage, (first, second))
    ports.apply(*gateway_objects(ports, backend))
    eventually(lambda: ports.passed(ports.first) == [] and ports.passed(ports.second) == [], "the TCP ports")
    return ports


def test_on_a_gateway_they_stand_in_front_of_tcp_and_of_http(gateway: Ports, modules: Modules, tmp_path: Path) -> None:
    """By phase and priority; `ports` are those that the proxy listens on; SERVER never matches."""
    url = gateway.stage.registry.push("filters/network", modules("v1")).url
    plugins = [
        gateway.plugin("none", url),
        gateway.plugin("stats", url, phase="STATS"),
        gateway.plugin("authz", url, phase="AUTHZ"),
        gateway.plugin("authn-low", url, phase="AUTHN"),
        gateway.plugin("authn-high", url, phase="AUTHN", priority=2),
        gateway.plugin("first-port", url, priority=9, match=[{"ports": [{"number": gateway.first}]}]),
        gateway.plugin("service-port", url, priority=9, match=[{"ports": [{"number": 9000}]}]),
        gateway.plugin("server", url, priority=9, match=[{"mode": "SERVER"}]),
        gateway.plugin("http", url, type="HTTP"),
    ]
    gateway.apply(*plugins)
    everywhere = ["authn-high", "authn-low", "authz", "stats", "none"]
    on_first = [*everywhere[:-1], "first-port", "none"]
    eventually(lambda: gateway.passed(gateway.first) == on_first, f"the order {on_first}")
    eventually(lambda: gateway.passed(gateway.second) == everywhere, f"the order {everywhere}")
    eventually(lambda: gateway.passed_http() == (everywhere, ["http"]), "both layers")


def test_explain_is_envoys_own_list(gateway: Ports, modules: Modules, tmp_path: Path) -> None:
    """On TCP ports Istio's own network filters stand between the phases, on HTTP ports none."""
    url = gateway.stage.registry.push("filters/explained", modules("v1")).url
    plugins = [gateway.plugin(phase.lower(), url, phase=phase) for phase in ("AUTHN", "AUTHZ", "STATS")]
    plugins.append(gateway.plugin("none", url))
    gateway.apply(*gateway.stage.istio_policies(), *plugins)
    order = ["authn", "authz", "stats", "none"]
    eventually(lambda: gateway.passed(gateway.first) == order, f"the order {order}")
    eventually(lambda: gateway.passed_http()[0] == order, "the same in front of HTTP")
    lines = explained(tmp_path, gateway.stage, plugins)
    terminal = {"HTTP filters or TCP proxy": "envoy.filters.network.tcp_proxy"}
    assert gateway.network_filters(gateway.first) == in_envoys_words(lines, tcp=True, **terminal)
    terminal = {"HTTP filters or TCP proxy": "envoy.filters.network.http_connection_manager"}
    assert gateway.network_filters(gateway.http) == in_envoys_words(lines, tcp=False, **terminal)


def explained(folder: Path, stage: Stage, plugins: list[Object]) -> list[str]:
    """The network lines that `explain` draws of the one workload, plugins by the names of their objects."""
    (folder / stage.clusters[0].name).mkdir(parents=True)
    (folder / stage.clusters[0].name / "plugins.yaml").write_text(yaml.safe_dump_all(plugins))
    done = CliRunner().invoke(main, ["explain", str(folder), "--format", "json"])
    assert done.exit_code in (0, 1), done.output  # 1: what never runs is among them
    told = json.loads(done.stdout)
    (workload,) = told["clusters"][0]["workloads"]
    return [
        told["plugins"][step["plugin"]]["name"] if "plugin" in step else step["name"] for step in workload["network"]
    ]


def in_envoys_words(lines: list[str], *, tcp: bool, **terminal: str) -> list[str]:
    """What Istio's own filters are called by Envoy; stock Envoy has no metadata exchange and no statistics."""
    words = {
        "istio.metadata_exchange": "",
        "istio.ext_authz (TCP)": "",
        "istio.authz (TCP)": "envoy.filters.network.rbac" if tcp else "",
        "istio.stats (TCP)": "",
        **terminal,
    }
    return [word for line in lines if (word := words.get(line, line))]


@pytest.mark.parametrize(("strategy", "passes"), [("FAIL_CLOSE", False), ("FAIL_OPEN", True), ("FAIL_RELOAD", False)])
def test_what_cannot_be_pulled_closes_every_connection_or_passes(
    gateway: Ports, modules: Modules, tmp_path: Path, strategy: str, passes: bool
) -> None:
    """The named Secret is not there. The denial comes with the first byte of the client; HTTP gets no answer, no 403."""
    url = gateway.stage.registry.push("filters/unpulled", modules("v1")).url
    plugin = gateway.plugin("unpulled", url, failStrategy=strategy, imagePullSecret="nowhere")
    gateway.apply(plugin)
    eventually(lambda: "missing image pulling secret" in gateway.proxy.log, "the agent's complaint")
    eventually(lambda: answers(gateway.first) is passes, "its effect")
    assert gateway.passed(gateway.first) == []  # a backend that speaks first is heard all the same
    if passes:
        assert gateway.passed_http() == ([], [])
    else:
        eventually(lambda: closed(gateway.proxy.get), "its effect on HTTP")
    told = verified(tmp_path, gateway, [plugin])
    effect = "connections pass without it (FAIL_OPEN)" if passes else "every connection is closed"
    assert (told["status"], effect in told["reason"]) == ("failed", True)


def closed(request: Callable[[], object]) -> bool:
    """Whether a connection is closed without an answer."""
    try:
        request()
    except (http.client.RemoteDisconnected, ConnectionResetError):
        return True
    return False


def verified(folder: Path, ports: Ports, plugins: list[Object]) -> dict[str, Any]:
    """What `verify` says of the one plugin."""
    place = folder / "verified" / ports.stage.clusters[0].name
    place.mkdir(parents=True)
    (place / "plugins.yaml").write_text(yaml.safe_dump_all(plugins))
    (folder / "proxy.log").write_text(ports.proxy.log)
    proxy = f"{ports.proxy.admin},log={folder / 'proxy.log'}"
    run = CliRunner().invoke(main, ["verify", str(folder / "verified"), "--proxy", proxy, "--format", "json"])
    assert run.exit_code in (0, 1), run.output
    (told,) = json.loads(run.stdout)["proxies"][0]["plugins"]
    found: dict[str, Any] = told
    return found


@pytest.mark.parametrize(
    ("strategy", "at_once", "later"),
    [("FAIL_CLOSE", None, None), ("FAIL_OPEN", [], []), ("FAIL_RELOAD", None, ["crashes"])],
)
def test_a_connection_that_traps_a_plugin(
    gateway: Ports, modules: Modules, strategy: str, at_once: list[str] | None, later: list[str] | None
) -> None:
    """It ends. What comes after it is closed for good, or passes without the plugin for good; only FAIL_RELOAD heals."""
    url = gateway.stage.registry.push("filters/crashing", modules(f"c{secrets.token_hex(4)}")).url
    gateway.apply(gateway.plugin("crashes", url, failStrategy=strategy))
    eventually(lambda: gateway.passed(gateway.first) == ["crashes"], "the plugin")
    assert not answers(gateway.first, b"crash")
    assert gateway.passed(gateway.first) == at_once
    if at_once is None:
        assert closed(gateway.proxy.get)  # the plugin of the HTTP port shares the VM
    if at_once != later:
        eventually(lambda: gateway.passed(gateway.first) == later, "the plugin, started again", timeout=5)
    else:
        time.sleep(3)
    assert gateway.passed(gateway.first) == later
    if later is not None:
        eventually(lambda: gateway.passed_http() == (later, []), "the same in front of HTTP", timeout=5)


@pytest.mark.parametrize("strategy", ["FAIL_CLOSE", "FAIL_OPEN", "FAIL_RELOAD"])
def test_a_module_that_envoy_refuses_closes_every_connection_whatever_the_strategy(
    gateway: Ports, tmp_path: Path, strategy: str
) -> None:
    no_abi = gateway.stage.registry.push("filters/no-abi", b"\0asm\1\0\0\0")
    plugin = gateway.plugin("refused", no_abi.url, failStrategy=strategy)
    gateway.apply(plugin)
    eventually(lambda: "Unable to create Wasm plugin" in gateway.proxy.log, "the refusal")
    assert gateway.passed(gateway.first) is None
    assert not answers(gateway.first)
    assert closed(gateway.proxy.get)
    told = verified(tmp_path, gateway, [plugin])
    assert (told["status"], "every connection is closed" in told["reason"]) == ("failed", True)


def test_of_several_https_servers_on_one_port_only_the_first_has_them(
    make_stage: MakeStage, cluster: Cluster, backend: int, modules: Modules, tmp_path: Path
) -> None:
    """istiod puts them into the first chain of the port and forgets them for the others; HTTP plugins are in all."""
    stage = make_stage(cluster, env={"OUTPUT_CERTS": str(tmp_path)})
    (port,) = free_ports(1)
    ports = Ports(stage, (port, port))
    tls = {
        "mode": "SIMPLE",
        "serverCertificate": str(tmp_path / "cert-chain.pem"),
        "privateKey": str(tmp_path / "key.pem"),
    }
    hosts = ["a.example.com", "b.example.com"]
    servers = [
        {
            "port": {"number": port, "name": host[0], "protocol": "HTTPS"},
            "bind": "127.0.0.1",
            "hosts": [host],
            "tls": tls,
        }
        for host in hosts
    ]
    route = {"directResponse": {"status": 200}}
    url = stage.registry.push("filters/servers", modules("v1")).url
    ports.apply(
        _object("Gateway", stage.namespace, "https", selector=stage.labels, servers=servers),
        _object("VirtualService", stage.namespace, "https", hosts=hosts, gateways=["https"], http=[route]),
        ports.plugin("network", url),
        ports.plugin("http", url, type="HTTP"),
    )
    eventually(lambda: passed_https(port, hosts[0]) == (["network"], ["http"]), "the first server")
    eventually(lambda: passed_https(port, hosts[1]) == ([], ["http"]), "the second server")


def passed_https(port: int, host: str) -> tuple[list[str], list[str]]:
    """The network plugins and the HTTP plugins that a request to a host passes, by TLS."""
    tls = ssl.create_default_context()
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        stream = tls.wrap_socket(connection, server_hostname=host)
        stream.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        answer = http.client.HTTPResponse(stream)
        answer.begin()
        headers = response_of(answer).headers
        stream.close()
    network, inner = ([ran.config["name"] for ran in told(headers.get(name))] for name in (CONNECTION_HEADER, HEADER))
    return network, inner


@pytest.fixture
def sidecar(cluster: Cluster, registry: Registry, backend: int) -> Iterator[Ports]:
    """A sidecar with an HTTP port and two TCP ports, bound by a Sidecar resource."""
    namespace = f"live-{secrets.token_hex(4)}"
    cluster.create_namespace(namespace)
    proxy = Proxy.start(cluster, namespace, {"app": "cart"}, role="sidecar", insecure_registries=registry.host)
    first, second = free_ports(2)
    objects = proxy.sidecar_objects(f"127.0.0.1:{backend}")
    for number in (first, second):
        listener = {
            "port": {"number": number, "name": f"tcp-{number}", "protocol": "TCP"},
            "bind": "127.0.0.1",
            "captureMode": "NONE",
            "defaultEndpoint": f"127.0.0.1:{backend}",
        }
        objects[0]["spec"]["ingress"].append(listener)
    ports = Ports(Stage(namespace, {cluster.name: proxy}, registry), (first, second))
    ports.apply(*objects)
    eventually(lambda: ports.passed(first) == [] and ports.passed(second) == [], "the TCP ports")
    yield ports
    proxy.stop()
    cluster.api.delete("v1", "Namespace", namespace)


def test_on_a_sidecar_they_stand_in_front_of_inbound_tcp_and_http(sidecar: Ports, modules: Modules) -> None:
    """SERVER matches here, CLIENT does not; `ports` are those of the application."""
    url = sidecar.stage.registry.push("filters/sidecar", modules("v1")).url
    sidecar.apply(
        sidecar.plugin("none", url),
        sidecar.plugin("authn", url, phase="AUTHN"),
        sidecar.plugin("server", url, priority=3, match=[{"mode": "SERVER"}]),
        sidecar.plugin("client", url, priority=3, match=[{"mode": "CLIENT"}]),
        sidecar.plugin("first-port", url, priority=2, match=[{"ports": [{"number": sidecar.first}]}]),
    )
    on_first = ["authn", "server", "first-port", "none"]
    eventually(lambda: sidecar.passed(sidecar.first) == on_first, f"the order {on_first}")
    elsewhere = ["authn", "server", "none"]
    eventually(lambda: sidecar.passed(sidecar.second) == elsewhere, f"the order {elsewhere}")
    in_front_of_http = [*elsewhere, "envoy.filters.network.http_connection_manager"]
    assert sidecar.network_filters(sidecar.http) == in_front_of_http
