"""Reading single TSB documents: who they are, what is ours in them, and what is wrong with it."""

from __future__ import annotations

from typing import Any

import pytest

from mesh_wasm.findings.finding import format_path
from mesh_wasm.tsb import kind_of, read_resource

from .documents import (
    ACL,
    ALL,
    EXTENSION,
    GATEWAY_GROUP,
    INGRESS,
    SECURITY_GROUP,
    SETTING,
    TENANT,
    WORKSPACE,
    WORKSPACE_FQN,
    changed,
    gitops,
)

FQNS = [
    (EXTENSION, ACL),
    (WORKSPACE, WORKSPACE_FQN),
    (GATEWAY_GROUP, f"{WORKSPACE_FQN}/gatewaygroups/edge"),
    (SECURITY_GROUP, f"{WORKSPACE_FQN}/securitygroups/services"),
    (INGRESS, f"{WORKSPACE_FQN}/gatewaygroups/edge/ingressgateways/gw"),
    (changed(INGRESS, "kind", "EgressGateway"), f"{WORKSPACE_FQN}/gatewaygroups/edge/egressgateways/gw"),
    (changed(INGRESS, "kind", "Tier1Gateway"), f"{WORKSPACE_FQN}/gatewaygroups/edge/tier1gateways/gw"),
    (
        changed(changed(INGRESS, "kind", "Gateway"), "spec.extension"),
        f"{WORKSPACE_FQN}/gatewaygroups/edge/unifiedgateways/gw",
    ),
    (SETTING, f"{WORKSPACE_FQN}/securitygroups/services/settings/default"),
]


@pytest.mark.parametrize(("document", "fqn"), FQNS, ids=lambda value: value["kind"] if isinstance(value, dict) else "")
@pytest.mark.parametrize("form", ["tctl", "gitops", "spec.fqn", "lower-case key"])
def test_every_kind_in_every_form(document: dict[str, Any], fqn: str, form: str) -> None:
    if form == "gitops":
        document = gitops(document)
    elif form == "spec.fqn":
        document = changed(changed(document, "metadata", {"resourceVersion": "1"}), "spec.fqn", fqn)
        document["spec"]["etag"] = '"x="'
    elif form == "lower-case key":
        document = {("apiversion" if key == "apiVersion" else key): value for key, value in document.items()}
    resource = read_resource(document)
    assert resource is not None
    assert str(resource.fqn) == fqn
    assert [finding for finding in resource.findings if finding.is_error] == []


