"""The life of a stack on two clusters, from the first preview to the destruction."""

from __future__ import annotations

import base64

import pytest
import yaml
from mesh.cluster import Cluster

from .conftest import MakeStack
from .inventory import assert_as_planned, existing
from .stack import PASSWORD, PLUGIN, SECRET, TOKEN, Stack

pytestmark = pytest.mark.engine

WASM = ("extensions.istio.io/v1alpha1", "WasmPlugin")


@pytest.fixture
def stack(make_stack: MakeStack, two_clusters: tuple[Cluster, Cluster]) -> Stack:
    return make_stack(*two_clusters)


def nothing_is_there(stack: Stack) -> bool:
    return existing(stack.clusters.values(), stack.wanted["namespaces"]) == {}


def identities(stack: Stack) -> dict[tuple[str, ...], str]:
    """The uid of every object: it changes when an object is replaced."""
    found = existing(stack.clusters.values(), stack.wanted["namespaces"])
    return {place: item["metadata"]["uid"] for place, item in found.items()}


def test_from_the_first_preview_to_the_last_object(stack: Stack) -> None:
    preview = stack.preview().good()
    assert nothing_is_there(stack), "a preview writes nothing"
    assert len(preview.steps(PLUGIN)["create"]) == 6

    up = stack.up().good()
    assert up.steps(PLUGIN) == preview.steps(PLUGIN)
    assert_as_planned(stack)

    assert stack.preview("--expect-no-changes").good().changes == {}, "a second preview has nothing to do"

    stack.destroy().good()
    assert nothing_is_there(stack)
    assert [resource["type"] for resource in stack.resources()] in ([], ["pulumi:pulumi:Stack"])


def test_changes_are_made_in_place(stack: Stack) -> None:
    stack.up().good()
    before = identities(stack)

    stack.want(mode="audit", priority=-5)
    assert set(stack.preview().good().steps(PLUGIN, SECRET)) == {"update"}
    changed = stack.up().good().steps(PLUGIN, SECRET)
    assert changed == {"update": [name for name in changed["update"] if "acl" in name]}
    assert len(changed["update"]) == 4
    assert_as_planned(stack)

    stack.seal(password="a-new-pa55word")
    rotated = stack.up().good().steps(PLUGIN, SECRET)
    assert set(rotated) == {"update"}, "a new password replaces no Secret: a plugin would be without it for a while"
    assert len(rotated["update"]) == 4
    assert_as_planned(stack)

    assert identities(stack) == before


def test_clusters_come_and_go(stack: Stack) -> None:
    one, other = stack.clusters
    stack.want(clusters=[one])
    stack.up().good()
    assert_as_planned(stack)
    before = identities(stack)

    stack.want(clusters=[one, other])
    steps = stack.up().good().steps(PLUGIN, SECRET)
    assert set(steps) == {"create"}
    assert len(steps["create"]) == 5
    assert all(other in name for name in steps["create"])
    assert_as_planned(stack)

    stack.want(clusters=[one])
    steps = stack.up().good().steps(PLUGIN, SECRET)
    assert set(steps) == {"delete"}
    assert_as_planned(stack)
    assert identities(stack) == before, "what another cluster does touches nothing in this one"


def test_a_rename_with_an_alias_replaces_nothing(stack: Stack) -> None:
    stack.up().good()
    before = identities(stack)

    stack.want(gateway="shop-front", gateway_was="shop-edge")
    assert stack.preview().good().steps(PLUGIN, SECRET) == {}
    assert stack.up().good().steps(PLUGIN, SECRET) == {}
    assert_as_planned(stack)
    assert identities(stack) == before

    stack.want(gateway_was=None)
    assert stack.preview().good().steps(PLUGIN, SECRET) == {}, "the alias may go once it has done its work"


def test_a_refresh_shows_what_others_changed(stack: Stack) -> None:
    stack.up().good()
    cluster = next(iter(stack.clusters.values()))
    (edge, _) = stack.wanted["namespaces"]
    edited = {
        "apiVersion": WASM[0],
        "kind": WASM[1],
        "metadata": {"name": "raw-0", "namespace": edge},
        "spec": {"url": "oci://registry.acme.io/filters/raw:hotfix"},
    }
    cluster.api.apply(edited, manager="kubectl").accepted()

    refreshed = stack.refresh().good()
    assert refreshed.changes == {"update": 1}
    assert refreshed.steps(PLUGIN)["refresh"], refreshed.output

    assert stack.preview().good().steps(PLUGIN) == {"update": [f"raw-0-{cluster.name}"]}
    stack.up().good()
    assert_as_planned(stack)


def test_the_state_holds_no_secret_in_plain_text(stack: Stack) -> None:
    stack.up().good()
    stack.seal(password="another-pa55word")
    stack.want(mode="audit")
    outputs = [stack.preview("--diff").good().output, stack.up("--diff").good().output]

    bearers = [
        yaml.safe_load(cluster.kubeconfig.read_text())["users"][0]["user"]["token"]
        for cluster in stack.clusters.values()
    ]
    encoded = base64.b64encode(f"puller:{PASSWORD}".encode()).decode()
    forbidden = [PASSWORD, TOKEN, "another-pa55word", encoded, *bearers]
    written = stack.files()
    assert any(path.suffix == ".json" and b"registry.acme.io/filters" in path.read_bytes() for path in written)
    for secret in forbidden:
        assert not [path.name for path in written if secret.encode() in path.read_bytes()]
        assert not any(secret in output for output in outputs)
