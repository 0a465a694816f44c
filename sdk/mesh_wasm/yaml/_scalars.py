"""Plain YAML scalars as the API server and kubectl take them (measured), which is not what YAML 1.1 says.

A date and ``12:30:45`` are texts; ``y``, ``yes`` and ``off`` are booleans; ``017`` is octal; ``1e3`` and ``08`` are
whole numbers.
"""

from __future__ import annotations

import math
import re
from typing import Any

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {
    text: value
    for value, words in ((True, ("y", "yes", "true", "on")), (False, ("n", "no", "false", "off")))
    for word in words
    for text in (word, word.title(), word.upper())
}
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_OCTAL = re.compile(r"([-+]?)0[oO]?([0-7]+)")
_BASED = re.compile(r"[-+]?0([bB][01]+|[xX][0-9a-fA-F]+)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NO_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_NOT_A_TEXT = frozenset("~nNyYtTfFoO.+-0123456789")
"""How a plain scalar begins that may be something else than a text."""
_LONGEST_NUMBER = 400
"""No number is longer, and reading a longer one takes quadratic time."""


class NoJsonNumber(ValueError):
    """A number that JSON, and so Kubernetes, does not know."""


def plain(text: str) -> Any:
    """The value of a scalar that is written without quotes. Raises :class:`NoJsonNumber`."""
    if text and text[0] not in _NOT_A_TEXT:
        return text
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if len(text) > _LONGEST_NUMBER:
        return text
    digits = text.replace("_", "")
    if _INT.fullmatch(digits):
        return int(digits)
    if octal := _OCTAL.fullmatch(digits):
        return int(octal[1] + octal[2], 8)
    if _BASED.fullmatch(digits):
        return int(digits, 0)
    if _NO_NUMBER.fullmatch(text):
        raise NoJsonNumber(_SAYS.format(text))
    return _number(float(digits), text) if _FLOAT.fullmatch(digits) else text


def _number(number: float, text: str) -> float | int:
    if math.isinf(number):
        raise NoJsonNumber(_SAYS.format(text))
    # JSON knows no difference between 1000 and 1e3.
    return int(number) if number.is_integer() and abs(number) < _EXPONENT else number


_SAYS = "{} is no number that JSON knows; put it in quotes if it is a text."
_EXPONENT = 1e21
"""From here on JSON is written with an exponent."""
