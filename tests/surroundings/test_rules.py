"""Each rule on several instances of its kind, and on what looks like one: a false alarm is worse than silence."""

from __future__ import annotations

from typing import Any

import pytest

from mesh_wasm.findings.finding import Finding
from mesh_wasm.fleet.cluster import Cluster, Fleet
from mesh_wasm.lint import lint
from mesh_wasm.snapshot.kinds import KINDS
from mesh_wasm.snapshot.shape import shaped
from mesh_wasm.surroundings import Surroundings, World
from mesh_wasm.yaml.file import documents

from .objects import (
    USE,
    WHERE,
    custom,
    deployment,
    gateway,
    home,
    istio_gateway,
    made,
    plugin,
    pods,
    ref,
    service,
    text,
)

USUAL = {"MW303", "MW218", "MW403", "MW404", "MW405"}
"""Rules that look at the plugin alone; they are tested elsewhere."""


def told(*objects: dict[str, Any], fleet: Fleet | None = None) -> list[Finding]:
    found = lint(documents(text(*objects), "folder/a.yaml"), fleet).findings
    return [one.finding for one in found if one.finding.rule not in USUAL]


def says(*objects: dict[str, Any]) -> list[str]:
    return [f"{one.severity} {one.rule}" for one in told(*objects)]


def closed(*objects: dict[str, Any], **facts: Any) -> Fleet:
    return Fleet([Cluster(name="east", surroundings=Surroundings.read(objects, World.CLOSED), **facts)])


CLASS = made("GatewayClass", "public", None, "gateway.networking.k8s.io/v1", controllerName="example.com/controller")
OURS = made(
    "GatewayClass", "public", None, "gateway.networking.k8s.io/v1", controllerName="istio.io/gateway-controller"
)
BY_HAND = {"addresses": [{"type": "Hostname", "value": "gw.infra.svc.cluster.local"}]}
SERVER = {"match": [{"mode": "SERVER"}]}
SERVICE = ref("web", "Service", "")
LABELLED = deployment("gw", "shop", **{"gateway.networking.k8s.io/gateway-name": "front"})
TEMPLATE = {"inject.istio.io/templates": "gateway"}


@pytest.mark.parametrize(
    ("objects", "found"),
    [
        # targets
        ([gateway("front", "infra")], ["error MW220"]),
        ([gateway("front", "infra"), gateway()], []),
        ([gateway("other", "infra")], []),
        ([gateway("front", None)], []),
        ([gateway(**BY_HAND)], ["warning MW222"]),
        ([gateway(addresses=[{"value": "10.0.0.1"}, {"value": "10.0.0.2"}])], ["warning MW222"]),
        ([gateway(addresses=[{"value": "10.0.0.1"}])], []),
        ([gateway(**BY_HAND), LABELLED], []),
        ([gateway(of="public"), CLASS], ["error MW223"]),
        ([gateway(of="public"), OURS], []),
        ([gateway(of="public")], []),
        ([gateway(of="nginx")], ["warning MW223"]),
        ([gateway(of="nginx", **BY_HAND), CLASS], ["warning MW222", "warning MW223"]),
    ],
)
def test_references_to_gateways(objects: list[Any], found: list[str]) -> None:
    assert says(*objects, plugin(**ref())) == found


@pytest.mark.parametrize(
    ("objects", "found"),
    [
        ([service()], ["warning MW224"]),
        ([service(), home()], ["warning MW224"]),
        ([service(), home(**{USE: "w"})], []),
        ([service(labels={USE: "w"})], []),
        ([service(labels={USE: "none"}), home(**{USE: "w"})], ["warning MW224"]),
        ([service("web", "infra")], ["error MW220"]),
        ([service(labels={USE: "w"}), gateway("w", of="istio-waypoint")], []),
        ([service(labels={USE: "w"}), gateway("w")], ["error MW225"]),
        (
            [
                service(labels={USE: "w"}),
                gateway("w", of="istio-waypoint", labels={"istio.io/waypoint-for": "workload"}),
            ],
            ["error MW225"],
        ),
        ([service(labels={USE: "w"}), gateway("w", of="istio-waypoint", labels={"istio.io/waypoint-for": "all"})], []),
        ([service(labels={USE: "w", WHERE: "infra"})], ["warning MW226"]),
        ([service(labels={USE: "w", WHERE: "shop"})], []),
        ([home(**{USE: "w", WHERE: "infra"}), service()], ["warning MW226"]),
    ],
)
def test_references_to_services(objects: list[Any], found: list[str]) -> None:
    assert says(*objects, plugin(**SERVICE)) == found


