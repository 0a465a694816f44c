"""Policies on a whole stack: what only several resources show; and a whole program, as it was recorded."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from support.programs import extension_args, fleet, gateway_args, plugin_args

import mesh_wasm_pulumi as wasm
from mesh_wasm.findings.examples import GOOD
from mesh_wasm_pulumi.offline.run import run_program

from .analyzer import PLUGIN, SECRET, UNKNOWN, Pack, Said

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
    assert "edge/a is written by east-a already" in one.message
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
            "takes no workload",
        ),
        ([other("Deployment", "apps/v1", "gw", template={"metadata": {"labels": UNKNOWN}})], {}, "MW406", ""),
    ],
)
def test_other_resources_of_the_stack(beside: list[Resource], spec: dict[str, Any], rule: str, words: str) -> None:
    found = said(*beside, aimed(**spec), rule=rule)
    assert bool(found) == bool(words)
    assert all(words in one.message for one in found)
    assert all("shop-gateway" not in one.message for one in found), "labels are not quoted"


def test_a_plugin_that_is_not_known_yet_waits() -> None:
    made = plugin("a")
    made[1]["spec"] = UNKNOWN
    (one,) = said(other("Gateway", GATEWAY_API, "front"), made, rule="MW220")
    assert "decided at up" in one.message
