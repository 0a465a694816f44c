"""The two forms of one meaning: what istiod makes of a WasmPlugin by itself, and the way back."""

from __future__ import annotations

from typing import Any

import pytest

from mesh_wasm.model.parse import parse
from mesh_wasm.model.plugin import WasmPluginSpec
from mesh_wasm.model.traffic_extension import (
    WASM_FIELDS,
    TrafficExtensionSpec,
    as_plugin,
    extension_form,
    extension_path,
    plugin_form,
    written_form,
)
from mesh_wasm.values.deferred import INVALID, Deferred, known

PLUGIN: dict[str, Any] = {
    "selector": {"matchLabels": {"app": "shop"}},
    "phase": "AUTHZ",
    "priority": 0,
    "match": [{"mode": "CLIENT"}],
    "url": "oci://registry.acme.io/acl:1",
    "sha256": "ab" * 32,
    "imagePullPolicy": "Always",
    "imagePullSecret": "registry",
    "verificationKey": "k",
    "pluginConfig": {"phase": "AUTHN"},
    "pluginName": "acl",
    "failStrategy": "FAIL_OPEN",
    "vmConfig": {"env": [{"name": "A", "value": "b"}]},
    "type": "NETWORK",
}


class Later(Deferred):
    """A deferred value of which a test knows what it will be."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def map(self, fn: Any) -> Deferred:
        return Later(fn(self.value))


def test_every_field_has_its_place_and_comes_back() -> None:
    there = extension_form(PLUGIN)
    assert set(there) == {"selector", "phase", "priority", "match", "wasm"}
    assert set(there["wasm"]) == set(WASM_FIELDS)
    assert plugin_form(there) == PLUGIN
    assert parse(TrafficExtensionSpec, there, wire=True).findings == ()
    assert set(PLUGIN) | {"targetRef", "targetRefs"} == {
        info.alias for info in WasmPluginSpec.model_fields.values()
    }  # no field of a WasmPlugin is forgotten here


def test_the_phase_without_a_name_is_spelt_otherwise() -> None:
    assert extension_form({"url": "x", "phase": "UNSPECIFIED_PHASE"})["phase"] == "UNSPECIFIED"
    assert plugin_form({"wasm": {"url": "x"}, "phase": "UNSPECIFIED"})["phase"] == "UNSPECIFIED_PHASE"


def test_the_one_reference_becomes_a_list_of_one_as_istiod_does_it() -> None:
    reference = {"kind": "Service", "name": "shop"}
    assert extension_form({"url": "x", "targetRef": reference}) == {"targetRefs": [reference], "wasm": {"url": "x"}}


def test_a_script_has_no_module() -> None:
    script = {"lua": {"inlineCode": "x = 1"}, "priority": 3}
    assert plugin_form(script) == script
    assert extension_form(script) == script
    spec = as_plugin(parse(TrafficExtensionSpec, script, wire=True).value)
    assert (spec.priority, spec.url, spec.fail_strategy) == (3, INVALID, None)


def test_deferred_leaves_stay_leaves() -> None:
    url, phase = Later("oci://x/y:1"), Later("UNSPECIFIED_PHASE")
    there = extension_form({"url": url, "phase": phase, "priority": 1})
    assert there["wasm"]["url"] is url
    assert there["priority"] == 1
    assert there["phase"].value == "UNSPECIFIED"
    whole = extension_form(Later({"url": "u", "phase": "AUTHN"}))
    assert whole.value == {"phase": "AUTHN", "wasm": {"url": "u"}}
    back = plugin_form({"priority": 1, "wasm": Later({"url": "u"})})
    assert (back["url"].value, back["type"].value, back["priority"]) == ("u", None, 1)


def test_only_a_traffic_extension_is_written_otherwise() -> None:
    assert written_form("WasmPlugin", PLUGIN) is PLUGIN
    assert "url" not in written_form("TrafficExtension", PLUGIN)


@pytest.mark.parametrize(
    ("path", "moved"),
    [
        (("url",), ("wasm", "url")),
        (("vmConfig", "env", 0), ("wasm", "vmConfig", "env", 0)),
        (("phase",), ("phase",)),
        (("match", 0, "ports"), ("match", 0, "ports")),
        ((), ()),
    ],
)
def test_paths_move_with_their_fields(path: tuple[str | int, ...], moved: tuple[str | int, ...]) -> None:
    assert extension_path(path) == moved


def test_the_plugin_that_means_the_same_has_all_fields() -> None:
    spec = as_plugin(parse(TrafficExtensionSpec, extension_form(PLUGIN), wire=True).value)
    same = parse(WasmPluginSpec, PLUGIN, wire=True).value
    assert spec == same
    assert known(spec.vm_config) == known(same.vm_config)
