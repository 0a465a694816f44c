"""What a plugin's filter is called, by the version of Istio."""

from __future__ import annotations

import pytest

from mesh_wasm.fleet.istio_version import FilterName, Version, compared_name, version_of

TRANSLATED = "extensions.istio.io/trafficextension/edge.acl~istio-translated-wasmplugin"


@pytest.mark.parametrize(
    ("version", "kind", "name"),
    [
        ((1, 25), "WasmPlugin", "extenstions.istio.io/wasmplugin/edge.acl"),
        ((1, 26), "WasmPlugin", "extensions.istio.io/wasmplugin/edge.acl"),
        ((1, 29), "WasmPlugin", "extensions.istio.io/wasmplugin/edge.acl"),
        ((1, 30), "WasmPlugin", TRANSLATED),
        (None, "WasmPlugin", TRANSLATED),
        (None, "TrafficExtension", "extensions.istio.io/trafficextension/edge.acl"),
    ],
)
def test_a_filters_name_is_written_and_read(version: Version | None, kind: str, name: str) -> None:
    """Up to 1.25 it is misspelt, as istiod writes it."""
    filter_name = FilterName(kind, "edge", "acl")
    assert filter_name.resource(version) == name
    assert FilterName.of_resource(name) == filter_name
    assert filter_name.key == ("edge/acl" if kind == "WasmPlugin" else "TrafficExtension edge/acl")


def test_a_name_of_a_namespace_ends_at_the_first_dot() -> None:
    assert FilterName.of_plugin("edge.acl.v1~istio-translated-wasmplugin").key == "edge/acl.v1"


@pytest.mark.parametrize("name", ["envoy.filters.http.router", "envoy.filters.http.wasm", ""])
def test_other_filters_are_nobodys(name: str) -> None:
    assert FilterName.of_resource(name) is None


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("1.27.9", (1, 27)),
        ("v1.30", (1, 30)),
        ("1.31-alpha.0123abcd", (1, 31)),
        ("unknown", None),
        ("", None),
        (None, None),
    ],
)
def test_a_version_is_read_as_proxies_and_inventories_write_it(text: str | None, version: Version | None) -> None:
    assert version_of(text) == version


def test_a_traffic_extension_is_compared_by_its_own_name() -> None:
    assert compared_name("acl", None, "TrafficExtension") == compared_name("acl", (1, 29)) == "acl"
