"""Which refused values of a manifest a machine can mend: where only one thing can have been meant."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mesh_wasm.findings.finding import Mend, Quote, RenameTo, SetTo
from mesh_wasm.findings.foreign_names import FOREIGN_NAMES
from mesh_wasm.findings.suggestions import folded, suggestion
from mesh_wasm.values.base import Model

from . import shapes

_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,9})")
_TRUTH = {"true": True, "false": False}


def mend_of(
    model: type[Model], problem: str, path: tuple[str | int, ...], value: object, siblings: Iterable[str]
) -> Mend | None:
    """The safe remedy for a refused value, or None.

    :param problem: Pydantic's name of the error.
    :param siblings: The keys of the object in which the value stands.
    """
    match problem, value:
        case "extra_forbidden", _:
            return _renamed(model, path, value, siblings)
        case "enum", str():
            guess = suggestion(value, shapes.enum_values(model, path))
            return SetTo(guess) if guess is not None and folded(guess) == folded(value) else None
        case "string_type", bool() | int() | float():
            return Quote()
        case "int_type", str() if _WHOLE.fullmatch(value):
            return SetTo(int(value))
        case "bool_type", str() if value.lower() in _TRUTH:
            return SetTo(_TRUTH[value.lower()])
    return None


def _renamed(
    model: type[Model], path: tuple[str | int, ...], value: object, siblings: Iterable[str]
) -> RenameTo | None:
    """Another spelling of a field, or another API's name of it; not a slip, and only where the value fits the field."""
    name = path[-1]
    fields = shapes.field_names(model, path[:-1])
    guess = suggestion(name, fields, FOREIGN_NAMES)
    if guess is None or guess in siblings or not isinstance(name, str):
        return None
    same = folded(name) == folded(guess) or guess in FOREIGN_NAMES.get(folded(name), ())
    return RenameTo(guess) if same and shapes.takes(model, (*path[:-1], guess), value) else None