@pytest.mark.parametrize(
    ("version", "severity", "words"),
    [
        ("1.23", "error", "does not get the plugin"),
        ("1.25.0", "error", "never becomes ready"),
        ("1.30.2", "error", "never becomes ready"),
        ("1.30", "warning", "in Istio 1.30 before 1.30.3"),
        ("1.30.3", "", ""),
        ("1.31", "", ""),
        ("1.9", "", ""),
    ],
)
def test_waypoint_elsewhere_by_version(version: str, severity: str, words: str) -> None:
    fleet = Fleet([Cluster(name="east", istio_version=version)])
    objects = [service(labels={USE: "w", WHERE: "infra"}), plugin(**SERVICE)]
    found = [one for one in told(*objects, fleet=fleet) if one.rule == "MW226"]
    assert [str(one.severity) for one in found] == ([severity] if severity else [])
    assert all(words in one.message for one in found)


@pytest.mark.parametrize(
    ("objects", "found"),
    [
        ([istio_gateway(app="x")], ["error MW201"]),
        ([istio_gateway(app="x", namespace="infra")], ["error MW201"]),
        ([istio_gateway(app="other")], []),
        ([istio_gateway(app="x", tier="web")], []),
        ([istio_gateway()], []),
        ([deployment("d", app="x", notes=TEMPLATE)], ["error MW201"]),
        ([deployment("d", app="x")], []),
        ([istio_gateway(app="x", tier="web"), deployment("d", app="x", tier="web")], ["error MW201"]),
        ([deployment("d", app="x", notes=TEMPLATE), deployment("e", app="x")], ["warning MW407"]),
        ([deployment("d", app="x", **{"gateway.istio.io/managed": "istio.io-mesh-controller"})], ["error MW208"]),
    ],
)
def test_gateways_by_selection(objects: list[Any], found: list[str]) -> None:
    assert says(*objects, plugin(**pods(app="x"), **SERVER)) == found


def test_a_reference_to_a_waypoint_or_gateway_is_certain() -> None:
    assert says(plugin(**ref(), **SERVER)) == ["warning MW201"]
    assert says(gateway(), plugin(**ref(), **SERVER)) == ["error MW201"]
    assert says(gateway(of="istio-waypoint"), plugin(**ref(), **SERVER)) == []
    ports = {"match": [{"ports": [{"number": 80}]}]}
    assert says(gateway(of="istio-waypoint"), plugin(**ref(), **ports)) == ["error MW206"]


@pytest.mark.parametrize(
    ("objects", "found"),
    [
        ([deployment("web", **{"app.kubernetes.io/name": "web"})], ["warning MW406"]),
        ([deployment("web", app="web", own={"app": "web"})], []),
        ([deployment("web", component="front", own={"app": "web"})], ["warning MW406"]),
        ([deployment("web", app="webb")], ["warning MW406"]),
        ([deployment("web", "elsewhere", **{"app.kubernetes.io/name": "web"})], []),
        (
            [made("Job", "web", "shop", "batch/v1", template={"metadata": {"labels": {"job": "web"}}})],
            ["warning MW406"],
        ),
        ([deployment("web", component="front"), istio_gateway(app="web")], ["warning MW406"]),
        ([deployment("cart"), istio_gateway(app="web")], []),
        ([], []),
    ],
)
def test_selectors_without_workloads(objects: list[Any], found: list[str]) -> None:
    assert says(*objects, plugin(**pods(app="web"))) == found


def test_an_unrelated_workload_in_another_file_is_no_alarm() -> None:
    parts = [
        *documents(text(deployment("cart")), "k8s/cart.yaml"),
        *documents(text(plugin(**pods(app="web"))), "p.yaml"),
    ]
    found = [one.finding for one in lint(parts).findings if one.finding.rule not in USUAL]
    assert [(one.rule, str(one.severity)) for one in found] == [("MW406", "info")]
    assert "It may be elsewhere" in found[0].message


def test_labels_that_are_not_known_yet_are_no_evidence() -> None:
    around = Surroundings.read(
        [deployment("web", **{"app.kubernetes.io/name": "<known at up>"}), deployment("b", app="c")]
    )
    fleet = Fleet([Cluster(name="east", surroundings=around)])
    assert [one.rule for one in told(plugin(**pods(**{"app.kubernetes.io/name": "web"})), fleet=fleet)] == []


