"""Plain YAML scalars as Kubernetes' own reader takes them, which is not what YAML 1.1 says.

A date and ``12:30:45`` are texts, ``1e3`` is a number, ``0o17`` and ``017`` are octal, ``yes`` and ``off`` are booleans.
"""

from __future__ import annotations

import math
import re
from typing import Any

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {
    text: value
    for value, words in ((True, ("yes", "true", "on")), (False, ("no", "false", "off")))
    for word in words
    for text in (word, word.title(), word.upper())
}
_INT = re.compile(r"[-+]?(0|[1-9][0-9_]*)")
_OCTAL = re.compile(r"([-+]?)0o?([0-7_]+)")
_BASED = re.compile(r"[-+]?0(b[01_]+|x[0-9a-fA-F_]+)")
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
    if _INT.fullmatch(text):
        return int(digits)
    if (octal := _OCTAL.fullmatch(text)) and octal[2].strip("_"):
        return int(octal[1] + octal[2].replace("_", ""), 8)
    if _BASED.fullmatch(text) and digits[-1] not in "bx":
        return int(digits, 0)
    if _NO_NUMBER.fullmatch(text) or (_FLOAT.fullmatch(text) and math.isinf(float(text))):
        raise NoJsonNumber(f"{text} is no number that JSON knows; put it in quotes if it is a text.")
    return float(text) if _FLOAT.fullmatch(text) else text
