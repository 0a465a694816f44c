"""Bad input: each gets a sentence on its own component, with path and remedy, and nothing is created for it."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest
from support.programs import (
    GATEWAY,
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
from mesh_wasm.findings.finding import Finding, Severity, format_path

EXTENSIONS: list[tuple[str, dict[str, Any], str, str, str]] = [
    # what is wrong, changes to good arguments, rule, path, part of the message
    ("bad fqn", {"fqn": "organizations/acme/extension/acl"}, "MW501", "fqn", "organizations/*/extensions/*"),
    ("fqn that is no pairs", {"fqn": "acl"}, "MW501", "fqn", "not a fully qualified name"),
    ("no organization", {"organization": None}, "MW101", "fqn", "required"),
    ("misspelt organization", {"organisation": "acme"}, "MW102", "organisation", "did you mean 'organization'"),
    ("bad tenant", {"allowed_in": ["tenants/shop"]}, "MW501", "allowed_in[0]", "organizations/*/tenants/*"),
    ("no image", {"image": None}, "MW101", "image", "required"),
    ("wrong scheme", {"image": None, "url": "ftp://host/x.wasm"}, "MW113", "url", "'ftp'"),
    ("image that is no oci", {"image": "https://host/x.wasm"}, "MW113", "image", "does not begin with oci://"),
    ("registry and port without scheme", {"image": "registry:5000/x"}, "MW113", "image", "does not begin with oci://"),
    (
        "env that is no C identifier",
        {"vm_config": {"env": [{"name": "a-b", "value_from": "INLINE", "value": "x"}]}},
        "MW202",
        "vm_config.env[0].name",
        "'a-b'",
    ),
    (
        "reserved env",
        {"vm_config": {"env": [{"name": "ISTIO_META_X", "value_from": "HOST"}]}},
        "MW301",
        "vm_config.env[0].name",
        "reserved",
    ),
    (
        "env without source",
        {"vm_config": {"env": [{"name": "MODE", "value": "x"}]}},
        "MW101",
        "vm_config.env[0].value_from",
        "TSB requires",
    ),
    (
        "duplicate env",
        {"vm_config": {"env": [{"name": "A", "value_from": "HOST"}, {"name": "A", "value_from": "HOST"}]}},
        "MW116",
        "vm_config.env[1].name",
        "twice",
    ),
    ("set of wrong items", {"allowed_in": {1}}, "MW103", "allowed_in[0]", "expected a text, got a number"),
    ("int32 overflow", {"priority": 2**31}, "MW105", "priority", "2147483647"),
    ("priority that is a text", {"priority": "10"}, "MW103", "priority", "expected a whole number, got a text"),
    ("unknown phase", {"phase": "AUTZ"}, "MW104", "phase", "did you mean AUTHZ"),
    ("misspelt field", {"priorty": 10}, "MW102", "priorty", "did you mean 'priority'"),
    ("config that is a list", {"config": [1]}, "MW103", "config", "expected an object, got a list"),
    ("match that is a list", {"match": [{"mode": "CLIENT"}]}, "MW103", "match", "expected an object, got a list"),
    ("bad sha256", {"sha256": "abc"}, "MW114", "sha256", "hexadecimal"),
]


@pytest.mark.parametrize(
    ("changes", "rule", "path", "text"), [row[1:] for row in EXTENSIONS], ids=[r[0] for r in EXTENSIONS]
)
def test_extension(changes: dict[str, Any], rule: str, path: str, text: str) -> None:
    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args(**changes))
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet()))

    result = run(program)
    _has(errors(result, "acl"), rule, path, text)
    assert not findings(result, "edge", Severity.ERROR), "what follows from the extension's error is not told again"
    assert "acl (" in str(result.failure)
    assert "Nor for edge" in str(result.failure)
    assert not plugins(result)
    assert result.failure is not None
    assert "Traceback" not in result.failure


GATEWAYS: list[tuple[str, dict[str, Any], str, str, str]] = [
    ("bad gateway fqn", {"gateway": f"{TENANT}/gateways/shop"}, "MW501", "gateway", "ingressgateways"),
    ("other kind of gateway", {"gateway": GATEWAY.replace("ingress", "egress")}, "MW501", "gateway", "ingress gateway"),
    ("no gateway", {"gateway": None}, "MW101", "gateway", "required"),
    ("no selector", {"workload_selector": None}, "MW101", "workload_selector", "selector"),
    (
        "empty labels",
        {"workload_selector": {"namespace": "edge", "labels": {}}},
        "MW401",
        "workload_selector.labels",
        "whole namespace",
    ),
    (
        "namespace that is no name",
        {"workload_selector": {"namespace": "Edge", "labels": {"a": "b"}}},
        "MW514",
        "workload_selector.namespace",
        "'Edge'",
    ),
    (
        "undeclared namespace",
        {"workload_selector": {"namespace": "egde", "labels": {"a": "b"}}},
        "MW505",
        "workload_selector.namespace",
        "it has edge, shop, pay",
    ),
    ("no cluster matches", {"clusters": {"env": "test"}}, "MW504", "clusters", "env=test"),
    ("unknown cluster name", {"cluster_names": ["esat"]}, "MW503", "cluster_names[0]", "'esat'"),
    ("clusters as text", {"clusters": "prod"}, "MW103", "clusters", "expected an object of labels, got a text"),
    ("cluster names as text", {"cluster_names": "east"}, "MW103", "cluster_names", "expected a list, got a text"),
    ("cluster names as number", {"cluster_names": 5}, "MW103", "cluster_names", "expected a list, got a number"),
    ("selector reaches nothing", {"namespace_selector": ["west/edge"]}, "MW505", "namespace_selector", "no selected"),
    ("selector as text", {"namespace_selector": "*/edge"}, "MW103", "namespace_selector", "expected a list"),
    ("no object", {"workload_selector": "edge"}, "MW103", "workload_selector", "expected an object, got a text"),
    ("no extension", {"extensions": []}, "MW101", "extensions", "no extension"),
    ("misspelt argument", {"cluster": {"env": "prod"}}, "MW102", "cluster", "did you mean 'clusters'"),
    ("unheard-of argument", {"colour": "red"}, "MW102", "colour", "no argument 'colour'"),
    ("no fleet", {"fleet": None}, "MW101", "fleet", "at least one cluster"),
]


@pytest.mark.parametrize(
    ("changes", "rule", "path", "text"), [row[1:] for row in GATEWAYS], ids=[r[0] for r in GATEWAYS]
)
def test_gateway(changes: dict[str, Any], rule: str, path: str, text: str) -> None:
    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args())
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet(), **changes))

    result = run(program)
    _has(errors(result, "edge"), rule, path, text)
    assert not plugins(result)
    assert result.failure is not None


ATTACHED: list[tuple[str, dict[str, Any], str, str, str]] = [
    ("SERVER", {"match": [{"mode": "SERVER"}]}, "MW201", "extensions[0].match[0].mode", "never matches"),
    (
        "port 0",
        {"match": [{"ports": [{"number": 0}]}]},
        "MW105",
        "extensions[0].match[0].ports[0].number",
        "at least 1",
    ),
    (
        "port 65536",
        {"match": [{"ports": [{"number": 65536}]}]},
        "MW105",
        "extensions[0].match[0].ports[0].number",
        "65535",
    ),
    ("bad mode", {"match": [{"mode": "CLIENTS"}]}, "MW104", "extensions[0].match[0].mode", "did you mean CLIENT"),
    ("misspelt", {"configs": {}}, "MW102", "extensions[0].configs", "did you mean 'config'"),
]


@pytest.mark.parametrize(
    ("changes", "rule", "path", "text"), [row[1:] for row in ATTACHED], ids=[r[0] for r in ATTACHED]
)
def test_attached_extension(changes: dict[str, Any], rule: str, path: str, text: str) -> None:
    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args())
        items = [{"extension": acl, **changes}]
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet(), extensions=items))

    result = run(program)
    _has(errors(result, "edge"), rule, path, text)
    assert not errors(result, "acl")
    assert not plugins(result)


GROUPS: list[tuple[str, dict[str, Any], str, str, str]] = [
    ("unknown cluster", {"namespace_selector": ["esat/shop"]}, "MW503", "namespace_selector[0]", "east, west"),
    ("no such namespace", {"namespace_selector": ["west/pay"]}, "MW505", "namespace_selector[0]", "edge, shop"),
    ("nothing matches", {"namespace_selector": ["*/ship-*"]}, "MW505", "namespace_selector[0]", "matches no namespace"),
    ("no selector form", {"namespace_selector": ["shop"]}, "MW510", "namespace_selector[0]", "cluster/namespace"),
    ("prefix of clusters", {"namespace_selector": ["ea*/shop"]}, "MW510", "namespace_selector[0]", "cluster/namespace"),
    ("empty selector", {"namespace_selector": []}, "MW505", "namespace_selector", "empty"),
    ("no selector", {"namespace_selector": None}, "MW101", "namespace_selector", "selector"),
    ("text", {"namespace_selector": "*/shop"}, "MW103", "namespace_selector", "expected a list, got a text"),
    ("object", {"namespace_selector": {"names": []}}, "MW103", "namespace_selector", "expected a list, got an object"),
    ("number in it", {"namespace_selector": [7]}, "MW103", "namespace_selector[0]", "expected a text, got a number"),
]


@pytest.mark.parametrize(
    ("on_gateway", "remedy"), [(False, "leave the selector out"), (True, "at least one label that the gateway's pods")]
)
def test_the_remedy_for_a_selector_without_labels(on_gateway: bool, remedy: str) -> None:
    """A raw plugin may leave it out; a gateway has to have one."""

    def program() -> None:
        if not on_gateway:
            wasm.WasmPlugin("plugin", plugin_args(fleet(), selector={"match_labels": {}}))
        else:
            acl = wasm.WasmExtension("acl", extension_args())
            empty = {"namespace": "edge", "labels": {}}
            wasm.IngressGatewayAttachment("plugin", gateway_args(acl, fleet(), workload_selector=empty))

    (one,) = errors(run(program), "plugin")
    assert one.rule == "MW401"
    assert remedy in one.fix


@pytest.mark.parametrize(("changes", "rule", "path", "text"), [row[1:] for row in GROUPS], ids=[r[0] for r in GROUPS])
def test_group(changes: dict[str, Any], rule: str, path: str, text: str) -> None:
    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args())
        wasm.SecurityGroupAttachment("services", group_args(acl, fleet(), **changes))

    result = run(program)
    _has(errors(result, "services"), rule, path, text)
    assert len(errors(result, "services")) == 1, "one mistake, one message"
    assert not plugins(result)


@pytest.mark.parametrize("namespaces", [["*/shop"], "*/shop", pulumi.UNKNOWN])
def test_namespaces_as_an_output(namespaces: Any) -> None:
    """Which objects exist must be visible at preview, whatever the Output turns out to be."""

    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args())
        later: Any = pulumi.Output.from_input(namespaces)
        wasm.SecurityGroupAttachment("services", group_args(acl, fleet(), namespace_selector=later))
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet(), namespace_selector=later))

    result = run(program)
    for name in ("services", "edge"):
        _has(errors(result, name), "MW512", "namespace_selector", "this list decides")
        assert "MW101" not in {one.rule for one in errors(result, name)}
    assert not plugins(result)


def test_wildcard_without_declared_namespaces() -> None:
    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args())
        bare = wasm.Fleet([wasm.Cluster("east", provider=k8s.Provider("east"))])
        wasm.SecurityGroupAttachment("services", group_args(acl, bare, namespace_selector=["*/shop-*"]))

    _has(errors(run(program), "services"), "MW509", "namespace_selector[0]", "declares no namespaces")


PLUGINS: list[tuple[str, dict[str, Any], str, str, str]] = [
    ("no url", {"url": None}, "MW101", "spec.url", "required"),
    ("host and port without scheme", {"url": "registry:5000/x"}, "MW113", "spec.url", "takes 'registry' for one"),
    ("address and port without scheme", {"url": "127.0.0.1:5000/x:1"}, "MW204", "spec.url", "holds a colon"),
    ("wrong scheme", {"url": "s3://bucket/x"}, "MW113", "spec.url", "'s3'"),
    (
        "HOST with a value",
        {"vm_config": {"env": [{"name": "A", "value_from": "HOST", "value": ""}]}},
        "MW115",
        "spec.vm_config.env[0].value",
        "comes from the host",
    ),
    (
        "selector and targetRefs",
        {"target_refs": [{"kind": "Gateway", "group": "gateway.networking.k8s.io", "name": "g"}]},
        "MW110",
        "spec.target_refs",
        "exclude",
    ),
    ("empty labels", {"selector": {"match_labels": {}}}, "MW401", "spec.selector.match_labels", "whole namespace"),
    (
        "duplicate ports",
        {"match": [{"ports": [{"number": 80}, {"number": 80}]}]},
        "MW118",
        "spec.match[0].ports[1].number",
        "twice",
    ),
]


@pytest.mark.parametrize(("changes", "rule", "path", "text"), [row[1:] for row in PLUGINS], ids=[r[0] for r in PLUGINS])
def test_raw_plugin(changes: dict[str, Any], rule: str, path: str, text: str) -> None:
    result = run(lambda: wasm.WasmPlugin("raw", plugin_args(fleet(), **changes)))
    _has(errors(result, "raw"), rule, path, text)
    assert not plugins(result)


def test_tenant_is_compared_by_segments() -> None:
    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args(allowed_in=[f"{TENANT}10", "organizations/acme/tenants/sho"]))
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet()))

    result = run(program)
    _has(errors(result, "edge"), "MW502", "extensions[0]", f"not in {TENANT}")
    assert not errors(result, "acl")
    assert not plugins(result)


def test_extension_of_another_organization() -> None:
    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args(organization="other"))
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet()))

    _has(errors(run(program), "edge"), "MW513", "extensions[0]", "'acme'")


def test_host_value_of_an_extension_is_dropped_with_a_note() -> None:
    env = [{"name": "POD_NAME", "value_from": "HOST", "value": "x"}]

    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args(vm_config={"env": env}))
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet()))

    result = run(program)
    assert result.failure is None
    _has(findings(result, "acl", Severity.INFO), "MW203", "vm_config.env[0].value", "dropped")
    assert plugins(result)[0].inputs["spec"]["vmConfig"] == {"env": [{"name": "POD_NAME", "valueFrom": "HOST"}]}


def test_the_same_extension_twice() -> None:
    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args())
        twice = [{"extension": acl}, {"extension": acl, "config": {}}]
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet(), extensions=twice))

    result = run(program)
    _has(errors(result, "edge"), "MW507", "extensions[1]", "extensions[0]")
    assert not findings(result, "edge", Severity.INFO)
    assert not plugins(result)


@pytest.mark.parametrize(
    ("items", "rule", "path", "text"),
    [
        (lambda acl: {"extension": acl}, "MW103", "extensions", "a plain list"),
        (lambda acl: pulumi.Output.from_input([]), "MW512", "extensions", "a plain list"),
        (lambda acl: [acl], "MW103", "extensions[0]", "where an object is expected"),
        (lambda acl: [pulumi.Output.from_input({})], "MW512", "extensions[0]", "plain object"),
        (lambda acl: [{"extension": "acl"}], "MW103", "extensions[0].extension", "got a text"),
        (lambda acl: [{"fqn": "organizations/acme/extensions/acl"}], "MW101", "extensions[0].extension", "required"),
    ],
)
def test_extensions_of_a_wrong_shape(items: Callable[[Any], Any], rule: str, path: str, text: str) -> None:
    """One sentence says it: nothing is added about an extension that has no errors of its own."""

    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args())
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet(), extensions=items(acl)))

    found = errors(run(program), "edge")
    assert len(found) == 1, found
    _has(found, rule, path, text)


@pytest.mark.parametrize(
    ("config", "text", "late"),
    [
        ({"a": [1, float("nan")]}, "a[1] is nan", False),
        ({"a": [1, float("nan")]}, "a[1] is nan", True),
        ({"a": {"b": {1, 2}}}, "a.b is a set", False),
        ({"a": {"b": {5: "x"}}}, "a.b has a key that is no text: 5", False),
        ({5: "x"}, "it has a key that is no text", False),
        ({"a": b"x"}, "a is a bytes", False),
    ],
)
def test_a_config_that_json_cannot_say(config: Any, text: str, late: bool) -> None:
    """Pulumi's own answer would be a traceback that ends the program for all components."""

    def program() -> None:
        where = pulumi.Output.from_input(1).apply(lambda _: config) if late else config
        acl = wasm.WasmExtension("acl", extension_args(config=where))
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet()))

    result = run(program)
    _has(errors(result, "acl"), "MW103", "config", text)
    assert not plugins(result)


