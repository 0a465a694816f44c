"""Whether a JSON document is a report, by its shape: what is compared may have been edited, or be another file."""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType
from typing import Any, NotRequired, get_args, get_origin, get_type_hints, is_typeddict

from .shape import Report


def is_report(document: Any) -> bool:
    """Whether it has the fields of a report, each of its type, and its chains speak of its own plugins."""
    return _fits(document, Report) and all(key in document["plugins"] for key in _spoken_of(document))


def _spoken_of(told: Report) -> Iterator[str]:
    for cluster in told["clusters"]:
        for workload in cluster["workloads"]:
            yield from (step["plugin"] for step in (*workload["network"], *workload["http"]) if "plugin" in step)


def _fits(value: Any, hint: Any) -> bool:
    origin, arguments = get_origin(hint), get_args(hint)
    if is_typeddict(hint):
        return isinstance(value, dict) and all(
            _fits(value[name], _bare(field)) if name in value else get_origin(field) is NotRequired
            for name, field in get_type_hints(hint, include_extras=True).items()
        )
    if origin is UnionType:
        return any(_fits(value, one) for one in arguments)
    if origin is list:
        return isinstance(value, list) and all(_fits(one, arguments[0]) for one in value)
    if origin is dict:
        return isinstance(value, dict) and all(_fits(one, arguments[1]) for one in value.values())
    return isinstance(value, hint)


def _bare(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is NotRequired else hint
