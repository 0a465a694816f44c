"""Progress that a person can read and a log can keep: a line at the start and at the end, ticks on a terminal only."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

Tick = Callable[[], None]


class Progress:
    """Says what is going on, on standard error, so that standard output stays the result."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._given = stream

    @property
    def _stream(self) -> TextIO:
        # Looked up at each use: pytest swaps sys.stderr between tests.
        return self._given if self._given is not None else sys.stderr

    def say(self, text: str) -> None:
        """One line of its own."""
        print(f"mesh: {text}", file=self._stream, flush=True)

    @contextmanager
    def task(self, doing: str, done: str) -> Iterator[Tick]:
        """Announce a task, hand out its tick, and say how long it took; a failure speaks for itself."""
        begun = time.monotonic()
        tty = self._stream.isatty()
        self.say(f"{doing} …")

        def tick() -> None:
            if tty:
                print(f"\r      {time.monotonic() - begun:.0f} s ", end="", file=self._stream, flush=True)

        yield tick
        if tty:
            print("\r", end="", file=self._stream)
        self.say(f"{done} in {time.monotonic() - begun:.0f} s")


def wait_ticking(process: subprocess.Popen[bytes], tick: Tick) -> int:
    """Wait for a child and tick once a second, without a thread that a later fork would have to fear."""
    while True:
        try:
            return process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            tick()
