"""What an Envoy says of itself: its configuration dump, as the admin endpoint or a saved file has it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from mesh_wasm.fleet.istio_version import (
    TRAFFIC_EXTENSION,
    TRAFFIC_EXTENSION_SINCE,
    WASM_PLUGIN,
    FilterName,
    has,
    version_of,
)

_WAYPOINT_LISTENER = "main_internal"
"""The one that Services' traffic passes; the others of a waypoint only open and close its tunnels."""
_SERVED = re.compile(r"inbound-vip\|(\d+)\|[a-z]+\|(.+)")
_TEXT_OF_SCRIPT = re.compile(r'\[string ".*?"\]:', re.DOTALL)
_HTTP_MANAGER = "envoy.filters.network.http_connection_manager"


class DumpError(ValueError):
    """It is no configuration dump of a proxy; the message says why."""


class Direction(StrEnum):
    """Whose traffic a listener takes, in the words of a WasmPlugin's match."""

    CLIENT = "CLIENT"
    """A gateway's listeners, and the outbound ones of a sidecar."""
    SERVER = "SERVER"
    """The inbound ones of a sidecar, and all of a waypoint."""


@dataclass(frozen=True, slots=True)
class Chain:
    """One filter chain of one listener."""

    listener: str
    port: int
    """The port that a match is compared with; 0 where Istio compares with none, as for HTTP in a waypoint."""
    direction: Direction
    plugins: tuple[str, ...]
    """Keys of the plugins in it, in order: see :attr:`FilterName.key`."""
    is_http: bool
    warming: bool = False
    """Whether the listener still waits for something and takes no requests yet."""
    service: str = ""
    """Of a waypoint: the host whose traffic it takes; empty: of all that have no chain of their own."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter that the agent handed to Envoy under a plugin's name."""

    config: Mapping[str, Any] | None
    """The PluginConfig of a Wasm filter; None where the agent has put a substitute in its place."""
    allows: bool = False
    """Of a substitute: whether it lets all requests pass (else it denies them all)."""
    updated: str = ""
    """When Envoy got it, RFC 3339; empty for a script, which is part of its listener."""
    script: str | None = None
    """The Lua script; None for a module."""

    @property
    def module_file(self) -> str:
        """The file of the module, ``<sha256 of its name>/<checksum>.wasm``; empty where there is none."""
        code = ((self.config or {}).get("vm_config") or {}).get("code") or {}
        return str((code.get("local") or {}).get("filename") or "")

    @property
    def plugin_config(self) -> Any:
        """The plugin's own configuration as a value; None where there is none."""
        text = ((self.config or {}).get("configuration") or {}).get("value")
        return None if text is None else json.loads(text)

    @property
    def env(self) -> Mapping[str, str]:
        """INLINE variables of the VM."""
        return dict(self._variables.get("key_values") or {})

    @property
    def host_env(self) -> frozenset[str]:
        """Names of the HOST variables of the VM."""
        return frozenset(self._variables.get("host_env_keys") or ())

    @property
    def _variables(self) -> Mapping[str, Any]:
        variables: Mapping[str, Any] = ((self.config or {}).get("vm_config") or {}).get("environment_variables") or {}
        return variables


@dataclass(frozen=True, slots=True)
class Refused:
    """A listener that Envoy refuses as istiod sends it: what ran before goes on, and every later change is held up."""

    listener: str
    """Its name; empty where the dump does not say it."""
    since: str
    """When it was tried last, RFC 3339."""
    why: str
    """Envoy's words, without the text of a script."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """One proxy and what it runs."""

    node: str
    """Envoy's node id, ``router~10.0.0.1~pod.namespace~domain``."""
    namespace: str
    labels: Mapping[str, str]
    istio_version: str
    chains: tuple[Chain, ...]
    filters: Mapping[str, Filter] = field(default_factory=dict)
    """By key of the plugin."""
    refused: tuple[Refused, ...] = ()

    @property
    def plain_kind(self) -> str:
        """The kind whose names have nothing behind them in its log and statistics."""
        return TRAFFIC_EXTENSION if has(TRAFFIC_EXTENSION_SINCE, version_of(self.istio_version)) else WASM_PLUGIN

    @property
    def is_sidecar(self) -> bool:
        """Whether it stands beside an application (else it is a gateway or a waypoint)."""
        return self.node.startswith("sidecar~")

    @property
    def is_waypoint(self) -> bool:
        """Whether it is a waypoint of ambient mode."""
        return self.node.startswith("waypoint~")

    @property
    def services(self) -> tuple[str, ...]:
        """The hosts of the Services and ServiceEntries that a waypoint serves, in the order of its chains."""
        return tuple(dict.fromkeys(chain.service for chain in self.chains if chain.service))

    @property
    def role(self) -> str:
        """What it is, in a word."""
        return "sidecar" if self.is_sidecar else "waypoint" if self.is_waypoint else "gateway"

    @property
    def pod(self) -> str:
        """``namespace/pod``."""
        parts = self.node.split("~")
        name, _, namespace = (parts[2] if len(parts) > 2 else self.node).rpartition(".")
        return f"{namespace}/{name}"


