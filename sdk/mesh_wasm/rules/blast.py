"""Blast radius: a plugin that reaches more workloads than it seems to (family MW4xx)."""

from __future__ import annotations

from collections.abc import Iterator

from mesh_wasm.deferred import Deferred, known
from mesh_wasm.finding import Finding, Severity, quoted

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
NULL_LABEL = rule(
    "MW410",
    Severity.ERROR,
    Family.BLAST,
    "A selector's label that is null",
    why="The API server takes the null away and stores the rest: the plugin reaches every workload that has the other "
    "labels, and the whole namespace if there are none.",
    fix="Give the label a value.",
    source="measured: case selection/label-value-null, stored as matchLabels: {}",
    bad=(
        "apiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nmetadata: {name: acl, namespace: edge}\nspec:\n"
        "  url: oci://registry.example.com/filters/acl:1.4.2\n  priority: 10\n"
        "  selector: {matchLabels: {app: shop-gateway, version: null}}\n"
    ),
    good=(
        "apiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nmetadata: {name: acl, namespace: edge}\nspec:\n"
        "  url: oci://registry.example.com/filters/acl:1.4.2\n  priority: 10\n"
        "  selector: {matchLabels: {app: shop-gateway, version: v1}}\n"
    ),
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


@NULL_LABEL.checks(PluginSubject)
def null_label(subject: PluginSubject) -> Iterator[Finding]:
    """A null is pruned, and the selector is wider than it looks."""
    selector = known(subject.spec.selector)
    for key, value in ((known(selector.match_labels) if selector else None) or {}).items():
        if value is None:
            yield NULL_LABEL.at("selector", "matchLabels", key, says=f"the label {quoted(key)} has no value.")
