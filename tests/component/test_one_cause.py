"""One cause, one error: what follows from an error is not told."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pulumi_kubernetes as k8s
import pytest
from support.programs import (
    GATEWAY,
    GROUP,
    errors,
    extension_args,
    fleet,
    gateway_args,
    group_args,
    plugin_args,
    plugins,
)

import mesh_wasm_pulumi as wasm
from mesh_wasm_pulumi.offline.run import Run, run_program


def stack(make: Callable[[], Any], **config: str) -> Run:
    """Seven components that share whatever stands for the fleet."""

    def program() -> None:
        where = make()
        secret = wasm.PullSecret("reg", {"registry": "registry.acme.io", "username": "u", "password": "p"})
        acl = wasm.WasmExtension("acl", extension_args(pull_secret=secret))
        for number in range(2):
            gateway = {"gateway": f"{GATEWAY}{number}", "cluster_names": ["east"]}
            wasm.IngressGatewayAttachment(f"edge{number}", gateway_args(acl, where, **gateway))
            wasm.SecurityGroupAttachment(f"group{number}", group_args(acl, where, group=f"{GROUP}{number}"))
        wasm.WasmPlugin("raw", plugin_args(where))

    return run_program(program, config=config)


def one(**facts: Any) -> wasm.Cluster:
    return wasm.Cluster("east", provider=k8s.Provider("east", context="east"), labels={"env": "prod"}, **facts)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        pytest.param(lambda: wasm.Fleet([one(istio_version=1.27)]), 'Write "1.27", in quotes', id="version"),
        pytest.param(lambda: wasm.Fleet([one(istio_version=1.3)]), 'Write "1.3" or "1.30"', id="version 1.30"),
        pytest.param(lambda: {"east": {"istio_version": "1.27"}}, "no Kubernetes provider", id="no provider"),
        pytest.param(lambda: fleet()["east"], 'select the cluster by cluster_names=["east"]', id="one entry"),
        pytest.param(lambda: one(), "a Fleet([Cluster(…), …])", id="one cluster"),
        pytest.param(lambda: [one()], "a Fleet([Cluster(…), …])", id="a list"),
    ],
)
def test_a_wrong_fleet_is_one_error(make: Callable[[], Any], says: str) -> None:
    result = stack(make)
    (error,) = errors(result)
    assert says in str(error)
    assert not plugins(result)
    assert result.failure is not None
    assert "(1 error)" in result.failure
    assert "Nor for edge1, group0, group1, raw" in result.failure


def test_that_a_misspelt_field_is_missing_is_not_told() -> None:
    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args())
        where = {"namespace": "edge", "label": {"app": "gw"}}
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet(), workload_selector=where))

    (error,) = errors(run_program(program))
    assert "workload_selector.label: there is no field 'label' here; did you mean 'labels'?" in str(error)


def many(**facts: Any) -> wasm.Fleet:
    names = ("east", "west", "north")
    return wasm.Fleet([wasm.Cluster(one, provider=k8s.Provider(one, context=one), **facts) for one in names])


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"istio_version": 1.27}, "expected a text, got a number; the same in clusters west, north. Write "),
        ({"dialect": "asn"}, "did you mean asm?; the same in clusters west, north. Write `dialect: asm`."),
    ],
)
def test_one_line_of_a_loop_is_one_error(facts: dict[str, Any], says: str) -> None:
    (error,) = errors(stack(lambda: many(**facts)))
    assert says in str(error)
    assert "fleet.east." in str(error)


def test_what_is_wrong_in_two_clusters_otherwise_is_told_of_each() -> None:
    def make() -> wasm.Fleet:
        versions = {"east": 1.27, "west": "1.x", "north": 1.27}
        made = [wasm.Cluster(one, provider=k8s.Provider(one), istio_version=told) for one, told in versions.items()]
        return wasm.Fleet(made)

    first, second = errors(stack(make))
    assert "fleet.east.istio_version" in str(first)
    assert "the same in cluster north" in str(first)
    assert "fleet.west.istio_version" in str(second)


def test_a_bare_extension_is_answered_with_the_shape_to_write() -> None:
    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args())
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet(), extensions=[acl]))

    (error,) = errors(run_program(program))
    assert "extensions[0]: this is an extension, where an object is expected" in str(error)
    assert 'Write {"extension": …} around it' in str(error)


def test_each_component_without_a_fleet_says_so_once() -> None:
    result = stack(lambda: None)
    assert sorted(name for name, finding in result.ledger.findings if finding.is_error) == [
        "edge0", "edge1", "group0", "group1", "raw",
    ]  # fmt: skip


def test_wrong_severities_are_one_error_that_says_all() -> None:
    levels = {"MW303": "nope", "MW43": "info", "MW403": "warning"}
    (error,) = errors(stack(fleet, **{"mesh-wasm:severities": json.dumps(levels)}))
    assert "'nope' is no severity for MW303" in error.message
    assert "There is no rule 'MW43'" in error.message
    assert "did you mean MW403 (" in error.message
    assert str(error).startswith('["mesh-wasm:severities"]: ')


def test_a_broken_pull_secret_is_one_error() -> None:
    def program() -> None:
        secret = wasm.PullSecret("reg", {"registry": "registry.acme.io", "username": "u"})
        acl = wasm.WasmExtension("acl", extension_args(pull_secret=secret))
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet()))

    result = run_program(program)
    assert [name for name, finding in result.ledger.findings if finding.is_error] == ["reg"]
    assert not plugins(result)


def test_a_good_fleet_does_not_hide_a_wrong_selection() -> None:
    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args())
        for number in range(2):
            args = gateway_args(acl, fleet(), gateway=f"{GATEWAY}{number}", cluster_names=["esat"])
            wasm.IngressGatewayAttachment(f"edge{number}", args)

    found = errors(run_program(program))
    assert [finding.rule for finding in found] == ["MW503", "MW503"]
    assert "did you mean 'east'?" in found[0].message


def test_the_provider_of_one_cluster() -> None:
    def program() -> None:
        where = fleet()
        made.append((where.provider("east"), where["east"]))

    made: list[Any] = []
    assert run_program(program).failure is None
    ((provider, entry),) = made
    assert isinstance(provider, k8s.Provider)
    assert entry.provider is entry["provider"] is provider
    assert entry.name == "east"
    assert entry.namespaces == ["edge", "shop", "pay"]
    with pytest.raises(AttributeError, match=r"cluster east has no provide; it has name, .*did you mean 'provider'"):
        _ = entry.provide


def test_a_provider_that_is_not_there() -> None:
    result = run_program(lambda: fleet().provider("esat"))
    assert "The fleet has no cluster 'esat'; it has east, west." in str(result.failure)
