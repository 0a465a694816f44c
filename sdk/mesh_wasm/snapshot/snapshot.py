"""A snapshot as a value: what one cluster held, and what could not be read of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from mesh_wasm.surroundings import Surroundings, World
from mesh_wasm.surroundings.leaves import at, text
from mesh_wasm.values.marks import UNKNOWN_MARK

from .kinds import KINDS, head

_OF_CHAINS = ("WasmPlugin", "TrafficExtension")
"""They join chains as what they are now, not as surroundings: the plan may hold them, and changed."""
_DECIDING = frozenset(kind.called for kind in KINDS)


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """An istiod of the cluster."""

    revision: str
    """Its revision; ``default`` where it was installed without one."""
    version: str | None = None
    """Istio's version, from the image or the labels of its Deployment; None where they do not tell."""
    namespace: str = "istio-system"
    tags: tuple[str, ...] = ()
    """The tags that stand for it (``istioctl tag set``), sorted."""


@dataclass(frozen=True, slots=True)
class Unread:
    """What could not be read: of such objects absence proves nothing."""

    kind: str
    """As RBAC names it: ``secrets``, ``wasmplugins.extensions.istio.io``."""
    reason: str
    """A short sentence: ``forbidden``, or what the API server said."""
    namespace: str | None = None
    """The one namespace in which; None: anywhere."""


@dataclass(frozen=True)
class Snapshot:
    """What a cluster held. Objects are plain manifests, as small as the questions about them; see :mod:`.file`."""

    cluster: str
    """Its name."""
    taken: datetime
    """When it was read, in UTC."""
    objects: tuple[Mapping[str, Any], ...] = ()
    """By group, kind, namespace and name."""
    control_planes: tuple[ControlPlane, ...] = ()
    root_namespace: str = "istio-system"
    registry_mirrors: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[Unread, ...] = ()
    namespaces_only: tuple[str, ...] | None = None
    """The namespaces that were asked for; None: all there are."""
    origin: str = ""
    """The file it was read from."""

    def of_kind(self, kind: str, group: str | None = None) -> Iterator[Mapping[str, Any]]:
        """The manifests of a kind, of whatever version."""
        for manifest in self.objects:
            if head(manifest)[1] == kind and group in (None, head(manifest)[0]):
                yield manifest

    def find(self, kind: str, namespace: str | None, name: str) -> Mapping[str, Any] | None:
        """One object, of whatever group and version; None where there is none."""
        return self._by_name.get((kind, namespace, name))

    @cached_property
    def _by_name(self) -> dict[tuple[str, str | None, str], Mapping[str, Any]]:
        found: dict[tuple[str, str | None, str], Mapping[str, Any]] = {}
        for one in self.objects:
            place = text(at(one, "metadata", "namespace")), str(at(one, "metadata", "name"))
            found.setdefault((str(one.get("kind")), *place), one)
        return found

    def has_read(self, kind: str) -> bool:
        """Whether all objects of a kind were read. ``kind`` as in :attr:`Unread.kind`."""
        return self.namespaces_only is None and all(one.kind != kind for one in self.unread)

    @property
    def is_whole(self) -> bool:
        """Whether everything could be read: then what is not here was not there."""
        return self.namespaces_only is None and not any(one.kind in _DECIDING for one in self.unread)

    @cached_property
    def namespaces(self) -> tuple[str, ...] | None:
        """The namespaces that exist, sorted; None where they could not all be read."""
        if not self.has_read("namespaces"):
            return None
        return tuple(sorted(str(at(one, "metadata", "name")) for one in self.of_kind("Namespace", "")))

    @cached_property
    def surroundings(self) -> Surroundings:
        """The objects as surroundings. The world is closed where the snapshot is whole."""
        world = World.CLOSED if self.is_whole else World.OPEN
        where = self.origin or f"the snapshot of {self.cluster}"
        return Surroundings.read(
            (_as_manifest(one) for one in self.objects if one.get("kind") not in _OF_CHAINS), world, where
        )

    def age(self, now: datetime | None = None) -> float:
        """Days since it was taken."""
        return ((now or datetime.now(UTC)) - self.taken).total_seconds() / 86_400


def _as_manifest(one: Mapping[str, Any]) -> Mapping[str, Any]:
    """A Secret as its readers expect it: with keys, and nothing in them."""
    if head(one) != ("", "Secret"):
        return one
    keys = one.get("keys")
    return {**one, "data": dict.fromkeys(keys) if isinstance(keys, list) else UNKNOWN_MARK}
