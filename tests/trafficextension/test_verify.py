"""Verdicts on TrafficExtensions, from the dump of a true gateway and variations of it."""

from __future__ import annotations

from typing import Any

from verify.test_verify_judge import BOOTSTRAP, ECDS, LISTENERS, dump, filters, plugin

from mesh_wasm.fleet.istio_version import TRANSLATED
from mesh_wasm.values.marks import SECRET_MARK
from mesh_wasm.verify._agentlog import AgentLog
from mesh_wasm.verify.judge import Evidence, Status, Verdict, blind_spots, judge, unplanned
from mesh_wasm.verify.planned import Planned

LUA = "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua"
CODE = "function envoy_on_request(h) end"
SCRIPT = "extensions.istio.io/trafficextension/edge.mark"


def renamed(name: str) -> Any:
    """The plugin is a TrafficExtension there."""

    def change(configs: Any) -> None:
        for one in configs[ECDS]["ecds_filters"]:
            resource = one["ecds_filter"]
            if f"edge.{name}{TRANSLATED}" in resource["name"]:
                resource["name"] = resource["name"].removesuffix(TRANSLATED)
        for one in filters(configs):
            if f"edge.{name}{TRANSLATED}" in one["name"]:
                one["name"] = one["name"].removesuffix(TRANSLATED)

    return change


def scripted(code: str = CODE) -> Any:
    def change(configs: Any) -> None:
        source = {"inline_string": code}
        typed = {"@type": LUA, "default_source_code": source}
        filters(configs).insert(0, {"name": SCRIPT, "typed_config": typed})

    return change


def refused(configs: Any) -> None:
    details = (
        'Error adding/updating listener(s) 0.0.0.0_8080: script load error: [string "function envoy_on_request(h '
        "h:headers() end\"]:1: ')' expected near 'h'\n"
    )
    state = {
        "failed_configuration": {"name": "0.0.0.0_8080"},
        "last_update_attempt": "2026-11-26T20:00:00.000Z",
        "details": details,
    }
    listeners = configs[LISTENERS]["dynamic_listeners"]
    listeners[0] |= {"name": "0.0.0.0_8080", "error_state": state}  # as Envoy tells it: twice, once without its name
    listeners.append({"error_state": state})


def as_extension(one: Planned) -> Planned:
    return Planned(one.cluster, one.namespace, one.name, one.spec, "TrafficExtension")


def script(code: str = CODE, **spec: Any) -> Planned:
    selector = {"matchLabels": {"app": "gw"}}
    form = {"selector": selector, "phase": "AUTHN", "priority": 99, "lua": {"inlineCode": code}, **spec}
    return Planned("east", "edge", "mark", form, "TrafficExtension")


def verdict(one: Planned, proxy: Any) -> Verdict:
    (found,) = judge([one], Evidence(proxy))
    return found


def test_the_kind_counts() -> None:
    """A WasmPlugin of the name is not the TrafficExtension that the plan has."""
    planned = as_extension(plugin())
    assert verdict(planned, dump(renamed("aa"))).status is Status.LOADED
    assert verdict(planned, dump()).status is Status.ABSENT
    assert unplanned([planned], dump()) == ["edge/aa", "edge/bb", "edge/cc"]
    assert verdict(plugin(), dump(renamed("aa"))).status is Status.ABSENT
    assert "TrafficExtension edge/aa" in unplanned([plugin()], dump(renamed("aa")))


def test_logs_and_statistics_tell_the_kinds_apart() -> None:
    line = "2026-11-26T20:00:00.000000Z critical Unable to create Wasm plugin {}\n"
    both = line.format("edge.aa") + line.format(f"edge.aa{TRANSLATED}")
    assert set(AgentLog.read(both, "TrafficExtension").refusals) == {"edge/aa", "TrafficExtension edge/aa"}
    assert set(AgentLog.read(line.format("edge.aa")).refusals) == {"edge/aa"}
    older = dump(lambda configs: configs[BOOTSTRAP]["bootstrap"]["node"]["metadata"].update(ISTIO_VERSION="1.29.2"))
    assert (older.plain_kind, dump().plain_kind) == ("WasmPlugin", "TrafficExtension")


def test_a_script_needs_no_module() -> None:
    assert verdict(script(), dump(scripted())).status is Status.LOADED


def test_another_script_is_different_and_not_shown() -> None:
    found = verdict(script("function envoy_on_response(h) end"), dump(scripted()))
    assert (found.status, found.reason) == (Status.DIFFERENT, "It runs with another lua.inlineCode than the plan's.")
    hidden = verdict(script(SECRET_MARK), dump(scripted()))
    assert hidden.status is Status.LOADED


def test_a_script_in_the_place_of_a_module() -> None:
    wasm = Planned("east", "edge", "mark", {**plugin().spec, "priority": 99}, "TrafficExtension")
    assert verdict(wasm, dump(scripted())).reason == "It runs with another module (it is a Lua script) than the plan's."


def test_the_order_is_one() -> None:
    late = script(phase="STATS")
    found = {one.plugin.key: one.status for one in judge([plugin(), late], Evidence(dump(scripted())))}
    assert found["TrafficExtension edge/mark"] is Status.MISPLACED


def test_a_listener_that_envoy_refuses_is_why_something_is_not_there() -> None:
    found = verdict(script("function envoy_on_request(h h:headers() end"), dump(refused))
    assert found.status is Status.FAILED
    assert "script load error: line 1: ')' expected near 'h'." in found.reason
    assert "function envoy_on_request" not in found.reason
    later = verdict(as_extension(plugin("later")), dump(refused))
    assert later.status is Status.FAILED
    assert "Lua script of a TrafficExtension" in later.fix


def test_what_runs_is_still_loaded_but_later_changes_are_not_seen() -> None:
    proxy = dump(refused)
    evidence = Evidence(proxy, started=frozenset({"edge/aa"}))
    (found,) = judge([plugin()], evidence)
    assert found.status is Status.LOADED
    spots = list(blind_spots([plugin()], evidence))
    since = "any later change of listener 0.0.0.0_8080: Envoy refuses it since 2026-11-26T20:00:00.000Z"
    assert sum(since in one for one in spots) == 1
    assert not any("Envoy refuses it" in one for one in blind_spots([plugin()], Evidence(dump())))


def test_scripts_have_no_date_that_could_be_compared_with_a_crash() -> None:
    log = AgentLog.read("2020-01-01T00:00:00.000Z\tFunction: proxy_on_request failed: Uncaught RuntimeError")
    assert log.crashed
    assert not any("trapped" in one for one in blind_spots([script()], Evidence(dump(scripted()), log)))
