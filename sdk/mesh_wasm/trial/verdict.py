"""Whether a module starts with an effective configuration: asked of a real Envoy, which starts it and is done."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .bootstrap import Node, only_start
from .envoy import Envoy
from .filters import Runnable
from .process import Files, Limits, Process
from .redaction import Redaction
from .words import Line, read_line, reason

_KEPT = 400
"""Lines that are kept of a module that says much: the last ones."""
_VALIDATE = ("--mode", "validate", "-l")
_NOT_EVERYWHERE = "Failed to configure thread-local Wasm plugin"
"""Said where a plugin starts in a VM of its own, and not in the one that it shares: Envoy goes on, and leaves it out."""
_CALLS = ("http_call", "grpc_call", "grpc_stream", "envoy_resolve_dns")
_STEP = 0.02


@dataclass(frozen=True, slots=True)
class Verdict:
    """What Envoy and the module said."""

    accepted: bool
    says: str = ""
    """Why not, as a phrase without secrets; empty where it was accepted."""
    seconds: float = 0.0
    doubt: str = ""
    """Why a refusal proves nothing of the mesh, as a phrase: the module asked for what is only there."""


def try_start(
    envoy: Envoy,
    plugins: Sequence[Runnable],
    node: Node | None = None,
    *,
    limits: Limits | None = None,
    host_env: Mapping[str, str] | None = None,
    redact: Redaction | None = None,
) -> Verdict:
    """Start plugins as one chain, and say whether all of them do. Nothing is left behind, not even by Ctrl-C.

    :param host_env: The values of the proxy's own variables (HOST), as far as they are known.
    """
    asked = {name for plugin in plugins for name in plugin.effective.host_env}
    env = {name: value for name, value in (host_env or {}).items() if name in asked}
    limits, redact = limits or Limits(), redact or Redaction()
    ended = _run(envoy, plugins, node or Node(), limits, env)
    if ended.code == 0 and not any(_NOT_EVERYWHERE in line.text for line in ended.lines):
        return Verdict(True, seconds=ended.seconds)
    says = redact(ended.says(limits))
    missing = sorted(asked - env.keys())
    if missing:
        return Verdict(False, says, ended.seconds, f"the proxy's variable {missing[0]} is not known here")
    called = "" if ended.stopped or ended.code != 1 else _called(envoy, plugins, node or Node(), limits, env)
    return Verdict(False, says, ended.seconds, called and f"it calls out while it starts ({called})")


@dataclass(frozen=True, slots=True)
class _Ended:
    code: int
    lines: list[Line]
    seconds: float
    stopped: str = ""
    """Why it was ended by us."""

    def says(self, limits: Limits) -> str:
        words = reason(self.lines)
        if self.stopped:
            return f"{self.stopped}{f'; it said: {words}' if words else ''}"
        if self.code < 0:
            what = f"it ends Envoy itself ({_signal(-self.code)})"
            own = "; ".join(line.text for line in self.lines[-40:] if line.of_module)
            out = any("out of memory" in line.text.lower() for line in self.lines)
            if out:
                what += f": out of memory, of which it may have {limits.memory} MiB"
            return f"{what}{f'; it said: {own}' if own else ''}"
        return words or "Envoy gives no reason"


def _run(
    envoy: Envoy,
    plugins: Sequence[Runnable],
    node: Node,
    limits: Limits,
    env: Mapping[str, str],
    level: str = "warning",
    wanted: Callable[[str], bool] = lambda _: True,
) -> _Ended:
    prefixes = [plugin.log_prefix for plugin in plugins]
    raw: list[str] = []

    def heard(line: str) -> None:
        if wanted(line):
            raw.append(line)
        if len(raw) > 2 * _KEPT:
            del raw[:_KEPT]

    files = Files()
    try:
        bootstrap = files.put(only_start(plugins, node))
        with Process(
            envoy, files, bootstrap, (*_VALIDATE, level), limits=limits, heard=heard, env=env, vms=len(plugins)
        ) as process:
            stopped = ""
            while process.code is None and not stopped:
                time.sleep(_STEP)
                if process.is_late:
                    stopped = f"it has not started within {limits.seconds:g} s"
                elif process.is_too_large:
                    stopped = f"it takes more than {limits.memory} MiB of memory"
            seconds = process.seconds
        code = process.code
    finally:
        files.close()
    if code == -signal.SIGXCPU:
        stopped = f"it has not started within {limits.seconds:g} s"
    return _Ended(code or 0, [read_line(line, prefixes) for line in raw], seconds, stopped)


def _called(envoy: Envoy, plugins: Sequence[Runnable], node: Node, limits: Limits, env: Mapping[str, str]) -> str:
    """The call by which a refused module asked for another service, if it did: in a second run, which tells each call."""
    calls = [f"{name}(" for name in _CALLS]

    def is_call(line: str) -> bool:
        return "[vm->host]" in line and any(call in line for call in calls)

    seen = _run(envoy, plugins, node, limits, env, "trace", is_call)
    return next((name for name in _CALLS for line in seen.lines if f"{name}(" in line.text), "")


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
