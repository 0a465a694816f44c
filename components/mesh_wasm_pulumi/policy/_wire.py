"""What a policy is given, as plain values: a value that is not known yet becomes a deferred leaf."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError

from mesh_wasm.values.deferred import Deferred, deferred_leaves


class _Unknown(Deferred):
    """Not known during this preview."""

    __slots__ = ()

    def map(self, fn: Callable[[Any], Any]) -> Deferred:
        """Still unknown."""
        return self


UNKNOWN = _Unknown()


def plain(value: Any) -> Any:
    """Copy a policy's view of properties into dicts and lists; reading an unknown there raises, here it is a leaf."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return {str(key): _read(value, key) for key in value}
    if isinstance(value, Sequence):
        return [_read(value, index) for index in range(len(value))]
    # The wire has doubles only; a rule that looks at a priority wants an integer.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _read(container: Any, key: Any) -> Any:
    try:
        return plain(container[key])
    except UnknownValueError:
        return UNKNOWN


def is_open(value: Any) -> bool:
    """Whether anything inside is not known yet."""
    return next(deferred_leaves(value), None) is not None


class DecidedAtUp(UnknownValueError):
    """The rule looks at a value that only the update knows: the preview says so, and goes on."""

    def __init__(self, what: str) -> None:
        super().__init__(UNKNOWN_STRING_VALUE, [what])
        self.message = f"{what} is not known yet; decided at up."
