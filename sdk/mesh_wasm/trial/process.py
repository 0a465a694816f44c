"""One Envoy as a process: its configuration stays in memory, it has limits, and it ends with us whatever happens.

Configurations hold secrets. So they are handed over as anonymous files (memfd), which Envoy reads as ``/dev/fd/N``: nothing
of them is on a disk, on a command line, or left behind, not even where this process is killed.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from .envoy import Envoy

MIB = 1024 * 1024
_CODE_RANGE = 1536 * MIB
"""What V8 reserves for machine code in each VM, at most; it counts as data, and is no memory in use. So the limit on data is
but the net below the watch over :attr:`Process.is_too_large`."""
_LONGEST = 64 * 1024
"""Bytes of one line that are read; the rest of it is another line."""
_BUSY = 10
"""How many times its time a process may take at most, if it has not had the processor."""
_WORKS = 0.75
"""Which part of its time a module must have worked to be late."""
_LAUNCHER = Path(__file__).with_name("_launcher.py")
_FLAGS = ("--disable-hot-restart", "--concurrency", "1", "--log-format", "%l|%n|%v", "--log-format-escaped")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a module may take."""

    seconds: float = 20.0
    """Until it has started."""
    memory: int = 1024
    """MiB of memory in use, Envoy's own 60 among them."""


class Files:
    """Documents in memory, each with the path by which a child process reads it."""

    def __init__(self) -> None:
        self.handles: list[int] = []

    def put(self, document: Mapping[str, Any]) -> str:
        """Write a document as JSON; its path."""
        handle = os.memfd_create("mesh-wasm")
        self.handles.append(handle)
        data = json.dumps(document).encode()
        while data:
            data = data[os.write(handle, data) :]
        return f"/dev/fd/{handle}"

    def close(self) -> None:
        """Forget them; who reads them still, has them still."""
        while self.handles:
            os.close(self.handles.pop())


class Process:
    """A running Envoy. To be used in a ``with`` block: at its end Envoy has ended, too."""

    def __init__(
        self,
        envoy: Envoy,
        files: Files,
        bootstrap: str,
        arguments: Sequence[str] = (),
        *,
        limits: Limits,
        heard: Callable[[str], None],
        env: Mapping[str, str] | None = None,
        network: bool = False,
        for_ever: bool = False,
        vms: int = 1,
    ) -> None:
        """Start it. ``heard`` is told each line of its log, in another thread.

        :param bootstrap: Path of its configuration among the ``files``.
        :param env: Its whole environment.
        :param network: Whether it has the machine's network; else none, where the machine can do that.
        :param for_ever: Whether it may take more processor time than its limit.
        :param vms: How many VMs it has at most, in each of its two threads.
        """
        seconds = 0 if for_ever else 4 * int(limits.seconds) + 5
        memory = limits.memory * MIB + _CODE_RANGE * 2 * vms
        argv = [str(envoy.path.absolute()), "-c", bootstrap, *_FLAGS, *arguments]
        launcher = [sys.executable, "-I", "-S", str(_LAUNCHER)]
        self._limits = limits
        self._began = time.monotonic()
        self._process = subprocess.Popen(
            [*launcher, str(os.getpid()), str(memory), str(seconds), str(int(network)), *argv],
            pass_fds=files.handles,
            env=dict(env or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us, who then end it in order
        )
        assert self._process.stdout is not None
        self._reader = threading.Thread(target=_read, args=(self._process.stdout, heard), daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.end()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def code(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        return self._process.poll()

    @property
    def seconds(self) -> float:
        """How long ago it was started."""
        return time.monotonic() - self._began

    @property
    def is_late(self) -> bool:
        """Whether it has had its time: on the clock and of the processor, for a busy machine is not a module that loops."""
        late = self.seconds / self._limits.seconds
        return late > _BUSY or (late > 1 and _processor_time(self.pid) > self._limits.seconds * _WORKS)

    @property
    def is_too_large(self) -> bool:
        """Whether it uses more memory than it may."""
        return _used(self.pid) > self._limits.memory * MIB

    def end(self) -> None:
        """End it now, and wait until it has."""
        while self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=1)
        self._reader.join(timeout=5)
        if self._process.stdout is not None:
            self._process.stdout.close()


def _read(stream: IO[bytes], heard: Callable[[str], None]) -> None:
    with suppress(ValueError):  # closed meanwhile
        while line := stream.readline(_LONGEST):
            heard(line.decode(errors="replace").rstrip("\n"))


def _processor_time(pid: int) -> float:
    """Seconds of processor time that a process has had."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        return 0.0


def _used(pid: int) -> int:
    """Bytes of memory that a process has in use."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
