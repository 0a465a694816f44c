"""What is known besides the plugins, in words."""

from __future__ import annotations

from collections import Counter

from mesh_wasm.chains.chain import Chain, Step
from mesh_wasm.chains.filters import AUTHN, CUSTOM
from mesh_wasm.findings.finding import counted, listed
from mesh_wasm.surroundings import Surroundings
from mesh_wasm.surroundings.objects import Policy

_PLURALS = {"GatewayClass": "GatewayClasses", "ServiceEntry": "ServiceEntries", "Policy": "policies"}
_NAMES = {"IstioGateway": "Gateway of Istio's own", "Policy": "policy", "Pods": "workload"}
_MANY = {"IstioGateway": "Gateways of Istio's own"}


def workload_words(chain: Chain) -> str:
    """The real workloads of a chain, the kind of their proxies, and their waypoint; empty if nothing is known."""
    proxies = chain.proxies
    parts = []
    if proxies.pods:
        spaces = {pods.namespace for pods in proxies.pods}
        names = [pods.place if len(spaces) > 1 else pods.name for pods in proxies.pods]
        parts.append(f"{counted(len(names), 'workload')}: {listed(names, most=6)}")
    parts += filter(None, [proxies.reason, proxies.waypoint])
    return "; ".join(parts)


def cluster_words(around: Surroundings) -> str:
    """Which objects were known, and whether these are all."""
    kinds = Counter(type(thing).__name__ for thing in around.things)
    many = [
        counted(number, _NAMES.get(kind, kind), _MANY.get(kind, _PLURALS.get(kind, "")))
        for kind, number in sorted(kinds.items())
    ]
    if around.is_closed:
        return f"All objects of the cluster are known: {', '.join(many) or 'none'}."
    return (
        f"Known besides the plugins: {', '.join(many)}. What is not among them may exist all the same." if many else ""
    )


def filter_words(step: Step, policies: tuple[Policy, ...]) -> str:
    """What one of Istio's own filters does, with the policies that are known to ask for it."""
    assert step.filter is not None
    if step.filter == CUSTOM:
        asked = [policy.place for policy in policies if policy.is_custom]
    elif step.filter == AUTHN:
        asked = [policy.place for policy in policies if policy.kind == "RequestAuthentication"]
    else:
        asked = []
    return f"{step.filter.what}; here: {listed(sorted(set(asked)))}" if asked else step.filter.what
