"""Istio's own filters that come before a plugin's phase (family MW7xx)."""

from __future__ import annotations

from collections.abc import Iterator

from mesh_wasm.findings.examples import GOOD
from mesh_wasm.findings.finding import Finding, Severity, listed
from mesh_wasm.findings.rule import Family, rule
from mesh_wasm.rules.subjects import SurroundedSubject
from mesh_wasm.rules.walk import references_of
from mesh_wasm.surroundings.objects import Policy
from mesh_wasm.values.deferred import known
from mesh_wasm.values.enums import PluginPhase

_POLICY = (
    "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {{name: login, namespace: edge}}\n"
    "spec: {{selector: {{matchLabels: {{app: shop-gateway}}}}, action: {action}, rules: [{{}}]{provider}}}\n---\n"
)
_CUSTOM = _POLICY.format(action="CUSTOM", provider=", provider: {name: login}")

AFTER_CUSTOM = rule(
    "MW711",
    Severity.WARNING,
    Family.ORDER,
    "An AUTHN plugin behind an external authorizer",
    why="The external authorizer of an AuthorizationPolicy with action CUSTOM is asked before plugins of phase AUTHN: it "
    "decides on requests that the plugin has not authenticated yet, and sees none of the headers that the plugin sets.",
    fix="Let the external authorizer authenticate, or decide with an AuthorizationPolicy of another action.",
    source="istio pilot/pkg/networking/core/listener_builder.go",
    bad=_CUSTOM + GOOD + "  phase: AUTHN\n",
    good=_POLICY.format(action="DENY", provider="") + GOOD + "  phase: AUTHN\n",
)


@AFTER_CUSTOM.checks(SurroundedSubject)
def after_custom(subject: SurroundedSubject) -> Iterator[Finding]:
    """Policies that take all of the plugin's pods, or one of the workloads in sight, or the same target."""
    if subject.spec.phase != PluginPhase.AUTHN:
        return
    found = sorted({policy.place for policy in _policies(subject) if policy.is_custom})
    if found:
        says = f"AuthorizationPolicy {listed(found)} (CUSTOM) is asked before the plugins of phase AUTHN."
        yield AFTER_CUSTOM.at("phase", says=says)


def _policies(subject: SurroundedSubject) -> Iterator[Policy]:
    around, labels, selected = subject.around, subject.reach.labels, subject.reach.selected
    spaces = dict.fromkeys((subject.namespace, subject.mesh.root_namespace))
    if labels is None:
        aimed = {(known(one.kind), known(one.name)) for _, one in references_of(subject.spec)}
        for policy in around.within(Policy, subject.namespace):
            if any((target.kind, target.name) in aimed for target in policy.targets):
                yield policy
        return
    for space in spaces:
        yield from around.policies.everything(space)
        yield from around.policies.selecting(space, labels)
        for pods in selected.sure if selected is not None else ():
            yield from around.policies.selecting(space, pods.labels)
