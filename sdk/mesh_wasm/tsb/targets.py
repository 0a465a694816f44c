"""The targets of some documents: gateways, groups, services, and what is handed down to whole namespaces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mesh_wasm.findings import documents
from mesh_wasm.fleet.cluster import Fleet, Selection
from mesh_wasm.model.target import Target, TargetKind
from mesh_wasm.rules import hierarchy as rules
from mesh_wasm.values.deferred import Deferred, known
from mesh_wasm.values.fqn import Fqn
from mesh_wasm.yaml.file import Located

from .documents.kinds import DEFAULT_SETTINGS, SERVICE_SETTING
from .hierarchy import Hierarchy
from .index import Index
from .reaching import ItemKey, Owner, Place, Reached, Reaching, expand, key_of
from .result import Item, Source, items_of
from .scope import Reach
from .services import attaching, beside, select

_EVERYWHERE = ["*/*"]
"""Stands for the namespaces of a default where no fleet tells them."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One target to be planned: which pods, and what is attached to them."""

    target: Target
    items: tuple[Item, ...]
    reached: Reach
    selection: Selection = field(default_factory=Selection)
    places: Mapping[ItemKey, frozenset[Place]] | None = None
    """By attachment, where it is kept to; None: everywhere in the target."""
    replaces: Mapping[Place, tuple[str, ...]] = field(default_factory=dict)
    """By place, the FQNs of what it replaces there."""

    @property
    def kind(self) -> TargetKind:
        """The kind of target."""
        return self.target.kind

    @property
    def source(self) -> Source:
        """The document that findings about the target as a whole are told at."""
        return self.items[0].source

    @property
    def is_nowhere(self) -> bool:
        """Whether no document says which namespaces are meant."""
        return self.target.namespace_selector is None and not self.kind.selects_pods


