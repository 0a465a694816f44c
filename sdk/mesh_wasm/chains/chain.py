"""Chains: for each cluster and workload the plugins that it runs, in order, with Istio's own filters between the phases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice

from mesh_wasm.rules.subjects import Workload as Proxy
from mesh_wasm.surroundings import Surroundings
from mesh_wasm.values.enums import PluginPhase, PluginType

from ._label_index import LabelIndex
from .filters import HTTP_CHAIN, NETWORK_CHAIN, WAYPOINT_CHAIN, WAYPOINT_NETWORK_CHAIN, Filter
from .member import Member
from .proxies import Proxies, proxies_of
from .workload import Workload, WorkloadKind, both, condition

_MOST = 5
"""Rivals that are named for one step."""


@dataclass(frozen=True, slots=True)
class Step:
    """One filter of a chain: Istio's own, or a plugin."""

    name: str
    filter: Filter | None = None
    """Istio's own filter."""
    member: Member | None = None
    """The plugin."""
    condition: str = ""
    """When the plugin runs here; empty: always."""
    tied: tuple[str, ...] = ()
    """Plugins of the same priority and namespace, with which Istio changes places by time of creation."""


@dataclass(frozen=True, slots=True)
class Chain:
    """What the proxies of one workload run, in order."""

    cluster: str
    workload: Workload
    http: tuple[Step, ...]
    """The HTTP filters; empty if no plugin is among them."""
    network: tuple[Step, ...]
    """The network filters in front of them; empty if no plugin is among them."""
    undecided: tuple[Member, ...] = ()
    """Plugins that run here at a place that is not known yet."""
    idle: tuple[tuple[Member, str], ...] = ()
    """Plugins that are aimed here and never run, each with why."""
    proxies: Proxies = field(default_factory=Proxies)
    """What is known of the proxies."""

    @property
    def plugins(self) -> list[Member]:
        """All plugins: network, then HTTP, each in order."""
        return [step.member for step in (*self.network, *self.http) if step.member is not None]

    @property
    def line(self) -> str:
        """The chain in one line, as Istio's reference writes it: own filters only where they lie between plugins."""
        return " | ".join(_line(steps) for steps in (self.network, self.http) if steps)


def chains(members: Iterable[Member], around: Mapping[str, Surroundings] | None = None) -> list[Chain]:
    """All chains of a program: by cluster, and in each by workload. Plugins that can reach nothing are in none.

    :param around: What else is known of each cluster, by its name.
    """
    known = around or {}
    by_cluster: dict[str, list[Member]] = defaultdict(list)
    for member in members:
        by_cluster[member.cluster].append(member)
    return [
        chain
        for cluster, ones in by_cluster.items()
        for chain in _cluster_chains(cluster, ones, known.get(cluster, _NOTHING))
    ]


_NOTHING = Surroundings()


def chain_of(cluster: str, workload: Workload, members: Iterable[Member], around: Surroundings | None = None) -> Chain:
    """The chain of one workload, whether or not a plugin names it: pods have the labels that it says, and no others."""
    held = [member for member in members if member.cluster == cluster]
    root = held[0].root_namespace if held else "istio-system"
    near = [(aim, member) for member in held for aim in member.aims or ()]
    aimed = [(aim, member) for aim, member in near if aim.namespace in (None, workload.namespace)]
    return _chain(cluster, workload, aimed, proxies_of(workload, around or _NOTHING, (), root))


class _Aimed:
    """The plugins that are aimed at workloads of one namespace, or of all."""

    def __init__(self) -> None:
        self._on_pods: LabelIndex[tuple[Workload, Member]] = LabelIndex()
        self._others: list[tuple[Workload, Member]] = []

    def add(self, aim: Workload, member: Member) -> None:
        if aim.kind is WorkloadKind.PODS:
            self._on_pods.add(aim.labels, (aim, member))
        else:
            self._others.append((aim, member))

    def near(self, workload: Workload) -> Iterator[tuple[Workload, Member]]:
        """Those that may run on the workload."""
        yield from self._on_pods.compatible(workload.labels)
        yield from self._others


def _cluster_chains(cluster: str, members: Sequence[Member], around: Surroundings) -> Iterator[Chain]:
    by_namespace: dict[str | None, _Aimed] = defaultdict(_Aimed)
    workloads: set[Workload] = set()
    for member in members:
        for aim in member.aims or ():
            by_namespace[aim.namespace].add(aim, member)
            workloads.add(aim)
    root = members[0].root_namespace
    for workload in sorted(workloads, key=_place):
        namespaces = dict.fromkeys((workload.namespace, None))
        aimed = (pair for name in namespaces if name in by_namespace for pair in by_namespace[name].near(workload))
        yield _chain(cluster, workload, aimed, proxies_of(workload, around, workloads, root))


def _place(workload: Workload) -> tuple[bool, str, str, Workload]:
    """Namespaces by name, in each the whole namespace last; the whole mesh at the end."""
    return (
        workload.namespace is None,
        workload.namespace or "",
        "" if workload.labels or workload.name else "~",
        workload,
    )


def _chain(cluster: str, workload: Workload, aimed: Iterable[tuple[Workload, Member]], proxies: Proxies) -> Chain:
    when: dict[Member, str] = {}
    idle: dict[Member, str] = {}
    for aim, member in aimed:
        depends = both(condition(aim, workload), member.declared.takes_traffic_of(workload))
        if depends is None:
            continue
        settled = proxies.settle(depends)
        never = f"only {depends}; {proxies.reason}" if settled is None else proxies.never_sees(member, aim)
        if never:
            idle[member] = never
        elif settled is not None and when.get(member) != "":
            when[member] = settled
    placed = sorted((member for member in when if not member.undecided), key=lambda member: member.sort_key)
    on_waypoint = workload.kind.is_waypoint or proxies.kind is Proxy.WAYPOINT
    stages = (WAYPOINT_NETWORK_CHAIN, WAYPOINT_CHAIN) if on_waypoint else (NETWORK_CHAIN, HTTP_CHAIN)
    layers = [
        _steps(of_layer, [member for member in placed if member.layer is layer], when)
        for layer, of_layer in zip((PluginType.NETWORK, PluginType.HTTP), stages, strict=True)
    ]
    undecided = sorted((member for member in when if member.undecided), key=lambda member: (member.name, member.fqn))
    return Chain(cluster, workload, layers[1], layers[0], tuple(undecided), tuple(idle.items()), proxies)


def _steps(
    stages: Sequence[Filter | PluginPhase], members: Sequence[Member], when: dict[Member, str]
) -> tuple[Step, ...]:
    if not members:
        return ()
    steps = []
    for stage in stages:
        if isinstance(stage, Filter):
            steps.append(Step(stage.name, filter=stage))
            continue
        inside = (member for member in members if member.phase is stage)
        for _, group in groupby(inside, key=lambda member: member.sort_key[:3]):
            equals = list(group)
            for member in equals:
                rivals = (other.label for other in equals if other is not member and other.meets(member))
                tied = tuple(islice(rivals, _MOST))
                steps.append(Step(member.label, member=member, condition=when[member], tied=tied))
    return tuple(steps)


def _line(steps: Sequence[Step]) -> str:
    places = [place for place, step in enumerate(steps) if step.member is not None]
    shown = [*steps[places[0] : places[-1] + 1], steps[-1]]
    return "".join(f" -> {step.name}{f' ({step.condition})' if step.condition else ''}" for step in shown)[1:]
