"""Reading a document into a model: every problem at once, and a model to go on with.

A refused value becomes :data:`~mesh_wasm.values.deferred.INVALID` in the model, so the rules still see the rest.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError
from pydantic.alias_generators import to_snake
from pydantic_core import ErrorDetails

from mesh_wasm.findings import schema
from mesh_wasm.findings.finding import Finding, quoted
from mesh_wasm.findings.foreign_names import FOREIGN_NAMES, POD_SOURCES
from mesh_wasm.findings.rule import Rule
from mesh_wasm.findings.suggestions import did_you_mean, suggestion
from mesh_wasm.values.base import Described, Model
from mesh_wasm.values.deferred import INVALID, Deferred

from . import shapes
from .mends import mend_of

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
        return Parsed(_hollow(model), (schema.WRONG_TYPE.at(says=says, fix=f"Write `{shapes.shape(model, ())}`."),))
    try:
        return Parsed(model.model_validate(document, by_alias=True, by_name=not wire), ())
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=True)
    rest = _copy(document)
    found: dict[Finding, None] = {}
    problems: list[ErrorDetails] = first
    gone: set[tuple[str | int, ...]] = set()  # taken out, because their place takes nothing deferred
    misspelt = set() if wire else _misspelt(model, first)  # the API server tells both, and so does who speaks for it
    for _ in range(_PASSES):
        for problem in problems:
            follows = problem["type"] == "missing" and problem["loc"] in misspelt
            if problem["input"] is not INVALID and problem["loc"] not in gone and not follows:
                found[_finding(model, problem, wire, document)] = None
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


def _misspelt(model: type[Model], problems: Iterable[ErrorDetails]) -> set[tuple[str | int, ...]]:
    """Where those fields stand that the unknown ones are told to be meant for: that they are missing only follows."""
    found: set[tuple[str | int, ...]] = set()
    for problem in problems:
        *parents, name = problem["loc"] or [""]
        if problem["type"] == "extra_forbidden":
            guess = suggestion(str(name), shapes.field_names(model, tuple(parents)), FOREIGN_NAMES)
            found |= {(*parents, guess)} if guess is not None else set()
    return found


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


def _finding(model: type[Model], problem: ErrorDetails, wire: bool, document: object) -> Finding:
    path = tuple(part for part in problem["loc"] if part != "[key]")
    siblings = _keys_beside(document, path)
    rule, says, fix = _words(model, problem, wire, siblings)
    mend = mend_of(model, problem["type"], path, problem["input"], siblings) if wire else None
    return rule.at(*path, says=says, fix=fix, mend=mend)


def _keys_beside(document: Any, path: tuple[str | int, ...]) -> list[str]:
    """The keys of the object in which the last part of a path stands, as the document spells them."""
    for part in path[:-1]:
        document = document[_spelling(document, part)]
    return [key for key in document if isinstance(key, str)] if isinstance(document, Mapping) else []


def _words(
    model: type[Model], problem: ErrorDetails, wire: bool, siblings: Iterable[str]
) -> tuple[Rule, str, str | None]:
    kind, value, context = problem["type"], problem["input"], problem.get("ctx", {})
    path = tuple(part for part in problem["loc"] if part != "[key]")
    field = next((str(part) for part in reversed(path) if isinstance(part, str)), "it")
    match kind:
        case "missing":
            return schema.REQUIRED, "this field is required.", f"Write `{field}: {shapes.shape(model, path)}`."
        case "extra_forbidden":
            return schema.UNKNOWN_FIELD, *_unknown_field(model, path, wire, siblings)
        case "enum":
            allowed = shapes.enum_values(model, path)
            if (source := _pod_source(value)) is not None:
                says = f"{source} is a source of a pod's variable; a plugin's valueFrom is {_either(allowed)}."
                return schema.UNKNOWN_ENUM, says, POD_SOURCES[source]
            guess = suggestion(value, allowed)
            says = f"{quoted(value)} is not one of {context.get('expected', '')}{did_you_mean(guess, '')}"
            return schema.UNKNOWN_ENUM, says, f"Write `{field}: {guess}`." if guess else f"Write {_either(allowed)}."
        case "greater_than_equal" | "less_than_equal":
            bound = context.get("ge", context.get("le"))
            side = "at least" if "ge" in context else "at most"
            says = f"{quoted(value)} is out of range: it must be {side} {bound}."
            return schema.OUT_OF_RANGE, says, f"Write a number that is {side} {bound}."
        case "string_too_short" | "string_too_long" | "too_short" | "too_long":
            says = f"{problem['msg'].removeprefix('Input ').removeprefix('Value ')}."
            fix = (
                f"Write `{field}: {shapes.shape(model, path)}`, or remove the field."
                if kind.endswith("short")
                else None
            )
            return schema.WRONG_LENGTH, says, fix
        case "value_error":
            return schema.WRONG_TYPE, f"{problem['msg'].removeprefix('Value error, ')}.", None
        case _:
            wanted = _WANTED.get(kind) or problem["msg"].removeprefix("Input should be ")
            says = f"expected {wanted}, got {kind_of_value(value)}."
            return schema.WRONG_TYPE, says, _of_type(model, path, kind, value)


def _pod_source(value: object) -> str | None:
    """What a pod's ``valueFrom`` would read."""
    return next((name for name in POD_SOURCES if name in value), None) if isinstance(value, Mapping) else None


def _unknown_field(
    model: type[Model], path: tuple[str | int, ...], wire: bool, siblings: Iterable[str]
) -> tuple[str, str]:
    """What is said of a field that does not exist, and how it is mended, in the spelling of the fields around it."""
    name, fields = str(path[-1]), shapes.field_names(model, path[:-1])
    snake = [] if wire else shapes.field_names(model, path[:-1], snake=True)
    if name in {*snake, *(() if wire else fields)}:
        return f"{quoted(name)} is given twice, in camelCase and in snake_case.", "Remove one of the two."
    if snake and any("_" in key for key in (name, *siblings)):
        fields = snake
    guess = suggestion(name, fields, FOREIGN_NAMES)
    fix = f"Write `{guess}`, or remove the field." if guess else f"Known fields: {', '.join(fields)}."
    return f"there is no field {quoted(name)} here{did_you_mean(guess)}", fix


def _of_type(model: type[Model], path: tuple[str | int, ...], kind: str, value: object) -> str:
    """How a value of the right type is written. What was written instead may be a secret, so it is not repeated."""
    if kind == "string_type" and isinstance(value, int | float):
        return "Put it in quotes."
    if kind == "bool_type":
        return "Write true or false, without quotes."
    before = f"{path[-1]}: " if path and isinstance(path[-1], str) else "- " if path else ""
    if kind == "int_type" and isinstance(value, str):
        number = shapes.whole_number(value)
        return f"Write `{before}{10 if number is None else number}`, without quotes."
    return f"Write `{before}{shapes.shape_of(model, path, value)}`."


def _either(values: Sequence[str]) -> str:
    """``A``, ``A or B``, ``A, B or C``."""
    return " or ".join(filter(None, [", ".join(values[:-1]), values[-1]]))


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
            return value.described if isinstance(value, Described) else type(value).__name__
