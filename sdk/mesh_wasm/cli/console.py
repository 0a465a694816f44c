"""The console that all commands print trees and tables with."""

from __future__ import annotations

import sys

from rich.console import Console

_WIDE = 10_000


def console() -> Console:
    """A console on standard output: colours and wrapping on a terminal, plain unwrapped lines elsewhere."""
    if sys.stdout.isatty():
        return Console()
    return Console(width=_WIDE, color_system=None, soft_wrap=True, highlight=False, legacy_windows=False)
