"""`mesh-wasm verify` says of true proxies what their requests show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from mesh.api import Object
from mesh.cluster import Cluster

from mesh_wasm_pulumi.cli import main

from .stage import PLUGIN, Extension, MakeStage, Modules, Stage, names, until

pytestmark = pytest.mark.live


def write(folder: Path, stage: Stage, plan: dict[str, list[Object]]) -> Path:
    """The plan as `plan --out` lays it out."""
    for cluster, objects in plan.items():
        place = folder / cluster / stage.namespace
        place.mkdir(parents=True, exist_ok=True)
        for obj in objects:
            if obj["kind"] == "WasmPlugin":
                (place / f"{obj['metadata']['name']}.yaml").write_text(yaml.safe_dump(obj))
    return folder


def verify(folder: Path, proxy: str, *options: str) -> tuple[int, dict[str, Any]]:
    """The exit code, and what is said."""
    run = CliRunner().invoke(main, ["verify", str(folder), "--proxy", proxy, "--format", "json", *options])
    assert run.exit_code in (0, 1), run.output
    return run.exit_code, json.loads(run.stdout)


def statuses(document: dict[str, Any]) -> dict[str, str]:
    (proxy,) = document["proxies"]
    return {one["name"].split("-")[1]: one["status"] for one in proxy["plugins"]}


def reason(document: dict[str, Any], name: str) -> str:
    (proxy,) = document["proxies"]
    (found,) = [one["reason"] for one in proxy["plugins"] if one["name"].split("-")[1] == name]
    return str(found)


def logged(stage: Stage, folder: Path) -> str:
    (folder / "proxy.log").write_text(stage.proxy.log)
    return f"{stage.proxy.admin},log={folder / 'proxy.log'}"


def test_what_runs_as_planned_is_loaded(
    make_stage: MakeStage, each_cluster: Cluster, modules: Modules, tmp_path: Path
) -> None:
    stage = make_stage(each_cluster)
    image = stage.registry.push("filters/verified", modules("v1"))
    env = {"env": [{"name": "A", "value_from": "INLINE", "value": "b"}, {"name": "HOME", "value_from": "HOST"}]}
    config = {"name": "one", "list": [1, 2.5, None, True], "empty": {}}
    program = stage.gateway_program(
        Extension("one", image.url, priority=2, config=config, more={"vm_config": env, "fail_strategy": "FAIL_OPEN"}),
        Extension("two", image.tagged, phase="STATS"),
    )
    stage.deploy(program)
    until(stage.proxy, lambda answer: names(answer) == ["one", "two"], "both plugins")
    plan = write(tmp_path / "plan", stage, stage.plan(program))

    assert verify(plan, stage.proxy.admin)[0] == 0
    assert statuses(verify(plan, stage.proxy.admin)[1]) == {"one": "loaded", "two": "loaded"}
    (tmp_path / "dump.json").write_text(json.dumps(stage.proxy.config_dump()))
    code, document = verify(plan, str(tmp_path / "dump.json"))
    assert (code, statuses(document)) == (0, {"one": "loaded", "two": "loaded"})
    assert "a refused one looks loaded" in document["proxies"][0]["notSeen"][0]


def test_what_is_not_as_planned_is_told(
    make_stage: MakeStage, each_cluster: Cluster, modules: Modules, tmp_path: Path
) -> None:
    """The cluster is changed behind the plan's back: order, configuration, match, and an object that is gone."""
    stage = make_stage(each_cluster)
    image = stage.registry.push("filters/drifted", modules("v1"))
    extensions = [Extension(name, image.url, priority=9 - i) for i, name in enumerate(["a", "b", "c", "d"])]
    program = stage.gateway_program(*extensions)
    plan = write(tmp_path, stage, stage.plan(program))
    stage.deploy(program)
    until(stage.proxy, lambda answer: names(answer) == ["a", "b", "c", "d"], "all plugins")

    cluster = stage.clusters[0]
    for plugin in stage.plan(program)[cluster.name]:
        if plugin["kind"] != "WasmPlugin":
            continue
        name = plugin["spec"]["pluginConfig"]["name"]
        if name == "a":
            plugin["spec"]["match"] = [{"mode": "SERVER"}]
        elif name == "b":
            plugin["spec"]["pluginConfig"]["name"] = "changed"
        elif name == "c":
            plugin["spec"]["priority"] = 1000
        else:
            cluster.api.delete(*PLUGIN, plugin["metadata"]["name"], stage.namespace).accepted()
            continue
        cluster.api.apply(plugin).accepted()
    until(stage.proxy, lambda answer: names(answer) == ["c", "changed"], "the changed chain")
    code, document = verify(plan, stage.proxy.admin)
    assert code == 1
    assert statuses(document) == {"a": "not there", "b": "different", "c": "in the wrong order", "d": "not there"}
    assert "pluginConfig (name)" in reason(document, "b")
    assert "changed" not in json.dumps(document)


