"""Workloads: the sets of proxies that plugins are aimed at, and which of two sets can meet in one proxy.

As istiod does it (pilot/pkg/model/policyattachment.go): a selector takes pods of the plugin's own namespace, in
the root namespace of all namespaces; ``targetRefs`` take Gateways of the Gateway API, and waypoints by what they serve;
waypoints never honour selectors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name"
"""Label of the pods of a Gateway of the Gateway API."""
WAYPOINT_CLASS = "istio-waypoint"
"""The GatewayClass of waypoints: the only one that a plugin can refer to."""

UNLESS_WAYPOINT = "unless it is a waypoint"
IF_WAYPOINT = "if it is a waypoint"
"""Conditions on a Gateway whose class is not known here."""


class WorkloadKind(StrEnum):
    """What kind of proxies."""

    PODS = "pods"
    """Sidecars, and gateways that are installed as plain deployments."""
    GATEWAY = "gateway"
    """The proxies of one Gateway of the Gateway API; perhaps a waypoint, the Gateway's class is not known here."""
    SERVICE = "service"
    """The waypoint's listener for one Service."""
    SERVICE_ENTRY = "serviceEntry"
    """The waypoint's listener for one ServiceEntry."""
    WAYPOINTS = "waypoints"
    """All waypoints of the mesh."""

    @property
    def is_waypoint(self) -> bool:
        """Whether the proxies are waypoints for certain."""
        return self in (WorkloadKind.SERVICE, WorkloadKind.SERVICE_ENTRY, WorkloadKind.WAYPOINTS)


_REFERENCES = {
    ("gateway.networking.k8s.io", "Gateway"): WorkloadKind.GATEWAY,
    ("", "Service"): WorkloadKind.SERVICE,
    ("networking.istio.io", "ServiceEntry"): WorkloadKind.SERVICE_ENTRY,
    ("gateway.networking.k8s.io", "GatewayClass"): WorkloadKind.WAYPOINTS,
}
_WORDS = {
    WorkloadKind.GATEWAY: "Gateway",
    WorkloadKind.SERVICE: "waypoint of Service",
    WorkloadKind.SERVICE_ENTRY: "waypoint of ServiceEntry",
}


@dataclass(frozen=True, slots=True, order=True)
class Workload:
    """One set of proxies of a cluster."""

    kind: WorkloadKind
    namespace: str | None = None
    """None: of all namespaces."""
    labels: tuple[tuple[str, str], ...] = ()
    """Pods: the labels that they carry, sorted; empty: all pods."""
    name: str = ""
    """Name of the Gateway, Service or ServiceEntry."""

    @property
    def title(self) -> str:
        """How it is called in reports."""
        where = "whole mesh" if self.namespace is None else self.namespace
        if self.kind is WorkloadKind.WAYPOINTS:
            return f"{where} · every waypoint"
        if self.kind is not WorkloadKind.PODS:
            return f"{where} · {_WORDS[self.kind]} {self.name}"
        return f"{where} · {', '.join(f'{key}={value}' for key, value in self.labels) or 'every workload'}"


def aims(namespace: str, root_namespace: str, spec: Mapping[str, Any]) -> tuple[Workload, ...]:
    """The sets of proxies that a plugin is aimed at; none if it can reach nothing. The spec is in wire form and known.

    References and labels of a wrong type reach nothing, or say nothing: the rules tell of them.
    """
    references = spec.get("targetRefs") or ([spec["targetRef"]] if spec.get("targetRef") else [])
    if references:
        known = [one for one in references if isinstance(one, Mapping)] if isinstance(references, list) else []
        found = (_referenced(reference, namespace, root_namespace) for reference in known)
        return tuple(sorted({workload for workload in found if workload is not None}))
    labels = _labels(spec)
    where = None if namespace == root_namespace else namespace
    if where is not None and list(labels) == [GATEWAY_NAME]:
        return (Workload(WorkloadKind.GATEWAY, where, name=labels[GATEWAY_NAME]),)
    return (Workload(WorkloadKind.PODS, where, tuple(sorted(labels.items()))),)


