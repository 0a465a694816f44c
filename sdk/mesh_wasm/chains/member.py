"""A WasmPlugin or TrafficExtension as a member of chains: what decides where it runs and when, read from its manifest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.fleet.istio_version import Version, compared_name
from mesh_wasm.model.traffic_extension import plugin_form
from mesh_wasm.planning.plan import PlannedPlugin
from mesh_wasm.surroundings.objects import TrafficExtension
from mesh_wasm.values.base import INT32_MIN
from mesh_wasm.values.deferred import Deferred
from mesh_wasm.values.enums import PluginKind, PluginPhase, PluginType

from .declared import Declared, Flow, holds_open, is_open, read_declared, share_traffic
from .filters import PHASE_ORDER
from .workload import Workload, can_meet, every_pair


@dataclass(frozen=True, slots=True)
class Member:
    """One plugin (or TrafficExtension) in one place. It holds little by itself: a fleet has a hundred thousand of them."""

    cluster: str
    namespace: str | None
    """None where it is not known yet."""
    name: str
    aims: tuple[Workload, ...] | None
    """The proxies that it is aimed at and can run on; None where they are not known yet."""
    declared: Declared
    """What it declares, the same in all its places."""
    root_namespace: str = "istio-system"
    istio: Version | None = None
    """The cluster's Istio; None: not known, the newest is assumed."""
    kind: PluginKind = PluginKind.WASM_PLUGIN
    """Which kind of object it is: Istio has one order for both."""

    @property
    def phase(self) -> PluginPhase | None:
        """Its phase; None where it is not known yet."""
        return self.declared.phase

    @property
    def priority(self) -> int | None:
        """As written; None also where none is set: Istio runs that after all others."""
        return self.declared.priority

    @property
    def layer(self) -> PluginType | None:
        """HTTP or NETWORK."""
        return self.declared.layer

    @property
    def flows(self) -> tuple[Flow, ...]:
        """The traffic that it sees."""
        return self.declared.flows

    @property
    def fqn(self) -> str:
        """The extension's FQN; empty for a raw plugin."""
        return self.declared.fqn

    @property
    def target(self) -> str:
        """FQN of the target that the extension is attached to."""
        return self.declared.target

    @property
    def replaces(self) -> list[str]:
        """FQNs of the levels above the target whose extensions it replaces, highest first."""
        return [fqn for fqn in self.declared.replaces.split(", ") if fqn]

    @property
    def declared_by(self) -> str:
        """The component or document that declares it; may be empty."""
        return self.declared.by

    @property
    def undecided(self) -> tuple[str, ...]:
        """The fields that decide its place and are not known yet."""
        return self.declared.undecided

    @property
    def spec(self) -> Mapping[str, Any]:
        """Its spec in the plugin form; empty where it is deferred as a whole."""
        return self.declared.spec

    @property
    def is_script(self) -> bool:
        """Whether it is a Lua script (else a Wasm module)."""
        return "lua" in self.spec

    @property
    def label(self) -> str:
        """Its short name in a chain: that of the extension, else that of the object."""
        return self.fqn.rsplit("/", 1)[-1] or self.name

    @property
    def identity(self) -> tuple[str, str | None, str, PluginKind]:
        """Cluster, namespace, name and kind."""
        return self.cluster, self.namespace, self.name, self.kind

    @property
    def named(self) -> bool:
        """Whether its name is known; else something in parentheses, which no object is called, stands for it."""
        return not self.name.startswith("(")

    @property
    def effective_priority(self) -> int:
        """What Istio compares."""
        return INT32_MIN if self.priority is None else self.priority

    @property
    def from_root(self) -> bool:
        """Whether it is an object of the root namespace; on an equal number these run after those of the own namespace."""
        return self.namespace == self.root_namespace

    @property
    def sort_key(self) -> tuple[Any, ...]:
        """The order within a chain: as far as Istio decides it, then TSB's rule, then as Istio compares equally old ones."""
        phase = PHASE_ORDER[self.phase or PluginPhase.UNSPECIFIED_PHASE]
        name = compared_name(self.name, self.istio, self.kind)
        return phase, -self.effective_priority, self.from_root, self.fqn, name, self.namespace or ""

    def meets(self, other: Member) -> bool:
        """Whether one proxy can run both on the same traffic."""
        pairs = every_pair(self.aims or (), other.aims or ())
        return any(can_meet(one, two) for one, two in pairs) and share_traffic(self.flows, other.flows)


def read_member(
    cluster: Cluster,
    metadata: Mapping[str, Any],
    spec: Mapping[str, Any] | Deferred,
    declared_by: str = "",
    kind: PluginKind = PluginKind.WASM_PLUGIN,
) -> Member:
    """Read an object of that kind in wire form; deferred leaves, and the marks that stand for them, are undecided."""
    whole = isinstance(spec, Mapping | Deferred)
    form = spec if kind is PluginKind.WASM_PLUGIN or not whole else plugin_form(spec)
    declared = read_declared(form, metadata.get("annotations"), declared_by)
    return _member(cluster, metadata.get("namespace"), metadata.get("name"), declared, kind)


def extensions_of(cluster: Cluster) -> Iterator[Member]:
    """The TrafficExtensions that are known of a cluster."""
    for one in cluster.surroundings.all(TrafficExtension):
        declared = read_declared(one.spec, one.metadata.get("annotations"), "")
        yield _member(
            cluster, one.metadata.get("namespace"), one.metadata.get("name"), declared, PluginKind.TRAFFIC_EXTENSION
        )


def members_of(plugins: Iterable[PlannedPlugin]) -> Iterator[Member]:
    """Planned plugins as members. What many places share, as those of one extension do, is read once."""
    read: dict[tuple[int, int, str], tuple[PlannedPlugin, Declared]] = {}
    for plugin in plugins:
        key = id(plugin.spec), id(plugin.annotations), plugin.declared_by
        if key not in read:  # the plugin is held, so that no other object gets one of its ids
            read[key] = plugin, read_declared(plugin.spec, plugin.annotations, plugin.declared_by)
        yield _member(plugin.cluster, plugin.namespace, plugin.name, read[key][1], plugin.kind)


def _member(cluster: Cluster, namespace: Any, name: Any, declared: Declared, kind: PluginKind) -> Member:
    root = cluster.root_namespace
    if not isinstance(name, str) or is_open(name):
        name = f"({declared.by or 'name known at up'})"
    if holds_open(namespace):
        somewhere = replace(declared, undecided=("namespace", *declared.undecided))
        return Member(cluster.name, None, name, None, somewhere, root, cluster.version, kind)
    where = declared.aims(str(namespace or "default"), root)
    return Member(cluster.name, namespace, name, where, declared, root, cluster.version, kind)
