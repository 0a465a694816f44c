"""Deferred values: leaves that are not known yet.

A Pulumi Output, or an unknown at preview, travels through the SDK as a :class:`Deferred`. The SDK never looks inside
and never imports pulumi; ``mesh_wasm_pulumi`` wraps Outputs on the way in and unwraps them on the way out. A leaf that
is deferred stays a leaf: nothing around it becomes unknown or secret because of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


class Deferred:
    """A value that will be known later. It is no abstract base class: these make ``isinstance`` ten times as slow."""

    __slots__ = ()

    def map(self, fn: Callable[[Any], Any]) -> Deferred:
        """Return the deferred result of ``fn``, applied once the value is known."""
        raise NotImplementedError

    def public(self) -> Deferred:
        """The same value, no longer a secret: only for what was derived from a secret and may be seen by everyone."""
        return self

    def __repr__(self) -> str:
        # Whoever prints a model must never print what may be a secret.
        return "<deferred>"


class _Invalid(Deferred):
    """What stands for a value that was refused, so that the rules can go on with the rest."""

    __slots__ = ()

    def map(self, fn: Callable[[Any], Any]) -> Deferred:
        return self

    def __repr__(self) -> str:
        return "<invalid>"


INVALID: Deferred = _Invalid()
"""Stands where a value was refused. A plan that holds it also holds an error, so it never reaches a cluster."""


def map_value(value: Any, fn: Callable[[Any], Any]) -> Any:
    """Apply ``fn`` now to a known value, later to a deferred one."""
    return value.map(fn) if isinstance(value, Deferred) else fn(value)


def known(value: T | Deferred | None) -> T | None:
    """Return the value if it is there and known, else ``None``."""
    return None if isinstance(value, Deferred) else value


SCALARS = frozenset({str, int, float, bool, type(None)})
"""The exact types of nearly all leaves. Looking here first spares the slow ``isinstance`` of abstract classes, which
would be asked for each leaf of each plugin several times (docs/performance.md)."""


def deferred_leaves(value: Any) -> Iterator[Deferred]:
    """Yield every deferred leaf inside mappings and lists."""
    if isinstance(value, Deferred):
        yield value
        return
    for item in _inner(value):
        if type(item) not in SCALARS:
            yield from deferred_leaves(item)


def _inner(value: Any) -> Iterable[Any]:
    if type(value) in SCALARS:
        return ()
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list | tuple) else ()


def replace_deferred(value: Any, fn: Callable[[Deferred], Any]) -> Any:
    """Copy ``value`` with each deferred leaf replaced by ``fn(leaf)``; plain containers only."""
    if type(value) in SCALARS:
        return value
    if isinstance(value, Deferred):
        return fn(value)
    if isinstance(value, Mapping):
        return {key: item if type(item) in SCALARS else replace_deferred(item, fn) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [replace_deferred(item, fn) for item in value]
    return value
