"""What the API server asks of any object's metadata, and of what stands beside its spec."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mesh_wasm.findings import placing, schema
from mesh_wasm.findings.finding import Finding, quoted
from mesh_wasm.findings.suggestions import did_you_mean, suggestion
from mesh_wasm.model.parse import kind_of_value
from mesh_wasm.values.deferred import Deferred
from mesh_wasm.values.naming import is_label, is_label_key, is_label_value, is_subdomain

_FIELDS = (
    "annotations",
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generateName",
    "generation",
    "labels",
    "managedFields",
    "name",
    "namespace",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
)
"""The fields of Kubernetes' ObjectMeta; any other is refused by strict decoding."""

_MAX_ANNOTATIONS = 262144
"""Bytes of all keys and values of an object's annotations."""
_MAX_PREFIX = 248
"""Longest part of generateName that is kept before its random ending."""


def envelope_findings(document: Mapping[str, Any], fields: tuple[str, ...]) -> Iterator[Finding]:
    """What is wrong around the spec: unknown fields, and the metadata. ``fields``: those of the kind."""
    for key in document:
        if key not in fields:
            yield _no_field(key, fields)
    metadata = document.get("metadata")
    if metadata is None:
        yield schema.REQUIRED.at("metadata", says="the object needs metadata with a name.", fix=_METADATA)
    elif isinstance(metadata, Deferred):
        return
    elif not isinstance(metadata, Mapping):
        says = f"expected an object, got {kind_of_value(metadata)}."
        yield schema.WRONG_TYPE.at("metadata", says=says, fix=_METADATA)
    else:
        for finding in _metadata(metadata):
            yield finding.under("metadata")


_METADATA = "Write `metadata: {name: <name>, namespace: <namespace>}`."


def _no_field(key: str, fields: tuple[str, ...]) -> Finding:
    guess = suggestion(key, fields)
    fix = f"Write `{guess}`, or remove the field." if guess else f"Known fields: {', '.join(fields)}."
    return schema.UNKNOWN_FIELD.at(key, says=f"there is no field {quoted(key)} here{did_you_mean(guess)}", fix=fix)


def _metadata(metadata: Mapping[str, Any]) -> Iterator[Finding]:
    for key in metadata:
        if key not in _FIELDS:
            yield _no_field(key, _FIELDS)
    yield from _names(metadata)
    labels, annotations = metadata.get("labels"), metadata.get("annotations")
    for key, value in _texts(labels):
        if not is_label_key(key):
            yield schema.BAD_METADATA.at("labels", key, says=f"{quoted(key)} is no key of a label.")
        if not is_label_value(value):
            yield schema.BAD_METADATA.at("labels", key, says=f"{quoted(value)} is no value of a label.")
    size = 0
    for key, value in _texts(annotations):
        size += len(key.encode()) + len(value.encode())
        if not is_label_key(key.lower()):
            yield schema.BAD_METADATA.at("annotations", key, says=f"{quoted(key)} is no key of an annotation.")
    if size > _MAX_ANNOTATIONS:
        says = f"the annotations have {size} bytes; {_MAX_ANNOTATIONS} are allowed."
        yield schema.WRONG_LENGTH.at("annotations", says=says)
    yield from _wrong_texts("labels", labels)
    yield from _wrong_texts("annotations", annotations)


def _names(metadata: Mapping[str, Any]) -> Iterator[Finding]:
    name, prefix, namespace = metadata.get("name"), metadata.get("generateName"), metadata.get("namespace")
    for key, value in (("name", name), ("generateName", prefix), ("namespace", namespace)):
        if value is not None and not isinstance(value, str | Deferred):
            fix = f"Write `{key}: <{key}>`; a number in quotes."
            yield schema.WRONG_TYPE.at(key, says=f"expected a text, got {kind_of_value(value)}.", fix=fix)
    if not name and not prefix:
        yield schema.REQUIRED.at("name", says="this field is required.", fix="Write `name: <name>`.")
    if name and isinstance(name, str) and not is_subdomain(name):
        yield placing.BAD_NAME.at("name", says=f"{quoted(name)} is no name for an object.")
    if prefix and isinstance(prefix, str) and not is_subdomain(f"{prefix[:_MAX_PREFIX]}x"):
        yield placing.BAD_NAME.at("generateName", says=f"{quoted(prefix)} cannot begin the name of an object.")
    if namespace and isinstance(namespace, str) and not is_label(namespace):
        yield placing.BAD_NAME.at("namespace", says=f"{quoted(namespace)} is no namespace name.")


def _texts(values: Any) -> Iterator[tuple[str, str]]:
    """The pairs of a map of texts; null counts as the empty text, as for Go."""
    if isinstance(values, Mapping):
        for key, value in values.items():
            if value is None or isinstance(value, str):
                yield key, value or ""


def _wrong_texts(field: str, values: Any) -> Iterator[Finding]:
    if isinstance(values, Deferred):
        return
    if values is not None and not isinstance(values, Mapping):
        fix = f"Write `{field}: {{<key>: <value>}}`."
        yield schema.WRONG_TYPE.at(field, says=f"expected an object, got {kind_of_value(values)}.", fix=fix)
        return
    for key, value in (values or {}).items():
        if value is not None and not isinstance(value, str | Deferred):
            fix = "Put it in quotes."
            yield schema.WRONG_TYPE.at(field, key, says=f"expected a text, got {kind_of_value(value)}.", fix=fix)


def text_at(document: Mapping[str, Any], *path: str) -> str | None:
    """A text inside the document; None where there is none, or something else."""
    here: Any = document
    for part in path:
        here = here.get(part) if isinstance(here, Mapping) else None
    return here if isinstance(here, str) and here else None
