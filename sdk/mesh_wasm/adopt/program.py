"""The program that declares what was found, as a value: the writers of each language print it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.model.target import TargetKind
from mesh_wasm.values.enums import PluginKind

from .live import LiveObject


@dataclass(frozen=True, slots=True)
class DeclaredExtension:
    """An extension that several objects are."""

    name: str
    """Of the component; with the organization it makes the FQN."""
    fqn: str
    fields: Mapping[str, Any]
    """Its other fields in wire names: url, phase, priority, config …"""


@dataclass(frozen=True, slots=True)
class Attached:
    """An extension on a target, and the objects that it takes over there."""

    extension: DeclaredExtension
    match: list[Any] | None
    objects: Mapping[str, LiveObject]
    """By ``cluster/namespace``."""

    @property
    def adopted(self) -> dict[str, dict[str, Any]]:
        """The objects as an attachment names them, by ``cluster/namespace``."""
        return {place: _named(one) for place, one in sorted(self.objects.items())}


@dataclass(frozen=True, slots=True)
class DeclaredAttachment:
    """A target with its extensions."""

    name: str
    kind: TargetKind
    fqn: str
    workload_selector: Mapping[str, Any] | None
    """Of a gateway: namespace and labels."""
    namespace_selector: tuple[str, ...]
    """``cluster/namespace`` entries; of a gateway they narrow the clusters."""
    extensions: tuple[Attached, ...]

    @property
    def objects(self) -> list[LiveObject]:
        """What it takes over."""
        return [one for attached in self.extensions for one in attached.objects.values()]


@dataclass(frozen=True, slots=True)
class DeclaredPlugin:
    """A raw plugin: one object, in one or several clusters."""

    name: str
    kind: PluginKind
    objects: tuple[LiveObject, ...]
    """The same in all respects but the cluster."""

    @property
    def metadata(self) -> dict[str, Any]:
        """The metadata as the component takes them."""
        one = self.objects[0]
        named = _named(one)
        return {
            "namespace": one.namespace,
            **{key: value for key, value in named.items() if key != "name" or value != self.name},
        }

    @property
    def spec(self) -> Mapping[str, Any]:
        """The spec, in wire names."""
        return self.objects[0].spec

    @property
    def clusters(self) -> tuple[str, ...]:
        """The clusters that hold it."""
        return tuple(sorted(one.cluster for one in self.objects))


@dataclass(frozen=True, slots=True)
class Program:
    """Everything that is declared."""

    project: str
    clusters: tuple[Cluster, ...]
    extensions: tuple[DeclaredExtension, ...] = ()
    attachments: tuple[DeclaredAttachment, ...] = ()
    plugins: tuple[DeclaredPlugin, ...] = ()
    objects: tuple[LiveObject, ...] = field(default=())
    """All that it takes over."""

    def everywhere(self, plugin: DeclaredPlugin) -> bool:
        """Whether every cluster of the program holds the plugin."""
        return len(plugin.clusters) == len(self.clusters)


def _named(one: LiveObject) -> dict[str, Any]:
    found: dict[str, Any] = {"name": one.name}
    found |= {"labels": dict(sorted(one.labels.items()))} if one.labels else {}
    found |= {"annotations": dict(sorted(one.annotations.items()))} if one.annotations else {}
    return found