def test_a_misspelt_field_names_those_that_there_are() -> None:
    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args())
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet(), workload_selector={"app": "shop"}))

    (misspelt,) = [finding for finding in errors(run(program), "edge") if finding.rule == "MW102"]
    assert misspelt.fix == "Known fields: labels, namespace."


def test_a_target_that_reaches_nothing_is_checked_all_the_same() -> None:
    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args())
        selector = {"namespace": "egde", "labels": {}}
        items = [{"extension": acl, "match": [{"mode": "SERVER"}]}]
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet(), workload_selector=selector, extensions=items))

    assert {"MW505", "MW401", "MW201"} <= {finding.rule for finding in errors(run(program), "edge")}


def test_two_attachments_of_one_object() -> None:
    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args())
        where = fleet()
        wasm.IngressGatewayAttachment("first", gateway_args(acl, where))
        wasm.IngressGatewayAttachment("second", gateway_args(acl, where))

    result = run(program)
    assert not errors(result, "first")
    _has(errors(result, "second"), "MW506", "", "written by first already")
    assert not any(one.name.startswith("second") for one in plugins(result))


def test_components_of_one_name_and_two_types() -> None:
    def program() -> None:
        where = fleet()
        acl = wasm.WasmExtension("shop", extension_args(priority=unknown()))
        wasm.IngressGatewayAttachment("shop", gateway_args(acl, where))
        wasm.SecurityGroupAttachment("shop", group_args(acl, where, group="x"))

    result = run(program)
    assert result.failure is not None
    assert "shop (SecurityGroupAttachment) (1 error)" in result.failure
    assert [finding.rule for finding in errors(result)] == ["MW501"]


