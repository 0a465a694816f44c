"""The owner's side of a supervisor: start, stop and watch the programs of one cluster."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from . import MeshError, state
from .processes import Identity
from .state import Home


class ProgramEnded(MeshError):
    """A program ended while somebody waited for it to be ready; `log` is the end of what it said."""

    def __init__(self, name: str, code: int, log: str) -> None:
        super().__init__(f"{name} ended with code {code} before it was ready; the end of its log:\n{log}")
        self.log = log


class Programs:
    """The programs of one cluster, held by a supervisor that ends them when this process ends."""

    def __init__(self, home: Home, supervisor: subprocess.Popen[bytes]) -> None:
        self._home = home
        assert supervisor.stdin is not None
        assert supervisor.stdout is not None
        self._supervisor = supervisor
        self._requests: IO[bytes] = supervisor.stdin
        self._answers: IO[bytes] = supervisor.stdout
        self._turn = threading.Lock()

    @classmethod
    def begin(cls, home: Home, lock: int) -> Programs:
        """Start the supervisor of a home that was just claimed, and hand it the lock."""
        package = Path(__file__).parent
        with (home.path / "supervisor.log").open("wb") as log:
            supervisor = subprocess.Popen(
                [sys.executable, "-m", f"{package.name}.supervisor", str(home.path)],
                env={**os.environ, "PYTHONPATH": str(package.parent)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=home.path,
                pass_fds=[lock],
                start_new_session=True,  # Ctrl-C is for the owner, who then ends the cluster in order
            )
        os.close(lock)
        return cls(home, supervisor)

    @property
    def pid(self) -> int:
        """The supervisor's process id."""
        return self._supervisor.pid

    def start(
        self, name: str, argv: Sequence[str | Path], env: Mapping[str, str] | None = None, *, cwd: Path | None = None
    ) -> int:
        """Start a program in the cluster's directory, or in `cwd`; what it says goes to `<name>.log` in the former.

        It gets PATH, HOME and what is given, nothing else: the caller's proxies and credentials stay out of the mesh.
        """
        base = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self._home.path)}
        answer = self._ask(
            do="start",
            name=name,
            argv=[str(word) for word in argv],
            env={**base, **(env or {})},
            cwd=str(cwd or self._home.path),
            log=str(self.log(name)),
        )
        pid: int = answer["pid"]
        return pid

    def stop(self, name: str, signum: int = signal.SIGTERM, grace: float = 15) -> int | None:
        """End a program and wait for it; its exit code, or None when it was never started."""
        code: int | None = self._ask(do="stop", name=name, signal=int(signum), grace=grace)["code"]
        return code

    def ended(self, name: str) -> int | None:
        """The exit code of a program that has ended; None while it runs."""
        code: int | None = self._ask(do="poll", name=name)["code"]
        return code

    def wait(self, name: str, ready: Callable[[], object], what: str, timeout: float = 60) -> None:
        """Wait until `ready` says so; fail at once, with the log, when the program ends meanwhile."""
        deadline = time.monotonic() + timeout
        while not ready():
            if (code := self.ended(name)) is not None:
                raise ProgramEnded(name, code, self.tail(name))
            if time.monotonic() > deadline:
                raise MeshError(
                    f"{what} did not happen in {timeout:.0f} s; the end of {name}'s log:\n{self.tail(name)}"
                )
            time.sleep(0.05)

    def log(self, name: str) -> Path:
        """Where a program's output is kept for as long as the cluster lives."""
        return self._home.path / f"{name}.log"

    def tail(self, name: str, lines: int = 20) -> str:
        """The end of a program's output."""
        path = self.log(name)
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else "(nothing)"

    def outlive(self) -> None:
        """Let everything go on when this process ends; from here on only `down` stops it."""
        self._ask(do="outlive")
        self._requests.close()
        self._answers.close()
        self._supervisor.returncode = 0  # it is nobody's child now, and no leak to be warned of

    def end(self) -> None:
        """End everything and leave no trace."""
        self._requests.close()
        try:
            self._supervisor.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._supervisor.kill()
            self._supervisor.wait()
        self._answers.close()
        if self._home.path.exists():  # the supervisor was killed and could not clean up
            state.sweep()

    def _ask(self, **request: Any) -> dict[str, Any]:
        with self._turn:
            try:
                self._requests.write(json.dumps(request).encode() + b"\n")
                self._requests.flush()
                line = self._answers.readline()
            except (BrokenPipeError, ValueError):
                line = b""
        if not line:
            said = (self._home.path / "supervisor.log").read_text() if self._home.path.exists() else ""
            raise MeshError(f"the supervisor of {self._home.name} is gone, and the cluster with it. {said}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise MeshError(answer["error"])
        return answer


def stop_supervisor(identity: Identity, timeout: float = 20) -> None:
    """End a cluster that another process left running: ask its supervisor, and insist if it does not listen."""
    identity.send(signal.SIGTERM)
    deadline = time.monotonic() + timeout
    while identity.alive():
        if time.monotonic() > deadline:
            identity.send(signal.SIGKILL)
        time.sleep(0.05)
