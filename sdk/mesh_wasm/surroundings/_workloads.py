"""Reading workloads: the labels of their pods, the ports of their containers, and the proxy in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .labels import Labels
from .leaves import at, labels, mapping, maps, number, text
from .objects import Pods, Role

_TEMPLATE = ("spec", "template")
TEMPLATES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("apps", "Deployment"): _TEMPLATE,
    ("apps", "StatefulSet"): _TEMPLATE,
    ("apps", "DaemonSet"): _TEMPLATE,
    ("apps", "ReplicaSet"): _TEMPLATE,
    ("batch", "Job"): _TEMPLATE,
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
    ("argoproj.io", "Rollout"): _TEMPLATE,
    ("", "Pod"): (),
    ("networking.istio.io", "WorkloadGroup"): (),
    ("networking.istio.io", "WorkloadEntry"): (),
}
"""Where the pod's template stands, by API group and kind."""

MANAGED = "gateway.istio.io/managed"
_CONTROLLERS = {"istio.io-mesh-controller": Role.WAYPOINT, "istio.io-gateway-controller": Role.GATEWAY}
_INJECT = "sidecar.istio.io/inject"
_INJECT_TEMPLATES = "inject.istio.io/templates"


def read_pods(group: str, value: Mapping[str, Any], common: dict[str, Any]) -> Pods:
    """The pods of a workload. ``common``: what all objects have."""
    kind = str(value["kind"])
    template = mapping(at(value, *TEMPLATES[group, kind]))
    if kind == "WorkloadGroup":
        carried = labels(at(value, "spec", "metadata", "labels"))
    elif kind == "WorkloadEntry":
        carried = _both(labels(at(value, "metadata", "labels")), labels(at(value, "spec", "labels")))
    else:
        carried = labels(at(template, "metadata", "labels"))
    is_virtual = group == "networking.istio.io"
    role = Role.SIDECAR if is_virtual else _role(template, carried or {})
    ports = dict(_ports(template)) if not is_virtual else {}
    own = common["labels"]
    return Pods(**{**common, "labels": carried}, kind=kind, role=role, ports=ports, owner=_owner(value), own_labels=own)


def _both(one: Labels | None, other: Labels | None) -> Labels | None:
    return None if one is None or other is None else {**one, **other}


def _role(template: Mapping[str, Any], carried: Labels) -> Role:
    """The proxy that the template asks for by labels, annotations or a container of its own."""
    managed = _CONTROLLERS.get(carried.get(MANAGED) or "")
    if managed is not None:
        return managed
    notes = mapping(at(template, "metadata", "annotations"))
    injected = (text(notes.get(_INJECT_TEMPLATES)) or "").replace(" ", "").split(",")
    for role in (Role.WAYPOINT, Role.GATEWAY):
        if str(role) in injected:
            return role
    found = Role.UNKNOWN
    for container in maps(at(template, "spec", "containers")):
        args = container.get("args")
        words = set(filter(None, map(text, args))) if isinstance(args, list | tuple) else set()
        if "proxy" in words and words & {"router", "waypoint", "sidecar"}:
            found = Role.GATEWAY if "router" in words else Role.WAYPOINT if "waypoint" in words else Role.SIDECAR
    if found is not Role.UNKNOWN:
        return found
    asked = text(carried.get(_INJECT)) or text(notes.get(_INJECT))
    if asked == "false":
        return Role.NONE
    return Role.SIDECAR if asked == "true" else Role.UNKNOWN


def _ports(template: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for container in maps(at(template, "spec", "containers")):
        for port in maps(container.get("ports")):
            held = number(port.get("containerPort"))
            if held is not None:
                yield text(port.get("name")) or str(held), held


def _owner(value: Mapping[str, Any]) -> tuple[str, str] | None:
    for one in maps(at(value, "metadata", "ownerReferences")):
        kind, name = text(one.get("kind")), text(one.get("name"))
        if kind and name and one.get("controller") is True:
            return kind, name
    return None