@pytest.mark.parametrize(
    ("facts", "rule", "path", "text"),
    [
        ({"istio_version": "new"}, "MW103", "fleet.east.istio_version", "no version of Istio"),
        ({"namespaces": ["edge", "Shop"]}, "MW514", "fleet.east.namespaces[1]", "no namespace name"),
        ({"root_namespace": "a_b"}, "MW514", "fleet.east.root_namespace", "no namespace name"),
        ({"revision": "a b"}, "MW109", "fleet.east.revision", "no value of a label"),
        ({"registry_mirrors": {"registry.acme.io": "http://m"}}, "MW811", "", "no registry host"),
    ],
)
def test_facts_that_no_cluster_can_have(facts: dict[str, Any], rule: str, path: str, text: str) -> None:
    result = run(lambda: wasm.WasmPlugin("raw", plugin_args(fleet(**facts), {"namespace": "edge"})) and None)
    _has(errors(result, "raw"), rule, path or 'fleet.east.registry_mirrors["registry.acme.io"]', text)
    assert not plugins(result)


def test_all_problems_of_all_components_in_one_run() -> None:
    def program() -> None:
        where = fleet()
        good = wasm.WasmExtension("good", extension_args())
        wasm.WasmExtension("bad", extension_args(image="x", phase="X", priority=2**40))
        wasm.IngressGatewayAttachment("edge", gateway_args(good, where, gateway="x", clusters={"env": "x"}))
        wasm.WasmPlugin("raw", plugin_args(where, url="ftp://x", priority="1"))

    result = run(program)
    by_component = {name: {f.rule for f in errors(result, name)} for name in ("good", "bad", "edge", "raw")}
    assert by_component == {
        "good": set(),
        "bad": {"MW113", "MW104", "MW105"},
        "edge": {"MW501", "MW504"},
        "raw": {"MW113", "MW103"},
    }
    logged = {(m.urn.rsplit("::", 1)[-1]) for m in result.monitor.messages if m.severity == "error"}
    assert logged == {"bad", "edge", "raw"}, "each message is attached to its own component"
    assert not plugins(result)
    assert not secrets(result)


