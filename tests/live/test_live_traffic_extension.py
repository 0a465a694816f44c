"""TrafficExtensions on a true gateway: one order with WasmPlugins, Lua and what stops it, switching under load."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from mesh.api import Object
from mesh.cluster import Cluster
from mesh.proxy import Response
from mesh.registry import USER, Registry

import mesh_wasm_pulumi as wasm
from mesh_wasm.findings.finding import Finding
from mesh_wasm.lint import lint
from mesh_wasm.yaml.file import Document, Spot
from mesh_wasm_pulumi.cli import main

from .stage import KINDS, TRAFFIC_EXTENSION, Extension, Load, MakeStage, Modules, Stage, chain, names, until

pytestmark = pytest.mark.live

ADDS = "function envoy_on_response(h) h:headers():add('x-lua', 'ran') end"
BROKEN = "function envoy_on_request(h h:headers() end"
RAISES = "function envoy_on_request(h) local nothing = nil; nothing:call() end"
NO_HOOK = "function on_request(h) h:respond({[':status'] = '418'}, '') end"
FAILS_AT_LOAD = "error('at load')\nfunction envoy_on_request(h) end"


def extension(stage: Stage, name: str, **spec: Any) -> Object:
    return stage.object("TrafficExtension", name, **spec)


def create(stage: Stage, *objects: Object) -> None:
    for obj in objects:
        stage.clusters[0].api.apply(obj).accepted()


def delete(stage: Stage, *objects: Object) -> None:
    for obj in objects:
        stage.clusters[0].api.delete(*KINDS[obj["kind"]], obj["metadata"]["name"], stage.namespace).accepted()


def refused(stage: Stage) -> list[str]:
    """What Envoy says of listeners that it refuses."""
    (dump,) = [one for one in stage.proxy.config_dump()["configs"] if one["@type"].endswith("ListenersConfigDump")]
    return [one["error_state"]["details"] for one in dump.get("dynamic_listeners", ()) if one.get("error_state")]


def wait_for(what: Callable[[], Any], said: str, timeout: float = 30) -> Any:
    deadline = time.monotonic() + timeout
    while not (found := what()):
        assert time.monotonic() < deadline, f"{said} did not come about"
        time.sleep(0.05)
    return found


def said(obj: Object) -> list[Finding]:
    return [one.finding for one in lint([Document(obj, "x.yaml", 0, Spot(1))]).findings]


def verify(stage: Stage, folder: Path, objects: list[Object]) -> str:
    place = folder / stage.clusters[0].name / stage.namespace
    place.mkdir(parents=True, exist_ok=True)
    for obj in objects:
        (place / f"{obj['kind']}-{obj['metadata']['name']}.yaml").write_text(yaml.safe_dump(obj))
    return CliRunner().invoke(main, ["verify", str(folder), "--proxy", stage.proxy.admin]).output


def test_both_kinds_run_in_the_one_order_that_explain_draws(stage: Stage, modules: Modules, tmp_path: Path) -> None:
    """Priorities across kinds, equal ones by creation, and Envoy's list is explain's, line by line."""
    url = stage.registry.push("filters/kinds", modules("v1")).url
    create(stage, *stage.istio_policies(), stage.pull_secret())

    def spec(kind: str, name: str, phase: str, priority: int) -> Object:
        module = {"url": url, "imagePullSecret": "pull", "pluginConfig": {"name": name}}
        placed = {"phase": phase, "priority": priority}
        return stage.object(kind, name, **placed, **(module if kind == "WasmPlugin" else {"wasm": module}))

    objects = [
        spec("WasmPlugin", "w5", "AUTHN", 5),
        spec("TrafficExtension", "t7", "AUTHN", 7),
        spec("TrafficExtension", "t3", "AUTHN", 3),
        spec("WasmPlugin", "w0", "AUTHZ", 0),
        spec("TrafficExtension", "tm", "AUTHZ", -1),
        spec("TrafficExtension", "ts", "STATS", 1),
        extension(stage, "lua", phase="STATS", priority=2, lua={"inlineCode": ADDS}),
        spec("WasmPlugin", "wu", "UNSPECIFIED_PHASE", 1),
        spec("TrafficExtension", "tu", "UNSPECIFIED", 9),
    ]
    create(stage, *objects)
    order = ["t7", "w5", "t3", "w0", "tm", "ts", "tu", "wu"]
    answer = until(
        stage.proxy, lambda answer: names(answer) == order and "x-lua" in answer.headers, f"the order {order}"
    )
    assert answer.headers["x-lua"] == "ran"
    told = verify(stage, tmp_path, objects)
    assert told.splitlines()[-1] == "1 proxy: 9 loaded", told
    plugins = [name for name in stage.http_filters() if not name.startswith("envoy.")]
    assert plugins == ["t7", "w5", "t3", "w0", "tm", "lua", "ts", "tu", "wu"]
    done = CliRunner().invoke(main, ["explain", str(tmp_path), "--format", "json"])
    (workload,) = json.loads(done.stdout)["clusters"][0]["workloads"]
    assert [step["name"] for step in workload["http"] if "plugin" in step] == plugins


def test_equally_old_ones_of_equal_priority_run_by_name_across_kinds(stage: Stage, modules: Modules) -> None:
    """What istiod puts behind a WasmPlugin's name takes part: the TrafficExtension a-b runs before the WasmPlugin a."""
    url = stage.registry.push("filters/equal", modules("v1")).url
    create(stage, stage.pull_secret())
    module = {"url": url, "imagePullSecret": "pull"}
    for _ in range(5):  # both in one second of the clock
        pair = [
            stage.object("WasmPlugin", "a", phase="AUTHN", priority=1, **module, pluginConfig={"name": "a"}),
            extension(stage, "a-b", phase="AUTHN", priority=1, wasm={**module, "pluginConfig": {"name": "a-b"}}),
        ]
        create(stage, *pair)
        api = stage.clusters[0].api
        born = {
            one["metadata"]["creationTimestamp"] for kind in KINDS.values() for one in api.list(*kind, stage.namespace)
        }
        if len(born) == 1:
            break
        delete(stage, *pair)
    assert len(born) == 1
    until(stage.proxy, lambda answer: names(answer) == ["a-b", "a"], "the order of names")


