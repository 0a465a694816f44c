"""Sending requests through a tried chain, and staying up with its log, for ``mesh-wasm try``."""

from __future__ import annotations

import http.client
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import click

from mesh_wasm.modules.lockfile import LockError
from mesh_wasm.sources.source import SourceError
from mesh_wasm.trial.asked import TrialError
from mesh_wasm.trial.envoy import EnvoyError, choice
from mesh_wasm.trial.planned import PlannedChain
from mesh_wasm.trial.proxy import TrialProxy
from mesh_wasm.trial.words import Line

_PATIENCE = 30
"""Seconds that an answer may take: a module may loop."""
_SETTLES = 0.15
"""Seconds after an answer in which its log lines still come."""
_STEP = 0.25
_LEFT_ALONE = frozenset({".git", ".venv", "__pycache__", "node_modules", ".state", ".pulumi"})
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT")


@dataclass(frozen=True, slots=True)
class Asking:
    """The requests that are to be sent."""

    requests: tuple[tuple[str, str], ...]
    """Method and path."""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None

    @classmethod
    def read(cls, requests: Sequence[str], headers: Sequence[str], data: str | None) -> Self:
        """Read them from a command line. Raises :class:`TrialError`."""
        pairs = []
        for text in headers:
            name, colon, value = text.partition(":")
            if not colon or not name.strip() or any(ord(letter) < 32 for letter in text):
                raise TrialError(f"{text!r} is no header: write 'NAME: VALUE'.")
            pairs.append((name.strip(), value.strip()))
        try:
            body = None if data is None else Path(data[1:]).read_bytes() if data.startswith("@") else data.encode()
        except OSError as error:
            raise TrialError(f"{data} cannot be read: {str(error.strerror).lower()}.") from None
        return cls(tuple(map(_request, requests)), tuple(pairs), body)


def _request(text: str) -> tuple[str, str]:
    method, _, path = text.strip().partition(" ")
    if method.startswith("/") and not path:
        method, path = "GET", method
    path = path.strip()
    if method not in _METHODS or not path.startswith("/") or any(ord(letter) <= 32 for letter in path):
        raise TrialError(f"{text!r} is no request: write 'GET /path'.")
    return method, path


def ask(proxy: TrialProxy, asking: Asking) -> int:
    """Start the proxy, send the requests, and tell what came back and what each filter logged; the exit code."""
    bad = False
    with proxy:
        _tell_chain(proxy)
        _tell(proxy.lines)
        for method, path in asking.requests:
            heard = len(proxy.lines)
            click.echo(f"\n> {method} {path}")
            bad |= not _answered(proxy, method, path, asking)
            time.sleep(_SETTLES)
            _tell(proxy.lines[heard:])
        refused = proxy.refused
        if why := proxy.ended():
            click.echo(f"error: {why}")
            bad = True
    return 1 if bad or refused else 0


def stay(
    planned: Callable[[], PlannedChain], make: Callable[[PlannedChain], TrialProxy], watched: Sequence[Path]
) -> int:
    """Start the proxy and stay until Ctrl-C; where files are watched, start anew when one of them is saved."""
    seen = _state(watched)
    proxy = make(planned())
    while True:
        try:
            with proxy:
                _tell_chain(proxy)
                click.echo("Ctrl-C ends it.")
                changed = _until_changed(proxy, watched, seen)
        except KeyboardInterrupt:
            click.echo("\nEnded; nothing is left of it.")
            return 0
        if changed is None:
            click.echo(f"error: {proxy.ended() or 'Envoy has ended by itself.'}")
            return 1
        seen = changed
        proxy, seen = _anew(planned, make, watched, seen)


def _until_changed(proxy: TrialProxy, watched: Sequence[Path], seen: dict[str, float]) -> dict[str, float] | None:
    """The new state of the files once it has changed; None where Envoy has ended. Meanwhile the log is told."""
    told = 0
    while True:
        lines = proxy.lines
        _tell(lines[told:])
        told = len(lines)
        if why := proxy.ended():
            click.echo(f"error: {why}")
            return None
        if watched and (now := _state(watched)) != seen:
            return now
        time.sleep(_STEP)


def _anew(
    planned: Callable[[], PlannedChain],
    make: Callable[[PlannedChain], TrialProxy],
    watched: Sequence[Path],
    seen: dict[str, float],
) -> tuple[TrialProxy, dict[str, float]]:
    """The proxy of what was saved. What is broken is told, and the next save is waited for."""
    while True:
        click.echo("\nSaved: starting anew.")
        try:
            return make(planned()), seen
        except (SourceError, TrialError, LockError, EnvoyError) as error:
            click.echo(f"error: {error}")
        while (now := _state(watched)) == seen:
            time.sleep(_STEP)
        seen = now


def _state(paths: Iterable[Path]) -> dict[str, float]:
    """When each file was changed last."""
    return {str(file): stamp for path in paths for file, stamp in _stamps(path)}


def _stamps(path: Path) -> Iterator[tuple[Path, float]]:
    if not path.is_dir():
        yield path, _stamp(path)
        return
    for folder, inner, files in os.walk(path):
        inner[:] = sorted(name for name in inner if name not in _LEFT_ALONE)
        for name in files:
            if not name.endswith((".pyc", "~", ".swp")):
                yield Path(folder) / name, _stamp(Path(folder) / name)


def _stamp(path: Path) -> float:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0.0


def _tell_chain(proxy: TrialProxy) -> None:
    chain = proxy.chain
    where = f"{chain.asked.workload.title}, {chain.role}"
    click.echo(f"{where} in cluster {chain.asked.cluster}: {choice(proxy.envoy, chain.istio)}")
    click.echo(f"  chain: {chain.line}")
    if chain.left_out:
        click.echo(f"  Istio's own filters are left out: {', '.join(chain.left_out)}.")
    for idle in chain.idle:
        click.echo(f"  left out: {idle}.")
    missing = sorted({name for one in chain.plugins for name in one.effective.host_env})
    if missing:
        click.echo(f"  variables of the pod that plugins ask for (--host-env): {', '.join(missing)}.")
    click.echo(f"  listening on {proxy.url}")
    for key, why in proxy.refused.items():
        click.echo(f"refused: {key}: {why}.")


def _tell(lines: Iterable[Line]) -> None:
    for line in lines:
        if line.text:
            click.echo(f"  {line.level or 'said'}: {f'{line.plugin}: ' if line.plugin else ''}{line.text}")


def _answered(proxy: TrialProxy, method: str, path: str, asking: Asking) -> bool:
    """Send one request and tell its answer; whether there was one."""
    connection = http.client.HTTPConnection("127.0.0.1", int(proxy.url.rpartition(":")[2]), timeout=_PATIENCE)
    try:
        named = {name.lower() for name, _ in asking.headers}
        connection.putrequest(method, path, skip_host="host" in named, skip_accept_encoding=True)
        for name, value in asking.headers:
            connection.putheader(name, value.encode())
        if asking.body is not None and "content-length" not in named:
            connection.putheader("content-length", str(len(asking.body)))
        connection.endheaders(asking.body)
        answer = connection.getresponse()
        click.echo(f"< {answer.status} {answer.reason}")
        for name, value in answer.getheaders():
            click.echo(f"< {name}: {proxy.redact(value)}")
        if body := proxy.redact(answer.read().decode(errors="replace")):
            click.echo(body.rstrip("\n"))
    except (OSError, http.client.HTTPException) as error:
        late = isinstance(error, TimeoutError)
        click.echo(f"error: there is no answer{f' within {_PATIENCE} s' if late else ''}: {type(error).__name__}.")
        return False
    finally:
        connection.close()
    return True
