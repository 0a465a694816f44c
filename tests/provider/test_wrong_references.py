"""A resource where another belongs: what it is, and what belongs there, is said; and nobody else is blamed."""

from __future__ import annotations

from typing import Any

import pytest
from support.plugin import SIG, Plugin, component_ref, output, secret
from support.programs import GATEWAY, errors, gateway_args, run
from support.programs import fleet as python_fleet

import mesh_wasm_pulumi as wasm

from .test_construct import EXTENSION, HIDDEN, gateway, good

RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
CONFIG_MAP = {SIG: RESOURCE, "urn": "urn:pulumi:dev::shop::kubernetes:core/v1:ConfigMap::modes", "id": "edge/modes"}


def test_extension_is_no_pull_secret(plugin: Plugin) -> None:
    acl = good(plugin.construct("WasmExtension", "acl", EXTENSION))
    answer = plugin.construct("WasmExtension", "jwt", {**EXTENSION, "pullSecret": component_ref(acl)})
    ((path, reason),) = answer.problems
    assert path == f"pullSecret{HIDDEN}"
    assert "expected a PullSecret or its definition, got WasmExtension. Give a PullSecret" in reason


@pytest.mark.parametrize("given", ["regcred", 5.0, ["regcred"]], ids=str)
def test_what_is_no_pull_secret_at_all(plugin: Plugin, given: Any) -> None:
    answer = plugin.construct("WasmExtension", "jwt", {**EXTENSION, "pullSecret": given})
    ((_, reason),) = answer.problems
    assert "expected a PullSecret or its definition, got a" in reason


def test_resource_in_a_config_is_named(plugin: Plugin) -> None:
    answer = plugin.construct("WasmExtension", "acl", {**EXTENSION, "config": {"a": {"b": [CONFIG_MAP]}}})
    ((path, reason),) = answer.problems
    assert path == f"config{HIDDEN}"
    assert "a.b[0] is the resource modes (kubernetes:core/v1:ConfigMap), which JSON cannot say" in reason


@pytest.mark.parametrize("where", ["plain", "secret"])
def test_wrong_fqn_beside_an_extension_is_told_of_the_fqn(plugin: Plugin, fleet: Any, where: str) -> None:
    """Also where the attachment is looked at again, because another leaf of it is an Output: the extension is good."""
    acl = good(plugin.construct("WasmExtension", "acl", EXTENSION))
    of_another = {"extension": component_ref(acl), "fqn": "organizations/acme/extensions/other"}
    target = {"gateway": secret(GATEWAY)} if where == "secret" else {}
    answer = plugin.construct(
        "IngressGatewayAttachment", "edge", {**gateway(fleet), **target, "extensions": [of_another]}
    )
    ((path, reason),) = answer.problems
    assert path == "extensions[0].fqn"
    assert "[MW534]" in reason
    of_another["fqn"] = 3.0
    answer = plugin.construct(
        "IngressGatewayAttachment", "other", {**gateway(fleet), **target, "extensions": [of_another]}
    )
    assert [path for path, _ in answer.problems] == ["extensions[0].fqn"]
    assert "expected a text, got a number" in answer.problems[0][1]


def test_wrong_fqn_beside_an_extension_is_told_in_python_too() -> None:
    def program() -> None:
        acl = wasm.WasmExtension("acl", {"organization": "acme", "image": "oci://registry.acme.io/acl:1"})
        args = gateway_args(acl, python_fleet())
        args["extensions"] = [{"extension": acl, "fqn": "organizations/acme/extensions/other"}]
        wasm.IngressGatewayAttachment("edge", args)

    assert [(one.rule, one.path) for one in errors(run(program), "edge")] == [("MW534", ("extensions", 0, "fqn"))]


@pytest.mark.parametrize(
    ("component", "field", "kind"),
    [
        ("IngressGatewayAttachment", "gateway", "ingressgateways/<ingressgateway>"),
        ("EgressGatewayAttachment", "gateway", "egressgateways/<egressgateway>"),
        ("SecurityGroupAttachment", "group", "securitygroups/<securitygroup>"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("given", [None, {"name": "x"}], ids=["nothing", "an object"])
def test_remedy_for_a_target_names_its_argument(
    plugin: Plugin, fleet: Any, component: str, field: str, kind: str, given: Any
) -> None:
    args = {key: value for key, value in {**gateway(fleet), "gateway": None, field: given}.items() if value is not None}
    if field == "group":
        del args["workloadSelector"]
        args["namespaceSelector"] = ["*/shop"]
    answer = plugin.construct(component, "edge", args)
    ((path, reason),) = answer.problems
    assert path.removesuffix(HIDDEN) == field
    assert f"Write `{field}: organizations/<organization>/tenants/<tenant>/" in reason
    assert f"{kind}`." in reason


def test_objects_and_resources_are_not_printed_as_go_has_them(plugin: Plugin, fleet: Any) -> None:
    """The engine prints what stands at a path with all that is in it: `map[extension:{{urn:…`."""
    acl = good(plugin.construct("WasmExtension", "acl", EXTENSION))
    twice = [{"extension": component_ref(acl)}] * 2
    answer = plugin.construct("IngressGatewayAttachment", "edge", {**gateway(fleet), "extensions": twice})
    assert answer.paths == [f"extensions[1]{HIDDEN}"]
    answer = plugin.construct("WasmExtension", "jwt", {**EXTENSION, "phase": output(7.0)})
    assert answer.paths == ["phase"], "a plain value helps"
