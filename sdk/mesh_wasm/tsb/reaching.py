"""Where defaults reach: every namespace of the workspaces below, but for those where a lower level has another list.

A namespace is asked once, so time is in proportion to the namespaces of the workspaces and security groups.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from mesh_wasm.findings.finding import Finding, Severity, listed
from mesh_wasm.fleet.cluster import Fleet, Selection
from mesh_wasm.fleet.placement import place
from mesh_wasm.model.target import Target, TargetKind
from mesh_wasm.planning.gateways import gateway_in
from mesh_wasm.rules import hierarchy as rules
from mesh_wasm.surroundings.labels import carries
from mesh_wasm.surroundings.objects import Role
from mesh_wasm.values.deferred import Deferred, known
from mesh_wasm.values.enums import DefaultGateways
from mesh_wasm.values.fqn import Fqn, FqnError
from mesh_wasm.yaml.file import Located

from .documents.kinds import WORKSPACE
from .hierarchy import Hierarchy
from .index import Index
from .inheritance import InForce
from .result import Item, Source
from .scope import Reach, whole_reach

Place = tuple[str, str]
"""Cluster and namespace."""
Owner = tuple[TargetKind, str]
"""Kind and FQN of a target."""
ItemKey = tuple[int, tuple[str | int, ...]]


def key_of(item: Item) -> ItemKey:
    """What tells an attachment from all others."""
    return id(item.source), item.path


@dataclass(slots=True)
class Reached:
    """Where one target's attachments reach."""

    items: dict[ItemKey, Item] = field(default_factory=dict)
    places: dict[ItemKey, set[Place]] = field(default_factory=lambda: defaultdict(set))
    replaces: dict[Place, tuple[str, ...]] = field(default_factory=dict)
    """By place, the FQNs of what is replaced there."""

    def all(self) -> list[Place]:
        """Every place, sorted."""
        return sorted({place for places in self.places.values() for place in places})