def test_twins_both_run(stage: Stage, modules: Modules) -> None:
    url = stage.registry.push("filters/twins", modules("v1")).url
    module = {"url": url, "imagePullSecret": "pull", "pluginConfig": {"name": "acl"}}
    create(stage, stage.pull_secret(), stage.object("WasmPlugin", "acl", phase="AUTHN", priority=1, **module))
    until(stage.proxy, lambda answer: names(answer) == ["acl"], "the WasmPlugin")
    create(stage, extension(stage, "acl", phase="AUTHN", priority=1, wasm=module))
    until(stage.proxy, lambda answer: names(answer) == ["acl", "acl"], "both")


def test_lua_that_cannot_be_parsed_holds_up_every_change(stage: Stage, modules: Modules, tmp_path: Path) -> None:
    """Accepted by the API server and the webhook; what ran before goes on, and nothing that comes later does."""
    url = stage.registry.push("filters/held-up", modules("v1")).url
    module = {"url": url, "imagePullSecret": "pull"}
    first = stage.object("WasmPlugin", "first", phase="AUTHN", priority=9, **module, pluginConfig={"name": "first"})
    create(stage, stage.pull_secret(), first)
    until(stage.proxy, lambda answer: names(answer) == ["first"], "the plugin")
    broken = extension(stage, "broken", lua={"inlineCode": BROKEN}, priority=1)
    assert [one.rule for one in said(broken) if one.is_error] == ["MW281"]
    create(stage, broken)
    details = wait_for(lambda: refused(stage), "the refusal")[-1]
    (finding,) = [one for one in said(broken) if one.is_error]
    assert finding.message.rpartition("line 1: ")[2].rstrip(".") in details  # LuaJIT's own words, in both

    later = stage.object("WasmPlugin", "later", phase="AUTHN", priority=5, **module, pluginConfig={"name": "later"})
    create(stage, later)
    time.sleep(4)
    assert names(stage.proxy.get()) == ["first"]
    told = verify(stage, tmp_path, [first, later, broken])
    assert "2 failed" in told, told
    assert "script load error" in told
    assert BROKEN not in told
    delete(stage, broken)
    until(stage.proxy, lambda answer: names(answer) == ["first", "later"], "what was held up")
    wait_for(lambda: not refused(stage), "the end of the refusal")


