"""What istiod knows of every proxy at once: its debug page ``/debug/syncz``, from a port-forward or a file.

It says of each proxy which configuration was sent and which was taken. A refusal stands there word for word; what the
proxy runs does not. So it answers for a thousand proxies in seconds whether any is behind or refuses something, and a dump
answers what one of them runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mesh_wasm.surroundings.leaves import mapping, maps, text

from .planned import MARKS, Planned
from .read import EvidenceError, Where, read_text

SYNCZ = "/debug/syncz"
"""The path of the page."""

_TYPES = {
    "type.googleapis.com/envoy.config.listener.v3.Listener": "listeners",
    "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig": "plugins",
    "type.googleapis.com/envoy.config.route.v3.RouteConfiguration": "routes",
}
"""What plugins come with, by the type's URL."""
_FIELDS = {"listeners": "listener", "plugins": "extensionconfig", "routes": "route"}


@dataclass(frozen=True, slots=True)
class ProxySync:
    """One proxy, as istiod sees it."""

    pod: str
    namespace: str
    istio_version: str
    behind: tuple[str, ...]
    """What was sent and not taken, or not yet: listeners, plugins, routes."""
    refused: Mapping[str, str]
    """What it refuses, with Envoy's words."""

    @property
    def ok(self) -> bool:
        """Whether it has taken all that it was sent."""
        return not self.behind and not self.refused


def read_istiod(where: Where) -> list[ProxySync]:
    """All proxies of an istiod, by namespace and name. Raises :class:`EvidenceError`.

    :param where: Its debug address, e.g. ``http://localhost:15014`` through a port-forward, or a file with the answer.
    """
    remote = where.dump.startswith(("http://", "https://"))
    return parse_syncz(where.dump, read_text(f"{where.dump.rstrip('/')}{SYNCZ}" if remote else where.dump))


def parse_syncz(source: str, content: str) -> list[ProxySync]:
    """The same of an answer that has been read. Raises :class:`EvidenceError`, which names the source."""
    try:
        held = json.loads(content)
    except ValueError:
        held = None
    if not isinstance(held, list):
        raise EvidenceError(f"{source}: this is not what istiod answers to {SYNCZ} (port 15014, or 8080).")
    return sorted(map(_proxy, maps(held)), key=lambda one: (one.namespace, one.pod))


def concerned(proxies: Iterable[ProxySync], planned: Iterable[Planned], root: str) -> Iterator[ProxySync]:
    """The proxies that a plan may touch: those of its namespaces, or all where it has plugins in the root namespace."""
    homes = {one.namespace for one in planned}
    everywhere = root in homes or any(mark in homes for mark in MARKS)
    yield from (one for one in proxies if everywhere or one.namespace in homes)


def _proxy(one: Mapping[str, Any]) -> ProxySync:
    pod, _, namespace = (text(one.get("proxy")) or "").rpartition(".")
    resources = mapping(one.get("resources"))
    behind, refused = [], {}
    for url, name in _TYPES.items():
        held = mapping(resources.get(url))
        field = _FIELDS[name]
        sent = text(held.get("sent")) or text(one.get(f"{field}_sent"))
        acked = text(held.get("acked")) or text(one.get(f"{field}_acked"))
        if error := text(held.get("lastError")):
            refused[name] = " ".join(error.split())
        elif sent and sent != acked:
            behind.append(name)
    return ProxySync(pod, namespace, text(one.get("istio_version")) or "", tuple(behind), refused)
