"""The process that holds the programs of one cluster: nothing of the cluster outlives it, however it ends.

Run as `python -m mesh.supervisor HOME`, with the lock on HOME inherited. It reads one JSON request per line from
standard input and answers each with one line. Its standard input is also its lifeline: when the other end closes,
because the owner is done or was killed, the supervisor ends the cluster, unless it was told to outlive its owner. Its
children die with it by order of the kernel, so even `kill -9` on the supervisor leaves nothing running.

It is single-threaded on purpose: the kernel ties that order to the thread that started a child.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from .processes import Identity, die_with_parent
from .state import MARK, Home


class Supervisor:
    """The children of one cluster and what is recorded of them."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._lasting = False
        self._recorded: dict[str, Any] = {}

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Carry out one request of the owner."""
        match request["do"]:
            case "start":
                return self._start(request)
            case "stop":
                return {"code": self._stop(request["name"], request["signal"], request["grace"])}
            case "poll":
                child = self._children.get(request["name"])
                return {"code": child.poll() if child else None}
            case "outlive":
                self._lasting = True
                return {}
            case unknown:
                return {"error": f"the supervisor cannot do {unknown}"}

    @property
    def lasting(self) -> bool:
        """Whether the cluster goes on when its owner is gone."""
        return self._lasting

    def record(self) -> None:
        """Write down who runs, and how those ended that do not run any more, whenever it has changed."""
        myself = Identity.of(os.getpid())
        assert myself is not None
        children = {name: {"pid": child.pid, "code": child.poll()} for name, child in self._children.items()}
        content = {"pid": myself.pid, "started": myself.started, "children": children}
        if content != self._recorded:
            self._home.write("supervisor", content)
            self._recorded = content

    def end(self) -> None:
        """End everything at once: the data is thrown away with the cluster, so nobody needs time to save any."""
        for child in self._children.values():
            child.kill()
        for child in self._children.values():
            child.wait()
        self._home.remove()

    def _start(self, request: dict[str, Any]) -> dict[str, Any]:
        name = request["name"]
        if (old := self._children.get(name)) and old.poll() is None:
            return {"error": f"{name} runs already"}
        try:
            with Path(request["log"]).open("ab") as log:
                self._children[name] = subprocess.Popen(
                    request["argv"],
                    env={**request["env"], MARK: str(self._home.path)},
                    cwd=request["cwd"],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    preexec_fn=die_with_parent(),
                )
        except OSError as error:
            return {"error": f"{name} does not start: {error}"}
        self.record()
        return {"pid": self._children[name].pid}

    def _stop(self, name: str, signum: int, grace: float) -> int | None:
        if (child := self._children.get(name)) is None:
            return None
        if child.poll() is None:
            child.send_signal(signum)
            try:
                child.wait(timeout=grace)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        return child.poll()


def serve(home: Home) -> None:
    """Answer requests until the owner is gone or somebody asks for the end by signal."""
    supervisor = Supervisor(home)
    ended: list[int] = []
    for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(signum, lambda received, _frame: ended.append(received))
    signal.signal(signal.SIGCHLD, lambda _signum, _frame: None)  # only to be woken
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_read, False)
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    supervisor.record()
    with selectors.DefaultSelector() as selector:
        selector.register(0, selectors.EVENT_READ, "owner")
        selector.register(wake_read, selectors.EVENT_READ, "signal")
        pending = b""
        while not ended:
            for key, _ in selector.select():
                data = os.read(key.fd, 65536)
                if key.data == "signal":
                    continue
                if not data:  # the lifeline
                    if not supervisor.lasting:
                        ended.append(0)
                    selector.unregister(0)
                *lines, pending = (pending + data).split(b"\n")
                for line in lines:
                    _reply(supervisor.answer(json.loads(line)))
            supervisor.record()
    supervisor.end()


def _reply(answer: dict[str, Any]) -> None:
    with contextlib.suppress(BrokenPipeError):  # the owner is gone, and the lifeline will say so
        os.write(1, json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    serve(Home(Path(sys.argv[1])))
