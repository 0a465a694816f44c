"""What goes wrong around a stack: it says what happened, and the next run goes on where this one stopped."""

from __future__ import annotations

import shlex
from collections import Counter
from typing import Any

import pytest
from mesh.cluster import Cluster
from mesh.fixtures import StartCluster

from .conftest import MakeStack
from .inventory import assert_as_planned, existing
from .stack import PLUGIN, SECRET, Running, Stack

pytestmark = pytest.mark.engine

WASM = ("extensions.istio.io/v1alpha1", "WasmPlugin")


def sentences(output: str) -> str:
    """The output on one line: the engine breaks lines where it likes."""
    return " ".join(output.split())


def created(running: Running) -> int:
    """How many plugins and Secrets a running update has made so far."""
    done = (event.get("resOutputsEvent", {}).get("metadata", {}) for event in running.events())
    return sum(meta.get("op") == "create" and meta.get("type") in (PLUGIN, SECRET) for meta in done)


def by_hand(namespace: str, name: str = "raw-0") -> dict[str, Any]:
    """A plugin that somebody made without Pulumi."""
    return {
        "apiVersion": WASM[0],
        "kind": WASM[1],
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"url": "oci://registry.acme.io/filters/raw:1", "priority": 7},
    }


def test_one_cluster_is_down_and_the_other_is_served(
    make_stack: MakeStack, cluster: Cluster, start_cluster: StartCluster, figures: Counter[str]
) -> None:
    broken = start_cluster("broken", istiod=False)
    stack = make_stack(cluster, broken)
    broken.stop_api_server(kill=True)
    failed = stack.up("--skip-preview", "--continue-on-error").bad()
    assert f"cluster {broken.name} cannot be reached" in sentences(failed.output)
    assert_as_planned(stack, [cluster.name])

    broken.start_api_server()
    rest = stack.up().good().steps(PLUGIN, SECRET)
    assert set(rest) == {"create"}
    assert all(broken.name in name for name in rest["create"])
    assert_as_planned(stack)
    figures["faults survived"] += 1


@pytest.mark.parametrize("kill", [False, True], ids=["restarted", "crashed"])
def test_an_api_server_goes_away_in_the_middle_of_an_update(
    make_stack: MakeStack, start_cluster: StartCluster, figures: Counter[str], kill: bool
) -> None:
    shaky = start_cluster("shaky", istiod=False)
    stack = make_stack(shaky)
    stack.want(raw=30)
    running = stack.start("up", "--yes", "--skip-preview", "--parallel=2", "--continue-on-error")
    running.until(lambda: created(running) >= 5, "the first five objects")
    shaky.stop_api_server(kill=kill)
    shaky.start_api_server()
    running.wait()
    adopt_what_was_made_unseen(stack)
    stack.up().good()
    assert_as_planned(stack)
    figures["faults survived"] += 1


def adopt_what_was_made_unseen(stack: Stack) -> None:
    """A crash may come between the making of an object and its answer; what the sentence then says has to help."""
    for _ in range(5):
        outcome = stack.up("--skip-preview", "--continue-on-error")
        commands = {part.partition("`")[0] for part in outcome.diagnostics.split("adopt it: `")[1:]}
        if outcome.code == 0 or not commands:
            return
        for command in sorted(commands):
            stack.run(*shlex.split(command)[1:], "--yes").good()


@pytest.mark.parametrize("after", [1, 12], ids=["early", "late"])
def test_an_interrupted_update_resumes(
    make_stack: MakeStack, cluster: Cluster, figures: Counter[str], after: int
) -> None:
    stack = make_stack(cluster)
    stack.want(raw=25)
    running = stack.start("up", "--yes", "--skip-preview", "--parallel=2")
    running.until(lambda: created(running) >= after, f"object {after}")
    running.interrupt()
    running.wait().bad()
    there = existing(stack.clusters.values(), stack.wanted["namespaces"])
    assert after <= len(there) < 29, "it stopped in the middle"
    assert stack.pending() == [], "what was under way came to its end"

    resumed = stack.up().good().steps(PLUGIN, SECRET)
    assert {op: len(names) for op, names in resumed.items()} == {"create": 29 - len(there)}
    assert_as_planned(stack)
    figures["faults survived"] += 1


