"""Walking over a plugin's free-form configuration."""

from __future__ import annotations

from typing import Any

from mesh_wasm.rules.walk import leaves
from mesh_wasm.values.deferred import INVALID
from mesh_wasm.values.enums import PluginPhase


def test_leaves_come_in_order_with_their_paths() -> None:
    config = {
        "a": {"b": [1, None, {"c": True}, []], "d": "x"},
        "unknown": INVALID,
        "e": ({"f": 2.5}, INVALID),
        "phase": PluginPhase.AUTHN,
        "empty": {},
        "last": "y",
    }
    assert list(leaves(config, "pluginConfig")) == [
        (("pluginConfig", "a", "b", 0), 1),
        (("pluginConfig", "a", "b", 1), None),
        (("pluginConfig", "a", "b", 2, "c"), True),
        (("pluginConfig", "a", "d"), "x"),
        (("pluginConfig", "e", 0, "f"), 2.5),
        (("pluginConfig", "phase"), PluginPhase.AUTHN),
        (("pluginConfig", "last"), "y"),
    ]
    assert list(leaves(INVALID)) == []


def test_deep_nesting_does_no_harm() -> None:
    deep: Any = "x"
    for _ in range(5000):
        deep = {"a": [deep]}
    ((path, value),) = leaves(deep)
    assert (len(path), value) == (10_000, "x")
