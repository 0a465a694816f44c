"""Which workloads a selector takes, and which waypoint serves a Service."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_wasm.surroundings import Surroundings
from mesh_wasm.surroundings.labels import carries
from mesh_wasm.surroundings.objects import Pods, Service
from mesh_wasm.surroundings.pods import PodIndex
from mesh_wasm.surroundings.waypoints import may_use_waypoint, used_waypoint
from mesh_wasm.values.deferred import INVALID


def pods(name: str, namespace: str | None = "shop", **labels: Any) -> dict[str, Any]:
    meta = {"name": name, "namespace": namespace} if namespace else {"name": name}
    template = {"metadata": {"labels": labels}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": {"template": template}}


def test_selecting() -> None:
    around = Surroundings.read(
        [
            pods("web", app="web"),
            pods("cart", app="cart", v="1"),
            pods("pay", "money", app="web"),
            pods("x", app=INVALID),
        ]
    )
    found = around.pods.select("shop", {"app": "web"})
    assert [one.name for one in found.sure] == ["web"]
    assert [one.name for one in found.perhaps] == ["x"]
    assert found.others == 1
    assert [one.place for one in around.pods.select("istio-system", {"app": "web"}, everywhere=True).sure] == [
        "money/pay",
        "shop/web",
    ]
    assert len(around.pods.select("shop", {}).sure) == 3
    assert around.pods.select("nowhere", {"app": "web"}).is_none


LABELS = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["1", "2", None]), max_size=3)


@given(
    st.lists(st.tuples(st.sampled_from(["n", "m"]), st.none() | LABELS), max_size=8),
    st.dictionaries(st.sampled_from("abc"), st.sampled_from(["1", "2"]), max_size=3),
    st.booleans(),
)
def test_index_answers_as_looking_at_each(held: list[Any], asked: dict[str, str], everywhere: bool) -> None:
    every = [
        Pods(name=f"p{i}", namespace=namespace, labels=labels, kind="Pod") for i, (namespace, labels) in enumerate(held)
    ]
    found = PodIndex(every).select("n", asked, everywhere=everywhere)
    near = [one for one in every if everywhere or one.namespace == "n"]
    sure = sorted(one.name for one in near if carries(one.labels, asked))
    perhaps = sorted(one.name for one in near if carries(one.labels, asked) is None)
    assert sorted(one.name for one in found.sure) == sure
    assert sorted(one.name for one in found.perhaps) == perhaps
    assert found.others == len(near) - len(sure) - len(perhaps)


def test_what_a_deployment_made_is_no_workload_beside_it() -> None:
    replicas = pods("web-5f", app="web") | {"kind": "ReplicaSet"}
    replicas["metadata"]["ownerReferences"] = [{"kind": "Deployment", "name": "web", "controller": True}]
    pod: dict[str, Any] = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-5f-x", "namespace": "shop"}}
    pod["metadata"] |= {
        "labels": {"app": "web"},
        "ownerReferences": [{"kind": "ReplicaSet", "name": "web-5f", "controller": True}],
    }
    whole = Surroundings.read([pods("web", app="web"), replicas, pod])
    assert [one.name for one in whole.pods.select("shop", {"app": "web"}).sure] == ["web"]
    lone = Surroundings.read([pod])
    assert [one.name for one in lone.pods.select("shop", {"app": "web"}).sure] == ["web-5f-x"]


def service(**labels: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "shop", "labels": labels}}


def namespace(**labels: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": labels}}


USE, WHERE = "istio.io/use-waypoint", "istio.io/use-waypoint-namespace"


@pytest.mark.parametrize(
    ("objects", "place"),
    [
        ([service()], None),
        ([service(), namespace()], None),
        ([service(**{USE: "w"})], "shop/w"),
        ([service(), namespace(**{USE: "w"})], "shop/w"),
        ([service(**{USE: "w", WHERE: "infra"}), namespace(**{USE: "other"})], "infra/w"),
        ([service(), namespace(**{USE: "w", WHERE: "infra"})], "infra/w"),
        ([service(**{USE: "none"}), namespace(**{USE: "w"})], "None"),
    ],
)
def test_used_waypoint(objects: list[Any], place: str | None) -> None:
    around = Surroundings.read(objects)
    served = around.find(Service, "shop", "s")
    assert served is not None
    used = used_waypoint(around, served)
    assert (None if used is None else used.place) == place
    assert not may_use_waypoint(around, served)


def test_waypoint_that_may_be_named() -> None:
    for objects in ([service(**{USE: INVALID})], [service(), namespace(**{USE: INVALID})]):
        around = Surroundings.read(objects)
        served = around.find(Service, "shop", "s")
        assert served is not None
        assert may_use_waypoint(around, served)