def test_the_crds_are_not_installed_here_and_a_namespace_is_missing_there(
    make_stack: MakeStack, start_cluster: StartCluster, figures: Counter[str]
) -> None:
    """Two faults in one update, for the provider tries for a minute before it gives either of them up."""
    bare, lone = start_cluster("bare", istiod=False, crds=False), start_cluster("lone", istiod=False)
    stack = make_stack(bare, lone)
    edge, _ = stack.wanted["namespaces"]
    stack.want(namespaces=[edge, "nowhere"])
    bare.create_namespace("nowhere")

    said = sentences(stack.up("--skip-preview", "--continue-on-error").bad().output)
    assert "cluster bare does not know WasmPlugins: Istio's CRDs are not installed there" in said
    assert "helm install istio-base istio/base" in said
    assert "cluster lone has no namespace 'nowhere', so Secret nowhere/registry is not created." in said
    assert "kubectl --context lone create namespace nowhere" in said

    bare.install_crds()
    lone.create_namespace("nowhere")
    stack.up().good()
    assert_as_planned(stack)
    figures["faults survived"] += 2


def test_an_object_exists_already_and_is_adopted(
    make_stack: MakeStack, cluster: Cluster, figures: Counter[str]
) -> None:
    stack = make_stack(cluster)
    edge, _ = stack.wanted["namespaces"]
    uid = cluster.api.create(by_hand(edge)).accepted()["metadata"]["uid"]

    failed = stack.up("--skip-preview", "--continue-on-error").bad()
    said = sentences(failed.output)
    assert f"WasmPlugin {edge}/raw-0 exists already in cluster {cluster.name}, and is not" in said
    assert "upsert_existing_objects and enable_patch_force set to true" in said
    command = failed.diagnostics.split("adopt it: `")[1].partition("`")[0]
    stack.run(*shlex.split(command)[1:], "--yes").good()

    assert 'conflict with "unknown"' in stack.preview().bad().output, "Pulumi asks before it overwrites another's field"
    stack.environment["PULUMI_K8S_ENABLE_PATCH_FORCE"] = "true"
    assert stack.up().good().steps(PLUGIN, SECRET) == {"update": [f"raw-0-{cluster.name}"]}
    assert_as_planned(stack)
    assert cluster.api.get(*WASM, "raw-0", edge).body["metadata"]["uid"] == uid, "adopted, not replaced"
    stack.destroy().good()
    assert existing([cluster], stack.wanted["namespaces"]) == {}
    figures["faults survived"] += 1


def test_an_object_exists_already_and_is_overwritten(
    make_stack: MakeStack, cluster: Cluster, figures: Counter[str]
) -> None:
    stack = make_stack(cluster)
    edge, _ = stack.wanted["namespaces"]
    uid = cluster.api.create(by_hand(edge)).accepted()["metadata"]["uid"]
    stack.want(upsert=True)
    assert "create" in stack.up().good().steps(PLUGIN)
    assert_as_planned(stack)
    assert cluster.api.get(*WASM, "raw-0", edge).body["metadata"]["uid"] == uid, "overwritten, not replaced"
    figures["faults survived"] += 1


def test_an_istio_older_than_a_field(make_stack: MakeStack, cluster: Cluster, figures: Counter[str]) -> None:
    stack = make_stack(cluster)
    stack.want(istio_version="1.18")
    said = sentences(stack.preview().bad().output)
    assert "failStrategy" in said or "fail_strategy" in said
    assert "1.19" in said
    assert existing([cluster], stack.wanted["namespaces"]) == {}

    stack.want(istio_version="1.19")
    stack.preview().good()
    figures["faults survived"] += 1


@pytest.mark.parametrize("options", [(), ("--continue-on-error",)], ids=["", "continue on error"])
def test_an_istio_that_has_no_traffic_extensions(
    make_stack: MakeStack, old_cluster: Cluster, figures: Counter[str], options: tuple[str, ...]
) -> None:
    """Refused at preview where the version is declared; else the cluster refuses, and the engine keeps what is there."""
    stack = make_stack(old_cluster)
    stack.up().good()
    before = set(existing([old_cluster], stack.wanted["namespaces"]))
    stack.want(emit="TrafficExtension")
    said = sentences(stack.preview().bad().output)
    assert "TrafficExtensions cannot be written there: the cluster has Istio 1.27." in said
    stack.want(istio_version=None)
    said = sentences(stack.up("--skip-preview", *options).bad().output)
    assert f"cluster {old_cluster.name} does not know TrafficExtensions: its Istio is older than 1.30" in said
    left = set(existing([old_cluster], stack.wanted["namespaces"]))
    if options:  # the engine deletes the old objects although the new ones have failed: the page warns of it, and MW632
        assert {kind for _, _, kind, _ in left} == {"Secret"}
    else:
        assert left == before, "no plugin goes before its successor has come"

    stack.want(emit=None)
    stack.up().good()
    assert_as_planned(stack)
    figures["faults survived"] += 1