def read_dump(text: str) -> Proxy:
    """Read ``/config_dump``. Raises :class:`DumpError`."""
    try:
        configs = json.loads(text)["configs"]
        sections = {section["@type"].rsplit(".", 1)[-1]: section for section in configs}
        # Of filters there is one section for HTTP and one for network filters.
        handed = [section for section in configs if section["@type"].endswith(".EcdsConfigDump")]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise DumpError("it is no /config_dump of an Envoy") from None
    if "BootstrapConfigDump" not in sections or "ListenersConfigDump" not in sections:
        raise DumpError("it is only a part of a /config_dump; take the whole, without ?resource=")
    node = sections["BootstrapConfigDump"].get("bootstrap", {}).get("node", {})
    meta = node.get("metadata", {})
    if "NAMESPACE" not in meta:
        raise DumpError("it is the dump of an Envoy that Istio did not configure")
    role = str(node.get("id", "")).partition("~")[0]
    return Proxy(
        node=str(node.get("id", "")),
        namespace=str(meta["NAMESPACE"]),
        labels=dict(meta.get("LABELS") or {}),
        istio_version=str(meta.get("ISTIO_VERSION", "")),
        chains=tuple(_chains(sections["ListenersConfigDump"], role)),
        filters={
            **dict(_scripts(sections["ListenersConfigDump"])),
            **dict(_filters([entry for section in handed for entry in section.get("ecds_filters") or ()])),
        },
        refused=tuple(_refused(sections["ListenersConfigDump"])),
    )


def plugin_of(resource: str) -> str | None:
    """The key of the plugin behind a filter's name, None for other filters."""
    found = FilterName.of_resource(resource)
    return found.key if found else None


def _chains(section: Mapping[str, Any], role: str) -> Iterator[Chain]:
    for entry in section.get("dynamic_listeners") or ():
        for state in ("active_state", "warming_state"):
            listener = (entry.get(state) or {}).get("listener")
            if listener and (role != "waypoint" or entry.get("name") == _WAYPOINT_LISTENER):
                yield from _chains_of(entry.get("name", ""), listener, role, warming=state == "warming_state")


def _chains_of(name: str, listener: Mapping[str, Any], role: str, *, warming: bool) -> Iterator[Chain]:
    inbound = role == "waypoint" or (role == "sidecar" and listener.get("traffic_direction") == "INBOUND")
    direction = Direction.SERVER if inbound else Direction.CLIENT
    bound = int((listener.get("address") or {}).get("socket_address", {}).get("port_value", 0))
    default = listener.get("default_filter_chain")
    for chain in [*(listener.get("filter_chains") or ()), *([default] if default else ())]:
        port = int((chain.get("filter_chain_match") or {}).get("destination_port") or bound)
        network = chain.get("filters") or ()
        http = [one for one in network if one.get("name") == _HTTP_MANAGER]
        inner = [one for manager in http for one in (manager.get("typed_config") or {}).get("http_filters") or ()]
        service = ""
        if role == "waypoint":
            found = _SERVED.fullmatch(str(chain.get("name", "")))
            service = found[2] if found else ""
            port = int(found[1]) if found and not http else 0
        plugins = tuple(_plugins([*network, *inner]))
        yield Chain(name, port, direction, plugins, bool(http), warming, service)


def _plugins(filters: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for one in filters:
        if plugin := plugin_of(str(one.get("name", ""))):
            yield plugin


def _scripts(section: Mapping[str, Any]) -> Iterator[tuple[str, Filter]]:
    """Lua stands in the listeners themselves."""
    for entry in section.get("dynamic_listeners") or ():
        listener = ((entry.get("active_state") or entry.get("warming_state")) or {}).get("listener") or {}
        default = listener.get("default_filter_chain")
        for chain in [*(listener.get("filter_chains") or ()), *([default] if default else ())]:
            for manager in chain.get("filters") or ():
                for one in (manager.get("typed_config") or {}).get("http_filters") or ():
                    plugin, typed = plugin_of(str(one.get("name", ""))), one.get("typed_config") or {}
                    if plugin and str(typed.get("@type", "")).endswith("lua.v3.Lua"):
                        source = typed.get("default_source_code") or {}
                        yield (
                            plugin,
                            Filter(None, script=str(source.get("inline_string", typed.get("inline_code", "")))),
                        )


def _refused(section: Mapping[str, Any]) -> list[Refused]:
    """Each listener once: Envoy tells one that has run twice, the second time without its name."""
    found: dict[str, Refused] = {}
    for entry in section.get("dynamic_listeners") or ():
        if state := entry.get("error_state"):
            name = str(entry.get("name") or (state.get("failed_configuration") or {}).get("name", ""))
            why = _TEXT_OF_SCRIPT.sub("line ", str(state.get("details", ""))).strip().rstrip(".")
            found.setdefault(name, Refused(name, str(state.get("last_update_attempt", "")), why))
    return list(found.values())


def _filters(entries: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Filter]]:
    for entry in entries:
        resource = entry.get("ecds_filter") or {}
        plugin = plugin_of(str(resource.get("name", "")))
        typed = resource.get("typed_config") or {}
        if plugin is None:
            continue
        updated = str(entry.get("last_updated", ""))
        if str(typed.get("@type", "")).endswith("rbac.v3.RBAC"):
            yield plugin, Filter(None, "rules" not in typed, updated)
        else:
            yield plugin, Filter(typed.get("config") or {}, updated=updated)
