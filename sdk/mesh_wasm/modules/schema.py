"""What a JSON Schema says of a plugin's configuration, in sentences that show no value of it.

``jsonschema`` judges (extra ``mesh-wasm[modules]``), by draft 2020-12; what OpenAPI and older drafts write otherwise is
put into its words first. Nothing is fetched: a reference to another document is a schema that cannot be read.
"""

from __future__ import annotations

import difflib
import hashlib
import importlib.util
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mesh_wasm.model.parse import kind_of_value
from mesh_wasm.values.deferred import deferred_leaves

from .locked import LockedSchema

Path = tuple[str | int, ...]

_KEYS_ONLY = frozenset({"required", "additionalProperties", "dependentRequired", "minProperties", "maxProperties"})
"""What is decided by the names of fields, whatever their values turn out to be."""
_MOST = 20
"""Problems of one configuration that are told."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """Something in a configuration that the schema does not allow."""

    path: Path
    says: str
    """A sentence; it names fields, and what the schema wants, and no value of the configuration."""


class SchemaError(ValueError):
    """It is no schema; the text says why, as a sentence without its full stop."""


def available() -> bool:
    """Whether there is a library that can judge."""
    return importlib.util.find_spec("jsonschema") is not None


def given_schema(document: Mapping[str, Any], source: str) -> LockedSchema:
    """A schema as the lock file would hold it."""
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return LockedSchema(source, f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}", document)


def check_schema(schema: LockedSchema) -> None:
    """Raises :class:`SchemaError` for what is no schema."""
    _validator(_Held(schema))


def refuses_its_example(schema: LockedSchema) -> bool:
    """Whether a schema refuses the example that it gives itself: a quarter of those in public images do."""
    example = schema.document.get("example", next(iter(schema.document.get("examples") or ()), None))
    return isinstance(example, Mapping) and any(True for _ in misfits(schema, example))


def misfits(schema: LockedSchema, config: Mapping[str, Any]) -> Iterator[Misfit]:
    """What a schema has against a configuration, which may hold deferred leaves: of these nothing is said.

    Raises :class:`SchemaError`.
    """
    validator = _validator(_Held(schema))
    told: dict[Misfit, None] = {}
    try:
        for error in validator.iter_errors(config):
            if error.validator in _KEYS_ONLY or not any(True for _ in deferred_leaves(error.instance)):
                told |= dict.fromkeys(_told(error))
            if len(told) >= _MOST:
                break
    except Exception as error:  # a reference that leads nowhere, or round in a circle: the library raises many kinds
        raise SchemaError(f"it cannot be followed to its end ({type(error).__name__})") from None
    yield from sorted(told, key=lambda one: [str(part) for part in one.path])[:_MOST]


class _Held:
    """A schema, for a cache: the same one if its digest is the same."""

    __slots__ = ("schema",)

    def __init__(self, schema: LockedSchema) -> None:
        self.schema = schema

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.schema.digest == self.schema.digest

    def __hash__(self) -> int:
        return hash(self.schema.digest)


@lru_cache(maxsize=256)
def _validator(held: _Held) -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError as Unsound
    from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]

    document = _modern(held.schema.document)
    try:
        Draft202012Validator.check_schema(document)
    except Unsound as error:
        where = ".".join(map(str, error.absolute_path)) or "its top"
        raise SchemaError(f"at {where} it is no JSON Schema") from None
    except RecursionError:
        raise SchemaError("it is nested too deep") from None
    # Without a registry of its own, the library asks the network for documents that it does not know.
    return Draft202012Validator(document, registry=REGISTRY)


def _modern(schema: Any) -> Any:
    """OpenAPI 3.0 and draft 4 in the words of draft 2020-12."""
    if isinstance(schema, list):
        return [_modern(one) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    out = {key: _modern(value) for key, value in schema.items() if key not in ("$schema", "example")}
    for limit, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(out.get(exclusive), bool):
            strict = out.pop(exclusive)
            if strict and limit in out:
                out[exclusive] = out.pop(limit)
    if out.get("nullable") is True and isinstance(out.get("type"), str):
        out["type"] = [out["type"], "null"]
        if isinstance(out.get("enum"), list) and None not in out["enum"]:
            out["enum"] = [*out["enum"], None]
    if isinstance(out.get("required"), bool):  # draft 3: said of the field itself
        del out["required"]
    return out


def _told(error: Any) -> Iterator[Misfit]:
    path: Path = tuple(error.absolute_path)
    wants, schema = error.validator_value, error.schema
    match error.validator:
        case "type":
            yield Misfit(path, f"expected {_types(wants)}, got {kind_of_value(error.instance)}.")
        case "required":
            missing = [name for name in wants if name not in error.instance]
            for name in missing if error.message.count(" is a required property") else ():
                if repr(name) in error.message:
                    yield Misfit((*path, name), "this field is required.")
        case "additionalProperties" | "unevaluatedProperties":
            known = list(schema.get("properties") or ())
            for name in error.instance:
                if name not in known and repr(name) in error.message:
                    guess = difflib.get_close_matches(str(name), known, n=1)
                    hint = f"; did you mean {guess[0]!r}?" if guess else "."
                    yield Misfit((*path, name), f"the schema has no such field{hint}")
        case "enum":
            yield Misfit(path, f"it is none of {_listed(wants)}.")
        case "const":
            yield Misfit(path, f"it must be {json.dumps(wants, ensure_ascii=False)}.")
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf":
            yield Misfit(path, f"it must be {_BOUNDS[error.validator]} {wants}.")
        case "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties":
            yield Misfit(path, f"it must have {_SIZES[error.validator[:3]]} {wants} {_UNITS[error.validator[3:]]}.")
        case "pattern":
            yield Misfit(path, f"it does not match the pattern {wants}.")
        case "uniqueItems":
            yield Misfit(path, "an item is there twice.")
        case "anyOf" | "oneOf":
            inner = [one for one in error.context if len(one.absolute_path) > len(path)]
            if inner and len({one.schema_path[0] for one in error.context}) == 1:
                yield from (told for one in inner for told in _told(one))
            else:
                yield Misfit(path, "it fits none of the forms that the schema allows, or several at once.")
        case _:
            yield Misfit(path, f"it does not keep what the schema demands by {error.validator}.")


_BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
    "multipleOf": "a multiple of",
}
_SIZES = {"min": "at least", "max": "at most"}
_UNITS = {"Length": "characters", "Items": "items", "Properties": "fields"}
_WORDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
}


def _types(wants: str | Sequence[str]) -> str:
    return " or ".join(_WORDS.get(one, one) for one in ([wants] if isinstance(wants, str) else wants))


def _listed(values: Sequence[Any]) -> str:
    told = ", ".join(json.dumps(one, ensure_ascii=False, default=str) for one in values)
    return told if len(told) <= 200 else f"{told[:199]}…"
