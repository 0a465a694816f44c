"""Chains: which plugins a workload runs, and in which order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from mesh_wasm.chains._label_index import LabelIndex
from mesh_wasm.chains.chain import Chain, chains
from mesh_wasm.chains.member import Member
from mesh_wasm.values.deferred import INVALID

from .members import plugin

GW = {"app": "gw"}
NAME_LABEL = "gateway.networking.k8s.io/gateway-name"
SEED = yaml.safe_load_all((Path(__file__).parent / "seed-chain.yaml").read_text())


def by_title(*members: Member) -> dict[str, Chain]:
    return {chain.workload.title: chain for chain in chains(members)}


def lines(*members: Member) -> dict[str, str]:
    return {title: chain.line for title, chain in by_title(*members).items()}


def test_the_chain_of_istios_reference() -> None:
    members = [plugin(doc["metadata"]["name"], "istio-ingress", **{"labels": None, **doc["spec"]}) for doc in SEED]
    assert lines(*members) == {
        "istio-ingress · istio=ingressgateway": "-> openid-connect -> istio.authn -> acl-check -> check-header -> router"
    }


def test_all_filters_of_a_sidecar_and_of_a_waypoint() -> None:
    phases = ["AUTHN", "AUTHZ", "STATS", "UNSPECIFIED_PHASE"]
    pods = by_title(*(plugin(phase.lower(), phase=phase) for phase in phases))["edge · every workload"]
    assert [step.name for step in pods.http] == [
        "istio.metadata_exchange",
        "istio.ext_authz",
        "authn",
        "istio.authn",
        "authz",
        "istio.authz",
        "stats",
        "unspecified_phase",
        "fault, CORS",
        "istio.stats",
        "router",
    ]
    waypoint = by_title(*(plugin(phase.lower(), phase=phase, ref="Service/shop") for phase in phases))
    assert [step.name for step in waypoint["edge · waypoint of Service shop"].http] == [
        "istio.ext_authz",
        "authn",
        "istio.authn",
        "authz",
        "istio.authz",
        "fault, CORS",
        "stats",
        "unspecified_phase",
        "istio.stats",
        "router",
    ]


ORDER: list[tuple[str, list[Member], str]] = [
    ("priority descends", [plugin("a", priority=1), plugin("b", priority=2)], "-> b -> a -> router"),
    ("0 before negative", [plugin("a", priority=-5), plugin("b")], "-> b -> a -> router"),
    ("unset comes last", [plugin("a", priority=None), plugin("b", priority=-5)], "-> b -> a -> router"),
    (
        "phase before priority",
        [plugin("a", phase="AUTHZ"), plugin("b", priority=9)],
        "-> a -> istio.authz -> b -> router",
    ),
    (
        "own namespace before root namespace",
        [plugin("a", "istio-system", priority=3), plugin("b", priority=3), plugin("c", "istio-system", priority=4)],
        "-> c -> b -> a -> router",
    ),
    (
        "network filters come first",
        [plugin("a"), plugin("n", type="NETWORK", priority=-1)],
        "-> n -> HTTP filters or TCP proxy | -> a -> router",
    ),
    ("the extension's name is shown", [plugin("x-1", fqn="organizations/o/extensions/acl")], "-> acl -> router"),
    (
        "ASM_ROUTER is next to the router",
        [plugin("a", phase="ASM_ROUTER"), plugin("b")],
        "-> b -> fault, CORS -> istio.stats -> a -> router",
    ),
]


@pytest.mark.parametrize(("members", "line"), [case[1:] for case in ORDER], ids=[case[0] for case in ORDER])
def test_order(members: list[Member], line: str) -> None:
    assert lines(*members)["edge · every workload"] == line


SELECTION: list[tuple[str, list[Member], dict[str, str]]] = [
    (
        "a selector and its namespace",
        [plugin("gw", labels=GW, priority=1), plugin("all")],
        {"edge · app=gw": "-> gw -> all -> router", "edge · every workload": "-> all -> router"},
    ),
    (
        "labels that one pod could carry",
        [plugin("a", labels=GW, priority=1), plugin("b", labels={"tier": "x"})],
        {
            "edge · app=gw": "-> a -> b (only with tier=x) -> router",
            "edge · tier=x": "-> a (only with app=gw) -> b -> router",
        },
    ),
    (
        "labels that contradict",
        [plugin("a", labels=GW), plugin("b", labels={"app": "shop"})],
        {"edge · app=gw": "-> a -> router", "edge · app=shop": "-> b -> router"},
    ),
    (
        "other namespaces are apart, the root namespace reaches all",
        [plugin("a", "one"), plugin("b", "two"), plugin("m", "istio-system", priority=9)],
        {
            "one · every workload": "-> m -> a -> router",
            "two · every workload": "-> m -> b -> router",
            "whole mesh · every workload": "-> m -> router",
        },
    ),
    (
        "a selector in the root namespace",
        [plugin("m", "istio-system", labels=GW, priority=9), plugin("a", "one")],
        {
            "one · every workload": "-> m (only with app=gw) -> a -> router",
            "whole mesh · app=gw": "-> m -> router",
        },
    ),
    (
        "a Gateway of the Gateway API",
        [
            plugin("g", ref="Gateway/web", priority=9),
            plugin("all"),
            plugin("l", labels={NAME_LABEL: "web"}, priority=8),
        ],
        {
            "edge · Gateway web": "-> g -> l -> all (unless it is a waypoint) -> router",
            "edge · every workload": "-> all -> router",
        },
    ),
    (
        "waypoints honour no selectors",
        [
            plugin("s", ref="Service/shop", priority=9),
            plugin("all"),
            plugin("every", "istio-system", ref="GatewayClass/istio-waypoint"),
            plugin("g", ref="Gateway/wp", priority=4),
        ],
        {
            "edge · Gateway wp": "-> g -> all (unless it is a waypoint) -> every (if it is a waypoint) -> router",
            "edge · waypoint of Service shop": "-> s -> g (if Gateway wp is its waypoint) -> every -> router",
            "edge · every workload": "-> all -> router",
            "whole mesh · every waypoint": "-> every -> router",
        },
    ),
    (
        "all traffic of a waypoint is SERVER, and has no port in HTTP",
        [
            plugin("server", ref="Service/shop", priority=9, match=[{"mode": "SERVER"}]),
            plugin("client", ref="Service/shop", match=[{"mode": "CLIENT"}]),
            plugin("port", ref="Service/shop", match=[{"ports": [{"number": 80}]}]),
            plugin("tcp", ref="Service/shop", type="NETWORK", match=[{"ports": [{"number": 9000}]}]),
            plugin("one-of-two", ref="Service/shop", priority=8, match=[{"mode": "CLIENT"}, {"mode": "SERVER"}]),
        ],
        {"edge · waypoint of Service shop": "-> tcp -> TCP proxy | -> server -> one-of-two -> router"},
    ),
    (
        "a Gateway's class decides what its traffic is",
        [
            plugin("client", ref="Gateway/web", priority=9, match=[{"mode": "CLIENT"}]),
            plugin("server", ref="Gateway/web", priority=8, match=[{"mode": "SERVER"}]),
            plugin("port", ref="Gateway/web", priority=7, match=[{"ports": [{"number": 80}]}]),
            plugin("tcp", ref="Gateway/web", type="NETWORK", match=[{"ports": [{"number": 80}]}]),
            plugin("nothing", ref="Gateway/web", match=[{"mode": "SERVER", "ports": [{"number": 80}]}]),
            plugin("selected", priority=6, match=[{"mode": "SERVER"}]),
            plugin("s", ref="Service/shop", priority=9),
        ],
        {
            "edge · Gateway web": "-> tcp -> HTTP filters or TCP proxy | -> client (unless it is a waypoint) -> "
            "server (if it is a waypoint) -> port (unless it is a waypoint) -> router",
            "edge · every workload": "-> selected -> router",
            "edge · waypoint of Service shop": "-> tcp (if Gateway web is its waypoint) -> TCP proxy | -> s -> "
            "server (if Gateway web is its waypoint) -> router",
        },
    ),
    ("a GatewayClass outside the root namespace", [plugin("x", ref="GatewayClass/istio-waypoint")], {}),
    ("another GatewayClass", [plugin("x", "istio-system", ref="GatewayClass/other")], {}),
]


@pytest.mark.parametrize(("members", "expected"), [case[1:] for case in SELECTION], ids=[case[0] for case in SELECTION])
def test_selection(members: list[Member], expected: dict[str, str]) -> None:
    assert lines(*members) == expected


def test_ties_are_marked_with_their_rivals() -> None:
    (chain,) = chains([plugin("b"), plugin("a"), plugin("c", "istio-system"), plugin("d", priority=-1)])[:1]
    assert {step.name: step.tied for step in chain.http if step.member} == {"a": ("b",), "b": ("a",), "c": (), "d": ()}


@pytest.mark.parametrize("field", ["phase", "priority", "type"])
def test_a_plugin_whose_place_is_not_known_stands_beside_the_chain(field: str) -> None:
    known: dict[str, Any] = {field: INVALID}
    (chain,) = chains([plugin("a"), plugin("later", **known)])
    assert chain.line == "-> a -> router"
    assert [(member.name, member.undecided) for member in chain.undecided] == [("later", (field,))]


@pytest.mark.parametrize(
    ("istio", "line"), [("1.27.9", "-> acl -> acl-check -> router"), (None, "-> acl-check -> acl -> router")]
)
def test_equally_old_ties_run_by_the_name_that_the_version_compares(istio: str | None, line: str) -> None:
    assert lines(*(plugin(name, istio=istio) for name in ("acl", "acl-check"))) == {"edge · every workload": line}


def test_the_order_of_declaration_does_not_matter() -> None:
    members = [plugin("a"), plugin("b"), plugin("c", labels=GW), plugin("m", "istio-system")]
    assert chains(members) == chains(members[::-1])


def test_clusters_are_apart() -> None:
    assert [chain.cluster for chain in chains([plugin("a"), plugin("a", cluster="west")])] == ["east", "west"]


def test_the_index_of_labels_finds_what_is_compatible() -> None:
    index: LabelIndex[str] = LabelIndex()
    asked = {
        "none": (),
        "a1": (("a", "1"),),
        "a2": (("a", "2"),),
        "a1b1": (("a", "1"), ("b", "1")),
        "c1": (("c", "1"),),
    }
    for name, labels in asked.items():
        index.add(labels, name)
        assert name in set(index.compatible(labels))
    assert set(index.compatible((("a", "1"),))) == {"none", "a1", "a1b1", "c1"}
    assert set(index.compatible((("a", "2"), ("b", "1")))) == {"none", "a2", "c1"}
    assert set(index.compatible(())) == set(asked)
