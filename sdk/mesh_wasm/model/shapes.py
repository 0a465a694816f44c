"""How the value of a field is written: what the remedy for a missing or refused value shows."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from enum import Enum
from typing import Annotated, Any, Union, cast

from pydantic.alias_generators import to_snake
from pydantic.fields import FieldInfo

from mesh_wasm.values.base import Model
from mesh_wasm.values.deferred import Deferred

_EXAMPLES = {
    "allowedIn": "[organizations/<organization>/tenants/<tenant>]",
    "fqn": "organizations/<organization>/extensions/<name>",
    "image": "oci://<registry>/<repository>:<tag>",
    "istioVersion": '"1.27"',
    "labels": "{app: <name>}",
    "matchLabels": "{app: <name>}",
    "namespaceSelector": '["*/<namespace>"]',
    "namespaces": "[<namespace>]",
    "number": "8443",
    "priority": "10",
    "url": "oci://<registry>/<repository>:<tag>",
}
"""By field, what says more than its type. A placeholder stands in angle brackets."""


def shape(model: type[Model], path: tuple[str | int, ...]) -> str:
    """A value as it may be written at ``path`` of a document, in YAML's flow style; empty where nothing is known of it."""
    name, annotation = _at(model, path)
    return "" if annotation is None else _shape(annotation, name)


def shape_of(model: type[Model], path: tuple[str | int, ...], value: object) -> str:
    """The same, with the value in its place where it is a number that was written without the object around it."""
    name, annotation = _at(model, path)
    bare = _bare(annotation)
    listed = typing.get_origin(bare) is list
    for inner in _models(typing.get_args(bare)[0] if listed else bare):
        fields = _wire_fields(inner)
        if len(fields) == 1 and whole_number(value) is not None:
            (field,) = fields
            return f"[{{{field}: {value}}}]" if listed else f"{{{field}: {value}}}"
    return "" if annotation is None else _shape(annotation, name)


def whole_number(value: object) -> int | None:
    """A number that may be repeated in a sentence: ports and priorities are no secrets, any other text may be one."""
    if isinstance(value, str) and len(value) <= _DIGITS and value.removeprefix("-").isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**_DIGITS else None


_DIGITS = 5  # of a port


def field_names(model: type[Model], path: tuple[str | int, ...], *, snake: bool = False) -> list[str]:
    """The names of the fields of the object that stands at ``path``, sorted; wire names, or Python's."""
    _, annotation = _at(model, path)
    names = (inner.model_fields if snake else _wire_fields(inner) for inner in _models(annotation))
    return sorted({name for fields in names for name in fields})


def enum_values(model: type[Model], path: tuple[str | int, ...]) -> list[str]:
    """The values of the enumeration that stands at ``path``, in their order; none where there is no enumeration."""
    _, annotation = _at(model, path)
    bare = _bare(annotation)
    return [str(member.value) for member in bare] if isinstance(bare, type) and issubclass(bare, Enum) else []


def takes(model: type[Model], path: tuple[str | int, ...], value: object) -> bool:
    """Whether ``value`` is of the kind of value that stands at ``path``; what it holds is not looked at."""
    _, annotation = _at(model, path)
    bare = _bare(annotation)
    match typing.get_origin(bare) or bare:
        case type() as kind if issubclass(kind, Enum):
            return isinstance(value, str)
        case type() as kind if issubclass(kind, Model | dict | Mapping):
            return isinstance(value, Mapping)
        case type() as kind if kind in (str, int, list, bool):
            return type(value) is kind
        case _:
            return bare is Any and isinstance(value, Mapping)  # a plugin's own configuration


def _at(model: type[Model], path: tuple[str | int, ...]) -> tuple[str, Any]:
    """The name and annotation of what stands at ``path``; an annotation of None where the path leads out of the model."""
    name, here = "", cast(Any, model)
    for part in path:
        bare = _bare(here)
        if isinstance(part, int):
            here = next(iter(typing.get_args(bare)), None)
            continue
        name = part
        if typing.get_origin(bare) is dict:
            here = typing.get_args(bare)[1]
            continue
        info = next((info for one in _models(bare) for key, info in _wire_fields(one).items() if part == key), None)
        info = info or next((one.model_fields[part] for one in _models(bare) if part in one.model_fields), None)
        if info is None:
            return name, None
        name, here = info.alias or name, info.annotation
    return name, here


def _bare(annotation: Any) -> Any:
    """The annotation without Annotated, None and Deferred."""
    while True:
        origin = typing.get_origin(annotation)
        if origin is Annotated:
            annotation = typing.get_args(annotation)[0]
        elif origin in (Union, types.UnionType):
            parts = [part for part in typing.get_args(annotation) if part not in (type(None), Deferred)]
            annotation = parts[0]
        else:
            return annotation


def _models(annotation: Any) -> list[type[Model]]:
    bare = _bare(annotation)
    return [bare] if isinstance(bare, type) and issubclass(bare, Model) else []


def _wire_fields(model: type[Model]) -> dict[str, FieldInfo]:
    return {info.alias or name: info for name, info in model.model_fields.items()}


def _shape(annotation: Any, name: str) -> str:
    if name in _EXAMPLES:
        return _EXAMPLES[name]
    return _typed(_bare(annotation), name)


def _typed(bare: Any, name: str) -> str:
    args = typing.get_args(bare)
    match typing.get_origin(bare) or bare:
        case type() as kind if issubclass(kind, Model):
            fields = _wire_fields(kind)
            wanted = [key for key, info in fields.items() if info.is_required()] or list(fields)[:1]
            return "{" + ", ".join(f"{key}: {_shape(fields[key].annotation, key)}" for key in wanted) + "}"
        case type() as kind if issubclass(kind, Enum):
            members = list(kind)
            return str(members[1 % len(members)].value)  # the first one is what a field without a value has, too
        case kind if kind is list:
            return f"[{_typed(_bare(args[0]), name.removesuffix('s'))}]"
        case kind if kind is dict:
            return f"{{<key>: {_typed(_bare(args[1]), 'value')}}}"
        case kind if kind is bool:
            return "true"
        case kind if kind is int:
            return "10"
        case kind if kind is str:
            return f"<{to_snake(name).replace('_', ' ') or 'text'}>"
        case _:
            return "{<key>: <value>}"  # a plugin's own configuration
