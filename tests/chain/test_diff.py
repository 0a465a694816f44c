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

KEY = b"k" * 32
OWN = "It is a WasmPlugin of its own; it runs on"
FQN = "organizations/o/extensions/"


def told(*members: Member) -> Any:
    return report(Source("shop", members, ()), KEY)


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
        [
            ("config", "edge/a", ["east", "west"], "configuration keys: +z, -y"),
            ("config", "edge/a", ["east", "west"], "configuration: 1 value changed (not shown): x"),
        ],
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


NO_REPORTS: list[Any] = [
    None,
    [],
    {},
    {"version": 0, "clusters": []},
    {"changes": []},
    {"version": 1, "clusters": 5},
    {"version": 1, "clusters": [{"name": 5}], "plugins": {"x": None}},
    {**told(plugin("a")), "plugins": {}},
    {**told(plugin("a")), "plugins": {"x": None}},
]


@pytest.mark.parametrize("saved", NO_REPORTS)
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


SECRET = "hunter2"


def _keyed(key: bytes | None, **spec: Any) -> Any:
    return json.loads(to_json(report(Source("shop", tuple(both("a", **spec)), ()), key)))


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (
            {"pluginConfig": {"mode": SECRET, "same": 1}},
            {"pluginConfig": {"mode": "other", "same": 1}},
            "configuration: 1 value changed (not shown): mode",
        ),
        (
            {"pluginConfig": {"deep": {"a": [1, {"b": SECRET}]}}},
            {"pluginConfig": {"deep": {"a": [1, {"b": "x"}]}}},
            "configuration: 1 value changed (not shown): deep",
        ),
        (
            {"vmConfig": {"env": [{"name": "TOKEN", "valueFrom": "INLINE", "value": SECRET}]}},
            {"vmConfig": {"env": [{"name": "TOKEN", "valueFrom": "INLINE", "value": "x"}]}},
            "variables of the VM: 1 value changed (not shown): TOKEN",
        ),
        (
            {"vmConfig": {"env": [{"name": "A", "valueFrom": "HOST"}]}},
            {"vmConfig": {"env": [{"name": "B", "valueFrom": "HOST"}]}},
            "variables of the VM: +B, -A",
        ),
        ({"imagePullPolicy": "Always"}, {}, "imagePullPolicy: Always → none"),
        ({"pluginName": "x"}, {"pluginName": "y"}, "pluginName: x → y"),
    ],
)
def test_a_value_that_differs_is_told_and_not_shown(before: Any, after: Any, text: str) -> None:
    told = differences(_keyed(KEY, **before), _keyed(KEY, **after))
    assert [(one["subject"], one["clusters"], one["text"]) for one in told] == [("edge/a", ["east", "west"], text)]
    assert SECRET not in json.dumps([told, _keyed(KEY, **before)])
    assert differences(_keyed(KEY, **before), _keyed(KEY, **before)) == []


@pytest.mark.parametrize("keys", [(KEY, b"another"), (None, KEY), (KEY, None), (None, None)])
def test_reports_of_different_keys_say_that_values_are_not_compared(keys: tuple[bytes | None, bytes | None]) -> None:
    config = {"pluginConfig": {"mode": SECRET}}
    (told,) = differences(_keyed(keys[0], **config), _keyed(keys[1], **config))
    assert told["subject"] == "all plugins"
    assert "MESH_WASM_REPORT_KEY" in told["text"]


def test_a_mark_cannot_be_guessed_without_the_key_and_the_key_is_not_told() -> None:
    told = to_json(_keyed(KEY, pluginConfig={"pin": "0000"}))
    assert KEY.hex() not in told
    marks = {_keyed(bytes([one]) * 32, pluginConfig={"pin": "0000"})["plugins"]["east/edge/a"]["marks"]["pluginConfig.pin"]
             for one in range(20)}  # fmt: skip
    assert len(marks) == 20, "another key, another mark"


def test_a_report_without_a_key_is_the_same_bytes_each_time() -> None:
    first, second = (_keyed(None, pluginConfig={"x": SECRET}) for _ in range(2))
    assert first == second


def test_a_configuration_that_differs_between_clusters_is_shown() -> None:
    east = plugin("a", cluster="east", pluginConfig={"mode": SECRET, "same": 1})
    west = plugin("a", cluster="west", pluginConfig={"mode": "audit", "same": 1})
    text = as_text(told(east, west), None)
    assert "not the same everywhere: other values of mode in cluster west" in text
    assert "not the same everywhere: other values of mode in cluster east" in text
    assert SECRET not in text
    assert "not the same" not in as_text(told(*both("a", pluginConfig={"mode": SECRET})), None)
