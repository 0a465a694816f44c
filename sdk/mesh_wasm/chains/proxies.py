"""The proxies of a workload, as far as they are known: which real workloads, of what kind, and what they never see."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from mesh_wasm.rules.effect.workload import workload_of_labels
from mesh_wasm.rules.subjects import Workload as Proxy
from mesh_wasm.rules.surroundings.reach import pods_reach
from mesh_wasm.surroundings import Surroundings
from mesh_wasm.surroundings.objects import Gateway, Namespace, Pods, Policy, Service, ServiceEntry
from mesh_wasm.surroundings.waypoints import USE_WAYPOINT, used_waypoint
from mesh_wasm.values.enums import PluginType

from .member import Member
from .workload import IF_WAYPOINT, UNLESS_WAYPOINT, Workload, WorkloadKind


@dataclass(frozen=True, slots=True)
class Proxies:
    """What is known of the proxies of one workload."""

    kind: Proxy = Proxy.UNKNOWN
    reason: str = ""
    """Why, as a sentence without its full stop."""
    pods: tuple[Pods, ...] = ()
    """The real workloads, as far as they are in sight."""
    waypoint: str = ""
    """What is known of the waypoint, in words; empty: nothing."""
    policies: tuple[Policy, ...] = ()
    """Istio's own policies on them, as far as they are in sight."""

    def settle(self, condition: str) -> str | None:
        """A condition with what is known of the class of a Gateway; None where it cannot hold."""
        if self.kind not in (Proxy.GATEWAY, Proxy.WAYPOINT):
            return condition
        holds = IF_WAYPOINT if self.kind is Proxy.WAYPOINT else UNLESS_WAYPOINT
        fails = UNLESS_WAYPOINT if self.kind is Proxy.WAYPOINT else IF_WAYPOINT
        parts = condition.split(", ")
        return None if fails in parts else ", ".join(part for part in parts if part != holds)

    def never_sees(self, member: Member, aim: Workload) -> str:
        """Why a plugin with that aim never runs here, in words; empty where it can."""
        if self.kind is Proxy.WAYPOINT and aim.kind is WorkloadKind.PODS:
            return "a waypoint honours no selector"
        if self.kind is Proxy.GATEWAY and not any("CLIENT" in modes for modes, _ in member.flows):
            return "SERVER never matches on a gateway"
        if self.kind is Proxy.WAYPOINT and member.layer is PluginType.HTTP:
            inbound = [ports for modes, ports in member.flows if "SERVER" in modes]
            if not inbound:
                return "CLIENT never matches on a waypoint"
            if None not in inbound:
                return "no port matches on a waypoint"
        return ""


def proxies_of(
    workload: Workload, around: Surroundings, named: Collection[Workload] = (), root_namespace: str = "istio-system"
) -> Proxies:
    """What is known of the proxies of a workload.

    :param named: The workloads of its cluster: pods that one of them names are not told once more of all the others.
    """
    if workload.kind in (WorkloadKind.SERVICE, WorkloadKind.SERVICE_ENTRY):
        return Proxies(Proxy.WAYPOINT, waypoint=_served(workload, around))
    if workload.kind is WorkloadKind.WAYPOINTS:
        return Proxies(Proxy.WAYPOINT)
    if workload.kind is WorkloadKind.GATEWAY:
        gateway = around.find(Gateway, workload.namespace, workload.name)
        if gateway is None or gateway.class_name is None:
            return Proxies()
        kind = Proxy.WAYPOINT if gateway.is_waypoint else Proxy.GATEWAY
        return Proxies(
            kind, f"Gateway {gateway.place} is of class {gateway.class_name}", policies=_targeting(gateway, around)
        )
    labels = dict(workload.labels)
    everywhere = workload.namespace is None
    found = pods_reach(labels, workload.namespace, around, workload_of_labels(labels), everywhere=everywhere)
    pods = found.selected.sure if found.selected is not None else ()
    if not labels:
        told = _named(workload, named, around)
        pods = tuple(one for one in pods if id(one) not in told)
    return Proxies(
        found.workload, found.reason, pods, _home(workload, around), _selecting(workload, around, root_namespace)
    )


def _named(workload: Workload, named: Iterable[Workload], around: Surroundings) -> set[int]:
    """The pods, by identity, that other workloads of the same namespaces take by labels."""
    return {
        id(pods)
        for one in named
        if one.kind is WorkloadKind.PODS and one.labels and workload.namespace in (None, one.namespace)
        for pods in around.pods.select(one.namespace, dict(one.labels), everywhere=one.namespace is None).sure
    }


def _served(workload: Workload, around: Surroundings) -> str:
    served: Service | ServiceEntry | None
    if workload.kind is WorkloadKind.SERVICE:
        served = around.find(Service, workload.namespace, workload.name)
    else:
        served = around.find(ServiceEntry, workload.namespace, workload.name)
    if served is None:
        return ""
    used = used_waypoint(around, served)
    if used is None:
        return f"no waypoint in sight: no label {USE_WAYPOINT}"
    return f"its waypoint is {used.place}" if used.name else "it opts out of waypoints"


def _home(workload: Workload, around: Surroundings) -> str:
    home = around.find(Namespace, None, workload.namespace) if workload.namespace else None
    name = (home.labels or {}).get(USE_WAYPOINT) if home is not None else None
    return f"their namespace uses the waypoint {name}, which honours no selector" if name and name != "none" else ""


def _targeting(gateway: Gateway, around: Surroundings) -> tuple[Policy, ...]:
    held = around.within(Policy, gateway.namespace)
    return tuple(
        one for one in held if any(target.kind == "Gateway" and target.name == gateway.name for target in one.targets)
    )


def _selecting(workload: Workload, around: Surroundings, root_namespace: str) -> tuple[Policy, ...]:
    """Policies that take all pods with the labels of the workload: of its own namespace, and of the root namespace."""
    spaces = dict.fromkeys((workload.namespace or root_namespace, root_namespace))
    index, labels = around.policies, dict(workload.labels)
    return tuple(policy for space in spaces for policy in (*index.everything(space), *index.selecting(space, labels)))