def _labels(spec: Mapping[str, Any]) -> dict[str, str]:
    selector = spec.get("selector")
    labels = selector.get("matchLabels") if isinstance(selector, Mapping) else None
    if not isinstance(labels, Mapping):
        return {}
    return {str(key): value if isinstance(value, str) else str(value) for key, value in labels.items()}


def _referenced(reference: Mapping[str, Any], namespace: str, root_namespace: str) -> Workload | None:
    group = reference.get("group") or ""
    kind = _REFERENCES.get(("" if group == "core" else group, str(reference.get("kind"))))
    name = str(reference.get("name"))
    if kind is WorkloadKind.WAYPOINTS:
        return Workload(kind) if namespace == root_namespace and name == WAYPOINT_CLASS else None
    return None if kind is None else Workload(kind, namespace, name=name)


def condition(aim: Workload, workload: Workload) -> str | None:
    """When a plugin with this aim runs on the proxies of ``workload``: "" always, a text if it depends, None never.

    A workload without labels stands for those pods that no selector of their namespace takes.
    """
    if workload.kind.is_waypoint:
        return _condition_on_waypoint(aim, workload)
    if aim.kind.is_waypoint:
        return IF_WAYPOINT if workload.kind is WorkloadKind.GATEWAY and aim.namespace is None else None
    if aim.namespace not in (None, workload.namespace):
        return None
    if aim.kind is WorkloadKind.GATEWAY:
        return "" if aim == workload else None
    if workload.kind is WorkloadKind.GATEWAY:
        missing = _missing(aim, {GATEWAY_NAME: workload.name})
        return None if missing is None else f"{UNLESS_WAYPOINT}{missing and f', {missing}'}"
    if not workload.labels and aim.labels and aim.namespace == workload.namespace:
        return None
    return _missing(aim, dict(workload.labels))


def both(one: str | None, other: str | None) -> str | None:
    """Two conditions as one; None where they cannot hold together."""
    if one is None or other is None:
        return None
    parts = dict.fromkeys(part for text in (one, other) for part in text.split(", ") if part)
    return None if {UNLESS_WAYPOINT, IF_WAYPOINT} <= parts.keys() else ", ".join(parts)


def _condition_on_waypoint(aim: Workload, workload: Workload) -> str | None:
    if aim == workload or aim.kind is WorkloadKind.WAYPOINTS:
        return ""
    if aim.kind is WorkloadKind.GATEWAY and aim.namespace == workload.namespace:
        return f"if Gateway {aim.name} is its waypoint"
    return None


def _missing(aim: Workload, labels: Mapping[str, str]) -> str | None:
    """Which labels the pods need besides; None if theirs contradict."""
    if any(labels.get(key, value) != value for key, value in aim.labels):
        return None
    missing = [f"{key}={value}" for key, value in aim.labels if key not in labels]
    return f"only with {', '.join(missing)}" if missing else ""


def can_meet(one: Workload, other: Workload) -> bool:
    """Whether some proxy can belong to both: one pod could carry both label sets, one Gateway be the other's waypoint."""
    if one.namespace != other.namespace and None not in (one.namespace, other.namespace):
        return False
    kinds = {one.kind, other.kind}
    if kinds == {WorkloadKind.PODS}:
        return _missing(one, dict(other.labels)) is not None
    if kinds == {WorkloadKind.PODS, WorkloadKind.GATEWAY}:
        pods, gateway = (one, other) if one.kind is WorkloadKind.PODS else (other, one)
        return _missing(pods, {GATEWAY_NAME: gateway.name}) is not None
    if WorkloadKind.PODS in kinds:
        return False
    return one.name == other.name if len(kinds) == 1 else True


def every_pair(ones: tuple[Workload, ...], others: tuple[Workload, ...]) -> Iterator[tuple[Workload, Workload]]:
    """All pairs of two plugins' aims."""
    return ((one, other) for one in ones for other in others)
