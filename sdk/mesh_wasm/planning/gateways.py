"""Gateways in the namespaces of a default: TSB does not document whether defaults reach them.

A plugin without selector does, so whoever declares one says whether that is meant.

What surroundings tell of gateways is left out where that is asked for. What only another component of the program tells is
not: the one of the two that comes later says so, whichever it is.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from mesh_wasm.findings.finding import Finding, Severity, listed
from mesh_wasm.fleet.cluster import Cluster, Fleet, Selection
from mesh_wasm.fleet.placement import place
from mesh_wasm.model.target import Target, TargetKind
from mesh_wasm.rules import hierarchy as rules
from mesh_wasm.surroundings.objects import Role
from mesh_wasm.values.enums import DefaultGateways

from .plan import Plan

Place = tuple[str, str]
"""Cluster and namespace."""


def gateway_in(cluster: Cluster | None, namespace: str) -> str | None:
    """The workload of gateways in a namespace that is known of a cluster, in words; None where none is known."""
    if cluster is None or not cluster.surroundings:
        return None
    pods = cluster.surroundings.pods.within(namespace)
    return next((one.called for one in pods if one.role is Role.GATEWAY), None)


def without_gateways(
    target: Target, fleet: Fleet, selection: Selection
) -> tuple[frozenset[Place] | None, list[Finding]]:
    """The places of a default that hold no gateway, and what is to be said of the others; None where all are such."""
    placements, _ = place(target, fleet, selection)
    places = [(one.cluster, one.namespace) for one in placements if isinstance(one.namespace, str)]
    gateways = {(cluster.name, namespace): gateway_in(cluster, namespace) for cluster, namespace in places}
    out = {place: gateway for place, gateway in gateways.items() if gateway is not None}
    if not out:
        return None, []
    shared = sorted(f"{name} of cluster {cluster.name}" for cluster, name in places if _is_shared(cluster, name, out))
    if shared:
        says = f"namespaces with gateways are left out, and {listed(shared)} has other workloads: these would lose it."
        found = rules.LEFT_OUT.at("gateways", says=says, severity=Severity.ERROR)
    else:
        named = list(dict.fromkeys(f"{gateway} (namespace {place[1]})" for place, gateway in sorted(out.items())))
        says = f"the namespaces of {listed(named)} are left out: a plugin without selector would reach gateways."
        found = rules.LEFT_OUT.at("gateways", says=says)
    return frozenset(gateways.keys() - out.keys()), [found]


def _is_shared(cluster: Cluster, namespace: str, out: dict[Place, str]) -> bool:
    """Whether a namespace that is left out has other workloads as well."""
    if (cluster.name, namespace) not in out:
        return False
    return any(one.role in (Role.SIDECAR, Role.UNKNOWN) for one in cluster.surroundings.pods.within(namespace))


@dataclass(frozen=True, slots=True)
class _Entered:
    label: str
    """The component that declares it."""
    choice: DefaultGateways | None = None


class GatewaysOfDefaults:
    """The defaults and gateways of one program, by the namespaces in which they have plugins."""

    def __init__(self) -> None:
        self._defaults: dict[Place, dict[str, _Entered]] = defaultdict(dict)
        self._gateways: dict[Place, dict[str, _Entered]] = defaultdict(dict)

    def enter(
        self, label: str, target: Target, plan: Plan, choice: DefaultGateways | None = None, *, alone: bool = True
    ) -> list[Finding]:
        """Add a component's plan; what it has against others that were added before.

        ``choice``: of a default, whether it reaches gateways.
        ``alone``: whether nobody else looks for gateways in the surroundings.
        """
        is_default = target.kind is TargetKind.DEFAULT_SETTING
        if not is_default and not target.kind.is_gateway:
            return []
        clusters = {(one.cluster.name, one.namespace): one.cluster for one in plan.plugins}
        met: dict[tuple[str, str, DefaultGateways | None], None] = {}
        for (name, namespace), cluster in clusters.items():
            if not isinstance(namespace, str):
                continue
            where = f" (namespace {namespace})"
            if is_default:
                there = [one.label for one in self._gateways[name, namespace].values() if one.label != label]
                known = gateway_in(cluster, namespace) if alone and not there and choice is None else None
                met |= {(f"{one}{where}", "", choice): None for one in (*there, *([known] if known else []))}
                self._defaults[name, namespace][label] = _Entered(label, choice)
            else:
                others = self._defaults[name, namespace].values()
                met |= {(where, one.label, one.choice): None for one in others if one.label != label}
                self._gateways[name, namespace][label] = _Entered(label)
        reached = [one for one in met if one[2] is not DefaultGateways.INCLUDE]
        return [finding for choice in _CHOICES for finding in _findings([one for one in reached if one[2] is choice])]


_CHOICES = (None, DefaultGateways.LEAVE_OUT)


def _findings(met: list[tuple[str, str, DefaultGateways | None]]) -> list[Finding]:
    """What is said of defaults that meet gateways, all of which have made the same choice."""
    if not met:
        return []
    gateways = [gateway for gateway, default, _ in met if not default]
    defaults = list(dict.fromkeys(default for _, default, _ in met if default))
    if met[0][2] is None:
        what = f"it reaches the pods of {listed(gateways)} as well" if gateways else ""
        what = what or f"{listed(defaults)} reaches its pods as well"
        return [rules.GATEWAYS_REACHED.at(says=f"{what}; TSB does not document whether defaults do.", fix=_CHOOSE)]
    if gateways:
        what = f"gateways are to be left out, and it reaches the pods of {listed(gateways)}"
    else:
        what = f"{listed(defaults)} is to leave gateways out, and reaches its pods"
    says = f"{what}: only another component tells of them."
    return [rules.LEFT_OUT.at(says=says, severity=Severity.ERROR, fix=_LIST)]


_CHOOSE = "Say whether it is meant: gateways='include' or 'leave-out' on the default."
_LIST = (
    "List the namespace in replaced_in of the default, or declare the gateway's workload in the cluster's surroundings."
)
