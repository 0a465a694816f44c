"""The surroundings of a cluster as a field of its model: plain Kubernetes objects in, what they mean out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from mesh_wasm.surroundings import Surroundings, World


def _surroundings(value: Any) -> Any:
    """Plain Kubernetes objects are read; what has been read already is taken as it is."""
    if isinstance(value, Surroundings):
        return value
    world = World.OPEN
    if isinstance(value, Mapping):
        unknown = sorted(map(str, value.keys() - {"objects", "complete"}))
        if unknown:
            raise ValueError(f"there is no field {unknown[0]!r} here; there are objects and complete")
        world = World.CLOSED if value.get("complete") is True else World.OPEN
        value = value.get("objects")
    if not isinstance(value, list | tuple):
        raise PydanticCustomError("list_type", "Input should be a valid list")
    for index, item in enumerate(value):
        if not isinstance(item, Mapping) or not item.get("kind"):
            raise ValueError(f"item {index} is no Kubernetes object: it has no kind")
    return Surroundings.read(value, world, "the surroundings of the cluster")


_OBJECTS = {"type": "array", "items": {"type": ["object", "string"]}}
StatedObjects = Annotated[
    Surroundings,
    BeforeValidator(_surroundings),
    WithJsonSchema(
        {
            "anyOf": [
                _OBJECTS,
                {
                    "type": "object",
                    "properties": {"objects": _OBJECTS, "complete": {"type": "boolean"}},
                    "required": ["objects"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]
"""Either the objects, or ``{objects: […], complete: true}``: then they are all there are."""