@pytest.mark.parametrize(
    ("objects", "found"),
    [
        ([deployment("a", tier="t", app="a"), deployment("b", tier="t", app="b")], ["info MW408"]),
        ([deployment("a-v1", tier="t", app="a"), deployment("a-v2", tier="t", app="a")], []),
        ([deployment("a", tier="t", **{"sidecar.istio.io/inject": "false"})], ["warning MW409"]),
        (
            [deployment("a", tier="t", **{"sidecar.istio.io/inject": "false"}), deployment("b", tier="t")],
            ["info MW408"],
        ),
    ],
)
def test_selectors_that_take_other_workloads(objects: list[Any], found: list[str]) -> None:
    assert says(*objects, plugin(**pods(tier="t"))) == found


def test_several_are_named_and_counted() -> None:
    objects = [deployment(name, tier="t", app=name) for name in ("cart", "pay", "web")]
    (found,) = told(*objects, plugin(**pods(tier="t")))
    assert found.message == "the selector takes 3 workloads: Deployment cart, Deployment pay, Deployment web."


def test_the_root_namespace_selects_everywhere() -> None:
    objects = [deployment("a", "one", tier="t", app="a"), deployment("b", "two", tier="t", app="b")]
    found = told(*objects, plugin("istio-system", **pods(tier="t")))
    assert [one.message for one in found] == ["the selector takes 2 workloads: Deployment one/a, Deployment two/b."]


TLS = [{"port": 443, "targetPort": 8443}]
NAMED = [{"port": 80, "targetPort": "http"}]
HTTP = made(
    "Deployment",
    "web",
    "shop",
    "apps/v1",
    template={
        "metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"ports": [{"name": "http", "containerPort": 8080}]}]},
    },
)


@pytest.mark.parametrize(
    ("objects", "match", "found"),
    [
        ([service(ports=TLS)], {"ports": [{"number": 443}]}, ["warning MW230"]),
        ([service(ports=TLS)], {"ports": [{"number": 8443}]}, []),
        ([service(ports=TLS)], {"ports": [{"number": 9000}]}, []),
        ([service(ports=TLS)], {"mode": "SERVER", "ports": [{"number": 443}]}, ["warning MW230"]),
        ([service(ports=TLS)], {"mode": "CLIENT", "ports": [{"number": 443}]}, []),
        (
            [service(ports=TLS), istio_gateway(app="web")],
            {"mode": "CLIENT", "ports": [{"number": 443}]},
            ["warning MW230"],
        ),
        ([service(ports=[{"port": 443}])], {"ports": [{"number": 443}]}, []),
        ([service(ports=[*TLS, {"port": 9443, "targetPort": 443}])], {"ports": [{"number": 443}]}, []),
        ([service(ports=NAMED)], {"ports": [{"number": 80}]}, []),
        ([service(ports=NAMED), HTTP], {"ports": [{"number": 80}]}, ["warning MW230"]),
        ([service("other", ports=TLS)], {"ports": [{"number": 443}]}, []),
        ([service("web", "elsewhere", ports=TLS)], {"ports": [{"number": 443}]}, []),
    ],
)
def test_ports(objects: list[Any], match: dict[str, Any], found: list[str]) -> None:
    assert says(*objects, plugin(**pods(app="web"), match=[match])) == found


@pytest.mark.parametrize(
    ("objects", "spec", "found"),
    [
        ([custom(**pods(app="gw"))], pods(app="gw"), ["warning MW711"]),
        ([custom()], pods(app="gw"), ["warning MW711"]),
        ([custom("istio-system")], pods(app="gw"), ["warning MW711"]),
        ([custom("elsewhere")], pods(app="gw"), []),
        ([custom(**pods(app="other"))], pods(app="gw"), []),
        ([custom(**pods(app="gw", tier="t")), deployment("gw", app="gw", tier="t")], pods(app="gw"), ["warning MW711"]),
        ([custom(**ref()), gateway()], ref(), ["warning MW711"]),
        ([custom(**ref("other")), gateway()], ref(), []),
    ],
)
def test_external_authorizers(objects: list[Any], spec: dict[str, Any], found: list[str]) -> None:
    assert says(*objects, plugin(**spec, phase="AUTHN")) == found
    assert says(*objects, plugin(**spec, phase="STATS")) == []


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ({**pods(app="reviews"), "phase": "AUTHN"}, ["warning MW228"]),
        ({**pods(app="reviews"), "phase": "AUTHZ", "match": [{"mode": "CLIENT"}]}, ["warning MW228"]),
        ({**pods(app="reviews"), "phase": "AUTHZ", "match": [{"mode": "SERVER"}]}, []),
        ({**pods(app="reviews"), "phase": "STATS"}, []),
        ({**pods(app="reviews")}, []),
        ({**pods(app="edge-gateway"), "phase": "AUTHN"}, []),
        ({**pods(app="gw"), "phase": "AUTHN"}, []),
        ({**pods(istio="ingressgateway"), "phase": "AUTHN"}, []),
        ({**ref(), "phase": "AUTHN"}, []),
    ],
)
def test_both_sides_of_a_sidecar(spec: dict[str, Any], found: list[str]) -> None:
    assert says(plugin(**spec)) == found


