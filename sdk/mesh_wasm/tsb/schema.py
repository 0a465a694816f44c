"""The JSON Schemas of TSB's resources, as far as they are read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mesh_wasm.model.attachment import WasmExtensionAttachment
from mesh_wasm.model.extension import WasmExtension
from mesh_wasm.model.json_schema import schema_of

from .kinds import KINDS, VERSION, WASM_EXTENSION, Kind
from .resource import Scope


def tsb_documents() -> Iterator[tuple[str, list[str], dict[str, Any]]]:
    """Kind, apiVersions and the schema of the spec; kinds of one name in several groups come one after the other."""
    for kind in KINDS:
        yield kind.kind, [f"{group}/{VERSION}" for group in kind.groups], _open(_spec(kind))


def _open(schema: Any) -> Any:
    """The schema under names of its own, with other fields let pass: TSB reads protobuf's spelling, too, and prints more."""
    if isinstance(schema, list):
        return [_open(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    opened = {key: _open(one) for key, one in schema.items() if key != "additionalProperties" or one is not False}
    if isinstance(opened.get("$ref"), str):
        opened["$ref"] = opened["$ref"].replace("#/$defs/", f"#/$defs/{_MARK}")
    if "$defs" in opened:
        opened["$defs"] = {f"{_MARK}{name}": one for name, one in opened["$defs"].items()}
    return opened


_MARK = "Tsb"


def _spec(kind: Kind) -> dict[str, Any]:
    if kind is WASM_EXTENSION:
        schema = schema_of(WasmExtension)
        return {**schema, "required": [name for name in schema["required"] if name != "fqn"]}
    if kind.is_scope:
        return schema_of(Scope)
    if kind.field is None:
        return {"type": "object"}
    attachment = schema_of(WasmExtensionAttachment)
    definitions = attachment.pop("$defs", {})
    items = {"$ref": "#/$defs/WasmExtensionAttachment"}
    return {
        "type": "object",
        "properties": {kind.field: {"type": "array", "items": items, "description": "The extensions, by their FQNs."}},
        "$defs": {**definitions, "WasmExtensionAttachment": attachment},
    }
