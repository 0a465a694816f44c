"""`mesh-wasm verify --context`: proxies found and asked through a real API server; behind it real Envoys.

The kubelet is a stand-in (tests/mesh/kubelet.py), the pods are objects, and each leads to a real proxy of the mesh.
"""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from mesh import build
from mesh.account import account
from mesh.cluster import Cluster
from mesh.credentials import write_private
from mesh.kubelet import ADMIN, DEBUG, Kubelet
from mesh.parts import KUBELET

from mesh_wasm.live import proxies as live
from mesh_wasm_pulumi.cli import main

from .stage import PLUGIN, Extension, MakeStage, Modules, Stage, names, until
from .test_live_verify import write

pytestmark = pytest.mark.live
ROLE = Path(__file__).parents[2] / "docs" / "rights" / "verify.yaml"


@pytest.fixture
def kubelet(cluster: Cluster) -> Iterator[Kubelet]:
    build.ensure(*KUBELET)
    started = Kubelet.start(cluster)
    yield started
    started.stop()


def contexts(folder: Path, *clusters: Cluster) -> Path:
    """One kubeconfig with a context for each."""
    held = [yaml.safe_load(one.kubeconfig.read_text()) for one in clusters]
    merged = held[0] | {key: [item for one in held for item in one[key]] for key in ("clusters", "users", "contexts")}
    path = folder / "kubeconfig"
    write_private(path, yaml.safe_dump(merged))
    return path


def ask(plan: Path, config: Path, *options: str) -> Result:
    return CliRunner().invoke(
        main, ["verify", str(plan), "--kubeconfig", str(config), *options], catch_exceptions=False
    )


def document(told: Result) -> dict[str, Any]:
    assert told.exit_code in (0, 1), told.output
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def statuses(told: Result) -> dict[str, dict[str, str]]:
    """By pod, what became of each plugin."""
    return {
        one["source"].partition("/")[2]: {plugin["name"].split("-")[1]: plugin["status"] for plugin in one["plugins"]}
        for one in document(told)["proxies"]
    }


def deployed(stage: Stage, modules: Modules, folder: Path, *, wait: bool = True) -> Path:
    """Two plugins on the gateway of a stage; their plan."""
    image = stage.registry.push("filters/pods", modules("v1"))
    program = stage.gateway_program(Extension("one", image.url, priority=2), Extension("two", image.url, priority=1))
    stage.deploy(program)
    for proxy in stage.proxies.values() if wait else ():
        until(proxy, lambda answer: names(answer) == ["one", "two"], "both plugins")
    return write(folder / "plan", stage, stage.plan(program))


def test_the_proxies_of_a_cluster_are_found_and_asked(
    stage: Stage, cluster: Cluster, kubelet: Kubelet, modules: Modules, tmp_path: Path
) -> None:
    """As a service account with the rights of the docs, and no others."""
    plan = deployed(stage, modules, tmp_path)
    kubelet.run(stage.proxy, "router-1", replica_set="shop-5d8f")
    kubelet.pod(stage.namespace, "other", {"app": "other"}, {})
    rights = account(cluster, "verifier", yaml.safe_load(ROLE.read_text())["rules"], tmp_path)
    told = ask(plan, rights, "--context", f"{cluster.name}=east", "--logs")
    assert told.exit_code == 0, told.output
    assert told.output.splitlines()[-1] == "1 proxy: 2 loaded"
    assert told.output.count("loaded") == 3
    assert "not seen" not in told.output
    assert "\x1b" not in told.output
    assert statuses(ask(plan, rights, "--context", f"{cluster.name}=east", "--format", "json")) == {
        "router-1": {"one": "loaded", "two": "loaded"}
    }


