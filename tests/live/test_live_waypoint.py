"""A waypoint: requests through HBONE pass what is aimed at its Gateway, at a Service and at its class, and nothing else."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from mesh.api import Object
from mesh.cluster import Cluster
from mesh.filters import told_of_connection
from mesh.istio import NAMESPACE as ROOT
from mesh.registry import USER, Registry
from mesh.waypoint import NAMESPACE_LABELS, Waypoint, serving

import mesh_wasm_pulumi as wasm
from mesh_wasm_pulumi.cli import main

from .stage import PLUGIN, Modules, Stage, names, until
from .tcp import WELCOME, eventually
from .test_live_explain import NOT_TOLD, OWN

pytestmark = pytest.mark.live

GROUP = "gateway.networking.k8s.io"
GATEWAY = {"group": GROUP, "kind": "Gateway", "name": "waypoint"}
SERVICE = {"kind": "Service", "name": "echo"}
CLASS = {"group": GROUP, "kind": "GatewayClass", "name": "istio-waypoint"}


@pytest.fixture(scope="module")
def ambient(ambient_cluster: Cluster, registry: Registry) -> Iterator[Stage]:
    """A namespace with a waypoint and two Services behind it, shared by the tests of this module."""
    namespace = f"live-{secrets.token_hex(4)}"
    ambient_cluster.create_namespace(namespace, NAMESPACE_LABELS)
    with serving(ambient_cluster, namespace, registry.host) as proxy:
        for service in ("echo", "other"):
            proxy.serve(service)
        yield Stage(namespace, {ambient_cluster.name: proxy}, registry)
    ambient_cluster.api.delete("v1", "Namespace", namespace)


@pytest.fixture
def stage(ambient: Stage) -> Iterator[Stage]:
    """The waypoint without any plugin."""
    yield ambient
    api = ambient.clusters[0].api
    for namespace in (ambient.namespace, ROOT):
        for plugin in api.list(*PLUGIN, namespace):
            api.delete(*PLUGIN, plugin["metadata"]["name"], namespace).accepted()
    until(ambient.proxy, lambda answer: answer.status == 200 and names(answer) == [], "the waypoint without plugins")


def waypoint(stage: Stage) -> Waypoint:
    assert isinstance(stage.proxy, Waypoint)
    return stage.proxy


def plugin(stage: Stage, name: str, url: str, **spec: Any) -> Object:
    """A WasmPlugin as somebody who does not use mesh-wasm would write it; in the root namespace if its name says so."""
    return {
        "apiVersion": PLUGIN[0],
        "kind": PLUGIN[1],
        "metadata": {"name": name, "namespace": ROOT if name.startswith("root-") else stage.namespace},
        "spec": {"url": url, "imagePullSecret": "registry", "pluginConfig": {"name": name}, "priority": 1, **spec},
    }


def apply(stage: Stage, *plugins: Object) -> None:
    """Write plugins, and the Secrets that they name."""
    cluster = stage.clusters[0]
    stage.apply(cluster, [stage.registry.pull_secret("registry", namespace) for namespace in (stage.namespace, ROOT)])
    stage.apply(cluster, plugins)


def http_filters(stage: Stage, service: str = "echo") -> list[str]:
    """The HTTP filters of a Service's chain, as Envoy tells them; plugins by the names of their objects."""
    (manager,) = network_filters(stage, f"inbound-vip|80|http|{service}.{stage.namespace}.svc.cluster.local")
    return [_name(one["name"]) for one in manager["typed_config"]["http_filters"]]


def network_filters(stage: Stage, chain: str) -> list[Any]:
    """The network filters of a chain of the waypoint."""
    (found,) = [one for one in chains(stage) if one["name"] == chain]
    filters: list[Any] = found["filters"]
    return filters


def chains(stage: Stage) -> list[Any]:
    """The chains of the listener that the traffic of Services passes."""
    listeners = stage.proxy.config_dump("?resource=dynamic_listeners")["configs"]
    (main_internal,) = [one for one in listeners if one["name"] == "main_internal"]
    found: list[Any] = main_internal["active_state"]["listener"]["filter_chains"]
    return found


