"""Known, deferred, unknown and secret values: every leaf may be any of them, and stays a leaf."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pulumi.runtime.rpc import UNKNOWN
from support.programs import (
    GATEWAY,
    GROUP,
    IMAGE,
    TENANT,
    errors,
    extension_args,
    findings,
    fleet,
    gateway_args,
    group_args,
    plugin_args,
    plugins,
    run,
    secrets,
    unknown,
)

import mesh_wasm_pulumi as wasm
from mesh_wasm_pulumi.offline.objects import planned_objects

SECRET_SIGNATURE = "4dabf18193072939515e22adb298388d"


def _gateway_with(changes: Callable[[], dict[str, Any]]) -> Any:
    """A program with one extension on one gateway; Outputs can only be made while it runs, hence a function."""

    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args(**changes()))
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet()))

    return program


LEAVES: list[tuple[str, dict[str, Any], tuple[str, ...], Any]] = [
    ("image", {"image": IMAGE}, ("url",), IMAGE),
    ("phase", {"phase": "STATS"}, ("phase",), "STATS"),
    ("priority", {"priority": 7}, ("priority",), 7),
    ("config", {"config": {"a": {"B_c": 1}}}, ("pluginConfig",), {"a": {"B_c": 1}}),
    ("sha256", {"sha256": "7e" * 32}, ("sha256",), "7e" * 32),
    ("policy", {"image_pull_policy": "Always"}, ("imagePullPolicy",), "Always"),
    ("named secret", {"image_pull_secret": "regcred"}, ("imagePullSecret",), "regcred"),
    ("fail strategy", {"fail_strategy": "FAIL_CLOSE"}, ("failStrategy",), "FAIL_CLOSE"),
    ("plugin name", {"plugin_name": "root"}, ("pluginName",), "root"),
    ("type", {"type": "HTTP"}, ("type",), "HTTP"),
    (
        "vm config",
        {"vm_config": {"env": [{"name": "A", "value_from": "HOST", "value": "x"}]}},
        ("vmConfig",),
        {"env": [{"name": "A", "valueFrom": "HOST"}]},
    ),
    ("match", {"match": {"mode": "CLIENT"}}, ("match",), [{"mode": "CLIENT"}]),
]


async def awaited(value: Any) -> Any:
    """The third kind of a Pulumi Input: a coroutine, which may be awaited only once."""
    await asyncio.sleep(0)
    return value


@pytest.mark.parametrize("wrap", [lambda v: v, pulumi.Output.from_input, awaited], ids=["plain", "output", "awaitable"])
@pytest.mark.parametrize(("changes", "path", "value"), [row[1:] for row in LEAVES], ids=[row[0] for row in LEAVES])
def test_a_leaf_of_an_extension(changes: dict[str, Any], path: tuple[str, ...], value: Any, wrap: Any) -> None:
    def program() -> None:
        late = {key: wrap(one) for key, one in changes.items()}
        acl = wasm.WasmExtension("acl", extension_args(**late))
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet()))

    result = run(program)
    assert result.failure is None
    spec: Any = plugins(result)[0].inputs["spec"]
    for part in path:
        spec = spec[part]
    assert spec == value


def test_awaitables_everywhere() -> None:
    def program() -> None:
        east = wasm.Cluster(
            "east", kubeconfig=awaited("contexts: [{name: a}]\n"), context="a", namespaces=["edge", "shop"]
        )
        where = wasm.Fleet([east])
        login = {"registry": "registry.acme.io", "username": awaited("u"), "password": awaited("s3cr3t")}
        acl = wasm.WasmExtension("acl", extension_args(pull_secret=wasm.PullSecret("registry", login)))
        item = {"extension": acl, "config": {"a": awaited(1)}, "match": [{"ports": [{"number": awaited(80)}]}]}
        selector = {"namespace": "edge", "labels": {"app": awaited("x")}}
        gateway = gateway_args(acl, where, gateway=awaited(GATEWAY), workload_selector=selector, extensions=[item])
        wasm.IngressGatewayAttachment("edge", {**gateway, "clusters": None})
        metadata = {"namespace": "edge", "labels": {"team": awaited("web")}}
        wasm.WasmPlugin("raw", plugin_args(where, metadata, url=awaited("https://host/x.wasm")))

    result = run(program)
    assert result.failure is None, result.failure
    attached, raw = sorted(plugins(result), key=lambda one: one.name)
    assert attached.inputs["spec"]["pluginConfig"] == {"a": 1}
    assert attached.inputs["spec"]["match"][0]["ports"] == [{"number": 80}]
    assert attached.inputs["spec"]["selector"] == {"matchLabels": {"app": "x"}}
    assert raw.inputs["spec"]["url"] == "https://host/x.wasm"
    assert raw.inputs["metadata"]["labels"]["team"] == "web"
    assert len(secrets(result)) == 1


def test_unknown_leaves_stay_leaves() -> None:
    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args(image=unknown(), config={"a": unknown(), "b": 1}))
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet()))

    result = run(program)
    assert result.failure is None
    assert plugins(result)[0].inputs["spec"] == {
        "url": UNKNOWN,
        "pluginConfig": {"a": UNKNOWN, "b": 1},
        "phase": "AUTHZ",
        "priority": 10,
        "selector": {"matchLabels": {"app": "shop-gateway"}},
    }


def test_one_secret_leaf_leaves_the_rest_in_the_open() -> None:
    result = run(_gateway_with(lambda: {"config": {"token": pulumi.Output.secret("t0ken"), "mode": "x"}}))
    spec = plugins(result)[0].inputs["spec"]
    assert spec["pluginConfig"]["mode"] == "x"
    assert spec["pluginConfig"]["token"][SECRET_SIGNATURE]
    assert spec["priority"] == 10
    one = next(o for o in planned_objects(result) if o.kind == "WasmPlugin")
    assert one.hidden == (("spec", "pluginConfig", "token"),)


@pytest.mark.parametrize("broken", ["phase", "gateway", "labels"])
def test_known_outputs_are_checked_before_children(broken: str) -> None:
    def program() -> None:
        def late(name: str, good: Any, bad: Any) -> Any:
            return pulumi.Output.from_input(bad if name == broken else good)

        acl = wasm.WasmExtension("acl", extension_args(phase=late("phase", "AUTHZ", "wrong")))
        selector = {"namespace": "edge", "labels": late("labels", {"app": "shop"}, {})}
        gateway = late("gateway", GATEWAY, "wrong")
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet(), gateway=gateway, workload_selector=selector))

    result = run(program)
    assert errors(result)
    assert result.failure is not None
    assert not plugins(result)


def test_a_bad_leaf_beside_an_unknown_one_is_found_at_preview() -> None:
    result = run(_gateway_with(lambda: {"image": unknown(), "phase": pulumi.Output.from_input("AUTHX")}))
    assert "MW104" in {finding.rule for finding in errors(result, "acl")}
    assert not plugins(result)


def test_what_is_unknown_at_preview_is_checked_at_up() -> None:
    def program() -> None:
        # At preview the password is unknown, at up it is known and the phase is wrong.
        value = unknown() if pulumi.runtime.is_dry_run() else pulumi.Output.from_input("AUTHX")
        acl = wasm.WasmExtension("acl", extension_args(phase=value))
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet()))

    assert run(program).failure is None
    at_up = run(program, preview=False)
    assert at_up.failure is not None
    assert not plugins(at_up)


def test_whole_objects_may_be_outputs() -> None:
    def program() -> None:
        acl = wasm.WasmExtension(
            "acl",
            extension_args(
                vm_config=pulumi.Output.from_input({"env": [{"name": "A", "value_from": "HOST", "value": "x"}]}),
                match=pulumi.Output.from_input({"mode": "CLIENT"}),
            ),
        )
        selector = pulumi.Output.from_input({"namespace": "edge", "labels": {"app": "shop"}})
        match = pulumi.Output.from_input([{"mode": "CLIENT", "ports": [{"number": 80}, {"number": 80}]}])
        items = [{"extension": acl, "match": match, "config": pulumi.Output.from_input({"a": 1})}]
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet(), workload_selector=selector, extensions=items))

    result = run(program)
    assert result.failure is None
    plugin = plugins(result)[0]
    assert plugin.inputs["metadata"]["namespace"] == "edge"
    assert plugin.inputs["spec"]["selector"] == {"matchLabels": {"app": "shop"}}
    assert plugin.inputs["spec"]["vmConfig"] == {"env": [{"name": "A", "valueFrom": "HOST"}]}
    assert plugin.inputs["spec"]["match"] == [{"mode": "CLIENT", "ports": [{"number": 80}]}]


def test_structure_must_be_known() -> None:
    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args())
        where = fleet()
        wasm.SecurityGroupAttachment("group", group_args(acl, where, namespace_selector=["east/shop", unknown()]))
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, where, clusters={"env": unknown()}))

    result = run(program)
    assert {f.rule for f in errors(result, "group")} == {"MW512"}
    assert {f.rule for f in errors(result, "edge")} == {"MW512"}


def test_a_definition_instead_of_a_component() -> None:
    """What other languages hand over: plain definitions, or Outputs of them."""

    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args(allowed_in=[TENANT]))
        where = fleet()
        plain = {"fqn": "organizations/acme/extensions/plain", "image": IMAGE, "priority": 3}
        late = {"fqn": "organizations/acme/extensions/acl", "extension": acl.definition}
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, where, extensions=[{"extension": plain}, late]))

    result = run(program)
    assert result.failure is None, result.failure
    names = {plugin.name: plugin.inputs for plugin in plugins(result)}
    assert set(names) == {"edge-east-plain", "edge-east-acl"}
    assert names["edge-east-acl"]["spec"]["url"] == IMAGE
    assert names["edge-east-acl"]["spec"]["priority"] == 10
    assert names["edge-east-acl"]["metadata"]["annotations"]["mesh-wasm/target"] == GATEWAY


def test_an_unknown_kubeconfig_does_not_stop_the_preview() -> None:
    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args())
        east = wasm.Cluster("east", kubeconfig=unknown(), context="east", namespaces=["edge"])
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, wasm.Fleet([east]), clusters=None))

    result = run(program)
    assert result.failure is None
    assert len(plugins(result)) == 1


def test_a_password_given_in_plain_text_is_secret_all_the_same() -> None:
    def program() -> None:
        registry = wasm.PullSecret("registry", {"registry": "registry.acme.io", "username": "u", "password": "pl4in"})
        acl = wasm.WasmExtension("acl", extension_args(pull_secret=registry))
        edge = wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet()))
        pulumi.export("definition", acl.definition)
        pulumi.export("plugins", edge.plugins)

    result = run(program)
    (secret,) = secrets(result)
    assert secret.inputs["stringData"][SECRET_SIGNATURE]
    assert plugins(result)[0].inputs["spec"]["imagePullSecret"].startswith("registry-")
    for resource in result.monitor.resources.values():
        text = str({**resource.inputs, **resource.outputs})
        assert "pl4in" not in text or SECRET_SIGNATURE in text
    assert "pl4in" not in str(result.monitor.resources[next(iter(result.monitor.resources))].inputs)


def test_a_raw_plugin_keeps_every_leaf() -> None:
    def program() -> None:
        args = plugin_args(
            fleet(), {"namespace": unknown(), "name": "x"}, url=unknown(), plugin_config={"K_k": unknown()}
        )
        wasm.WasmPlugin("raw", args)

    result = run(program)
    assert result.failure is None
    first = plugins(result)[0].inputs
    assert first["metadata"]["namespace"] == UNKNOWN
    assert first["spec"]["url"] == UNKNOWN
    assert first["spec"]["pluginConfig"] == {"K_k": UNKNOWN}
    assert first["spec"]["priority"] == 5


def test_what_is_known_late_is_spelt_as_on_the_wire() -> None:
    """A server drops a field that it does not know: ``match_labels`` would select the whole namespace."""
    wrap = pulumi.Output.from_input

    def program() -> None:
        env = [{"name": "A", "value_from": "HOST", "value": "x"}, {"name": "B", "value_from": "INLINE", "value": "y"}]
        where = fleet()
        acl = wasm.WasmExtension("acl", extension_args(vm_config={"env": wrap(env)}))
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, where))
        late = {
            "selector": wrap({"match_labels": {"app": "shop"}}),
            "vm_config": {"env": [wrap(env[1])]},
            "plugin_config": wrap({"snake_key": 1}),
        }
        wasm.WasmPlugin("raw", plugin_args(where, **late))

    result = run(program, preview=False)
    assert result.failure is None, result.failure
    specs = {plugin.name: plugin.inputs["spec"] for plugin in plugins(result)}
    inline = {"name": "B", "valueFrom": "INLINE", "value": "y"}
    assert specs["edge-east-acl"]["vmConfig"]["env"] == [{"name": "A", "valueFrom": "HOST"}, inline]
    assert specs["raw-east"]["selector"] == {"matchLabels": {"app": "shop"}}
    assert specs["raw-east"]["vmConfig"] == {"env": [inline]}
    assert specs["raw-east"]["pluginConfig"] == {"snake_key": 1}


def test_a_plugin_whose_name_becomes_known_does_not_tie_with_itself() -> None:
    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args())
        wasm.SecurityGroupAttachment("group", group_args(acl, fleet(), group=pulumi.Output.from_input(GROUP)))

    result = run(program, preview=False)
    assert result.failure is None, result.failure
    assert not [finding for finding in findings(result) if finding.rule == "MW706"]


def test_arguments_that_are_an_output_as_a_whole() -> None:
    result = run(lambda: wasm.WasmExtension("acl", pulumi.Output.from_input(extension_args())))
    assert result.failure is not None
    assert "Output as a whole" in result.failure
    assert "Traceback" not in result.failure


@pytest.mark.parametrize("wrap", [lambda v: v, pulumi.Output.from_input], ids=["plain", "output"])
def test_a_description_of_any_length_fits_into_its_annotation(wrap: Any) -> None:
    """Kubernetes refuses an object with more than 256 KiB of annotations."""

    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args(description=wrap("漢" * 200_000), source="https://git/acl"))
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet()))

    result = run(program)
    assert result.failure is None, result.failure
    annotations = plugins(result)[0].inputs["metadata"]["annotations"]
    assert annotations["mesh-wasm/source"] == "https://git/acl"
    assert annotations["mesh-wasm/description"].endswith("漢…")
    assert sum(len(text.encode()) for text in annotations.values()) < 262_144


@pytest.mark.parametrize("existing", [False, True], ids=["written", "existing"])
def test_secrets_in_a_namespace_that_is_an_output_never_share_a_name(existing: bool) -> None:
    """It may turn out to be the namespace of another attachment, whose Secret the API server would not let in twice."""

    def program() -> None:
        where = fleet()
        login = {"registry": "registry.acme.io", "username": "u", "password": "p"}
        registry = wasm.PullSecret("registry", {"existing_secret": "mine"} if existing else login)
        acl = wasm.WasmExtension("acl", extension_args(pull_secret=registry))
        for index, namespace in enumerate([pulumi.Output.from_input("edge"), unknown(), "edge"]):
            selector = {"namespace": namespace, "labels": {"app": f"shop-{index}"}}
            changes = {"gateway": f"{GATEWAY}{index}", "workload_selector": selector}
            wasm.IngressGatewayAttachment(f"edge-{index}", gateway_args(acl, where, **changes))

    result = run(program)
    assert result.failure is None, result.failure
    named = [plugin.inputs["spec"]["imagePullSecret"] for plugin in plugins(result)]
    if existing:
        assert named == ["mine"] * 3
    else:
        written = [secret.inputs["metadata"]["name"] for secret in secrets(result)]
        assert len(set(written)) == len(written) == 3
        assert sorted(named) == sorted(written)
