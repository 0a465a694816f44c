"""Who a process is, and how it dies together with the one that started it.

A process id alone names nobody: ids are reused. Together with the start time it does, so that is what the mesh records
and what it verifies before it sends any signal.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
"""Loaded at import: between fork and exec there is no safe moment to load a library."""


@dataclass(frozen=True)
class Identity:
    """A process id and the start time that makes it unambiguous."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> Identity | None:
        """The identity of a running process; None when there is none, or only its zombie."""
        started = _start_time(pid)
        return None if started is None else cls(pid, started)

    def alive(self) -> bool:
        """Whether this very process, not a later one with the same id, still runs."""
        return _start_time(self.pid) == self.started

    def send(self, signum: int) -> bool:
        """Signal this process and no other; False when it is gone already."""
        if not hasattr(os, "pidfd_open"):
            return self.alive() and _try_kill(self.pid, signum)
        try:
            handle = os.pidfd_open(self.pid)
        except OSError:
            return False
        try:
            # The handle pins the process, so what is verified after it was opened cannot change before the signal.
            if not self.alive():
                return False
            signal.pidfd_send_signal(handle, signum)
            return True
        except ProcessLookupError:
            return False
        finally:
            os.close(handle)


def die_with_parent() -> Callable[[], None]:
    """A `preexec_fn` that makes the kernel kill the child when its parent thread ends, however that ends.

    Only a thread that outlives its children may start them so: the kernel watches the thread, not the process.
    """
    parent = os.getpid()

    def arm() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the arming: nobody would ever tell
            os._exit(1)

    return arm


def marked(variable: str, value: str) -> list[Identity]:
    """The processes of this user that were born with this environment variable, however deep their descent.

    A child of a child that was killed has no parent left to tell whose it is; its environment still does.
    """
    mark = f"{variable}={value}".encode()
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        identity = Identity.of(int(directory.name))
        try:
            environment = (directory / "environ").read_bytes().split(b"\0")
        except OSError:  # another user's, or gone
            continue
        if identity and mark in environment:
            found.append(identity)
    return found


def kill_marked(variable: str, value: str) -> None:
    """End them all, and those that they start meanwhile; return once they are gone."""
    for _ in range(500):
        remaining = [one for one in marked(variable, value) if one.pid != os.getpid()]
        if not remaining:
            return
        for identity in remaining:
            identity.send(signal.SIGKILL)
        time.sleep(0.01)


def _start_time(pid: int) -> str | None:
    try:
        # The command name may hold spaces and brackets; the fields after its last bracket do not.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None if sys.platform == "linux" else _start_time_by_ps(pid)
    return None if fields[0] in "ZX" else fields[19]


def _start_time_by_ps(pid: int) -> str | None:
    run = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return run.stdout.strip() or None


def _try_kill(pid: int, signum: int) -> bool:
    try:
        os.kill(pid, signum)
    except ProcessLookupError:
        return False
    return True