def test_lua_that_fails_while_it_is_loaded_holds_up_changes_too(stage: Stage) -> None:
    """Envoy runs the script's own statements when it loads it; that, no preview runs."""
    create(stage, extension(stage, "loads", lua={"inlineCode": FAILS_AT_LOAD}, priority=1))
    details = wait_for(lambda: refused(stage), "the refusal")[-1]
    assert "at load" in details
    assert [one for one in said(extension(stage, "loads", lua={"inlineCode": FAILS_AT_LOAD})) if one.is_error] == []


def test_lua_fails_open(stage: Stage) -> None:
    """A request on which the script raises passes, in a phase that decides, too."""
    create(stage, extension(stage, "adds", phase="STATS", lua={"inlineCode": ADDS}, priority=1))
    until(stage.proxy, lambda answer: "x-lua" in answer.headers, "the script")
    create(stage, extension(stage, "raises", phase="AUTHZ", lua={"inlineCode": RAISES}, priority=1))
    wait_for(lambda: "raises" in stage.http_filters(), "the failing script in the chain")
    answer = stage.proxy.get()
    assert (answer.status, answer.headers["x-lua"]) == (200, "ran")
    assert "attempt to index local 'nothing'" in stage.proxy.log


def test_lua_without_a_hook_is_never_called(stage: Stage) -> None:
    until(stage.proxy, lambda answer: answer.status == 200, "the gateway")
    create(stage, extension(stage, "idle", phase="AUTHN", lua={"inlineCode": NO_HOOK}, priority=1))
    wait_for(lambda: "idle" in stage.http_filters(), "the script in the chain")
    assert stage.proxy.get().status == 200


def filtered(load: Load) -> Counter[int]:
    """How many requests passed the filter how often."""
    return Counter(len(chain(one)) for one in load.answers if isinstance(one, Response))


def kinds_there(stage: Stage) -> set[str]:
    return {kind for kind, place in KINDS.items() if stage.clusters[0].api.list(*place, stage.namespace)}


def runs_as(stage: Stage, kind: str) -> bool:
    """Whether the plugins of the chain are of that kind, all of them."""
    told = [one for one in stage.filter_names() if "trafficextension/" in one]
    translated = [one for one in told if one.endswith("~istio-translated-wasmplugin")]
    return bool(told) and (not translated if kind == TRAFFIC_EXTENSION[1] else translated == told)


EMITTED = ("TrafficExtension", "WasmPlugin", "TrafficExtension")


@pytest.mark.parametrize("policy", ["IfNotPresent", "Always"])
def test_switching_the_kind_leaves_no_request_unfiltered(
    stage: Stage, modules: Modules, figures: Counter[str], policy: str
) -> None:
    """Create, then delete, as the resource graph has it: a request passes the filter once or twice, and never not."""
    image = stage.registry.push(f"filters/switched-{policy.lower()}", modules("v1"))
    url = image.url if policy == "IfNotPresent" else image.tagged
    one = Extension("switched", url, more={"image_pull_policy": policy})
    stage.deploy(stage.gateway_program(one))
    until(stage.proxy, lambda answer: names(answer) == ["switched"], "the plugin")
    before = stage.filter_names()
    with Load(stage.proxy) as load:
        for emit in EMITTED:
            stage.deploy(stage.gateway_program(one, emit=emit))
            assert kinds_there(stage) == {emit}
            wait_for(lambda: runs_as(stage, emit), f"the {emit} in the chain")  # noqa: B023
            load.wait_for_more()
    assert load.failed == []
    passed = filtered(load)
    assert passed[0] == 0, passed
    assert set(passed) <= {1, 2}
    figures["requests while kinds were switched"] += passed.total()
    figures["of them unfiltered"] += passed[0]
    figures["of them filtered twice"] += passed[2]
    assert set(before) != set(stage.filter_names())  # other names: EnvoyFilters and statistics have to follow