SECRET = "hunter2-very-secret"


@pytest.mark.parametrize("value", [None, 5, [], {"a": 1}, True], ids=str)
@pytest.mark.parametrize("field", ["gateway", "extension", "text"])
def test_values_of_the_wrong_type_that_become_known(field: str, value: Any) -> None:
    """Names and URLs are made of values before these can be checked: the sentence comes all the same, and no traceback."""

    def program() -> None:
        late = {field: pulumi.Output.from_input(value)}
        registry = wasm.PullSecret("registry", {"docker_config_json": late["text"]}) if field == "text" else None
        acl = wasm.WasmExtension("acl", extension_args(image=late.get("extension"), pull_secret=registry))
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet(), gateway=late.get("gateway", GATEWAY)))

    result = run(program)
    name = {"gateway": "edge", "extension": "acl", "text": "registry"}[field]
    assert errors(result, name) or (field, value) == ("extension", None)
    assert result.failure is not None
    assert result.failure.startswith("Nothing is created for ")


@pytest.mark.parametrize("value", [{1}, object(), b"x", float("nan"), len], ids=lambda value: type(value).__name__)
def test_plain_values_that_nobody_can_send(value: Any) -> None:
    def program() -> None:
        acl, where = wasm.WasmExtension("acl", extension_args()), fleet()
        wasm.IngressGatewayAttachment("a", gateway_args(acl, where, gateway=value))
        wasm.IngressGatewayAttachment(
            "b", gateway_args(acl, where, extensions=[{"extension": acl, "config": {"a": value}}])
        )

    result = run(program)
    assert result.failure == "Nothing is created for a (1 error), b (1 error): see the messages on each of them."


