"""A WasmPlugin as a member of chains: what decides where it runs and when, read from its manifest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .cluster import Cluster
from .deferred import SCALARS, Deferred, deferred_leaves
from .enums import PluginPhase, PluginType
from .filters import PHASE_ORDER
from .labels import EXTENSION, TARGET
from .marks import SECRET_MARK, UNKNOWN_MARK
from .model import INT32_MIN
from .plan import PlannedPlugin
from .workload import Workload, aims, can_meet, every_pair

_MARKS = (UNKNOWN_MARK, SECRET_MARK)
_BOTH = frozenset({"CLIENT", "SERVER"})
Flow = tuple[frozenset[str], frozenset[int] | None]
"""One traffic selector: directions, and ports (None: all)."""
ALL_TRAFFIC: tuple[Flow, ...] = ((_BOTH, None),)


@dataclass(frozen=True, slots=True)
class Member:
    """One plugin of one cluster. What is not known yet is None, and named in ``undecided``."""

    cluster: str
    namespace: str | None
    name: str
    aims: tuple[Workload, ...] | None
    phase: PluginPhase | None
    priority: int | None
    """As written; None also where none is set: Istio runs that after all others."""
    layer: PluginType | None
    """HTTP or NETWORK."""
    flows: tuple[Flow, ...]
    fqn: str = ""
    """The extension's FQN; empty for a raw plugin."""
    target: str = ""
    """FQN of the target that the extension is attached to."""
    declared_by: str = ""
    root_namespace: str = "istio-system"
    undecided: tuple[str, ...] = ()
    """The fields that decide its place and are not known yet."""
    spec: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def label(self) -> str:
        """Its short name in a chain: that of the extension, else that of the object."""
        return self.fqn.rsplit("/", 1)[-1] or self.name

    @property
    def identity(self) -> tuple[str, str | None, str]:
        """Cluster, namespace and name."""
        return self.cluster, self.namespace, self.name

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
        """The order within a chain: as far as Istio decides it, then TSB's rule, then by name."""
        phase = PHASE_ORDER[self.phase or PluginPhase.UNSPECIFIED_PHASE]
        return phase, -self.effective_priority, self.from_root, self.fqn, self.name, self.namespace or ""

    def meets(self, other: Member) -> bool:
        """Whether one proxy can run both on the same traffic."""
        pairs = every_pair(self.aims or (), other.aims or ())
        return any(can_meet(one, two) for one, two in pairs) and _share_traffic(self.flows, other.flows)


@dataclass(frozen=True, slots=True)
class _Deciding:
    """What of a spec decides a plugin's place, the same in every namespace."""

    aim: Mapping[str, Any] | None
    """selector, targetRef and targetRefs; None if one of them is undecided."""
    phase: PluginPhase | None
    priority: int | None
    layer: PluginType | None
    flows: tuple[Flow, ...]
    undecided: tuple[str, ...]
    spec: Mapping[str, Any]
    """The spec itself; empty where it is deferred as a whole."""
    _aims: dict[tuple[str, str], tuple[Workload, ...] | None] = field(default_factory=dict)

    def aims(self, namespace: str, root_namespace: str) -> tuple[Workload, ...] | None:
        """The proxies that it is aimed at from a namespace: the same in every cluster, and held once for all of them."""
        place = namespace, root_namespace
        if place not in self._aims:
            self._aims[place] = None if self.aim is None else aims(namespace, root_namespace, self.aim)
        return self._aims[place]


def _deciding(spec: Mapping[str, Any] | Deferred) -> _Deciding:
    undecided: list[str] = []
    known = {} if isinstance(spec, Deferred) else spec

    def read(key: str) -> Any:
        value = known.get(key)
        if isinstance(spec, Deferred) or _holds_open(value):
            undecided.append(key)
            return None
        return value

    aim = {key: read(key) for key in ("selector", "targetRef", "targetRefs")}
    open_aim = bool(undecided)
    phase, priority, layer = read("phase"), read("priority"), read("type")
    match = known.get("match")
    return _Deciding(
        aim=None if open_aim else aim,
        phase=None if "phase" in undecided else _phase(phase),
        priority=priority if isinstance(priority, int) else None,
        layer=None if "type" in undecided else _layer(layer),
        flows=ALL_TRAFFIC if _holds_open(match) else tuple(_flows(match)) or ALL_TRAFFIC,
        undecided=tuple(undecided),
        spec=known,
    )


