"""Connections that carry no HTTP: a backend that speaks first, and what a client gets of it."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import time
from collections.abc import Callable

WELCOME = b"welcome\n"
"""What the backend says to whoever connects."""


class Backend(socketserver.BaseRequestHandler):
    """Speaks first, and then says what it is told."""

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # a proxy may break the connection at any time
            self.request.sendall(WELCOME)
            while data := self.request.recv(1024):
                self.request.sendall(data)


def answers(port: int, say: bytes = b"hello") -> bool:
    """Whether a connection gets an answer to what it says."""
    data = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(say)
        while not data.endswith(say):
            try:
                more = connection.recv(65536)
            except ConnectionResetError:
                return False
            if not more:
                return False
            data += more
    return True


def welcome(port: int) -> bytes | None:
    """What a connection gets up to the welcome; None where it is closed before that."""
    data = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        while not data.endswith(WELCOME):
            try:
                more = connection.recv(65536)
            except ConnectionResetError:
                return None
            if not more:
                return None
            data += more
    return data


def eventually(condition: Callable[[], object], what: str, timeout: float = 30) -> None:
    """Wait until something has come about."""
    deadline = time.monotonic() + timeout
    found: object = None
    while time.monotonic() < deadline:
        try:
            if found := condition():
                return
        except OSError as error:  # the listener is not there yet
            found = error
        time.sleep(0.1)
    raise AssertionError(f"{what} did not come about in {timeout:.0f} s; the last was {found!r}")
