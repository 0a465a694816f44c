"""Rules whose edges one example does not show: what looks like a secret, what a gateway is, versions, what is said once."""

from __future__ import annotations

from typing import Any

import pytest

from mesh_wasm.findings.finding import format_path
from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.model.parse import parse
from mesh_wasm.model.plugin import WasmPluginSpec
from mesh_wasm.rules.checks import placed_findings, plugin_findings
from mesh_wasm.rules.effect.workload import workload_of
from mesh_wasm.rules.subjects import Workload


def spec(**fields: Any) -> WasmPluginSpec:
    return parse(WasmPluginSpec, {"url": "oci://r.example.com/acl:1", "priority": 0, **fields}, wire=True).value


def found(rule: str, **fields: Any) -> list[str]:
    return [format_path(one.path) for one in plugin_findings(spec(**fields)) if one.rule == rule]


@pytest.mark.parametrize(
    "config",
    [
        {"password": "c0rrect-h0rse"},
        {"clientSecret": "c0rrect-h0rse"},
        {"redis": [{"auth": {"api-key": "abcdef123456"}}]},
        {"headers": {"x": "AKIAABCDEFGHIJKLMNOP"}},
        {"pem": "-----BEGIN RSA PRIVATE KEY-----\nMII"},
        {"upstream": "https://user:hunter22@db.example.com"},
        {"jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.x"},
    ],
)
def test_what_looks_like_a_secret(config: dict[str, Any]) -> None:
    findings = [one for one in plugin_findings(spec(pluginConfig=config)) if one.rule == "MW307"]
    assert len(findings) == 1
    assert not any(word in str(findings) for word in ("h0rse", "abcdef", "AKIA", "MII", "hunter", "eyJ"))


@pytest.mark.parametrize(
    "config",
    [
        {"passwordFile": "/var/run/x"},
        {"token": "${TOKEN}"},
        {"token_header": "X-Auth-Token-Header"},
        {"secretName": "regcred-of-the-shop"},
        {"password": "/etc/passwords/x"},
        {"tokenUrl": "https://id.example.com/token"},
        {"token": ""},
        {"secret": True},
        {"upstream": "https://db.example.com:8443/a@b"},
        {"monkey": "banana-banana"},
    ],
)
def test_what_does_not(config: dict[str, Any]) -> None:
    assert found("MW307", pluginConfig=config) == []


GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name"


@pytest.mark.parametrize(
    ("fields", "workload"),
    [
        ({}, Workload.UNKNOWN),
        ({"selector": {"matchLabels": {"app": "shop"}}}, Workload.UNKNOWN),
        ({"selector": {"matchLabels": {"istio": "ingressgateway"}}}, Workload.GATEWAY),
        ({"selector": {"matchLabels": {"app": "istio-egressgateway"}}}, Workload.GATEWAY),
        ({"selector": {"matchLabels": {GATEWAY_NAME: "shop"}}}, Workload.GATEWAY),
        ({"selector": {"matchLabels": {GATEWAY_NAME: "waypoint"}}}, Workload.WAYPOINT),
        ({"selector": {"matchLabels": {"gateway.istio.io/managed": "istio.io-mesh-controller"}}}, Workload.WAYPOINT),
        ({"targetRefs": [{"kind": "Service", "name": "a"}]}, Workload.WAYPOINT),
        ({"targetRef": {"kind": "Service", "name": "a"}}, Workload.WAYPOINT),
        ({"targetRefs": [{"kind": "Gateway", "group": "gateway.networking.k8s.io", "name": "a"}]}, Workload.UNKNOWN),
    ],
)
def test_what_a_spec_tells_of_its_workload(fields: dict[str, Any], workload: Workload) -> None:
    assert workload_of(spec(**fields)) is workload


@pytest.mark.parametrize(
    ("version", "fields", "rules"),
    [
        ("1.13", {"vmConfig": {}}, {"MW601"}),
        ("1.14", {"vmConfig": {}}, set()),
        ("1.15", {"match": []}, {"MW601"}),
        ("1.18", {"failStrategy": "FAIL_OPEN"}, {"MW601"}),
        ("1.18", {"failStrategy": "FAIL_RELOAD"}, {"MW601"}),
        ("1.19", {"failStrategy": "FAIL_RELOAD"}, {"MW602"}),
        ("1.27", {"failStrategy": "FAIL_RELOAD"}, set()),
        ("1.19", {"type": "HTTP"}, {"MW601"}),
        ("1.21", {"targetRefs": [{"kind": "Service", "name": "a"}]}, {"MW601"}),
        ("1.22", {"targetRefs": [{"kind": "Service", "name": "a"}]}, {"MW620"}),
        ("1.22.1", {"targetRefs": [{"kind": "Service", "name": "a"}]}, set()),
        ("1.24", {"phase": "AUTHN"}, {"MW605"}),
        ("1.25", {"phase": "AUTHN"}, set()),
        ("1.24", {"phase": "STATS"}, set()),
    ],
)
def test_versions(version: str, fields: dict[str, Any], rules: set[str]) -> None:
    selected = fields if "targetRefs" in fields else {"selector": {"matchLabels": {"a": "b"}}, **fields}
    said = placed_findings(spec(**selected), [(Cluster(name="east", istio_version=version), "edge")])
    assert {one.rule for one in said} == rules


def test_what_holds_for_all_clusters_is_said_once() -> None:
    old, new = Cluster(name="old", istio_version="1.18"), Cluster(name="new", istio_version="1.27")
    both = placed_findings(spec(failStrategy="FAIL_OPEN"), [(old, "edge"), (new, "edge")])
    assert {(one.rule, one.cluster) for one in both} == {("MW403", None), ("MW601", "old")}


def test_a_security_group_means_the_whole_namespace_but_not_the_whole_mesh() -> None:
    cluster = Cluster(name="east")
    assert placed_findings(spec(), [(cluster, "edge")], Workload.SIDECAR) == []
    said = placed_findings(spec(), [(cluster, "istio-system")], Workload.SIDECAR)
    assert {one.rule for one in said} == {"MW404"}


def test_server_on_what_may_be_a_waypoint_is_only_a_warning() -> None:
    reference = {"kind": "Gateway", "group": "gateway.networking.k8s.io", "name": "a"}
    (maybe,) = plugin_findings(spec(targetRefs=[reference], match=[{"mode": "SERVER"}], sha256="ab" * 32))
    assert (maybe.rule, maybe.is_error) == ("MW201", False)
