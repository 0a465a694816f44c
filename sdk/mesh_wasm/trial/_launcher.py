"""Becomes Envoy, within limits. It is run as a file, by an interpreter of its own.

Its arguments: ``PARENT BYTES SECONDS NET ARGV…``.

PARENT is the process without which Envoy ends as well, BYTES what its data may grow to, SECONDS of processor time (0: no
limit); NET is 0 for a network namespace of its own, which has no interface that is up.
"""

import contextlib
import ctypes
import os
import signal
import sys

_PARENT_DEATH = 1
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000


def _become(parent: int, memory: int, seconds: int, network: bool, argv: list[str]) -> None:
    import resource  # not there everywhere, and this runs on Linux alone

    libc = ctypes.CDLL(None)
    libc.prctl(_PARENT_DEATH, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)  # it has ended meanwhile
    limits = {resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: 0, resource.RLIMIT_DATA: memory}
    if seconds:
        limits[resource.RLIMIT_CPU] = seconds
    for what, most in limits.items():
        with contextlib.suppress(ValueError, OSError):  # a lower limit holds already
            resource.setrlimit(what, (most, most))
    if not network:
        libc.unshare(_NEW_USER | _NEW_NETWORK)  # not every machine lets us: then no cluster is configured all the same
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.execve(argv[0], argv, dict(os.environ))


if __name__ == "__main__":
    _become(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] != "0", sys.argv[5:])
