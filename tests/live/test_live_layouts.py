"""Every form of image in the live mesh: what pilot-agent makes of it is what ``mesh-wasm lock`` says of it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner
from mesh.registry import USER
from modules.layouts import ACCEPTED, REFUSED
from modules.pushing import Repository
from modules.wasmfile import wasm

from mesh_wasm.cli import main
from mesh_wasm.modules.locked import LockedModule
from mesh_wasm.modules.lockfile import parse_lock
from mesh_wasm.planning.manifests import to_yaml
from mesh_wasm.verify._proxydump import read_dump

from .stage import Stage

pytestmark = pytest.mark.live

FILTER = wasm({"env.proxy_log": "iii>i"})
OTHER = wasm({"env.proxy_log": "iii>i", "env.proxy_done": ">i"})
NO_SUCH_DIGEST = "sha256:" + "0a" * 32


def _pushed(stage: Stage) -> dict[str, str]:
    """The URL of each form, by its name."""
    host, password = stage.registry.host, stage.registry.password
    urls = {}
    for name, push in {**ACCEPTED, **REFUSED}.items():
        repository = Repository(host, f"layouts/{name}", USER, password)
        push(repository, FILTER, "v1")
        urls[name] = repository.url("v1")
    pins = Repository(host, "layouts/pins", USER, password)
    image = {**pins.compat(FILTER), "platform": {"os": "linux", "architecture": "amd64"}}
    index = pins.index(image, tag="index")
    moved = pins.compat(FILTER, "moved")
    pins.compat(OTHER, "moved")
    urls |= {
        "pinned-to-the-image": f"{pins.url('index')}@{image['digest']}",
        "pinned-to-the-index": f"{pins.url('index')}@{index['digest']}",
        "pinned-to-what-the-tag-was": f"{pins.url('moved')}@{moved['digest']}",
        "pinned-to-nothing": f"{pins.url('index')}@{NO_SUCH_DIGEST}",
        "no-such-tag": f"oci://{host}/layouts/pins:none",
    }
    return urls


def _plugin(stage: Stage, name: str, url: str) -> dict[str, object]:
    return {
        "apiVersion": "extensions.istio.io/v1alpha1",
        "kind": "WasmPlugin",
        "metadata": {"name": name, "namespace": stage.namespace},
        "spec": {
            "selector": {"matchLabels": stage.labels},
            "url": url,
            "imagePullSecret": "registry",
            "failStrategy": "FAIL_OPEN",
            "priority": 1,
        },
    }


def _agents_verdicts(stage: Stage, names: set[str], timeout: float = 120) -> dict[str, bool]:
    """Whether the agent has handed Envoy the module of each plugin, or a filter in its place."""
    deadline = time.monotonic() + timeout
    found: Mapping[str, bool] = {}
    while time.monotonic() < deadline:
        filters = read_dump(json.dumps(stage.proxy.config_dump())).filters
        found = {key.partition("/")[2]: one.config is not None for key, one in filters.items()}
        if names <= found.keys():
            return {name: found[name] for name in names}
        time.sleep(0.5)
    raise AssertionError(f"the agent has not said anything of {sorted(names - found.keys())} in {timeout:.0f} s")


def _ours(entry: LockedModule | None, url: str) -> bool:
    """Whether Istio can load the module: it is there, in a form that is taken, and the pin is not that of an index."""
    if entry is None or not entry.usable or entry.artifact is None:
        return False
    return not (entry.artifact.index is not None and url.endswith(entry.artifact.index))


def test_our_verdict_is_the_agents(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    urls = _pushed(stage)
    api = stage.proxy.cluster.api
    api.apply(stage.registry.pull_secret("registry", stage.namespace)).accepted()
    folder = tmp_path / "manifests" / stage.proxy.cluster.name / stage.namespace
    folder.mkdir(parents=True)
    for name, url in urls.items():
        plugin = _plugin(stage, name, url)
        api.apply(plugin).accepted()
        (folder / f"{name}.yaml").write_text(to_yaml(plugin))

    monkeypatch.setenv("MESH_WASM_CACHE", str(tmp_path / "cache"))
    config = tmp_path / "docker.json"
    config.write_text(
        json.dumps({"auths": {stage.registry.host: {"username": USER, "password": stage.registry.password}}})
    )
    command = [
        "lock",
        str(tmp_path / "manifests"),
        "--plain-http",
        stage.registry.host,
        "--registry-config",
        str(config),
    ]
    told = CliRunner().invoke(main, command)
    assert told.exit_code == 1, told.output  # some of them are refused
    locked = parse_lock((tmp_path / "manifests" / "mesh-wasm.lock").read_text()).modules

    agent = _agents_verdicts(stage, set(urls))
    ours = {name: _ours(locked.get(url), url) for name, url in urls.items()}
    assert ours == agent, stage.proxy.log[-3000:]
    assert set(ACCEPTED) <= {name for name, taken in agent.items() if taken}
    assert not set(REFUSED) & {name for name, taken in agent.items() if taken}
