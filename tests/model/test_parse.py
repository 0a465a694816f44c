"""Reading documents: every problem at once, in the user's spelling, and a model to go on with."""

from __future__ import annotations

from mesh_wasm.findings.finding import format_path
from mesh_wasm.model.extension import CatalogueEntry, WasmExtension
from mesh_wasm.model.parse import parse
from mesh_wasm.model.plugin import WasmPluginSpec
from mesh_wasm.values.deferred import INVALID, Deferred


def test_every_field_of_the_istio_reference() -> None:
    document = {
        "selector": {"matchLabels": {"istio": "ingressgateway"}},
        "url": "oci://h/a:1",
        "sha256": "a" * 64,
        "imagePullPolicy": "IfNotPresent",
        "imagePullSecret": "s",
        "verificationKey": "k",
        "pluginConfig": {"Some_key": {"b": [1, None, {"C": True}]}},
        "pluginName": "n",
        "phase": "ASM_ROUTER",
        "priority": -5,
        "failStrategy": "FAIL_RELOAD",
        "vmConfig": {"env": [{"name": "A", "valueFrom": "INLINE", "value": "x"}, {"name": "B", "valueFrom": "HOST"}]},
        "match": [{"mode": "CLIENT", "ports": [{"number": 80}]}],
        "type": "NETWORK",
    }
    parsed = parse(WasmPluginSpec, document)
    assert not parsed.findings
    assert parsed.value.wire() == document


def test_every_field_of_the_tsb_reference() -> None:
    document = {
        "fqn": "organizations/org/extensions/wasm-auth",
        "displayName": "d",
        "allowedIn": ["organizations/org/tenants/tenant1"],
        "image": "oci://docker.io/example/my-wasm-extension:1.0",
        "url": "oci://docker.io/example/my-wasm-extension:1.0",
        "source": "https://github.com/example/wasm-extension",
        "description": "d",
        "phase": "AUTHZ",
        "priority": 1000,
        "config": {"some_key": "some_value"},
        "imagePullPolicy": "Always",
        "imagePullSecret": "s",
        "vmConfig": {"env": [{"name": "A", "valueFrom": "INLINE", "value": "x"}]},
        "match": {"mode": "SERVER"},
    }
    parsed = parse(WasmExtension, document)
    assert not parsed.findings
    assert parsed.value.wire() == document


def test_snake_case_is_read_and_camel_case_written() -> None:
    parsed = parse(CatalogueEntry, {"fqn": "f", "image_pull_policy": "Always", "vm_config": {"env": []}})
    assert not parsed.findings
    assert parsed.value.wire() == {"fqn": "f", "imagePullPolicy": "Always", "vmConfig": {"env": []}}


def test_all_problems_at_once_in_the_users_spelling() -> None:
    document = {
        "priorty": 3,
        "phase": "AUTHX",
        "match": [{"mode": "SERVER", "ports": [{"number": 70000}, {"num": 3}]}],
        "vm_config": {"env": [{"name": 3, "value_from": "HOST"}, {"value_from": "X"}]},
        "priority": 2**40,
        "plugin_config": [1],
        "selector": {"matchLabels": {"a.b/c": 5}},
    }
    parsed = parse(WasmPluginSpec, document)
    assert {(finding.rule, format_path(finding.path)) for finding in parsed.findings} == {
        ("MW101", "url"),
        ("MW102", "priorty"),
        ("MW104", "phase"),
        ("MW105", "match[0].ports[0].number"),
        ("MW101", "match[0].ports[1].number"),
        ("MW102", "match[0].ports[1].num"),
        ("MW103", "vm_config.env[0].name"),
        ("MW101", "vm_config.env[1].name"),
        ("MW104", "vm_config.env[1].value_from"),
        ("MW105", "priority"),
        ("MW103", "plugin_config"),
        ("MW103", 'selector.matchLabels["a.b/c"]'),
    }
    assert parsed.value.url is INVALID
    assert parsed.value.phase is INVALID


def test_misspelt_fields_are_recognized_in_either_spelling() -> None:
    for document in (
        {"vmConfig": {"env": [{"name": "A", "valueForm": "HOST"}]}},
        {"vm_config": {"env": [{"name": "A", "value_form": "HOST"}]}},
    ):
        (finding,) = parse(WasmPluginSpec, {"url": "x", **document}).findings
        assert "did you mean 'value" in finding.message
    (finding,) = parse(WasmPluginSpec, {"url": "x", "vm_config": {"envs": 1, "colour": 2}}).findings[1:]
    assert finding.fix == "Known fields: env."


def test_the_document_is_not_changed() -> None:
    document = {"url": "oci://x/y", "priority": "1", "nope": {"a": 1}}
    parse(WasmPluginSpec, document)
    assert document == {"url": "oci://x/y", "priority": "1", "nope": {"a": 1}}


def test_whole_numbers() -> None:
    good = parse(WasmPluginSpec, {"url": "x", "priority": 7.0})
    assert good.value.priority == 7
    assert isinstance(good.value.priority, int)
    for value in (7.5, True, "7", None):
        findings = parse(WasmPluginSpec, {"url": "x", "priority": value}).findings
        assert bool(findings) is (value is not None), value


def test_values_are_never_shown_by_type_errors() -> None:
    (finding,) = parse(WasmPluginSpec, {"url": ["hunter2"]}).findings
    assert "hunter2" not in str(finding)


def test_no_object_at_all() -> None:
    for document in (None, 3, "x", [1], True):
        parsed = parse(WasmPluginSpec, document)
        assert [finding.rule for finding in parsed.findings] == ["MW103"]
        assert parsed.value.url is INVALID


class _Later(Deferred):
    def map(self, fn: object) -> Deferred:
        return self


def test_deferred_leaves_pass_at_every_level() -> None:
    late = _Later()
    document = {
        "url": late,
        "match": [late, {"ports": late}],
        "vmConfig": late,
        "selector": {"matchLabels": {"a": late}},
    }
    parsed = parse(WasmPluginSpec, document)
    assert not parsed.findings
    assert parsed.value.wire() == document
    assert repr(late) == "<deferred>"