def test_with_both_there_every_request_passes_twice(stage: Stage, modules: Modules) -> None:
    """However long the update takes between creating and deleting, or is interrupted there: nothing passes unfiltered."""
    image = stage.registry.push("filters/both", modules("v1"))
    one = Extension("both", image.url)
    stage.deploy(stage.gateway_program(one))
    until(stage.proxy, lambda answer: names(answer) == ["both"], "the plugin")
    with Load(stage.proxy) as load:
        stage.apply(
            stage.clusters[0], stage.plan(stage.gateway_program(one, emit="TrafficExtension"))[stage.clusters[0].name]
        )
        until(stage.proxy, lambda answer: names(answer) == ["both", "both"], "both kinds")
        load.wait_for_more(200)
        stage.deploy(stage.gateway_program(one, emit="TrafficExtension"))
        until(stage.proxy, lambda answer: names(answer) == ["both"], "one kind")
        load.wait_for_more()
    assert load.failed == []
    assert filtered(load)[0] == 0
    assert filtered(load)[2] >= 200


def test_the_other_way_round_lets_requests_pass_unfiltered(stage: Stage, modules: Modules) -> None:
    """Why the order matters: deleted first, the filter is away until the new object has arrived."""
    image = stage.registry.push("filters/wrong-way", modules("v1"))
    one = Extension("wrong", image.url)
    program = stage.gateway_program(one)
    stage.deploy(program)
    until(stage.proxy, lambda answer: names(answer) == ["wrong"], "the plugin")
    with Load(stage.proxy) as load:
        delete(stage, *[obj for obj in stage.plan(program)[stage.clusters[0].name] if obj["kind"] in KINDS])
        until(stage.proxy, lambda answer: names(answer) == [], "the chain without the plugin")
        stage.deploy(stage.gateway_program(one, emit="TrafficExtension"))
        until(stage.proxy, lambda answer: names(answer) == ["wrong"], "the extension")
    assert filtered(load)[0] > 0


def test_a_raw_traffic_extension_of_a_program_runs(stage: Stage, modules: Modules) -> None:
    image = stage.registry.push("filters/raw-extension", modules("v1"))

    def program() -> None:
        secret = wasm.PullSecret(
            "live-registry", {"registry": stage.registry.host, "username": USER, "password": stage.registry.password}
        )
        module: Any = {"url": image.url, "plugin_config": {"name": "raw"}}
        spec: Any = {"selector": {"match_labels": stage.labels}, "phase": "AUTHN", "priority": 3, "wasm": module}
        where = {"namespace": stage.namespace}
        fleet = stage.fleet()
        wasm.TrafficExtension("raw", {"metadata": where, "spec": spec, "fleet": fleet, "pull_secret": secret})
        lua: Any = {"selector": {"match_labels": stage.labels}, "lua": {"inline_code": ADDS}}
        wasm.TrafficExtension("lua", {"metadata": where, "spec": lua, "fleet": fleet})

    stage.deploy(program)
    until(stage.proxy, lambda answer: names(answer) == ["raw"] and "x-lua" in answer.headers, "both")


@pytest.mark.parametrize("policy", ["IfNotPresent", "Always"])
def test_a_registry_that_does_not_answer_while_kinds_are_switched(
    make_stage: MakeStage, cluster: Cluster, modules: Modules, figures: Counter[str], policy: str
) -> None:
    """The proxy has the module. Where it asks again all the same, it goes on with the old chain until it gives up asking."""
    with Registry.start(f"slow-{policy.lower()}") as registry:
        stage = make_stage(cluster, registry=registry)
        image = registry.push("filters/slow", modules("v1"))
        url = image.url if policy == "IfNotPresent" else image.tagged  # what is pinned by digest is never pulled again
        one = Extension("slow", url, more={"image_pull_policy": policy})
        stage.deploy(stage.gateway_program(one))
        until(stage.proxy, lambda answer: names(answer) == ["slow"], "the plugin")
        with Load(stage.proxy) as load:
            with registry.paused():
                stage.deploy(stage.gateway_program(one, emit="TrafficExtension"))
                time.sleep(5)
                arrived = runs_as(stage, "TrafficExtension")
                load.wait_for_more()
            until(stage.proxy, lambda _: runs_as(stage, "TrafficExtension"), "the TrafficExtension")
            load.wait_for_more()
        assert arrived or policy == "Always"
        assert load.failed == []
        assert filtered(load)[0] == 0
        figures["requests while kinds were switched"] += filtered(load).total()
