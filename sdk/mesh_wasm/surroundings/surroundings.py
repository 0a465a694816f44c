"""The surroundings of one cluster: its other objects, and whether these are all there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeVar

from ._selectors import SelectorIndex
from .objects import IstioGateway, Pods, Policy, Service, Thing
from .pods import PodIndex
from .reading import read_thing

T = TypeVar("T", bound=Thing)


class World(StrEnum):
    """What absence proves."""

    OPEN = "open"
    """Nothing: what is not here may be elsewhere, as with the files of a repository or the resources of a program."""
    CLOSED = "closed"
    """Everything: all objects of the cluster are known."""


class Surroundings:
    """The objects of one cluster. A value: it is read once, never changed, and asked by many plugins.

    Every question is answered by an index that is made when it is first needed, so that asking for each of many plugins
    takes time in proportion to the objects and the plugins.
    """

    def __init__(self, things: Iterable[Thing] = (), world: World = World.OPEN) -> None:
        """Hold some objects. One that is there twice counts as it stands first."""
        first: dict[tuple[type, str, str | None, str], Thing] = {}
        for thing in things:
            kind = getattr(thing, "kind", "") or getattr(thing, "made_by", "")
            first.setdefault((type(thing), kind, thing.namespace, thing.name), thing)
        self.things: tuple[Thing, ...] = tuple(first.values())
        self.world = world

    @classmethod
    def read(cls, objects: Iterable[Any], world: World = World.OPEN, origin: str = "") -> Surroundings:
        """Read plain Kubernetes objects of one cluster; those of kinds that decide nothing are passed over.

        :param objects: Manifests, of which any part may be missing, deferred or of a wrong type.
        :param world: Whether these are all objects of the cluster.
        :param origin: Where they come from, for messages.
        """
        read = (read_thing(value, origin) for value in objects)
        return cls((thing for thing in read if thing is not None), world)

    def __len__(self) -> int:
        return len(self.things)

    def __bool__(self) -> bool:
        """Whether anything is known: some objects, or that there are none."""
        return bool(self.things) or self.is_closed

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Surroundings):
            return NotImplemented
        return self is other or (self.world is other.world and self.things == other.things)

    __hash__ = None  # type: ignore[assignment]  # what they hold has none

    @property
    def is_closed(self) -> bool:
        """Whether what is not here does not exist."""
        return self.world is World.CLOSED

    def beside(self, more: Iterable[Thing]) -> Surroundings:
        """The same with more objects of the same cluster; what these know is all there is, or not, as before."""
        added = tuple(more)
        return Surroundings((*self.things, *added), self.world) if added else self

    @cached_property
    def _by_type(self) -> Mapping[type, list[Thing]]:
        found: dict[type, list[Thing]] = defaultdict(list)
        for thing in self.things:
            found[type(thing)].append(thing)
        return found

    @cached_property
    def _by_name(self) -> Mapping[tuple[type, str], list[Thing]]:
        found: dict[tuple[type, str], list[Thing]] = defaultdict(list)
        for thing in self.things:
            found[type(thing), thing.name].append(thing)
        return found

    @cached_property
    def _by_namespace(self) -> Mapping[tuple[type, str | None], list[Thing]]:
        found: dict[tuple[type, str | None], list[Thing]] = defaultdict(list)
        for thing in self.things:
            found[type(thing), thing.namespace].append(thing)
        return found

    def all(self, type_: type[T]) -> Sequence[T]:
        """All objects of a type."""
        return self._by_type.get(type_, ())  # type: ignore[return-value]

    def within(self, type_: type[T], namespace: str | None) -> Sequence[T]:
        """Those of a namespace; None: those whose manifests name none."""
        return self._by_namespace.get((type_, namespace), ())  # type: ignore[return-value]

    def named(self, type_: type[T], name: str) -> Sequence[T]:
        """Those of a name, in whatever namespace."""
        return self._by_name.get((type_, name), ())  # type: ignore[return-value]

    def find(self, type_: type[T], namespace: str | None, name: str) -> T | None:
        """The one of a name in a namespace; None where there is none in sight."""
        return next((one for one in self.named(type_, name) if one.namespace == namespace), None)

    @cached_property
    def pods(self) -> PodIndex:
        """The workloads, by the labels of their pods. What another one in sight has made is none of its own."""
        held = self.all(Pods)
        there = {(pods.namespace, pods.kind, pods.name) for pods in held}
        return PodIndex(one for one in held if one.owner is None or (one.namespace, *one.owner) not in there)

    @cached_property
    def istio_gateways(self) -> SelectorIndex[IstioGateway]:
        """Istio's own Gateways by the pods that they configure: of any namespace, so all stand under None."""
        index: SelectorIndex[IstioGateway] = SelectorIndex()
        for gateway in self.all(IstioGateway):
            index.add(None, gateway.selector, gateway)
        return index

    @cached_property
    def services(self) -> SelectorIndex[Service]:
        """Services by the pods behind them, which are of their own namespace."""
        index: SelectorIndex[Service] = SelectorIndex()
        for service in self.all(Service):
            if service.selector:
                index.add(service.namespace, service.selector, service)
        return index

    @cached_property
    def policies(self) -> SelectorIndex[Policy]:
        """Policies without targets, by the pods that they select, under their own namespaces."""
        index: SelectorIndex[Policy] = SelectorIndex()
        for policy in self.all(Policy):
            if not policy.targets:
                index.add(policy.namespace, policy.selector, policy)
        return index
