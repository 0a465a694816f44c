"""Plugins that are aimed at a Service or ServiceEntry: only its waypoint runs them (family MW2xx)."""

from __future__ import annotations

from collections.abc import Iterator

from mesh_wasm.findings.examples import HEAD, URL, inventory
from mesh_wasm.findings.finding import Finding, Path, Severity
from mesh_wasm.findings.rule import Family, rule
from mesh_wasm.fleet.istio_patches import IstioVersion, Span, Within
from mesh_wasm.rules.subjects import SurroundedSubject
from mesh_wasm.surroundings.objects import Gateway, Namespace, Service, ServiceEntry, Thing
from mesh_wasm.surroundings.waypoints import (
    USE_WAYPOINT,
    WAYPOINT_FOR,
    UsedWaypoint,
    may_use_waypoint,
    serves_services,
    used_waypoint,
)

from ._near import by_world, weight
from .targets import named

_PLUGIN = HEAD + URL + "  targetRefs: [{kind: Service, name: shop}]\n"
_SERVICE = (
    "apiVersion: v1\nkind: Service\nmetadata: {{name: shop, namespace: edge, labels: {{{labels}}}}}\n"
    "spec: {{selector: {{app: shop}}, ports: [{{port: 80, name: http}}]}}\n---\n"
)
_USED = "istio.io/use-waypoint: waypoint"
_WAYPOINT = (
    "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\n"
    "metadata: {{name: waypoint, namespace: {namespace}{labels}}}\n"
    "spec: {{gatewayClassName: istio-waypoint, listeners: [{{name: mesh, port: 15008, protocol: HBONE}}]}}\n---\n"
)


def _service(labels: str = "") -> str:
    return _SERVICE.format(labels=labels)


def _waypoint(namespace: str = "edge", labels: str = "") -> str:
    return _WAYPOINT.format(namespace=namespace, labels=labels)


NO_WAYPOINT = rule(
    "MW224",
    Severity.WARNING,
    Family.SILENT,
    "A Service that no waypoint serves",
    why=f"Only a waypoint runs plugins aimed at a Service; a Service has one by the label {USE_WAYPOINT}, its own or its "
    "namespace's.",
    fix=f"Give the Service or its namespace the label {USE_WAYPOINT}, or select the pods behind it.",
    source="istio: serviceregistry/ambient fetchWaypointForTarget",
    bad=_service() + _PLUGIN,
    good=_service(_USED) + _PLUGIN,
)
UNFIT_WAYPOINT = rule(
    "MW225",
    Severity.WARNING,
    Family.SILENT,
    "A waypoint that does not serve the Service",
    why=f"The label {USE_WAYPOINT} names a Gateway that is no waypoint, that is there for workloads only, or that is not "
    "there at all: the traffic of the Service goes past it.",
    fix=f"Name a Gateway of class istio-waypoint whose label {WAYPOINT_FOR} is service or all.",
    source="istio: serviceregistry/ambient; Gateway label istio.io/waypoint-for",
    bad=_waypoint(labels=", labels: {istio.io/waypoint-for: workload}") + _service(_USED) + _PLUGIN,
    good=_waypoint() + _service(_USED) + _PLUGIN,
)
WAYPOINT_ELSEWHERE = rule(
    "MW226",
    Severity.ERROR,
    Family.SILENT,
    "A waypoint in another namespace than the Service",
    why="From 1.22 to 1.24 such a waypoint does not get the plugin; from 1.25 to 1.30.2 it never becomes ready. Istio "
    "1.30.3 and 1.31 have mended it.",
    fix="Update Istio to 1.30.3 or later, or give the Service a waypoint in its own namespace.",
    source="istio/istio issues and release notes of 1.30.3 and 1.31",
    bad=_waypoint("infra") + _service(f"{_USED}, istio.io/use-waypoint-namespace: infra") + _PLUGIN,
    good=_waypoint() + _service(_USED) + _PLUGIN,
    inventory=inventory("1.29"),
)
_ELSEWHERE = Span(IstioVersion(1, 22), (IstioVersion(1, 30, 3),))
"""The versions in which it does not work."""


