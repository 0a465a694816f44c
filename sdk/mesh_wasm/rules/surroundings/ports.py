"""Ports of a match that are those of a Service, where Istio compares those of its pods (family MW2xx)."""

from __future__ import annotations

from collections.abc import Iterator

from mesh_wasm.findings.examples import GOOD
from mesh_wasm.findings.finding import Finding, Severity, listed
from mesh_wasm.findings.rule import Family, rule
from mesh_wasm.rules.subjects import SurroundedSubject, Workload
from mesh_wasm.rules.walk import items, match_ports
from mesh_wasm.surroundings.objects import Pods, Service
from mesh_wasm.values.enums import WorkloadMode

_SERVICE = (
    "apiVersion: v1\nkind: Service\nmetadata: {name: shop, namespace: edge}\n"
    "spec: {selector: {app: shop-gateway}, ports: [{port: 443, targetPort: 8443}]}\n---\n"
)

SERVICE_PORT = rule(
    "MW230",
    Severity.WARNING,
    Family.SILENT,
    "The port of a Service, where that of the pods is compared",
    why="What comes into a sidecar, and all traffic of a gateway, is compared with the port on which the pods listen: the "
    "targetPort. The port of the Service never matches there.",
    fix="Write the targetPort.",
    source="istio pilot/pkg/model/gateway.go (resolvePorts), listener_inbound.go",
    bad=_SERVICE + GOOD + "  match: [{ports: [{number: 443}]}]\n",
    good=_SERVICE + GOOD + "  match: [{ports: [{number: 8443}]}]\n",
)


@SERVICE_PORT.checks(SurroundedSubject)
def service_port(subject: SurroundedSubject) -> Iterator[Finding]:
    """A port that a Service in front of the pods translates, and that none of them leaves as it is."""
    if subject.reach.labels is None or subject.reach.workload is Workload.WAYPOINT:
        return
    modes = {index: selector.mode for index, selector in items(subject.spec.match)}
    asked = [one for one in match_ports(subject.spec) if _is_inbound(subject, modes.get(one[0]))]
    if not asked:
        return
    pods = subject.reach.selected.sure if subject.reach.selected is not None else ()
    listened: set[int] = {port for one in pods for port in one.ports.values()}
    behind: dict[int, tuple[Service, set[int]]] = {}
    for service in _services(subject, pods):
        for port in service.ports:
            targets = _resolved(port.target, pods)
            if not targets:
                return  # a port that is not known could be any
            listened |= targets
            behind.setdefault(port.number, (service, set()))[1].update(targets)
    for selector, index, number in asked:
        if number in behind and number not in listened:
            service, targets = behind[number]
            there = listed([str(target) for target in sorted(targets)])
            says = f"{number} is the port of Service {service.place}; its pods listen on {there}, which is compared."
            path = ("match", selector, "ports", index, "number")
            yield SERVICE_PORT.at(*path, says=says, fix=f"Write {there}.")


def _is_inbound(subject: SurroundedSubject, mode: object) -> bool:
    """Whether a condition looks at what comes in, or at a gateway: calls that go out are compared with Services' ports."""
    if subject.reach.workload is Workload.GATEWAY:
        return mode != WorkloadMode.SERVER
    return mode != WorkloadMode.CLIENT


def _services(subject: SurroundedSubject, pods: tuple[Pods, ...]) -> list[Service]:
    """The Services in front of the pods: those of the asked labels, else those of the workloads in sight."""
    index = subject.around.services
    found = {id(one): one for one in index.selecting(subject.namespace, subject.reach.labels)}
    for one in pods:
        found |= {id(service): service for service in index.selecting(one.namespace, one.labels)}
    return list(found.values())


def _resolved(target: int | str | None, pods: tuple[Pods, ...]) -> set[int]:
    """The ports that a targetPort stands for; none where that cannot be told."""
    if isinstance(target, int):
        return {target}
    return {one.ports[target] for one in pods if target in one.ports} if target is not None else set()
