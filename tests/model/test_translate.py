"""From TSB to Istio: the twelve points that must be right."""

from __future__ import annotations

from typing import Any

import pytest

from mesh_wasm.fleet.cluster import Cluster, Fleet, Selection
from mesh_wasm.model.attachment import WasmExtensionAttachment
from mesh_wasm.model.extension import CatalogueEntry
from mesh_wasm.model.parse import parse
from mesh_wasm.model.target import Target, TargetKind
from mesh_wasm.planning.attached import Attached
from mesh_wasm.planning.attachments import plan_attachments
from mesh_wasm.planning.plan import Plan
from mesh_wasm.planning.translate import plugin_spec

FQN = "organizations/o/extensions/e"
GATEWAY = "organizations/o/tenants/t/workspaces/w/gatewaygroups/g/ingressgateways/i"
GROUP = "organizations/o/tenants/t/workspaces/w/securitygroups/g"


def entry(**fields: Any) -> CatalogueEntry:
    parsed = parse(CatalogueEntry, {"fqn": FQN, "image": "oci://h/a:1", **fields})
    assert not parsed.findings
    return parsed.value


def spec(attachment: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    attached = parse(WasmExtensionAttachment, {"fqn": FQN, **(attachment or {})}).value
    return plugin_spec(entry(**fields), attached)


def plan(kind: TargetKind, *attached: Attached, fleet: Fleet | None = None, **target: Any) -> Plan:
    fqn = GATEWAY if kind.is_gateway else GROUP
    clusters = fleet or Fleet([Cluster(name="c", namespaces=["ns", "ns-1", "ns-2", "istio-system"])])
    return plan_attachments(parse(Target, {"kind": kind, "fqn": fqn, **target}).value, attached, clusters, Selection())


def attached(name: str = "e", attachment: dict[str, Any] | None = None, **fields: Any) -> Attached:
    fqn = f"organizations/o/extensions/{name}"
    model = parse(CatalogueEntry, {"fqn": fqn, "image": "oci://h/a:1", **fields}).value
    return Attached(model, parse(WasmExtensionAttachment, {"fqn": fqn, **(attachment or {})}).value, name)


SELECTOR = {"namespace": "ns", "labels": {"app": "gw"}}


def test_1_priority_is_always_written() -> None:
    assert spec()["priority"] == 0
    made = plan(TargetKind.INGRESS_GATEWAY, attached(), workload_selector=SELECTOR)
    assert [plugin.spec["priority"] for plugin in made.plugins] == [0]


def test_2_ties_are_spread_in_the_order_of_fqns() -> None:
    three = [attached(name, priority=5) for name in ("b", "c", "a")]
    made = plan(TargetKind.INGRESS_GATEWAY, *three, workload_selector=SELECTOR)
    by_priority = sorted(made.plugins, key=lambda plugin: -plugin.spec["priority"])
    assert [plugin.key for plugin in by_priority] == ["a", "b", "c"]
    assert len({plugin.spec["priority"] for plugin in made.plugins}) == 3


def test_2_phases_do_not_share_priorities() -> None:
    two = [attached("a", priority=5, phase="AUTHN"), attached("b", priority=5, phase="AUTHZ")]
    made = plan(TargetKind.INGRESS_GATEWAY, *two, workload_selector=SELECTOR)
    assert [plugin.spec["priority"] for plugin in made.plugins] == [5, 5]


def test_3_host_values_are_dropped() -> None:
    env = [{"name": "A", "valueFrom": "HOST", "value": ""}, {"name": "B", "valueFrom": "INLINE", "value": "x"}]
    assert spec(vmConfig={"env": env})["vmConfig"] == {"env": [{"name": "A", "valueFrom": "HOST"}, env[1]]}


def test_4_match_of_the_extension_becomes_a_list() -> None:
    assert spec(match={"mode": "CLIENT"})["match"] == [{"mode": "CLIENT"}]


def test_4_match_of_the_attachment_replaces_it() -> None:
    match = [{"mode": "SERVER", "ports": [{"number": 80}, {"number": 81}, {"number": 80}]}]
    assert spec({"match": match}, match={"mode": "CLIENT"})["match"] == [
        {"mode": "SERVER", "ports": [{"number": 80}, {"number": 81}]}
    ]
    assert "match" not in spec({"match": []}, match={"mode": "CLIENT"})


def test_4_server_is_refused_on_every_kind_of_gateway() -> None:
    for kind in (k for k in TargetKind if k.is_gateway):
        made = plan(kind, attached(match={"mode": "SERVER"}), workload_selector=SELECTOR)
        assert "MW201" in {finding.rule for finding in made.findings}, kind
    group = plan(TargetKind.SECURITY_GROUP, attached(match={"mode": "SERVER"}), namespace_selector=["*/ns"])
    assert not group.errors


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ({"image": "oci://h/a:1"}, "oci://h/a:1"),
        ({"image": None, "url": "https://h/a.wasm"}, "https://h/a.wasm"),
        ({"image": None, "url": "OCI://h/a"}, "oci://h/a"),
    ],
)
def test_5_image_and_url(fields: dict[str, Any], url: str) -> None:
    assert spec(**fields)["url"] == url


