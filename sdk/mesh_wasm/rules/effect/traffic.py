"""Selections that match no traffic or no proxy (family MW2xx, second part)."""

from __future__ import annotations

from collections.abc import Iterator

from mesh_wasm.findings.examples import HEAD, URL
from mesh_wasm.findings.finding import Finding, Severity, quoted
from mesh_wasm.findings.rule import Family, rule
from mesh_wasm.rules.subjects import ClusterPluginSubject, PluginSubject, Workload
from mesh_wasm.rules.walk import items, labels_of, references_of
from mesh_wasm.values.deferred import Deferred, known
from mesh_wasm.values.enums import PluginType, WorkloadMode

from .workload import GATEWAY_NAME

_GATEWAY = HEAD + URL + "  selector: {matchLabels: {istio: ingressgateway}}\n"
_SERVICE = HEAD + URL + "  targetRefs: [{kind: Service, name: shop}]\n"
_REF = "{kind: Gateway, group: gateway.networking.k8s.io, name: "

SERVER_ON_GATEWAY = rule(
    "MW201",
    Severity.ERROR,
    Family.SILENT,
    "SERVER on a gateway",
    why="All traffic of a gateway is CLIENT: the plugin is left out of the chain, and nothing says so.",
    fix="Use CLIENT or CLIENT_AND_SERVER, or leave the mode out.",
    source="Istio TrafficSelector.mode; seen live, tests/live",
    bad=_GATEWAY + "  match: [{mode: SERVER}]\n",
    good=_GATEWAY + "  match: [{mode: CLIENT}]\n",
)
PORTS_ON_WAYPOINT = rule(
    "MW206",
    Severity.ERROR,
    Family.SILENT,
    "Ports on a waypoint",
    why=(
        "A waypoint compares the ports of an HTTP plugin with 0, so a condition with ports never matches: the plugin never "
        "runs. Those of a NETWORK plugin are compared with the port of the Service, and do match."
    ),
    fix="Leave the ports out; select a Service instead.",
    source="istio pilot/pkg/networking/core/listener_waypoint.go; seen live (tests/live/test_live_waypoint.py)",
    bad=_SERVICE + "  match: [{ports: [{number: 8080}]}]\n",
    good=_SERVICE,
)
REFS_ON_CLASSIC_GATEWAY = rule(
    "MW207",
    Severity.WARNING,
    Family.SILENT,
    "targetRefs to a classic gateway",
    why="A classic gateway's pods lack the label of the Gateway API, so targetRefs never apply to them.",
    fix="Use selector with the labels of the gateway's pods.",
    source="istio pilot/pkg/model/policyattachment.go",
    bad=HEAD + URL + f"  targetRefs: [{_REF}istio-ingressgateway}}]\n",
    good=_GATEWAY,
)
SELECTOR_ON_WAYPOINT = rule(
    "MW208",
    Severity.ERROR,
    Family.SILENT,
    "A selector for a waypoint",
    why="Waypoints never honour selectors: the plugin never runs.",
    fix="Use targetRefs: the waypoint's Gateway, or a Service that it serves.",
    source="istio pilot/pkg/model/policyattachment.go",
    bad=HEAD + URL + f"  selector: {{matchLabels: {{{GATEWAY_NAME}: waypoint}}}}\n",
    good=HEAD + URL + f"  targetRefs: [{_REF}waypoint}}]\n",
)
SELECTOR_ON_GATEWAY_API = rule(
    "MW218",
    Severity.WARNING,
    Family.SILENT,
    "A selector for a gateway of the Gateway API",
    why="It works only while ENABLE_SELECTOR_BASED_K8S_GATEWAY_POLICY keeps its default, and never on a waypoint.",
    fix="Use targetRefs with the Gateway's name.",
    source="istioctl analyze, IST0166 IneffectiveSelector; istio pilot/pkg/model/policyattachment.go",
    bad=HEAD + URL + f"  selector: {{matchLabels: {{{GATEWAY_NAME}: shop}}}}\n",
    good=HEAD + URL + f"  targetRefs: [{_REF}shop}}]\n",
)
CLASS_OUTSIDE_ROOT = rule(
    "MW211",
    Severity.WARNING,
    Family.SILENT,
    "A GatewayClass outside the root namespace",
    why="Istio looks for plugins of a GatewayClass in its root namespace only: anywhere else the plugin never runs.",
    fix="Put the plugin into the root namespace, or refer to a Gateway or Service.",
    source="istio pilot/pkg/model/policyattachment.go",
    bad=HEAD + URL + "  targetRefs: [{kind: GatewayClass, group: gateway.networking.k8s.io, name: istio-waypoint}]\n",
    good=_SERVICE,
)
CLIENT_ON_WAYPOINT = rule(
    "MW270",
    Severity.ERROR,
    Family.SILENT,
    "CLIENT on a waypoint",
    why="All traffic of a waypoint is SERVER: the plugin is left out of its chains, and nothing says so.",
    fix="Use SERVER or CLIENT_AND_SERVER, or leave the mode out.",
    source="istio pilot/pkg/networking/core/listener_waypoint.go; seen live (tests/live/test_live_waypoint.py)",
    bad=_SERVICE + "  match: [{mode: CLIENT}]\n",
    good=_SERVICE + "  match: [{mode: SERVER}]\n",
)
NETWORK_ON_WAYPOINT = rule(
    "MW271",
    Severity.INFO,
    Family.SILENT,
    "A NETWORK plugin on a waypoint sees TCP ports only",
    why=(
        "On a gateway and a sidecar network filters also stand in front of HTTP. A waypoint puts them into the chains of a "
        "Service's TCP ports only: a connection to a port that is called http, http2 or grpc passes without the plugin."
    ),
    fix="Use type HTTP for ports that carry HTTP; for TCP ports nothing has to be done.",
    source="istio pilot/pkg/networking/core/listener_waypoint.go; seen live (tests/live/test_live_network.py)",
    bad=_SERVICE + "  type: NETWORK\n",
    good=_SERVICE,
)

