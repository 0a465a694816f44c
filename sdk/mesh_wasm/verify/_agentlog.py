"""Why a plugin does not run: what the istio-proxy container's log says of it.

The log is the only place where the reason stands (docs/measured.md): the configuration dump shows at most that the agent
has put a substitute in the plugin's place, and it shows a module that Envoy refused as if it ran.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mesh_wasm.fleet.istio_version import WASM_PLUGIN, FilterName

_STAMP = re.compile(r'^(?:\{.*?"time":")?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)')
_FETCH = re.compile(
    r"error in converting the wasm config to local: cannot fetch Wasm module (\S+): (.*?)\. applying \w+ RBAC filter"
)
_CRASHED = re.compile(r"Function: \w+ failed: Uncaught RuntimeError")
_REFUSED = re.compile(r'Unable to create Wasm (?:plugin|HTTP filter|network filter) ([^\s"]+)')


@dataclass(frozen=True, slots=True)
class AgentLog:
    """What matters in one log."""

    fetches: dict[str, str]
    """The last reason why a module was not fetched, by its URL, or by ``namespace/name`` where no URL was tried."""
    refusals: dict[str, str]
    """When Envoy last refused to run a plugin's module, RFC 3339, by ``namespace/name``."""
    crashed: str = ""
    """When a plugin last trapped, RFC 3339; the log does not say which. Empty: none has."""

    @classmethod
    def read(cls, text: str, kind: str = WASM_PLUGIN) -> AgentLog:
        """Read a log in Istio's default or JSON form. ``kind``: whose names have nothing behind them there."""
        fetches: dict[str, str] = {}
        refusals: dict[str, str] = {}
        crashed = ""
        for line in text.splitlines():
            stamp = _STAMP.match(line)
            when = stamp[1] if stamp else ""
            if found := _FETCH.search(line):
                fetches[found[1] if "://" in found[1] else FilterName.of_plugin(found[1], kind).key] = found[2]
            elif found := _REFUSED.search(line):
                refusals[FilterName.of_plugin(found[1], kind).key] = when
            elif _CRASHED.search(line):
                crashed = when
        return cls(fetches, refusals, crashed)

    def why_not_fetched(self, plugin: str, url: str) -> str | None:
        """The reason in the agent's words; None where the log does not hold it."""
        return self.fetches.get(plugin) or self.fetches.get(url)

    def refused(self, plugin: str, since: str) -> bool:
        """Whether Envoy has refused what it was given at that time, or later."""
        when = self.refusals.get(plugin)
        return when is not None and _key(when) >= _key(since)

    def crashed_since(self, since: str) -> bool:
        """Whether a plugin has trapped at that time, or later."""
        return bool(self.crashed) and _key(self.crashed) >= _key(since)


def _key(stamp: str) -> str:
    """Stamps of different precision become comparable, to the millisecond."""
    head, _, fraction = stamp.removesuffix("Z").partition(".")
    return f"{head}.{fraction:0<3.3}"
