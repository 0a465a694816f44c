"""One order in every cluster, by what real API servers have stored.

Istio's documented comparison (istio pilot/pkg/model/push_context.go): candidates namespace by namespace, the
workload's own before the root namespace; within one by time of creation, then name; then stably by priority, descending,
where an unset one counts as the lowest int32. It is applied here to what the servers return, times of creation included.

From Istio 1.30 on the name has a suffix when it is compared; that this turns `a` and `a-b` round was seen in the filters of
Envoy (tests/live/test_live_versions.py).
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from mesh.api import Object
from mesh.cluster import Cluster
from mesh.parts import OLD_ISTIO

from mesh_wasm.chains.chain import chains
from mesh_wasm.chains.member import read_member
from mesh_wasm.fleet.cluster import Cluster as Facts
from mesh_wasm.fleet.cluster import Fleet, Selection
from mesh_wasm.model.attachment import WasmExtensionAttachment
from mesh_wasm.model.extension import CatalogueEntry
from mesh_wasm.model.parse import parse
from mesh_wasm.model.plugin import API_VERSION, KIND
from mesh_wasm.model.target import Target, TargetKind
from mesh_wasm.planning.attachments import Attached, plan_attachments
from mesh_wasm.values.labels import EXTENSION

pytestmark = pytest.mark.cluster

ROOT = "istio-system"
UNSET = -(2**31)
SUFFIX = "~istio-translated-wasmplugin"
NAMES = [f"ext-{letter}" for letter in "hcagbedf"]
PHASES = ["AUTHN", "AUTHZ", "STATS", "UNSPECIFIED_PHASE"]


@dataclass(frozen=True)
class Place:
    """A namespace of one name in two clusters, and labels that nobody else uses."""

    clusters: tuple[Cluster, Cluster]
    namespace: str

    @property
    def labels(self) -> dict[str, str]:
        return {"app": self.namespace}

    def stored(self, cluster: Cluster, *namespaces: str) -> list[Object]:
        """This test's plugins, as the server returns them, namespace by namespace."""
        return [
            one
            for namespace in namespaces or (self.namespace,)
            for one in cluster.api.list(API_VERSION, KIND, namespace)
            if one["spec"].get("selector", {}).get("matchLabels") == self.labels
        ]


@pytest.fixture
def place(two_clusters: tuple[Cluster, Cluster]) -> Iterator[Place]:
    with made(*two_clusters) as place:
        yield place


@contextmanager
def made(*clusters: Cluster) -> Iterator[Place]:
    """A new place, in one cluster or in two."""
    place = Place((clusters[0], clusters[-1]), f"order-{secrets.token_hex(4)}")
    for cluster in clusters:
        cluster.create_namespace(place.namespace)
    try:
        yield place
    finally:
        for cluster in clusters:
            for plugin in place.stored(cluster, ROOT):
                cluster.api.delete(API_VERSION, KIND, plugin["metadata"]["name"], ROOT)
            cluster.api.delete("v1", "Namespace", place.namespace)


def istio_order(plugins: list[Object], namespaces: tuple[str, ...], suffix: str = SUFFIX) -> list[Object]:
    """The plugins of one phase in the order in which Istio runs them; before 1.30 it compares names without a suffix."""
    gathered = sorted(
        plugins,
        key=lambda one: (
            namespaces.index(one["metadata"]["namespace"]),
            one["metadata"]["creationTimestamp"],
            one["metadata"]["name"] + suffix,
        ),
    )
    return sorted(gathered, key=lambda one: -one["spec"].get("priority", UNSET))


def create(cluster: Cluster, plugins: list[Object]) -> None:
    """Create them in parallel, in two waves: the servers' clocks tick in seconds."""
    half = len(plugins) // 2
    with ThreadPoolExecutor(8) as pool:
        for wave in (plugins[:half], plugins[half:]):
            for answer in pool.map(cluster.api.create, wave):
                answer.accepted()
            time.sleep(1.1)


def create_in_two_orders(place: Place, plugins: dict[str, list[Object]]) -> None:
    """In random order in the first cluster; in the second those of the first wave come last."""
    order = random.sample(range(len(NAMES)), len(NAMES))
    orders = (order, order[::-1])
    with ThreadPoolExecutor(2) as pool:
        jobs = [
            pool.submit(create, cluster, [plugins[name][index] for index in of])
            for cluster, name, of in zip(place.clusters, plugins, orders, strict=True)
        ]
        for job in jobs:
            job.result()


def planned(place: Place, priorities: list[int]) -> dict[str, list[Object]]:
    """The manifests of extensions with these priorities on one gateway, by cluster, in order of declaration."""
    fleet = Fleet(Facts(name=name, namespaces=[place.namespace]) for name in ("one", "two"))
    target = parse(
        Target,
        {
            "kind": TargetKind.INGRESS_GATEWAY,
            "fqn": "organizations/o/tenants/t/workspaces/w/gatewaygroups/g/ingressgateways/shop",
            "workloadSelector": {"namespace": place.namespace, "labels": place.labels},
        },
    ).value
    attached = [
        Attached(
            parse(CatalogueEntry, {"fqn": fqn, "image": f"oci://r.example.com/f/{name}:1", "priority": number}).value,
            parse(WasmExtensionAttachment, {"fqn": fqn}).value,
            name,
        )
        for name, number in zip(NAMES, priorities, strict=True)
        for fqn in [f"organizations/o/extensions/{name}"]
    ]
    plan = plan_attachments(target, attached, fleet, Selection())
    assert plan.errors == []
    found: dict[str, list[Object]] = {"one": [], "two": []}
    for plugin in plan.plugins:
        found[plugin.cluster.name].append(plugin.manifest())
    return found


