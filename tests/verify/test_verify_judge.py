"""Verdicts, from the dump of a true gateway (aa: AUTHN 10, cc: AUTHN 7, bb: AUTHN 5) and variations of it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mesh_wasm.verify._agentlog import AgentLog
from mesh_wasm.verify._proxydump import DumpError, read_dump
from mesh_wasm.verify.judge import Evidence, Status, Verdict, blind_spots, judge, unplanned
from mesh_wasm.verify.planned import Planned

DUMP = json.loads((Path(__file__).parent / "gateway.json").read_text())
BOOTSTRAP, ECDS, LISTENERS = 0, 2, 4
AA = "576c4cc8dfe2c26aeb315e76ec969a1b0f84e4ab2b264e33385518f946703141"
RBAC = "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC"
REGISTRY = "oci://127.0.0.1:15999/filters"

Change = Callable[[Any], None]


def plugin(name: str = "aa", priority: int | None = 10, **changes: Any) -> Planned:
    spec: dict[str, Any] = {
        "selector": {"matchLabels": {"app": "gw"}},
        "url": "file:///not/compared" if name != "aa" else URL,
        "phase": "AUTHN",
        "pluginConfig": {"m": name[0]},
        **({} if priority is None else {"priority": priority}),
    }
    if name == "aa":
        env = [{"name": "A", "value": "one"}, {"name": "HOSTVAR", "valueFrom": "HOST"}]
        spec["vmConfig"] = {"env": env}
    spec |= changes
    return Planned("east", "edge", name, {key: value for key, value in spec.items() if value is not None})


def dump(*changes: Change) -> Any:
    made = copy.deepcopy(DUMP)
    for change in changes:
        change(made["configs"])
    return read_dump(json.dumps(made))


def filters(configs: Any) -> list[Any]:
    found: list[Any] = configs[LISTENERS]["dynamic_listeners"][0]["active_state"]["listener"]["filter_chains"][0][
        "filters"
    ]
    http: list[Any] = found[0]["typed_config"]["http_filters"]
    return http


def entry(configs: Any, name: str) -> Any:
    (found,) = [one for one in configs[ECDS]["ecds_filters"] if f"edge.{name}~" in one["ecds_filter"]["name"]]
    return found


def substitute(name: str, *, allow: bool) -> Change:
    rules = {} if allow else {"rules": {}}

    def change(configs: Any) -> None:
        entry(configs, name)["ecds_filter"]["typed_config"] = {
            "@type": RBAC,
            **rules,
            "rules_stat_prefix": "wasm-default",
        }

    return change


def unfetched(configs: Any) -> None:
    configs[ECDS]["ecds_filters"].remove(entry(configs, "aa"))


def no_listener(configs: Any) -> None:
    configs[LISTENERS]["dynamic_listeners"] = []


def warming(configs: Any) -> None:
    unfetched(configs)
    listener = configs[LISTENERS]["dynamic_listeners"][0]
    listener["warming_state"] = listener.pop("active_state")


def swapped(configs: Any) -> None:
    chain = filters(configs)
    chain[0], chain[1] = chain[1], chain[0]


def without(configs: Any) -> None:
    filters(configs).pop(0)


def verdict(planned: Planned, *changes: Change, log: str | None = None, started: set[str] | None = None) -> Verdict:
    evidence = Evidence(
        dump(*changes),
        None if log is None else AgentLog.read(log),
        None if started is None else frozenset(started),
    )
    others = [plugin("cc", 7), plugin("bb", 5)]
    (found,) = [one for one in judge([planned, *others], evidence) if one.plugin is planned]
    return found


def _url() -> str:
    """The recorded registry's URL is known by its hash only, so the module is one that a file:// URL names."""
    code = entry(DUMP["configs"], "aa")["ecds_filter"]["typed_config"]["config"]["vm_config"]["code"]
    return f"file://{code['local']['filename']}"


URL = _url()


