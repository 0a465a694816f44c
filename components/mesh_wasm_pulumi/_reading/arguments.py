"""The top level of a component's arguments: misspelt ones are named, the others go on."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

import pulumi
from pydantic.alias_generators import to_camel

from mesh_wasm.findings import schema
from mesh_wasm.findings.finding import Finding, quoted
from mesh_wasm.findings.foreign_names import FOREIGN_NAMES
from mesh_wasm.findings.suggestions import did_you_mean, suggestion
from mesh_wasm_pulumi._values.ledger import ledger

C = TypeVar("C", bound=StrEnum)


def arguments(args: Any) -> Mapping[str, Any]:
    """The arguments, which must be a mapping: nothing can be declared from an Output of all of them."""
    if not isinstance(args, Mapping):
        whole = "an Output as a whole" if isinstance(args, pulumi.Output) else f"a {type(args).__name__}"
        raise pulumi.RunError(
            f"The arguments of a mesh-wasm component are {whole}. Give a dict; its values may be Outputs, such as "
            '{"image": settings.apply(lambda known: known["image"])}.'
        )
    return args


def known_arguments(args: Mapping[str, Any], shape: type) -> tuple[dict[str, Any], list[Finding]]:
    """The arguments that ``shape`` (a TypedDict) has, and a finding for each of the others.

    Python users may write snake_case as well as camelCase; unset arguments (None) are left out.
    """
    args = arguments(args)
    snake, allowed = _names(shape)
    known = {key: in_order(value) for key, value in args.items() if key in allowed and value is not None}
    return known, [_unknown(key, snake) for key in args if key not in allowed]


@cache
def _names(shape: type) -> tuple[list[str], frozenset[str]]:
    """The names of a TypedDict's keys in order, and these in both spellings; the same for all components of a kind."""
    snake = sorted(getattr(shape, "__required_keys__", frozenset()) | getattr(shape, "__optional_keys__", frozenset()))
    return snake, frozenset((*snake, *map(to_camel, snake)))


def read_choice(value: Any, choices: type[C], argument: str) -> tuple[C | None, list[Finding]]:
    """One of an enumeration, which decides what exists; None where it is not given, or is none of it."""
    if value is None:
        return None, []
    try:
        return choices(value), []
    except ValueError:
        names = [str(one) for one in choices]
        told = quoted(value) if isinstance(value, str) else f"a {type(value).__name__}"
        says = f"{told} is not one of {', '.join(names)}{did_you_mean(suggestion(value, names))}"
        return None, [schema.UNKNOWN_ENUM.at(argument, says=says, fix=f"Write {' or '.join(names)}, or leave it out.")]


def in_order(value: Any) -> Any:
    """A set of texts as a sorted list: Python hands out its items in another order in each run."""
    if isinstance(value, set | frozenset) and all(isinstance(one, str) for one in value):
        return sorted(value)
    return value


def _unknown(key: str, allowed: list[str]) -> Finding:
    names = [to_camel(name) for name in allowed] if ledger().hosted else allowed
    guess = suggestion(key, names, FOREIGN_NAMES)
    fix = f"Write `{guess}`, or remove the argument." if guess else f"Known arguments: {', '.join(names)}."
    return schema.UNKNOWN_FIELD.at(key, says=f"there is no argument {quoted(key)}{did_you_mean(guess)}", fix=fix)
