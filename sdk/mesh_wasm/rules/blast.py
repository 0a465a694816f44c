"""Blast radius: a plugin that reaches more workloads than it seems to (family MW4xx)."""

from __future__ import annotations

from collections.abc import Iterator

from mesh_wasm.deferred import Deferred
from mesh_wasm.finding import Finding, Severity

from .rule import Family, rule
from .subjects import PluginSubject

EMPTY_LABELS = rule(
    "MW401",
    Severity.ERROR,
    Family.BLAST,
    "A selector without labels",
    why="An empty selector selects every workload of the namespace; istiod only warns.",
    fix="Give at least one label, or leave the selector out if the whole namespace is meant.",
    source="istiod webhook: 'workload selector specified without labels' (facts A2); TSB: at least one pair",
    bad=(
        "apiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nmetadata: {name: acl, namespace: edge}\nspec:\n"
        "  url: oci://registry.example.com/filters/acl:1.4.2\n  priority: 10\n  selector: {matchLabels: {}}\n"
    ),
    good=(
        "apiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nmetadata: {name: acl, namespace: edge}\nspec:\n"
        "  url: oci://registry.example.com/filters/acl:1.4.2\n  priority: 10\n"
        "  selector: {matchLabels: {app: shop-gateway}}\n"
    ),
)
ROOT_BY_WILDCARD = rule(
    "MW402",
    Severity.WARNING,
    Family.BLAST,
    "A wildcard that covers the root namespace",
    why="A plugin in the root namespace runs on every workload of the mesh, gateways included.",
    fix="Name the root namespace if the whole mesh is really meant.",
    source="Istio WasmPlugin.selector; facts A3.3",
)


@EMPTY_LABELS.checks(PluginSubject)
def empty_labels(subject: PluginSubject) -> Iterator[Finding]:
    """matchLabels: {} selects everything."""
    selector = subject.spec.selector
    if selector is None or isinstance(selector, Deferred) or isinstance(selector.match_labels, Deferred):
        return
    if not selector.match_labels:
        yield EMPTY_LABELS.at(
            "selector", "matchLabels", says="the selector has no labels, so it selects the whole namespace."
        )
