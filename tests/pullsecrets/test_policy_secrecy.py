"""Policy messages show no secret: neither for what mesh-wasm registers, nor for Secrets that a program writes by hand."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from policy.analyzer import SECRET, Pack, hidden
from support.programs import extension_args, fleet, gateway_args, run

import mesh_wasm_pulumi as wasm
from mesh_wasm_pulumi.policy import POLICIES

from .canary import CANARY, seen_in
from .test_secrecy import SOURCES, config

TEXTS = [text for source in SOURCES.values() if isinstance(text := source.get("docker_config_json"), str)]
EVERYTHING = {policy.name: "mandatory" for policy in POLICIES}


def told(said: Any) -> str:
    return "\n".join(f"{one.rule}: {one.message}" for one in said)


@pytest.mark.parametrize("source", SOURCES)
def test_of_our_own_components(source: str) -> None:
    def program() -> None:
        registry = wasm.PullSecret("registry", SOURCES[source])  # type: ignore[arg-type]  # wrong on purpose
        acl = wasm.WasmExtension("acl", extension_args(pull_secret=registry))
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet()))

    assert seen_in(told(Pack(EVERYTHING).of_run(run(program, preview=False)))) == []


@pytest.mark.parametrize("marked", [True, False], ids=["secret", "plain"])
@pytest.mark.parametrize("field", ["data", "stringData"])
@pytest.mark.parametrize("text", TEXTS)
def test_of_a_secret_by_hand(text: str, field: str, marked: bool) -> None:
    value = base64.b64encode(text.encode()).decode() if field == "data" else text
    props = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "regcred", "namespace": "edge"},
        "type": "kubernetes.io/dockerconfigjson",
        field: {".dockerconfigjson": hidden(value) if marked else value},
    }
    assert seen_in(told(Pack(EVERYTHING).of(SECRET, props))) == []


def test_something_is_said_at_all() -> None:
    props = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "type": "kubernetes.io/dockerconfigjson"}
    said = Pack(EVERYTHING).of(SECRET, {**props, "stringData": {".dockerconfigjson": config(auth=CANARY)}})
    assert "MW802" in told(said)
