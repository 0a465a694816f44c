"""Policies on a whole stack: what only several resources show; and a whole program, as it was recorded."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
import yaml
from support.programs import extension_args, fleet, gateway_args, plugin_args

import mesh_wasm_pulumi as wasm
from mesh_wasm.findings.examples import GOOD
from mesh_wasm.findings.rule import CATALOGUE, CHECKS
from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.model.parse import parse
from mesh_wasm.model.plugin import WasmPluginSpec
from mesh_wasm.rules.subjects import ClusterPluginSubject, PluginSubject
from mesh_wasm_pulumi.offline.run import run_program
from mesh_wasm_pulumi.policy._beside import ON_PROXIES

from .analyzer import PLUGIN, SECRET, UNKNOWN, Pack, Said, hidden

Resource = tuple[str, dict[str, Any], str, str]


def plugin(name: str, cluster: str = "east", namespace: Any = "edge", **spec: Any) -> Resource:
    made: dict[str, Any] = yaml.safe_load(GOOD)
    made["metadata"] = {"name": name, "namespace": namespace}
    made["spec"] |= spec
    return PLUGIN, made, f"{cluster}-{name}", cluster


def secret(registry: str, cluster: str = "east", namespace: str = "edge", type_: str = "") -> Resource:
    text = json.dumps({"auths": {registry: {"auth": "Y2k6czNjcjN0"}}})
    made = {
        "metadata": {"name": "registry", "namespace": namespace},
        "type": type_ or "kubernetes.io/dockerconfigjson",
        "stringData": {".dockerconfigjson": text},
    }
    return SECRET, made, f"{cluster}-{namespace}-secret", cluster


def said(*resources: Resource, rule: str) -> list[Said]:
    return [one for one in Pack().of_stack(*resources) if one.rule == rule]


def test_two_resources_that_write_one_object() -> None:
    twice = (plugin("a"), (PLUGIN, plugin("a")[1], "other", "east"))
    (one,) = said(*twice, rule="MW506")
    assert "WasmPlugin edge/a: metadata.name: it is written by east-a already" in one.message
    assert one.stops
    assert said(plugin("a"), plugin("a", "west"), rule="MW506") == []


def test_ties() -> None:
    (one,) = said(plugin("a"), plugin("b"), rule="MW706")
    assert "both have priority 10" in one.message
    assert not one.stops
    assert said(plugin("a"), plugin("b", "west"), rule="MW706") == []
    assert said(plugin("a"), plugin("b", priority=11), rule="MW706") == []
    (open_,) = said(plugin("a"), plugin("b", priority=UNKNOWN), rule="MW706")
    assert "decided at up" in open_.message


USE = {"imagePullSecret": "registry"}


@pytest.mark.parametrize(
    ("held", "rule", "words"),
    [
        ([secret("registry.example.com")], "", ""),
        ([], "MW806", "the stack has no Secret registry"),
        ([secret("registry.example.com", "west")], "MW806", "the stack has no Secret registry"),
        ([secret("registry.example.com", namespace="shop")], "MW809", "stands in shop"),
        ([secret("ghcr.io")], "MW809", "serves ghcr.io only"),
        ([secret("registry.example.com", type_="Opaque")], "MW809", "Opaque"),
    ],
)
def test_pull_secrets(held: list[Resource], rule: str, words: str) -> None:
    found = [one for one in Pack().of_stack(plugin("a", **USE), *held) if one.rule in ("MW806", "MW809")]
    assert [one.rule for one in found] == ([rule] if rule else [])
    assert all(words in one.message for one in found)
    assert "Y2k6czNjcjN0" not in str(found)


def test_a_pull_secret_whose_name_is_not_known_yet() -> None:
    (one,) = said(plugin("a", imagePullSecret=UNKNOWN), rule="MW806")
    assert "decided at up" in one.message


def test_tenancy() -> None:
    fqn = "organizations/acme/extensions/acl"
    notes = {"mesh-wasm/extension": fqn, "mesh-wasm/target": "organizations/acme/tenants/bank/workspaces/w"}
    type_, made, name, cluster = plugin("a")
    made["metadata"]["annotations"] = notes

    def found(allowed: Any) -> list[Said]:
        told = {"fqn": fqn, "definition": {"fqn": fqn, "allowedIn": allowed}}
        entry = ("mesh-wasm:index:WasmExtension", told, "acl", "")
        return said((type_, made, name, cluster), entry, rule="MW502")

    (outside,) = found(["organizations/acme/tenants/ban"])
    assert outside.stops
    assert found(["organizations/acme/tenants/bank"]) == []
    assert found([]) == []
    (open_,) = found(UNKNOWN)
    assert "decided at up" in open_.message


def test_a_program_of_ours_keeps_its_own_rules() -> None:
    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args())
        here = fleet()
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, here))
        wasm.WasmPlugin("raw", plugin_args(here))

    ran = run_program(program)
    assert ran.failure is None
    assert [one for one in Pack().of_run(ran) if one.stops] == []


def test_a_raw_resource_beside_our_components() -> None:
    def program() -> None:
        from pulumi_kubernetes.apiextensions import CustomResource

        CustomResource(
            "raw",
            api_version="extensions.istio.io/v1alpha1",
            kind="WasmPlugin",
            metadata={"name": "raw", "namespace": "edge"},
            spec={"url": "registry:5000/x", "selector": {"matchLabels": {"app": "a"}}},
        )

    found = Pack().of_run(run_program(program))
    assert {one.rule for one in found if one.stops} == {"MW113"}
    assert "MW302" in {one.rule for one in found}


def other(kind: str, version: str, name: str, cluster: str = "east", namespace: str = "edge", **spec: Any) -> Resource:
    """A raw resource of another kind, as pulumi_kubernetes registers it."""
    made = {"metadata": {"name": name, "namespace": namespace}, "spec": spec}
    return f"kubernetes:{version}:{kind}", made, f"{cluster}-{kind}-{name}".lower(), cluster


GATEWAY_API = "gateway.networking.k8s.io/v1"
AIMED = {"selector": None, "targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "front"}]}


def aimed(**spec: Any) -> Resource:
    made = plugin("a", **spec)
    made[1]["spec"] = {key: value for key, value in made[1]["spec"].items() if value is not None}
    return made


@pytest.mark.parametrize(
    ("beside", "spec", "rule", "words"),
    [
        ([other("Gateway", GATEWAY_API, "front", namespace="infra")], AIMED, "MW220", "stands in namespace infra"),
        ([other("Gateway", GATEWAY_API, "front", "west", "infra")], AIMED, "MW220", ""),
        ([other("Gateway", GATEWAY_API, "front")], AIMED, "MW220", ""),
        (
            [other("ExternalSecret", "external-secrets.io/v1", "registry", dataFrom=[{}])],
            {"imagePullSecret": "registry"},
            "MW820",
            "type Opaque",
        ),
        (
            [other("Deployment", "apps/v1", "gw", template={"metadata": {"labels": {"name": "shop-gateway"}}})],
            {},
            "MW406",
            "Deployment edge/gw has pods with name=shop-gateway.",
        ),
        ([other("Deployment", "apps/v1", "gw", template={"metadata": {"labels": UNKNOWN}})], {}, "MW406", ""),
    ],
)
def test_other_resources_of_the_stack(beside: list[Resource], spec: dict[str, Any], rule: str, words: str) -> None:
    found = said(*beside, aimed(**spec), rule=rule)
    assert bool(found) == bool(words)
    assert all(words in one.message for one in found)


def test_a_secret_label_of_another_resource_is_not_shown() -> None:
    labels = {"name": hidden("shop-gateway")}
    gateway = other("Deployment", "apps/v1", "gw", template={"metadata": {"labels": labels}})
    for resources in ((gateway, plugin("a")), (plugin("a"), gateway), (gateway, plugin("a"), secret("ghcr.io"))):
        (one,) = said(*resources, rule="MW406")
        assert "shop-gateway" not in one.message
        assert "(the value is secret and not shown)" in one.message


NETWORKING = "networking.istio.io/v1"
FRONT = other("Gateway", NETWORKING, "public", selector={"app": "front"})
WAYPOINT = other("Gateway", GATEWAY_API, "wp", gatewayClassName="istio-waypoint")
POD = {"app": "front"}
ON_FRONT = {"selector": {"matchLabels": {"app": "front"}}}


@pytest.mark.parametrize(
    ("beside", "spec", "rule", "says"),
    [
        ([FRONT], ON_FRONT | {"match": [{"mode": "SERVER"}]}, "MW201", "Gateway edge/public selects these pods"),
        ([], ON_FRONT | {"match": [{"mode": "SERVER"}]}, "MW201", ""),
        ([FRONT], ON_FRONT | {"match": [{"mode": "CLIENT"}]}, "MW201", ""),
        ([], ON_FRONT | {"phase": "AUTHN"}, "MW228", "if these pods are sidecars,"),
        ([FRONT], ON_FRONT | {"phase": "AUTHN"}, "MW228", ""),
        (
            [WAYPOINT],
            {"selector": {"matchLabels": {"gateway.networking.k8s.io/gateway-name": "wp"}}},
            "MW208",
            "spec.selector: a waypoint does not look at selectors.",
        ),
        (
            [WAYPOINT],
            AIMED | {"targetRefs": [AIMED["targetRefs"][0] | {"name": "wp"}], "match": [{"ports": [{"number": 80}]}]},
            "MW206",
            "spec.match[0].ports: on a waypoint no port ever matches.",
        ),
    ],
)
def test_which_proxy_runs_a_plugin_is_told_by_the_stack(
    beside: list[Resource], spec: dict[str, Any], rule: str, says: str
) -> None:
    for found in (said(*beside, aimed(**spec), rule=rule), said(aimed(**spec), *beside, rule=rule)):
        assert [says in one.message for one in found] == ([True] if says else [])
    alone = aimed(**spec)
    assert rule not in {one.rule for one in Pack().of(alone[0], alone[1])}, "each finding is told once"


def test_a_traffic_extension_is_judged_where_it_stands() -> None:
    made = aimed(match=[{"mode": "SERVER"}], **ON_FRONT)[1]
    wasm = {"url": made["spec"].pop("url"), "imagePullSecret": "registry"}
    type_ = PLUGIN.replace("WasmPlugin", "TrafficExtension")
    extension: Resource = (type_, {**made, "spec": made["spec"] | {"wasm": wasm}}, "mark", "east")
    (server,) = said(FRONT, extension, rule="MW201")
    assert "TrafficExtension edge/a: spec.match[0].mode: SERVER never matches" in server.message
    (missing,) = said(FRONT, extension, rule="MW806")
    assert "TrafficExtension edge/a: spec.wasm.imagePullSecret: the stack has no Secret registry." in missing.message


def waiving(resource: Resource, rule: str, until: str = "2999-12-31") -> Resource:
    made = copy.deepcopy(resource)
    made[1]["metadata"]["annotations"] = {"mesh-wasm/waive": f"{rule} until {until}: agreed with the owners"}
    return made


def test_waivers_count_in_the_stack_too() -> None:
    server = aimed(match=[{"mode": "SERVER"}], **ON_FRONT)
    assert [one.stops for one in said(FRONT, server, rule="MW201")] == [True]
    assert said(FRONT, waiving(server, "MW201"), rule="MW201") == []
    assert said(FRONT, waiving(server, "MW208"), rule="MW201") != []
    assert said(FRONT, waiving(server, "MW201", "2020-12-31"), rule="MW201") != []
    strict = Pack({"MW201": {"enforcementLevel": "mandatory", "waivable": False}})
    assert "MW201" in {one.rule for one in strict.of_stack(FRONT, waiving(server, "MW201")) if one.stops}
    twice = (plugin("a"), waiving((PLUGIN, plugin("a")[1], "other", "east"), "MW506"))
    assert said(*twice, rule="MW506") != [], "what works in no mesh cannot be waived"


def test_a_tie_is_told_on_a_plugin_that_does_not_waive_it() -> None:
    (one,) = said(plugin("a"), waiving(plugin("b"), "MW706"), plugin("c"), rule="MW706")
    assert "edge/a" in one.message.partition("spec.priority: ")[2]
    assert "edge/b" in one.message.partition("spec.priority: ")[2]
    assert "WasmPlugin edge/c: spec.priority: " in one.message
    (one,) = said(plugin("a"), waiving(plugin("b"), "MW706"), rule="MW706")
    assert "WasmPlugin edge/a: spec.priority: " in one.message
    assert said(waiving(plugin("a"), "MW706"), waiving(plugin("b"), "MW706"), rule="MW706") == []


def test_the_stack_policies_can_be_told_the_version() -> None:
    waypoint = other("Gateway", GATEWAY_API, "wp", namespace="infra", gatewayClassName="istio-waypoint")
    service = other("Service", "core/v1", "shop", ports=[{"port": 80}])
    labels = {"istio.io/use-waypoint": "wp", "istio.io/use-waypoint-namespace": "infra"}
    service[1]["metadata"]["labels"] = labels
    resources = (waypoint, service, aimed(selector=None, targetRefs=[{"kind": "Service", "name": "shop"}]))
    assert said(*resources, rule="MW226") == [], "of an unknown version it is a suspicion"
    old = Pack({"MW226": {"enforcementLevel": "mandatory", "istioVersion": "1.29"}})
    (one,) = [one for one in old.of_stack(*resources) if one.rule == "MW226"]
    assert "in Istio 1.29 such a waypoint never becomes ready" in one.message


@pytest.mark.parametrize("rule", ["MW201", "MW406"])
def test_a_selector_that_is_not_known_yet_waits(rule: str) -> None:
    made = aimed(selector={"matchLabels": {"app": UNKNOWN}}, match=[{"mode": "SERVER"}])
    workload = other("Deployment", "apps/v1", "gw", template={"metadata": {"labels": POD}})
    (one,) = said(FRONT, workload, made, rule=rule)
    assert "spec.selector of east-a is not known yet; decided at up." in one.message


def test_the_rules_that_ask_for_the_proxy_are_all_judged_with_the_stack() -> None:
    """Each rule that reads the kind of proxy, found by running the catalogue over its own examples, is one of these."""
    asked: dict[str, None] = {}

    class Watched(PluginSubject):
        __slots__ = ()

        def __getattribute__(self, name: str) -> Any:
            if name in ("workload", "reason"):
                asked[running[0]] = None
            return super().__getattribute__(name)

    class WatchedInCluster(ClusterPluginSubject):
        __slots__ = ()

        def __getattribute__(self, name: str) -> Any:
            if name in ("workload", "reason"):
                asked[running[0]] = None
            return super().__getattribute__(name)

    running = [""]
    cluster = Cluster(name="", istio_version="1.21.0")
    texts = [text for rule in CATALOGUE.values() if rule.language == "yaml" for text in (rule.bad, rule.good)]
    specs = [one["spec"] for text in texts for one in _documents(text) if _is_plugin(one)]
    assert len(specs) > 150
    for spec in specs:
        model = parse(WasmPluginSpec, spec, wire=True).value
        for space in ("edge", "istio-system"):
            for subject in (
                Watched(model, foreign=True),
                WatchedInCluster(model, cluster.mesh, space, foreign=True),
            ):
                for rule, check in CHECKS[type(subject).__base__]:
                    running[0] = rule.id
                    list(check(subject))
    only_the_remedy = {"MW401"}
    assert asked.keys() - only_the_remedy == {rule.id for rule in ON_PROXIES}


def _documents(text: str) -> list[Any]:
    """None of an example that is broken as YAML on purpose."""
    try:
        return list(yaml.safe_load_all(text))
    except yaml.YAMLError:
        return []


def _is_plugin(document: Any) -> bool:
    return (
        isinstance(document, dict) and document.get("kind") == "WasmPlugin" and isinstance(document.get("spec"), dict)
    )


def test_a_plugin_that_is_not_known_yet_waits() -> None:
    made = plugin("a")
    made[1]["spec"] = UNKNOWN
    (one,) = said(other("Gateway", GATEWAY_API, "front"), made, rule="MW220")
    assert "decided at up" in one.message
