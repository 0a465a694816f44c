"""Pods: which of them a plan touches, which of those can be asked, and which are asked where a sample is enough."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mesh_wasm.chains.workload import GATEWAY_NAME
from mesh_wasm.surroundings.leaves import at, mapping, maps, text

from .planned import Planned

PROXY_CONTAINER = "istio-proxy"
"""Of sidecars, gateways and waypoints alike."""

GATEWAY_CLASS = "gateway.networking.k8s.io/gateway-class-name"
MANAGED = "gateway.istio.io/managed"
_WAYPOINTS = ("istio.io-mesh-controller", "istio-waypoint")
"""What the two labels say of a waypoint."""
_OF_WAYPOINTS = ("Service", "ServiceEntry", "GatewayClass")


@dataclass(frozen=True, slots=True)
class Pod:
    """What decides of a pod."""

    namespace: str
    name: str
    labels: Mapping[str, str]
    workload: str
    """Kind and name of its controller, ``ReplicaSet shop-5d8f``; of one without, its own."""
    has_proxy: bool
    phase: str = "Running"
    node: str = ""
    is_ending: bool = False
    """Whether it is being deleted."""

    @property
    def place(self) -> str:
        """``namespace/name``."""
        return f"{self.namespace}/{self.name}"

    @property
    def is_waypoint(self) -> bool:
        """Whether it belongs to a waypoint, as its labels say."""
        return self.labels.get(GATEWAY_CLASS) in _WAYPOINTS or self.labels.get(MANAGED) in _WAYPOINTS

    @property
    def over(self) -> str:
        """Why nothing is to be expected of it; empty where something is."""
        if self.is_ending:
            return "being deleted."
        if self.phase in ("Succeeded", "Failed"):
            return f"ended ({self.phase})."
        return "" if self.has_proxy else f"no proxy there (no container {PROXY_CONTAINER}), so no plugin runs."

    @property
    def early(self) -> str:
        """Why it cannot be asked yet; empty where it can."""
        return "" if self.phase == "Running" and self.node else f"not running yet ({self.phase or 'no phase'})."

    @classmethod
    def read(cls, manifest: Mapping[str, Any]) -> Pod:
        """The pod of a manifest."""
        metadata, spec = mapping(manifest.get("metadata")), mapping(manifest.get("spec"))
        name = str(metadata.get("name"))
        made_by = next((one for one in maps(metadata.get("ownerReferences")) if one.get("controller")), None)
        containers = [
            *maps(spec.get("containers")),
            *maps(spec.get("initContainers")),
        ]  # of a native sidecar the latter
        return cls(
            str(metadata.get("namespace")),
            name,
            {str(key): str(value) for key, value in mapping(metadata.get("labels")).items()},
            f"{made_by.get('kind')} {made_by.get('name')}" if made_by else f"Pod {name}",
            any(one.get("name") == PROXY_CONTAINER for one in containers),
            text(at(manifest, "status", "phase")) or "",
            text(spec.get("nodeName")) or "",
            bool(metadata.get("deletionTimestamp")),
        )


@dataclass(frozen=True, slots=True)
class Homes:
    """In which namespaces there may be pods that a plan touches."""

    namespaces: tuple[str, ...] | None
    """Sorted; None: in all."""
    waypoints: bool
    """Whether waypoints of any namespace may serve what it is aimed at."""


def homes(planned: Iterable[Planned], root: str) -> Homes:
    """Where to look for the pods of a plan's plugins, all of one cluster."""
    known = [one for one in planned if one.named]
    names = {one.namespace for one in known}
    return Homes(
        None if root in names and any(not one.targets for one in known if one.namespace == root)
        else tuple(sorted(names)),
        any(target.get("kind") in _OF_WAYPOINTS for one in known for target in one.targets),
    )  # fmt: skip


def touches(plugin: Planned, pod: Pod, root: str) -> bool:
    """Whether a plugin may run in a pod, as far as namespace and labels tell; of a waypoint its dump tells the rest."""
    if not plugin.named:
        return False
    if plugin.targets:
        return any(_meets(target, plugin, pod) for target in plugin.targets)
    if pod.is_waypoint or plugin.namespace not in (pod.namespace, root):
        return False
    wanted = mapping(mapping(plugin.spec.get("selector")).get("matchLabels"))
    return all(pod.labels.get(key) == value for key, value in wanted.items())


def _meets(target: Mapping[str, Any], plugin: Planned, pod: Pod) -> bool:
    if target.get("kind") == "Gateway":
        return plugin.namespace == pod.namespace and pod.labels.get(GATEWAY_NAME) == target.get("name")
    return pod.is_waypoint and target.get("kind") in _OF_WAYPOINTS


def touched(pods: Iterable[Pod], planned: Sequence[Planned], root: str) -> list[Pod]:
    """The pods that a plan touches, by namespace and name."""
    found = [pod for pod in pods if any(touches(plugin, pod, root) for plugin in planned)]
    return sorted(found, key=lambda pod: (pod.namespace, pod.name))


def sampled(pods: Collection[Pod], most: int | None) -> tuple[list[Pod], dict[tuple[str, str], tuple[int, int]]]:
    """So many pods of each workload, and what is left out: by namespace and workload how many of how many are asked.

    The choice follows from the names alone, so that two runs ask the same pods. A Deployment has one workload for each
    of its ReplicaSets: in a roll-out the old one and the new one are asked.
    """
    groups: dict[tuple[str, str], list[Pod]] = {}
    for pod in pods:
        groups.setdefault((pod.namespace, pod.workload), []).append(pod)
    if most is None:
        return list(pods), {}
    chosen = {pod.place for group in groups.values() for pod in sorted(group, key=_lot)[:most]}
    left = {place: (most, len(group)) for place, group in sorted(groups.items()) if len(group) > most}
    return [pod for pod in pods if pod.place in chosen], left


def _lot(pod: Pod) -> str:
    return hashlib.sha256(pod.place.encode()).hexdigest()
