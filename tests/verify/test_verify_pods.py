"""Which pods a plan touches, which of them can be asked, and which a sample takes."""

from __future__ import annotations

from typing import Any

import pytest

from mesh_wasm.verify.planned import Planned
from mesh_wasm.verify.pods import Homes, Pod, homes, sampled, touched

ROOT = "istio-system"
GATEWAY = "gateway.networking.k8s.io/gateway-name"
CLASS = "gateway.networking.k8s.io/gateway-class-name"


def pod(name: str, namespace: str = "edge", workload: str = "", **labels: str) -> Pod:
    return Pod(namespace, name, labels, workload or f"Pod {name}", has_proxy=True, node="n")


def labelled(name: str, namespace: str, labels: dict[str, str]) -> Pod:
    return Pod(namespace, name, labels, f"Pod {name}", has_proxy=True, node="n")


PODS = [
    pod("gateway", app="gateway"),
    pod("shop", app="shop"),
    pod("gateway", "other", app="gateway"),
    labelled("api", "edge", {GATEWAY: "public", CLASS: "istio"}),
    labelled("waypoint", "edge", {GATEWAY: "waypoint", CLASS: "istio-waypoint"}),
    labelled("old-waypoint", "mesh", {GATEWAY: "w", "gateway.istio.io/managed": "istio.io-mesh-controller"}),
]


def reference(kind: str, name: str) -> dict[str, Any]:
    return {"targetRefs": [{"kind": kind, "name": name}]}


@pytest.mark.parametrize(
    ("namespace", "spec", "names"),
    [
        ("edge", {"selector": {"matchLabels": {"app": "gateway"}}}, ["edge/gateway"]),
        ("edge", {}, ["edge/api", "edge/gateway", "edge/shop"]),
        (ROOT, {"selector": {"matchLabels": {"app": "gateway"}}}, ["edge/gateway", "other/gateway"]),
        (ROOT, {}, ["edge/api", "edge/gateway", "edge/shop", "other/gateway"]),
        ("edge", reference("Gateway", "public"), ["edge/api"]),
        ("other", reference("Gateway", "public"), []),
        ("edge", reference("Service", "shop"), ["edge/waypoint", "mesh/old-waypoint"]),
        ("edge", {"targetRef": {"kind": "Service", "name": "shop"}}, ["edge/waypoint", "mesh/old-waypoint"]),
        (ROOT, reference("GatewayClass", "istio-waypoint"), ["edge/waypoint", "mesh/old-waypoint"]),
        ("edge", {"selector": {"matchLabels": {"app": "nobody"}}}, []),
    ],
)
def test_the_pods_that_a_plugin_touches(namespace: str, spec: dict[str, Any], names: list[str]) -> None:
    assert [one.place for one in touched(PODS, [Planned("east", namespace, "acl", spec)], ROOT)] == names


def test_where_pods_are_looked_for() -> None:
    edge, shop = (Planned("east", name, "a", {}) for name in ("shop", "edge"))
    assert homes([edge, shop], ROOT) == Homes(("edge", "shop"), waypoints=False)
    assert homes([edge, Planned("east", ROOT, "a", {})], ROOT).namespaces is None
    aimed = Planned("east", ROOT, "a", reference("GatewayClass", "istio-waypoint"))
    assert homes([edge, aimed], ROOT) == Homes((ROOT, "shop"), waypoints=True)


def manifest(**more: Any) -> dict[str, Any]:
    spec = {"nodeName": "n", "containers": [{"name": "app"}], "initContainers": [{"name": "istio-proxy"}]}
    made = {"metadata": {"name": "a", "namespace": "edge"}, "spec": spec, "status": {"phase": "Running"}}
    return {key: {**held, **more.get(key, {})} for key, held in made.items()}


def test_what_is_to_be_expected_of_a_pod() -> None:
    native = Pod.read(manifest())
    assert (native.over, native.early, native.workload) == ("", "", "Pod a")
    assert Pod.read(manifest(metadata={"deletionTimestamp": "2026-11-27T00:00:00Z"})).over == "being deleted."
    assert Pod.read(manifest(status={"phase": "Failed"})).over == "ended (Failed)."
    assert "no container istio-proxy" in Pod.read(manifest(spec={"initContainers": []})).over
    assert Pod.read(manifest(status={"phase": "Pending"})).early == "not running yet (Pending)."
    owners = [{"kind": "Set", "name": "other"}, {"kind": "ReplicaSet", "name": "shop-5d8f", "controller": True}]
    assert Pod.read(manifest(metadata={"ownerReferences": owners})).workload == "ReplicaSet shop-5d8f"


def test_a_sample_takes_the_same_pods_of_each_workload_in_whatever_order_they_come() -> None:
    pods = [pod(f"{set_}-{number}", workload=set_) for set_ in ("old", "new") for number in range(9)]
    chosen, left = sampled(pods, 2)
    assert [one.workload for one in chosen] == ["old", "old", "new", "new"]
    assert left == {("edge", "new"): (2, 9), ("edge", "old"): (2, 9)}
    assert {one.name for one in sampled(pods[::-1], 2)[0]} == {one.name for one in chosen}
    assert sampled(pods, None) == (pods, {})
    assert sampled(pods, 9) == (pods, {})
