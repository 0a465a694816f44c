"""Outputs at the edge of the SDK: wrapped into Deferred leaves on the way in, unwrapped on the way out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from functools import partial
from math import isfinite
from typing import Any, TypeVar

import pulumi
from pulumi.output import Unknown
from pulumi.runtime.rpc import UNKNOWN

from mesh_wasm.values.deferred import SCALARS, Deferred, deferred_leaves, replace_deferred

from .ledger import ledger

T = TypeVar("T")


class UnknownOutput(pulumi.Output[Any]):
    """An Output of which its maker says that it stays unknown for the whole preview, as language hosts do."""

    @classmethod
    def make(cls, *, secret: bool) -> pulumi.Output[Any]:
        """One of them."""
        return cls(set(), _settled(pulumi.UNKNOWN), _settled(False), _settled(secret))


def _settled(value: T) -> asyncio.Future[T]:
    done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
    done.set_result(value)
    return done


class OutputLeaf(Deferred):
    """A Pulumi Output seen by the SDK."""

    __slots__ = ("output", "unknown")

    def __init__(self, output: pulumi.Output[Any], *, unknown: bool = False) -> None:
        """``unknown``: whether it is sure already that the value stays unknown for the whole preview."""
        self.output = output
        self.unknown = unknown or isinstance(output, UnknownOutput)

    def map(self, fn: Callable[[Any], Any]) -> Deferred:
        """The Output of ``fn`` applied to the value; at preview it is skipped while the value is unknown."""
        return OutputLeaf(self.output.apply(partial(mapped, fn)), unknown=self.unknown)

    def hidden(self, value: Any) -> list[Any]:
        """What must not be shown of its value, if it is secret."""
        return [value]

    def public(self) -> Deferred:
        """The same Output without its secret mark."""
        return OutputLeaf(pulumi.Output.unsecret(self.output), unknown=self.unknown)


class UnknownLeaf(Deferred):
    """A value that stays unknown for the whole preview; it is met while checking, never while registering."""

    __slots__ = ()

    def map(self, fn: Callable[[Any], Any]) -> Deferred:
        """Still unknown."""
        return self


def mapped(fn: Callable[[Any], Any], value: Any) -> Any:
    """``fn`` of a value that has become known, for an apply. The value may still be refused, and ``fn`` fail on it."""
    try:
        return lower(fn(lift(value)))
    except Exception as error:  # raised again unless the value is refused
        return _excused(error)


async def _excused(error: Exception) -> None:
    """Wait for the checks: where they refuse something, nothing is registered, and their sentences have to do."""
    book = ledger()
    if checks := set(book.checks.values()):
        await asyncio.wait(checks, timeout=1)
    if not book.refused:
        raise error


def sayable(value: Any) -> Any:
    """The same value without what the engine's wire has no word for: None stands there. Outputs are left alone."""
    if isinstance(value, Mapping):
        return {key: sayable(item) for key, item in value.items() if isinstance(key, str)}
    if isinstance(value, list | tuple):
        return [sayable(item) for item in value]
    if isinstance(value, float) and not isfinite(value):
        return None
    return value if isinstance(value, str | int | float | pulumi.Output | None) else None


def lift(value: Any) -> Any:
    """Replace every Output by a leaf. Plain values stay the very same objects."""
    if type(value) in SCALARS:
        return UnknownLeaf() if value == UNKNOWN else value
    if isinstance(value, pulumi.Output):
        from .failing import witnessed  # programs of plain values never need it

        return OutputLeaf(witnessed(value))
    if isinstance(value, Unknown) or value == UNKNOWN:
        return UnknownLeaf()
    if isinstance(value, Mapping):
        return {key: lift(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [lift(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Awaitable):  # the third kind of a Pulumi Input; it may be awaited only once
        return OutputLeaf(pulumi.Output.from_input(value))
    return value


def lower(value: Any) -> Any:
    """Replace every leaf by its Output. A refused value becomes None: nothing that holds it is registered."""
    return replace_deferred(value, lambda leaf: leaf.output if isinstance(leaf, OutputLeaf) else None)


def holds_outputs(value: Any) -> bool:
    """Whether anything inside is not a plain value."""
    return any(True for _ in deferred_leaves(lift(value)))


def output_of(value: Any) -> pulumi.Output[Any]:
    """One Output of a whole value. ``Output.from_input`` makes several for each of its parts, plain ones too, and while a
    program runs, Pulumi goes through all that are pending again and again."""
    lifted = lift(value)
    leaves = _outputs_in(lifted)
    if not leaves:
        return pulumi.Output.from_input(None).apply(lambda _: value)

    def filled(told: list[Any]) -> Any:
        by_leaf: dict[Deferred, Any] = dict(zip(leaves, told, strict=True))
        return replace_deferred(lifted, lambda leaf: by_leaf.get(leaf, pulumi.UNKNOWN))

    together: pulumi.Output[Any] = pulumi.Output.all(*[leaf.output for leaf in leaves])
    return together.apply(filled)


def _outputs_in(lifted: Any) -> list[OutputLeaf]:
    return list(dict.fromkeys(leaf for leaf in deferred_leaves(lifted) if isinstance(leaf, OutputLeaf)))


def resolve(value: Any, then: Callable[[Any, list[Any]], Any]) -> pulumi.Output[Any] | None:
    """Call ``then`` with ``value`` once its leaves are known: one apply for all of them; None if there are none.

    At preview it is called too, with :class:`UnknownLeaf` where a value is still unknown. Its second argument are the
    values that are secret: whoever writes a message must not show them.
    """
    leaves = _outputs_in(value)
    if not leaves:
        return None

    def known(told: list[Any]) -> Any:
        values, secret = told[: len(leaves)], told[len(leaves) :]
        by_leaf: dict[Deferred, Any] = dict(zip(leaves, map(lift, values), strict=True))
        told_by = zip(leaves, values, secret, strict=True)
        hidden = [part for leaf, one, is_secret in told_by if is_secret for part in leaf.hidden(one)]
        return then(replace_deferred(value, lambda leaf: by_leaf.get(leaf, leaf)), hidden)

    outputs = [leaf.output for leaf in leaves]
    together: pulumi.Output[Any] = pulumi.Output.all(*outputs, *[output.is_secret() for output in outputs])
    return together.apply(known, run_with_unknowns=True)