def test_a_problem_below_an_output() -> None:
    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args())
        selector = pulumi.Output.from_input({"namespace": "edge", "labels": {}})
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet(), workload_selector=selector))

    result = run(program)
    _has(errors(result, "edge"), "MW401", "workload_selector.labels", "no labels")
    assert result.failure == "Nothing is created for edge (1 error): see the messages on each of them."


def test_sets_of_names_are_taken_in_order() -> None:
    namespaces = {f"team-{letter}" for letter in "abcdefgh"}

    def program() -> None:
        acl, where = wasm.WasmExtension("acl", extension_args()), fleet(namespaces=namespaces)
        selectors = {f"*/{namespace}" for namespace in namespaces}
        group = wasm.SecurityGroupAttachment("group", group_args(acl, where, namespace_selector=selectors))
        pulumi.export("plugins", group.plugins)

    told = run(program).stack_outputs["plugins"]
    east = [plugin["namespace"] for plugin in told if plugin["cluster"] == "east"]
    assert east == sorted(namespaces)


def test_a_fleet_that_is_an_output() -> None:
    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args())
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, pulumi.Output.from_input(fleet())))

    _has(errors(run(program), "edge"), "MW512", "fleet", "decides which objects exist")


@pytest.mark.parametrize("late", [pulumi.Output.from_input, pulumi.Output.secret], ids=["output", "secret"])
def test_problems_of_plain_values_hide_none_of_outputs(late: Callable[[Any], Any]) -> None:
    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args(priority="ten", phase=late("AUTHX"), plugin_name=unknown()))
        where = fleet()
        wasm.WasmPlugin("raw", plugin_args(where, phase="AUTHX", url=late("ftp://x")))
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, where, gateway=late("x")))

    result = run(program)
    assert {finding.rule for finding in errors(result, "acl")} == {"MW103", "MW104"}
    assert {finding.rule for finding in errors(result, "raw")} == {"MW104", "MW113"}
    assert {finding.rule for finding in errors(result, "edge")} == {"MW501"}
    told = [(name, finding) for name, finding in result.ledger.findings]
    assert len(told) == len(set(told)), "nothing is told twice"
    assert result.failure is not None
    assert "acl (2 errors), edge (1 error), raw (2 errors)" in result.failure


