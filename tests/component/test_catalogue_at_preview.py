"""The catalogue speaks at preview, too: one finding of each family, where the user wrote what is meant."""

from __future__ import annotations

from typing import Any

import pytest
from support.programs import PLUGIN_TYPE, extension_args, fleet, gateway_args, group_args, of_type, plugin_args

import mesh_wasm_pulumi as wasm
from mesh_wasm.findings.finding import format_path
from mesh_wasm_pulumi.offline.run import Run, run_program


def on_gateway(extension: dict[str, Any], facts: dict[str, Any] | None = None, **changes: Any) -> Run:
    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args(**extension))
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet(**(facts or {})), **changes))

    return run_program(program)


def told(ran: Run, rule: str) -> list[tuple[str, str, str]]:
    return [(where, str(one.severity), format_path(one.path)) for where, one in ran.ledger.findings if one.rule == rule]


@pytest.mark.parametrize(
    ("extension", "rule", "severity", "path"),
    [
        ({"image": "oci://registry.acme.io/acl"}, "MW302", "warning", "image"),
        ({"image": "oci://registry.acme.io/acl:latest"}, "MW302", "warning", "image"),
        ({"image": "oci://registry.acme.io/acl:1"}, "MW303", "info", "image"),
        ({"image": None, "url": "http://files.acme.io/acl.wasm"}, "MW305", "warning", "url"),
        ({"sha256": "ab" * 32}, "MW304", "error", "sha256"),
        ({"config": {"password": "c0rrect-h0rse"}}, "MW307", "warning", "config.password"),
        ({"config": {"account": 2**53 + 1}}, "MW210", "error", "config.account"),
        ({"fail_strategy": "FAIL_OPEN"}, "MW308", "warning", "fail_strategy"),
        ({"image_pull_policy": "Always"}, "MW216", "info", "image_pull_policy"),
        ({"image_pull_secret": "other/name"}, "MW215", "error", "image_pull_secret"),
        (
            {"vm_config": {"env": [{"name": "TENANT", "value_from": "HOST"}]}},
            "MW213",
            "info",
            "vm_config.env[0].name",
        ),
    ],
)
def test_on_the_extension(extension: dict[str, Any], rule: str, severity: str, path: str) -> None:
    ran = on_gateway(extension)
    assert told(ran, rule) == [("acl", severity, path)]
    assert bool(of_type(ran, PLUGIN_TYPE)) is (severity != "error")


def test_on_the_attachment() -> None:
    ran = on_gateway({}, {"istio_version": "1.24"}, clusters=None)
    assert told(ran, "MW605") == [("edge", "warning", "extensions[0].extension.phase")]
    ran = on_gateway({}, workload_selector={"namespace": "edge", "labels": {"app": "a b"}})
    assert told(ran, "MW217") == [("edge", "error", "workload_selector.labels.app")]
    ran = on_gateway({}, {"istio_version": "1.18"}, extensions=None)
    assert told(ran, "MW101")


def test_on_a_group_in_the_root_namespace() -> None:
    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args())
        here = fleet(namespaces=["edge", "istio-system"])
        wasm.SecurityGroupAttachment("all", group_args(acl, here, namespace_selector=["*/istio-system"]))

    ran = run_program(program)
    assert [(where, severity) for where, severity, _ in told(ran, "MW404")] == [("all", "warning")]
    assert of_type(ran, PLUGIN_TYPE)


def test_on_a_raw_plugin() -> None:
    def program() -> None:
        here = fleet(istio_version="1.26")
        changes = {"selector": None, "fail_strategy": "FAIL_RELOAD", "verification_key": "k"}
        wasm.WasmPlugin("raw", plugin_args(here, **changes))

    ran = run_program(program)
    assert told(ran, "MW403") == [("raw", "warning", "spec")]
    assert told(ran, "MW602") == [("raw", "error", "spec.fail_strategy")]
    assert told(ran, "MW209") == [("raw", "warning", "spec.verification_key")]


def test_an_honest_program_hears_no_warning() -> None:
    ran = on_gateway({})
    assert [str(one) for _, one in ran.ledger.findings] == []
