"""What changes between two reports."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mesh_wasm.chains.member import Member
from mesh_wasm.explain import differences, report, to_json
from mesh_wasm.explain.diff import NotComparable
from mesh_wasm.explain.page import page
from mesh_wasm.explain.text import as_text
from mesh_wasm.sources.source import Source

from .members import plugin

OWN = "It is a WasmPlugin of its own; it runs on"
FQN = "organizations/o/extensions/"


def told(*members: Member) -> Any:
    return report(Source("shop", members, ()))


def changes(before: list[Member], after: list[Member]) -> list[tuple[str, str, list[str], str]]:
    saved = json.loads(to_json(told(*before)))
    return [(one["kind"], one["subject"], one["clusters"], one["text"]) for one in differences(saved, told(*after))]


def both(name: str, **fields: Any) -> list[Member]:
    return [plugin(name, cluster=cluster, **fields) for cluster in ("east", "west")]


CASES: list[tuple[str, list[Member], list[Member], list[tuple[str, str, list[str], str]]]] = [
    ("nothing", both("a"), both("a"), []),
    (
        "a version, in both clusters",
        both("a", url="oci://r.example.com/f/a:1.0"),
        both("a", url="oci://r.example.com/f/a:1.1"),
        [("version", "edge/a", ["east", "west"], "module: oci://r.example.com/f/a:1.0 → oci://r.example.com/f/a:1.1")],
    ),
    (
        "keys of the configuration, never values",
        both("a", pluginConfig={"x": "secret", "y": 1}),
        both("a", pluginConfig={"x": "other", "z": 1}),
        [("config", "edge/a", ["east", "west"], "configuration keys: +z, -y")],
    ),
    (
        "order, by priority",
        [plugin("a", priority=2), plugin("b", priority=1)],
        [plugin("a", priority=0), plugin("b", priority=1)],
        [
            ("priority", "edge/a", ["east"], "priority: 2 → 0"),
            ("order", "edge · every workload", ["east"], "order: a, b → b, a"),
        ],
    ),
    (
        "phase",
        [plugin("a", phase="AUTHN")],
        [plugin("a")],
        [("phase", "edge/a", ["east"], "phase: AUTHN → no phase")],
    ),
    (
        "a plugin comes",
        [plugin("a")],
        [plugin("a"), plugin("b-1", priority=-1, fqn=FQN + "b")],
        [
            ("added", "edge/b-1", ["east"], "b 1.0 is added"),
            ("reach", "b", [], "reach: nothing → 1 workload in 1 cluster"),
        ],
    ),
    (
        "a plugin goes",
        both("a"),
        [],
        [
            ("removed", "edge/a", ["east", "west"], "a 1.0 is removed"),
            ("reach", "a", [], "reach: 2 workloads in 2 clusters → nothing"),
        ],
    ),
    (
        "the blast radius grows",
        [plugin("a", labels={"app": "x"}), plugin("b", "shop")],
        [plugin("a"), plugin("b", "shop")],
        [
            (
                "behaviour",
                "edge/a",
                ["east"],
                f"reason: {OWN} pods with app=x in namespace edge → {OWN} every pod in namespace edge",
            ),
            ("reach", "a", [], "reach: edge · app=x → edge · every workload"),
        ],
    ),
    (
        "what happens on failure",
        [plugin("a")],
        [plugin("a", failStrategy="FAIL_OPEN")],
        [("behaviour", "edge/a", ["east"], "failStrategy: FAIL_CLOSE → FAIL_OPEN")],
    ),
]


@pytest.mark.parametrize(("before", "after", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_changes(before: list[Member], after: list[Member], expected: Any) -> None:
    assert changes(before, after) == expected


@pytest.mark.parametrize("saved", [None, [], {}, {"version": 0, "clusters": []}, {"changes": []}])
def test_what_is_no_report_is_refused(saved: Any) -> None:
    with pytest.raises(NotComparable, match="no report of version 1"):
        differences(saved, told())


def test_changes_are_shown_in_text_and_on_the_page() -> None:
    before, after = told(plugin("a", priority=2)), told(plugin("a", priority=3))
    found = differences(before, after)
    assert as_text(after, found) == "priority: edge/a (cluster east): priority: 2 → 3\n"
    assert as_text(after, []) == "Nothing changes.\n"
    assert "priority: 2 → 3" in page(after, found)
    assert "Nothing changes." in page(after, [])
