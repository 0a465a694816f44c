"""docs/files.md, made from the JSON Schemas of the files that people write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mesh_wasm.fleet.config_schema import fleet_schema
from mesh_wasm.fleet.inventory_schema import inventory_schema
from mesh_wasm.modules.lock_schema import lock_schema

INTRO = """# Files

This page answers: what may stand in an inventory, in the configuration of a fleet, and in the lock file.

- Made from their JSON Schemas by `make golden`; do not edit.
- Editors check them while you write: `mesh-wasm schema inventory`, `fleet`, `lock`, `documents`
  ([lint.md](lint.md#in-the-editor)).
"""


def page() -> str:
    """The whole page."""
    return "\n".join([INTRO, *_inventory(), *_fleet(), *_lock()]) + "\n"


def _inventory() -> Iterator[str]:
    schema = inventory_schema()
    yield f"## Inventory\n\n{schema['description']} `clusters` holds them by name:\n"
    yield '```yaml\nclusters:\n  east: {namespaces: [edge, shop], istioVersion: "1.27"}\n```\n'
    yield from _table(schema["properties"]["clusters"]["additionalProperties"], schema["$defs"])


def _fleet() -> Iterator[str]:
    schema = fleet_schema()
    yield f"\n## Fleet\n\n{schema['description']} Exactly one of `inventory` and `clusters` is given."
    yield "More: [stacks.md](stacks.md).\n"
    yield from _table(schema, schema["$defs"])


def _lock() -> Iterator[str]:
    schema = lock_schema()
    entry = schema["properties"]["modules"]["additionalProperties"]
    yield f"\n## mesh-wasm.lock\n\n{schema['description']} `modules` holds, by URL, one entry for each module."
    yield "More: [modules.md](modules.md).\n"
    yield from _table(entry, {})


def _table(schema: dict[str, Any], definitions: dict[str, Any]) -> Iterator[str]:
    yield "| field | form | |\n| --- | --- | --- |"
    for name, field in schema["properties"].items():
        text = field.get("description") or _first(field).get("description", "")
        yield f"| `{name}` | {_form(field, definitions)} | {_cell(text)} |"


def _first(field: dict[str, Any]) -> dict[str, Any]:
    return next((one for one in field.get("anyOf", ()) if one.get("type") != "null"), field)


def _form(field: dict[str, Any], definitions: dict[str, Any]) -> str:
    one = _first(field)
    if "$ref" in one:
        one = definitions[one["$ref"].rpartition("/")[2]]
    if "enum" in one:
        return ", ".join(f"`{value}`" for value in one["enum"])
    kind = one.get("type", "any")
    if kind == "array":
        return f"list of {_form(one.get('items', {}), definitions)}"
    if kind == "object" and isinstance(one.get("additionalProperties"), dict):
        return f"{_form(one['additionalProperties'], definitions)} by name"
    kinds = kind if isinstance(kind, list) else [kind]
    return " or ".join({"string": "text", "integer": "number"}.get(one, one) for one in kinds)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
