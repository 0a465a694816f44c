"""What Envoy's log says, line by line: the words of modules, and Envoy's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_ESCAPE = re.compile(rb"\\([0-7]{3}|x[0-9a-fA-F]{2}|.)")
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+|\x1b\[[0-9;]*m")
_MODULE = "wasm log"
_HEAVY = frozenset({"warning", "error", "critical"})
_MOST, _LONGEST = 4, 600
_IDLE = (
    "failed to load",
    "Wasm VM failed Failed to ",
    "downstream connections",
    "Unable to create Wasm",
    "Filesystem config update rejected",
)
"""Parts of Envoy's own lines that only repeat that something is wrong."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log."""

    level: str
    component: str
    """Envoy's part: ``wasm``, ``main``, ``config`` …; empty for what did not come through its log."""
    text: str
    """Without line breaks and control characters."""
    plugin: str = ""
    """Whose module says it, as far as Envoy tells; empty where Envoy itself says it."""
    of_module: bool = False
    """Whether a module says it."""

    @property
    def is_heavy(self) -> bool:
        """Whether it is a warning, or worse."""
        return self.level in _HEAVY


def read_line(raw: str, prefixes: Iterable[str] = ()) -> Line:
    """Read a line of ``--log-format '%l|%n|%v' --log-format-escaped``.

    :param prefixes: What stands before the words of each module: see :attr:`.filters.Runnable.log_prefix`.
    """
    level, _, rest = raw.partition("|")
    component, bar, message = rest.partition("|")
    if not bar or not level.isalpha():
        return Line("", "", _plain(raw))
    text = _plain(_unescaped(message))
    if component != "wasm" or not text.startswith(_MODULE):
        return Line(level, component, text)
    said = text.removeprefix(_MODULE)
    for prefix in prefixes:
        if said.startswith(f" {prefix}: "):
            return Line(level, component, said.removeprefix(f" {prefix}: ").strip(), prefix, True)
    plugin, _, words = said.partition(": ")
    return Line(level, component, words.strip(), plugin.strip(), True)


def reason(lines: Sequence[Line]) -> str:
    """Why a module does not start: its own words, else Envoy's; the last that were said, one sentence or two."""
    own = [line for line in lines if line.of_module and line.text]
    heard = [line.text for line in own if line.is_heavy] or [line.text for line in own]
    if not heard:
        told = [line.text for line in lines if line.is_heavy and line.component == "wasm"]
        heard = [text for text in told if not any(part in text for part in _IDLE)]
    if not heard:
        heard = [line.text for line in lines if line.level in ("error", "critical") and line.text]
    words = "; ".join(dict.fromkeys(text.rstrip(".;") for text in heard[-_MOST:]))
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"


def _unescaped(text: str) -> str:
    def letter(found: re.Match[bytes]) -> bytes:
        code = found[1]
        if len(code) == 3:
            return bytes([int(code, 8) & 0xFF])
        return bytes([int(code[1:], 16)]) if len(code) > 1 else _LETTERS.get(code, code)

    return _ESCAPE.sub(letter, text.encode()).decode(errors="replace")


def _plain(text: str) -> str:
    return _CONTROL.sub(" ", text).strip()
