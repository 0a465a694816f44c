"""A client of ambient mode: connections through a waypoint, as ztunnel opens them for a pod.

HBONE is HTTP/2 CONNECT within mutual TLS: each connection names the address behind the waypoint that it is meant for. Here
a tunnel carries one connection, and there are no others beside it.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
from collections.abc import Mapping
from pathlib import Path

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, ResponseReceived, StreamEnded, StreamReset
from h2.exceptions import ProtocolError

from .response import Response, response_of

PORT = 15008
"""Where every waypoint listens; compiled into istiod."""


class Refused(ConnectionError):
    """The waypoint did not open the tunnel."""


class Tunnel:
    """One connection to an address behind a waypoint; it is open when it is made."""

    def __init__(self, certificates: Path, target: str, timeout: float = 10) -> None:
        """`certificates` holds what the agent wrote of a workload's identity; `target` is ``address:port``."""
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        # The waypoint proves an identity of the mesh, not a host name; who it is does not matter here.
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
        tls.load_cert_chain(certificates / "cert-chain.pem", certificates / "key.pem")
        tls.set_alpn_protocols(["h2"])
        self._socket = tls.wrap_socket(socket.create_connection(("127.0.0.1", PORT), timeout))
        # A CONNECT request has neither scheme nor path, which the library takes for a mistake.
        self._wire = H2Connection(H2Configuration(header_encoding="utf-8", validate_outbound_headers=False))
        self._received = b""
        self._ended = False
        self._status: str | None = None
        self._wire.initiate_connection()
        self._stream = self._wire.get_next_available_stream_id()
        self._wire.send_headers(self._stream, [(":method", "CONNECT"), (":authority", target)])
        try:
            while self._status is None and not self._ended:
                self._advance()
            if self._status != "200":
                raise Refused(f"the waypoint answered {self._status or 'nothing'} to CONNECT {target}")
        except BaseException:
            self.close()
            raise

    def send(self, data: bytes) -> None:
        """Send to whoever is at the other end; nothing where that is gone already."""
        if not self._ended:
            try:
                self._wire.send_data(self._stream, data)
            except ProtocolError:
                self._ended = True
            self._flush()

    def receive(self) -> bytes:
        """What has come since the last time, waiting for it; empty at the end, however that came about."""
        while not self._received and not self._ended:
            self._advance()
        data, self._received = self._received, b""
        return data

    def receive_all(self) -> bytes:
        """Everything up to the end."""
        data = b""
        while more := self.receive():
            data += more
        return data

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def __enter__(self) -> Tunnel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _advance(self) -> None:
        self._flush()
        data = self._socket.recv(65536)
        if not data:
            self._ended = True
            return
        for event in self._wire.receive_data(data):
            match event:
                case ResponseReceived():
                    self._status = dict(event.headers)[":status"]
                case DataReceived():
                    self._received += event.data
                    self._wire.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                case StreamEnded() | StreamReset():
                    self._ended = True
        self._flush()

    def _flush(self) -> None:
        if waiting := self._wire.data_to_send():
            self._socket.sendall(waiting)


def get(
    certificates: Path, address: str, host: str, path: str = "/", headers: Mapping[str, str] | None = None
) -> Response:
    """An HTTP request to a host whose address is behind the waypoint; raises OSError where there is no answer."""
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    with Tunnel(certificates, address) as tunnel:
        tunnel.send("\r\n".join([*lines, "", ""]).encode())
        answer = http.client.HTTPResponse(_Received(tunnel.receive_all()))  # type: ignore[arg-type]
        try:
            answer.begin()
        except http.client.HTTPException as error:
            raise ConnectionError(f"the waypoint closed the connection without an answer: {error!r}") from None
        return response_of(answer)


class _Received:
    """What an HTTP answer is read from: no more of a socket is asked for."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)
