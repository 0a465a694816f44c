"""Placement: which clusters and namespaces a target reaches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mesh_wasm.findings import placing
from mesh_wasm.findings.finding import Finding, quoted
from mesh_wasm.model.target import Target
from mesh_wasm.values.deferred import INVALID, Deferred, known

from .cluster import Cluster, Fleet, Selection

SELECTOR = re.compile(r"^(\*|[^/*\s]+)/(\*|[^/*\s]+\*?)$")
"""The form of an entry: cluster or ``*``, namespace, ``*`` or ``prefix*``."""


@dataclass(frozen=True, slots=True)
class Placement:
    """One cluster and one namespace that a target reaches."""

    cluster: Cluster
    namespace: str | Deferred

    @property
    def key(self) -> tuple[str, str | Deferred]:
        """Names of the two."""
        return self.cluster.name, self.namespace


def place(target: Target, fleet: Fleet, selection: Selection) -> tuple[list[Placement], list[Finding]]:
    """All placements of a target in order of the fleet, and what stands against them."""
    clusters, findings = fleet.select(selection)
    if findings:
        return [], findings
    if target.kind.selects_pods:
        placements, found = _place_gateway(target, fleet, clusters)
    else:
        placements, found = _place_group(target, fleet, clusters)
    return placements, [*findings, *found]


def _place_gateway(target: Target, fleet: Fleet, clusters: list[Cluster]) -> tuple[list[Placement], list[Finding]]:
    """A gateway stands in one namespace, in each selected cluster that its group (if given) covers."""
    selector = target.workload_selector
    if selector is None:
        return [], []  # reported as missing by the plan
    namespace = selector.map(_namespace_of) if isinstance(selector, Deferred) else selector.namespace
    findings = list(_selector_findings(target.namespace_selector, fleet, "namespaceSelector"))
    entries = known(target.namespace_selector)
    placements: list[Placement] = []
    for cluster in clusters:
        if entries is not None and not _covers(entries, cluster, namespace):
            continue
        if isinstance(namespace, str) and not cluster.has_namespace(namespace):
            if entries is not None and not _names(entries, cluster):
                continue  # `*/edge` means the clusters that have such a namespace
            says = (
                f"cluster {cluster.name} declares no namespace {quoted(namespace)}; it has {_list(cluster.namespaces)}."
            )
            fix = "Correct the namespace, declare it in the fleet, or narrow the selection of clusters."
            findings.append(
                placing.NO_NAMESPACE.at("workloadSelector", "namespace", says=says, fix=fix, cluster=cluster.name)
            )
            continue
        placements.append(Placement(cluster, namespace))
    if not placements and not findings:
        says = "no selected cluster and namespace is covered by the selector."
        findings.append(placing.NO_NAMESPACE.at("namespaceSelector", says=says))
    return placements, findings


def _namespace_of(selector: dict[str, str]) -> str:
    return selector["namespace"]


def _place_group(target: Target, fleet: Fleet, clusters: list[Cluster]) -> tuple[list[Placement], list[Finding]]:
    """A security group covers whole namespaces: every entry of its selector, expanded in every selected cluster."""
    findings = [
        *_selector_findings(target.namespace_selector, fleet, "namespaceSelector"),
        *_selector_findings(target.replaced_in, fleet, "replacedIn"),
    ]
    entries, replaced = known(target.namespace_selector), known(target.replaced_in) or []
    if findings or entries is None:
        return [], findings
    reached: dict[tuple[str, str], Placement] = {}
    for index, entry in enumerate(entries):
        if isinstance(entry, Deferred):
            continue  # reported by _selector_findings
        wanted_cluster, wanted = entry.split("/")
        hits = 0
        for cluster in clusters:
            if wanted_cluster not in ("*", cluster.name):
                continue
            names, found = _expand(wanted, cluster, exact_cluster=wanted_cluster != "*")
            findings += [finding.under("namespaceSelector", index) for finding in found]
            hits += len(names) + len(found)
            for name in names:
                if replaced and _covers(replaced, cluster, name):
                    continue
                reached.setdefault((cluster.name, name), Placement(cluster, name))
        if not hits:
            says = (
                f"{quoted(entry)} matches no namespace of the selected clusters ({_list([c.name for c in clusters])})."
            )
            findings.append(placing.NO_NAMESPACE.at("namespaceSelector", index, says=says))
    by_cluster = {cluster.name: index for index, cluster in enumerate(clusters)}
    return sorted(reached.values(), key=lambda p: (by_cluster[p.cluster.name], str(p.namespace))), findings


def _expand(wanted: str, cluster: Cluster, *, exact_cluster: bool) -> tuple[list[str], list[Finding]]:
    if "*" not in wanted:
        if cluster.has_namespace(wanted):
            return [wanted], []
        if not exact_cluster:
            return [], []
        says = f"cluster {cluster.name} declares no namespace {quoted(wanted)}; it has {_list(cluster.namespaces)}."
        return [], [placing.NO_NAMESPACE.at(says=says, cluster=cluster.name)]
    if cluster.namespaces is None:
        says = f"the wildcard cannot be expanded: cluster {cluster.name} declares no namespaces."
        return [], [placing.WILDCARD.at(says=says, cluster=cluster.name)]
    names = cluster.namespaces_like(wanted.removesuffix("*"))
    if cluster.root_namespace not in names:
        return names, []
    names.remove(cluster.root_namespace)
    says = f"the wildcard covers {cluster.root_namespace}, cluster {cluster.name}'s root namespace; it is left out."
    return names, [placing.ROOT_BY_WILDCARD.at(says=says, cluster=cluster.name)]


def _selector_findings(
    entries: list[str | Deferred] | Deferred | None, fleet: Fleet, argument: str
) -> Iterator[Finding]:
    if isinstance(entries, Deferred):
        if entries is not INVALID:
            says = "this list decides in which namespaces plugins exist."
            yield placing.UNDECIDED.at(argument, says=says)
        return
    for index, entry in enumerate(entries or ()):
        path = (argument, index)
        if entry is INVALID:
            continue
        if isinstance(entry, Deferred):
            yield placing.UNDECIDED.at(*path, says="this value decides in which namespaces plugins exist.")
        elif not SELECTOR.match(entry):
            yield placing.BAD_SELECTOR.at(*path, says=f"{quoted(entry)} is not of the form cluster/namespace.")
        elif (cluster := entry.split("/")[0]) != "*" and cluster not in fleet:
            yield placing.UNKNOWN_CLUSTER.at(*path, says=fleet.no_cluster(cluster))


def _names(selectors: list[str | Deferred], cluster: Cluster) -> bool:
    """Whether an entry names the cluster itself, and not by a wildcard."""
    return any(isinstance(entry, str) and entry.split("/")[0] == cluster.name for entry in selectors)


def _covers(selectors: list[str | Deferred], cluster: Cluster, namespace: str | Deferred) -> bool:
    for entry in selectors:
        if isinstance(entry, Deferred) or not SELECTOR.match(entry):
            continue
        wanted_cluster, wanted = entry.split("/")
        if wanted_cluster not in ("*", cluster.name):
            continue
        if not isinstance(namespace, str) or wanted == namespace:
            return True
        if wanted.endswith("*") and namespace.startswith(wanted[:-1]):
            return True
    return False


def _list(names: list[str] | None) -> str:
    return ", ".join(names or ()) or "none"
