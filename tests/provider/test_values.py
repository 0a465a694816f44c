"""Components as values: an extension or a pull secret that is handed to another component of the same program."""

from __future__ import annotations

from typing import Any

import pytest
from support.plugin import SIG, Plugin, component_ref, output, secret
from support.programs import GROUP, PLUGIN_TYPE, SECRET_TYPE

from .test_construct import DEFINITION, EXTENSION, FQN, HIDDEN, UNKNOWN, gateway, good, of_type

LOGIN = {"registry": "registry.acme.io", "username": "puller", "password": secret("hunter2")}


def test_unknown_leaf_of_an_extension_stays_a_leaf(plugin: Plugin, fleet: Any) -> None:
    """As one output, its definition would be unknown from top to bottom, and the preview would show other names than up."""
    acl = good(
        plugin.construct("WasmExtension", "acl", {**EXTENSION, "image": output(known=False), "config": {"n": 1}})
    )
    good(plugin.construct("IngressGatewayAttachment", "edge", gateway(fleet, component_ref(acl))))
    assert [one.name for one in of_type(plugin, PLUGIN_TYPE)] == ["edge-east-acl", "edge-west-acl"]
    for one in of_type(plugin, PLUGIN_TYPE):
        assert one.inputs["metadata"]["name"] == "shop-acl-88a8a2"
        assert one.inputs["spec"]["url"] == UNKNOWN
        assert (one.inputs["spec"]["phase"], one.inputs["spec"]["pluginConfig"]) == ("AUTHZ", {"n": 1})


@pytest.mark.parametrize("wrapped", [False, True], ids=["plain", "in an Output"])
def test_pull_secret_of_an_extension_is_followed(plugin: Plugin, fleet: Any, wrapped: bool) -> None:
    registry = good(plugin.construct("PullSecret", "registry", LOGIN))
    given = component_ref(registry)
    given = output(given, secret=True, deps=(registry.urn,)) if wrapped else given
    acl = good(plugin.construct("WasmExtension", "acl", {**EXTENSION, "pullSecret": given}))
    good(plugin.construct("IngressGatewayAttachment", "edge", gateway(fleet, component_ref(acl))))
    group = {"group": GROUP, "namespaceSelector": ["*/edge"], "extensions": [{"extension": component_ref(acl)}]}
    good(plugin.construct("SecurityGroupAttachment", "services", {**group, "fleet": fleet}))
    made = of_type(plugin, SECRET_TYPE)
    assert [(one.name, one.parent) for one in made] == [
        ("registry-east-edge", registry.urn),
        ("registry-west-edge", registry.urn),
    ]
    assert all(one.inputs["stringData"][SIG] for one in made)
    assert all(set(one.dependencies) & {secret.urn for secret in made} for one in of_type(plugin, PLUGIN_TYPE))


def test_findings_of_an_extension_are_told_once(process: Plugin, plugin: Plugin, fleet: Any) -> None:
    """On the extension, and not again on each of its attachments."""
    before = len(process.engine.messages)
    acl = good(plugin.construct("WasmExtension", "acl", {**EXTENSION, "image": "oci://registry.acme.io/acl:1"}))
    for name in ("edge", "other"):
        target = gateway(fleet, component_ref(acl))["gateway"] + name
        where = {"namespace": "edge", "labels": {"app": name}}
        args = gateway(fleet, component_ref(acl), gateway=target, workloadSelector=where)
        good(plugin.construct("IngressGatewayAttachment", name, args))
    told = [
        one for one in process.engine.messages[before:] if one.text.startswith(("image", "extensions[0].extension"))
    ]
    assert [one.urn for one in told] == [acl.urn]


def test_extension_is_resolved_in_a_list_and_a_map(plugin: Plugin, fleet: Any) -> None:
    registry = component_ref(good(plugin.construct("PullSecret", "registry", LOGIN)))
    item = {"extension": DEFINITION, "pullSecrets": [registry]}
    good(plugin.construct("IngressGatewayAttachment", "edge", gateway(fleet, extensions=[item])))
    assert len(of_type(plugin, SECRET_TYPE)) == 2
    answer = plugin.construct(
        "TsbManifests", "tsb", {"documents": [""], "pullSecrets": {"regcred": registry}, "fleet": fleet}
    )
    assert all("expected" not in reason for path, reason in answer.problems if path.startswith("pullSecrets"))


def test_component_of_another_process_is_refused(plugin: Plugin, fleet: Any) -> None:
    acl = good(plugin.construct("WasmExtension", "acl", EXTENSION))
    elsewhere = {**component_ref(acl), "urn": acl.urn.replace("::acl", "::jwt")}
    answer = plugin.construct("IngressGatewayAttachment", "edge", gateway(fleet, elsewhere))
    assert answer.paths == [f"extensions[0].extension{HIDDEN}"]
    assert "the WasmExtension jwt was made by another process" in answer.problems[0][1]


@pytest.mark.parametrize("field", ["extension", "pullSecret"])
def test_resource_of_another_kind_is_refused(plugin: Plugin, fleet: Any, field: str) -> None:
    urn = plugin.monitor.urn("", "kubernetes:core/v1:Secret", "regcred")
    foreign = {**component_ref(good(plugin.construct("WasmExtension", "acl", EXTENSION))), "urn": urn}
    item = {"extension": DEFINITION, field: foreign}
    answer = plugin.construct("IngressGatewayAttachment", "edge", gateway(fleet, extensions=[item]))
    assert answer.paths == [f"extensions[0].{field}{HIDDEN}"]
    assert "got the resource regcred (kubernetes:core/v1:Secret)" in answer.problems[0][1]
    assert of_type(plugin, PLUGIN_TYPE) == []


@pytest.mark.parametrize(
    ("given", "names"),
    [
        pytest.param({"extension": output(known=False)}, None, id="a definition of another stack"),
        pytest.param({"extension": {**DEFINITION, "fqn": output(known=False)}}, None, id="its FQN alone"),
        pytest.param({"extension": output(known=False), "fqn": FQN}, ["edge-east-acl", "edge-west-acl"], id="with fqn"),
    ],
)
def test_preview_never_shows_a_name_that_up_does_not_use(
    plugin: Plugin, fleet: Any, given: Any, names: list[str] | None
) -> None:
    answer = plugin.construct("IngressGatewayAttachment", "edge", gateway(fleet, extensions=[given]))
    if names is None:
        assert answer.paths == ["extensions[0].fqn"]
        assert "Give fqn beside the extension" in answer.problems[0][1]
    assert [one.name for one in of_type(plugin, PLUGIN_TYPE)] == (names or [])


def test_extension_whose_organization_is_not_known_yet_needs_its_fqn(plugin: Plugin, fleet: Any) -> None:
    acl = good(plugin.construct("WasmExtension", "acl", {**EXTENSION, "organization": output(known=False)}))
    answer = plugin.construct("IngressGatewayAttachment", "edge", gateway(fleet, component_ref(acl)))
    assert answer.paths == ["extensions[0].fqn"]
    good(
        plugin.construct(
            "IngressGatewayAttachment",
            "named",
            gateway(fleet, extensions=[{"extension": component_ref(acl), "fqn": FQN}]),
        )
    )
