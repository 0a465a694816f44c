"""Lock files that people and git have been at, runs that are broken off or meet, and registries that are down."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.model.parse import parse
from mesh_wasm.model.plugin import WasmPluginSpec
from mesh_wasm.modules.lockfile import LockError, lock_text, parse_lock, read_lock
from mesh_wasm.rules.of_modules import module_findings
from mesh_wasm_pulumi.cli import main

from .scripted import Reply, scripted
from .test_fetching import LAYER, _served
from .test_lock import manifests

ROOT = Path(__file__).parents[2]
EXAMPLE = (ROOT / "examples" / "locked" / "mesh-wasm.lock").read_text()

# A shell that runs the tests in the background has Ctrl-C ignored, and children inherit that. The child mends it itself:
# a `preexec_fn` would fork these tests' process, and gRPC's handlers of a fork can abort the child before it starts.
INTERRUPTIBLE = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from mesh_wasm_pulumi.cli import main; main()"
)


def test_a_merge_conflict_is_named_with_its_line(tmp_path: Path) -> None:
    lines = EXAMPLE.splitlines(keepends=True)
    text = "".join([*lines[:4], "<<<<<<< HEAD\n", *lines[4:6], "=======\n", *lines[6:8], ">>>>>>> other\n", *lines[8:]])
    (tmp_path / "mesh-wasm.lock").write_text(text)
    with pytest.raises(
        LockError, match=r"mesh-wasm\.lock, line 5: it holds a merge conflict\. Take the file of either"
    ):
        read_lock(tmp_path / "mesh-wasm.lock")


@pytest.mark.parametrize("change", [lambda text: text.replace("\n", "\r\n"), lambda text: "\ufeff" + text])
def test_what_windows_makes_of_it_is_read(tmp_path: Path, change: Callable[[str], str]) -> None:
    path = tmp_path / "mesh-wasm.lock"
    path.write_bytes(change(EXAMPLE).encode())
    lock = read_lock(path)
    assert lock is not None
    assert lock_text(lock) == EXAMPLE


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        if "document" not in path:  # a schema is what its author wrote
            yield from _places(item, (*path, key))


def _with(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copy = dict(document) if isinstance(document, Mapping) else list(document)
    copy[path[0]] = _with(copy[path[0]], path[1:], value)
    return copy


@pytest.mark.parametrize("value", [None, 7, -1.5, "x", True, [], {}, [7], {"a": 7}, [[]]], ids=repr)
def test_what_was_edited_by_hand_is_refused_or_judged_and_never_a_traceback(value: Any) -> None:
    """Each value of a lock, with something else in its place."""
    document = json.loads(EXAMPLE)
    url = next(iter(document["modules"]))
    entry = {
        **document["modules"][url],
        "schema": {"digest": "sha256:0", "document": {"type": "object"}, "source": "x"},
        "signatures": [{"by": "key sha256:0", "digest": "sha256:0", "form": "cosign"}],
        "verdicts": [{"accepted": True, "configuration": "0", "envoy": "1.40.0", "says": ""}],
    }
    document = {**document, "modules": {url: entry}}
    spec = parse(WasmPluginSpec, {"url": url, "priority": 1, "pluginConfig": {"a": 1}, "pluginName": "acl"}).value
    refused = []
    for path in _places(document):
        try:
            lock = parse_lock(json.dumps(_with(document, path, value)))
        except LockError as error:
            refused.append(str(error))
            continue
        module_findings([(Cluster(name="east", istio_version="1.27"), spec)], lock)
        assert lock_text(parse_lock(lock_text(lock))) == lock_text(lock)
    assert len(refused) > 10
    assert [one for one in refused if not one.endswith(".")] == []


def test_json_that_is_too_deep_is_refused() -> None:
    with pytest.raises(LockError):
        parse_lock("[" * 100_000)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MESH_WASM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    return tmp_path


def lock(folder: Path, *more: str) -> Result:
    return CliRunner().invoke(main, ["lock", str(folder), *more])


def _started(*words: str) -> subprocess.Popen[str]:
    path = os.pathsep.join(str(ROOT / folder) for folder in ("sdk", "components"))
    return subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE, "lock", *words],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_a_run_that_is_broken_off_leaves_the_lock_as_it_was(home: Path) -> None:
    def script(path: str, headers: Mapping[str, str], number: int) -> Reply:
        return Reply(body=LAYER, stop_after=20, wait=20) if "/blobs/" in path else _served(path)

    with scripted(script) as server:
        folder = manifests(home, f"oci://{server.host}/filters/acl:1.0")
        (folder / "mesh-wasm.lock").write_text(EXAMPLE)
        run = _started(str(folder), "--plain-http", server.host)
        while not any("/blobs/" in path for path, _ in server.seen):
            assert run.poll() is None, run.communicate()[0]
            time.sleep(0.05)
        run.send_signal(signal.SIGINT)
        said, _ = run.communicate(timeout=30)
    assert run.returncode != 0
    assert "Traceback" not in said, said
    assert (folder / "mesh-wasm.lock").read_text() == EXAMPLE
    assert sorted(path.name for path in folder.iterdir()) == ["east", "mesh-wasm.lock"]
    assert [path for path in (home / "cache").rglob("*") if path.is_file()] == []


def test_two_runs_at_once_lose_nothing(home: Path) -> None:
    """Two programs share a lock file and the cache; both look at the same layer at the same time."""

    def script(path: str, headers: Mapping[str, str], number: int) -> Reply:
        served = _served(path)
        return Reply(served.status, served.body, served.headers, wait=0.5)

    with scripted(script) as server:
        runs = []
        for name in ("one", "two"):
            folder = manifests(home / name, *(f"oci://{server.host}/filters/{name}-{number}:1.0" for number in (1, 2)))
            runs.append(_started(str(folder), "--plain-http", server.host, "--lock-file", str(home / "shared.lock")))
        told = [run.communicate(timeout=60)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], told
    written = read_lock(home / "shared.lock")
    assert written is not None
    assert len(written.modules) == 4
    assert lock_text(written) == (home / "shared.lock").read_text()
    assert [path.name for path in home.iterdir() if path.name.startswith(".")] == []


def test_a_registry_that_is_down_is_waited_for_once(home: Path) -> None:
    with scripted(lambda *_: Reply(reset=True)) as server:
        folder = manifests(home, *(f"oci://{server.host}/filters/{number}:1.0" for number in range(6)))
        told = lock(folder, "--plain-http", server.host)
    assert told.exit_code == 1
    assert told.output.count("it cannot be reached. It is loaded by edge/plugin-") == 6
    assert len(server.seen) == 3
    assert not (folder / "mesh-wasm.lock").exists()


def test_one_registry_that_is_down_keeps_nobody_from_the_others(home: Path) -> None:
    with scripted(lambda *_: Reply(reset=True)) as down, scripted(_served) as up:
        folder = manifests(home, f"oci://{down.host}/filters/a:1.0", f"oci://{up.host}/filters/b:1.0")
        told = lock(folder, "--plain-http", down.host, "--plain-http", up.host)
    assert told.exit_code == 1
    written = read_lock(folder / "mesh-wasm.lock")
    assert written is not None
    assert list(written.modules) == [f"oci://{up.host}/filters/b:1.0"]


def test_check_with_a_registry_that_is_down_fails_and_says_so(home: Path) -> None:
    with scripted(_served) as server:
        folder = manifests(home, f"oci://{server.host}/filters/a:1.0")
        assert lock(folder, "--plain-http", server.host).exit_code == 0
    told = lock(folder, "--plain-http", server.host, "--check")
    assert told.exit_code == 1
    assert "it cannot be reached" in told.output


def test_a_lock_that_is_a_link_stays_one(home: Path) -> None:
    with scripted(_served) as server:
        folder = manifests(home, f"oci://{server.host}/filters/a:1.0")
        (home / "shared.lock").write_text(EXAMPLE)
        (home / "shared.lock").chmod(0o640)
        (folder / "mesh-wasm.lock").symlink_to(home / "shared.lock")
        assert lock(folder, "--plain-http", server.host).exit_code == 0
    assert (folder / "mesh-wasm.lock").is_symlink()
    assert (home / "shared.lock").stat().st_mode & 0o777 == 0o640
    assert f"oci://{server.host}/filters/a:1.0" in (home / "shared.lock").read_text()


PROGRAM = f"""
import sys; sys.path[:0] = [{str(ROOT / "tests")!r}]
import mesh_wasm_pulumi as wasm
from support.programs import extension_args, fleet, gateway_args
acl = wasm.WasmExtension("acl", extension_args(EXTENSION))
wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet(CLUSTERS)))
"""


@pytest.mark.parametrize(
    ("extension", "clusters", "says"),
    [("priority='ten'", "", "spec.priority"), ("verify=['cosign.pub']", "", "MW021"), ("", "verify=['x']", "MW021")],
)
def test_what_keeps_a_plugin_out_of_the_plan_is_told_once_and_is_no_success(
    home: Path, extension: str, clusters: str, says: str
) -> None:
    (home / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    text = PROGRAM.replace("EXTENSION", f"image='oci://127.0.0.1:1/acl:1', {extension}").replace("CLUSTERS", clusters)
    (home / "__main__.py").write_text(text)
    told = lock(home, "--timeout", "1")
    assert told.exit_code == 1, told.output
    assert says.removeprefix("spec.") in told.output
    assert "What has errors is not planned, and its modules are not locked." in told.output
    assert "not signed" not in told.output
    assert told.output.count("no public key in PEM form") == (
        1 if "verify" in extension else told.output.count("fleet.")
    )
