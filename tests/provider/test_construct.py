"""The plugin's Construct calls, spoken as a language host speaks them. Each defect of the SDK's own host has its test."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.plugin import SIG, Answer, Plugin, output, provider_ref, secret
from support.programs import GATEWAY, GROUP, IMAGE, PLUGIN_TYPE, SECRET_TYPE, TENANT

from mesh_wasm_pulumi.offline.monitor import Registered

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
HIDDEN = " (value not shown)"
EXTENSION = {"organization": "acme", "image": IMAGE, "phase": "AUTHZ", "priority": 10}
FQN = "organizations/acme/extensions/acl"
DEFINITION = {"fqn": FQN, "image": IMAGE, "phase": "AUTHZ", "priority": 10}


def gateway(fleet: Any, *extensions: Any, **changes: Any) -> dict[str, Any]:
    selector = {"namespace": "edge", "labels": {"app": "shop-gateway"}}
    items = [{"extension": extension} for extension in extensions or (DEFINITION,)]
    base = {"gateway": GATEWAY, "workloadSelector": selector, "extensions": items, "fleet": fleet}
    return {key: value for key, value in {**base, **changes}.items() if value is not None}


def of_type(plugin: Plugin, type_: str) -> list[Registered]:
    found = [one for one in plugin.monitor.resources.values() if one.type == type_]
    return sorted(found, key=lambda one: one.name)


def specs(plugin: Plugin) -> list[dict[str, Any]]:
    return [one.inputs["spec"] for one in of_type(plugin, PLUGIN_TYPE)]


def good(answer: Answer) -> Answer:
    assert answer.code == "", f"{answer.message}: {answer.problems}"
    return answer


# What comes in


@pytest.mark.parametrize(
    ("given", "registered"),
    [
        pytest.param({"priority": 7.0}, {"priority": 7}, id="an int is an int"),
        pytest.param({"priority": output(7.0)}, {"priority": 7}, id="an int in an Output"),
        pytest.param({"image": output(IMAGE)}, {"image": IMAGE}, id="a text in an Output"),
        pytest.param({"phase": output("STATS")}, {"phase": "STATS"}, id="an enum in an Output"),
        pytest.param({"allowedIn": output([TENANT])}, {"allowedIn": [TENANT]}, id="a list as a whole Output"),
        pytest.param({"match": output({"mode": "CLIENT"})}, {"match": {"mode": "CLIENT"}}, id="an object as a whole Output"),
        pytest.param(
            {"vmConfig": {"env": [{"name": "MODE", "valueFrom": "INLINE", "value": "x"}]}},
            {"vmConfig": {"env": [{"name": "MODE", "valueFrom": "INLINE", "value": "x"}]}},
            id="an enum in a list of objects",
        ),
        pytest.param(
            {"vmConfig": output({"env": output([{"name": "MODE", "valueFrom": "INLINE", "value": output("x")}])})},
            {"vmConfig": {"env": [{"name": "MODE", "valueFrom": "INLINE", "value": "x"}]}},
            id="Outputs within Outputs",
        ),
        pytest.param({"image": UNKNOWN}, {"image": UNKNOWN}, id="a bare unknown"),
        pytest.param({"image": output(known=False)}, {"image": UNKNOWN}, id="an unknown Output"),
        pytest.param({"priority": output(known=False)}, {"priority": UNKNOWN}, id="an unknown int"),
        pytest.param({"phase": output(known=False)}, {"phase": UNKNOWN}, id="an unknown enum"),
        pytest.param({"match": output(known=False)}, {"match": UNKNOWN}, id="an unknown object"),
        pytest.param({"config": {"a_b": 1, "aB": [1.5]}}, {"config": {"a_b": 1, "aB": [1.5]}}, id="config's own keys"),
        pytest.param({"description": None}, {}, id="null is unset"),
    ],
)  # fmt: skip
def test_values_arrive_as_they_were_given(plugin: Plugin, given: dict[str, Any], registered: dict[str, Any]) -> None:
    answer = good(plugin.construct("WasmExtension", "acl", {**EXTENSION, **given}))
    inputs = plugin.monitor.resources[answer.urn].inputs
    assert {key: inputs[key] for key in registered} == registered
    assert None not in inputs.values()


@pytest.mark.parametrize("sealed", [secret("hunter2"), output("hunter2", secret=True)], ids=["secret", "secret Output"])
def test_secret_leaf_stays_a_leaf(plugin: Plugin, sealed: Any, fleet: Any) -> None:
    definition = {**DEFINITION, "config": {"mode": "audit", "token": sealed}}
    good(plugin.construct("IngressGatewayAttachment", "edge", gateway(fleet, definition)))
    for spec in specs(plugin):
        assert spec["pluginConfig"]["token"][SIG]
        assert spec["pluginConfig"]["mode"] == "audit"
        assert spec["url"] == IMAGE


def test_object_that_arrives_secret_is_opened_where_it_names_its_secrets(plugin: Plugin, fleet: Any) -> None:
    made = good(plugin.construct("WasmExtension", "acl", {**EXTENSION, "config": {"token": secret("hunter2")}}))
    definition = made.state["definition"]
    assert definition[SIG], "one secret leaf makes the whole output secret: that is what language hosts do"
    assert definition["value"]["secretFields"] == ["config"]
    good(plugin.construct("IngressGatewayAttachment", "edge", gateway(fleet, output(definition["value"], secret=True))))
    for spec in specs(plugin):
        assert spec["url"] == IMAGE
        assert spec["pluginConfig"][SIG]
        assert "hunter2" not in json.dumps({key: value for key, value in spec.items() if key != "pluginConfig"})


def test_object_that_arrives_secret_stays_secret_where_it_names_none(plugin: Plugin, fleet: Any) -> None:
    good(plugin.construct("IngressGatewayAttachment", "edge", gateway(fleet, output(DEFINITION, secret=True))))
    for spec in specs(plugin):
        assert spec["url"][SIG]


def test_password_is_secret_even_as_plain_text(plugin: Plugin) -> None:
    args = {"registry": "registry.acme.io", "username": "puller", "password": "hunter2"}
    answer = good(plugin.construct("PullSecret", "registry", args))
    assert answer.state["definition"][SIG]
    assert "hunter2" not in json.dumps(plugin.monitor.resources[answer.urn].inputs)


def test_provider_reference_is_what_children_carry(plugin: Plugin, fleet: Any) -> None:
    good(plugin.construct("IngressGatewayAttachment", "edge", gateway(fleet)))
    refs = sorted(one.provider for one in of_type(plugin, PLUGIN_TYPE))
    urn = plugin.monitor.urn("", "pulumi:providers:kubernetes", "{}")
    assert refs == [f"{urn.format(name)}::{name}-id" for name in ("east", "west")]


@pytest.mark.parametrize("id_", ["", UNKNOWN, None])
def test_provider_that_does_not_exist_yet_has_an_unknown_id(plugin: Plugin, id_: str | None) -> None:
    ref = provider_ref(plugin.monitor, "east")
    ref = {**ref, "id": id_} if id_ is not None else {key: value for key, value in ref.items() if key != "id"}
    good(plugin.construct("IngressGatewayAttachment", "edge", gateway({"east": {"provider": ref}})))
    assert [one.provider.split("::")[-1] for one in of_type(plugin, PLUGIN_TYPE)] == [UNKNOWN]


def test_what_inputs_come_from_becomes_a_dependency_but_not_the_providers(plugin: Plugin, fleet: Any) -> None:
    origin = plugin.monitor.urn("", "mesh-wasm:index:WasmExtension", "acl")
    east = plugin.monitor.urn("", "pulumi:providers:kubernetes", "east")
    inputs = gateway(fleet, output(DEFINITION, deps=(origin,)))
    good(plugin.construct("IngressGatewayAttachment", "edge", inputs, {"extensions": [origin], "fleet": [east]}))
    for one in of_type(plugin, PLUGIN_TYPE):
        assert origin in one.dependencies
        assert east not in one.dependencies


# What comes back


def test_outputs_are_in_wire_names(plugin: Plugin, fleet: Any) -> None:
    extension = good(plugin.construct("WasmExtension", "acl", {**EXTENSION, "allowedIn": [TENANT]}))
    assert extension.state["fqn"] == FQN
    assert extension.state["definition"] == {
        **DEFINITION, "allowedIn": [TENANT], "version": 1, "secretFields": [],
    }  # fmt: skip
    attachment = good(plugin.construct("IngressGatewayAttachment", "edge", gateway(fleet)))
    assert [(one["cluster"], one["namespace"], one["priority"]) for one in attachment.state["plugins"]] == [
        ("east", "edge", 10),
        ("west", "edge", 10),
    ]


@pytest.mark.parametrize(
    ("component", "target"),
    [
        ("IngressGatewayAttachment", "gatewaygroups/edge/ingressgateways/shop"),
        ("EgressGatewayAttachment", "gatewaygroups/edge/egressgateways/shop"),
        ("Tier1GatewayAttachment", "gatewaygroups/edge/tier1gateways/shop"),
        ("GatewayAttachment", "gatewaygroups/edge/unifiedgateways/shop"),
    ],
)
def test_every_gateway_attachment_makes_its_plugins(plugin: Plugin, fleet: Any, component: str, target: str) -> None:
    fqn = f"{TENANT}/workspaces/web/{target}"
    good(plugin.construct(component, "edge", gateway(fleet, gateway=fqn)))
    assert len(specs(plugin)) == 2


def test_group_attachment_makes_its_plugins(plugin: Plugin, fleet: Any) -> None:
    args = {"group": GROUP, "namespaceSelector": ["*/*"], "extensions": [{"extension": DEFINITION}], "fleet": fleet}
    good(plugin.construct("SecurityGroupAttachment", "services", args))
    namespaces = sorted(one.inputs["metadata"]["namespace"] for one in of_type(plugin, PLUGIN_TYPE))
    assert namespaces == ["edge", "edge", "shop", "shop"]


def test_raw_plugin_makes_one_object_per_cluster(plugin: Plugin, fleet: Any) -> None:
    spec = output({"url": IMAGE, "priority": 5.0, "match": [{"mode": "CLIENT", "ports": [{"number": 8443.0}]}]})
    good(plugin.construct("WasmPlugin", "raw", {"metadata": {"namespace": "edge"}, "spec": spec, "fleet": fleet}))
    assert [one["match"] for one in specs(plugin)] == [[{"mode": "CLIENT", "ports": [{"number": 8443}]}]] * 2


def test_tsb_yaml_makes_its_plugins(plugin: Plugin, fleet: Any) -> None:
    answer = good(plugin.construct("TsbManifests", "tsb", {"documents": [TSB], "fleet": fleet}))
    assert [(one["cluster"], one["namespace"]) for one in answer.state["plugins"]] == [
        ("east", "edge"),
        ("west", "edge"),
    ]


TSB = f"""
apiVersion: extension.tsb.tetrate.io/v2
kind: WasmExtension
metadata: {{organization: acme, name: acl}}
spec: {{image: "{IMAGE}", phase: AUTHZ, priority: 10}}
---
apiVersion: gateway.tsb.tetrate.io/v2
kind: IngressGateway
metadata: {{organization: acme, tenant: shop, workspace: web, group: edge, name: shop}}
spec:
  workloadSelector: {{namespace: edge, labels: {{app: shop-gateway}}}}
  extension: [{{fqn: {FQN}}}]
