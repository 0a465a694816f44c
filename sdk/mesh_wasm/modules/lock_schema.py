"""The JSON Schema of ``mesh-wasm.lock``, for editors and for whoever reads the file (its form: :mod:`.lockfile`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .lockfile import VERSION

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_DIGEST = {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"}
_HEX = {"type": "string", "pattern": "^[0-9a-f]{64}$"}


def lock_schema() -> dict[str, Any]:
    """The schema as plain values, in draft 2020-12. Fields of a later mesh-wasm are let pass."""
    module = _object(
        "What the binary needs and offers; null where Istio cannot fetch it.",
        ("sha256", "size"),
        {
            "abi": _or_null(_TEXT),
            "damaged": _or_null(_TEXT),
            "exports": _TEXTS,
            "imports": _TEXTS,
            "memory": {"type": "boolean"},
            "rootIds": _or_null(_TEXTS),
            "sha256": _HEX,
            "size": {"type": "integer", "minimum": 0, "description": "Bytes."},
            "unread": _or_null(_TEXT),
        },
    )
    artifact = _object(
        "The image that holds it; null for a file of an http server.",
        ("digest", "mediaType"),
        {
            "digest": {**_DIGEST, "description": "Of the manifest at which Istio's fetcher ends."},
            "index": _or_null(_DIGEST),
            "layers": _TEXTS,
            "layout": _or_null({"type": "string", "enum": ["docker", "compat", "artifact"]}),
            "mediaType": _TEXT,
            "refused": _or_null(_TEXT),
        },
    )
    schema = {"digest": _TEXT, "document": {"type": "object"}, "source": _TEXT}
    signature = {"by": _TEXT, "digest": _TEXT, "form": _TEXT}
    verdict = {"accepted": {"type": "boolean"}, "configuration": _TEXT, "envoy": _TEXT, "says": _TEXT}
    secret = {"hidden": _TEXTS, "mark": _TEXT, "key": _TEXT}
    entry = _object(
        "One module, by its URL as the plugins have it.",
        ("artifact", "module"),
        {
            "artifact": _or_null(artifact),
            "module": _or_null(module),
            "resolved": {"type": "string", "description": "When it became what it is: UTC, to the second."},
            "schema": _or_null(_object("The schema of its configuration.", tuple(schema), schema)),
            "signatures": {
                "type": "array",
                "items": _object("A signature that was checked.", tuple(signature), signature),
            },
            "verdicts": {
                "type": "array",
                "items": _object("What a real Envoy said.", tuple(verdict), {**verdict, **secret}),
            },
        },
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "mesh-wasm.lock",
        **_object(
            "What each module of a plan was found to be. Written by mesh-wasm lock; do not edit.",
            ("modules", "version"),
            {
                "modules": {"type": "object", "additionalProperties": entry},
                "version": {"type": "integer", "maximum": VERSION},
            },
        ),
    }


def _object(description: str, required: tuple[str, ...], properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": description, "type": "object", "required": list(required), "properties": dict(properties)}


def _or_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"anyOf": [dict(schema), {"type": "null"}]}
