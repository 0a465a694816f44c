"""The JSON Schema of the documents that lint reads: Istio's two kinds, and TSB's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mesh_wasm.model.json_schema import schema_of
from mesh_wasm.model.plugin import API_VERSION, WasmPluginSpec
from mesh_wasm.model.traffic_extension import TrafficExtensionSpec
from mesh_wasm.tsb.documents.schema import tsb_documents
from mesh_wasm.values.base import Model
from mesh_wasm.values.enums import PluginKind

_ISTIO: dict[PluginKind, type[Model]] = {
    PluginKind.WASM_PLUGIN: WasmPluginSpec,
    PluginKind.TRAFFIC_EXTENSION: TrafficExtensionSpec,
}


def document_schema() -> dict[str, Any]:
    """The schema as plain values, in draft 2020-12; documents of other kinds are let pass."""
    definitions: dict[str, Any] = {}
    branches = [
        {
            "if": {"properties": {"kind": {"const": kind}, "apiVersion": {"enum": versions}}, "required": ["kind"]},
            "then": {"properties": {"spec": _lifted(spec, definitions)}},
        }
        for kind, versions, spec in _documents()
    ]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "mesh-wasm documents",
        "description": "WasmPlugin and TrafficExtension of Istio, and the resources of TSB that carry extensions.",
        "type": "object",
        "required": ["apiVersion", "kind"],
        "allOf": branches,
        "$defs": definitions,
    }


def _documents() -> Iterator[tuple[str, list[str], dict[str, Any]]]:
    """Kind, apiVersions, and the schema of the spec."""
    for kind, model in _ISTIO.items():
        yield str(kind), [API_VERSION], schema_of(model)
    yield from tsb_documents()


def _lifted(spec: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema without its definitions, which go to the root of the document; equal names mean equal things."""
    definitions |= spec.pop("$defs", {})
    return spec