def _name(name: str) -> str:
    return name.rsplit("/")[-1].partition(".")[2].partition("~")[0] if "/" in name else name


def write(folder: Path, stage: Stage, plugins: list[Object]) -> Path:
    """The plan as `plan --out` lays it out."""
    for obj in plugins:
        place = folder / stage.clusters[0].name / obj["metadata"]["namespace"]
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{obj['metadata']['name']}.yaml").write_text(yaml.safe_dump(obj))
    return folder


def explained(folder: Path, stage: Stage, title: str, layer: str) -> list[str]:
    """The lines of `explain` for one workload, plugins by the names of their objects."""
    done = CliRunner().invoke(main, ["explain", str(folder), "--format", "json"])
    assert done.exit_code in (0, 1), done.output  # 1: what never runs is among them
    told = json.loads(done.stdout)
    (found,) = [one for one in told["clusters"][0]["workloads"] if one["title"] == f"{stage.namespace} · {title}"]
    own = {**OWN, **OWN_OF_TCP}
    return [
        name
        for step in found[layer]
        for name in ([told["plugins"][step["plugin"]]["name"]] if "plugin" in step else own[step["name"]])
    ]


OWN_OF_TCP: dict[str, list[str]] = {
    "istio.ext_authz (TCP)": [],  # there is no AuthorizationPolicy with action CUSTOM
    "istio.authz (TCP)": ["envoy.filters.network.rbac"],
    "istio.stats (TCP)": [],  # stock Envoy has none
    "TCP proxy": ["envoy.filters.network.tcp_proxy"],
}


def test_plugins_that_a_program_aims_at_a_waypoint_run_with_their_pull_secret(stage: Stage, modules: Modules) -> None:
    """At its Gateway and class: for every Service; at a Service: for that one. The image is private."""
    image = stage.registry.push("filters/waypoint", modules("v1"))

    def program() -> None:
        secret = wasm.PullSecret(
            "live-registry", {"registry": stage.registry.host, "username": USER, "password": stage.registry.password}
        )
        cluster = stage.clusters[0]
        places = [stage.namespace, ROOT]
        fleet = wasm.Fleet(
            [
                wasm.Cluster(
                    cluster.name, kubeconfig=cluster.kubeconfig.read_text(), context=cluster.name, namespaces=places
                )
            ]
        )
        aimed: list[tuple[str, str, Any, Any]] = [
            ("gateway", stage.namespace, GATEWAY, "AUTHZ"),
            ("service", stage.namespace, SERVICE, "AUTHN"),
            ("class", ROOT, CLASS, "STATS"),
        ]
        for name, namespace, target, phase in aimed:
            spec: Any = {
                "url": image.url,
                "target_refs": [target],
                "phase": phase,
                "priority": 10,
                "plugin_config": {"name": name},
            }
            metadata = {"name": name, "namespace": namespace}
            wasm.WasmPlugin(name, {"metadata": metadata, "spec": spec, "pull_secret": secret, "fleet": fleet})

    stage.apply(stage.clusters[0], stage.plan(program)[stage.clusters[0].name])
    expected = ["service", "gateway", "class"]
    until(stage.proxy, lambda answer: names(answer) == expected, f"the order {expected}")
    assert names(waypoint(stage).get(service="other")) == ["gateway", "class"]


