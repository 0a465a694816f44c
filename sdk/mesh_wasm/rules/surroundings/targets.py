"""targetRefs among the objects that they name: there, elsewhere, or of a kind that runs no plugin (family MW2xx)."""

from __future__ import annotations

from collections.abc import Iterator

from mesh_wasm.findings.examples import HEAD, URL
from mesh_wasm.findings.finding import Finding, Path, Severity, listed, quoted
from mesh_wasm.findings.rule import Family, rule
from mesh_wasm.rules.effect.workload import GATEWAY_NAME
from mesh_wasm.rules.subjects import SurroundedSubject
from mesh_wasm.rules.walk import references_of
from mesh_wasm.surroundings import Surroundings
from mesh_wasm.surroundings.objects import Gateway, GatewayClass, Service, ServiceEntry
from mesh_wasm.values.deferred import known

from ._near import by_world, weight

_REF = "  targetRefs: [{kind: Gateway, group: gateway.networking.k8s.io, name: front}]\n"
_PLUGIN = HEAD + URL + _REF
_GATEWAY = (
    "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {{name: front, namespace: {namespace}}}\n"
    "spec:\n  gatewayClassName: {of}\n{more}  listeners: [{{name: http, port: 80, protocol: HTTP}}]\n---\n"
)
_CLASS = (
    "apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {name: public}\n"
    "spec: {controllerName: gateway.envoyproxy.io/gatewayclass-controller}\n---\n"
)
_BY_HAND = "  addresses: [{type: Hostname, value: istio-ingressgateway.istio-system.svc.cluster.local}]\n"


def _with_gateway(namespace: str = "edge", of: str = "istio", more: str = "") -> str:
    return _GATEWAY.format(namespace=namespace, of=of, more=more) + _PLUGIN


ELSEWHERE = rule(
    "MW220",
    Severity.ERROR,
    Family.SILENT,
    "The target stands in another namespace",
    why="targetRefs find objects of the plugin's own namespace only; one of the same name elsewhere is never reached.",
    fix="Put the plugin into the namespace of its target.",
    source="istio pilot/pkg/model/policyattachment.go",
    bad=_with_gateway("ingress"),
    good=_with_gateway(),
)
ABSENT = rule(
    "MW221",
    Severity.ERROR,
    Family.SILENT,
    "There is no such target",
    why="All objects of the cluster are known, and the one that the plugin is aimed at is not among them: it never runs.",
    fix="Correct the name, or create the target.",
    source="istio pilot/pkg/model/policyattachment.go",
    bad=_PLUGIN,
    good=_with_gateway(),
    inventory="clusters:\n  east: {surroundings: {objects: [], complete: true}}\n",
)
BY_HAND = rule(
    "MW222",
    Severity.WARNING,
    Family.SILENT,
    "targetRefs to a Gateway that was deployed by hand",
    why=(
        "Where a Gateway has an address of type Hostname, or several addresses, Istio makes no pods for it: it configures "
        "a gateway that was deployed by hand, whose pods lack the label that targetRefs go by."
    ),
    fix=f"Use selector with the labels of the gateway's pods, or give these pods the label {GATEWAY_NAME}.",
    source="istio pilot/pkg/config/kube/gateway (IsManaged); policyattachment.go",
    bad=_with_gateway(more=_BY_HAND),
    good=_with_gateway(),
)
OTHER_CLASS = rule(
    "MW223",
    Severity.ERROR,
    Family.SILENT,
    "targetRefs to a Gateway that is not Istio's",
    why="Another controller makes the pods of this Gateway: no Istio proxy runs there, so no plugin does.",
    fix="Aim at a Gateway of class istio, or at the workloads behind it.",
    source="Gateway API: GatewayClass.spec.controllerName; istio pilot/pkg/config/kube/gateway (gatewayclass.go)",
    bad=_CLASS + _with_gateway(of="public"),
    good=_with_gateway(),
)

TYPES: dict[tuple[str, str], type[Gateway | Service | ServiceEntry]] = {
    ("gateway.networking.k8s.io", "Gateway"): Gateway,
    ("", "Service"): Service,
    ("core", "Service"): Service,
    ("networking.istio.io", "ServiceEntry"): ServiceEntry,
}
"""What a reference can name, by API group and kind."""
_FOREIGN = frozenset(
    {
        *("amazon-vpc-lattice", "azure-alb-external", "azure-alb-internal", "cilium", "contour", "eg", "envoy"),
        *("envoy-gateway", "gloo-gateway", "haproxy", "kgateway", "kong", "nginx", "traefik", "tyk-gateway"),
    }
)
"""Classes by the names that other controllers' documentation gives them."""


