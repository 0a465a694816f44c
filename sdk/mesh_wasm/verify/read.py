"""Reading the evidence: an admin endpoint or a saved dump, and a log file. Nothing is ever written to a proxy."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from mesh_wasm.fleet.istio_version import RELOAD_STATISTIC_SINCE, FilterName, has, version_of

from ._agentlog import AgentLog
from ._proxydump import DumpError, Proxy, read_dump
from .judge import Evidence

TIMEOUT = 10.0
"""Seconds that an endpoint may take to answer."""

CONFIG_DUMP, STATISTICS = "/config_dump", "/stats?filter=vm_reload$"
"""What is read of Envoy's admin endpoint."""

_STATISTIC = re.compile(r"^wasm\.(.+)\.vm_reload: ", re.MULTILINE)


class EvidenceError(ValueError):
    """A proxy cannot be read; the message is a finished sentence."""


@dataclass(frozen=True, slots=True)
class Where:
    """Where to find out about one proxy: ``[CLUSTER=]URL-or-FILE[,log=FILE]``."""

    cluster: str | None
    dump: str
    """URL of Envoy's admin endpoint, or a file with its ``/config_dump``."""
    log: str | None = None
    """File with the log of the istio-proxy container."""

    @classmethod
    def parse(cls, text: str) -> Where:
        """Read the form of the command line."""
        place, _, log = text.partition(",log=")
        match = re.match(r"^([A-Za-z0-9]([-A-Za-z0-9._]*[A-Za-z0-9])?)=(.+)$", place)
        return cls(match[1] if match else None, match[3] if match else place, log or None)

    def read(self) -> Evidence:
        """Read all of it. Raises :class:`EvidenceError`."""
        remote = self.dump.startswith(("http://", "https://"))
        admin = self.dump.rstrip("/")
        dump = _fetch(f"{admin}{CONFIG_DUMP}") if remote else _text(self.dump)
        return evidence_of(
            self.dump, dump, _statistics(admin) if remote else None, _text(self.log) if self.log else None
        )


def evidence_of(source: str, dump: str, statistics: str | None = None, log: str | None = None) -> Evidence:
    """What the texts of one proxy show. Raises :class:`EvidenceError`.

    :param source: Where they come from, for the sentence.
    :param dump: Of :data:`CONFIG_DUMP`.
    :param statistics: Of :data:`STATISTICS`; None: they were not read.
    :param log: Of the container; None: it was not read.
    """
    try:
        proxy = read_dump(dump)
    except DumpError as error:
        raise EvidenceError(f"{source}: {error}.") from None
    held = None if log is None else AgentLog.read(log, proxy.plain_kind)
    return Evidence(proxy, held, None if statistics is None else _started(statistics, proxy))


def _statistics(admin: str) -> str | None:
    try:
        return _fetch(f"{admin}{STATISTICS}")
    except EvidenceError:
        return None


def _started(text: str, proxy: Proxy) -> frozenset[str] | None:
    """The plugins that Envoy has started at least once; None for an Istio whose Envoy has no such statistic."""
    if not has(RELOAD_STATISTIC_SINCE, version_of(proxy.istio_version)):
        return None
    return frozenset(FilterName.of_plugin(name, proxy.plain_kind).key for name in _STATISTIC.findall(text))


def read_text(place: str) -> str:
    """The text of a URL or of a file. Raises :class:`EvidenceError`."""
    return _fetch(place) if place.startswith(("http://", "https://")) else _text(place)


def _fetch(url: str) -> str:
    # A port-forward is never reached through the proxy that the environment names for the internet.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=TIMEOUT) as answer:
            content: bytes = answer.read()
            return content.decode(errors="replace")
    except urllib.error.HTTPError as error:
        raise EvidenceError(
            f"{url} answers {error.code}; give the URL of Envoy's admin endpoint (port 15000)."
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise EvidenceError(f"{url} cannot be reached ({reason}); is the port-forward running?") from None


def _text(path: str) -> str:
    try:
        return Path(path).read_text(errors="replace")
    except OSError as error:
        raise EvidenceError(f"{path} cannot be read: {error.strerror}.") from None
