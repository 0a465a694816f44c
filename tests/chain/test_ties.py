"""Ties across targets: what can meet on one workload, and what is said of it."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pulumi
import pytest
from support.programs import (
    GROUP,
    TENANT,
    extension_args,
    findings,
    fleet,
    gateway_args,
    group_args,
    plugin_args,
    plugins,
    run,
)

import mesh_wasm_pulumi as wasm
from mesh_wasm.chains.member import Member
from mesh_wasm.chains.ties import Neighbours, Ties, tie_findings
from mesh_wasm.values.deferred import INVALID

from .members import plugin

GW = {"app": "gw"}
A, B = "organizations/o/extensions/a", "organizations/o/extensions/b"
ROOT = "istio-system"


def ports(mode: str, *numbers: int) -> list[dict[str, Any]]:
    return [{"mode": mode, "ports": [{"number": number} for number in numbers]}]


CASES: list[tuple[str, Member, Member, bool]] = [
    ("the whole namespace", plugin("a"), plugin("b"), True),
    ("a selector within it", plugin("a"), plugin("b", labels=GW), True),
    ("the same labels", plugin("a", labels=GW), plugin("b", labels=GW), True),
    ("labels that one pod could carry", plugin("a", labels=GW), plugin("b", labels={"tier": "x"}), True),
    ("labels that contradict", plugin("a", labels=GW), plugin("b", labels={"app": "x"}), False),
    ("another namespace", plugin("a"), plugin("b", "shop"), False),
    ("another cluster", plugin("a"), plugin("b", cluster="west"), False),
    ("another priority", plugin("a"), plugin("b", priority=1), False),
    ("another phase", plugin("a"), plugin("b", phase="STATS"), False),
    ("another layer", plugin("a"), plugin("b", type="NETWORK"), False),
    ("the other direction", plugin("a", match=ports("CLIENT")), plugin("b", match=ports("SERVER")), False),
    ("other ports", plugin("a", match=ports("CLIENT", 80)), plugin("b", match=ports("CLIENT", 81)), False),
    ("one port in common", plugin("a", match=ports("CLIENT", 80, 81)), plugin("b", match=ports("UNDEFINED", 81)), True),
    ("both in the root namespace", plugin("a", ROOT), plugin("b", ROOT), True),
    ("own before root, and nobody minds", plugin("a", ROOT), plugin("b"), False),
    ("own before root, as by FQN", plugin("y", ROOT, fqn=B), plugin("x", fqn=A), False),
    ("own before root, against FQN", plugin("y", ROOT, fqn=A), plugin("x", fqn=B), True),
    ("against FQN, declared the other way", plugin("x", fqn=B), plugin("y", ROOT, fqn=A), True),
    ("the same Gateway", plugin("a", ref="Gateway/g"), plugin("b", ref="Gateway/g"), True),
    ("two Gateways", plugin("a", ref="Gateway/g"), plugin("b", ref="Gateway/h"), False),
    ("a Gateway and its namespace", plugin("a", ref="Gateway/g"), plugin("b"), True),
    ("a Gateway and other pods' labels", plugin("a", ref="Gateway/g"), plugin("b", labels=GW), True),
    ("a Service and the namespace: waypoints honour no selectors", plugin("a", ref="Service/s"), plugin("b"), False),
    (
        "a Service and a Gateway that may be its waypoint",
        plugin("a", ref="Service/s"),
        plugin("b", ref="Gateway/g"),
        True,
    ),
    (
        "a Service, and no traffic of a waypoint",
        plugin("a", ref="Service/s"),
        plugin("b", ref="Service/s", match=[{"mode": "CLIENT"}]),
        False,
    ),
    ("both unset", plugin("a", priority=None), plugin("b", priority=None), True),
    ("unset and the number that it means", plugin("a", priority=None), plugin("b", priority=-(2**31)), True),
    ("not known yet", plugin("a"), plugin("b", priority=INVALID), False),
]


@pytest.mark.parametrize(("one", "other", "tie"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_who_can_meet(one: Member, other: Member, tie: bool) -> None:
    assert bool(tie_findings([one, other])) is tie
    assert bool(tie_findings([other, one])) is tie


def test_a_finding_names_both_and_the_clusters() -> None:
    members = [plugin(name, cluster=cluster, by=f"{name}s") for cluster in ("east", "west") for name in ("a", "b")]
    (finding,) = tie_findings(members)
    assert finding.message == (
        "bs (b) and as (a) both have priority 0 in phase UNSPECIFIED_PHASE and can meet on one workload "
        "(WasmPlugins edge/b and edge/a, in clusters east, west); Istio runs them by time of creation."
    )


def test_a_group_is_one_finding_that_names_its_plugins() -> None:
    names = [f"p{number:02}" for number in range(20)]
    (finding,) = tie_findings(plugin(name, priority=None) for name in names)
    assert all(f"edge/{name}" in finding.message for name in names)
    assert "all have no priority in phase UNSPECIFIED_PHASE and each of them can meet another one" in finding.message


def test_two_groups_are_two_findings() -> None:
    members = [plugin(f"{app}{n}", labels={"app": app}) for n in range(3) for app in ("x", "y")]
    one, other = tie_findings(members)
    assert ("x0" in one.message, "y0" in one.message) == (True, False)
    assert ("x0" in other.message, "y0" in other.message) == (False, True)


def test_a_plugin_without_a_namespace_has_none_in_a_sentence() -> None:
    (finding,) = tie_findings(replace(plugin(name), namespace=None) for name in ("a", "b"))
    assert finding.message.startswith("b and a both have priority 0")
    assert "None" not in finding.message


@pytest.mark.parametrize(
    ("others", "met"),
    [
        ([plugin("b", priority=7)], True),
        ([plugin("b", labels={"app": "x"})], False),
        ([plugin("b", "shop")], False),
        ([plugin("b", ROOT, priority=7)], True),
        ([plugin("b", phase="STATS")], False),
        ([], False),
    ],
)
def test_who_is_near_whatever_its_priority(others: list[Member], met: bool) -> None:
    one = plugin("a", labels=GW, priority=None)
    assert (Neighbours([one, *others]).of(one) is not None) is met


@pytest.mark.parametrize(
    ("names", "istio", "turned"),
    [
        (("acl-check", "acl"), "1.27", True),
        (("acl", "acl-check"), "1.29.4", True),
        (("acl", "acl2"), "1.27", True),
        (("acl", "acm"), "1.27", False),
        (("acl", "acl-check"), "1.30", False),
        (("acl", "acl-check"), None, False),
    ],
)
def test_the_upgrade_that_turns_a_tie_round(names: tuple[str, str], istio: str | None, turned: bool) -> None:
    """Only an Istio that is known to be older will be upgraded, and only a name that begins with the other's changes."""
    tie, *upgrade = tie_findings(plugin(name, istio=istio) for name in names)
    assert tie.rule == "MW706"
    assert [finding.rule for finding in upgrade] == ["MW715"] * turned
    if turned:
        first, second = sorted(names)
        assert f"{first} runs first on the Istio of cluster east, and {second} from 1.30 on" in upgrade[0].message