"""


# Errors


@pytest.mark.parametrize(
    ("change", "paths"),
    [
        pytest.param({"imge": IMAGE}, ["imge"], id="an extra key"),
        pytest.param({"image": None}, ["image"], id="a missing key"),
        pytest.param({"phase": "AUTH"}, ["phase"], id="no member of the enum"),
        pytest.param({"phase": output("AUTH")}, ["phase"], id="no member, in an Output"),
        pytest.param({"priority": 2.0**31}, ["priority"], id="an int out of range"),
        pytest.param({"priority": 1.5}, ["priority"], id="no int"),
        pytest.param({"image": output(7.0)}, ["image"], id="a number for a text"),
        pytest.param({"match": output({"mod": "CLIENT"})}, ["match.mod"], id="an extra key below an Output"),
        pytest.param({"match": "CLIENT"}, ["match"], id="a text for an object"),
        pytest.param(
            {"imge": "x", "phase": "AUTH", "priority": "high"}, ["imge", "phase", "priority"], id="all at once"
        ),
        pytest.param(
            {"vmConfig": {"env": [{"name": "1BAD", "valueFrom": "INLINE"}]}}, ["vmConfig.env[0].name"], id="in a list"
        ),
        pytest.param({"url": secret("ftp://x"), "image": None}, [f"url{HIDDEN}"], id="a secret"),
        pytest.param(
            {"url": secret("ftp://x"), "image": None, "phase": "AUTH"}, ["phase", f"url{HIDDEN}"], id="a secret and more"
        ),
    ],
)  # fmt: skip
def test_problem_arrives_as_property_error(plugin: Plugin, change: dict[str, Any], paths: list[str]) -> None:
    args = {key: value for key, value in {**EXTENSION, **change}.items() if value is not None}
    answer = plugin.construct("WasmExtension", "acl", args)
    assert answer.code == "INVALID_ARGUMENT"
    assert sorted(set(answer.paths)) == paths
    assert "Traceback" not in answer.message
    assert 'File "' not in answer.message
    assert all(reason.rstrip().endswith("]") for _, reason in answer.problems), "each reason ends with its rule"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        pytest.param({"fleet": None}, "fleet", id="no fleet"),
        pytest.param({"fleet": {"east": {}}}, "fleet.east.provider", id="no provider"),
        pytest.param({"fleet": {"east": "x"}}, "fleet.east.provider", id="a text for a cluster"),
        pytest.param({"extensions": None}, "extensions", id="no extensions"),
        pytest.param({"extensions": "acl"}, "extensions", id="a text for extensions"),
        pytest.param({"extensions": ["acl"]}, "extensions[0]", id="a text for an item"),
        pytest.param({"extensions": [{"extension": "acl"}]}, "extensions[0].extension", id="a text for an extension"),
        pytest.param({"gateway": None}, "gateway", id="no gateway"),
        pytest.param({"gateway": "x"}, "gateway", id="no FQN"),
        pytest.param({"workloadSelector": {"namespace": "edge"}}, "workloadSelector.labels", id="no labels"),
        pytest.param({"clusterNames": ["nort"]}, "clusterNames[0]", id="an unknown cluster"),
        pytest.param({"clustrs": {}}, "clustrs", id="an extra key"),
    ],
)  # fmt: skip
def test_attachments_problem_arrives_as_property_error(
    plugin: Plugin, fleet: Any, change: dict[str, Any], path: str
) -> None:
    args = {key: value for key, value in {**gateway(fleet), **change}.items() if value is not None}
    answer = plugin.construct("IngressGatewayAttachment", "edge", args)
    assert answer.code == "INVALID_ARGUMENT", answer.message
    assert path in answer.paths
    assert of_type(plugin, PLUGIN_TYPE) == []


def test_secret_is_neither_in_a_message_nor_at_a_path(plugin: Plugin, fleet: Any) -> None:
    """The engine prints what stands at the path of a property error, and below it, secrets included."""
    definition = {
        **DEFINITION,
        "image": None,
        "url": secret("ftp://user:hunter2@x"),
        "config": {"t": secret("hunter2")},
    }
    extension = {key: value for key, value in definition.items() if value is not None}
    answer = plugin.construct("IngressGatewayAttachment", "edge", gateway(fleet, extension, extension))
    assert answer.problems
    assert "hunter2" not in repr(answer) + repr(plugin.monitor.messages) + "".join(plugin.stderr)
    for path in answer.paths:
        assert path.startswith("extensions[")
        assert path.endswith(HIDDEN)


def test_two_attachments_see_each_other(plugin: Plugin, fleet: Any) -> None:
    """The plugin's ledger spans the deployment: what needs more than one component to be seen is seen here too."""
    good(plugin.construct("IngressGatewayAttachment", "edge", gateway(fleet)))
    answer = plugin.construct("IngressGatewayAttachment", "again", gateway(fleet))
    assert answer.code == "INVALID_ARGUMENT"
    assert any("MW506" in reason for _, reason in answer.problems)


