"""`mesh-wasm lock --try` and `mesh-wasm try --validate`: verdicts in the lock, what preview makes of them, and no secret."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from click.testing import CliRunner, Result
from support.programs import errors, extension_args, findings, fleet, gateway_args, run

import mesh_wasm_pulumi as wasm
from mesh_wasm.modules.facts import look_at
from mesh_wasm.modules.locked import Artifact, Lock, LockedModule
from mesh_wasm.modules.lockfile import lock_text, parse_lock
from mesh_wasm.trial.envoy import Envoy
from mesh_wasm_pulumi.cli import main

from . import modules

pytestmark = pytest.mark.live

URL = "oci://registry.acme.io/filters/acl:1.4.2"
DIGEST = "sha256:" + "0a" * 32
SECRET = "hunter2-is-no-password"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, envoy: Envoy) -> Path:
    """A folder with a lock and a cache, and an Envoy."""
    for kind in modules.KINDS:
        modules.module(kind)  # before the cache is another one
    monkeypatch.setenv("MESH_WASM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MESH_WASM_ENVOY", str(envoy.path))
    monkeypatch.chdir(tmp_path)
    put(modules.ACL.read_bytes())
    return tmp_path


def put(module: bytes) -> None:
    """A module as lock would find it."""
    held = Path("cache/modules") / f"{hashlib.sha256(module).hexdigest()}.wasm"
    held.parent.mkdir(parents=True, exist_ok=True)
    held.write_bytes(module)
    artifact = Artifact(DIGEST, "application/vnd.oci.image.manifest.v1+json", (), "compat")
    Path("mesh-wasm.lock").write_text(lock_text(Lock({URL: LockedModule(URL, artifact, look_at(module))})))


def plugins(**configs: dict[str, Any]) -> None:
    """Manifests of WasmPlugins, in the cluster east."""
    for name, config in configs.items():
        spec = {"url": URL, "selector": {"matchLabels": {"app": "shop"}}, "pluginConfig": config, "priority": 1}
        metadata = {"name": name, "namespace": "edge"}
        path = Path("plan/east/edge") / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = {"apiVersion": "extensions.istio.io/v1alpha1", "kind": "WasmPlugin", "metadata": metadata, "spec": spec}
        path.write_text(yaml.safe_dump(whole))


def command(*words: str) -> Result:
    return CliRunner().invoke(main, words, catch_exceptions=False)


def verdicts() -> list[tuple[bool, str]]:
    (entry,) = parse_lock(Path("mesh-wasm.lock").read_text()).modules.values()
    return [(one.accepted, one.says) for one in entry.verdicts]


def tried(*more: str) -> Result:
    return command("lock", "plan", "--lock-file", "mesh-wasm.lock", "--try", "--offline", *more)


def test_each_configuration_has_its_verdict_and_is_tried_once() -> None:
    plugins(good={"deny": "/admin"}, bad={"mode": 1}, same={"deny": "/admin"})
    first = tried()
    assert first.exit_code == 1
    assert re.search(r"refused: edge/bad in east: missing field deny\. \(Envoy 1\.\d+\.\d+ ", first.output)
    assert re.search(r"accepted: edge/good in east and 1 more: it starts, in [\d.]+ s; Envoy", first.output)
    assert "2 configurations tried, 1 refused." in first.output
    assert sorted(verdicts()) == [(False, "missing field deny"), (True, "")]
    text = Path("mesh-wasm.lock").read_text()
    again = tried()
    assert again.exit_code == 1
    assert "it starts, as the lock says" in again.output
    assert Path("mesh-wasm.lock").read_text() == text


def test_verdicts_of_other_stacks_stay_unless_they_are_pruned() -> None:
    plugins(good={"deny": "/admin"})
    tried()
    plugins(good={"deny": "/other"})
    assert tried().exit_code == 0
    assert len(verdicts()) == 2
    tried("--prune")
    assert len(verdicts()) == 1


def test_validate_only_starts_them() -> None:
    plugins(good={"deny": "/admin"})
    done = command("try", "plan", "--validate", "--lock-file", "mesh-wasm.lock")
    assert (done.exit_code, verdicts()) == (0, [(True, "")])


def test_a_module_that_is_not_here_is_told_and_not_tried() -> None:
    plugins(good={"deny": "/admin"})
    for held in Path("cache/modules").iterdir():
        held.unlink()
    done = tried()
    assert f"its module is not on this machine; fetch it with mesh-wasm lock --update {URL}." in done.output
    assert (done.exit_code, verdicts()) == (0, [])


def test_limits_are_settable(module: Callable[[str], Path]) -> None:
    put(module("loops").read_bytes())
    plugins(slow={})
    done = tried("--time-limit", "1.5", "--memory-limit", "300")
    assert done.exit_code == 1
    assert verdicts() == [(False, "it has not started within 1.5 s")]


def test_check_and_try_do_not_go_together() -> None:
    plugins(good={"deny": "/admin"})
    done = command("lock", "plan", "--try", "--check")
    assert (done.exit_code, "use one of the two" in done.output) == (2, True)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("nowhere/envoy", "There is no nowhere/envoy."),
        ("plain", "may not be run"),
        ("other", "is built for another"),
        ("sh", "is no Envoy"),
    ],
)
def test_an_envoy_that_does_not_run_is_told_in_a_sentence(folder: Path, path: str, says: str) -> None:
    plugins(good={"deny": "/admin"})
    (folder / "plain").write_text("no program")
    (folder / "other").write_bytes(b"\x7fELF\x02\x01\x01" + bytes(57))
    (folder / "other").chmod(0o755)
    (folder / "sh").write_text("#!/bin/sh\necho hello\n")
    (folder / "sh").chmod(0o755)
    done = tried("--envoy", path)
    assert done.exit_code == 2
    assert says in done.output
    assert "Traceback" not in done.output


def program(token: Any, *, late: bool = False, **config: Any) -> Any:
    def declare() -> None:
        nonlocal token
        token = pulumi.Output.from_input(token) if late else token
        acl = wasm.WasmExtension("acl", extension_args(image=None, url=URL, config={**config, "token": token}))
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet(), clusters=None))

    return run(declare)


def test_preview_reads_the_verdict_at_the_plugins_config(folder: Path) -> None:
    plugins(good={"deny": "/admin", "token": "a"}, bad={"mode": 1, "token": "a"})
    tried()
    refused = program("a", mode=1)
    (error,) = errors(refused)
    assert error.rule == "MW030"
    assert error.path == ("extensions", 0, "extension", "config")
    assert "the module does not start with it in Envoy 1." in error.message
    assert "missing field deny" in error.message
    assert not [one for one in findings(program("a", deny="/admin")) if one.rule in ("MW030", "MW031")]
    (changed,) = [one for one in findings(program("a", deny="/else")) if one.rule == "MW031"]
    assert not changed.is_error


def test_outputs_are_judged_when_they_are_known(folder: Path) -> None:
    plugins(bad={"mode": 1, "token": "a"})
    tried()
    assert [one.rule for one in errors(program("a", late=True, mode=1))] == ["MW030"]


PROJECT = """
import pulumi
import mesh_wasm_pulumi as wasm
fleet = wasm.Fleet([wasm.Cluster("east", kubeconfig={kubeconfig!r}, namespaces=["edge"])])
acl = wasm.WasmPlugin("acl", {{
    "metadata": {{"name": "acl", "namespace": "edge"}},
    "spec": {{
        "url": {url!r}, "selector": {{"match_labels": {{"app": "shop"}}}}, "priority": 1,
        "plugin_config": {{"mode": 1, "token": pulumi.Output.secret({secret!r})}},
        "vm_config": {{"env": [{{"name": "KEY", "value": pulumi.Output.secret({secret!r})}}]}},
    }},
    "fleet": fleet,
}})
"""


def project(folder: Path, secret: str) -> Path:
    home = folder / "project"
    home.mkdir(exist_ok=True)
    (home / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    kubeconfig = "{kind: Config, current-context: east, contexts: [{name: east, context: {cluster: east, user: u}}]}"
    (home / "__main__.py").write_text(PROJECT.format(kubeconfig=kubeconfig, url=URL, secret=secret))
    return home


def test_a_secret_is_told_nowhere(folder: Path, module: Callable[[str], Path]) -> None:
    """The canary: a module that says its whole configuration, in its log and hence in its verdict."""
    put(module("repeats").read_bytes())
    home = project(folder, SECRET)
    done = command("lock", str(home), "--lock-file", "mesh-wasm.lock", "--try", "--offline")
    assert done.exit_code == 1, done.output
    assert '"token":"<secret>"' in done.output
    (entry,) = json.loads(Path("mesh-wasm.lock").read_text())["modules"].values()
    (verdict,) = entry["verdicts"]
    assert verdict["hidden"] == ["pluginConfig.token", "vmConfig.env.KEY"]
    assert verdict["mark"]
    (home / "__main__.py").unlink()
    held = [path for path in folder.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert held == []
    assert SECRET not in done.output


def test_a_rotated_secret_is_tried_again_and_preview_says_so(folder: Path, module: Callable[[str], Path]) -> None:
    put(module("repeats").read_bytes())
    for secret in (SECRET, "another-one-altogether"):
        command("lock", str(project(folder, secret)), "--lock-file", "mesh-wasm.lock", "--try", "--offline")
    assert len(verdicts()) == 2
    (folder / "project/mesh-wasm.lock").write_text(Path("mesh-wasm.lock").read_text())
    known = command("plan", str(project(folder, SECRET)))
    assert "[MW030]" in known.output
    rotated = command("plan", str(project(folder, "a-third-of-which-nothing-is-known")))
    assert "[MW031]" in rotated.output
    assert "[MW030]" not in rotated.output
    assert "a-third-of-which" not in rotated.output


def test_plugins_of_one_vm_are_tried_together(module: Callable[[str], Path]) -> None:
    """A module that starts for one plugin, and not for a second one in the same VM."""
    put(module("alone").read_bytes())
    plugins(one={"a": 1}, two={"a": 2})
    done = tried()
    assert done.exit_code == 1
    assert done.output.count("accepted: ") == 2
    assert re.search(
        r"refused: edge/one, edge/two share a VM in east, and start only one by one: nobody\.", done.output
    )
    put(modules.ACL.read_bytes())
    plugins(one={"deny": "/a"}, two={"deny": "/b"})
    assert tried().exit_code == 0