class Reaching:
    """Where everything reaches that is handed down, in the clusters of a fleet."""

    def __init__(self, hierarchy: Hierarchy, index: Index, fleet: Fleet) -> None:
        self.by_owner: dict[Owner, Reached] = defaultdict(Reached)
        self.found: list[Located] = []
        self._hierarchy, self._index, self._fleet = hierarchy, index, fleet
        self._owners: dict[Place, str] = {}
        self._gateways = _gateway_namespaces(index)
        self._left_out: dict[Owner, dict[Place, str]] = defaultdict(dict)
        for fqn, source in hierarchy.workspaces:
            groups = hierarchy.groups.get(fqn, [])
            reach = whole_reach(source.resource)
            if any(self._inherits(one) for one in (fqn, *groups)):
                self._workspace(fqn, self._expand(fqn, reach), groups)
            else:
                self._workspace(fqn, expand(fqn, reach, fleet)[0], ())

    def owner(self, place: Place) -> str | None:
        """The FQN of the workspace that owns a namespace."""
        return self._owners.get(place)

    def _inherits(self, fqn: str) -> bool:
        in_force = self._hierarchy.in_force(fqn)
        return any(one.kind is not TargetKind.SECURITY_GROUP for one in (*in_force.lists, *in_force.replaced))

    def _workspace(self, fqn: str, owned: list[Place], groups: Iterable[str]) -> None:
        by_place: dict[Place, list[str]] = defaultdict(list)
        for group in groups:
            for one in self._expand(group, self._index.reach(TargetKind.SECURITY_GROUP, group)):
                by_place[one].append(group)
        for one in owned:
            first = self._owners.setdefault(one, fqn)
            if first != fqn:
                self._two_owners(one, fqn, first)
                continue
            for level in by_place.get(one) or [fqn]:
                self._put(self._hierarchy.in_force(level), one)

    def _put(self, in_force: InForce, place: Place) -> None:
        for one in in_force.lists:
            owner = one.kind, one.fqn
            reached = self.by_owner[owner]
            reached.replaces[place] = tuple(dict.fromkeys(gone.fqn for gone in in_force.replaced))
            if one.kind is TargetKind.SECURITY_GROUP:
                continue
            gateway = self._gateway_at(place)
            out = one.kind is TargetKind.PROFILE or self._hierarchy.choices.gateways is DefaultGateways.LEAVE_OUT
            if gateway is not None:
                self._left_out[owner][place] = gateway
            for item in one.items:
                reached.items.setdefault(key_of(item), item)
                if not (out and gateway is not None) and self._is_allowed(item, place):
                    reached.places[key_of(item)].add(place)

    def _is_allowed(self, item: Item, place: Place) -> bool:
        """Whether the extension's allowedIn covers the tenant that owns a namespace: TSB removes it from all others."""
        source = None if item.extension is None else self._index.extension(item.extension)
        entry = None if source is None else source.resource.extension
        allowed = None if entry is None else known(entry.allowed_in)
        if not allowed or any(isinstance(tenant, Deferred) for tenant in allowed):
            return True
        owner = Fqn.parse(self._owners[place])
        return any(_within(owner, tenant) for tenant in allowed if isinstance(tenant, str))

    def _expand(self, fqn: str, reach: Reach) -> list[Place]:
        places, findings = expand(fqn, reach, self._fleet)
        self.found += self._index.locate_entries(findings, reach)
        return places

    def _two_owners(self, place: Place, fqn: str, first: str) -> None:
        if self._hierarchy.in_force(fqn).lists == self._hierarchy.in_force(first).lists:
            return
        source = self._index.get(WORKSPACE, fqn)
        says = (
            f"namespace {place[1]} of cluster {place[0]} belongs to {first} as well, which inherits other extensions."
        )
        if source is not None:
            self.found.append(source.at(rules.TWO_OWNERS.at("spec", "namespaceSelector", says=says, cluster=place[0])))

    def _gateway_at(self, place: Place) -> str | None:
        """The gateway whose pods are in a namespace, as far as anything tells of one."""
        cluster, namespace = place
        if namespace in self._gateways:
            return self._gateways[namespace][0].resource.label
        return gateway_in(self._fleet.get(cluster), namespace)

    def gateway_findings(self, owner: Owner) -> Iterator[Finding]:
        """What is to be said of gateways' pods in the namespaces of a default. Paths start at the document."""
        there = self._left_out.get(owner)
        if not there:
            return
        gateways = list(dict.fromkeys(f"{gateway} (namespace {place[1]})" for place, gateway in sorted(there.items())))
        chosen = self._hierarchy.choices.gateways
        if owner[0] is not TargetKind.PROFILE and chosen is not DefaultGateways.LEAVE_OUT:
            if chosen is None:
                says = f"it reaches the pods of {listed(gateways)} as well; TSB does not document whether defaults do."
                yield rules.GATEWAYS_REACHED.at(says=says)
            return
        beside = sorted({f"{place[1]} of cluster {place[0]}" for place in there if self._has_workloads(place)})
        if beside:
            says = (
                f"namespaces with gateways are left out, and {listed(beside)} has other workloads: these would lose it."
            )
            yield rules.LEFT_OUT.at(says=says, severity=Severity.ERROR)
        else:
            says = f"the namespaces of {listed(gateways)} are left out: a plugin without selector would reach gateways."
            yield rules.LEFT_OUT.at(says=says)

    def _has_workloads(self, place: Place) -> bool:
        cluster = self._fleet.get(place[0])
        pods = cluster.surroundings.pods.within(place[1]) if cluster and cluster.surroundings else ()
        gateways = [labels_of(source) for source in self._gateways.get(place[1], ())]
        beside = (one for one in pods if one.role in (Role.SIDECAR, Role.UNKNOWN))
        return any(all(carries(one.labels, asked) is not True for asked in gateways) for one in beside)


def expand(fqn: str, reach: Reach, fleet: Fleet) -> tuple[list[Place], list[Finding]]:
    """The places of a group's or workspace's selector, and what stands against its entries."""
    if reach.entries is None:
        return [], []
    target = Target.model_construct(
        kind=TargetKind.SECURITY_GROUP,
        fqn=fqn,
        workload_selector=None,
        namespace_selector=[entry.text for entry in reach.entries],
    )
    placements, findings = place(target, fleet, Selection())
    return [(one.cluster.name, one.namespace) for one in placements if isinstance(one.namespace, str)], findings


def _within(owner: Fqn, tenant: str) -> bool:
    try:
        return owner.within(Fqn.parse(tenant))
    except FqnError:
        return False


def _gateway_namespaces(index: Index) -> dict[str, list[Source]]:
    """By namespace, the TSB gateways whose pods are there."""
    found: dict[str, list[Source]] = {}
    for kind, _, source in sorted(index, key=lambda one: one[1]):
        selector = source.resource.workload_selector
        if kind.target and kind.target.is_gateway and selector is not None and not isinstance(selector, Deferred):
            namespace = known(selector.namespace)
            if namespace:
                found.setdefault(namespace, []).append(source)
    return found


def labels_of(gateway: Source) -> dict[str, str]:
    """The labels of a gateway's pods, as far as they can be read."""
    selector = gateway.resource.workload_selector
    labels = None if selector is None or isinstance(selector, Deferred) else known(selector.labels)
    return {key: value for key, value in (labels or {}).items() if isinstance(value, str)}
