"""The waves of a fleet: canary first, each stack in one wave, each cluster in one stack."""

from __future__ import annotations

from typing import Any

import pytest

from mesh_wasm.fleet.cluster import Cluster, Fleet
from mesh_wasm.fleet.config import Owns
from mesh_wasm.fleet.waves import Wave, plan_waves

ORDER = ["canary", "early", "late"]


def fleet(**waves: str | None) -> Fleet:
    return Fleet([Cluster(name=name, labels={"wave": wave} if wave else {}) for name, wave in waves.items()])


def own(**stacks: list[str]) -> dict[str, Owns]:
    return {stack: Owns(names=names) for stack, names in stacks.items()}


FLEET = fleet(north="late", west="canary", east="early", south="late", lab="canary")


@pytest.mark.parametrize(
    ("stacks", "waves"),
    [
        pytest.param(
            own(a=["north"], b=["west", "lab"], c=["east"], d=["south"]),
            (Wave("canary", ("b",)), Wave("early", ("c",)), Wave("late", ("a", "d"))),
            id="by names",
        ),
        pytest.param(
            {wave: Owns(labels={"wave": wave}) for wave in reversed(ORDER)},
            (Wave("canary", ("canary",)), Wave("early", ("early",)), Wave("late", ("late",))),
            id="by label",
        ),
        pytest.param(
            own(z=["west"], y=["lab"], x=["north", "south"], w=["east"]),
            (Wave("canary", ("y", "z")), Wave("early", ("w",)), Wave("late", ("x",))),
            id="stacks of a wave by name",
        ),
    ],
)
def test_waves_in_their_order(stacks: dict[str, Owns], waves: tuple[Wave, ...]) -> None:
    assert plan_waves(FLEET, stacks, "wave", ORDER) == (waves, ())


def test_wave_without_a_stack_is_left_out() -> None:
    waves, findings = plan_waves(fleet(a="late"), own(s=["a"]), "wave", ORDER)
    assert (waves, findings) == ((Wave("late", ("s",)),), ())


@pytest.mark.parametrize(
    ("clusters", "stacks", "rule", "says"),
    [
        pytest.param({"a": "canary", "b": "late"}, own(s=["a", "b"]), "MW535", "several waves", id="two waves in a stack"),
        pytest.param({"a": None}, own(s=["a"]), "MW535", "no label 'wave'", id="no label"),
        pytest.param({"a": "nightly"}, own(s=["a"]), "MW535", "canary, early, late", id="no such wave"),
        pytest.param({"a": "late"}, own(s=["a"], t=["a"]), "MW532", "s and t", id="two owners"),
        pytest.param({"a": "late"}, own(s=["b"]), "MW503", "no cluster 'b'", id="no such cluster"),
    ],
)  # fmt: skip
def test_what_stands_against_waves(clusters: dict[str, Any], stacks: dict[str, Owns], rule: str, says: str) -> None:
    _, findings = plan_waves(fleet(**clusters), stacks, "wave", ORDER)
    assert any(f.rule == rule and says in f.message and f.is_error and f.path[0] == "stacks" for f in findings), (
        findings
    )


def test_stack_of_two_waves_is_in_neither() -> None:
    waves, _ = plan_waves(fleet(a="canary", b="late"), own(s=["a", "b"]), "wave", ORDER)
    assert waves == ()


def test_cluster_without_owner_is_a_warning() -> None:
    _, findings = plan_waves(fleet(a="canary", b="late"), own(s=["a"]), "wave", ORDER)
    assert [(finding.rule, finding.is_error) for finding in findings] == [("MW533", False)]