def test_a_plugin_may_be_entered_again_once_it_is_known() -> None:
    ties = Ties()
    assert ties.enter([plugin("a"), plugin("b", priority=INVALID)]) == []
    assert len(ties.enter([plugin("a"), plugin("b")])) == 1
    assert ties.enter([plugin("a"), plugin("b")]) == []


@pytest.mark.parametrize("labels", [True, False])
def test_the_time_for_many_plugins_grows_with_their_number(labels: bool) -> None:
    members = [plugin(f"p{number}", labels={"app": f"a{number}"} if labels else None) for number in range(4000)]
    start = time.process_time()
    found = tie_findings(members)
    assert time.process_time() - start < 2
    assert len(found) == (0 if labels else 1)


def _two(first: dict[str, Any], second: dict[str, Any]) -> Any:
    def program() -> None:
        clusters = fleet()
        acl = wasm.WasmExtension("acl", extension_args(**first))
        geo = wasm.WasmExtension("geo", extension_args(**second))
        wasm.IngressGatewayAttachment("front", gateway_args(acl, clusters))
        wasm.SecurityGroupAttachment("all", group_args(geo, clusters, namespace_selector=["*/edge"]))

    return program


def _ties(program: Any, *, preview: bool = True) -> list[tuple[str, str]]:
    result = run(program, preview=preview)
    return [(name, finding.message) for name, finding in result.ledger.findings if finding.rule == "MW706"]


def test_extensions_of_two_targets_do_not_tie() -> None:
    """They have one number each in the whole program, by FQN where they declare the same."""
    result = run(_two({}, {}))
    written = {one.inputs["metadata"]["annotations"]["mesh-wasm/extension"][-3:]: one for one in plugins(result)}
    assert {name: one.inputs["spec"]["priority"] for name, one in written.items()} == {"acl": 10, "geo": 9}
    assert _ties(_two({}, {})) == []


def test_two_targets_with_an_order_are_fine() -> None:
    assert _ties(_two({}, {"priority": 11})) == []


def test_a_raw_plugin_ties_with_an_attachment() -> None:
    def program() -> None:
        clusters = fleet()
        acl = wasm.WasmExtension("acl", extension_args())
        wasm.WasmPlugin("raw", plugin_args(clusters, phase="AUTHZ", priority=10, selector=None))
        wasm.IngressGatewayAttachment("front", gateway_args(acl, clusters))

    ((component, message),) = _ties(program)
    assert component == "front"
    assert "front (acl) and raw (raw)" in message


def test_a_tie_that_only_the_deployment_knows_is_told_then() -> None:
    def program() -> None:
        number: Any = pulumi.UNKNOWN if pulumi.runtime.is_dry_run() else 10
        _two({"priority": pulumi.Output.from_input(number)}, {})()

    assert _ties(program) == []
    assert len(_ties(program, preview=False)) == 1


def test_two_components_that_write_one_object_are_still_told_apart() -> None:
    def program() -> None:
        clusters = fleet()
        acl = wasm.WasmExtension("acl", extension_args(allowed_in=[TENANT]))
        wasm.SecurityGroupAttachment("one", group_args(acl, clusters, group=GROUP))
        wasm.SecurityGroupAttachment("two", group_args(acl, clusters, group=GROUP))

    assert {finding.rule for finding in findings(run(program), "two")} >= {"MW506"}
