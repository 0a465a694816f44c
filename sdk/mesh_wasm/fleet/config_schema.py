"""The JSON Schema of a fleet's configuration: ``python -m mesh_wasm.fleet.config_schema``."""

from __future__ import annotations

import json
from typing import Any

from .inventory_schema import inventory_schema

_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
_OWNS = {
    "description": "Clusters that carry all the labels, and are named if names are given; {}: all.",
    "type": "object",
    "properties": {"labels": _TEXTS, "names": {"type": "array", "items": {"type": "string"}}},
    "additionalProperties": False,
}


def fleet_schema() -> dict[str, Any]:
    """The schema as plain values, in draft 2020-12."""
    inventory = inventory_schema()
    return {
        "$schema": inventory["$schema"],
        "title": "mesh-wasm fleet configuration",
        "description": "The value of the configuration key `fleet`, read by Fleet.from_config.",
        "type": "object",
        "properties": {
            "inventory": {
                "description": "Path of an inventory file, from the folder of the project.",
                "type": "string",
            },
            "clusters": {
                "description": "The clusters themselves, in the form of an inventory.",
                **inventory["properties"]["clusters"],
            },
            "owns": {**_OWNS, "description": f"What this stack owns; default: all clusters. {_OWNS['description']}"},
            "stacks": {
                "description": "What each stack owns, by its name; no cluster may be owned twice. Instead of owns.",
                "type": "object",
                "additionalProperties": _OWNS,
            },
            "contexts": {
                **_TEXTS,
                "description": "Context of the kubeconfig by cluster; default: the name of the cluster.",
            },
            "renderTo": {
                "description": "Folder into which YAML files are rendered, in place of clusters without a kubeconfig.",
                "type": "string",
            },
        },
        "oneOf": [{"required": ["inventory"]}, {"required": ["clusters"]}],
        "not": {"required": ["owns", "stacks"]},
        "additionalProperties": False,
        "$defs": inventory["$defs"],
    }


if __name__ == "__main__":
    print(json.dumps(fleet_schema(), indent=2))