def test_what_is_not_as_planned_and_who_cannot_be_asked(
    stage: Stage, cluster: Cluster, kubelet: Kubelet, modules: Modules, tmp_path: Path, plain: int
) -> None:
    """One plugin is gone, one has moved, one is refused; one pod can say so; each other has its sentence."""
    image = stage.registry.push("filters/pods", modules("v1"))
    no_abi = stage.registry.push("filters/no-abi", b"\0asm\1\0\0\0")
    extensions = [Extension(name, image.url, priority=9 - place) for place, name in enumerate("abc")]
    stage.deploy(stage.gateway_program(*extensions))
    until(stage.proxy, lambda answer: names(answer) == ["a", "b", "c"], "all plugins")
    program = stage.gateway_program(*extensions, Extension("d", no_abi.url, priority=1))
    plan = write(tmp_path / "plan", stage, stage.plan(program))
    changed = {plugin["spec"]["pluginConfig"]["name"]: plugin for plugin in stage.plan(program)[cluster.name]
               if plugin["kind"] == "WasmPlugin"}  # fmt: skip
    cluster.api.delete(*PLUGIN, changed["a"]["metadata"]["name"], stage.namespace).accepted()
    changed["c"]["spec"]["priority"] = 1000
    cluster.api.apply(changed["c"]).accepted()
    until(stage.proxy, lambda answer: names(answer) == ["c", "b"], "the changed chain")
    cluster.api.apply(changed["d"]).accepted()
    until(stage.proxy, lambda answer: answer.status == 500, "the refused module")
    kubelet.run(stage.proxy, "well")
    dead = kubelet.pod(stage.namespace, "dead", stage.labels, {ADMIN: 1})
    kubelet.pod(stage.namespace, "silent", stage.labels, {})
    kubelet.pod(stage.namespace, "unknown", stage.labels)
    kubelet.pod(stage.namespace, "strange", stage.labels, {ADMIN: plain})
    kubelet.pod(stage.namespace, "early", stage.labels, {}, phase="Pending")
    kubelet.pod(stage.namespace, "done", stage.labels, {}, phase="Succeeded")
    kubelet.pod(stage.namespace, "bare", stage.labels, {}, container="app")
    assert dead["spec"]["nodeName"] == kubelet.node

    config = contexts(tmp_path, cluster)
    found: dict[str, dict[str, str]] = {}
    deadline = time.monotonic() + 20
    while found.get("well", {}).get("c") != "in the wrong order" and time.monotonic() < deadline:
        told = ask(plan, config, "--context", cluster.name, "--format", "json")
        assert told.exit_code == 1
        found = statuses(told)
    assert found == {"well": {"a": "not there", "b": "loaded", "c": "in the wrong order", "d": "failed"}}
    why = {
        tuple(pod.partition("/")[2] for pod in one["pods"]): (one["ok"], one["message"])
        for one in document(told)["notAsked"]
    }
    says = {pod: (ok, message) for pods, (ok, message) in why.items() for pod in pods}
    assert says["done"] == (True, "ended (Succeeded).")
    assert says["bare"] == (True, "no proxy there (no container istio-proxy), so no plugin runs.")
    assert says["early"] == (False, "not running yet (Pending).")
    for pod in ("dead", "silent"):
        assert says[pod] == (False, "nothing answers on port 15000: its proxy has not started, or has ended.")
    assert says["strange"] == (False, "it is no /config_dump of an Envoy.")
    assert says["unknown"] == (True, "gone by now.")
    text = ask(plan, config, "--context", cluster.name).output
    assert f"left out: cluster {cluster.name}: {stage.namespace}/done: ended (Succeeded)." in text
    assert "4 pods could not be asked" in text


