"""Free loopback ports that stay free.

Ports are taken from below the range that the kernel gives to outgoing connections. A port from that range could be
lost to any client on the machine between its choice and its use, or while an API server that a test stopped is to come
back on it.
"""

from __future__ import annotations

import random
import socket
from pathlib import Path

_LOWEST = 10240
_EPHEMERAL = 32768


def free_ports(count: int) -> list[int]:
    """Distinct ports on which nobody listens. Two choosers may collide; whoever binds second must choose again."""
    candidates = random.SystemRandom().sample(range(_LOWEST, _first_ephemeral()), k=20 * count)
    found = [port for port in candidates if is_free(port)]
    return found[:count]


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: a past connection does not count
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _first_ephemeral() -> int:
    try:
        first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except OSError:
        return _EPHEMERAL
    return first if first > _LOWEST + 2000 else _EPHEMERAL
