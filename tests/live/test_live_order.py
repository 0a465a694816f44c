"""Requests pass the filters in the order that the plan promises."""

from __future__ import annotations

import random
import time
from itertools import permutations
from typing import Any

import pytest
from mesh.api import Object
from mesh.cluster import Cluster

import mesh_wasm_pulumi as wasm

from .stage import Extension, MakeStage, Modules, Stage, names, until

pytestmark = pytest.mark.live


def test_the_chain_of_the_reference_runs_in_its_printed_order(
    make_stage: MakeStage, each_cluster: Cluster, modules: Modules
) -> None:
    """openid-connect -> istio.authn -> acl-check -> check-header -> router, with Istio's own filters in between."""
    stage = make_stage(each_cluster)
    image = stage.registry.push("filters/reference", modules("v1"))

    def program() -> None:
        secret = wasm.PullSecret(
            "private-registry",
            {"registry": stage.registry.host, "username": "puller", "password": stage.registry.password},
        )
        fleet = stage.fleet()
        for name, phase, priority in [
            ("check-header", "AUTHZ", 10),
            ("acl-check", "AUTHZ", 1000),
            ("openid-connect", "AUTHN", None),
        ]:
            spec: Any = {
                "selector": {"match_labels": stage.labels},
                "url": image.url,
                "phase": phase,
                "plugin_config": {"name": name},
                **({} if priority is None else {"priority": priority}),
            }
            wasm.WasmPlugin(
                name,
                {
                    "metadata": {"name": name, "namespace": stage.namespace},
                    "spec": spec,
                    "pull_secret": secret,
                    "fleet": fleet,
                },
            )

    stage.apply(stage.clusters[0], stage.istio_policies())
    stage.deploy(program)
    order = ["openid-connect", "acl-check", "check-header"]
    until(stage.proxy, lambda answer: names(answer) == order, f"the order {order}")
    assert stage.http_filters() == [
        "openid-connect",
        "envoy.filters.http.jwt_authn",
        "acl-check",
        "check-header",
        "envoy.filters.http.rbac",
        "envoy.filters.http.grpc_stats",
        "envoy.filters.http.fault",
        "envoy.filters.http.cors",
        "envoy.filters.http.router",
    ]


def test_a_tie_of_three_is_one_chain_in_two_clusters(
    make_stage: MakeStage, two_clusters: tuple[Cluster, Cluster], modules: Modules
) -> None:
    """Istio breaks ties by the second of creation, TSB by FQN: created in any order, it is the order of the FQNs."""
    stage = make_stage(*two_clusters)
    image = stage.registry.push("filters/tie", modules("v1"))
    program = stage.gateway_program(*(Extension(name, image.url, priority=5) for name in ("tie-b", "tie-c", "tie-a")))
    planned = stage.plan(program)
    orders = [order for order in permutations(range(3)) if order != (0, 1, 2)]
    for cluster, order in zip(two_clusters, random.Random().sample(orders, 2), strict=True):
        plugins = sorted(_plugins(planned[cluster.name]), key=lambda plugin: str(plugin["metadata"]["name"]))
        for index in order:
            stage.apply(cluster, [plugins[index]])
            time.sleep(1.1)
    stage.deploy(program)
    expected = ["tie-a", "tie-b", "tie-c"]
    for name, proxy in stage.proxies.items():
        until(proxy, lambda answer: names(answer) == expected, f"the order {expected} in {name}")


def test_phase_and_priority_decide_not_the_list(stage: Stage, modules: Modules) -> None:
    image = stage.registry.push("filters/phases", modules("v1"))
    stage.deploy(
        stage.gateway_program(
            Extension("last", image.url, "UNSPECIFIED_PHASE", 1000),
            Extension("stats", image.url, "STATS", 2000),
            Extension("authz", image.url, "AUTHZ"),
            Extension("authn-low", image.url, "AUTHN", -5),
            Extension("authn-unset", image.url, "AUTHN"),
            Extension("authn-high", image.url, "AUTHN", 10),
        )
    )
    order = ["authn-high", "authn-unset", "authn-low", "authz", "stats", "last"]
    until(stage.proxy, lambda answer: names(answer) == order, f"the order {order}")


def _plugins(objects: list[Object]) -> list[Object]:
    return [obj for obj in objects if obj["kind"] == "WasmPlugin"]
