"""Findings of a component that runs inside the provider: property errors, each with its path.

The engine prints the value at the path of a property error, secrets included, and those below it too (measured; its
``%v`` knows no secrets). So the path of anything that is or holds an Output is written in a form that names no property.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pulumi
from pulumi.errors import InputPropertiesError, InputPropertyErrorDetails

from mesh_wasm.findings.finding import Finding, Path, counted, format_path
from mesh_wasm_pulumi._values.declared import ResourceReference

HIDDEN = " (value not shown)"
"""Stands behind the path of a value that must not be printed."""


def refusal(name: str, problems: Iterable[Finding], args: Mapping[str, Any]) -> InputPropertiesError:
    """The error that carries the problems of a component; paths are spelt as in ``args``."""
    details = [_detail(problem, args) for problem in problems]
    return InputPropertiesError(f"{name}: {counted(len(details), 'invalid input')}, nothing is created for it", details)


def _detail(problem: Finding, args: Mapping[str, Any]) -> InputPropertyErrorDetails:
    where = "".join(f"{part}: " for part in (problem.subject, problem.cluster and f"cluster {problem.cluster}") if part)
    return {
        "property_path": shown_path(problem.path, args),
        "reason": f"{where}{problem.message} {problem.fix} [{problem.rule}]",
    }


def shown_path(path: Path, args: Any) -> str:
    """The path as text; marked where the engine must not print what stands there, or cannot: objects come as Go has them."""
    here = args
    for part in path:
        if _holds_output(here, deep=False):
            break
        try:
            here = here[part]
        except (KeyError, IndexError, TypeError):
            return format_path(path)  # nothing stands there, so there is nothing to print
    text = format_path(path) or "inputs"
    return f"{text}{HIDDEN}" if not path or _is_composed(here) or _holds_output(here, deep=True) else text


def _is_composed(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(_is_composed(item) for item in value)
    return bool(value) if isinstance(value, Mapping) else isinstance(value, pulumi.Resource | ResourceReference)


def _holds_output(value: Any, *, deep: bool) -> bool:
    if isinstance(value, pulumi.Output):
        return True
    if deep and isinstance(value, Mapping):
        return any(_holds_output(item, deep=True) for item in value.values())
    if deep and isinstance(value, list | tuple):
        return any(_holds_output(item, deep=True) for item in value)
    return False
