"""What a true istiod says of a true gateway: that it has taken a plugin, and the words with which it refuses one."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from mesh.api import Object
from mesh.cluster import Cluster

from mesh_wasm_pulumi.cli import main

from .stage import Stage, until

pytestmark = pytest.mark.live


def script(stage: Stage, name: str, code: str, priority: int) -> Object:
    return {
        "apiVersion": "extensions.istio.io/v1alpha1",
        "kind": "TrafficExtension",
        "metadata": {"name": name, "namespace": stage.namespace},
        "spec": {"selector": {"matchLabels": stage.proxy.labels}, "priority": priority, "lua": {"inlineCode": code}},
    }


def ask(folder: Path, where: str, *options: str) -> Result:
    return CliRunner().invoke(main, ["verify", str(folder), "--istiod", where, *options])


def planned(folder: Path, *objects: Object) -> Path:
    place = folder / "east"
    place.mkdir(parents=True, exist_ok=True)
    for obj in objects:
        (place / f"{obj['metadata']['name']}.yaml").write_text(yaml.safe_dump(obj))
    return folder


def test_istiod_is_asked_for_all_proxies_at_once(stage: Stage, cluster: Cluster, tmp_path: Path) -> None:
    assert cluster.istiod is not None
    where = f"http://127.0.0.1:{cluster.istiod.http_port}"
    good = script(stage, "adds", "function envoy_on_response(h) h:headers():add('x-lua', 'ran') end", 2)
    cluster.api.apply(good).accepted()
    until(stage.proxy, lambda answer: "x-lua" in answer.headers, "the script")
    plan = planned(tmp_path / "plan", good)
    told = ask(plan, where, "--wait", "20")
    assert told.exit_code == 0, told.output
    assert "1 proxy that the plan may touch: 1 have taken everything" in told.output

    broken = script(stage, "broken", "function envoy_on_response(h) if", 1)
    cluster.api.create(broken).accepted()
    deadline = time.monotonic() + 30
    while (told := ask(planned(tmp_path / "plan", broken), where)).exit_code == 0 and time.monotonic() < deadline:
        time.sleep(0.5)
    assert told.exit_code == 1, told.output
    assert "refuses" in told.output
    assert "script load error" in told.output
    document: dict[str, Any] = json.loads(ask(plan, where, "--format", "json").stdout)["istiod"][0]
    assert (document["cluster"], document["ok"], document["proxies"]) == ("east", False, 1)
    assert stage.namespace == document["wrong"][0]["namespace"]
    assert ask(plan, "http://127.0.0.1:1").exit_code == 2
