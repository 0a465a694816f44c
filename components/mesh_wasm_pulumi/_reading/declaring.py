"""What is wrong with a declaration before its fields are read: it is there already, or a value contains itself."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any, TypeVar

import pulumi

from mesh_wasm.findings import placing, schema
from mesh_wasm.findings.finding import Finding, Path
from mesh_wasm.values.deferred import INVALID, SCALARS
from mesh_wasm_pulumi._values.ledger import ledger

from .arguments import arguments

T = TypeVar("T")

_PACKAGE = os.path.dirname(os.path.dirname(__file__)) + os.sep


def declared_once(
    component: pulumi.Resource, name: str, opts: pulumi.ResourceOptions | None
) -> tuple[str, list[Finding]]:
    """The name to register a component by, and what is said where the program has one of its type, name and parent.

    The engine refuses a second one by ending the program, with which it hides what others have to say. So the second gets a
    name of its own, and an error. Equal names below different parents are left to the engine, which knows their types.
    """
    book = ledger()
    if book.hosted:  # there the engine has registered the component before we hear of it
        return name, []
    type_ = type(component).__name__
    places = book.places.setdefault((type_, name, None if opts is None else opts.parent), [])
    places.append(_place())
    if len(places) == 1:
        return name, []
    where = f"twice, at {places[0]}" if places[0] == places[-1] else f"at {places[0]}, and again at {places[-1]}"
    says = f"the program declares the {type_} {name} {where}."
    return f"{name} ({len(places)})", [placing.SAME_OBJECT.at(says=says, fix=_RENAME)]


_RENAME = "Give each a name of its own."


def _place() -> str:
    """File and line of the program that declares a component, and those from which a function of it was called."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    place = _line(frame)
    while frame is not None and frame.f_code.co_name != "<module>":
        frame = frame.f_back
    # Where no program but a library is at the bottom, such as a runner of tests, its line tells nobody anything.
    called = "" if frame is None or "site-packages" in frame.f_code.co_filename else _line(frame)
    return place if called == place or ".py:" not in called else f"{place} (from {called})"


def _line(frame: FrameType | None) -> str:
    return "" if frame is None else f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno}"


def without_circles(args: T) -> tuple[T, list[Finding]]:
    """The arguments, with nothing in place of a value that contains itself, and a finding for each of these.

    No YAML and no JSON can say such a value, and whoever walks through it does not come to an end. The fleet is left to
    whoever reads it: it is shared, and large.
    """
    given = arguments(args)
    found = [circle for key, value in given.items() if key != "fleet" for circle in circles(value, (key,))]
    if not found:
        return args, []
    cut: Any = {key: value if key == "fleet" else _cut(value, ()) for key, value in given.items()}
    return cut, [schema.WRONG_TYPE.at(*path, says=_ENDLESS, fix=_END) for path in found]


_ENDLESS = "the value contains itself, so it has no end that could be written."
_END = "Write a copy of what is meant here, or leave it out."


def circles(value: Any, path: Path, above: tuple[int, ...] = ()) -> Iterator[Path]:
    """The paths at which a mapping or list stands that contains them."""
    if type(value) in SCALARS or not isinstance(value, Mapping | list | tuple):
        return
    if id(value) in above:
        yield path
        return
    for key, item in value.items() if isinstance(value, Mapping) else enumerate(value):
        if type(item) not in SCALARS:
            yield from circles(item, (*path, key), (*above, id(value)))


def _cut(value: Any, above: tuple[int, ...]) -> Any:
    if not isinstance(value, Mapping | list | tuple):
        return value
    if id(value) in above:
        return INVALID
    above = (*above, id(value))
    if isinstance(value, Mapping):
        return {key: _cut(item, above) for key, item in value.items()}
    return [_cut(item, above) for item in value]
