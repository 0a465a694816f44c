"""What a policy is given, as plain values: a value that is not known yet becomes a deferred leaf."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import local
from typing import Any

from pulumi_policy import policy as _policy
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


_THREAD = local()
_SIGNATURE, _SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"


def remember_secrets() -> bool:
    """Remember which values of a request are secret: the engine says so, and ``pulumi_policy`` does not hand it on.

    Returns whether that works with the ``pulumi_policy`` at hand; where it does not, no message may quote a value.
    """
    original = getattr(_policy, "deserialize_properties", None)
    if original is None:
        return False

    def remembering(props: Any, proxy_secrets: bool = False) -> Any:
        _THREAD.seen = [*getattr(_THREAD, "seen", ()), list(_secrets(props))]
        return original(props, proxy_secrets)

    setattr(_policy, "deserialize_properties", remembering)  # noqa: B010  # it is private there
    return True


def secrets_at_hand(resources: Sequence[Any]) -> list[Any]:
    """The secret values of the resources that a policy looks at, and of their providers.

    The engine's request is read anew for each policy: the properties of a resource, and then those of its provider. What
    was read before that is forgotten.
    """
    readings = sum(1 + (one.provider is not None) for one in resources)
    _THREAD.seen = getattr(_THREAD, "seen", [])[-readings:]
    return [value for seen in _THREAD.seen for value in seen]


def _secrets(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        if value.get(_SIGNATURE) == _SECRET:
            yield value.get("value")
        else:
            for item in value.values():
                yield from _secrets(item)
    elif isinstance(value, list):
        for item in value:
            yield from _secrets(item)


def is_open(value: Any) -> bool:
    """Whether anything inside is not known yet."""
    return next(deferred_leaves(value), None) is not None


class DecidedAtUp(UnknownValueError):
    """The rule looks at a value that only the update knows: the preview says so, and goes on."""

    def __init__(self, what: str) -> None:
        super().__init__(UNKNOWN_STRING_VALUE, [what])
        self.message = f"{what} is not known yet; decided at up."
