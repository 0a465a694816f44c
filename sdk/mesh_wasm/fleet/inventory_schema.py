"""The JSON Schema of an inventory, generated from the model of a cluster: ``python -m mesh_wasm.fleet.inventory_schema``.

Editors that know the YAML language server use it by the first line of the file::

    # yaml-language-server: $schema=docs/inventory.schema.json
"""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from typing import Any

from .cluster import Cluster


def inventory_schema() -> dict[str, Any]:
    """The schema as plain values, in draft 2020-12."""
    model = Cluster.model_json_schema(by_alias=True)
    told = _docstrings()
    properties: dict[str, Any] = {}
    for name, info in Cluster.model_fields.items():
        alias = info.alias or name
        if name != "name":
            properties[alias] = _field(model["properties"][alias], told[name])
    cluster = {
        "description": "The facts of one cluster. The key is its name in findings, selectors and manifests.",
        "type": ["object", "null"],
        "properties": properties,
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "mesh-wasm inventory",
        "description": "The clusters that mesh-wasm lint, translate and explain plan for.",
        "type": "object",
        "properties": {"clusters": {"type": "object", "minProperties": 1, "additionalProperties": cluster}},
        "required": ["clusters"],
        "additionalProperties": False,
        "$defs": {name: _enum(definition) for name, definition in model.get("$defs", {}).items()},
    }


def _field(schema: dict[str, Any], text: str) -> dict[str, Any]:
    clean = {key: value for key, value in schema.items() if key != "title"}
    if clean.get("default", ...) is None:
        del clean["default"]
    return {"description": text, **clean}


def _enum(definition: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in definition.items() if key not in ("title", "description")}


def _docstrings() -> dict[str, str]:
    """The text under each field of the model, without the marks of reStructuredText."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(Cluster))).body[0]
    assert isinstance(tree, ast.ClassDef)
    told: dict[str, str] = {}
    name = ""
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
        elif name and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            told[name] = " ".join(str(node.value.value).replace("``", "`").split())
            name = ""
    return told


if __name__ == "__main__":
    print(json.dumps(inventory_schema(), indent=2))