def test_next_deployment_does_not_see_the_last_one(plugin: Plugin, fleet: Any) -> None:
    """A plugin's process may serve a preview and the update after it."""
    good(plugin.construct("IngressGatewayAttachment", "edge", gateway(fleet)))
    plugin.monitor.resources.clear()
    good(plugin.construct("IngressGatewayAttachment", "edge", gateway(fleet)))
    assert len(of_type(plugin, PLUGIN_TYPE)) == 2


def test_warning_is_logged_on_the_component(process: Plugin, plugin: Plugin, fleet: Any) -> None:
    """Only errors travel as property errors; the engine's log takes the rest."""
    before = len(process.engine.messages)
    args = {"metadata": {"namespace": "edge"}, "spec": {"url": IMAGE}, "fleet": fleet}
    answer = good(plugin.construct("WasmPlugin", "raw", args))
    told = process.engine.messages[before:]
    assert told
    assert all(one.urn == answer.urn and one.severity in ("warning", "info") for one in told)


@pytest.mark.parametrize("phase", ["NOPE", output("NOPE", secret=True)], ids=["plain", "in an Output"])
def test_notes_about_a_refused_component_come_before_the_refusal(process: Plugin, plugin: Plugin, phase: Any) -> None:
    """The engine may end the program with the refusal, and what comes later is lost."""
    before = len(process.engine.messages)
    answer = plugin.construct("WasmExtension", "acl", {**EXTENSION, "phase": phase, "image": "oci://r.io/acl:1"})
    told, registered = process.engine.messages[before:], list(plugin.monitor.resources)
    assert answer.code == "INVALID_ARGUMENT"
    assert [(one.severity, one.urn) for one in told] == [("info", registered[0])]
    assert len(registered) == 1


