"""Which platform of an index the agent of each Istio fetches: linux/amd64, whatever machine it runs on.

The agent gives its registry client no platform, and the client's own default is a constant (docs/measured.md); what it
says of an index of arm64 alone names what it has looked for.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from mesh.cluster import Cluster
from mesh.registry import USER
from modules.layouts import AMD64, ARM64
from modules.pushing import Repository
from modules.wasmfile import wasm

from mesh_wasm.cli import main
from mesh_wasm.modules.lockfile import parse_lock
from mesh_wasm.planning.manifests import to_yaml

from .stage import MakeStage, Stage

pytestmark = pytest.mark.live

FOR_ARM, FOR_AMD = wasm({"env.proxy_log": "iii>i"}), wasm({"env.proxy_log": "iii>i", "env.proxy_done": ">i"})


def _said(stage: Stage, words: str, timeout: float = 60) -> bool:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if words in stage.proxy.log:
            return True
        time.sleep(0.3)
    return False


def test_the_agent_of_each_istio_looks_for_linux_amd64(
    each_cluster: Cluster, make_stage: MakeStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = make_stage(each_cluster)
    host, password = stage.registry.host, stage.registry.password
    repository = Repository(host, f"platforms/{each_cluster.name}", USER, password)
    arm = {**repository.compat(FOR_ARM), "platform": ARM64}
    amd = {**repository.compat(FOR_AMD), "platform": AMD64}
    repository.index(arm, tag="arm-only")
    repository.index(arm, amd, tag="both")
    each_cluster.api.apply(stage.pull_secret("registry")).accepted()
    folder = tmp_path / "manifests" / each_cluster.name / stage.namespace
    folder.mkdir(parents=True)
    for number, tag in enumerate(("arm-only", "both")):
        spec = {"url": repository.url(tag), "imagePullSecret": "registry", "failStrategy": "FAIL_OPEN"}
        plugin = stage.object("WasmPlugin", tag, **spec, priority=number)
        each_cluster.api.apply(plugin).accepted()
        (folder / f"{tag}.yaml").write_text(to_yaml(plugin))

    assert _said(stage, "no child with platform linux/amd64 in index"), stage.proxy.log[-3000:]
    assert _said(stage, amd["digest"].removeprefix("sha256:")), stage.proxy.log[-3000:]  # as the cache knows the module
    assert arm["digest"].removeprefix("sha256:") not in stage.proxy.log

    monkeypatch.setenv("MESH_WASM_CACHE", str(tmp_path / "cache"))
    config = tmp_path / "docker.json"
    config.write_text(json.dumps({"auths": {host: {"username": USER, "password": password}}}))
    reaching = ["--plain-http", host, "--registry-config", str(config)]
    CliRunner().invoke(main, ["lock", str(tmp_path / "manifests"), *reaching])
    locked = parse_lock((tmp_path / "manifests" / "mesh-wasm.lock").read_text()).modules
    refused = locked[repository.url("arm-only")].artifact
    assert refused is not None
    assert refused.refused is not None
    assert "an index without linux/amd64" in refused.refused
    assert locked[repository.url("both")].digest == amd["digest"]