def test_6_config_is_replaced_whole() -> None:
    assert spec(config={"a": 1, "b": 2})["pluginConfig"] == {"a": 1, "b": 2}
    assert spec({"config": {"b": 3}}, config={"a": 1, "b": 2})["pluginConfig"] == {"b": 3}
    assert spec({"config": {}}, config={"a": 1})["pluginConfig"] == {}


def test_7_secrets_stand_beside_every_plugin() -> None:
    secret = {"name": "reg", "registry": "h", "username": "u", "password": "p"}
    made = plan(TargetKind.SECURITY_GROUP, attached(pullSecret=secret), namespace_selector=["*/ns-*"])
    assert {(s.cluster.name, s.namespace, s.name) for s in made.secrets} == {("c", "ns-1", "reg"), ("c", "ns-2", "reg")}
    assert {plugin.spec["imagePullSecret"] for plugin in made.plugins} == {"reg"}


def test_8_namespaces_and_selectors() -> None:
    gateway = plan(TargetKind.GATEWAY, attached(), workload_selector=SELECTOR).plugins
    assert [(p.namespace, p.spec["selector"]) for p in gateway] == [("ns", {"matchLabels": {"app": "gw"}})]
    group = plan(TargetKind.SECURITY_GROUP, attached(), namespace_selector=["c/ns"]).plugins
    assert [(p.namespace, "selector" in p.spec) for p in group] == [("ns", False)]


def test_8_a_wildcard_leaves_the_root_namespace_out_and_says_so() -> None:
    made = plan(TargetKind.SECURITY_GROUP, attached(), namespace_selector=["*/*"])
    assert [plugin.namespace for plugin in made.plugins] == ["ns", "ns-1", "ns-2"]
    assert "MW402" in {finding.rule for finding in made.findings}
    named = plan(TargetKind.SECURITY_GROUP, attached(), namespace_selector=["*/istio-system"])
    assert [plugin.namespace for plugin in named.plugins] == ["istio-system"]


@pytest.mark.parametrize(("tenant", "allowed"), [("t", True), ("t1", False), ("", False)])
def test_9_allowed_in(tenant: str, allowed: bool) -> None:
    made = plan(
        TargetKind.SECURITY_GROUP,
        attached(allowedIn=[f"organizations/o/tenants/{tenant}"]),
        namespace_selector=["*/ns"],
    )
    assert ("MW502" not in {finding.rule for finding in made.findings}) is allowed


def test_10_names_do_not_depend_on_the_order() -> None:
    one, two = attached("a"), attached("b", priority=3)
    there = plan(TargetKind.INGRESS_GATEWAY, one, two, workload_selector=SELECTOR).plugins
    back = plan(TargetKind.INGRESS_GATEWAY, two, one, workload_selector=SELECTOR).plugins
    assert {p.name: p.manifest() for p in there} == {p.name: p.manifest() for p in back}


def test_unspecified_is_left_out() -> None:
    made = spec(phase="UNSPECIFIED_PHASE", imagePullPolicy="UNSPECIFIED_POLICY", type="UNSPECIFIED_PLUGIN_TYPE")
    assert made == {"url": "oci://h/a:1", "priority": 0}


def test_what_istio_lacks_stays_as_annotations() -> None:
    made = plan(TargetKind.INGRESS_GATEWAY, attached(source="https://s", description="d"), workload_selector=SELECTOR)
    (plugin,) = made.plugins
    assert plugin.metadata()["annotations"] == {
        "mesh-wasm/description": "d",
        "mesh-wasm/extension": FQN,
        "mesh-wasm/source": "https://s",
        "mesh-wasm/target": GATEWAY,
    }
    assert plugin.metadata()["labels"] == {"app.kubernetes.io/managed-by": "mesh-wasm"}


def test_a_revision_is_pinned_by_its_label() -> None:
    fleet = Fleet([Cluster(name="c", revision="1-27")])
    made = plan(TargetKind.INGRESS_GATEWAY, attached(), fleet=fleet, workload_selector=SELECTOR)
    assert made.plugins[0].labels["istio.io/rev"] == "1-27"
