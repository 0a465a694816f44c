"""What a component gets: the decoded inputs in their wire names, with Outputs only where a value is secret or unknown.

A whole object that arrives secret is opened along the schema: its fields are Outputs of their own then, so that one
secret leaf does not hide the rest (design.md, invariant 3). What the schema does not describe stays one Output.

Shapes are not judged here. Unknown keys, missing ones and wrong types reach the component, whose findings say more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pulumi
from pulumi.provider.experimental.analyzer import PropertyDefinition, PropertyType

from mesh_wasm_pulumi._reading.definition import SECRET_FIELDS
from mesh_wasm_pulumi._values.declared import ResourceReference

from .wire import Boxed, unbox

Fields = Mapping[str, PropertyDefinition]
FieldsOf = Callable[[PropertyDefinition], Fields | None]
"""Gives the fields of a property whose type is an object of the schema; None for any other."""

ALWAYS_SECRET = frozenset({"password", "dockerConfigJson"})
"""Fields that are secret even where a plain text is given."""


def always_secret(key: str, prop: PropertyDefinition | None) -> bool:
    """Whether a field is secret whatever is given: a text of such a name; an object only tells where the text is kept."""
    return key in ALWAYS_SECRET and (prop is None or prop.type is PropertyType.STRING)


def read_object(
    value: Mapping[str, Any], fields: Fields, fields_of: FieldsOf, *, secret: bool = False
) -> dict[str, Any]:
    """The fields of an object of the schema; ``secret`` says whether the object as a whole was."""
    marked = value.get(SECRET_FIELDS)
    hidden = frozenset(marked) if isinstance(marked, list) and all(isinstance(m, str) for m in marked) else None
    out: dict[str, Any] = {}
    for key, item in value.items():
        prop = fields.get(key)
        covered = always_secret(key, prop) or (secret and key != SECRET_FIELDS and (hidden is None or key in hidden))
        out[key] = _hide(item, covered) if prop is None else read(item, prop, fields_of, secret=covered)
    return {key: item for key, item in out.items() if item is not None}


def read(value: Any, prop: PropertyDefinition, fields_of: FieldsOf, *, secret: bool = False) -> Any:
    """One value whose type the schema gives."""
    while isinstance(value, Boxed) and value.known:
        value, secret = value.value, secret or value.secret
    fields = fields_of(prop) if prop.ref else None
    if fields is not None and isinstance(value, dict):
        return read_object(value, fields, fields_of, secret=secret)
    if prop.items is not None and isinstance(value, list) and (not secret or fields_of(prop.items) is not None):
        item = prop.items
        return [read(one, item, fields_of, secret=secret) for one in value]
    values = prop.additional_properties
    if values is not None and isinstance(value, dict) and (not secret or fields_of(values) is not None):
        return {key: read(one, values, fields_of, secret=secret) for key, one in value.items()}
    return _hide(value, secret)


def _hide(value: Any, secret: bool) -> Any:
    plain = unbox(value)
    if plain is None or isinstance(plain, pulumi.Resource | ResourceReference):
        return plain
    return pulumi.Output.secret(plain) if secret else plain
