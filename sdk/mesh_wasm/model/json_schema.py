"""The JSON Schema of a model, for editors: its fields in wire names, with what their docstrings say."""

from __future__ import annotations

import ast
import inspect
import textwrap
import typing
from collections.abc import Iterator
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from mesh_wasm.values.base import Model

_BOUNDS = {"ge": "minimum", "le": "maximum"}


class _Generator(GenerateJsonSchema):
    """Pydantic's, with any value where a field takes one of our own classes, which no file holds."""

    def is_instance_schema(self, schema: Any) -> dict[str, Any]:
        """Nothing is said of it."""
        return {}


def schema_of(model: type[Model]) -> dict[str, Any]:
    """The schema in draft 2020-12, its definitions below ``$defs``."""
    made = model.model_json_schema(by_alias=True, schema_generator=_Generator)
    told = {one.__name__: one for one in _models(model, set())}
    definitions = made.pop("$defs", {})
    for name, definition in [*definitions.items(), (model.__name__, made)]:
        if name in told:
            _describe(definition, told[name])
    cleaned = _cleaned({**made, "$defs": definitions} if definitions else made)
    assert isinstance(cleaned, dict)
    return cleaned


def _describe(definition: dict[str, Any], model: type[Model]) -> None:
    texts = field_docstrings(model)
    for name, info in model.model_fields.items():
        field = definition.get("properties", {}).get(info.alias or name)
        if field is not None and name in texts:
            field["description"] = texts[name]


def _cleaned(value: Any) -> Any:
    """Without titles, and defaults of null; with bounds in the words of JSON Schema."""
    if isinstance(value, list):
        return [_cleaned(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {
        _BOUNDS.get(key, key): _cleaned(one)
        for key, one in value.items()
        if not (key == "title" and isinstance(one, str)) and not (key == "default" and one is None)
    }
    if isinstance(kept.get("description"), str):
        kept["description"] = kept["description"].replace("``", "`")
    return kept


def field_docstrings(model: type[Model]) -> dict[str, str]:
    """The text under each field, its bases' included, without the marks of reStructuredText."""
    told: dict[str, str] = {}
    for one in reversed(model.__mro__):
        if issubclass(one, Model) and one is not Model:
            told |= dict(_texts(one))
    return told


def _texts(model: type[Model]) -> Iterator[tuple[str, str]]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(model))).body[0]
    assert isinstance(tree, ast.ClassDef)
    name = ""
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
        elif name and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield name, " ".join(str(node.value.value).replace("``", "`").split())
            name = ""


def _models(annotation: Any, seen: set[type]) -> Iterator[type[Model]]:
    """The model, and those of its fields."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        if annotation not in seen:
            seen.add(annotation)
            yield annotation
            for info in annotation.model_fields.values():
                yield from _models(info.annotation, seen)
        return
    for inner in typing.get_args(annotation):
        yield from _models(inner, seen)
