"""Placement: clusters by label and name, namespaces by selector."""

from __future__ import annotations

from typing import Any

import pytest

from mesh_wasm.findings.finding import errors
from mesh_wasm.fleet.cluster import Cluster, Fleet, Selection
from mesh_wasm.fleet.placement import place
from mesh_wasm.model.parse import parse
from mesh_wasm.model.target import Target, TargetKind

FLEET = Fleet(
    [
        Cluster(name="east", labels={"env": "prod", "zone": "1"}, namespaces=["shop", "shop-a", "pay"]),
        Cluster(name="west", labels={"env": "prod", "zone": "2"}, namespaces=["shop", "shop-b"]),
        Cluster(name="test", labels={"env": "test"}, namespaces=["shop"]),
    ]
)


def group(*selector: str, **selection: Any) -> list[tuple[str, str]]:
    fqn = "organizations/o/tenants/t/workspaces/w/securitygroups/g"
    target = parse(Target, {"kind": TargetKind.SECURITY_GROUP, "fqn": fqn, "namespace_selector": list(selector)}).value
    placements, findings = place(target, FLEET, Selection(**selection))
    assert not errors(findings), findings
    return [(placement.cluster.name, str(placement.namespace)) for placement in placements]


CASES: list[tuple[list[str], dict[str, Any], list[tuple[str, str]]]] = [
    (["*/shop"], {}, [("east", "shop"), ("west", "shop"), ("test", "shop")]),
    (["*/shop"], {"labels": {"env": "prod"}}, [("east", "shop"), ("west", "shop")]),
    (["*/shop"], {"labels": {"env": "prod", "zone": "2"}}, [("west", "shop")]),
    (["*/shop"], {"names": ["test"]}, [("test", "shop")]),
    (["*/shop"], {"labels": {}, "names": ["west", "test"]}, [("west", "shop"), ("test", "shop")]),
    (["*/shop-*"], {}, [("east", "shop-a"), ("west", "shop-b")]),
    (["east/*"], {}, [("east", "pay"), ("east", "shop"), ("east", "shop-a")]),
    (["*/shop*"], {"names": ["east"]}, [("east", "shop"), ("east", "shop-a")]),
    (["east/shop", "*/shop", "east/sh*"], {"names": ["east"]}, [("east", "shop"), ("east", "shop-a")]),
]


@pytest.mark.parametrize(("selector", "selection", "expected"), CASES)
def test_group(selector: list[str], selection: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert group(*selector, **selection) == expected


def gateway(namespace: str, **fields: Any) -> tuple[list[str], list[str]]:
    fqn = "organizations/o/tenants/t/workspaces/w/gatewaygroups/g/unifiedgateways/i"
    selector = {"namespace": namespace, "labels": {"a": "b"}}
    document = {"kind": TargetKind.GATEWAY, "fqn": fqn, "workload_selector": selector, **fields}
    placements, findings = place(parse(Target, document).value, FLEET, Selection())
    return [placement.cluster.name for placement in placements], [finding.rule for finding in findings]


def test_a_gateway_stands_in_every_selected_cluster() -> None:
    assert gateway("shop") == (["east", "west", "test"], [])


def test_a_namespace_that_a_cluster_lacks_is_said() -> None:
    assert gateway("pay") == (["east"], ["MW505", "MW505"])


def test_the_groups_selector_narrows() -> None:
    assert gateway("pay", namespace_selector=["east/*"]) == (["east"], [])
    assert gateway("shop", namespace_selector=["*/sho*"]) == (["east", "west", "test"], [])
    assert gateway("shop", namespace_selector=["west/shop-b"]) == ([], ["MW505"])


def test_an_undeclared_namespace_list_is_trusted() -> None:
    fleet = Fleet([Cluster(name="c")])
    fqn = "organizations/o/tenants/t/workspaces/w/securitygroups/g"
    target = parse(Target, {"kind": TargetKind.SECURITY_GROUP, "fqn": fqn, "namespace_selector": ["*/any"]}).value
    placements, findings = place(target, fleet, Selection())
    assert ([p.namespace for p in placements], findings) == (["any"], [])
