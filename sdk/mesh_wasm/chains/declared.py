"""What a WasmPlugin declares of its place in the chains: the same in all clusters and namespaces that it stands in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mesh_wasm.values.deferred import SCALARS, Deferred
from mesh_wasm.values.enums import PluginPhase, PluginType
from mesh_wasm.values.labels import EXTENSION, REPLACES, TARGET
from mesh_wasm.values.marks import SECRET_MARK, UNKNOWN_MARK

from .workload import IF_WAYPOINT, UNLESS_WAYPOINT, Workload, WorkloadKind, aims

_MARKS = (UNKNOWN_MARK, SECRET_MARK)
_BOTH = frozenset({"CLIENT", "SERVER"})
Flow = tuple[frozenset[str], frozenset[int] | None]
"""One traffic selector: directions, and ports (None: all)."""
ALL_TRAFFIC: tuple[Flow, ...] = ((_BOTH, None),)


@dataclass(frozen=True, slots=True)
class Declared:
    """What decides a plugin's place. What is not known yet is None, and named in ``undecided``."""

    phase: PluginPhase | None
    priority: int | None
    """As written; None also where none is set: Istio runs that after all others."""
    layer: PluginType | None
    """HTTP or NETWORK."""
    flows: tuple[Flow, ...]
    fqn: str
    """The extension's FQN; empty for a raw plugin."""
    target: str
    """FQN of the target that the extension is attached to."""
    by: str
    """The component or document that declares it; may be empty."""
    undecided: tuple[str, ...]
    """The fields that decide its place and are not known yet."""
    spec: Mapping[str, Any] = field(compare=False, repr=False)
    """The spec itself; empty where it is deferred as a whole."""
    _aim: Mapping[str, Any] | None = field(compare=False, repr=False)
    """selector, targetRef and targetRefs; None if one of them is undecided."""
    replaces: str = ""
    """FQNs of what is attached above the target and does not run where it does, joined by commas."""
    _aims: dict[tuple[str, str], tuple[Workload, ...] | None] = field(default_factory=dict, compare=False, repr=False)

    def aims(self, namespace: str, root_namespace: str) -> tuple[Workload, ...] | None:
        """The proxies that it is aimed at from a namespace and whose traffic it can match.

        They are the same in every cluster, and held once for all of them.
        """
        place = namespace, root_namespace
        if place not in self._aims:
            found = None if self._aim is None else aims(namespace, root_namespace, self._aim)
            self._aims[place] = found and tuple(aim for aim in found if self.takes_traffic_of(aim) is not None)
        return self._aims[place]

    def takes_traffic_of(self, workload: Workload) -> str | None:
        """When its match takes traffic of such proxies: "" always, a text if it depends, None never.

        All traffic of a Gateway is CLIENT, all of a waypoint SERVER, and a waypoint compares the ports of HTTP plugins with
        nothing. Of pods it is not known here whether they are sidecars, which have both directions.
        """
        if self.flows is ALL_TRAFFIC or workload.kind is WorkloadKind.PODS:
            return ""
        no_ports = self.layer is PluginType.HTTP
        on_waypoint = any("SERVER" in modes and not (ports and no_ports) for modes, ports in self.flows)
        if workload.kind.is_waypoint:
            return "" if on_waypoint else None
        on_gateway = any("CLIENT" in modes for modes, _ in self.flows)
        if on_gateway and on_waypoint:
            return ""
        return UNLESS_WAYPOINT if on_gateway else IF_WAYPOINT if on_waypoint else None


def read_declared(spec: Mapping[str, Any] | Deferred, annotations: Any, by: str) -> Declared:
    """Read a spec in wire form; deferred leaves, and the marks that stand for them in manifests, are undecided."""
    undecided: list[str] = []
    known = spec if isinstance(spec, Mapping) else {}  # in a manifest, a mark stands for a spec that is not known
    notes = annotations if isinstance(annotations, Mapping) else {}

    def read(key: str) -> Any:
        value = known.get(key)
        if known is not spec or holds_open(value):
            undecided.append(key)
            return None
        return value

    aim = {key: read(key) for key in ("selector", "targetRef", "targetRefs")}
    open_aim = bool(undecided)
    phase, priority, layer = read("phase"), read("priority"), read("type")
    match = known.get("match")
    return Declared(
        phase=None if "phase" in undecided else _phase(phase),
        priority=priority if isinstance(priority, int) else None,
        layer=None if "type" in undecided else _layer(layer),
        flows=ALL_TRAFFIC if holds_open(match) else tuple(_flows(match)) or ALL_TRAFFIC,
        fqn=_text(notes.get(EXTENSION)),
        target=_text(notes.get(TARGET)),
        replaces=_text(notes.get(REPLACES)),
        by=by,
        undecided=tuple(undecided),
        spec=known,
        _aim=None if open_aim else aim,
    )


def holds_open(value: Any) -> bool:
    """Whether anything inside is not known yet."""
    if type(value) in SCALARS:
        return value in _MARKS
    return any(map(is_open, _leaves(value)))


def _text(value: Any) -> str:
    return value if isinstance(value, str) and not is_open(value) else ""


def is_open(leaf: Any) -> bool:
    """Whether a leaf is not known yet."""
    return isinstance(leaf, Deferred) or leaf in _MARKS


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, Deferred | str):
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


def share_traffic(ones: tuple[Flow, ...], others: tuple[Flow, ...]) -> bool:
    """Whether two plugins can see one connection, by direction and port."""
    if ones is ALL_TRAFFIC or others is ALL_TRAFFIC:
        return True
    return any(
        one[0] & two[0] and (one[1] is None or two[1] is None or bool(one[1] & two[1]))
        for one in ones
        for two in others
    )