# Pull secrets shared between attachments


@pytest.mark.parametrize("order", [("first", "second"), ("second", "first")])
def test_shared_secret_is_registered_once_below_its_pull_secret(plugin: Plugin, fleet: Any, order: Any) -> None:
    args = {"registry": "registry.acme.io", "username": "puller", "password": secret("hunter2")}
    registry = good(plugin.construct("PullSecret", "registry", args))
    definition = output(registry.state["definition"]["value"], secret=True, deps=(registry.urn,))
    extension = good(plugin.construct("WasmExtension", "acl", {**EXTENSION, "pullSecret": definition}))
    acl = output(extension.state["definition"]["value"], secret=True, deps=(extension.urn,))
    attachments = {
        "first": ("IngressGatewayAttachment", gateway(fleet, acl)),
        "second": (
            "SecurityGroupAttachment",
            {"group": GROUP, "namespaceSelector": ["*/edge"], "extensions": [{"extension": acl}], "fleet": fleet},
        ),
    }
    answers = [plugin.start(attachments[name][0], name, attachments[name][1]) for name in order]
    for answer in answers:
        good(answer())
    made = {one.urn: one for one in of_type(plugin, SECRET_TYPE)}
    assert sorted(urn.split("::")[-1] for urn in made) == ["registry-east-edge", "registry-west-edge"]
    for one in made.values():
        assert one.parent == registry.urn
        assert one.inputs["stringData"][SIG]
        assert "hunter2" not in json.dumps({key: value for key, value in one.inputs.items() if key != "stringData"})
    for one in of_type(plugin, PLUGIN_TYPE):
        assert one.inputs["spec"]["imagePullSecret"].startswith("registry-"), "a mark of the content follows"
        assert set(one.dependencies) & set(made), "the Secret is there before its plugin"


