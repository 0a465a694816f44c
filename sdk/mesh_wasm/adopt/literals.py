"""Values as Python text, laid out as a formatter would: in one line where it fits, else one item a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WIDTH = 88
"""Columns: what formatters take as their default; what is broken here stays broken with a wider one, too."""
_INDENT = 4


class Code(str):
    """A text that is an expression, not a value."""


def text_of(value: Any, column: int = 0, behind: int = 0) -> str:
    """The value as an expression.

    :param column: How far the line is indented that it begins on.
    :param behind: How many characters stand before and behind it on that line, besides.
    """
    flat = _flat(value)
    if not isinstance(value, Mapping | list | tuple) or not value or column + behind + len(flat) <= WIDTH:
        return flat
    inner = column + _INDENT
    pad, end = " " * inner, " " * column
    if isinstance(value, Mapping):
        items = [f"{pad}{(key := _flat(k))}: {text_of(v, inner, len(key) + 3)},\n" for k, v in value.items()]
        return "{\n" + "".join(items) + end + "}"
    items = [f"{pad}{text_of(item, inner, 1)},\n" for item in value]
    return "[\n" + "".join(items) + end + "]"


def call(name: str, *arguments: Any, column: int = 0, **named: Any) -> str:
    """A call with one argument a line."""
    inner = column + _INDENT
    pad = " " * inner
    lines = [f"{pad}{text_of(value, inner, 1)},\n" for value in arguments]
    lines += [f"{pad}{key}={text_of(value, inner, len(key) + 2)},\n" for key, value in named.items()]
    return f"{name}(\n" + "".join(lines) + " " * column + ")"


def _flat(value: Any) -> str:
    match value:
        case Code():
            return str(value)
        case str():
            return quoted_text(value)
        case Mapping():
            return "{" + ", ".join(f"{_flat(key)}: {_flat(item)}" for key, item in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(_flat, value)) + "]"
        case _:
            return repr(value)


def quoted_text(text: str) -> str:
    """The text in the quotes that need fewer escapes, double ones where that is equal."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + "".join(_character(one, quote) for one in text) + quote


_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _character(one: str, quote: str) -> str:
    if one == quote:
        return f"\\{quote}"
    if one in _ESCAPES:
        return _ESCAPES[one]
    if one.isprintable():
        return one
    number = ord(one)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