class Targets:
    """All targets of some documents, in a fleet or without one."""

    def __init__(self, index: Index, hierarchy: Hierarchy, fleet: Fleet | None) -> None:
        self._index, self._hierarchy, self._fleet = index, hierarchy, fleet
        for fqn in hierarchy.levels():
            hierarchy.in_force(fqn)
        self._reaching = Reaching(hierarchy, index, fleet) if fleet is not None and hierarchy.is_needed else None
        self.wanted: list[Wanted] = sorted(
            [*self._attached(), *self._handed_down()], key=lambda one: (one.kind, str(known(one.target.fqn)))
        )
        """Sorted by kind and FQN."""
        found = [*self._services(), *hierarchy.misplaced_profiles(), *self._empty_lists()]
        self.found: list[Located] = [*hierarchy.found, *(self._reaching.found if self._reaching else ()), *found]
        """What is to be said of the hierarchy, and of what has no place in it."""

    def workspace_of(self, target: Target, place: Place) -> Fqn | None:
        """The workspace that owns a namespace which a target reaches."""
        if target.workspace is not None:
            return target.workspace
        owner = self._reaching.owner(place) if self._reaching else None
        return Fqn.parse(owner) if owner else None

    def _attached(self) -> Iterator[Wanted]:
        """DefaultGateways, and security groups: all settings of a group are settings of the one group."""
        groups: set[str] = set()
        for kind, fqn, source in self._index:
            if kind.target is None or not source.resource.attaches:
                continue
            if kind.target.is_gateway:
                items = tuple(item for one in source.resource.lists for item in items_of(source, one))
                if items:
                    yield self._of(kind.target, fqn, items)
            elif kind.target is TargetKind.SECURITY_GROUP:
                groups.add(fqn.rpartition("/")[0].rpartition("/")[0])
        for fqn in sorted(groups):
            for one in self._hierarchy.in_force(fqn).lists:
                if one.fqn == fqn:
                    yield self._of(TargetKind.SECURITY_GROUP, fqn, one.items)

    def _of(self, kind: TargetKind, fqn: str, items: tuple[Item, ...]) -> Wanted:
        reached = self._index.reach(kind, fqn)
        target = Target.model_construct(
            kind=kind,
            fqn=fqn,
            workload_selector=items[0].source.resource.workload_selector if kind.is_gateway else None,
            namespace_selector=None if reached.entries is None else [entry.text for entry in reached.entries],
        )
        replaces = self._reaching.by_owner[kind, fqn].replaces if self._reaching else {}
        return Wanted(target, items, reached, self._having(target), replaces=replaces)

    def _having(self, target: Target) -> Selection:
        """For a gateway whose group is not known: the clusters that have its namespace, if any has."""
        selector = target.workload_selector
        if self._fleet is None or not target.kind.is_gateway or target.namespace_selector is not None or not selector:
            return Selection()
        namespace = None if isinstance(selector, Deferred) else known(selector.namespace)
        names = [cluster.name for cluster in self._fleet if namespace is None or cluster.has_namespace(namespace)]
        return Selection(names=names) if names else Selection()

    def _handed_down(self) -> Iterator[Wanted]:
        """Defaults and profiles: in every place that has them in force."""
        if self._reaching is None:
            for owner, everywhere in self._everywhere().items():
                yield self._down(owner, tuple(everywhere), _EVERYWHERE)
            return
        for owner, reached in self._reaching.by_owner.items():
            if owner[0] is not TargetKind.SECURITY_GROUP and (places := reached.all()):
                keys = [key for key, held in reached.places.items() if held]
                items = tuple(reached.items[key] for key in sorted(keys, key=lambda key: _order(reached.items[key])))
                texts = [f"{cluster}/{namespace}" for cluster, namespace in places]
                yield self._down(owner, items, texts, reached)

    def _everywhere(self) -> dict[Owner, list[Item]]:
        """What is attached for whole namespaces, by its target, as far as it is in force at some level."""
        found: dict[Owner, dict[ItemKey, Item]] = {}
        for fqn in self._hierarchy.levels():
            for one in self._hierarchy.in_force(fqn).lists:
                if one.kind is not TargetKind.SECURITY_GROUP:
                    found.setdefault((one.kind, one.fqn), {}).update((key_of(item), item) for item in one.items)
        return {owner: list(items.values()) for owner, items in found.items()}

    def _down(self, owner: Owner, items: tuple[Item, ...], texts: list[str], reached: Reached | None = None) -> Wanted:
        kind, fqn = owner
        target = Target.model_construct(kind=kind, fqn=fqn, workload_selector=None, namespace_selector=texts)
        if reached is None:
            return Wanted(target, items, Reach(None))
        places = {key: frozenset(held) for key, held in reached.places.items()}
        return Wanted(target, items, Reach(None), places=places, replaces=reached.replaces)

    def nowhere_findings(self) -> Iterator[Located]:
        """Settings and profiles that hold somewhere, and reach no namespace."""
        if self._reaching is None:
            return
        owning = set[str]()
        for workspace, _ in self._hierarchy.workspaces:
            parts = workspace.split("/")
            owning.update("/".join(parts[:end]) for end in range(2, len(parts) + 1, 2))
        for fqn in self._hierarchy.levels():
            for source in self._hierarchy.settings(fqn)[:1]:
                if source.resource.kind in DEFAULT_SETTINGS and source.resource.attaches:
                    yield from self._nowhere(fqn, source, has_workspaces=fqn in owning)

    def _nowhere(self, fqn: str, source: Source, *, has_workspaces: bool) -> Iterator[Located]:
        owner = TargetKind.DEFAULT_SETTING, fqn
        assert self._reaching is not None
        path = ("spec", *source.resource.lists[0].path)
        yield from (source.at(finding.under(*path)) for finding in self._reaching.gateway_findings(owner))
        if not has_workspaces:
            others = sorted({one.partition("/tenants/")[0] for one, _ in self._hierarchy.workspaces})
            but = f" (those that are there are of {', '.join(others)})" if others else ""
            says = f"no Workspace of {fqn} is among the documents{but}, and only these say which namespaces are meant."
            fix = "Add the Workspaces to the documents: `tctl get workspace -o yaml`."
            yield source.at(documents.NO_SCOPE.at("metadata", says=says, fix=fix))

    def profile_findings(self) -> Iterator[Located]:
        """What is to be said of the places of profiles."""
        for owner, reached in self._reaching.by_owner.items() if self._reaching else ():
            if owner[0] is TargetKind.PROFILE and reached.items:
                first = next(iter(reached.items.values()))
                found = self._reaching.gateway_findings(owner) if self._reaching else ()
                yield from (first.source.at(finding.under(*first.path[:-1])) for finding in found)

    def _services(self) -> Iterator[Located]:
        """Adds what services have of their own."""
        seen: dict[tuple[str, str | None], Source] = {}
        for kind, fqn, source in self._index:
            if kind is not SERVICE_SETTING or not source.resource.attaches:
                continue
            group = fqn.rpartition("/")[0].rpartition("/")[0]
            own = attaching(source, items_of(source, source.resource.lists[0]))
            if not own.items:
                continue
            first = seen.setdefault((group, source.resource.service), source)
            if first is not source:
                says = f"{source.resource.service} has a setting in this group already, in {first.document.file}:"
                says += f"{first.document.line}."
                yield source.at(rules.TWO_SETTINGS.at("spec", "service", says=says))
                continue
            fresh, found = beside(self._hierarchy, group, own)
            yield from found
            reached = self._index.reach(TargetKind.SECURITY_GROUP, group)
            yield from (source.at(finding) for finding in reached.missing)
            if self._fleet is None or reached.entries is None or not fresh:
                continue
            places, _ = expand(group, reached, self._fleet)
            selected, findings = select(source, self._fleet, places)
            yield from (source.at(finding) for finding in findings)
            for one in selected:
                target = Target.model_construct(
                    kind=TargetKind.SERVICE_SETTING, fqn=fqn, workload_selector=one.selector, namespace_selector=None
                )
                self.wanted.append(Wanted(target, fresh, Reach(None), Selection(names=list(one.clusters))))

    def _empty_lists(self) -> Iterator[Located]:
        """Lists without items, where something is inherited: they do not switch it off."""
        for fqn in self._hierarchy.levels():
            above = self._hierarchy.in_force(fqn).lists
            for source in self._hierarchy.settings(fqn):
                for one in source.resource.lists:
                    if one.is_empty and above and not source.resource.attaches:
                        says = f"what is inherited stays in force: the list of {' and '.join(more.label for more in above)}."
                        yield source.at(rules.EMPTY_LIST.at("spec", *one.path, says=says))


def _order(item: Item) -> tuple[str, int, tuple[str, ...], int]:
    document = item.source.document
    return document.file, document.index, item.listing, item.index
