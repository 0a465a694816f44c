"""Locks that die with their holder: `flock` on an open file, never the existence of a file.

Whatever kills the holder, the kernel closes its files and the lock is free; what stays is an empty file that means
nothing.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def lock(path: Path, when_busy: Callable[[], None] | None = None) -> int:
    """Take the lock and return the descriptor that holds it; closing that, or ending, gives it back.

    `when_busy` is called once before waiting, so that a wait never looks like a hang.
    """
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if when_busy:
            when_busy()
        fcntl.flock(fd, fcntl.LOCK_EX)
    return fd


def is_held(path: Path) -> bool:
    """Whether somebody holds the lock. The question is a shared lock: those who ask do not see each other."""
    try:
        fd = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


@contextmanager
def locked(path: Path, when_busy: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold the lock for the length of a block."""
    fd = lock(path, when_busy)
    try:
        yield
    finally:
        os.close(fd)