def test_pull_secret_of_another_stack_belongs_to_the_stack(plugin: Plugin, fleet: Any) -> None:
    foreign = {
        "name": "registry", "urn": "urn:pulumi:prod::catalogue::mesh-wasm:index:PullSecret::registry",
        "dockerConfigJson": secret('{"auths":{"registry.acme.io":{}}}'),
    }  # fmt: skip
    extension = {**DEFINITION, "pullSecret": foreign}
    good(plugin.construct("IngressGatewayAttachment", "edge", gateway(fleet, extension)))
    assert [(one.parent, one.name) for one in of_type(plugin, SECRET_TYPE)] == [
        ("", "registry-east-edge"),
        ("", "registry-west-edge"),
    ]


def test_definition_that_is_not_known_yet_is_attached_with_its_secret(plugin: Plugin, fleet: Any) -> None:
    """The first preview of a team's stack before the catalogue exists: which objects exist is visible all the same."""
    item = {
        "extension": output(known=False, secret=True),
        "fqn": FQN,
        "pullSecret": {"name": "registry", "dockerConfigJson": secret("{}")},
    }
    good(plugin.construct("IngressGatewayAttachment", "edge", gateway(fleet, extensions=[item])))
    assert [one.name for one in of_type(plugin, PLUGIN_TYPE)] == ["edge-east-acl", "edge-west-acl"]
    assert len(of_type(plugin, SECRET_TYPE)) == 2
    for one in of_type(plugin, PLUGIN_TYPE):
        assert one.inputs["metadata"]["name"] == "shop-acl-88a8a2"