def test_the_template_decides_whether_it_is_a_sidecar() -> None:
    spec = {**pods(app="reviews"), "phase": "AUTHN"}
    assert says(deployment("reviews", notes=TEMPLATE), plugin(**spec)) == []
    assert says(istio_gateway(app="reviews"), plugin(**spec)) == []
    injected = deployment("x", app="my-gateway", **{"sidecar.istio.io/inject": "true"})
    assert says(injected, plugin(**pods(app="my-gateway"), phase="AUTHN")) == ["warning MW228"]


EXTERNAL = made(
    "ExternalSecret",
    "pull",
    "shop",
    "external-secrets.io/v1",
    data=[{"secretKey": ".dockerconfigjson", "remoteRef": {}}],
)


@pytest.mark.parametrize(
    ("secret", "found"),
    [
        (EXTERNAL, ["error MW820"]),
        (
            made("SealedSecret", "pull", "shop", "bitnami.com/v1alpha1", encryptedData={".dockerconfigjson": "x"}),
            ["error MW820"],
        ),
        (
            made(
                "SealedSecret",
                "pull",
                "shop",
                "bitnami.com/v1alpha1",
                encryptedData={"config": "x"},
                template={"type": "kubernetes.io/dockerconfigjson"},
            ),
            ["error MW820"],
        ),
        (made("SealedSecret", "other", "shop", "bitnami.com/v1alpha1", encryptedData={"a": "x"}), []),
        (made("ExternalSecret", "pull", "infra", "external-secrets.io/v1", dataFrom=[{}]), ["error MW821"]),
        (
            made(
                "ExternalSecret",
                "pull",
                "shop",
                "external-secrets.io/v1beta1",
                target={"template": {"type": "kubernetes.io/dockerconfigjson"}},
                dataFrom=[{}],
            ),
            [],
        ),
    ],
)
def test_secrets_that_are_made(secret: dict[str, Any], found: list[str]) -> None:
    assert says(secret, plugin(**pods(app="x"), imagePullSecret="pull")) == found


def test_the_closed_world_knows_what_is_not_there() -> None:
    fleet = closed(deployment("cart"))
    for spec, rule in (
        (ref(), "MW221"),
        (SERVICE, "MW221"),
        (pods(app="web"), "MW406"),
        ({**pods(app="cart"), "imagePullSecret": "pull"}, "MW821"),
    ):
        (found,) = told(plugin(**spec), fleet=fleet)
        assert (found.rule, found.is_error) == (rule, True)
    assert told(plugin(**pods(app="cart")), fleet=fleet) == []
    (found,) = told(plugin(**SERVICE), fleet=closed(service(), home()))
    assert (found.rule, found.is_error) == ("MW224", True)
    (found,) = told(plugin(**SERVICE), fleet=closed(service(labels={USE: "w"})))
    assert "there is no such Gateway" in found.message


@pytest.mark.parametrize(
    ("label", "found"), [("1-27-1", []), ("canary", ["MW229"]), ("", ["MW229"]), (None, [])], ids=str
)
def test_revision(label: str | None, found: list[str]) -> None:
    one = plugin(**pods(app="x"))
    if label is not None:
        one["metadata"]["labels"] = {"istio.io/rev": label}
    fleet = Fleet([Cluster(name="east", revision="1-27-1")])
    assert [finding.rule for finding in told(one, fleet=fleet)] == found
    assert told(one, fleet=Fleet([Cluster(name="east")])) == []


def test_a_broken_companion_hides_nothing() -> None:
    broken = [
        {**service(), "spec": {"ports": "80", "selector": ["x"]}},
        {**deployment("d"), "spec": {"template": []}},
        {**gateway("front", "infra"), "spec": None},
        {"apiVersion": "v1", "kind": "Service", "metadata": "no"},
    ]
    assert "error MW201" in says(*broken, istio_gateway(app="x"), plugin(**pods(app="x"), **SERVER))
    assert "error MW220" in says(*broken, plugin(**ref()))


