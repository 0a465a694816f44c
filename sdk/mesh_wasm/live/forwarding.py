"""HTTP to a port of a pod, through the API server: the WebSocket of the client library carries the bytes.

Nothing is opened on this machine, so nobody else here comes to an admin endpoint on our way. The kubelet sends two channels
for a port: data, and the reason why there is none; the first message of each is the port's number.

Imported late: the client library comes with the extra ``cluster``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx
import httpx_ws

from .client import LiveError, Session, Unreachable

_PROTOCOL = "v4.channel.k8s.io"
_DATA, _ERROR = 0, 1


async def fetch(session: Session, namespace: str, pod: str, port: int, paths: Iterable[str]) -> list[tuple[int, str]]:
    """What an HTTP server in a pod answers to GET: status and text, for each path. Raises :class:`Unreachable`.

    A server that closes the connection after an answer leaves the later paths without one.

    :param port: Of the pod; the server may listen on its loopback only.
    All of it takes at most the time of the session.
    """
    timeout = session.timeout
    failed: Exception | None = None
    answers: list[tuple[int, str]] = []
    try:
        async with asyncio.timeout(timeout):
            async with session.api.open_websocket(
                version="v1", namespace=namespace, url=f"pods/{pod}/portforward", params={"ports": str(port)},
                subprotocols=[_PROTOCOL],
            ) as socket:  # fmt: skip
                channel = _Channel(socket)
                # What is raised in here comes out in a group of errors, so it is carried out by hand.
                try:
                    async with httpcore.AsyncConnectionPool(network_backend=_Way(channel)) as pool:
                        for path in paths:
                            answer = await pool.request(
                                "GET", f"http://localhost:{port}{path}", extensions={"timeout": {"pool": timeout}}
                            )
                            answers.append((answer.status, answer.content.decode(errors="replace")))
                except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
                    failed = error
                if channel.says:
                    failed = Unreachable(_of_kubelet(channel.says, port))
                elif not channel.answered:  # the reason may be lost where the kubelet closes before we have asked
                    failed = Unreachable(_silent(port))
    except httpx_ws.WebSocketUpgradeError as error:
        raise _refused(error.response.status_code) from None
    except TimeoutError:
        raise Unreachable(f"no answer within {timeout:g} s. Take more with --timeout.") from None
    except (httpx_ws.HTTPXWSException, httpx.HTTPError, OSError) as error:
        raise Unreachable(f"cannot be reached: {str(error) or type(error).__name__}.") from None
    if answers:
        return answers
    if isinstance(failed, Unreachable):
        raise failed
    if failed is not None:
        raise Unreachable(
            f"what answers on port {port} is no HTTP, or broke off: {str(failed) or type(failed).__name__}."
        )
    return answers


def _refused(status: int) -> Unreachable:
    """What the API server means by refusing the upgrade; its words do not come with it."""
    if status == 403:
        return Unreachable("may not be asked.", forbidden=True)
    if status == 404:
        return Unreachable("gone by now.", gone=True)
    if status == 401:
        raise LiveError("the API server does not accept the credentials any more (401). Log in anew.")
    if status == 400:
        return Unreachable("on no node yet.")
    return Unreachable(f"cannot be reached: the API server answers {status}. Does the kubelet of its node answer?")


def _of_kubelet(says: str, port: int) -> str:
    if "refused" in says:
        return _silent(port)
    return f"cannot be reached on port {port}: {says.strip().rstrip('.')}."


def _silent(port: int) -> str:
    return f"nothing answers on port {port}: its proxy has not started, or has ended."


class _Channel(httpcore.AsyncNetworkStream):
    """The bytes of one port."""

    def __init__(self, socket: Any) -> None:
        self._socket, self._opened, self._rest = socket, set[int](), b""
        self.answered, self._closed = False, False
        self.says = ""
        """Why there is no data, in the kubelet's words."""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        while not self._rest:
            if self._closed:  # the client library would wait for ever
                return b""
            try:
                message: bytes = await self._socket.receive_bytes()
            except httpx_ws.HTTPXWSException:
                return b""
            kind, content = message[0] if message else _DATA, message[1:]
            if kind not in self._opened:
                self._opened.add(kind)
            elif kind == _ERROR:
                self.says += content.decode(errors="replace")
                return b""
            else:
                self._rest, self.answered = content, True
        taken, self._rest = self._rest[:max_bytes], self._rest[max_bytes:]
        return taken

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:  # the end of a request: to a server that has answered and closed by now it would lose the answer
            return
        try:
            await self._socket.send_bytes(bytes([_DATA]) + buffer)
        except Exception as error:  # of the WebSocket's library, and of the one below where the other end has closed
            self._closed = True
            raise httpcore.WriteError(str(error)) from None

    async def aclose(self) -> None:
        """The WebSocket is closed by whoever opened it."""


class _Way(httpcore.AsyncNetworkBackend):
    """Every connection is the one that is open already."""

    def __init__(self, channel: _Channel) -> None:
        self._channel = channel

    async def connect_tcp(self, *args: Any, **kwargs: Any) -> httpcore.AsyncNetworkStream:
        return self._channel
