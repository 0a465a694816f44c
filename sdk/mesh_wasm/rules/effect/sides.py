"""Which side of a sidecar a plugin stands on, and labels that Istio no longer sets (family MW2xx)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mesh_wasm.findings.examples import HEAD, URL
from mesh_wasm.findings.finding import Finding, Severity
from mesh_wasm.findings.rule import Family, rule
from mesh_wasm.rules.subjects import ClusterPluginSubject, PluginSubject, Workload
from mesh_wasm.rules.walk import items, labels_of, references_of
from mesh_wasm.values.deferred import Deferred
from mesh_wasm.values.enums import PluginPhase, WorkloadMode

from .workload import GATEWAY_NAME

_SIDECAR = HEAD + URL + "  selector: {matchLabels: {app: reviews}}\n  phase: AUTHZ\n"
OLD_NAME = "istio.io/gateway-name"

BOTH_SIDES = rule(
    "MW228",
    Severity.WARNING,
    Family.SILENT,
    "A plugin of phase AUTHN or AUTHZ that judges outgoing calls",
    why="On a sidecar a plugin without match runs on what comes in and on what the workload itself calls: it asks the "
    "workload's own calls for credentials that only callers have. CLIENT is what goes out, SERVER is what comes in.",
    fix="Write match: [{mode: SERVER}].",
    source="Istio TrafficSelector.mode",
    bad=_SIDECAR,
    good=_SIDECAR + "  match: [{mode: SERVER}]\n",
)
OLD_GATEWAY_NAME = rule(
    "MW227",
    Severity.WARNING,
    Family.SILENT,
    "A label that Istio sets no longer",
    why=f"Pods of Gateways had the label {OLD_NAME} until Istio 1.23; since 1.24 they have {GATEWAY_NAME} only.",
    fix="Use targetRefs with the Gateway's name.",
    source="Istio 1.24 upgrade notes",
    bad=HEAD + URL + f"  selector: {{matchLabels: {{{OLD_NAME}: shop}}}}\n",
    good=HEAD + URL + "  targetRefs: [{kind: Gateway, group: gateway.networking.k8s.io, name: shop}]\n",
)

_LIKE_GATEWAY = re.compile(
    r"gateway|ingress|egress|(^|[-_.])(gw|edge|lb|router|waypoint|proxy)($|[-_.])", re.IGNORECASE
)
"""Values of labels that gateways usually have."""
_INBOUND = frozenset({WorkloadMode.SERVER})


@BOTH_SIDES.checks(PluginSubject)
def both_sides(subject: PluginSubject) -> Iterator[Finding]:
    """Only where it is aimed at sidecars, or at pods of which nothing says that they are a gateway."""
    spec = subject.spec
    if spec.phase not in (PluginPhase.AUTHN, PluginPhase.AUTHZ) or isinstance(spec.match, Deferred):
        return
    modes = {selector.mode for _, selector in items(spec.match)}
    if (modes and modes <= _INBOUND) or any(isinstance(mode, Deferred) for mode in modes):
        return
    sure = subject.workload is Workload.SIDECAR
    if not sure:
        labels = labels_of(spec)
        if (
            subject.workload is not Workload.UNKNOWN
            or any(references_of(spec))
            or not labels
            or any(_LIKE_GATEWAY.search(value or "") for value in labels.values())
        ):
            return
    incoming = not modes or bool(modes - {WorkloadMode.CLIENT})
    what = "outgoing calls, too" if incoming else "outgoing calls only (CLIENT)"
    where = "on a sidecar" if sure else "if these pods are sidecars,"
    says = f"{where} a plugin of phase {spec.phase} judges {what}."
    # TSB means both sides where an attachment to a group has no match: for these, and what is made of them, it is a note.
    of_a_group = sure and not modes and not (subject.foreign and labels_of(spec))
    severity = Severity.INFO if of_a_group else None
    yield BOTH_SIDES.at("match" if modes else "phase", says=says, severity=severity)


@OLD_GATEWAY_NAME.checks(ClusterPluginSubject)
def old_gateway_name(subject: ClusterPluginSubject) -> Iterator[Finding]:
    """Certain where the version is known."""
    version = subject.mesh.version
    if subject.spec.selector is None or (version is not None and version < (1, 24)):
        return
    if OLD_NAME not in labels_of(subject.spec):
        return
    since = "since Istio 1.24" if version is None else f"in Istio {version[0]}.{version[1]}"
    says = f"{since} no pod of a Gateway has the label {OLD_NAME}; it is {GATEWAY_NAME} now."
    severity = None if version is None else Severity.ERROR
    yield OLD_GATEWAY_NAME.at("selector", "matchLabels", OLD_NAME, says=says, severity=severity)
