"""Advice that was tried: what a sentence or docs/troubleshooting.md names is carried out, from the state of the user.

Carried out elsewhere on the same engine: an API server that is back, CRDs that are installed, a namespace that is made by
hand, an object that is adopted or overwritten, and a field of somebody else's that is taken over (:mod:`.test_faults`).
"""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from mesh.cluster import Cluster
from mesh.fixtures import StartCluster

from .conftest import MakeStack
from .inventory import assert_as_planned
from .operatorstandin import OperatorStandIn
from .stack import PASSWORD, PLUGIN, SECRET, Stack
from .test_faults import WASM, by_hand, sentences
from .test_life import identities

pytestmark = pytest.mark.engine


@pytest.fixture
def stack(make_stack: MakeStack, cluster: Cluster) -> Stack:
    return make_stack(cluster)


def test_a_rename_without_an_alias(stack: Stack) -> None:
    stack.up().good()
    before = identities(stack)

    stack.want(gateway="shop-front")
    failed = stack.up().bad()
    said = sentences(failed.output)
    assert "exists already in cluster" in said
    assert "give it its old name (or parent) again" in said
    assert said.count("PULUMI_K8S_ENABLE_PATCH_FORCE") <= 2, "once for us, and once in the provider's own words"

    stack.want(gateway_was="shop-edge")
    late = stack.up().bad()
    print(late.output[-2500:])
    assert "exists already" in sentences(late.output), "the alias alone comes too late"

    stack.want(gateway="shop-edge", gateway_was=None)
    stack.up().good()
    stack.want(gateway="shop-front", gateway_was="shop-edge")
    renamed = stack.up().good().steps(PLUGIN, SECRET)
    assert not {"create", "delete", "replace", "create-replacement"} & set(renamed)
    assert_as_planned(stack)
    assert identities(stack) == before, "not one object was made anew"


def test_a_rename_with_its_alias_in_one_edit(stack: Stack) -> None:
    stack.up().good()
    before = identities(stack)
    stack.want(gateway="shop-front", gateway_was="shop-edge")
    stack.up().good()
    assert identities(stack) == before


TEAM = {"team": "Team"}
IN_TEAM = {"teams": TEAM, "gateway_in": "team"}
NOWHERE: dict[str, Any] = {"teams": {}, "gateway_in": None}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, IN_TEAM),
        (IN_TEAM, {"teams": TEAM}),
        (IN_TEAM, {"teams": TEAM | {"other": "Squad"}, "gateway_in": "other"}),
        (IN_TEAM, {}),
    ],
    ids=["into a parent", "out of a parent", "between parents", "out of a parent that goes"],
)
def test_a_move_without_an_alias(stack: Stack, before: dict[str, Any], after: dict[str, Any]) -> None:
    stack.want(**NOWHERE | before)
    stack.up().good()
    held = identities(stack)

    stack.want(**NOWHERE | after)
    said = sentences(stack.up().bad().output)
    assert "exists already in cluster" in said
    assert "give it its old name (or parent) again" in said

    stack.want(**NOWHERE | before)
    stack.up().good()
    stack.want(**NOWHERE | after, **_alias(before, after))
    moved = stack.up().good().steps(PLUGIN, SECRET)
    assert not {"create", "delete", "replace", "create-replacement"} & set(moved)
    assert_as_planned(stack)
    assert identities(stack) == held, "not one object was made anew"

    stack.want(gateway_was_at_root=False, gateway_was_in=None)
    assert not stack.up().good().changes, "the alias may go"


def test_a_move_to_a_parent_of_the_same_type_needs_no_alias(stack: Stack) -> None:
    stack.want(**NOWHERE | IN_TEAM)
    stack.up().good()
    held = identities(stack)
    stack.want(teams=TEAM | {"other": "Team"}, gateway_in="other")
    assert stack.up().good().changes == {"create": 1}, "the other team, and nothing else"
    assert identities(stack) == held