_CLASSIC = ("istio-ingressgateway", "istio-egressgateway", "istio-eastwestgateway")
"""Names that Istio's own charts give to classic gateways."""


@SERVER_ON_GATEWAY.checks(PluginSubject)
def server_on_gateway(subject: PluginSubject) -> Iterator[Finding]:
    """A gateway's listeners are of the class CLIENT; a Gateway that is referred to may also be a waypoint."""
    sure = subject.workload is Workload.GATEWAY
    maybe = subject.workload is Workload.UNKNOWN and any(
        known(ref.kind) == "Gateway" for _, ref in references_of(subject.spec)
    )
    if not sure and not maybe:
        return
    because = f" {subject.reason}." if sure and subject.reason else ""
    for index, selector in items(subject.spec.match):
        if selector.mode == WorkloadMode.SERVER:
            says = (
                "SERVER never matches on a gateway" + ("." if sure else ", unless the Gateway is a waypoint.") + because
            )
            severity = None if sure else Severity.WARNING
            yield SERVER_ON_GATEWAY.at("match", index, "mode", says=says, severity=severity)


@PORTS_ON_WAYPOINT.checks(PluginSubject)
def ports_on_waypoint(subject: PluginSubject) -> Iterator[Finding]:
    """Only where the target is surely served by a waypoint."""
    if subject.workload is not Workload.WAYPOINT or not _is_http(subject.spec.type):
        return
    for index, selector in items(subject.spec.match):
        if known(selector.ports):
            yield PORTS_ON_WAYPOINT.at("match", index, "ports", says="on a waypoint no port ever matches.")


@CLIENT_ON_WAYPOINT.checks(PluginSubject)
def client_on_waypoint(subject: PluginSubject) -> Iterator[Finding]:
    """Only where the target is surely served by a waypoint."""
    if subject.workload is not Workload.WAYPOINT:
        return
    for index, selector in items(subject.spec.match):
        if selector.mode == WorkloadMode.CLIENT:
            yield CLIENT_ON_WAYPOINT.at("match", index, "mode", says="CLIENT never matches on a waypoint.")


@NETWORK_ON_WAYPOINT.checks(PluginSubject)
def network_on_waypoint(subject: PluginSubject) -> Iterator[Finding]:
    """Only where the target is surely served by a waypoint."""
    if subject.workload is Workload.WAYPOINT and subject.spec.type == PluginType.NETWORK:
        says = "the plugin runs on the TCP ports that the waypoint serves, and on no HTTP port."
        yield NETWORK_ON_WAYPOINT.at("type", says=says)


def _is_http(type_: object) -> bool:
    """Whether it is surely no NETWORK plugin."""
    return not isinstance(type_, Deferred) and type_ != PluginType.NETWORK


@REFS_ON_CLASSIC_GATEWAY.checks(PluginSubject)
def refs_on_classic_gateway(subject: PluginSubject) -> Iterator[Finding]:
    """The names of Istio's charts are a hint, unless the Gateway of that name is in sight."""
    if subject.reason:
        return
    for path, reference in references_of(subject.spec):
        name = known(reference.name)
        if known(reference.kind) != "Gateway":
            continue
        if name in _CLASSIC:
            says = f"{quoted(name)} is the name of a classic gateway, which targetRefs never reach."
            yield REFS_ON_CLASSIC_GATEWAY.at(*path, "name", says=says)


@SELECTOR_ON_WAYPOINT.checks(PluginSubject)
def selector_on_waypoint(subject: PluginSubject) -> Iterator[Finding]:
    """Waypoints read targetRefs only."""
    if subject.workload is Workload.WAYPOINT and subject.spec.selector is not None:
        yield SELECTOR_ON_WAYPOINT.at("selector", says="a waypoint does not look at selectors.")


@SELECTOR_ON_GATEWAY_API.checks(PluginSubject)
def selector_on_gateway_api(subject: PluginSubject) -> Iterator[Finding]:
    """Pods that carry the Gateway API's label."""
    if subject.workload is not Workload.WAYPOINT and GATEWAY_NAME in labels_of(subject.spec):
        path = ("selector", "matchLabels", GATEWAY_NAME)
        yield SELECTOR_ON_GATEWAY_API.at(*path, says="the label belongs to a gateway of the Gateway API.")


@CLASS_OUTSIDE_ROOT.checks(ClusterPluginSubject)
def class_outside_root(subject: ClusterPluginSubject) -> Iterator[Finding]:
    """GatewayClass needs the root namespace."""
    if subject.namespace in (None, subject.mesh.root_namespace):
        return
    for path, reference in references_of(subject.spec):
        if known(reference.kind) == "GatewayClass":
            says = f"namespace {subject.namespace} is not the root namespace {subject.mesh.root_namespace}."
            yield CLASS_OUTSIDE_ROOT.at(*path, "kind", says=says)
