"""Many documents: what they become together, where, and what does not fit."""

from __future__ import annotations

import datetime
import random
from pathlib import Path
from typing import Any

import pytest

from mesh_wasm.findings import documents as rules
from mesh_wasm.findings.rule import CATALOGUE, Rule
from mesh_wasm.fleet.cluster import Cluster, Fleet
from mesh_wasm.fleet.inventory import read_inventory
from mesh_wasm.planning.manifests import tree
from mesh_wasm.rules import hierarchy
from mesh_wasm.rules.waivers import Levels
from mesh_wasm.tsb import Bundle, BundlePlan
from mesh_wasm.yaml.file import documents

from .documents import (
    ACL,
    ALL,
    EXTENSION,
    FLEET,
    GATEWAY_GROUP,
    INGRESS,
    SECURITY_GROUP,
    SETTING,
    WORKSPACE,
    changed,
    files,
    gitops,
)


def planned(*many: dict[str, Any], fleet: Fleet = FLEET) -> BundlePlan:
    return Bundle(files(*many)).plan(fleet)


def places(plan: BundlePlan) -> set[tuple[str, str, str]]:
    return {
        (plugin.cluster.name, str(plugin.namespace), str(plugin.name).rsplit("-", 1)[0])
        for target in plan.targets
        for plugin in target.plan.plugins
    }


def told(plan: BundlePlan, least: str = "warning") -> list[tuple[str, str]]:
    order = ["error", "warning", "info"]
    weights = order[: order.index(least) + 1]
    return [(f.finding.rule, f.finding.where) for f in plan.findings if f.finding.severity in weights]


def test_gateway_and_group() -> None:
    plan = planned(*ALL)
    assert plan.errors == []
    assert places(plan) == {
        ("east", "edge", "gw-acl"),
        ("east", "shop", "services-acl"),
        ("west", "shop", "services-acl"),
    }


def test_both_forms_give_the_same_manifests() -> None:
    assert tree(planned(*ALL).objects()) == tree(planned(*map(gitops, ALL)).objects())


def shuffled(value: Any, seed: random.Random) -> Any:
    """Keys in another order; lists stay, for some of them have an order."""
    if isinstance(value, dict):
        keys = list(value)
        seed.shuffle(keys)
        return {key: shuffled(value[key], seed) for key in keys}
    return [shuffled(item, seed) for item in value] if isinstance(value, list) else value


SECOND = changed(changed(EXTENSION, "metadata.name", "log"), "spec.config", {"b": {"y": 1, "x": 2}, "a": [1]})


def test_manifests_do_not_depend_on_any_order() -> None:
    both = changed(INGRESS, "spec.extension", [{"fqn": ACL}, {"fqn": "organizations/acme/extensions/log"}])
    extra = changed(SETTING, "metadata.name", "other")
    extra["spec"]["extension"] = [{"fqn": "organizations/acme/extensions/log"}]
    many = [EXTENSION, SECOND, WORKSPACE, GATEWAY_GROUP, SECURITY_GROUP, both, SETTING, extra]
    expected = tree(planned(*many).objects())
    assert len(expected) == 6
    for number in range(30):
        seed = random.Random(number)
        other = [shuffled(document, seed) for document in many]
        for document in other:
            if "extension" in document["spec"]:
                seed.shuffle(document["spec"]["extension"])
        seed.shuffle(other)
        fleet = [*FLEET]
        seed.shuffle(fleet)
        assert tree(planned(*other, fleet=Fleet(fleet)).objects()) == expected


def test_settings_of_one_group_share_one_order() -> None:
    extra = changed(SETTING, "metadata.name", "other")
    extra["spec"]["extension"] = [{"fqn": "organizations/acme/extensions/log"}]
    plan = planned(EXTENSION, SECOND, WORKSPACE, SECURITY_GROUP, SETTING, extra)
    by_name = {str(p.name).split("-")[1]: p.spec["priority"] for t in plan.targets for p in t.plan.plugins}
    assert by_name["acl"] > by_name["log"]


def test_ties_of_many_are_told_once_at_the_list() -> None:
    names = ["log", "trace"]
    more = [changed(EXTENSION, "metadata.name", name) for name in names]
    items = [{"fqn": f"organizations/acme/extensions/{name}"} for name in ["acl", *names]]
    plan = planned(EXTENSION, *more, WORKSPACE, GATEWAY_GROUP, changed(INGRESS, "spec.extension", items))
    ties = [where for rule, where in told(plan, "info") if rule == "MW703"]
    assert ties == ["IngressGateway gw spec.extension"]


