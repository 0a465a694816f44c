"""The JSON Schemas of TSB's resources, as far as they are read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mesh_wasm.model.attachment import WasmExtensionAttachment
from mesh_wasm.model.extension import WasmExtension
from mesh_wasm.model.json_schema import schema_of
from mesh_wasm.model.target import TargetKind

from .fields import Carrying, Propagation, Scope
from .kinds import KINDS, VERSION, WASM_EXTENSION, Kind


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
    if kind.carries_profiles:
        carried = schema_of(Carrying)
        return _joined(schema_of(Scope), carried) if kind.is_scope else carried
    if not kind.lists:
        return {"type": "object"}
    attachment = schema_of(WasmExtensionAttachment)
    definitions = attachment.pop("$defs", {})
    made: dict[str, Any] = {"type": "object", "properties": {}}
    if kind.target is TargetKind.SERVICE_SETTING:
        made["properties"]["service"] = {"type": "string", "description": "The service, `namespace/host name`."}
    for path in kind.lists:
        here = made
        for name in path[:-1]:
            here = here["properties"].setdefault(name, {"type": "object", "properties": {}})
        here["properties"] |= _list_at(kind, path[-1])
    return {**made, "$defs": {**definitions, "WasmExtensionAttachment": attachment}}


def _list_at(kind: Kind, field: str) -> dict[str, Any]:
    items = {"$ref": "#/$defs/WasmExtensionAttachment"}
    listed: dict[str, Any] = {field: {"type": "array", "items": items, "description": "The extensions, by their FQNs."}}
    if field == "extension" and not (kind.target and kind.target.is_gateway):
        strategy = "How the list goes down the hierarchy; default REPLACE."
        listed["propagationStrategy"] = {"enum": [str(one) for one in Propagation], "description": strategy}
    return listed


def _joined(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {**one, "properties": {**one["properties"], **other["properties"]}}
