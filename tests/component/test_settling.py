"""Waivers and severities in a program: what weighs how much, and what the objects carry."""

from __future__ import annotations

from typing import Any

import pytest
from support.programs import PLUGIN_TYPE, extension_args, fleet, gateway_args, of_type, plugin_args

import mesh_wasm_pulumi as wasm
from mesh_wasm_pulumi.offline.run import Run, run_program

OPEN = {"fail_strategy": "FAIL_OPEN"}
WAIVER = "MW308 until 2999-12-31: the catalogue may be read by anybody"


def found(ran: Run, rule: str) -> list[tuple[str, str]]:
    return [(where, str(one.severity)) for where, one in ran.ledger.findings if one.rule == rule]


def program(**changes: Any) -> Any:
    def declare() -> None:
        acl = wasm.WasmExtension("acl", extension_args(**OPEN, **changes))
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet()))

    return declare


def test_without_a_waiver_it_is_a_warning() -> None:
    assert found(run_program(program()), "MW308") == [("acl", "warning")]


def test_a_waiver_of_an_extension() -> None:
    assert found(run_program(program(waivers=[WAIVER])), "MW308") == [("acl", "info")]


def test_an_expired_waiver_stops_the_component() -> None:
    ran = run_program(program(waivers=["MW308 until 2020-01-31: soon"]))
    assert found(ran, "MW902") == [("acl", "error")]
    assert found(ran, "MW308") == [("acl", "warning")]
    assert of_type(ran, PLUGIN_TYPE) == []


@pytest.mark.parametrize(
    ("waivers", "rule"),
    [
        (["MW308"], "MW901"),
        (["MW999 until 2999-12-31: x"], "MW904"),
        (["MW308 until 2999-13-31: x"], "MW901"),
        (["MW308 until 2999-12-31: "], "MW901"),
        ([7], "MW901"),
        (["MW104 until 2999-12-31: x"], "MW903"),
        (["MW502 until 2999-12-31: x"], "MW903"),
        (7, "MW103"),
    ],
)
def test_a_waiver_that_waives_nothing(waivers: Any, rule: str) -> None:
    assert found(run_program(program(waivers=waivers)), rule) == [("acl", "error")]


def test_an_error_can_be_waived_and_the_objects_say_so() -> None:
    waiver = "MW202 until 2999-12-31: a name that the vendor chose"

    def declare() -> None:
        env = {"env": [{"name": "a-b", "value": "x"}]}
        wasm.WasmPlugin("raw", {**plugin_args(fleet(), vm_config=env), "waivers": [waiver]})

    ran = run_program(declare)
    assert ran.failure is None
    assert found(ran, "MW202") == [("raw", "info")]
    objects = of_type(ran, PLUGIN_TYPE)
    assert [one.inputs["metadata"]["annotations"]["mesh-wasm/waive"] for one in objects] == [waiver, waiver]


def test_a_waiver_in_the_annotation_of_a_raw_plugin() -> None:
    def declare() -> None:
        annotated = {"namespace": "edge", "annotations": {"mesh-wasm/waive": WAIVER}}
        wasm.WasmPlugin("raw", plugin_args(fleet(), annotated, phase="AUTHZ", **OPEN))

    assert found(run_program(declare), "MW308") == [("raw", "info")]


def test_severities_from_the_configuration_of_the_stack() -> None:
    ran = run_program(program(), config={"mesh-wasm:severities": '{"MW308": "error"}'})
    assert found(ran, "MW308") == [("acl", "error")]
    assert of_type(ran, PLUGIN_TYPE) == []
    ran = run_program(program(), config={"mesh-wasm:severities": '{"MW308": "off"}'})
    assert found(ran, "MW308") == []


@pytest.mark.parametrize("text", ['{"MW999": "error"}', '{"MW104": "info"}', '{"MW308": "loud"}', "[]", "1", "{"])
def test_severities_that_cannot_be_set(text: str) -> None:
    ran = run_program(program(), config={"mesh-wasm:severities": text})
    assert ("acl", "error") in found(ran, "MW103")
    assert "Traceback" not in (ran.failure or "")