def fqns(plugins: list[Object]) -> list[str]:
    return [one["metadata"]["annotations"][EXTENSION].rsplit("/", 1)[-1] for one in plugins]


def tsb_order(priorities: list[int]) -> list[str]:
    return [name for _, name in sorted((-number, name) for name, number in zip(NAMES, priorities, strict=True))]


@pytest.mark.parametrize(
    "priorities",
    [[5] * 8, [5, 5, 4, 4, 6, 5, 4, 3], [2**31 - 1] * 8, [-(2**31)] * 8],
    ids=["all equal", "crowded ties", "at the highest number", "at the lowest number"],
)
def test_what_is_planned_runs_in_tsbs_order_in_both_clusters(place: Place, priorities: list[int]) -> None:
    create_in_two_orders(place, planned(place, priorities))
    for cluster in place.clusters:
        stored = place.stored(cluster)
        assert len(stored) == len(NAMES)
        assert fqns(istio_order(stored, (place.namespace,))) == tsb_order(priorities)


def test_without_the_plan_the_same_priorities_give_two_orders(place: Place) -> None:
    """What would happen, were the declared priorities written as they are: the check above can fail."""
    plugins = planned(place, [5] * 8)
    for plugin in (plugin for ones in plugins.values() for plugin in ones):
        plugin["spec"]["priority"] = 5
    create_in_two_orders(place, plugins)
    first, second = (fqns(istio_order(place.stored(cluster), (place.namespace,))) for cluster in place.clusters)
    assert first != second


def test_a_chain_is_what_istio_makes_of_the_stored_plugins(each_cluster: Cluster) -> None:
    """Plugins of the own and of the root namespace, with any priority and with none, in all phases; on both Istios."""
    facts = Facts(name="one", istio_version="1.27.9" if each_cluster.release is OLD_ISTIO else None)
    with made(each_cluster) as place:
        plugins = [_raw(place, index) for index in range(24)]
        create(each_cluster, random.sample(plugins, len(plugins)))
        stored = place.stored(each_cluster, place.namespace, ROOT)
        assert len(stored) == len(plugins)
        members = [read_member(facts, one["metadata"], one["spec"]) for one in stored]
        (chain,) = [chain for chain in chains(members) if chain.workload.namespace == place.namespace]
        by_phase = [
            [one for one in stored if one["spec"].get("phase", "UNSPECIFIED_PHASE") == phase] for phase in PHASES
        ]
        expected = [one["metadata"]["name"] for ones in by_phase for one in istio_order(ones, (place.namespace, ROOT))]
        assert [member.name for member in chain.plugins] == expected


@pytest.mark.parametrize("names", [("acl", "acl-check", "acl2"), ("acl-check", "acl2", "acl")], ids="-".join)
def test_equally_old_ties_are_drawn_as_the_clusters_istio_runs_them(each_cluster: Cluster, names: list[str]) -> None:
    """Names of which one begins with another: 1.27.9 and the newest run them the other way round."""
    old = each_cluster.release is OLD_ISTIO
    with made(each_cluster) as place:
        stored = in_one_second(place, names)
        members = [
            read_member(Facts(name="one", istio_version="1.27.9" if old else None), one["metadata"], one["spec"])
            for one in stored
        ]
        (chain,) = chains(members)
        expected = [one["metadata"]["name"] for one in istio_order(stored, (place.namespace,), "" if old else SUFFIX)]
        assert [member.name for member in chain.plugins] == expected
        assert expected == (["acl", "acl-check", "acl2"] if old else ["acl-check", "acl2", "acl"])


def in_one_second(place: Place, names: list[str]) -> list[Object]:
    """Plugins of one priority, stored in this order and equally old to the second."""
    api = place.clusters[0].api
    for _ in range(10):
        time.sleep(1.05 - time.time() % 1)
        for name in names:
            plugin = _raw(place, 0)
            plugin["metadata"] = {"name": name, "namespace": place.namespace}
            api.create(plugin).accepted()
        stored = place.stored(place.clusters[0])
        if len({one["metadata"]["creationTimestamp"] for one in stored}) == 1:
            return stored
        for name in names:
            api.delete(API_VERSION, KIND, name, place.namespace).accepted()
    raise AssertionError("the API server is too slow to create some plugins in one second")


def _raw(place: Place, index: int) -> Object:
    """Distinct numbers within a namespace and phase, the same ones in both namespaces, and one plugin without a number."""
    phase = PHASES[index % 4]
    namespace = (place.namespace, ROOT)[index // 4 % 2]
    number = [-5, 0, None][index // 8]
    spec: dict[str, Any] = {
        "url": "oci://r.example.com/f/x:1",
        "selector": {"matchLabels": place.labels},
        **({} if phase == "UNSPECIFIED_PHASE" else {"phase": phase}),
        **({} if number is None else {"priority": number}),
    }
    metadata = {"name": f"{place.namespace}-{index:02}", "namespace": namespace}
    return {"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "spec": spec}
