"""Plain YAML scalars as the API server and kubectl take them (measured), which is not what YAML 1.1 says.

A date and ``12:30:45`` are texts; ``y``, ``yes`` and ``off`` are booleans; ``017`` is octal; ``1e3`` and ``08`` are
whole numbers.
"""

from __future__ import annotations

import math
import re
import struct
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
_DOTTED = re.compile(r"\.[0-9]+(_[0-9]+)*([eE][-+]?[0-9]+(_[0-9]+)*)?")
"""A number that begins with its point: only there has an underscore to stand between digits."""
_NO_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_NOT_A_TEXT = frozenset("~nNyYtTfFoO.+-0123456789")
"""How a plain scalar begins that may be something else than a text."""
_LONGEST_NUMBER = 400
"""No number is longer, and reading a longer one takes quadratic time."""


_UINT64 = 2**64
_INT64 = 2**63


class NoKey(ValueError):
    """A key that kubectl cannot send; the text is a finished sentence."""


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


def key_text(text: str) -> str:
    """What kubectl sends of a key that is written without quotes: on becomes true, 0755 493, 1.10 1.1.

    As sigs.k8s.io/yaml does it (held to that, tests/cluster/test_yaml_keys.py): the key is read as a YAML 1.1 value, and
    then written as a text. Raises :class:`NoKey`.
    """
    if text and text[0] not in _NOT_A_TEXT:
        return text
    if text in _NULL:
        raise NoKey("a key must be a text.")
    if text in _BOOL:
        return "true" if _BOOL[text] else "false"
    if _NO_NUMBER.fullmatch(text):
        return ".nan" if text[1:].lower() == "nan" else "-.inf" if text[0] == "-" else ".inf"
    if len(text) > _LONGEST_NUMBER or text[0].isalpha():
        return text
    if text[0] == ".":
        return text if not _DOTTED.fullmatch(text) or math.isinf(float(text)) else _float_key(float(text))
    return _number_key(text)


def _number_key(text: str) -> str:
    digits = text.replace("_", "")
    number: int | None = None
    if _INT.fullmatch(digits):
        number = int(digits)
    elif octal := _OCTAL.fullmatch(digits):
        number = int(octal[1] + octal[2], 8)
    elif _BASED.fullmatch(digits):
        number = int(digits, 0)
    if number is not None and -_INT64 <= number < _INT64:
        return str(number)
    if number is not None and _INT64 <= number < _UINT64 and digits[0] != "+":
        raise NoKey(f"the key {text} is too large a number for kubectl; put it in quotes if it is a text.")
    if not _FLOAT.fullmatch(digits) or math.isinf(float(digits)):
        return text
    return _float_key(float(digits))


_SHORTEST = 6
"""From this exponent on Go writes a shortest float with an exponent."""


def _float_key(number: float) -> str:
    """As Go's FormatFloat(number, 'g', -1, 32): the shortest digits that mean the same 32-bit float."""
    single = _single(number)
    if math.isinf(single):
        return "-.inf" if number < 0 else ".inf"
    written = next(text for text in (f"{single:.{more}e}" for more in range(17)) if _single(float(text)) == single)
    mantissa, _, power = written.partition("e")
    exponent = int(power)
    if exponent < -4 or exponent >= _SHORTEST:
        return f"{mantissa}e{exponent:+03d}"
    return f"{single:.{max(0, len(mantissa.lstrip('-').replace('.', '')) - 1 - exponent)}f}"


def _single(number: float) -> float:
    try:
        value: float = struct.unpack("f", struct.pack("f", number))[0]
    except OverflowError:
        return math.copysign(math.inf, number)
    return value
