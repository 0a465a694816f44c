"""Sealed texts: secrets that travel through models and plans without ever being looked at."""

from __future__ import annotations

import base64
import hashlib
from functools import cached_property, lru_cache
from typing import Any

from .deferred import Deferred, map_value
from .naming import shortened

_SALT = b"mesh-wasm/pull-secret"
_LENGTH = 6


class Sealed:
    """A secret text, known or deferred. It is its own identity, never printed, and checks do not wait for it."""

    def __init__(self, text: str | Deferred) -> None:
        self.text = text
        self._names: dict[object, Any] = {}

    @cached_property
    def mark(self) -> Any:
        """A short mark of the text, public; deferred where the text is."""
        mark = map_value(self.text, content_mark)
        return mark.public() if isinstance(mark, Deferred) else mark

    def marked(self, name: str | Deferred) -> Any:
        """The name of an object that holds the text, with the mark behind it; worked out once for each name."""
        if name not in self._names:
            self._names[name] = map_value(name, lambda name: map_value(self.mark, lambda mark: shortened(name, mark)))
        return self._names[name]

    def __copy__(self) -> Sealed:
        return self

    def __deepcopy__(self, memo: object) -> Sealed:
        return self

    def __repr__(self) -> str:
        return "<sealed>"


@lru_cache(maxsize=256)
def content_mark(text: str) -> str:
    """Six letters and digits that change with a secret text.

    Whoever may list objects sees them, so they must not help in guessing a password: each guess costs a scrypt run
    (16 MiB), and one wrong guess in 2**30 fits as well.
    """
    digest = hashlib.scrypt(text.encode(), salt=_SALT, n=2**14, r=8, p=1, dklen=8)
    return base64.b32encode(digest).decode().lower()[:_LENGTH]
