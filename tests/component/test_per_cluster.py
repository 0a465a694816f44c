"""A configuration that differs from cluster to cluster, written as docs/explain.md shows it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from support.programs import TENANT, errors, extension_args, fleet, plugins, run

import mesh_wasm_pulumi as wasm

PAGE = Path(__file__).parents[2] / "docs" / "explain.md"


def _shown() -> str:
    (block,) = [one for one in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL) if "edge-east" in one]
    return block


def _program(text: str) -> Any:
    def program() -> None:
        names = {"wasm": wasm, "TENANT": TENANT, "fleet": fleet(), "acl": wasm.WasmExtension("acl", extension_args())}
        exec(text, names)

    return program


def test_each_cluster_gets_its_own() -> None:
    result = run(_program(_shown()))
    assert not errors(result)
    made = {one.provider.split("::")[-2]: one.inputs for one in plugins(result)}
    assert {cluster: one["spec"]["pluginConfig"]["mode"] for cluster, one in made.items()} == {
        "east": "enforce",
        "west": "audit",
    }
    assert len({one["metadata"]["name"] for one in made.values()}) == 1


def test_where_both_select_a_cluster_the_remedy_is_named() -> None:
    (error,) = errors(run(_program(_shown().replace('"cluster_names": ["east"], ', ""))))
    assert error.rule == "MW506"
    assert error.cluster == "west"
    assert "let each select its own with cluster_names or clusters" in error.fix
