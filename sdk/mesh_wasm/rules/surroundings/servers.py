"""Ports of a gateway with several HTTPS servers, of which only the first has NETWORK plugins (family MW2xx)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from mesh_wasm.findings.examples import GOOD
from mesh_wasm.findings.finding import Finding, Severity
from mesh_wasm.findings.rule import Family, rule
from mesh_wasm.rules.subjects import SurroundedSubject
from mesh_wasm.rules.walk import items, match_ports
from mesh_wasm.surroundings.objects import IstioGateway
from mesh_wasm.values.deferred import Deferred
from mesh_wasm.values.enums import PluginType, WorkloadMode

_SERVER = "{{port: {{number: {port}, name: {name}, protocol: HTTPS}}, hosts: [{name}.example.com], tls: {tls}}}"
_TLS = "{mode: SIMPLE, credentialName: shop}"
_GATEWAY = (
    "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {{name: shop, namespace: edge}}\n"
    "spec: {{selector: {{app: shop-gateway}}, servers: [{servers}]}}\n---\n"
)


def _gateway(second: int) -> str:
    servers = (_SERVER.format(port=port, name=name, tls=_TLS) for port, name in ((443, "a"), (second, "b")))
    return _GATEWAY.format(servers=", ".join(servers))


FIRST_SERVER_ONLY = rule(
    "MW285",
    Severity.WARNING,
    Family.SILENT,
    "A NETWORK plugin on a port with several HTTPS servers",
    why="istiod puts NETWORK plugins into the chain of the first HTTPS server of a port and forgets them for the others: "
    "requests to these pass without the plugin. HTTP plugins are in all of them.",
    fix="Put the hosts into one server, give each server a port of its own, or use a plugin of type HTTP.",
    source="measured on master of 2026-08-27 (tests/live/test_live_network.py)",
    bad=_gateway(443) + GOOD + "  type: NETWORK\n",
    good=_gateway(8443) + GOOD + "  type: NETWORK\n",
)


@FIRST_SERVER_ONLY.checks(SurroundedSubject)
def first_server_only(subject: SurroundedSubject) -> Iterator[Finding]:
    """One Gateway with several such servers on one port: which of several Gateways is first, time decides."""
    if subject.spec.type != PluginType.NETWORK or subject.reach.labels is None:
        return
    asked = _asked_ports(subject)
    for gateway in _gateways(subject):
        servers = Counter(one.port for one in gateway.listeners if one.protocol.upper() == "HTTPS")
        for port, number in sorted(servers.items()):
            if number > 1 and (asked is None or port in asked):
                says = f"port {port} of Gateway {gateway.place} has {number} HTTPS servers; only the first of them runs it."
                yield FIRST_SERVER_ONLY.at("type", says=says)


def _asked_ports(subject: SurroundedSubject) -> set[int] | None:
    """The ports that the plugin is asked to run on; None for any, none at all where that is not known."""
    if isinstance(subject.spec.match, Deferred):
        return set()
    selectors = [one for _, one in items(subject.spec.match) if one.mode != WorkloadMode.SERVER]
    if not selectors:
        return set() if subject.spec.match else None
    if any(not isinstance(one.ports, Deferred) and not one.ports for one in selectors):
        return None
    return {number for _, _, number in match_ports(subject.spec)}


def _gateways(subject: SurroundedSubject) -> list[IstioGateway]:
    """Those that surely configure the pods that the plugin takes."""
    around, reach = subject.around, subject.reach
    asked = [reach.labels, *(pods.labels for pods in (reach.selected.sure if reach.selected is not None else ()))]
    found = {one.place: one for labels in asked if labels for one in around.istio_gateways.selecting(None, labels)}
    return [one for one in found.values() if one.selector]