def test_newer_definition_is_refused(plugin: Plugin, fleet: Any) -> None:
    answer = plugin.construct("IngressGatewayAttachment", "edge", gateway(fleet, {**DEFINITION, "version": 2}))
    assert answer.paths == ["extensions[0].extension.version"]


# Options


def test_options_reach_the_component_and_its_children(process: Plugin, plugin: Plugin, fleet: Any) -> None:
    parent = plugin.monitor.urn("", "team:index:Platform", "shop")
    earlier = plugin.monitor.urn("", "a:b:C", "earlier")
    answer = good(
        plugin.construct(
            "IngressGatewayAttachment", "edge", gateway(fleet), parent=parent, protect=True, after=[earlier]
        )
    )
    component = plugin.monitor.resources[answer.urn]
    assert (component.parent, component.request.protect) == (parent, True)
    children = of_type(plugin, PLUGIN_TYPE)
    assert [one.parent for one in children] == [answer.urn] * 2
    assert all(one.request.protect and earlier in one.dependencies for one in children)


@pytest.mark.parametrize(("secret_kept", "told"), [(True, []), (False, ["MW812"])])
def test_plugins_that_outlive_their_secret_are_told(
    process: Plugin, plugin: Plugin, fleet: Any, secret_kept: bool, told: list[str]
) -> None:
    """The pull secret was another Construct call, of which only its URN comes here."""
    before = len(process.engine.messages)
    args = {"registry": "registry.acme.io", "username": "puller", "password": secret("hunter2")}
    registry = good(plugin.construct("PullSecret", "registry", args, retainOnDelete=secret_kept))
    item = {"extension": DEFINITION, "pullSecret": registry.state["definition"]}
    answer = good(
        plugin.construct("IngressGatewayAttachment", "edge", gateway(fleet, extensions=[item]), retainOnDelete=True)
    )
    found = [one for one in process.engine.messages[before:] if "MW812" in one.text]
    assert [one.text[-6:-1] for one in found] == told
    assert all(one.urn == answer.urn and one.text.startswith("retainOnDelete: ") for one in found)