def test_a_secret_value_is_never_shown() -> None:
    def program() -> None:
        wasm.WasmExtension(
            "acl", extension_args(image=pulumi.Output.secret(SECRET), priority=pulumi.Output.secret(SECRET))
        )
        credentials: Any = {"registry": "r", "password": SECRET, "passwort": SECRET}
        wasm.PullSecret("registry", credentials)

    result = run(program)
    assert errors(result, "registry")
    assert result.failure is not None
    told = [message.text for message in result.monitor.messages] + [result.failure, str(result.ledger.findings)]
    assert not any(SECRET in text for text in told)


def test_nothing_of_a_run_is_logged_after_it(caplog: pytest.LogCaptureFixture) -> None:
    """asyncio logs what has failed and was awaited by nobody when it is collected as garbage, which may be much later."""

    def program() -> None:
        lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        lost.set_exception(RuntimeError("of a plugin that is not created, because its pull secret is refused"))
        cycle: list[Any] = [lost]
        cycle.append(cycle)

    gc.disable()
    try:
        assert run(program).failure is None
    finally:
        gc.enable()
    gc.collect()
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []


def _has(found: list[Finding], rule: str, path: str, text: str) -> None:
    matching = [f for f in found if f.rule == rule and format_path(f.path) == path and text in f.message]
    assert matching, f"no {rule} at {path!r} with {text!r} in:\n" + "\n".join(map(str, found))
    assert all(f.fix.endswith(".") for f in matching)
    assert all(IMAGE not in f.fix for f in matching)