def read_member(
    cluster: Cluster, metadata: Mapping[str, Any], spec: Mapping[str, Any] | Deferred, declared_by: str = ""
) -> Member:
    """Read a plugin in wire form; deferred leaves, and the marks that stand for them in manifests, are undecided."""
    return _member(cluster, metadata, _deciding(spec), declared_by)


def members_of(plugins: Iterable[PlannedPlugin]) -> Iterator[Member]:
    """Planned plugins as members. A spec that many places share, as those of one extension do, is read once."""
    read: dict[int, tuple[Any, _Deciding]] = {}
    for plugin in plugins:
        if id(plugin.spec) not in read:
            read[id(plugin.spec)] = (plugin.spec, _deciding(plugin.spec))  # held, so that no other gets its id
        metadata = {"namespace": plugin.namespace, "name": plugin.name, "annotations": plugin.annotations}
        yield _member(plugin.cluster, metadata, read[id(plugin.spec)][1], plugin.declared_by)


def _member(cluster: Cluster, metadata: Mapping[str, Any], spec: _Deciding, declared_by: str) -> Member:
    annotations = metadata.get("annotations")
    notes = annotations if isinstance(annotations, Mapping) else {}
    name, namespace = metadata.get("name"), metadata.get("namespace")
    somewhere = _holds_open(namespace)
    if somewhere:
        namespace = None
    return Member(
        cluster=cluster.name,
        namespace=namespace,
        name=name if isinstance(name, str) and not _is_open(name) else f"({declared_by or 'name known at up'})",
        aims=None if somewhere else spec.aims(str(namespace or "default"), cluster.root_namespace),
        phase=spec.phase,
        priority=spec.priority,
        layer=spec.layer,
        flows=spec.flows,
        fqn=_text(notes.get(EXTENSION)),
        target=_text(notes.get(TARGET)),
        declared_by=declared_by,
        root_namespace=cluster.root_namespace,
        undecided=("namespace", *spec.undecided) if somewhere else spec.undecided,
        spec=spec.spec,
    )


def _holds_open(value: Any) -> bool:
    if type(value) in SCALARS:
        return value in _MARKS
    return any(map(_is_open, _leaves(value)))


def _text(value: Any) -> str:
    return value if isinstance(value, str) and not _is_open(value) else ""


def _is_open(leaf: Any) -> bool:
    return isinstance(leaf, Deferred) or leaf in _MARKS


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, Deferred):
        yield from deferred_leaves(value)
    elif isinstance(value, str):
        yield value


def _phase(value: Any) -> PluginPhase:
    return PluginPhase(value) if value in list(PluginPhase) else PluginPhase.UNSPECIFIED_PHASE


def _layer(value: Any) -> PluginType:
    return PluginType.NETWORK if value == PluginType.NETWORK else PluginType.HTTP


def _flows(match: Any) -> Iterator[Flow]:
    for selector in match if isinstance(match, list | tuple) else ():
        if not isinstance(selector, Mapping):
            continue
        mode = selector.get("mode")
        ports: list[Any] = [port.get("number") for port in selector.get("ports") or () if isinstance(port, Mapping)]
        yield frozenset({mode}) if mode in _BOTH else _BOTH, frozenset(ports) if ports else None


def _share_traffic(ones: tuple[Flow, ...], others: tuple[Flow, ...]) -> bool:
    if ones is ALL_TRAFFIC or others is ALL_TRAFFIC:
        return True
    return any(
        one[0] & two[0] and (one[1] is None or two[1] is None or bool(one[1] & two[1]))
        for one in ones
        for two in others
    )
