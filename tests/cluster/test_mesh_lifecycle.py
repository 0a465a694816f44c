"""The test mesh itself: it judges as production does, and nothing of it outlives its owner.

What a test cluster leaves behind would spoil the next run: a port, a process, a lock, a directory.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from mesh import MeshError, cache, state
from mesh.api import Api
from mesh.cluster import Cluster
from mesh.fixtures import MakeNamespace, StartCluster
from mesh.locks import is_held
from mesh.loopback import is_free
from mesh.processes import Identity, marked
from mesh.progress import Progress

pytestmark = pytest.mark.cluster

TESTS = Path(__file__).parents[1]
WASM = ("extensions.istio.io/v1alpha1", "WasmPlugin")


def plugin(namespace: str, **spec: object) -> dict[str, Any]:
    return {
        "apiVersion": WASM[0],
        "kind": WASM[1],
        "metadata": {"name": "probe", "namespace": namespace},
        "spec": {"url": "oci://registry.example.com/filters/probe:v1", **spec},
    }


def eventually(condition: Callable[[], object], what: str, timeout: float = 20) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen in {timeout:.0f} s"
        time.sleep(0.05)


@pytest.fixture
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mesh_binaries: dict[str, Path]) -> Iterator[Path]:
    """A state directory that this test shares with nobody, not with clusters that a developer has running."""
    monkeypatch.setenv("MESH_WASM_STATE", str(tmp_path / "state"))
    yield tmp_path / "state"
    mesh("down")


def mesh(*words: str) -> str:
    command = [sys.executable, "-m", "mesh", *words]
    run = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode == 0, run.stderr
    return run.stdout


def everything_of(home: state.Home) -> list[Identity]:
    supervisor = home.supervisor()
    assert supervisor is not None
    children = marked(state.MARK, str(home.path))
    assert len(children) >= 3, "etcd, the API server and the controllers run"
    return [supervisor, *children]


# It judges as production does.


def test_both_clusters_judge_by_schema_and_by_webhook(
    two_clusters: tuple[Cluster, Cluster], make_namespace: MakeNamespace
) -> None:
    for cluster in two_clusters:
        namespace = make_namespace(cluster)
        assert cluster.api.create(plugin(namespace)).status == 201

        by_schema = cluster.api.create(plugin(namespace, url="ftp://x"))
        assert (by_schema.status, by_schema.refused_by_webhook) == (422, False)
        assert "url must have schema one of" in by_schema.message

        target = {"group": "apps", "kind": "Deployment", "name": "x"}
        by_webhook = cluster.api.create(plugin(namespace, targetRef=target))
        assert by_webhook.refused_by_webhook
        assert "targetRef must be to one of" in by_webhook.message

        unknown = cluster.api.create(plugin(namespace, colour="blue"), dry_run=True)
        assert (unknown.status, 'unknown field "spec.colour"' in unknown.message) == (400, True)
        other = plugin(namespace, colour="blue") | {"metadata": {"name": "other", "namespace": namespace}}
        lenient = cluster.api.create(other, dry_run=True, validation="Warn")
        assert (lenient.status, lenient.warnings) == (201, ('unknown field "spec.colour"',))


def test_clusters_share_nothing(two_clusters: tuple[Cluster, Cluster], make_namespace: MakeNamespace) -> None:
    one, other = two_clusters
    namespace = make_namespace(one)
    one.api.create(plugin(namespace)).accepted()
    assert other.api.get("v1", "Namespace", namespace).status == 404
    assert one.server != other.server


def test_foreground_deletion_ends(cluster: Cluster, fresh_namespace: str) -> None:
    cluster.api.create(plugin(fresh_namespace)).accepted()
    cluster.api.delete(*WASM, "probe", fresh_namespace, propagation="Foreground").accepted()
    eventually(lambda: cluster.api.get(*WASM, "probe", fresh_namespace).status == 404, "the garbage collection")


def test_dry_runs_are_cheap(cluster: Cluster, fresh_namespace: str) -> None:
    begun = time.monotonic()
    for _ in range(200):
        cluster.api.create(plugin(fresh_namespace), dry_run=True).accepted()
    assert time.monotonic() - begun < 10
    assert cluster.api.list(*WASM, fresh_namespace) == []


@pytest.mark.parametrize("kill", [False, True], ids=["stopped", "crashed"])
def test_an_api_server_comes_back_as_it_was(start_cluster: StartCluster, kill: bool) -> None:
    cluster = start_cluster()
    server = cluster.server
    cluster.api.create(plugin("default")).accepted()

    cluster.stop_api_server(kill=kill)
    with pytest.raises(OSError):  # noqa: PT011 - refused or reset, as the system has it
        cluster.api.get(*WASM, "probe")

    cluster.start_api_server()
    assert cluster.server == server
    fresh = Api.from_kubeconfig(cluster.kubeconfig)
    assert fresh.get(*WASM, "probe").ok
    assert fresh.create(plugin("default", targetRef={"kind": "Nothing", "name": "x"})).refused_by_webhook
    fresh.close()


def test_a_cluster_without_the_crds_knows_no_plugins(start_cluster: StartCluster) -> None:
    cluster = start_cluster(istiod=False, crds=False)
    with pytest.raises(MeshError, match="404"):
        cluster.api.create(plugin("default"))


# Nothing of it outlives its owner.


def test_up_lasts_and_down_stops_just_those(own_state: Path, start_cluster: StartCluster) -> None:
    bystander = start_cluster("bystander", istiod=False)
    said = mesh("up", "2")
    assert "export KUBECONFIG=" in said
    assert own_state.stat().st_mode & 0o777 == 0o700
    homes = state.homes(state.LASTING)
    assert [home.name for home in homes] == ["mesh-1", "mesh-2"]
    for home in homes:
        context = yaml.safe_load(home.kubeconfig.read_text())["current-context"]
        assert context == home.name
        api = Api.from_kubeconfig(home.kubeconfig)
        api.create(plugin("default")).accepted()
        api.close()
    processes = [identity for home in homes for identity in everything_of(home)]

    assert mesh("up", "1").count("mesh-1") >= 1, "what runs is shown, not started again"
    assert all(identity.alive() for identity in processes)

    assert "stopped: mesh-1, mesh-2" in mesh("down")
    assert not any(identity.alive() for identity in processes)
    assert state.homes(state.LASTING) == []
    assert bystander.api.get("v1", "Namespace", "default").ok
    assert "nothing" in mesh("down")


def test_nothing_outlives_a_killed_supervisor(own_state: Path) -> None:
    mesh("up", "1")
    (home,) = state.homes(state.LASTING)
    supervisor, *children = everything_of(home)
    port = int(home.read("cluster")["server"].rpartition(":")[2])

    supervisor.send(signal.SIGKILL)
    eventually(lambda: not any(child.alive() for child in children), "the end of the children", timeout=5)
    # A process is gone for others while its last threads still close what it had open.
    eventually(lambda: is_free(port), "the release of the port", timeout=5)
    assert state.homes() == [], "a home whose lock is free is nobody's"

    mesh("up", "1")
    (successor,) = state.homes(state.LASTING)
    assert successor.supervisor() != supervisor


@pytest.mark.parametrize("when_ready", [False, True], ids=["starting", "ready"])
def test_nothing_outlives_a_killed_test_run(own_state: Path, when_ready: bool) -> None:
    script = "from mesh.cluster import Cluster; Cluster.start('alpha', istiod=False); "
    script += "print('ready', flush=True); input()"
    run = subprocess.Popen(
        [sys.executable, "-c", script], cwd=TESTS, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert run.stdout is not None
    assert run.stdin is not None
    if when_ready:
        assert run.stdout.readline() == "ready\n"
    else:
        eventually(lambda: [home for home in state.homes() if home.read("supervisor").get("children")], "the start")
    (home,) = state.homes()
    processes = [supervisor for supervisor in [home.supervisor()] if supervisor]
    processes += marked(state.MARK, str(home.path))

    run.kill()
    run.wait()
    run.stdout.close()
    run.stdin.close()
    eventually(lambda: not any(process.alive() for process in processes), "the end of the cluster", timeout=10)
    assert not home.path.exists()
    assert marked(state.MARK, str(home.path)) == []


def test_a_grandchild_that_lost_its_parent_is_found(own_state: Path) -> None:
    """A proxy's Envoy is started by pilot-agent, not by the supervisor: the kernel does not end it with the latter."""
    home, lock = state.claim(state.OWNED, "crashed")
    orphan = subprocess.Popen(["sleep", "60"], env={state.MARK: str(home.path)})
    os.close(lock)  # what the kernel does when a supervisor is killed
    assert state.sweep() == ["crashed"]
    assert orphan.wait(timeout=5) == -signal.SIGKILL
    assert not home.path.exists()


