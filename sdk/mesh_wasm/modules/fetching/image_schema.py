"""Schemas of a module's configuration: where an image keeps them, and what they say of a configuration.

An image can carry one, in this order: Higress's ``spec.yaml`` layer (application/vnd.module.wasm.spec.v1+yaml), a file
``config.schema.json`` beside ``plugin.wasm``, or a referrer of type ``application/schema+json``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import yaml

from mesh_wasm.modules.layout import HIGRESS_SPEC_LAYER, SCHEMA_FILE, layer_of
from mesh_wasm.modules.locked import LockedSchema
from mesh_wasm.values.image import ImageReference

from .registry import Manifest, Registries, RegistryError

SCHEMA_TYPE = "application/schema+json"
_MAX = 1024 * 1024


def schema_of_image(
    registries: Registries, image: ImageReference, manifest: Manifest, beside: Mapping[str, bytes]
) -> LockedSchema | None:
    """The schema that an image carries; None where it carries none that can be read."""
    if digest := layer_of(manifest.document, HIGRESS_SPEC_LAYER):
        schema = _of_higress(_read(registries, image, digest))
        if schema is not None:
            return _locked("spec.yaml of the image (Higress)", schema)
    if SCHEMA_FILE in beside:
        schema = _json(beside[SCHEMA_FILE])
        if schema is not None:
            return _locked(f"{SCHEMA_FILE} in the image", schema)
    for one in registries.referrers(image, manifest.digest):
        if one.get("artifactType") == SCHEMA_TYPE and isinstance(one.get("digest"), str):
            schema = _of_referrer(registries, image, one["digest"])
            if schema is not None:
                return _locked("a referrer of the image", schema)
    return None


def _of_referrer(registries: Registries, image: ImageReference, digest: str) -> Mapping[str, Any] | None:
    try:
        layers = registries.manifest(image, digest).document.get("layers")
    except RegistryError:
        return None
    first = layers[0] if isinstance(layers, list) and layers else None
    blob = first.get("digest") if isinstance(first, Mapping) else None
    return _json(_read(registries, image, blob)) if isinstance(blob, str) else None


def _of_higress(text: bytes) -> Mapping[str, Any] | None:
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        return None
    for key in ("spec", "configSchema", "openAPIV3Schema"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return _plain(found)


def _json(text: bytes) -> Mapping[str, Any] | None:
    try:
        return _plain(json.loads(text))
    except (ValueError, RecursionError):
        return None


def _plain(value: Any) -> Mapping[str, Any] | None:
    """The schema in JSON's own values: YAML has dates, and keys that are no texts."""
    if not isinstance(value, Mapping) or not value:
        return None
    try:
        told: dict[str, Any] = json.loads(json.dumps(value, default=str))
    except (ValueError, TypeError, RecursionError):
        return None
    return told


def _read(registries: Registries, image: ImageReference, digest: str) -> bytes:
    with registries.blob(image, digest) as stream:
        data = stream.read(_MAX + 1)
    return data if len(data) <= _MAX else b""


def _locked(source: str, schema: Mapping[str, Any]) -> LockedSchema:
    canonical = json.dumps(schema, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return LockedSchema(source, f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}", schema)