def test_explain_is_envoys_own_list(stage: Stage, modules: Modules, tmp_path: Path) -> None:
    """STATS and no phase come after fault injection and CORS here; what a waypoint ignores is in neither list."""
    url = stage.registry.push("filters/explained", modules("v1")).url
    plugins = [
        plugin(stage, "service-authz", url, targetRefs=[SERVICE], phase="AUTHZ"),
        plugin(stage, "service-server", url, targetRefs=[SERVICE], priority=4, match=[{"mode": "SERVER"}]),
        plugin(stage, "service-client", url, targetRefs=[SERVICE], match=[{"mode": "CLIENT"}]),
        plugin(stage, "service-port", url, targetRefs=[SERVICE], match=[{"ports": [{"number": 80}]}]),
        plugin(stage, "gateway-authn", url, targetRefs=[GATEWAY], phase="AUTHN"),
        plugin(stage, "gateway-stats", url, targetRefs=[GATEWAY], phase="STATS"),
        plugin(stage, "gateway-none", url, targetRefs=[GATEWAY], priority=5),
        plugin(stage, "gateway-port", url, targetRefs=[GATEWAY], match=[{"ports": [{"number": 15008}]}]),
        plugin(stage, "selected", url, selector={"matchLabels": waypoint(stage).labels}),
        plugin(stage, "everywhere", url),
        plugin(stage, "root-class", url, targetRefs=[CLASS], priority=9),
        plugin(stage, "root-everywhere", url, priority=9),
        plugin(stage, "class-elsewhere", url, targetRefs=[CLASS]),
    ]
    apply(stage, *policies(stage), *plugins)
    order = ["gateway-authn", "service-authz", "gateway-stats", "root-class", "gateway-none", "service-server"]
    until(stage.proxy, lambda answer: names(answer) == order, f"the order {order}")
    filters = [name for name in http_filters(stage) if name != NOT_TOLD]
    assert filters == [
        "gateway-authn",
        "envoy.filters.http.jwt_authn",
        "service-authz",
        "envoy.filters.http.rbac",
        "envoy.filters.http.fault",
        "envoy.filters.http.cors",
        *order[2:],
        "envoy.filters.http.router",
    ]
    folder = write(tmp_path, stage, plugins)
    assert explained(folder, stage, "waypoint of Service echo", "http") == filters


def policies(stage: Stage) -> list[Object]:
    """What makes istiod put its authentication and authorization filters into the chains of the Service."""
    found = stage.istio_policies()
    for policy in found:
        policy["spec"] = {"targetRefs": [{"group": "", **SERVICE}], **policy["spec"]}
    return found


@pytest.mark.parametrize(("strategy", "status"), [("FAIL_CLOSE", 403), ("FAIL_OPEN", 200)])
def test_what_cannot_be_pulled_denies_or_passes(
    stage: Stage, modules: Modules, tmp_path: Path, strategy: str, status: int
) -> None:
    """The named Secret is not there; the other Service, which the plugin is not aimed at, is served all the while."""
    url = stage.registry.push("filters/unpulled", modules("v1")).url
    denied = plugin(stage, "denied", url, targetRefs=[SERVICE], failStrategy=strategy, imagePullSecret="nowhere")
    works = plugin(stage, "works", url, targetRefs=[GATEWAY], phase="AUTHN")
    apply(stage, works, denied)
    until(stage.proxy, lambda _: "missing image pulling secret" in stage.proxy.log, "the agent's complaint")
    until(stage.proxy, lambda answer: answer.status == status and names(answer) == ["works"], f"status {status}")
    other = waypoint(stage).get(service="other")
    assert (other.status, names(other)) == (200, ["works"])

    (tmp_path / "proxy.log").write_text(stage.proxy.log)
    code, told = verified(
        write(tmp_path / "plan", stage, [works, denied]), f"{stage.proxy.admin},log={tmp_path}/proxy.log"
    )
    assert (code, statuses(told)) == (1, {"works": "loaded", "denied": "failed"})
    assert "missing image pulling secret" in reasons(told)["denied"]


def verified(folder: Path, proxy: str, *options: str) -> tuple[int, dict[str, Any]]:
    """The exit code of `verify`, and what it says."""
    run = CliRunner().invoke(main, ["verify", str(folder), "--proxy", proxy, "--format", "json", *options])
    assert run.exit_code in (0, 1), run.output
    return run.exit_code, json.loads(run.stdout)


def statuses(told: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["status"] for one in told["proxies"][0]["plugins"]}


def reasons(told: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["reason"] for one in told["proxies"][0]["plugins"]}