@pytest.fixture
def plain() -> Iterator[int]:
    """The port of a web server that is no Envoy."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"welcome")

        def log_message(self, *_: Any) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_the_right_that_is_missing_is_named(
    stage: Stage, cluster: Cluster, kubelet: Kubelet, modules: Modules, tmp_path: Path
) -> None:
    plan = deployed(stage, modules, tmp_path)
    kubelet.run(stage.proxy, "router-1")
    rules = yaml.safe_load(ROLE.read_text())["rules"]
    context = ("--context", f"{cluster.name}=east")
    listing = account(cluster, "lists-only", rules[:1], tmp_path)
    told = ask(plan, listing, *context)
    assert told.exit_code == 1
    missing = f"The right to create and get pods/portforward in namespace {stage.namespace} is missing."
    assert f"{stage.namespace}/router-1: may not be asked. {missing}" in told.output
    for verb in ("get", "create"):  # each alone is not enough
        half = [rules[0], {**rules[1], "verbs": [verb]}]
        assert missing in ask(plan, account(cluster, f"half-{verb}", half, tmp_path), *context).output
    no_log = account(cluster, "no-log", rules[:2], tmp_path)
    assert ask(plan, no_log, *context).exit_code == 0
    told = ask(plan, no_log, *context, "--logs")
    assert "the right to get pods/log" in told.output
    nobody = ask(plan, account(cluster, "nobody-verifies", [], tmp_path), *context)
    assert nobody.exit_code == 2
    assert "the right to list pods is missing" in nobody.output


def test_the_wait_ends_when_the_mesh_is_healthy_and_not_before(
    stage: Stage, cluster: Cluster, kubelet: Kubelet, modules: Modules, tmp_path: Path
) -> None:
    """The gate of a roll-out: a pod that does not run yet holds it up, and so does a plugin that is not there."""
    plan = deployed(stage, modules, tmp_path)
    config = contexts(tmp_path, cluster)
    kubelet.pod(stage.namespace, "router-1", stage.labels, {ADMIN: stage.proxy.admin_port}, phase="Pending")
    began = time.monotonic()
    told = ask(plan, config, "--context", cluster.name, "--wait", "3")
    assert (told.exit_code, time.monotonic() - began > 1.5) == (1, True)
    assert "not running yet (Pending)" in told.output
    place = f"/api/v1/namespaces/{stage.namespace}/pods/router-1/status"

    def start() -> None:
        running = {"status": {"phase": "Running"}}
        cluster.api.request("PATCH", place, running, "application/merge-patch+json").accepted()

    timer = threading.Timer(3, start)
    timer.start()
    began = time.monotonic()
    told = ask(plan, config, "--context", cluster.name, "--wait", "60")
    timer.join()
    assert told.exit_code == 0, told.output
    assert 2.5 < time.monotonic() - began < 30


def test_istiods_are_found_and_asked_as_well(
    stage: Stage, cluster: Cluster, kubelet: Kubelet, modules: Modules, tmp_path: Path
) -> None:
    plan = deployed(stage, modules, tmp_path)
    config = contexts(tmp_path, cluster)
    kubelet.run(stage.proxy, "router-1")
    context = ("--context", cluster.name, "--istiod", "context")
    told = ask(plan, config, *context)
    assert told.exit_code == 2
    assert "there is no running pod with the label app=istiod" in told.output
    assert cluster.istiod is not None
    pod = f"istiod-{kubelet.node}"
    kubelet.pod("istio-system", pod, {"app": "istiod"}, {DEBUG: cluster.istiod.http_port}, container="discovery")
    try:
        told = ask(plan, config, *context, "--wait", "20")
        assert told.exit_code == 0, told.output
        assert "1 proxy: 2 loaded" in told.output
        assert "1 proxy that the plan may touch: 1 have taken everything" in told.output
    finally:
        cluster.api.delete("v1", "Pod", pod, "istio-system").accepted()
    lonely = ask(plan, config, "--istiod", "context")
    assert lonely.exit_code == 2
    assert "name the context of this cluster with --context" in lonely.output


def test_two_clusters_in_one_run(
    make_stage: MakeStage, two_clusters: tuple[Cluster, Cluster], modules: Modules, tmp_path: Path
) -> None:
    stage = make_stage(*two_clusters)
    plan = deployed(stage, modules, tmp_path)
    config = contexts(tmp_path, *two_clusters)
    both = [word for one in two_clusters for word in ("--context", one.name)]
    kubelets = [Kubelet.start(one) for one in two_clusters]
    kubelets[0].run(stage.proxies[two_clusters[0].name], "router-1")
    told = ask(plan, config, *both)
    assert told.exit_code == 1
    assert f"cluster {two_clusters[1].name}: no pod there is touched by the plan." in told.output
    kubelets[1].run(stage.proxies[two_clusters[1].name], "router-1")
    told = ask(plan, config, *both)
    assert told.exit_code == 0, told.output
    assert told.output.splitlines()[-1] == "2 proxies: 4 loaded"
    for kubelet in kubelets:
        kubelet.stop()
    gone = ask(plan, config, *both)
    assert gone.exit_code == 1
    assert "Does the kubelet of its node answer?" in gone.output


def test_fifty_proxies_side_by_side_and_a_sample_of_them(
    stage: Stage, cluster: Cluster, kubelet: Kubelet, modules: Modules, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fifty pods lead to one Envoy, each over a way that takes a fifth of a second; what counts is the ratio."""
    plan = deployed(stage, modules, tmp_path)
    config = contexts(tmp_path, cluster)
    for number in range(50):
        replica_set = "old" if number < 20 else "new"
        kubelet.run(stage.proxy, f"shop-{number:02}", replica_set=replica_set, delay=0.2)

    def timed(*options: str) -> tuple[float, dict[str, dict[str, str]], dict[str, Any]]:
        began = time.monotonic()
        told = ask(plan, config, "--context", cluster.name, "--format", "json", *options)
        assert told.exit_code == 0, told.output
        return time.monotonic() - began, statuses(told), document(told)

    beside, found, _ = timed()
    assert len(found) == 50
    _, sample, whole = timed("--sample", "3")
    assert len(sample) == 6
    assert sample.keys() < found.keys()
    assert sample == timed("--sample", "3")[1]
    assert [(one["workload"], one["asked"], one["pods"]) for one in whole["leftOut"]] == [
        ("ReplicaSet new", 3, 30),
        ("ReplicaSet old", 3, 20),
    ]
    assert {name for name in sample if int(name[-2:]) < 20}
    assert (
        "a sample of 3 of its 30 pods was asked."
        in ask(plan, config, "--context", cluster.name, "--sample", "3").output
    )
    monkeypatch.setattr(live, "AT_ONCE", 1)
    one_by_one = timed()[0]
    print(f"50 proxies: {beside:.1f} s side by side, {one_by_one:.1f} s one after the other")
    assert one_by_one > 2 * beside
