"""Reading a document into a model: every problem at once, and a model to go on with.

A refused value becomes :data:`~mesh_wasm.values.deferred.INVALID` in the model, so the rules still see the rest.
"""

from __future__ import annotations

import copy
import difflib
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError
from pydantic.alias_generators import to_snake
from pydantic_core import ErrorDetails

from mesh_wasm.findings import schema
from mesh_wasm.findings.finding import Finding, quoted
from mesh_wasm.findings.rule import Rule
from mesh_wasm.values.base import Model
from mesh_wasm.values.deferred import INVALID, Deferred

M = TypeVar("M", bound=Model)

_PASSES = 8  # each pass mends one nesting level at least; the models are four levels deep


@dataclass(frozen=True, slots=True)
class Parsed(Generic[M]):
    """A model and what had to be said while reading it."""

    value: M
    findings: tuple[Finding, ...]


def parse(model: type[M], document: object, *, wire: bool = False) -> Parsed[M]:
    """Read ``document`` into ``model``; never raises for a user's mistake.

    :param wire: Whether it is a manifest, whose keys are in camelCase only; else snake_case is understood as well.
    """
    if isinstance(document, model):
        return Parsed(document, ())
    if not isinstance(document, Mapping):
        says = f"expected an object, got {kind_of_value(document)}."
        return Parsed(_hollow(model), (schema.WRONG_TYPE.at(says=says),))
    try:
        return Parsed(model.model_validate(document, by_alias=True, by_name=not wire), ())
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=True)
    rest = _copy(document)
    found: dict[Finding, None] = {}
    problems: list[ErrorDetails] = first
    gone: set[tuple[str | int, ...]] = set()  # taken out, because their place takes nothing deferred
    for _ in range(_PASSES):
        for problem in problems:
            if problem["input"] is not INVALID and problem["loc"] not in gone:
                found[_finding(model, problem, wire)] = None
        for problem in reversed(
            problems
        ):  # from the end, so that taking an item out moves no other that is still to go
            if not _mend(rest, problem):
                gone.add(problem["loc"])
        try:
            return Parsed(model.model_validate(rest, by_alias=True, by_name=not wire), tuple(found))
        except ValidationError as error:
            problems = error.errors(include_url=False, include_context=True)
    return Parsed(_hollow(model), tuple(found))


def _hollow(model: type[M]) -> M:
    hollow: dict[str, Any] = {name: INVALID for name, info in model.model_fields.items() if info.is_required()}
    return model.model_construct(**hollow)


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copy(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):  # pydantic takes a set for a list, too
        return [_copy(item) for item in value]
    return value if isinstance(value, Deferred | Model) else copy.copy(value)


def _mend(document: Any, problem: ErrorDetails) -> bool:
    """Take the refused value out of the document: an unknown field goes, any other becomes INVALID.

    False where INVALID stood there already and was refused too, so that nothing is left in its place.
    """
    *parents, last = [part for part in problem["loc"] if part != "[key]"] or [""]
    for part in parents:
        document = document[_spelling(document, part)]
    if problem["type"] == "extra_forbidden" or problem["loc"][-1] == "[key]":
        document.pop(_spelling(document, last), None)
    elif problem["input"] is INVALID:
        del document[_spelling(document, last)]
        return False
    else:
        document[_spelling(document, last)] = INVALID
    return True


def _spelling(container: Any, part: str | int) -> str | int:
    """The key under which the document itself holds a field: camelCase as on the wire, or snake_case."""
    if isinstance(part, str) and isinstance(container, dict) and part not in container:
        snake = to_snake(part)
        return snake if snake in container else part
    return part


def _finding(model: type[Model], problem: ErrorDetails, wire: bool) -> Finding:
    path = tuple(part for part in problem["loc"] if part != "[key]")
    rule, says, fix = _words(model, problem, wire)
    return rule.at(*path, says=says, fix=fix)


def _words(model: type[Model], problem: ErrorDetails, wire: bool) -> tuple[Rule, str, str | None]:
    kind, value, context = problem["type"], problem["input"], problem.get("ctx", {})
    match kind:
        case "missing":
            return schema.REQUIRED, "this field is required.", None
        case "extra_forbidden":
            name = str(problem["loc"][-1])
            fields = sorted(_fields_at(model, problem["loc"][:-1]))
            guess = difflib.get_close_matches(name, [*fields, *(() if wire else map(to_snake, fields))], n=1)
            if guess and guess[0] == name:
                return schema.UNKNOWN_FIELD, f"{quoted(name)} is given twice, in camelCase and in snake_case.", None
            says = f"there is no field {quoted(name)} here" + (f"; did you mean {quoted(guess[0])}?" if guess else ".")
            return schema.UNKNOWN_FIELD, says, None if guess else f"Known fields: {', '.join(fields)}."
        case "enum":
            allowed = str(context.get("expected", ""))
            guess = difflib.get_close_matches(str(value).upper(), allowed.upper().replace("'", "").split(", "), n=1)
            says = f"{quoted(value)} is not one of {allowed}" + (f"; did you mean {guess[0]}?" if guess else ".")
            return schema.UNKNOWN_ENUM, says, None
        case "greater_than_equal" | "less_than_equal":
            bound = context.get("ge", context.get("le"))
            side = "at least" if "ge" in context else "at most"
            return schema.OUT_OF_RANGE, f"{quoted(value)} is out of range: it must be {side} {bound}.", None
        case "string_too_short" | "string_too_long" | "too_short" | "too_long":
            return schema.WRONG_LENGTH, f"{problem['msg'].removeprefix('Input ').removeprefix('Value ')}.", None
        case "value_error":
            return schema.WRONG_TYPE, f"{problem['msg'].removeprefix('Value error, ')}.", None
        case _:
            wanted = _WANTED.get(kind) or problem["msg"].removeprefix("Input should be ")
            return schema.WRONG_TYPE, f"expected {wanted}, got {kind_of_value(value)}.", None


_WANTED = {
    "bool_type": "true or false",
    "dict_type": "an object",
    "int_type": "a whole number",
    "list_type": "a list",
    "model_type": "an object",
    "string_type": "a text",
}
"""What pydantic's errors ask for, in the words of :func:`kind_of_value`."""


def kind_of_value(value: object) -> str:
    """The class of a value in the words of YAML: its value may be a secret, so it is not printed."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case Mapping():
            return "an object"
        case list() | tuple():
            return "a list"
        case Deferred():
            return "a value that is not known yet"
        case _:
            return type(value).__name__


def _fields_at(model: type[Model], loc: tuple[str | int, ...]) -> set[str]:
    """The wire names of the fields of the model that stands at ``loc``."""
    here: Any = model
    for part in loc:
        if isinstance(part, int):
            continue  # a list index: _models() has already gone through the list
        fields = (pair for m in _models(here) for pair in m.model_fields.items())
        info = next((info for name, info in fields if part in (info.alias, name)), None)
        if info is None:
            return set()
        here = info.annotation
    return {info.alias or name for m in _models(here) for name, info in m.model_fields.items()}


def _models(annotation: Any) -> list[type[Model]]:
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return [annotation]
    return [m for part in typing.get_args(annotation) for m in _models(part)]
