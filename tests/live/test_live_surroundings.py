"""What other objects decide, seen in a live gateway: it is a gateway because a Gateway selects it, not by its labels."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from mesh_wasm.rules.effect.workload import workload_of_labels
from mesh_wasm.rules.subjects import Workload
from mesh_wasm_pulumi.cli import main

from .stage import Extension, Modules, Stage, names, until

pytestmark = pytest.mark.live


def test_a_gateway_by_selection_never_runs_server(stage: Stage, modules: Modules, tmp_path: Path) -> None:
    """Nothing in its labels says that it is one; the Gateway beside the plugins does, and Envoy agrees."""
    assert workload_of_labels(stage.labels) is Workload.UNKNOWN
    image = stage.registry.push("filters/selected", modules("v1"))
    program = stage.gateway_program(Extension("client", image.url, "AUTHN", 10))
    cluster = stage.clusters[0]
    stage.deploy(program)
    (made,) = (obj for obj in stage.plan(program)[cluster.name] if obj["kind"] == "WasmPlugin")
    made["spec"]["match"] = [{"mode": "CLIENT"}]
    others = [_copy(made, "server", 20, "SERVER"), _copy(made, "both", 5, "CLIENT_AND_SERVER")]
    stage.apply(cluster, [made, *others])  # "both" is the last that istiod hears of
    until(stage.proxy, lambda answer: names(answer) == ["client", "both"], "the plugins that match CLIENT")

    text = yaml.safe_dump_all([*stage.proxy.gateway_objects(), made, *others])
    (tmp_path / "all.yaml").write_text(text)
    linted = json.loads(_run("lint", tmp_path).stdout)
    (told,) = (one for one in linted["findings"] if one["rule"] == "MW201")
    assert told["severity"] == "error"
    assert "selects these pods: they are a gateway" in told["message"]

    report = json.loads(_run("explain", tmp_path).stdout)
    (told_of,) = report["clusters"]
    (workload,) = told_of["workloads"]
    drawn = [report["plugins"][step["plugin"]]["name"] for step in workload["http"] if "plugin" in step]
    assert drawn == [made["metadata"]["name"], "both"], "as Envoy runs them"
    assert [report["plugins"][key]["name"] for key in told_of["unreached"]] == ["server"]


def _copy(made: dict[str, Any], name: str, priority: int, mode: str) -> dict[str, Any]:
    """The same plugin under another name; it tells its own name in the answer."""
    copy = deepcopy(made)
    copy["metadata"]["name"] = name
    copy["metadata"].pop("annotations", None)
    copy["spec"] |= {"priority": priority, "match": [{"mode": mode}], "pluginConfig": {"name": name}}
    return copy


def _run(command: str, folder: Path) -> Any:
    return CliRunner().invoke(main, [command, str(folder), "--format", "json"])
