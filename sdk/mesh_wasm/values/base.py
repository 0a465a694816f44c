"""The base of every model, and the types of their leaves.

One place holds the pydantic configuration. Models are frozen, refuse unknown fields, and are written in camelCase on
the wire. Every leaf is ``Leaf[...]``: its own type, or :class:`~mesh_wasm.values.deferred.Deferred`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from math import isfinite
from typing import Annotated, Any, Protocol, TypeVar, get_args, runtime_checkable

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    TypeAdapter,
    ValidationError,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError, core_schema

from .deferred import Deferred, replace_deferred

T = TypeVar("T")

INT32_MIN = -(2**31)
INT32_MAX = 2**31 - 1
LARGEST_EXACT_INT = 2**53
"""Numbers travel as doubles (protobuf Struct, Pulumi's wire): beyond this, digits are lost."""


class _OrDeferred:
    """Annotation marker: let a Deferred pass untouched, validate anything else as the declared type."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        # The declared type comes first in the union; validating it alone keeps errors single (no 'url.str', 'url.is-…').
        declared = get_args(source)[0]
        inner = handler.generate_schema(declared)
        if not _holds_model(declared):
            return core_schema.no_info_wrap_validator_function(_pass_deferred, inner)
        spelt = _Spelling(declared)

        def respell(value: Any, validate: core_schema.ValidatorFunctionWrapHandler) -> Any:
            return value.map(spelt) if isinstance(value, Deferred) else validate(value)

        return core_schema.no_info_wrap_validator_function(respell, inner)


def _pass_deferred(value: Any, validate: core_schema.ValidatorFunctionWrapHandler) -> Any:
    return value if isinstance(value, Deferred) else validate(value)


class _Spelling:
    """Write a whole object that becomes known late in wire names: a server drops fields that it does not know."""

    def __init__(self, declared: Any) -> None:
        self._declared = declared

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self._declared)

    def __call__(self, known: Any) -> Any:
        if isinstance(known, Deferred):
            return known.map(self)
        try:
            return _plain(self._adapter.validate_python(known, by_alias=True, by_name=True))
        except ValidationError:
            return known  # nothing is written: the document is read again once it is known, and refused


def _holds_model(declared: Any) -> bool:
    if isinstance(declared, type):
        return issubclass(declared, Model)
    return any(_holds_model(part) for part in get_args(declared))


Leaf = Annotated[T | Deferred, _OrDeferred()]
"""A value of type T, known or deferred."""


def _whole_number(value: Any) -> Any:
    # Pulumi's wire has doubles only, so 7 may arrive as 7.0; True is no number.
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise PydanticCustomError("int_type", "Input should be a valid integer")
    return value


Int = Annotated[int, BeforeValidator(_whole_number)]
"""A whole number; 7.0 counts as 7."""
Int32 = Annotated[Int, Field(ge=INT32_MIN, le=INT32_MAX)]
"""A protobuf int32."""
Port = Annotated[Int, Field(ge=1, le=65535)]
"""A TCP port."""
Bool = Annotated[bool, Field(strict=True)]
"""True or false; no text is taken for either."""
Str = Annotated[str, Field(strict=True)]
"""A text; numbers are not taken for texts."""


def _string_keys(value: Any) -> Any:
    if not isinstance(value, Mapping):
        raise PydanticCustomError("dict_type", "Input should be a valid dictionary")
    for path, trouble in _unwritable(value, ""):
        raise ValueError(f"{path.lstrip('.') or 'it'} {trouble}")
    return value


def _unwritable(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """What JSON cannot say: the engine and the API server would fail on it without a word about where it stands."""
    if isinstance(value, float):
        if not isfinite(value):
            yield path, f"is {value}, which is no number in JSON"
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                yield path, f"has a key that is no text: {key!r}"
            elif type(item) not in _PLAIN:
                yield from _unwritable(item, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            if type(item) not in _PLAIN:
                yield from _unwritable(item, f"{path}[{index}]")
    elif not isinstance(value, str | int | Deferred | None):
        yield path, f"is {what_it_is(value)}, which JSON cannot say"


_PLAIN = frozenset({str, int, bool, type(None)})


@runtime_checkable
class Described(Protocol):
    """A value of another kind than JSON's that says itself what it is, where a finding has to speak of it."""

    @property
    def described(self) -> str:
        """What it is, as it is put behind "got" or "is"."""


def what_it_is(value: object) -> str:
    """What a value is that no document can hold: in its own words, or else by its class."""
    return value.described if isinstance(value, Described) else f"a {type(value).__name__}"


Struct = Annotated[Any, BeforeValidator(_string_keys)]
"""A google.protobuf.Struct: an object whose keys and values are the plugin's own and are never touched."""


class Model(BaseModel):
    """A typed, frozen value with camelCase wire names."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        populate_by_name=True,
        alias_generator=to_camel,
        arbitrary_types_allowed=True,
        defer_build=True,  # a program pays only for the models that it uses
    )

    def wire(self) -> dict[str, Any]:
        """The set fields in wire names and plain containers; deferred leaves stay in place, unset fields are left out."""
        out: dict[str, Any] = {}
        for name, info in type(self).model_fields.items():
            value = getattr(self, name)
            if value is not None and name in self.model_fields_set:
                out[info.alias or name] = _plain(value)
        return out


def _plain(value: Any) -> Any:
    if isinstance(value, Model):
        return value.wire()
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, str):
        return str(value)  # a StrEnum becomes its text
    if isinstance(value, Mapping):
        return replace_deferred(value, lambda leaf: leaf)
    return value