def _alias(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """The alias that docs/troubleshooting.md names: the old parent, by its URN where the program no longer has it."""
    old = before.get("gateway_in")
    if old is None:
        return {"gateway_was_at_root": True}
    there = old in after.get("teams", ())
    return {"gateway_was_in": old if there else f"urn:pulumi:dev::life::life:index:{TEAM[old]}::{old}"}


def test_one_of_two_objects_gets_another_name(stack: Stack, cluster: Cluster) -> None:
    edge, _ = stack.wanted["namespaces"]
    uid = cluster.api.create(by_hand(edge)).accepted()["metadata"]["uid"]
    assert "exists already" in sentences(stack.up().bad().output)
    stack.want(raw_name="raw-of-ours")
    stack.up().good()
    assert cluster.api.get(*WASM, "raw-of-ours", edge).ok
    assert cluster.api.get(*WASM, "raw-0", edge).body["metadata"]["uid"] == uid, "theirs is left alone"


def test_an_object_that_was_deleted_by_hand(stack: Stack, cluster: Cluster) -> None:
    stack.up().good()
    edge, _ = stack.wanted["namespaces"]
    cluster.api.delete(*WASM, "raw-0", edge)
    stack.want(istio_version="1.26", raw_name="raw-0")
    for plugin in cluster.api.list(*WASM, edge):
        if plugin["metadata"]["name"] != "raw-0":
            cluster.api.delete(*WASM, plugin["metadata"]["name"], edge)
    stack.want(mode="audit")
    said = sentences(stack.up("--skip-preview", "--continue-on-error").bad().output)
    assert f"is gone from cluster {cluster.name}, though this stack knows it" in said
    assert "`pulumi up --refresh`" in said
    stack.up("--refresh").good()
    assert_as_planned(stack)


def test_a_namespace_that_is_being_deleted(stack: Stack, cluster: Cluster) -> None:
    edge, _ = stack.wanted["namespaces"]
    holder: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "holder", "namespace": edge, "finalizers": ["mesh-wasm.test/holds"]},
    }
    cluster.api.create(holder).accepted()
    cluster.api.delete("v1", "Namespace", edge)
    said = sentences(stack.up("--skip-preview", "--continue-on-error").bad().output)
    assert f"namespace '{edge}' of cluster {cluster.name} is being deleted" in said

    place = cluster.api.path("v1", "ConfigMap", edge, "holder")
    cluster.api.request("PATCH", place, {"metadata": {"finalizers": None}}, content_type="application/merge-patch+json")
    deadline = time.monotonic() + 60
    while cluster.api.get("v1", "Namespace", edge).ok:
        assert time.monotonic() < deadline, "the namespace does not go"
        time.sleep(0.2)
    cluster.create_namespace(edge)
    stack.up().good()
    assert_as_planned(stack)


def test_a_namespace_that_the_program_declares(make_stack: MakeStack, cluster: Cluster) -> None:
    stack = make_stack(cluster)
    edge, _ = stack.wanted["namespaces"]
    own = f"{edge}-own"
    stack.want(namespaces=[edge, own])
    assert f"has no namespace '{own}'" in sentences(stack.up("--skip-preview", "--continue-on-error").bad().output)
    stack.want(make_namespaces=[own])
    stack.up().good()
    assert len(cluster.api.list(*WASM, own)) == 1, "what stands in the namespace has waited for it"
    stack.destroy().good()


def test_an_existing_secret_that_comes_later(make_stack: MakeStack, cluster: Cluster) -> None:
    stack = make_stack(cluster, program="rotating.py")
    namespace = stack.wanted["namespaces"][0]
    stack.want(source="existing")
    assert "/regcred' does not exist" in stack.up().bad().output
    login = {"auths": {"registry.acme.io": {"username": "puller", "password": PASSWORD}}}
    data = {".dockerconfigjson": base64.b64encode(json.dumps(login).encode()).decode()}
    secret = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/dockerconfigjson", "data": data}
    cluster.api.create({**secret, "metadata": {"name": "regcred", "namespace": namespace}}).accepted()
    stack.up().good()
    assert len(cluster.api.list(*WASM, namespace)) == 1


def test_the_operator_of_external_secrets_is_installed_later(
    make_stack: MakeStack, start_cluster: StartCluster
) -> None:
    cluster = start_cluster("later", istiod=False)
    stack = make_stack(cluster, program="rotating.py")
    stack.want(source="external")
    said = sentences(stack.up("--skip-preview").bad().output)
    assert f"cluster {cluster.name} does not know ExternalSecrets" in said
    assert f"Install the External Secrets Operator in cluster {cluster.name}" in said
    store = {("registry", "user"): "puller", ("registry", "password"): PASSWORD}
    with OperatorStandIn(cluster, store):
        stack.up().good()
