"""An upstream that answers with what arrived: what the filters have made of a request."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_MOST = 1024 * 1024
"""Bytes of a body that are kept."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A request as it came to the upstream, less secrets."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case; a header that comes twice is joined by a comma."""
    body: str = field(default="", repr=False)


class Echo:
    """The upstream: on a free port of loopback, until it is closed."""

    def __init__(self, redact: Callable[[str], str] = str) -> None:
        self.arrived: list[Arrived] = []
        echo = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def __getattr__(self, name: str) -> Any:
                if name.startswith("do_"):
                    return self._answer  # whatever the method
                raise AttributeError(name)

            def _answer(self) -> None:
                one = echo._read(self, redact)
                told = {"method": one.method, "path": one.path, "headers": dict(one.headers), "body": one.body}
                data = json.dumps(told, indent=2).encode() + b"\n"
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(data)

            def version_string(self) -> str:
                return "mesh-wasm-echo"

            def log_message(self, format: str, *args: object) -> None:
                """Says nothing: what arrived is told otherwise."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Its port on 127.0.0.1."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def _read(self, handler: BaseHTTPRequestHandler, redact: Callable[[str], str]) -> Arrived:
        headers: dict[str, str] = {}
        for name, value in handler.headers.items():
            key, text = name.lower(), redact(value)
            headers[key] = f"{headers[key]},{text}" if key in headers else text
        body = redact(_body(handler).decode(errors="replace"))
        one = Arrived(handler.command, redact(handler.path), headers, body)
        self.arrived.append(one)
        return one


def _body(handler: BaseHTTPRequestHandler) -> bytes:
    if "chunked" in (handler.headers.get("transfer-encoding") or "").lower():
        data = b""
        while size := int(handler.rfile.readline().partition(b";")[0] or b"0", 16):
            data += handler.rfile.read(size)[: max(0, _MOST - len(data))]
            handler.rfile.readline()
        handler.rfile.readline()
        return data
    return handler.rfile.read(int(handler.headers.get("content-length") or 0))[:_MOST]
