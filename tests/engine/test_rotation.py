"""Pull secrets on a real engine and a real API server: rotated without a gap, read where they exist, waited for."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from mesh.cluster import Cluster
from mesh.fixtures import StartCluster
from pullsecrets.canary import CANARY, seen_in

from .conftest import MakeStack
from .operatorstandin import OperatorStandIn
from .stack import PASSWORD, SECRET, Stack
from .watching import WASM, Watch

pytestmark = pytest.mark.engine


@pytest.fixture
def stack(make_stack: MakeStack, cluster: Cluster) -> Stack:
    return make_stack(cluster, program="rotating.py")


def secrets_of(stack: Stack) -> dict[str, dict[str, Any]]:
    (cluster,) = stack.clusters.values()
    return {one["metadata"]["name"]: one for one in cluster.api.list("v1", "Secret", stack.wanted["namespaces"][0])}


def password_in(secret: dict[str, Any]) -> str:
    config = json.loads(base64.b64decode(secret["data"][".dockerconfigjson"]))
    return str(config["auths"]["registry.acme.io"]["password"])


def named(stack: Stack) -> str:
    (cluster,) = stack.clusters.values()
    (plugin,) = cluster.api.list(WASM, "WasmPlugin", stack.wanted["namespaces"][0])
    return str(plugin["spec"]["imagePullSecret"])


@pytest.mark.parametrize("own_provider", [False, True], ids=["in place", "create before delete"])
def test_a_new_password_leaves_no_gap(stack: Stack, own_provider: bool) -> None:
    (cluster,) = stack.clusters.values()
    stack.want(own_provider=own_provider)
    with Watch(cluster, stack.wanted["namespaces"][0]) as watch:
        stack.up().good()
        first = named(stack)
        stack.seal(password="a-new-pa55word")
        steps = stack.up().good().steps(SECRET)
        second = named(stack)
        stack.destroy().good()
    assert watch.gaps == [], "at every moment the Secret exists that the plugin names"
    assert watch.looks > 100
    assert watch.longest < 2, "it looked all the time"
    if own_provider:
        assert first != second
        assert first.startswith("registry-")
        assert watch.named == [first, second]
        assert "create-replacement" in steps
    else:
        assert first == second == "registry"
        assert set(steps) == {"update"}


def test_the_watcher_sees_a_gap(stack: Stack) -> None:
    """What the provider does by itself with a Secret of a fixed name: the watcher is not blind."""
    (cluster,) = stack.clusters.values()
    namespace = stack.wanted["namespaces"][0]
    stack.up().good()
    with Watch(cluster, namespace) as watch:
        cluster.api.delete("v1", "Secret", "registry", namespace)
        while watch.looks < 5:
            pass
    assert watch.gaps


def test_the_old_secret_goes_and_the_new_one_holds_the_new_password(stack: Stack) -> None:
    stack.want(own_provider=True)
    stack.up().good()
    (old,) = secrets_of(stack).values()
    assert password_in(old) == PASSWORD
    stack.seal(password="a-new-pa55word")
    stack.up().good()
    (new,) = secrets_of(stack).values()
    assert new["metadata"]["name"] == named(stack) != old["metadata"]["name"]
    assert password_in(new) == "a-new-pa55word"
    assert stack.preview("--expect-no-changes").good().changes == {}


def existing(type_: str, registry: str = "registry.acme.io") -> dict[str, Any]:
    key, content = ".dockerconfigjson", {"auths": {registry: {"username": "puller", "password": PASSWORD}}}
    data = {key: base64.b64encode(json.dumps(content).encode()).decode()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "regcred"}, "type": type_, "data": data}


@pytest.mark.parametrize(
    ("there", "says"),
    [
        (None, "/regcred' does not exist"),
        (existing("Opaque"), "its type is Opaque, not kubernetes.io/dockerconfigjson."),
        (existing("kubernetes.io/dockerconfigjson", "ghcr.io"), "the image comes from registry.acme.io"),
        (existing("kubernetes.io/dockerconfigjson"), None),
    ],
    ids=["absent", "wrong type", "wrong registry", "good"],
)
def test_an_existing_secret_is_checked_at_up(stack: Stack, there: dict[str, Any] | None, says: str | None) -> None:
    (cluster,) = stack.clusters.values()
    namespace = stack.wanted["namespaces"][0]
    stack.want(source="existing")
    assert stack.preview().good().steps(SECRET) == {"read": [f"registry-{cluster.name}-{namespace}-existing"]}
    if there is not None:
        cluster.api.create({**there, "metadata": {"name": "regcred", "namespace": namespace}}).accepted()
    up = stack.up()
    if says is None:
        up.good()
        assert named(stack) == "regcred"
        assert stack.preview().good().code == 0
        stack.destroy().good()
        assert list(secrets_of(stack)) == ["regcred"], "what exists is never written, and never deleted"
    else:
        assert says in up.bad().output
        assert "mesh_wasm" not in up.output, "no traceback; the engine's own, when it interrupts a program, is not ours"
        assert cluster.api.list(WASM, "WasmPlugin", namespace) == [], "no plugin without its Secret"
    assert_hidden(stack, PASSWORD)


def assert_hidden(stack: Stack, *canaries: str) -> None:
    """None of the files that the engine wrote shows a secret: state, history, event logs, what was printed."""
    assert any("state" in path.parts for path in stack.files())
    for path in stack.files():
        for canary in canaries:
            assert seen_in(path.read_bytes(), canary) == [], path


@pytest.mark.parametrize("source", ["password", "config"])
@pytest.mark.parametrize("own_provider", [False, True])
def test_the_state_shows_no_secret(stack: Stack, source: str, own_provider: bool) -> None:
    """In the state, in its history, and in all that was printed: while it goes well, and while it goes wrong."""
    stack.want(source=source, own_provider=own_provider)
    stack.seal(password=CANARY)
    stack.preview("--diff", "--show-sames").good()
    stack.up("--diff").good()
    assert password_in(secrets_of(stack)[named(stack)]) == CANARY, "it is really there"
    stack.command("stack", "output", "--json", "--stack", "dev")
    stack.seal(password=f"{CANARY}-2")
    stack.up("--diff").good()
    stack.want(image="oci://ghcr.io/filters/acl:1")
    assert "MW804" in stack.up("--diff").bad().output
    assert_hidden(stack, CANARY)


def test_a_plugin_waits_for_its_external_secret(make_stack: MakeStack, start_cluster: StartCluster) -> None:
    """The operator takes its time; the plugin is not there before the Secret is."""
    cluster = start_cluster("gamma", istiod=False)
    stack = make_stack(cluster, program="rotating.py")
    namespace = stack.wanted["namespaces"][0]
    stack.want(source="external")
    store = {("registry", "user"): "puller", ("registry", "password"): CANARY}
    with OperatorStandIn(cluster, store), Watch(cluster, namespace) as watch:
        stack.up().good()
        assert named(stack) == "registry"
        assert password_in(secrets_of(stack)["registry"]) == CANARY
        assert stack.preview("--expect-no-changes").good().changes == {}
    assert watch.gaps == []
    assert watch.named == ["registry"]
    assert_hidden(stack, CANARY)