def test_a_selector_with_a_leaf_that_is_no_text_selects_nothing_for_certain() -> None:
    odd = {**istio_gateway(), "spec": {"selector": {"app": "x", "tier": True}}}
    assert says(odd, plugin(**pods(app="x"), **SERVER)) == []


def test_a_plugin_without_a_namespace_is_compared_with_its_like() -> None:
    beside = made("Gateway", "public", None, "networking.istio.io/v1", selector={"app": "x"})
    assert says(beside, plugin(None, **pods(app="x"), **SERVER)) == ["error MW201"]
    assert says(gateway("front", "infra"), plugin(None, **ref())) == []


def test_a_traffic_extension_that_is_stated_of_the_cluster_is_in_the_order() -> None:
    lua = made("TrafficExtension", "lua", "shop", "extensions.istio.io/v1alpha1", **pods(app="x"), priority=1)
    fleet = Fleet([Cluster(name="east", surroundings=Surroundings.read([lua]))])
    (found,) = told(plugin(**pods(app="x")), fleet=fleet)
    assert "TrafficExtension shop/lua" in found.message
    assert told(plugin(**{**pods(app="x"), "priority": 2}), fleet=fleet) == []


def test_a_traffic_extension_is_judged_among_what_stands_beside_it() -> None:
    wasm = {"url": "oci://registry.acme.io/filters/acl@sha256:" + "7e" * 32}
    one = made(
        "TrafficExtension", "filter", "shop", "extensions.istio.io/v1alpha1", **pods(app="x"), **SERVER, wasm=wasm
    )
    assert "error MW201" in says(istio_gateway(app="x"), one)
    aimed = made("TrafficExtension", "filter", "shop", "extensions.istio.io/v1alpha1", **ref(), priority=1, wasm=wasm)
    assert says(gateway("front", "infra"), aimed) == ["error MW220"]


def https(*ports: int, mode: str = "SIMPLE", protocol: str = "HTTPS") -> dict[str, Any]:
    """Istio's Gateway with an HTTPS server for each of the ports."""
    servers = [
        {
            "port": {"number": port, "name": f"s{place}", "protocol": protocol},
            "hosts": [f"s{place}.example.com"],
            "tls": {"mode": mode},
        }
        for place, port in enumerate(ports)
    ]
    return istio_gateway() | {"spec": {"selector": {"app": "front"}, "servers": servers}}


NETWORK = {"type": "NETWORK", **pods(app="front")}


@pytest.mark.parametrize(
    ("objects", "found"),
    [
        ([https(443, 443), plugin(**NETWORK)], ["warning MW285"]),
        ([https(443, 8443, 8443), plugin(**NETWORK)], ["warning MW285"]),
        ([https(443, 443), plugin(**NETWORK, match=[{"ports": [{"number": 443}]}])], ["warning MW285"]),
        ([https(443, 443), plugin(**NETWORK, match=[{"mode": "CLIENT"}])], ["warning MW285"]),
        (
            [https(443, 443), deployment("f", app="front", v="1"), plugin(type="NETWORK", **pods(v="1"))],
            ["warning MW285"],
        ),
        ([https(443, 8443), plugin(**NETWORK)], []),
        ([https(443, 443), plugin(**NETWORK, match=[{"ports": [{"number": 80}]}])], []),
        ([https(443, 443, mode="PASSTHROUGH"), plugin(**NETWORK)], []),
        ([https(80, 80, protocol="HTTP"), plugin(**NETWORK)], []),
        ([https(443, 443), plugin(**pods(app="front"))], []),
        ([https(443, 443), plugin(type="NETWORK", **pods(app="other"))], []),
        ([https(443), https(443) | {"metadata": {"name": "two", "namespace": "shop"}}, plugin(**NETWORK)], []),
    ],
)
def test_several_https_servers_on_one_port(objects: list[Any], found: list[str]) -> None:
    assert [one for one in says(*objects) if "MW285" in one] == found


@pytest.mark.parametrize(("mode", "found"), [("SIMPLE", ["MW285"]), ("PASSTHROUGH", [])])
def test_a_snapshot_keeps_what_tells_which_servers_end_tls(mode: str, found: list[str]) -> None:
    (kind,) = (one for one in KINDS if one.kind == "Gateway" and one.group == "networking.istio.io")
    kept = shaped(kind, https(443, 443, mode=mode))
    assert kept is not None
    fleet = Fleet([Cluster(name="east", surroundings=Surroundings.read([kept, deployment("f", app="front")]))])
    assert [one.rule for one in told(plugin(**NETWORK), fleet=fleet) if one.rule == "MW285"] == found
