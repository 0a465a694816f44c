"""What is said of spread priorities, and of those that were not known in time."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from support.programs import extension_args, findings, fleet, gateway_args, plugins, run, unknown

import mesh_wasm_pulumi as wasm
from mesh_wasm.model.extension import CatalogueEntry
from mesh_wasm.model.parse import parse
from mesh_wasm.numbering.numbers import Numbering, Ordered
from mesh_wasm.planning.ranking import rank, undecided
from mesh_wasm.values.deferred import INVALID
from mesh_wasm.values.enums import PluginPhase, PluginType

FQN = "organizations/acme/extensions/"


def entry(name: str, **fields: Any) -> CatalogueEntry:
    return parse(CatalogueEntry, {"fqn": FQN + name, "image": "oci://r.example.com/f/x:1", **fields}).value


def ranked(*entries: CatalogueEntry) -> tuple[list[Any], list[tuple[str, Any]]]:
    """The priorities, and each finding's rule and place; None where it is about the whole list."""
    ranking = rank(entries, [one.fqn for one in entries])
    return ranking.priorities, [(f.rule, f.path[1] if len(f.path) > 1 else None) for f in ranking.findings]


@pytest.mark.parametrize(
    ("entries", "priorities", "found"),
    [
        ([entry("a"), entry("b", priority=1)], [0, 1], []),
        ([entry("b"), entry("a")], [-1, 0], [("MW703", 0)]),
        ([entry("a", phase="AUTHN"), entry("b", phase="AUTHZ")], [0, 0], []),
        ([entry("a", type="NETWORK"), entry("b")], [0, 0], []),
        ([entry("a", type="HTTP"), entry("b")], [0, -1], [("MW703", 1)]),
        ([entry("a", phase="UNSPECIFIED_PHASE"), entry("b")], [0, -1], [("MW703", 1)]),
        (
            [entry("a", priority=2**31 - 1), entry("b", priority=2**31 - 1), entry("c", priority=2**31 - 2)],
            [2**31 - 1, 2**31 - 2, 2**31 - 3],
            [("MW703", 1), ("MW704", 2)],
        ),
        ([entry("a"), entry("c"), entry("b")], [1, -1, 0], [("MW703", None)]),
        (
            [entry("b"), entry("a"), entry("d", phase="STATS"), entry("c", phase="STATS")],
            [-1, 0, -1, 0],
            [("MW703", None)],
        ),
    ],
)
def test_ties_are_spread_within_a_phase_and_a_layer(
    entries: list[CatalogueEntry], priorities: list[int], found: list[tuple[str, Any]]
) -> None:
    assert ranked(*entries) == (priorities, found)


def test_a_finding_says_which_from_what_to_what_and_why() -> None:
    ranking = rank([entry("b", priority=5), entry("a", priority=5)], [FQN + "b", FQN + "a"])
    (finding,) = ranking.findings
    assert finding.message == (
        "organizations/acme/extensions/b shares its priority in phase UNSPECIFIED_PHASE with "
        "organizations/acme/extensions/a: priority 4 is written instead of 5, so that they run by FQN in every cluster. "
        "An extension that is added among them later can move these numbers."
    )
    assert finding.fix.endswith("hold the numbers: mesh-wasm catalogue (docs/order.md).")


def test_one_finding_tells_all_ties_of_a_target() -> None:
    entries = [*(entry(name) for name in "cab"), *(entry(name, phase="STATS", priority=7) for name in "de")]
    (finding,) = rank(entries, [one.fqn for one in entries]).findings
    assert finding.path == ("extensions",)
    changes = {"c": (-1, 0), "a": (1, 0), "e": (6, 7)}
    told = ", ".join(f"{new} instead of {old} for {FQN}{name}" for name, (new, old) in changes.items())
    assert finding.message == (
        f"some share their priority. So that these run by FQN in every cluster, other numbers are written: {told}. "
        "An extension that is added among them later can move these numbers."
    )


def test_of_numbers_that_are_held_nobody_says_that_they_can_move() -> None:
    numbering = Numbering()
    group = PluginPhase.UNSPECIFIED_PHASE, PluginType.HTTP
    numbering.settle(Ordered(group, 5, FQN + "a"), 25)
    numbering.settle(Ordered(group, 5, FQN + "b"), 5)
    entries = [entry("b", priority=5), entry("a", priority=5)]
    ranking = rank(entries, [one.fqn for one in entries], numbering=numbering)
    assert ranking.priorities == [5, 25]
    assert [finding.message.partition(": ")[2] for finding in ranking.findings] == [
        "priority 25 is written instead of 5, so that they run by FQN in every cluster."
    ]


