"""What differs between the Istios of the mesh, 1.27.9 and the newest, and what does not."""

from __future__ import annotations

import time
from typing import Any

import pytest
from mesh.api import Object
from mesh.cluster import Cluster
from mesh.parts import OLD_ISTIO

from mesh_wasm.fleet.istio_version import FilterName, Version, compared_name, turned_round

from .stage import PLUGIN, MakeStage, Modules, Stage, names, until

pytestmark = pytest.mark.live


@pytest.fixture
def each_stage(make_stage: MakeStage, each_cluster: Cluster) -> Stage:
    """A gateway of each Istio in turn."""
    return make_stage(each_cluster)


def version(stage: Stage) -> Version | None:
    """The version as a cluster declares it; none: the newest."""
    return (1, 27) if stage.clusters[0].release is OLD_ISTIO else None


def plugin(stage: Stage, name: str, url: str, **spec: Any) -> Object:
    """A WasmPlugin of the gateway, as somebody who does not use mesh-wasm would write it."""
    return {
        "apiVersion": PLUGIN[0],
        "kind": PLUGIN[1],
        "metadata": {"name": name, "namespace": stage.namespace},
        "spec": {
            "selector": {"matchLabels": stage.labels},
            "url": url,
            "imagePullSecret": "registry",
            "pluginConfig": {"name": name},
            **spec,
        },
    }


def create_in_one_second(stage: Stage, plugins: list[Object]) -> None:
    """Create plugins one after the other, until all of them are as old to the second."""
    api = stage.clusters[0].api
    for _ in range(10):
        time.sleep(1.05 - time.time() % 1)
        made = [api.create(one).accepted()["metadata"]["creationTimestamp"] for one in plugins]
        if len(set(made)) == 1:
            return
        for one in plugins:
            api.delete(*PLUGIN, one["metadata"]["name"], stage.namespace).accepted()
    raise AssertionError("the API server is too slow to create two plugins in one second")


def test_filters_have_the_names_that_the_version_gives_them(each_stage: Stage, modules: Modules) -> None:
    """And unset runs after every number, on both."""
    stage = each_stage
    image = stage.registry.push("filters/versions", modules("v1"))
    plugins = [plugin(stage, "unset", image.url), plugin(stage, "zero", image.url, priority=0)]
    plugins.append(plugin(stage, "negative", image.url, priority=-5))
    stage.apply(stage.clusters[0], [stage.registry.pull_secret("registry", stage.namespace), *plugins])
    order = ["zero", "negative", "unset"]
    until(stage.proxy, lambda answer: names(answer) == order, f"the order {order}")
    (dump,) = stage.proxy.config_dump("?resource=dynamic_listeners")["configs"]
    (network,) = dump["active_state"]["listener"]["filter_chains"][0]["filters"]
    told = [one["name"] for one in network["typed_config"]["http_filters"] if "/" in one["name"]]
    assert told == [FilterName(PLUGIN[1], stage.namespace, name).resource(version(stage)) for name in order]
    assert [FilterName.of_resource(name) for name in told] == [
        FilterName(PLUGIN[1], stage.namespace, name) for name in order
    ]


@pytest.mark.parametrize("created", [("acl", "acl-check"), ("acl-check", "acl")], ids=" then ".join)
def test_equally_old_plugins_of_one_priority_run_by_the_name_that_the_version_compares(
    each_stage: Stage, modules: Modules, created: tuple[str, str]
) -> None:
    """One name begins with the other: the upgrade to 1.30 turns them round."""
    stage = each_stage
    image = stage.registry.push("filters/ties", modules("v1"))
    stage.apply(stage.clusters[0], [stage.registry.pull_secret("registry", stage.namespace)])
    create_in_one_second(stage, [plugin(stage, name, image.url, priority=3) for name in created])
    order = sorted(created, key=lambda name: compared_name(name, version(stage)))
    assert turned_round(*created)
    assert order == (["acl", "acl-check"] if version(stage) else ["acl-check", "acl"])
    until(stage.proxy, lambda answer: names(answer) == order, f"the order {order}")


def test_the_older_one_runs_first_whatever_the_names(each_stage: Stage, modules: Modules) -> None:
    stage = each_stage
    image = stage.registry.push("filters/ages", modules("v1"))
    stage.apply(stage.clusters[0], [stage.registry.pull_secret("registry", stage.namespace)])
    for name in ("b", "c", "a"):
        stage.clusters[0].api.create(plugin(stage, name, image.url, priority=3)).accepted()
        time.sleep(1.1)
    until(stage.proxy, lambda answer: names(answer) == ["b", "c", "a"], "the order of creation")


def test_only_the_newest_knows_the_kind_traffic_extension(cluster: Cluster, old_cluster: Cluster) -> None:
    found = [
        where.api.get("apiextensions.k8s.io/v1", "CustomResourceDefinition", "trafficextensions.extensions.istio.io").ok
        for where in (cluster, old_cluster)
    ]
    assert found == [True, False]