def test_verify_says_which_services_are_served_and_judges_what_is_aimed_at_them(
    stage: Stage, modules: Modules, tmp_path: Path
) -> None:
    url = stage.registry.push("filters/verified", modules("v1")).url
    works = plugin(stage, "works", url, targetRefs=[SERVICE], priority=9)
    everywhere = plugin(stage, "root-class", url, targetRefs=[CLASS], priority=8)
    gone = plugin(stage, "gone", url, targetRefs=[{"kind": "Service", "name": "other"}])
    nowhere = plugin(stage, "nowhere", url, targetRefs=[{"kind": "Service", "name": "not-here"}])
    client = plugin(stage, "client", url, targetRefs=[SERVICE], match=[{"mode": "CLIENT"}])
    apply(stage, works, everywhere)
    until(stage.proxy, lambda answer: names(answer) == ["works", "root-class"], "what is in the cluster")

    folder = write(tmp_path / "1", stage, [works, everywhere])
    code, told = verified(folder, stage.proxy.admin, "--all")
    assert (code, statuses(told)) == (0, {"works": "loaded", "root-class": "loaded"})
    domain = f"{stage.namespace}.svc.cluster.local"
    assert told["proxies"][0]["role"] == "waypoint"
    assert set(told["proxies"][0]["serves"]) == {f"echo.{domain}", f"other.{domain}"}

    code, told = verified(write(tmp_path / "2", stage, [works, everywhere, gone, nowhere]), stage.proxy.admin)
    assert (code, statuses(told)) == (1, {"works": "loaded", "root-class": "loaded", "gone": "not there"})
    assert [one["name"] for one in told["unseen"]] == ["nowhere"]

    apply(stage, client)
    _, told = verified(write(tmp_path / "3", stage, [works, everywhere, client]), stage.proxy.admin)
    assert statuses(told)["client"] == "not there"
    assert reasons(told)["client"] == "Its match takes none of the proxy's traffic (SERVER without a port)."


ENTRY = {"group": "networking.istio.io", "kind": "ServiceEntry", "name": "backend"}
ENTRY_HOST = "backend.example.internal"
ENTRY_ADDRESS = "240.240.1.1"


@pytest.fixture
def tcp(stage: Stage, backend: int) -> Iterator[Stage]:
    """The waypoint with a ServiceEntry of two TCP ports, whose endpoint is a true server on loopback."""
    entry = {
        "hosts": [ENTRY_HOST],
        "addresses": [ENTRY_ADDRESS],
        "location": "MESH_INTERNAL",
        "resolution": "STATIC",
        "ports": [{"number": number, "name": f"tcp-{number}", "protocol": "TCP"} for number in (9000, 9002)],
        "endpoints": [{"address": "127.0.0.1", "ports": {"tcp-9000": backend, "tcp-9002": backend}}],
    }
    metadata = {"name": ENTRY["name"], "namespace": stage.namespace}
    made = {"apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry", "metadata": metadata, "spec": entry}
    stage.apply(stage.clusters[0], [made])
    eventually(lambda: passed(stage, 9000) == [], "the TCP ports")
    yield stage
    stage.clusters[0].api.delete(made["apiVersion"], made["kind"], ENTRY["name"], stage.namespace).accepted()


def passed(stage: Stage, port: int) -> list[str]:
    """The network plugins that a connection to a port of the ServiceEntry passes, through the waypoint."""
    data = b""
    with waypoint(stage).tunnel(f"{ENTRY_ADDRESS}:{port}") as tunnel:
        while not data.endswith(WELCOME) and (more := tunnel.receive()):
            data += more
    ran, rest = told_of_connection(data)
    if rest != WELCOME:
        raise ConnectionError(f"the connection was closed after {rest!r}")
    return [one.config["name"] for one in ran]


def answers(stage: Stage) -> bool:
    """Whether a connection to the ServiceEntry gets an answer to what it says."""
    data = b""
    with waypoint(stage).tunnel(f"{ENTRY_ADDRESS}:9000") as tunnel:
        tunnel.send(b"hello")
        while not data.endswith(b"hello") and (more := tunnel.receive()):
            data += more
    return data.endswith(b"hello")


