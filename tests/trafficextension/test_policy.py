"""The policy pack on TrafficExtensions, whoever declares them."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml
from policy.analyzer import PLUGIN, UNKNOWN, Pack

from mesh_wasm.findings.examples import EXTENSION_HEAD, GOOD, SCRIPT

EXTENSION = PLUGIN.replace("WasmPlugin", "TrafficExtension")
WASM = EXTENSION_HEAD + "  wasm: {url: 'oci://registry.example.com/filters/acl:1.4.2'}\n"


def made(text: str, **spec: Any) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(text)
    document["spec"] |= spec
    return document


def rules(said: Any) -> set[str]:
    return {one.rule for one in said if "decided at up" not in one.message}


def waiting(said: Any) -> set[str]:
    return {one.rule for one in said if "decided at up" in one.message}


@pytest.mark.parametrize("text", [WASM, SCRIPT])
def test_a_good_one(text: str) -> None:
    assert Pack().of(EXTENSION, made(text)) == []


@pytest.mark.parametrize(
    ("text", "spec", "rule"),
    [
        (WASM, {"wasm": {"url": "registry:5000/x"}}, "MW113"),
        (WASM, {"wasm": {"url": "oci://a/b:1", "failStrategy": "OPEN"}}, "MW104"),
        (WASM, {"phase": "UNSPECIFIED_PHASE"}, "MW104"),
        (WASM, {"lua": {"inlineCode": "function envoy_on_request(h) end"}}, "MW110"),
        (SCRIPT, {"lua": {"inlineCode": "function envoy_on_request(h"}}, "MW281"),
        (WASM, {"url": "oci://a/b:1"}, "MW102"),
    ],
)
def test_what_stops_an_update(text: str, spec: dict[str, Any], rule: str) -> None:
    assert rule in {one.rule for one in Pack().of(EXTENSION, made(text, **spec)) if one.stops}


def test_the_pack_can_be_told_the_version() -> None:
    said = Pack({"MW630": {"enforcementLevel": "mandatory", "istioVersion": "1.29"}}).of(EXTENSION, made(WASM))
    assert rules(said) == {"MW630"}
    assert Pack({"MW630": {"enforcementLevel": "mandatory", "istioVersion": "1.30"}}).of(EXTENSION, made(WASM)) == []


@pytest.mark.parametrize(
    ("text", "path", "waits", "decided"),
    [
        (WASM, ("wasm", "url"), {"MW113", "MW204"}, {"MW281", "MW111"}),
        (WASM, ("phase",), {"MW104", "MW308"}, {"MW113"}),
        (SCRIPT, ("lua", "inlineCode"), {"MW281", "MW283"}, {"MW113"}),
    ],
)
def test_an_unknown_value_is_never_a_silent_pass(
    text: str, path: tuple[str, ...], waits: set[str], decided: set[str]
) -> None:
    document = copy.deepcopy(made(text))
    here = document["spec"]
    for part in path[:-1]:
        here = here[part]
    here[path[-1]] = UNKNOWN
    said = Pack().of(EXTENSION, document)
    assert waits <= waiting(said)
    assert not decided & waiting(said)
    assert rules(said) == set()
    assert any(".".join(path) in one.message for one in said) or path == ("phase",) or path[0] == "lua"


def test_a_stack_tells_twins_and_ties_across_kinds() -> None:
    twin = made(WASM.replace("name: mark", "name: acl"), priority=7)
    said = Pack().of_stack((PLUGIN, made(GOOD), "a", "east"), (EXTENSION, twin, "b", "east"))
    assert {one.rule for one in said} == {"MW280"}
    said = Pack().of_stack((PLUGIN, made(GOOD), "a", "east"), (EXTENSION, made(WASM), "b", "east"))
    assert {one.rule for one in said} == {"MW706"}
    said = Pack().of_stack((PLUGIN, made(GOOD), "a", "east"), (EXTENSION, twin, "b", "west"))
    assert said == []


def test_two_of_one_object() -> None:
    said = Pack().of_stack((EXTENSION, made(WASM), "a", "east"), (EXTENSION, made(WASM), "b", "east"))
    assert "TrafficExtension edge/mark: metadata.name: it is written by a already." in next(iter(said)).message


def test_the_scheme_is_mended_where_it_stands() -> None:
    pack = Pack({"MW204": "remediate", "MW219": "remediate"})
    document = made(WASM, wasm={"url": "ghcr.io/acme/acl:1"})
    assert pack.remedied(EXTENSION, document)["spec"]["wasm"]["url"] == "oci://ghcr.io/acme/acl:1"
    assert Pack({"MW214": "remediate"}).remedied(EXTENSION, made(WASM, priority=None))["spec"]["priority"] == 0
