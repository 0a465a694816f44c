"""Compiling Lua as Envoy does, with LuaJIT 2.1, and never running it: the extra ``lua`` (PyPI lupa)."""

from __future__ import annotations

import functools
import importlib
import re
from typing import Any

_CHUNK = re.compile(r'^\[string "<python>"\]:')
_BYTECODE = "\x1b"


class NoCompiler(Exception):
    """The extra is not installed."""


@functools.cache
def _runtime() -> Any:
    try:
        return importlib.import_module("lupa.luajit21")
    except ImportError:
        raise NoCompiler from None


def syntax_error(code: str) -> str | None:
    """What LuaJIT says of a script that it cannot parse, as ``line: message``; None if it can.

    Raises :class:`NoCompiler` where the extra is not installed. Bytecode is passed over: to load it is to trust it.
    """
    module = _runtime()
    if code.startswith(_BYTECODE):
        return None
    try:
        module.LuaRuntime(register_eval=False, register_builtins=False).compile(code)
    except module.LuaSyntaxError as error:
        return _CHUNK.sub("line ", str(error))
    return None
