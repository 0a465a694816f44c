"""Blast radius: a plugin that reaches more workloads than it seems to (family MW4xx)."""

from __future__ import annotations

from collections.abc import Iterator

from mesh_wasm.findings.examples import GOOD, HEAD, SELECTOR, URL
from mesh_wasm.findings.finding import Finding, Severity, quoted
from mesh_wasm.findings.rule import Family, rule
from mesh_wasm.rules.subjects import ClusterPluginSubject, PluginSubject, Workload
from mesh_wasm.values.deferred import Deferred, known

_ROOT = HEAD.replace("namespace: edge", "namespace: istio-system") + URL

EMPTY_LABELS = rule(
    "MW401",
    Severity.ERROR,
    Family.BLAST,
    "A selector without labels",
    why="An empty selector selects every workload of the namespace; istiod only warns.",
    fix="Give at least one label, or leave the selector out if the whole namespace is meant.",
    source="istio pkg/config/validation/validation.go: 'workload selector specified without labels'; TSB: at least one pair",
    bad=HEAD + URL + "  selector: {matchLabels: {}}\n",
    good=GOOD,
)
WHOLE_NAMESPACE = rule(
    "MW403",
    Severity.WARNING,
    Family.BLAST,
    "A plugin for every workload of its namespace",
    why="Without selector and targetRefs the plugin runs on all sidecars of the namespace, and on its gateways too.",
    fix="Select workloads by labels, or waive this finding if the whole namespace is meant.",
    source="Istio WasmPlugin.selector; istio pilot/pkg/model/policyattachment.go",
    bad=HEAD + URL,
    good=GOOD,
)
WHOLE_MESH = rule(
    "MW404",
    Severity.WARNING,
    Family.BLAST,
    "A plugin for the whole mesh",
    why="A plugin in the root namespace without selector runs on every workload of every namespace, gateways included.",
    fix="Move the plugin to a namespace, select workloads, or waive this finding if the whole mesh is meant.",
    source="Istio WasmPlugin.selector; istio pilot/pkg/model/policyattachment.go",
    bad=_ROOT,
    good=GOOD,
)
ROOT_SELECTOR = rule(
    "MW405",
    Severity.INFO,
    Family.BLAST,
    "A selector in the root namespace",
    why="In the root namespace a selector matches pods of all namespaces that carry the labels.",
    fix="Move the plugin to the namespace of the workloads that are meant.",
    source="Istio WasmPlugin.selector; istio pilot/pkg/model/policyattachment.go",
    bad=_ROOT + SELECTOR,
    good=GOOD,
)
NULL_LABEL = rule(
    "MW410",
    Severity.ERROR,
    Family.BLAST,
    "A selector's label that is null",
    why="The API server takes the null away and stores the rest: the plugin reaches every workload that has the other "
    "labels, and the whole namespace if there are none.",
    fix='Give the label a value; write "" if the empty one is meant.',
    source="measured: case selection/label-value-null, stored as matchLabels: {}",
    bad=HEAD + URL + "  selector: {matchLabels: {app: shop-gateway, version: null}}\n",
    good=HEAD + URL + "  selector: {matchLabels: {app: shop-gateway, version: v1}}\n",
)


@EMPTY_LABELS.checks(PluginSubject)
def empty_labels(subject: PluginSubject) -> Iterator[Finding]:
    """matchLabels: {} selects everything; a selector {} is what no selector is, and told as that."""
    selector = subject.spec.selector
    if selector is None or isinstance(selector, Deferred) or isinstance(selector.match_labels, Deferred):
        return
    if selector.match_labels is None and subject.foreign:
        return
    if not selector.match_labels:
        says = "the selector has no labels, so it selects the whole namespace."
        fix = _PODS if subject.workload is Workload.GATEWAY else None
        yield EMPTY_LABELS.at("selector", "matchLabels", says=says, fix=fix)


_PODS = "Give at least one label that the gateway's pods have and no others."


@WHOLE_NAMESPACE.checks(ClusterPluginSubject)
def whole_namespace(subject: ClusterPluginSubject) -> Iterator[Finding]:
    """A raw plugin that selects nothing; a security group means the whole namespace."""
    if not _selects(subject) and subject.workload is not Workload.SIDECAR and not _in_root(subject):
        where = "its namespace" if subject.namespace is None else f"namespace {subject.namespace}"
        says = f"neither selector nor targetRefs is set: the plugin runs on all workloads of {where}."
        yield WHOLE_NAMESPACE.at(says=says)


@WHOLE_MESH.checks(ClusterPluginSubject)
def whole_mesh(subject: ClusterPluginSubject) -> Iterator[Finding]:
    """The root namespace, and no selection."""
    if _in_root(subject) and not _selects(subject):
        says = f"{subject.namespace} is the root namespace: the plugin runs on every workload of the mesh."
        yield WHOLE_MESH.at(says=says)


@ROOT_SELECTOR.checks(ClusterPluginSubject)
def root_selector(subject: ClusterPluginSubject) -> Iterator[Finding]:
    """The root namespace, and labels."""
    if _in_root(subject) and _has_labels(subject) and subject.workload is not Workload.GATEWAY:
        says = f"{subject.namespace} is the root namespace: the selector matches pods of all namespaces."
        yield ROOT_SELECTOR.at("selector", says=says)


def _in_root(subject: ClusterPluginSubject) -> bool:
    return subject.namespace == subject.mesh.root_namespace


def _selects(subject: ClusterPluginSubject) -> bool:
    spec = subject.spec
    return _has_labels(subject) or spec.target_ref is not None or bool(spec.target_refs)


def _has_labels(subject: ClusterPluginSubject) -> bool:
    """Whether there is a selector, and more than the empty object: that is what no selector is."""
    selector = subject.spec.selector
    return selector is not None and (isinstance(selector, Deferred) or selector.match_labels is not None)


@NULL_LABEL.checks(PluginSubject)
def null_label(subject: PluginSubject) -> Iterator[Finding]:
    """A null is pruned, and the selector is wider than it looks."""
    selector = known(subject.spec.selector)
    for key, value in ((known(selector.match_labels) if selector else None) or {}).items():
        if value is None:
            yield NULL_LABEL.at("selector", "matchLabels", key, says=f"the label {quoted(key)} has no value.")