@pytest.mark.parametrize(
    ("planned", "changes", "status", "says"),
    [
        (plugin(), [], Status.LOADED, ""),
        (plugin(url="oci://registry.acme.io/other"), [], Status.DIFFERENT, "module"),
        (plugin(pluginConfig={"m": "z"}), [], Status.DIFFERENT, "pluginConfig (m)"),
        (plugin(pluginConfig={"m": "a", "more": 1}), [], Status.DIFFERENT, "pluginConfig (more)"),
        (plugin(pluginConfig={}), [], Status.DIFFERENT, "pluginConfig (as a whole)"),
        (plugin(pluginConfig={"m": "<secret>"}), [], Status.LOADED, ""),
        (plugin(vmConfig=None), [], Status.DIFFERENT, "vmConfig.env"),
        (plugin(failStrategy="FAIL_OPEN"), [], Status.DIFFERENT, "failStrategy"),
        (plugin(pluginName="root"), [], Status.DIFFERENT, "pluginName"),
        (plugin(), [swapped], Status.LOADED, ""),
        (plugin(priority=6), [], Status.MISPLACED, "before edge/cc"),
        (plugin(priority=None), [], Status.MISPLACED, "before edge/cc, edge/bb"),
        (plugin(phase="AUTHZ"), [], Status.MISPLACED, "before edge/cc, edge/bb"),
        (plugin(), [without], Status.ABSENT, "in none of its chains"),
        (plugin(match=[{"mode": "SERVER"}]), [without], Status.ABSENT, "CLIENT on port"),
        (plugin(match=[{"ports": [{"number": 1}]}]), [without], Status.ABSENT, "CLIENT on port"),
        (plugin(), [no_listener], Status.PENDING, "no HTTP listener"),
        (plugin(), [unfetched], Status.PENDING, "not handed its module to Envoy yet."),
        (plugin(), [warming], Status.PENDING, "takes no requests until then"),
        (plugin(), [substitute("aa", allow=False)], Status.FAILED, "denied with 403"),
        (plugin(), [substitute("aa", allow=True)], Status.FAILED, "requests pass without it"),
    ],
)
def test_verdicts(planned: Planned, changes: list[Change], status: Status, says: str) -> None:
    found = verdict(planned, *changes)
    assert (found.status, says in found.reason) == (status, True), found
    assert bool(found.reason) == bool(found.fix) == (status is not Status.LOADED)


def test_the_one_that_was_overtaken_is_not_blamed() -> None:
    found = {one.plugin.name: one.status for one in judge([plugin(), plugin("cc", 7)], Evidence(dump(swapped)))}
    assert found["aa"] is Status.LOADED
    assert found["cc"] is Status.MISPLACED


UNFETCHED = "error in converting the wasm config to local: cannot fetch Wasm module {}. applying deny RBAC filter"


@pytest.mark.parametrize(
    ("log", "says"),
    [
        (UNFETCHED.format("{url}: no such host"), "no such host"),
        (UNFETCHED.format("edge.aa~istio-translated-wasmplugin: missing secret"), "missing secret"),
        (UNFETCHED.format("edge.bb~istio-translated-wasmplugin: missing secret"), "does not say why"),
        ("nothing of use", "does not say why"),
    ],
)
def test_the_log_has_the_reason(log: str, says: str) -> None:
    found = verdict(plugin(), substitute("aa", allow=False), log=log.format(url=URL))
    assert says in found.reason


LINE = (
    "{stamp}\twarning\tenvoy config\tdelta config rejected: "
    "Unable to create Wasm plugin edge.aa~istio-translated-wasmplugin\tthread=1"
)
JSON_LINE = '{{"level":"warn","time":"{stamp}","msg":"rejected: Unable to create Wasm plugin edge.aa"}}'


@pytest.mark.parametrize("line", [LINE, JSON_LINE])
@pytest.mark.parametrize(
    ("stamp", "status"),
    [("2026-11-22T11:00:00.000000Z", Status.LOADED), ("2026-11-22T23:59:59.1Z", Status.FAILED)],
)
def test_a_refusal_counts_only_if_it_is_of_what_the_dump_shows(line: str, stamp: str, status: Status) -> None:
    """Refused, mended, accepted: the log still holds the refusal."""
    assert verdict(plugin(), log=line.format(stamp=stamp)).status is status


def test_a_module_that_never_started_has_no_statistics() -> None:
    assert verdict(plugin(), started={"edge/bb"}).status is Status.FAILED
    assert verdict(plugin(), started={"edge/aa"}).status is Status.LOADED


@pytest.mark.parametrize(
    ("changes", "judged"),
    [
        ({}, True),
        ({"selector": None}, True),
        ({"selector": {"matchLabels": {"app": "other"}}}, False),
        ({"selector": None, "targetRefs": [{"kind": "Gateway", "name": "gw"}]}, False),
    ],
)
def test_only_plugins_that_select_the_proxy_are_judged(changes: dict[str, Any], judged: bool) -> None:
    assert bool(judge([plugin(**changes)], Evidence(dump(without)))) is judged


def test_what_runs_though_the_plan_does_not_select_the_proxy_is_different() -> None:
    (found,) = judge([plugin(selector={"matchLabels": {"app": "other"}})], Evidence(dump()))
    assert (found.status, "do not reach this proxy" in found.reason) == (Status.DIFFERENT, True)


def test_network_filters_stand_in_a_section_of_their_own() -> None:
    """As Envoy has it where a proxy runs plugins of both types: neither hides the other."""

    def parted(configs: Any) -> None:
        moved = entry(configs, "cc")
        configs[ECDS]["ecds_filters"].remove(moved)
        configs.insert(ECDS + 1, {"@type": configs[ECDS]["@type"], "ecds_filters": [moved]})

    planned = [plugin(), plugin("cc", 7, match=None)]
    assert [one.status for one in judge(planned, Evidence(dump(parted)))].count(Status.PENDING) == 0


