"""JSON text as Istio writes a plugin's configuration: that of Go, byte for byte.

istiod reads ``pluginConfig`` into a google.protobuf.Struct and writes it with github.com/golang/protobuf/jsonpb: keys
sorted, no spaces, every number a double, and texts as Go's encoding/json has them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_ESCAPED = re.compile('["\\\\\x00-\x1f<>&\u2028\u2029\ud800-\udfff]')
_SMALLEST, _LARGEST = 1e-6, 1e21
"""Numbers between them are written without an exponent."""


def go_json(value: Any) -> str:
    """The text of a value that JSON can say. Raises :class:`ValueError` for what it cannot."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, str):
        return f'"{_ESCAPED.sub(_escape, value)}"'
    if isinstance(value, int | float):
        return _number(float(value))
    if isinstance(value, Mapping):
        return f"{{{','.join(f'{go_json(key)}:{go_json(item)}' for key, item in sorted(value.items()))}}}"
    if isinstance(value, list | tuple):
        return f"[{','.join(map(go_json, value))}]"
    raise ValueError(f"JSON has no {type(value).__name__}")


def _escape(found: re.Match[str]) -> str:
    letter = found[0]
    if "\ud800" <= letter <= "\udfff":
        return "\\ufffd"  # half of a pair is no text
    return _SHORT.get(letter) or f"\\u{ord(letter):04x}"


def _number(value: float) -> str:
    size = abs(value)
    if size in (float("inf"),) or value != value:
        raise ValueError("JSON has no infinity, and no NaN")
    shortest = Decimal(repr(value))
    if size and not _SMALLEST <= size < _LARGEST:
        sign, digits, exponent = shortest.normalize().as_tuple()
        assert isinstance(exponent, int)
        power = exponent + len(digits) - 1
        fraction = "".join(map(str, digits[1:]))
        # encoding/json takes the leading zero from e-09, not from e+09, which does not occur
        power_text = f"-{-power}" if power < 0 else f"+{power:02d}"
        return f"{'-' if sign else ''}{digits[0]}{f'.{fraction}' if fraction else ''}e{power_text}"
    text = f"{shortest:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