def test_network_plugins_of_a_waypoint_stand_on_tcp_ports_only(tcp: Stage, modules: Modules, tmp_path: Path) -> None:
    """`ports` are those of the Service, not those of its endpoints; explain and verify say what Envoy has.

    No plugin is called as one of type HTTP was before it: docs/measured.md says what comes of that.
    """
    url = tcp.registry.push("filters/network", modules("v1")).url
    aimed: dict[str, Any] = {"type": "NETWORK", "targetRefs": [ENTRY]}
    plugins = [
        plugin(tcp, "tcp-none", url, **aimed),
        plugin(tcp, "tcp-stats", url, phase="STATS", **aimed),
        plugin(tcp, "tcp-authz", url, phase="AUTHZ", **aimed),
        plugin(tcp, "tcp-client", url, match=[{"mode": "CLIENT"}], **aimed),
        plugin(tcp, "tcp-gateway", url, type="NETWORK", targetRefs=[GATEWAY], phase="AUTHN", priority=5),
        plugin(tcp, "root-tcp-class", url, type="NETWORK", targetRefs=[CLASS], phase="AUTHN", priority=9),
        plugin(tcp, "tcp-port", url, priority=4, match=[{"ports": [{"number": 9000}]}], **aimed),
        plugin(tcp, "http", url, targetRefs=[GATEWAY]),
    ]
    rule = {"targetRefs": [ENTRY], "rules": [{}]}
    policy = {"kind": "AuthorizationPolicy", "metadata": {"name": "tcp", "namespace": tcp.namespace}, "spec": rule}
    apply(tcp, {"apiVersion": "security.istio.io/v1", **policy}, *plugins)
    everywhere = ["root-tcp-class", "tcp-gateway", "tcp-authz", "tcp-stats", "tcp-none"]
    on_9000 = [*everywhere[:-1], "tcp-port", "tcp-none"]
    eventually(lambda: passed(tcp, 9000) == on_9000, f"the order {on_9000}")
    eventually(lambda: passed(tcp, 9002) == everywhere, f"the order {everywhere}")
    until(tcp.proxy, lambda answer: names(answer) == ["http"], "the HTTP plugin")

    filters = [_name(one["name"]) for one in network_filters(tcp, f"inbound-vip|9000|tcp|{ENTRY_HOST}")]
    authorized = [*on_9000[:3], "envoy.filters.network.rbac", *on_9000[3:], "envoy.filters.network.tcp_proxy"]
    assert filters == authorized
    folder = write(tmp_path, tcp, plugins)
    assert explained(folder, tcp, "waypoint of ServiceEntry backend", "network") == filters
    (in_front_of_http,) = network_filters(tcp, f"inbound-vip|80|http|echo.{tcp.namespace}.svc.cluster.local")
    assert in_front_of_http["name"] == "envoy.filters.network.http_connection_manager"

    code, told = verified(folder, tcp.proxy.admin)
    assert statuses(told) == dict.fromkeys([*on_9000, "http"], "loaded")
    assert (code, [one["name"] for one in told["unseen"]]) == (0, ["tcp-client"])


@pytest.mark.parametrize(("strategy", "passes"), [("FAIL_CLOSE", False), ("FAIL_OPEN", True)])
def test_a_network_plugin_that_cannot_be_pulled_closes_connections_or_passes(
    tcp: Stage, modules: Modules, strategy: str, passes: bool
) -> None:
    """HTTP ports, where it does not stand, are served all the while."""
    url = tcp.registry.push("filters/network-unpulled", modules("v1")).url
    apply(
        tcp,
        plugin(tcp, "tcp-works", url, type="NETWORK", targetRefs=[GATEWAY], phase="AUTHN"),
        plugin(
            tcp, "tcp-denied", url, type="NETWORK", targetRefs=[ENTRY], failStrategy=strategy, imagePullSecret="nowhere"
        ),
    )
    eventually(lambda: passed(tcp, 9000) == ["tcp-works"] and answers(tcp) is passes, "its effect")
    assert tcp.proxy.get().status == 200
