"""A proxy on this machine that runs a planned chain, to send requests through."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from .asked import TrialError
from .bootstrap import Node, Upstream, whole_proxy
from .echo import Arrived, Echo
from .envoy import Envoy
from .planned import PlannedChain
from .process import Files, Limits, Process
from .redaction import Redaction
from .words import Line, read_line, reason

_ARGUMENTS = ("-l", "warning", "--component-log-level", "wasm:info,main:warning,config:info")
_READY = "all dependencies initialized. starting workers"
_IN_USE = "Address already in use"
_REFUSED = "Unable to create Wasm"
_TOLD = frozenset({"wasm", "lua", "config"})
"""The parts of Envoy whose warnings are about the chain."""
_TRIES = 3
_STEP = 0.02
_MOST_LINES = 100_000


class TrialProxy:
    """An Envoy with the planned chain, on loopback. To be used in a ``with`` block; at its end nothing is left of it.

    .. code-block:: python

        with TrialProxy(chain, envoy) as proxy:
            assert urlopen(f"{proxy.url}/health").status == 200
            print(proxy.log("shop-acl"), proxy.requests)
    """

    def __init__(
        self,
        chain: PlannedChain,
        envoy: Envoy,
        *,
        port: int = 0,
        upstream: str | None = None,
        limits: Limits | None = None,
        host_env: Mapping[str, str] | None = None,
        admin: bool = False,
        heard: Callable[[Line], None] = lambda _: None,
    ) -> None:
        """Nothing is started yet.

        :param port: Where it listens on 127.0.0.1; 0: a free port.
        :param upstream: URL of the server behind it (``http://localhost:8080``); None: one that echoes what arrives.
        :param limits: Time until it is ready, and memory.
        :param host_env: The values of the proxy's own variables (HOST) that plugins ask for.
        :param admin: Whether Envoy's admin endpoint is opened, on loopback; it shows configurations.
        :param heard: Told each line of the log, in another thread.
        """
        self.chain = chain
        """What it runs."""
        self.envoy = envoy
        """What runs it."""
        self.redact = Redaction(chain.secrets)
        """Takes the chain's secrets out of a text."""
        self._port, self._wants_admin, self._heard = port, admin, heard
        self._upstream = None if upstream is None else Upstream.parse(upstream)
        self._limits, self._host_env = limits or Limits(), dict(host_env or {})
        self._lines: list[Line] = []
        self._echo: Echo | None = None
        self._files = Files()
        self._process: Process | None = None
        self._admin = 0

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def admin(self) -> str:
        """The URL of Envoy's admin endpoint; empty where there is none."""
        return f"http://127.0.0.1:{self._admin}" if self._admin else ""

    @property
    def requests(self) -> list[Arrived]:
        """What arrived at the echoing upstream so far, in order; secrets read as ``<secret>``."""
        return list(self._echo.arrived) if self._echo is not None else []

    @property
    def lines(self) -> list[Line]:
        """The whole log so far, less Envoy's own notes; secrets read as ``<secret>``."""
        return list(self._lines)

    def log(self, plugin: str) -> list[str]:
        """What a plugin's module has said so far, in order; plugins by extension, name, or ``namespace/name``.

        What a module says while its VM starts is nobody's: Envoy names no plugin there. Raises :class:`TrialError` for a
        name that no plugin has.
        """
        known = [one for one in self.chain.plugins if plugin in (one.key, one.name, one.label)]
        if not known:
            names = ", ".join(one.key for one in self.chain.plugins)
            raise TrialError(f"No plugin of this chain is called {plugin}; there is {names}.")
        keys = {one.key for one in known}
        return [line.text for line in self._lines if line.of_module and line.plugin in keys]

    @property
    def refused(self) -> dict[str, str]:
        """The plugins whose modules have not started, by ``namespace/name``, each with why."""
        found: dict[str, str] = {}
        before: list[Line] = []
        for line in self._lines:
            before.append(line)
            if _REFUSED in line.text:
                for one in self.chain.plugins:
                    if line.text.rstrip("'\"").endswith(f" {one.told_as}"):
                        found[one.key] = reason(before)
                before = []
        return found

    def ended(self) -> str:
        """Why Envoy has ended by itself, as a sentence; empty while it runs."""
        if self._process is None:
            return ""
        if self._process.code is not None:
            code = self._process.code
            words = reason(self._lines[-40:])
            how = f"signal {-code}" if code < 0 else f"code {code}"
            return f"Envoy has ended by itself ({how}){words and f': {words}'}."
        return f"It takes more than {self._limits.memory} MiB of memory." if self._process.is_too_large else ""

    def stop(self) -> None:
        """End it. A stopped one stays stopped; its log and requests can still be read."""
        process, self._process = self._process, None
        if process is not None:
            process.end()
        self._files.close()
        if self._echo is not None:
            self._echo.close()

    def _start(self) -> None:
        if self._upstream is None:
            self._echo = Echo(self.redact)
        wanted = self._port
        for left in reversed(range(_TRIES)):
            self._port = wanted or _free_port()
            if wanted and not _is_free(wanted):
                raise TrialError(f"Port {wanted} is taken. Choose another one, or none: then a free one is found.")
            if self._try_once():
                return
            if not left or wanted:
                raise TrialError(f"Port {self._port} was taken meanwhile. Try again.")

    def _try_once(self) -> bool:
        """Start Envoy and wait until it is ready; False where the port was taken meanwhile."""
        asked = self.chain.asked
        istio = "" if self.chain.istio is None else f"{self.chain.istio[0]}.{self.chain.istio[1]}"
        role = {"gateway": "router"}.get(self.chain.role, self.chain.role)
        node = Node(asked.workload.namespace or "default", dict(asked.workload.labels), asked.cluster, istio, role)
        upstream = self._upstream or Upstream("127.0.0.1", self._echo.port if self._echo is not None else 0)
        self._admin = _free_port() if self._wants_admin else 0
        self._lines.clear()
        ready: list[bool] = []

        def heard(raw: str) -> None:
            line = read_line(raw, prefixes)
            if line.component == "config" and not line.is_heavy:
                ready.extend([True] if line.text == _READY else [])
                return
            if not (line.of_module or line.component in _TOLD or line.level in ("error", "critical", "")):
                return
            plugin = prefixes.get(line.plugin, line.plugin)
            told = Line(line.level, line.component, self.redact(line.text), plugin, line.of_module)
            self._lines.append(told)
            if len(self._lines) > _MOST_LINES:
                del self._lines[: _MOST_LINES // 2]
            self._heard(told)

        prefixes = {one.log_prefix: one.key for one in self.chain.plugins}
        document = whole_proxy(self.chain.plugins, node, self._port, upstream, self._files.put, self._admin)
        bootstrap = self._files.put(document)
        wanted = {name for one in self.chain.plugins for name in one.effective.host_env}
        env = {name: value for name, value in self._host_env.items() if name in wanted}
        self._process = process = Process(
            self.envoy, self._files, bootstrap, _ARGUMENTS,
            limits=self._limits, heard=heard, env=env, network=True, for_ever=True, vms=len(self.chain.plugins),
        )  # fmt: skip
        while not ready or _is_free(self._port):
            if process.code is not None:
                process.end()  # then its log is whole
                if any(_IN_USE in line.text for line in self._lines):
                    self._files.close()
                    return False
                raise TrialError(
                    f"Envoy has not started: {reason(self._lines) or f'it ended with code {process.code}'}."
                )
            if process.is_late:
                raise TrialError(f"It has not started within {self._limits.seconds:g} s: {self._last()}.")
            if process.is_too_large:
                raise TrialError(f"It takes more than {self._limits.memory} MiB of memory: {self._last()}.")
            time.sleep(_STEP)
        return True

    def _last(self) -> str:
        """What was said last, to tell which module it is."""
        said = [line for line in self._lines if line.of_module]
        if said:
            return f"the last words are those of {said[-1].plugin}: {said[-1].text}"
        names = ", ".join(one.key for one in self.chain.plugins)
        return f"one of {names}, of which mesh-wasm try --validate says more"


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            one.bind(("127.0.0.1", port))
            return True
    return False


def dump_of(proxy: TrialProxy) -> Any:
    """Envoy's own word on its configuration, where its admin endpoint is open: it holds secrets."""
    import json
    from urllib.request import urlopen

    with urlopen(f"{proxy.admin}/config_dump", timeout=10) as answer:
        return json.load(answer)