def named(subject: SurroundedSubject) -> Iterator[tuple[Path, type[Gateway | Service | ServiceEntry], str]]:
    """The references of a plugin whose kind and name are known: path, type and name."""
    if subject.reach.labels is not None:
        return  # it has a selector, or none
    for path, reference in references_of(subject.spec):
        group, kind, name = known(reference.group) or "", known(reference.kind), known(reference.name)
        type_ = TYPES.get((group, kind or ""))
        if type_ is not None and name:
            yield path, type_, name


@ELSEWHERE.checks(SurroundedSubject)
def elsewhere(subject: SurroundedSubject) -> Iterator[Finding]:
    """Not in the namespace of the plugin, and in sight in another one."""
    for path, type_, name in named(subject):
        if subject.namespace is None or subject.around.find(type_, subject.namespace, name) is not None:
            continue
        there = subject.around.named(type_, name)
        spaces = [one.namespace for one in there if one.namespace is not None]
        if not spaces or len(spaces) < len(there):
            continue  # one without a namespace may be meant for that of the plugin
        says = (
            f"{type_.__name__} {name} stands in namespace {listed(sorted(spaces))}; "
            f"targetRefs find objects of namespace {subject.namespace} only."
        )
        fix = f"Put the plugin into namespace {spaces[0]}." if len(spaces) == 1 else None
        yield ELSEWHERE.at(*path, "name", says=says, fix=fix, severity=weight(subject, there[0]))


@ABSENT.checks(SurroundedSubject)
def absent(subject: SurroundedSubject) -> Iterator[Finding]:
    """Nowhere at all; only where everything is known."""
    for path, type_, name in named(subject):
        if subject.around.is_closed and not subject.around.named(type_, name):
            says = f"namespace {subject.namespace} has no {type_.__name__} {quoted(name)}."
            yield ABSENT.at(*path, "name", says=says)


def _gateways(subject: SurroundedSubject) -> Iterator[tuple[Path, Gateway]]:
    for path, type_, name in named(subject):
        if type_ is Gateway:
            gateway = subject.around.find(Gateway, subject.namespace, name)
            if gateway is not None:
                yield path, gateway


@BY_HAND.checks(SurroundedSubject)
def by_hand(subject: SurroundedSubject) -> Iterator[Finding]:
    """Unless pods in sight have been given the label."""
    for path, gateway in _gateways(subject):
        labelled = subject.around.pods.select(gateway.namespace, {GATEWAY_NAME: gateway.name})
        if not gateway.is_manual or not labelled.is_none or controller_is_foreign(subject.around, gateway):
            continue
        kinds = sorted({address.type for address in gateway.addresses})
        what = f"an address of type {kinds[0]}" if len(gateway.addresses) == 1 else "several addresses"
        says = f"Gateway {gateway.place} has {what}: it was deployed by hand, and targetRefs do not reach its pods."
        yield BY_HAND.at(*path, "name", says=says, severity=by_world(subject))


@OTHER_CLASS.checks(SurroundedSubject)
def other_class(subject: SurroundedSubject) -> Iterator[Finding]:
    """By the controller of its class, else by a name that another controller's class usually has."""
    for path, gateway in _gateways(subject):
        sure = controller_is_foreign(subject.around, gateway)
        if sure or (sure is None and gateway.class_name in _FOREIGN):
            controller = _controller(subject.around, gateway)
            whose = f", whose controller is {controller}" if controller else ", which is not one of Istio's"
            says = f"Gateway {gateway.place} is of class {gateway.class_name}{whose}."
            severity = Severity.ERROR if sure else Severity.WARNING
            yield OTHER_CLASS.at(*path, "name", says=says, severity=severity)


def _controller(around: Surroundings, gateway: Gateway) -> str | None:
    made = around.find(GatewayClass, None, gateway.class_name) if gateway.class_name else None
    return None if made is None else made.controller


def controller_is_foreign(around: Surroundings, gateway: Gateway) -> bool | None:
    """Whether another controller than Istio's makes the Gateway; None where its class is not in sight.

    OpenShift's controller hands its Gateways to an Istio of its own.
    """
    controller = _controller(around, gateway)
    if controller is None:
        return None
    return not controller.startswith(("istio.io/", "openshift.io/"))