@pytest.mark.parametrize(
    ("documents", "expected", "reached"),
    [
        pytest.param(
            [changed(SECURITY_GROUP, "spec.namespaceSelector"), WORKSPACE, SETTING],
            [],
            {("east", "shop"), ("east", "edge"), ("west", "shop")},
            id="a group without selector has all of its workspace",
        ),
        pytest.param(
            [changed(SECURITY_GROUP, "spec.namespaceSelector.names", ["*/*"]), WORKSPACE, SETTING],
            [],
            {("east", "shop"), ("east", "edge"), ("west", "shop")},
            id="a wildcard ends at the workspace",
        ),
        pytest.param(
            [changed(SECURITY_GROUP, "spec.namespaceSelector.names", ["east/*"]), SETTING],
            ["MW553"],
            {("east", "shop"), ("east", "edge"), ("east", "pay")},
            id="a wildcard without the workspace is taken at its word",
        ),
        pytest.param(
            [changed(SECURITY_GROUP, "spec.namespaceSelector.names", ["east/pay", "*/shop"]), SETTING],
            [],
            {("east", "shop"), ("east", "pay"), ("west", "shop")},
            id="exact names need no workspace",
        ),
        pytest.param([SETTING, WORKSPACE], ["MW553"], set(), id="a setting without its group"),
        pytest.param(
            [changed(SECURITY_GROUP, "spec.namespaceSelector"), SETTING],
            ["MW553"],
            set(),
            id="a group without anything",
        ),
        pytest.param([INGRESS], ["MW553"], {("east", "edge")}, id="a gateway without its group"),
        pytest.param([INGRESS, GATEWAY_GROUP], [], {("east", "edge")}, id="a gateway with its group"),
        pytest.param(
            [INGRESS, changed(GATEWAY_GROUP, "spec.namespaceSelector.names", ["west/edge"])],
            ["MW505"],
            set(),
            id="a gateway in a cluster that has no such namespace",
        ),
        pytest.param(
            [INGRESS, changed(GATEWAY_GROUP, "spec.namespaceSelector.names", ["*/shop"])],
            ["MW505"],
            set(),
            id="a gateway outside of its group",
        ),
        pytest.param(
            [changed(SECURITY_GROUP, "spec.namespaceSelector.names", ["*/shop", "*/pay"]), WORKSPACE, SETTING],
            ["MW554"],
            {("east", "shop"), ("west", "shop")},
            id="a group that claims more than its workspace owns",
        ),
        pytest.param(
            [changed(SECURITY_GROUP, "spec.namespaceSelector.names", ["shop", "north/shop"]), SETTING],
            ["MW510", "MW503"],
            set(),
            id="entries that are none",
        ),
        pytest.param(
            [changed(SECURITY_GROUP, "spec.namespaceSelector.names", ["shop"]), WORKSPACE, SETTING],
            ["MW510"],
            set(),
            id="an entry that is none, within a workspace",
        ),
    ],
)
def test_placement(documents: list[dict[str, Any]], expected: list[str], reached: set[tuple[str, str]]) -> None:
    plan = planned(EXTENSION, *documents)
    assert [rule for rule, _ in told(plan)] == expected
    assert {(cluster, namespace) for cluster, namespace, _ in places(plan)} == reached


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ([INGRESS, GATEWAY_GROUP], [("MW552", "IngressGateway gw spec.extension[0].fqn")]),
        (
            [changed(INGRESS, "spec.extension", [{"fqn": "acl"}]), GATEWAY_GROUP, EXTENSION],
            [("MW501", "IngressGateway gw spec.extension[0].fqn")],
        ),
        (
            [changed(INGRESS, "spec.extension", [{"fqn": ACL}, {"fqn": ACL}]), GATEWAY_GROUP, EXTENSION],
            [("MW507", "IngressGateway gw spec.extension[1]")],
        ),
        (
            [changed(EXTENSION, "spec.allowedIn", ["organizations/acme/tenants/shop1"]), INGRESS, GATEWAY_GROUP],
            [("MW502", "IngressGateway gw spec.extension[0]")],
        ),
        (
            [changed(EXTENSION, "spec.image"), INGRESS, GATEWAY_GROUP],
            [("MW101", "WasmExtension acl spec.image")],
        ),
        (
            [EXTENSION, changed(INGRESS, "spec.workloadSelector"), GATEWAY_GROUP],
            [("MW101", "IngressGateway gw spec.workloadSelector")],
        ),
        (
            [EXTENSION, changed(EXTENSION, "spec.priority", 11)],
            [("MW555", "WasmExtension acl metadata")],
        ),
        ([EXTENSION, gitops(EXTENSION)], [("MW555", "WasmExtension acl metadata")]),
        ([EXTENSION, EXTENSION], []),
    ],
)
def test_what_does_not_fit(documents: list[dict[str, Any]], expected: list[tuple[str, str]]) -> None:
    got = told(planned(*documents), "error")
    assert sorted(got) == sorted(expected)