def test_a_finding_does_not_grow_with_the_catalogue() -> None:
    entries = [entry(f"e{place:03}") for place in range(200)]
    (finding,) = rank(entries, [one.fqn for one in entries]).findings
    assert "and 191 more." in finding.message
    assert len(finding.message) < 700


@pytest.mark.parametrize(
    ("late", "written", "first", "second"),
    [
        (("c", 5), [5, 4, 5], "a", "c"),
        (("c", 4), [5, 4, 4], "b", "c"),
        (("c", 6), [5, 4, 6], None, None),
        (("a-late", 5), [5, 4, 5], "a", "a-late"),
    ],
)
def test_a_late_priority_keeps_what_was_registered(
    late: tuple[str, int], written: list[int], first: str | None, second: str | None
) -> None:
    entries = [entry("a", priority=5), entry("b", priority=5), entry(late[0], priority=late[1])]
    ranking = rank(entries, [one.fqn for one in entries], as_declared={2})
    assert ranking.priorities == written
    told = [finding for finding in ranking.findings if finding.rule == "MW705"]
    if first is None:
        assert told == []
    else:
        assert any(f"extensions/{first}" in f.message and f"extensions/{second}" in f.message for f in told)
        assert all(finding.path[:2] == ("extensions", 2) for finding in told)


def test_a_late_priority_between_an_early_one_and_its_tie_is_told() -> None:
    """Five at 5 are spread to 7..3; a late 6 should run before all of them, and does not."""
    entries = [*(entry(name, priority=5) for name in "abcde"), entry("z", priority=6)]
    ranking = rank(entries, [one.fqn for one in entries], as_declared={5})
    (finding,) = [
        finding for finding in ranking.findings if finding.rule == "MW705" and "extensions/a;" in finding.message
    ]
    assert "priority 6" in finding.message
    assert "but 7 is written for" in finding.message
    assert "TSB runs organizations/acme/extensions/z first" in finding.message


def test_an_output_is_registered_as_declared_and_its_tie_is_told() -> None:
    def program() -> None:
        number: pulumi.Output[Any] = pulumi.Output.from_input(5)
        a = wasm.WasmExtension("a", extension_args(priority=number))
        b = wasm.WasmExtension("b", extension_args(priority=5))
        wasm.IngressGatewayAttachment("edge", gateway_args(a, fleet(), extensions=[{"extension": a}, {"extension": b}]))

    result = run(program)
    assert [plugin.inputs["spec"]["priority"] for plugin in plugins(result)] == [5, 5]
    (late,) = [finding for finding in findings(result, "edge") if finding.rule == "MW705"]
    assert late.path == ("extensions", 0, "extension", "priority")
    assert not [finding for finding in findings(result, "edge") if finding.rule == "MW703"]


def test_what_is_unknown_at_preview_is_told_at_up() -> None:
    def program() -> None:
        number: Any = unknown() if pulumi.runtime.is_dry_run() else pulumi.Output.from_input(10)
        a = wasm.WasmExtension("a", extension_args(priority=number))
        b = wasm.WasmExtension("b", extension_args())
        wasm.IngressGatewayAttachment("edge", gateway_args(a, fleet(), extensions=[{"extension": a}, {"extension": b}]))

    assert "MW705" not in {finding.rule for finding in findings(run(program))}
    assert "MW705" in {finding.rule for finding in findings(run(program, preview=False))}


def test_a_place_is_undecided_while_anything_that_decides_it_is() -> None:
    names = [FQN + "a"] * 6
    open_ones = [entry("a", **{field: INVALID}) for field in ("phase", "priority", "type")]
    assert undecided([entry("a"), *open_ones, INVALID, entry("a")], [*names[:5], INVALID]) == {1, 2, 3, 4, 5}


def test_many_late_ones_make_a_finding_each_at_most() -> None:
    entries = [entry(f"e{number:03}") for number in range(40)]
    ranking = rank(entries, [one.fqn for one in entries], as_declared=range(40))
    assert len(ranking.findings) == 39
    assert ranking.findings[0].message.endswith(
        "TSB runs organizations/acme/extensions/e000 first. 38 more contradict TSB's order."
    )