def test_a_reused_process_id_is_never_signalled() -> None:
    with subprocess.Popen(["sleep", "60"]) as bystander:
        impostor = Identity(bystander.pid, "0")
        assert not impostor.alive()
        assert not impostor.send(signal.SIGKILL)
        assert bystander.poll() is None
        bystander.kill()


def test_a_lock_dies_with_its_holder(tmp_path: Path) -> None:
    script = "import sys; from pathlib import Path; from mesh.locks import lock; lock(Path(sys.argv[1])); "
    script += "print('held', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "lock")], cwd=TESTS, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert is_held(tmp_path / "lock")
        holder.kill()
    assert not is_held(tmp_path / "lock")


def test_a_killed_build_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    target = tmp_path / "bin" / "tool"
    scratch = target.parent / ".tool.tmp-killed"
    scratch.mkdir(parents=True)
    (scratch / "tool").write_text("half")
    with cache.filling(target, Progress()) as place:
        assert place is not None
        assert not target.exists(), "nobody sees a part before it is whole"
        place.write_text("whole")
    assert target.read_text() == "whole"
    assert not scratch.exists()
    with pytest.raises(MeshError), cache.filling(target.with_name("other"), Progress()):
        raise MeshError("no luck")
    assert not target.with_name("other").exists()