@pytest.mark.parametrize(
    "document",
    [
        {"apiVersion": "networking.istio.io/v1", "kind": "Gateway"},
        {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway"},
        {"apiVersion": "gateway.xcp.tetrate.io/v2", "kind": "Tier1Gateway"},
        {"apiVersion": "traffic.tsb.tetrate.io/v2", "kind": "Group"},
        {"apiVersion": "extensions.istio.io/v1alpha1", "kind": "WasmPlugin"},
        {"kind": "WasmExtension"},
        {},
        [],
        "text",
        None,
        7,
    ],
)
def test_other_documents_are_passed_over(document: object) -> None:
    assert kind_of(document) is None
    assert read_resource(document) is None


def said(document: dict[str, Any]) -> list[str]:
    resource = read_resource(document)
    assert resource is not None
    return [f"{format_path(f.path)}: {f.message}" for f in resource.findings if f.is_error]


@pytest.mark.parametrize(
    ("document", "says"),
    [
        # who it is
        (changed(EXTENSION, "metadata"), ["metadata: a TSB resource needs its metadata."]),
        (changed(EXTENSION, "metadata.name"), ["metadata.name: the resource has no name."]),
        (
            changed(INGRESS, "metadata.group"),
            ["metadata.group: nothing says which group this IngressGateway belongs to."],
        ),
        (changed(EXTENSION, "metadata.organization", 7), ["metadata.organization: the organization must be a name"]),
        (changed(EXTENSION, "metadata.name", "a/b"), ["metadata.name: the name must be a name"]),
        (
            changed(EXTENSION, "metadata.annotations", {"tsb.tetrate.io/organization": "other"}),
            ["metadata.annotations[\"tsb.tetrate.io/organization\"]: the organization is 'other' here and 'acme'"],
        ),
        (
            changed(EXTENSION, "spec.fqn", "organizations/acme/extensions/other"),
            ["spec.fqn: the name is 'other' here and 'acl' elsewhere"],
        ),
        (
            changed(EXTENSION, "apiVersion", "extension.tsb.tetrate.io/v1"),
            ["apiVersion: 'extension.tsb.tetrate.io/v1' is"],
        ),
        (changed(EXTENSION, "spec", []), ["spec: the spec must be an object."]),
        # an extension is read whole
        (changed(EXTENSION, "spec.phse", "AUTHN"), ["spec.phse: there is no field 'phse' here; did you mean 'phase'?"]),
        (changed(EXTENSION, "spec.sha256", "a" * 64), ["spec.sha256: there is no field 'sha256' here"]),
        (changed(EXTENSION, "spec.phase", "AUTZ"), ["spec.phase: 'AUTZ' is not one of"]),
        (changed(EXTENSION, "spec.phase", "ASM_ROUTER"), ["spec.phase: ASM_ROUTER is a phase of Alibaba ASM"]),
        (changed(EXTENSION, "spec.priority", 2**31), ["spec.priority: 2147483648 is out of range"]),
        (changed(EXTENSION, "spec.image"), ["spec.image: this field is required"]),
        (changed(EXTENSION, "spec.match", [{"mode": "CLIENT"}]), ["spec.match: expected"]),
        (
            changed(EXTENSION, "spec.vmConfig", {"env": [{"name": "1A", "valueFrom": "INLINE", "value": "x"}]}),
            ["spec.vmConfig.env[0].name: "],
        ),
        # of gateways and settings, only what is ours
        (changed(INGRESS, "spec.http", "nonsense that TSB judges"), []),
        (changed(INGRESS, "spec.extensions", [{"fqn": ACL}]), ["spec.extensions: there is no field 'extensions' here"]),
        (
            changed(INGRESS, "spec.wasmPlugins", [{"fqn": ACL}]),
            ["spec.wasmPlugins: there is no field 'wasmPlugins' here"],
        ),
        (changed(INGRESS, "spec.workloadselector", {}), ["spec.workloadselector: there is no field"]),
        (changed(INGRESS, "spec.extension", {"fqn": ACL}), ["spec.extension: expected a list, got an object."]),
        (changed(INGRESS, "spec.extension", [{"config": {}}]), ["spec.extension[0].fqn: this field is required."]),
        (
            changed(INGRESS, "spec.extension", [{"fqn": ACL, "matches": []}]),
            ["spec.extension[0].matches: there is no field 'matches' here; did you mean 'match'?"],
        ),
        (
            changed(INGRESS, "spec.workloadSelector", {"namespace": "", "labels": {}, "x": 1}),
            ["spec.workloadSelector.namespace: ", "spec.workloadSelector.x: there is no field"],
        ),
        (changed(SETTING, "spec.wasmPlugins", []), ["spec.wasmPlugins: there is no field"]),
        (changed(SECURITY_GROUP, "spec.namespaceSelector", {"name": []}), ["spec.namespaceSelector.name"]),
        (
            changed(SECURITY_GROUP, "spec.namespaceSelector", {"names": [1]}),
            ["spec.namespaceSelector.names[0]: expected"],
        ),
    ],
)
def test_what_is_said(document: dict[str, Any], says: list[str]) -> None:
    got = said(document)
    assert len(got) >= len(says)
    assert bool(got) == bool(says)
    for sentence in says:
        assert any(one.startswith(sentence) for one in got), got


def test_protobuf_s_own_spelling_is_read_too() -> None:
    document = changed(INGRESS, "spec.workload_selector", INGRESS["spec"]["workloadSelector"])
    resource = read_resource(changed(document, "spec.workloadSelector"))
    assert resource is not None
    assert resource.findings == ()
    assert resource.workload_selector is not None
    unified = changed(
        changed(changed(INGRESS, "kind", "Gateway"), "spec.extension"), "spec.wasm_plugins", [{"fqn": ACL}]
    )
    read = read_resource(unified)
    assert read is not None
    assert [one.fqn for listing in read.lists for one in listing.items] == [ACL]


def test_config_is_the_plugin_s_own() -> None:
    resource = read_resource(changed(EXTENSION, "spec.config", {"snake_case": {"fqn": 1}, "camelCase": None}))
    assert resource is not None
    assert resource.extension is not None
    assert resource.extension.config == {"snake_case": {"fqn": 1}, "camelCase": None}
    assert str(TENANT) not in [f.message for f in resource.findings]


@pytest.mark.parametrize("document", ALL, ids=lambda document: document["kind"])
def test_no_shape_is_a_traceback(document: dict[str, Any]) -> None:
    for key in ("metadata", "spec", "apiVersion"):
        for value in (None, 7, "text", [], [1], {}, {"a": None}, True):
            read_resource(changed(document, key, value))
    for key in document["spec"]:
        for value in (None, 7, "text", [], [1], [None], {}, {"a": None}, {"names": 7}, True):
            read_resource(changed(document, f"spec.{key}", value))