def test_match_of_a_gateway_is_checked_without_its_extension() -> None:
    gateway = changed(INGRESS, "spec.extension", [{"fqn": ACL, "match": [{"mode": "SERVER"}]}])
    found = Bundle(files(gateway)).check(complete=False)
    assert [f.finding.where for f in found] == ["IngressGateway gw spec.extension[0].match[0].mode"]


def test_lines_and_files() -> None:
    text = """\
apiVersion: extension.tsb.tetrate.io/v2
kind: WasmExtension
metadata: {organization: acme, name: acl}
spec:
  image: oci://registry.acme.io/acl:1
  phase: AUTZ
---
apiVersion: gateway.tsb.tetrate.io/v2
kind: IngressGateway
metadata: {organization: acme, tenant: shop, workspace: web, group: edge, name: gw}
spec:
  workloadSelector: {namespace: edge, labels: {app: gw}}
  extension:
  - fqn: organizations/acme/extensions/acl
    match:
    - ports:
      - number: 70000
"""
    found = Bundle(documents(text, "a.yaml")).check(complete=False)
    assert [(f.file, f.line, f.document, f.finding.rule) for f in found if f.finding.is_error] == [
        ("a.yaml", 6, 0, "MW104"),
        ("a.yaml", 17, 1, "MW105"),
    ]


def test_findings_about_a_cluster_point_to_the_document() -> None:
    fleet = Fleet([Cluster(name="old", istio_version="1.15", namespaces=["edge"])])
    plan = planned(changed(EXTENSION, "spec.match", {"mode": "CLIENT"}), INGRESS, GATEWAY_GROUP, fleet=fleet)
    assert "WasmExtension acl spec.match (cluster old)" in [f.finding.where for f in plan.findings if f.finding.cluster]


SERVER = changed(INGRESS, "spec.extension", [{"fqn": ACL, "match": [{"mode": "SERVER"}]}])
BAD_ENV = changed(EXTENSION, "spec.vmConfig", {"env": [{"name": "1A", "valueFrom": "INLINE", "value": "x"}]})


@pytest.mark.parametrize(
    ("extension", "gateway", "waived", "expected"),
    [
        (EXTENSION, SERVER, {}, ["MW201"]),
        (EXTENSION, SERVER, {"gateway": "MW201 until 2026-12-31: for now"}, []),
        (EXTENSION, SERVER, {"gateway": "MW201 until 2026-10-31: for now"}, ["MW201", "MW902"]),
        (EXTENSION, SERVER, {"extension": "MW201 until 2026-12-31: in the wrong place"}, ["MW201"]),
        (EXTENSION, INGRESS, {"gateway": "MW101 until 2026-12-31: not waivable"}, ["MW903"]),
        (BAD_ENV, INGRESS, {}, ["MW202"]),
        (BAD_ENV, INGRESS, {"extension": "MW202 until 2026-12-31: TSB takes it"}, []),
    ],
)
def test_findings_can_be_waived_in_place(
    extension: dict[str, Any], gateway: dict[str, Any], waived: dict[str, str], expected: list[str]
) -> None:
    many = [
        changed(document, "metadata.annotations", {"mesh-wasm/waive": waived[key]}) if key in waived else document
        for key, document in (("extension", extension), ("gateway", gateway))
    ]
    plan = Bundle(files(*many, GATEWAY_GROUP), today=datetime.date(2026, 11, 22)).plan(FLEET)
    assert sorted(rule for rule, _ in told(plan, "error")) == expected


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ({}, ["MW201"]),
        ({"MW201": "off"}, []),
        ({"MW201": "warning"}, []),
        ({"MW201": "off", "MW303": "error"}, ["MW303"]),
    ],
)
def test_severities_can_be_set_otherwise(levels: dict[str, str], expected: list[str]) -> None:
    plan = Bundle(files(EXTENSION, SERVER, GATEWAY_GROUP), levels=Levels.read(levels)).plan(FLEET)
    assert sorted(rule for rule, _ in told(plan, "error")) == expected


OWN_RULES = [
    rule
    for rule in CATALOGUE.values()
    if rule in (*vars(rules).values(), *vars(hierarchy).values()) and rule.language == "yaml"
]


@pytest.mark.parametrize("rule", OWN_RULES, ids=lambda rule: rule.id)
def test_examples_of_the_rules(rule: Rule, tmp_path: Path) -> None:
    (tmp_path / "clusters.yaml").write_text(rule.inventory)
    fleet, _ = read_inventory(tmp_path / "clusters.yaml")

    def warned(text: str) -> set[str]:
        plan = Bundle(documents(text, "x.yaml")).plan(fleet)
        return {located.finding.rule for located in plan.findings if located.finding.severity != "info"}

    assert rule.id in warned(rule.bad)
    assert warned(rule.good) == set()