def _served(subject: SurroundedSubject) -> Iterator[tuple[Path, Service | ServiceEntry]]:
    """The Services and ServiceEntries in sight that the plugin is aimed at."""
    for path, type_, name in named(subject):
        if type_ is not Gateway:
            found = subject.around.find(type_, subject.namespace, name)
            if isinstance(found, Service | ServiceEntry):
                yield path, found


def _used(subject: SurroundedSubject) -> Iterator[tuple[Path, Service | ServiceEntry, UsedWaypoint]]:
    for path, served in _served(subject):
        used = used_waypoint(subject.around, served)
        if used is not None:
            yield path, served, used


def _called(thing: Thing) -> str:
    return f"{type(thing).__name__} {thing.place}"


@NO_WAYPOINT.checks(SurroundedSubject)
def no_waypoint(subject: SurroundedSubject) -> Iterator[Finding]:
    """Neither the Service nor its namespace names one, as far as they are in sight; or one of them opts out."""
    for path, served in _served(subject):
        used = used_waypoint(subject.around, served)
        if used is not None and used.name is None:
            says = f"{_called(used.said_by)} opts out of waypoints ({USE_WAYPOINT}: none), so the plugin never runs."
        elif used is None and not may_use_waypoint(subject.around, served):
            home = served.namespace and subject.around.find(Namespace, None, served.namespace)
            where = "neither it nor its namespace has" if home or subject.around.is_closed else "it does not have"
            says = f"{_called(served)} uses no waypoint: {where} the label {USE_WAYPOINT}."
            if not home and not subject.around.is_closed:
                says += " The plugin runs only if its namespace, which is not among what is known here, has it."
        else:
            continue
        yield NO_WAYPOINT.at(*path, "name", says=says, severity=by_world(subject))


@UNFIT_WAYPOINT.checks(SurroundedSubject)
def unfit_waypoint(subject: SurroundedSubject) -> Iterator[Finding]:
    """The Gateway that the label names, where it is in sight."""
    for path, served, used in _used(subject):
        if used.name is None:
            continue
        gateway = subject.around.find(Gateway, used.namespace, used.name)
        if gateway is None:
            if subject.around.is_closed:
                says = f"{_called(served)} uses the waypoint {used.place}, and there is no such Gateway."
                yield UNFIT_WAYPOINT.at(*path, "name", says=says, severity=Severity.ERROR)
            continue
        if gateway.class_name is not None and not gateway.is_waypoint:
            why = f"is of class {gateway.class_name}, not istio-waypoint"
        elif serves_services(gateway) is False:
            why = f"is there for {(gateway.labels or {}).get(WAYPOINT_FOR)} only ({WAYPOINT_FOR})"
        else:
            continue
        says = f"{_called(served)} uses the waypoint {used.place}, which {why}."
        yield UNFIT_WAYPOINT.at(*path, "name", says=says, severity=weight(subject, gateway))


@WAYPOINT_ELSEWHERE.checks(SurroundedSubject)
def waypoint_elsewhere(subject: SurroundedSubject) -> Iterator[Finding]:
    """By the version of the cluster's Istio; of a version without its patch, the patch decides."""
    version = subject.mesh.istio
    affected = Within.SOME if version is None else _ELSEWHERE.holds(version)
    if affected is Within.NO:
        return
    for path, served, used in _used(subject):
        if used.name is None or used.namespace in (None, served.namespace):
            continue
        what = f"{_called(served)} uses the waypoint {used.place}, in another namespace"
        if version is None:
            says = f"{what}; before Istio 1.30.3 and 1.31 a plugin aimed at the Service does not work there."
        else:
            effect = "does not get the plugin" if version.release < (1, 25) else "never becomes ready"
            which = f"in Istio {version}" if affected is Within.YES else f"in Istio {version} before {version}.3"
            says = f"{what}: {which} such a waypoint {effect}; mended in 1.30.3 and 1.31."
        severity = None if affected is Within.YES else Severity.WARNING
        yield WAYPOINT_ELSEWHERE.at(*path, "name", says=says, severity=severity)
