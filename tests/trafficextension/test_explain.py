"""Explaining TrafficExtensions: one order with WasmPlugins, scripts, twins, and what a switch of kind looks like."""

from __future__ import annotations

from typing import Any

from mesh_wasm.chains.chain import chains
from mesh_wasm.chains.member import Member, read_member
from mesh_wasm.explain import differences
from mesh_wasm.explain import report as explain
from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.sources.source import Source
from mesh_wasm.values.enums import PluginKind
from mesh_wasm.values.marks import UNKNOWN_MARK

SELECTOR = {"matchLabels": {"app": "shop"}}
URL = "oci://registry.acme.io/filters/acl:1.4.2"


def plugin(name: str, **spec: Any) -> Member:
    return _member(name, {"selector": SELECTOR, "url": URL, **spec}, PluginKind.WASM_PLUGIN)


def extension(name: str, **spec: Any) -> Member:
    if "lua" not in spec:
        spec = {"wasm": {"url": URL}, **spec}
    return _member(name, {"selector": SELECTOR, **spec}, PluginKind.TRAFFIC_EXTENSION)


def _member(name: str, spec: dict[str, Any], kind: PluginKind) -> Member:
    return read_member(Cluster(name="east"), {"name": name, "namespace": "edge"}, spec, kind=kind)


def source(*members: Member) -> Source:
    return Source("test", members, ("east",))


def test_one_order() -> None:
    members = [
        extension("c", phase="AUTHN", priority=3),
        plugin("b", phase="AUTHN", priority=5),
        extension("d", phase="UNSPECIFIED", priority=9),
        plugin("e", phase="STATS"),
        extension("a", phase="STATS", priority=-1),
        extension("n", phase="AUTHZ", wasm={"url": URL, "type": "NETWORK"}),
    ]
    (chain,) = chains(members)
    assert [member.name for member in chain.plugins] == ["n", "b", "c", "a", "e", "d"]


def test_a_tie_across_kinds_is_shown_in_istiods_order_of_names() -> None:
    """What istiod puts behind the names of WasmPlugins takes part: a WasmPlugin a is compared as a~…"""
    (chain,) = chains([plugin("a", priority=1), extension("a-b", priority=1), extension("a.b", priority=1)])
    assert [member.name for member in chain.plugins] == ["a-b", "a.b", "a"]
    (chain,) = chains([extension("a", priority=1), plugin("a-b", priority=1)])
    assert [member.kind.value for member in chain.plugins] == ["TrafficExtension", "WasmPlugin"]
    (chain,) = chains([plugin("a", priority=1), extension("a-b", priority=1), extension("a.b", priority=1)])
    tied = {step.member.name: step.tied for step in chain.http if step.member is not None}
    assert tied["a"] == ("a-b", "a.b")


def test_a_script_is_told_by_its_mark_only() -> None:
    code = "function envoy_on_request(h) h:headers():add('x', 'secret-ish') end"
    told = explain(source(extension("mark", lua={"inlineCode": code})))
    one = told["plugins"]["east/edge/mark"]
    assert one["url"] is not None
    assert one["url"].startswith("Lua script ")
    assert one["failStrategy"] == "FAIL_OPEN"
    assert one["configKeys"] == []
    assert "secret-ish" not in str(told)
    assert one["why"].startswith("It is a TrafficExtension of its own;")


def test_a_switch_of_kind_is_one_change_and_a_changed_script_another() -> None:
    before = explain(source(plugin("acl", priority=1)))
    after = explain(source(extension("acl", priority=1)))
    assert [(one["kind"], one["text"]) for one in differences(before, after) if "object" in one["text"]] == [
        ("behaviour", "object: WasmPlugin → TrafficExtension")
    ]
    assert "added" not in {one["kind"] for one in differences(before, after)}
    for one in before["plugins"].values():
        del one["kind"]  # as saved before there were two
    assert any("object: WasmPlugin" in one["text"] for one in differences(before, after))
    old = explain(source(extension("s", lua={"inlineCode": "x = 1"})))
    new = explain(source(extension("s", lua={"inlineCode": "x = 2"})))
    assert [one["kind"] for one in differences(old, new) if one["subject"] == "edge/s"] == ["version"]


def test_twins_both_stand_in_the_report() -> None:
    told = explain(source(extension("acl", priority=1), plugin("acl", priority=2)))
    assert set(told["plugins"]) == {"east/edge/acl", "east/edge/acl (TrafficExtension)"}
    assert told["plugins"]["east/edge/acl"]["kind"] == "WasmPlugin"
    assert [one["rule"] for one in told["findings"]] == ["MW280"]


def test_what_a_plan_may_not_show_is_undecided() -> None:
    hidden = extension("x", wasm=UNKNOWN_MARK, priority=1)
    assert hidden.undecided == ("type",)
    assert explain(source(hidden))["plugins"]["east/edge/x"]["url"] is None
