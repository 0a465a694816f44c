"""Samples in interpreters of their own: what one leaves behind in memory and caches must not help the next."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

MARK = "bench-sample "


class SampleFailed(RuntimeError):
    """A sample did not run to its end; the text is what it printed."""


@functools.cache
def environment() -> dict[str, str]:
    """That of the samples: all byte code is compiled once and kept, ours as well as that of installed packages."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    cache = os.path.join(tempfile.gettempdir(), f"mesh-wasm-bench-{os.getuid()}")
    return {**kept, "PYTHONPYCACHEPREFIX": cache, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def sample(module: str, *args: str) -> dict[str, Any]:
    """Run ``python -m <module> <args>`` and return what it told with :func:`tell`."""
    command = [sys.executable, "-m", module, *args]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    for line in done.stdout.splitlines():
        if line.startswith(MARK):
            told: dict[str, Any] = json.loads(line.removeprefix(MARK))
            return told
    raise SampleFailed(f"{module} {' '.join(args)}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}")


def tell(**figures: float) -> None:
    """Tell the parent what has been measured."""
    print(MARK + json.dumps(figures), flush=True)


@contextmanager
def serving(module: str) -> Iterator[str]:
    """Run a server beside the samples; it prints its address first and ends when its standard input is closed."""
    command = [sys.executable, "-m", module]
    server = subprocess.Popen(command, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        yield server.stdout.readline().strip()
    finally:
        server.stdin.close()
        server.wait(timeout=30)
