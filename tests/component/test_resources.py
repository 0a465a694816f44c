"""What is registered: names, parents, providers, dependencies, inputs and outputs."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest
from support.programs import (
    GATEWAY,
    GROUP,
    TENANT,
    extension_args,
    fleet,
    gateway_args,
    group_args,
    of_type,
    plugin_args,
    plugins,
    run,
    secrets,
)

import mesh_wasm_pulumi as wasm
from mesh_wasm_pulumi.offline.run import Run


def _last(urn: str) -> str:
    return urn.rsplit("::", 1)[-1]


def _provider(reference: str) -> str:
    return reference.rsplit("::", 2)[-2]


@pytest.fixture(scope="module")
def shop() -> Run:
    """The program of the README: a gateway in one cluster, a group in two, one pull secret."""

    def program() -> None:
        where = fleet()
        registry = wasm.PullSecret("acme-registry", {"registry": "registry.acme.io", "username": "u", "password": "p"})
        acl = wasm.WasmExtension("acl-check", extension_args(pull_secret=registry, allowed_in=[TENANT]))
        items = [{"extension": acl, "config": {"mode": "audit"}}]
        edge = wasm.IngressGatewayAttachment("shop-edge", gateway_args(acl, where, extensions=items))
        wasm.SecurityGroupAttachment("shop-services", group_args(acl, where))
        pulumi.export("plugins", edge.plugins)

    result = run(program)
    assert result.failure is None
    return result


def test_every_cluster_gets_its_plugins(shop: Run) -> None:
    assert {(_provider(p.provider), p.inputs["metadata"]["namespace"]) for p in plugins(shop)} == {
        ("east", "edge"),
        ("east", "shop"),
        ("east", "pay"),
        ("west", "shop"),
    }


def test_secrets_exist_once_and_before_their_plugins(shop: Run) -> None:
    places = [(_provider(s.provider), s.inputs["metadata"]["namespace"]) for s in secrets(shop)]
    assert sorted(places) == [("east", "edge"), ("east", "pay"), ("east", "shop"), ("west", "shop")]
    for plugin in plugins(shop):
        needed = [d for d in plugin.dependencies if ":Secret::" in d]
        (secret,) = [s for s in secrets(shop) if s.urn in needed]
        assert secret.provider == plugin.provider
        assert secret.inputs["metadata"]["namespace"] == plugin.inputs["metadata"]["namespace"]
        assert secret.inputs["metadata"]["name"] == plugin.inputs["spec"]["imagePullSecret"]
        assert secret.inputs["type"] == "kubernetes.io/dockerconfigjson"


def test_the_attachments_config_replaces_the_extensions(shop: Run) -> None:
    modes = {p.name: p.inputs["spec"]["pluginConfig"] for p in plugins(shop)}
    assert modes["shop-edge-east-acl-check"] == {"mode": "audit"}
    assert modes["shop-services-west-shop-acl-check"] == {"mode": "enforce"}


def test_parents_and_names(shop: Run) -> None:
    assert {(_last(p.parent), p.name) for p in plugins(shop)} == {
        ("shop-edge", "shop-edge-east-acl-check"),
        ("shop-services", "shop-services-east-shop-acl-check"),
        ("shop-services", "shop-services-east-pay-acl-check"),
        ("shop-services", "shop-services-west-shop-acl-check"),
    }
    assert {_last(s.parent) for s in secrets(shop)} == {"acme-registry"}


def test_policies_see_inputs_and_outputs(shop: Run) -> None:
    (edge,) = of_type(shop, "mesh-wasm:index:IngressGatewayAttachment")
    assert edge.inputs == {
        "gateway": GATEWAY,
        "workloadSelector": {"namespace": "edge", "labels": {"app": "shop-gateway"}},
        "extensions": [{"fqn": "organizations/acme/extensions/acl-check", "config": {"mode": "audit"}}],
        "clusters": {"env": "prod"},
        "fleet": ["east", "west"],
    }
    (told,) = edge.outputs["plugins"]
    assert (told["cluster"], told["namespace"], told["phase"], told["priority"]) == ("east", "edge", "AUTHZ", 10)
    (acl,) = of_type(shop, "mesh-wasm:index:WasmExtension")
    assert acl.inputs["priority"] == 10
    assert acl.outputs["fqn"] == "organizations/acme/extensions/acl-check"


def test_provenance(shop: Run) -> None:
    for plugin in plugins(shop):
        metadata = plugin.inputs["metadata"]
        assert metadata["labels"]["app.kubernetes.io/managed-by"] == "mesh-wasm"
        assert metadata["annotations"]["mesh-wasm/extension"] == "organizations/acme/extensions/acl-check"
        assert metadata["annotations"]["mesh-wasm/target"] in (GATEWAY, GROUP)


def test_nothing_goes_through_a_default_provider(shop: Run) -> None:
    for resource in [*plugins(shop), *secrets(shop)]:
        assert _provider(resource.provider) in ("east", "west")


def test_reordering_extensions_renames_nothing() -> None:
    def program(order: list[str]) -> Any:
        def inner() -> None:
            made = {name: wasm.WasmExtension(name, extension_args(priority=5)) for name in ("a", "b", "c")}
            items = [{"extension": made[name]} for name in order]
            wasm.IngressGatewayAttachment("edge", gateway_args(made["a"], fleet(), extensions=items))

        return inner

    def seen(result: Run) -> list[Any]:
        return [(p.urn, p.inputs) for p in plugins(result)]

    assert seen(run(program(["a", "b", "c"]))) == seen(run(program(["c", "a", "b"])))


ALL_KINDS: list[tuple[Any, str]] = [
    (wasm.IngressGatewayAttachment, "ingressgateways"),
    (wasm.EgressGatewayAttachment, "egressgateways"),
    (wasm.Tier1GatewayAttachment, "tier1gateways"),
    (wasm.GatewayAttachment, "unifiedgateways"),
]


@pytest.mark.parametrize(("component", "collection"), ALL_KINDS)
def test_every_kind_of_gateway(component: Any, collection: str) -> None:
    fqn = f"{TENANT}/workspaces/web/gatewaygroups/g/{collection}/x"
    result = run(
        lambda: component("x", gateway_args(wasm.WasmExtension("acl", extension_args()), fleet(), gateway=fqn))
    )
    assert result.failure is None, result.ledger.findings
    assert [p.inputs["metadata"]["annotations"]["mesh-wasm/target"] for p in plugins(result)] == [fqn]


def test_options_reach_the_children() -> None:
    def program() -> None:
        first = k8s.Provider("first")
        acl = wasm.WasmExtension("acl", extension_args())
        opts = pulumi.ResourceOptions(protect=True, retain_on_delete=True, depends_on=[first])
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet()), opts)

    (plugin,) = plugins(run(program))
    assert plugin.request.protect
    assert any("first" in dependency for dependency in plugin.dependencies)


def test_a_raw_plugin_may_stand_in_the_root_namespace_undeclared() -> None:
    result = run(lambda: wasm.WasmPlugin("raw", plugin_args(fleet(), {"namespace": "istio-system"})))
    assert result.failure is None, result.failure
    assert {plugin.inputs["metadata"]["namespace"] for plugin in plugins(result)} == {"istio-system"}


def test_a_raw_plugin_is_fanned_out() -> None:
    result = run(lambda: wasm.WasmPlugin("raw", plugin_args(fleet(), {"namespace": "edge", "labels": {"team": "x"}})))
    assert result.failure is None
    assert [(p.name, _provider(p.provider)) for p in plugins(result)] == [("raw-east", "east"), ("raw-west", "west")]
    assert plugins(result)[0].inputs["metadata"] == {
        "name": "raw",
        "namespace": "edge",
        "labels": {"team": "x", "app.kubernetes.io/managed-by": "mesh-wasm"},
    }


def test_no_two_lines_of_wire_differ_between_two_runs() -> None:
    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args(config={"b": 1, "a": {"d": 1, "c": 2}}))
        wasm.SecurityGroupAttachment("services", group_args(acl, fleet()))

    first, second = run(program), run(program)
    assert [(p.urn, p.inputs) for p in plugins(first)] == [(p.urn, p.inputs) for p in plugins(second)]