def waypoint(configs: Any) -> None:
    """The gateway's chain as that of a Service in a waypoint; true waypoints are in tests/live/test_live_waypoint.py."""
    node = configs[BOOTSTRAP]["bootstrap"]["node"]
    node["id"] = node["id"].replace("router~", "waypoint~")
    listener = configs[LISTENERS]["dynamic_listeners"][0]
    listener["name"] = "main_internal"
    listener["active_state"]["listener"]["filter_chains"][0]["name"] = "inbound-vip|80|http|cart.edge.svc.cluster.local"


def aimed_at(name: str, kind: str = "Service", **changes: Any) -> Planned:
    return plugin(**{"selector": None, "targetRefs": [{"kind": kind, "name": name}], **changes})


def test_no_selector_reaches_a_waypoint() -> None:
    assert judge([plugin()], Evidence(dump(without, waypoint))) == []


@pytest.mark.parametrize(
    ("aimed", "changes", "status"),
    [
        (aimed_at("cart"), [], Status.LOADED),
        (aimed_at("cart"), [without], Status.ABSENT),
        (aimed_at("cart", match=[{"mode": "SERVER"}]), [], Status.LOADED),
        (aimed_at("of-unknown-host", "ServiceEntry"), [], Status.LOADED),
        (aimed_at("of-unknown-host", "ServiceEntry"), [without], None),
        (aimed_at("car"), [without], None),
        (aimed_at("car"), [], Status.DIFFERENT),
    ],
    ids=["served", "gone", "its traffic", "of some host", "of no host", "not served", "runs elsewhere"],
)
def test_a_waypoint_is_asked_for_what_is_aimed_at_its_services(
    aimed: Planned, changes: list[Change], status: Status | None
) -> None:
    """Its chains tell the hosts; whose ServiceEntry a host is they do not, so that is judged only where it runs."""
    found = judge([aimed], Evidence(dump(*changes, waypoint)))
    assert [one.status for one in found] == [status] * (status is not None)


@pytest.mark.parametrize("match", [[{"mode": "CLIENT"}], [{"ports": [{"number": 80}]}]], ids=["mode", "ports"])
def test_http_of_a_waypoint_is_server_and_has_no_port(match: list[Any]) -> None:
    (found,) = judge([aimed_at("cart", match=match)], Evidence(dump(without, waypoint)))
    assert (found.status, found.reason) == (
        Status.ABSENT,
        "Its match takes none of the proxy's traffic (SERVER without a port).",
    )


def test_a_gateway_of_the_gateway_api_is_selected_by_reference() -> None:
    def labelled(configs: Any) -> None:
        labels = configs[BOOTSTRAP]["bootstrap"]["node"]["metadata"]["LABELS"]
        labels["gateway.networking.k8s.io/gateway-name"] = "gw"

    changes = {"selector": None, "targetRefs": [{"kind": "Gateway", "name": "gw"}]}
    assert [one.status for one in judge([plugin(**changes)], Evidence(dump(without, labelled)))] == [Status.ABSENT]


def test_other_namespaces_do_not_reach_the_proxy_but_the_root_does() -> None:
    spec = {"url": "oci://registry.acme.io/x", "priority": 0}
    planned = [Planned("east", namespace, "x", spec) for namespace in ("shop", "istio-system")]
    assert [one.plugin.namespace for one in judge(planned, Evidence(dump()))] == ["istio-system"]


def test_what_the_plan_does_not_know_is_told() -> None:
    assert unplanned([plugin(), plugin("bb")], dump()) == ["edge/cc"]


def test_what_cannot_be_seen_is_told() -> None:
    hidden = plugin(pluginConfig={"m": "<secret>"})
    spots = list(blind_spots([hidden], Evidence(dump())))
    assert ["refused one looks loaded" in spots[0], "edge/aa" in spots[1]] == [True, True]
    assert list(blind_spots([plugin()], Evidence(dump(), AgentLog.read(""), frozenset()))) == []


@pytest.mark.parametrize(("day", "told"), [("2026-11-22T23:00:00.5Z", True), ("2026-11-21T23:00:00.5Z", False)])
def test_a_crash_since_the_plugins_came_is_told(day: str, told: bool) -> None:
    line = (
        f"{day}\terror\tenvoy wasm wasm_vm.cc:38\tFunction: proxy_on_request_headers failed: Uncaught RuntimeError: x"
    )
    spots = list(blind_spots([plugin()], Evidence(dump(), AgentLog.read(line), frozenset())))
    assert [f"which plugin trapped at {day}" in spot for spot in spots] == [True] * told


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("no json", "no /config_dump"),
        ('{"configs": []}', "only a part"),
        (
            '{"configs": [{"@type": "x.BootstrapConfigDump"}, {"@type": "x.ListenersConfigDump"}]}',
            "Istio did not configure",
        ),
    ],
)
def test_what_is_no_dump_is_refused(text: str, says: str) -> None:
    with pytest.raises(DumpError, match=says):
        read_dump(text)


def test_names_of_older_istio_are_read_too() -> None:
    old = json.dumps(DUMP).replace("trafficextension/", "wasmplugin/").replace("~istio-translated-wasmplugin", "")
    assert [one.status for one in judge([plugin()], Evidence(read_dump(old)))] == [Status.LOADED]