@pytest.mark.parametrize("strategy", ["FAIL_CLOSE", "FAIL_OPEN"])
def test_what_the_agent_cannot_fetch_has_failed_with_its_reason(
    stage: Stage, modules: Modules, tmp_path: Path, strategy: str
) -> None:
    image = stage.registry.push("filters/unfetched", modules("v1"))
    program = stage.gateway_program(
        Extension("works", image.url, priority=3),
        Extension("gone", f"{image.url[:-8]}00000000", priority=2, more={"fail_strategy": strategy}),
        Extension("secret", image.url, priority=1, more={"fail_strategy": strategy, "image_pull_secret": "nowhere"}),
    )
    stage.deploy(program)
    status = 200 if strategy == "FAIL_OPEN" else 403
    until(stage.proxy, lambda answer: answer.status == status and names(answer) == ["works"], f"status {status}")
    code, document = verify(write(tmp_path, stage, stage.plan(program)), logged(stage, tmp_path))
    assert code == 1
    assert statuses(document) == {"works": "loaded", "gone": "failed", "secret": "failed"}
    assert "MANIFEST_UNKNOWN" in reason(document, "gone")
    assert "missing image pulling secret" in reason(document, "secret")
    effect = "requests pass without it" if strategy == "FAIL_OPEN" else "denied with 403"
    assert effect in reason(document, "gone")


@pytest.mark.parametrize("strategy", ["FAIL_CLOSE", "FAIL_OPEN", "FAIL_RELOAD"])
def test_a_module_that_envoy_refuses_has_failed_though_its_dump_shows_it(
    stage: Stage, modules: Modules, tmp_path: Path, strategy: str
) -> None:
    """New, it makes every request fail, whatever the strategy; as an update it leaves the old module running."""
    works = stage.registry.push("filters/works", modules("v1"))
    no_abi = stage.registry.push("filters/no-abi", b"\0asm\1\0\0\0")
    program = stage.gateway_program(
        Extension("updated", works.url, priority=2),
        Extension("new", no_abi.url, priority=1, more={"fail_strategy": strategy}),
    )
    stage.deploy(program)
    until(stage.proxy, lambda answer: answer.status == 500, "the failing request")
    code, document = verify(write(tmp_path / "1", stage, stage.plan(program)), stage.proxy.admin)
    assert (code, statuses(document)) == (1, {"updated": "loaded", "new": "failed"})

    update = stage.gateway_program(Extension("updated", no_abi.url, priority=2))
    stage.deploy(update)
    until(stage.proxy, lambda _: "updated" in _refused(stage), "the refusal")
    until(stage.proxy, lambda answer: names(answer) == ["updated"], "the old module, still at work")
    plan = write(tmp_path / "2", stage, stage.plan(update))
    code, document = verify(plan, stage.proxy.admin)
    assert (code, statuses(document)) == (0, {"updated": "loaded"})
    assert "refused an update" in document["proxies"][0]["notSeen"][0]
    code, document = verify(plan, logged(stage, tmp_path))
    assert (code, statuses(document)) == (1, {"updated": "failed"})


def _refused(stage: Stage) -> str:
    return "\n".join(line for line in stage.proxy.log.splitlines() if "Unable to create Wasm plugin" in line)
