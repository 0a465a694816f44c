"""Reading ``fleet``, ``clusters`` and ``cluster_names`` of a component's arguments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pulumi
from pydantic.alias_generators import to_camel, to_snake

from mesh_wasm.findings import placing, schema
from mesh_wasm.findings.finding import Finding, errors, listed
from mesh_wasm.fleet.cluster import Cluster, Fleet, Selection
from mesh_wasm.fleet.facts import fact_findings, version_in_quotes
from mesh_wasm.fleet.stated import SURROUNDINGS, with_files
from mesh_wasm.model.parse import kind_of_value, parse
from mesh_wasm.planning.plan import Plan
from mesh_wasm.surroundings import Surroundings
from mesh_wasm.values.deferred import deferred_leaves
from mesh_wasm_pulumi._values.leaves import lift
from mesh_wasm_pulumi._values.ledger import ledger
from mesh_wasm_pulumi.args import ClusterArgs

from .arguments import in_order
from .declaring import without_circles
from .surroundings import read_surroundings

KEYS = frozenset({"fleet", "clusters", "cluster_names", "clusterNames"})
"""The arguments that this module reads."""


_OF_THE_FLEET = frozenset(rule.id for rule in (placing.UNKNOWN_CLUSTER, placing.NO_CLUSTER, placing.NO_NAMESPACE))
"""What is said of a selection follows from what is wrong with the fleet that it selects from."""

_PLAIN_FLEET = "Give the clusters by name (Python: a Fleet); inputs of their providers may be Outputs."
_PROVIDER = "Give the cluster a provider (Python: Cluster, with provider or kubeconfig, in a Fleet)."
_FLEET = "Give the clusters by name (Python: a Fleet([Cluster(…), …]))."


@dataclass(frozen=True, slots=True)
class Where:
    """The fleet, the selection, and the provider of each cluster."""

    fleet: Fleet
    selection: Selection
    providers: Mapping[str, pulumi.ProviderResource]
    findings: tuple[Finding, ...]
    others: frozenset[str] = frozenset()
    """Clusters that other stacks own: known by their facts, never written."""

    def judged(self, findings: Iterable[Finding]) -> list[Finding]:
        """The findings without those that only follow from what is wrong with the fleet."""
        whole = not errors(self.findings)
        return [finding for finding in findings if whole or finding.rule not in _OF_THE_FLEET]

    def own(self, plan: Plan) -> Plan:
        """The part of a plan that belongs to this stack. It was planned for all clusters: a program means one thing."""
        return plan.within(frozenset(self.fleet.names) - self.others) if self.others else plan

    def options(self, parent: pulumi.Resource | None, cluster: str, depends_on: Any) -> pulumi.ResourceOptions:
        """Options of a child in a cluster: an explicit provider, always."""
        return pulumi.ResourceOptions(parent=parent, provider=self.providers[cluster], depends_on=depends_on)


def read_where(args: Mapping[str, Any]) -> Where:
    """Read and check where a component writes."""
    findings: list[Finding] = []
    clusters: list[Cluster] = []
    providers: dict[str, pulumi.ProviderResource] = {}
    others: set[str] = set()
    fleet = args.get("fleet")
    if isinstance(fleet, pulumi.Output):
        findings.append(placing.UNDECIDED.at("fleet", says="'fleet' decides which objects exist.", fix=_PLAIN_FLEET))
        fleet = {}
    elif not isinstance(fleet, Mapping) or not fleet or set(fleet) <= _ENTRY:
        findings.append(_no_fleet(fleet))
        fleet = {}
    for name, entry in fleet.items():
        facts = {key: in_order(fact) for key, fact in entry.items()} if isinstance(entry, Mapping) else {}
        provider = facts.pop("provider", None)
        if facts.pop("owned", True) is False:
            others.add(name)
        elif isinstance(provider, pulumi.ProviderResource):
            providers[name] = provider
            ledger().clusters[provider.pulumi_resource_name] = name
        else:
            says = f"cluster {name} has no Kubernetes provider; mesh-wasm never writes through a default provider."
            findings.append(schema.REQUIRED.at("fleet", name, "provider", says=says, fix=_PROVIDER))
        stated = facts.pop(SURROUNDINGS, None)
        facts, endless = without_circles(facts)
        findings += [finding.under("fleet", name) for finding in endless]
        facts = {key: fact for key, fact in facts.items() if all(finding.path[0] != key for finding in endless)}
        known, undecided = _plain(lift(facts), ("fleet", name))
        cluster, wrong = _cluster(name, known, stated)
        findings += [*undecided, *wrong]
        if cluster is not None:
            clusters.append(cluster)
    selection, undecided = _plain(lift({"labels": args.get("clusters"), "names": cluster_names(args)}), ())
    selection, wrong = _well_formed(selection)
    undecided += wrong
    found = (*_by_cause(findings), *undecided)
    return Where(Fleet(clusters), Selection(**selection), providers, found, frozenset(others))


def _by_cause(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings about clusters, each once: a program makes its clusters in a loop, whose one line is wrong for all."""
    alike: dict[tuple[Any, ...], list[Finding]] = {}
    for finding in findings:
        key = (finding.path[2:], finding.rule, finding.message, finding.fix) if finding.path[1:] else (finding,)
        alike.setdefault(key, []).append(finding)
    for first, *others in alike.values():
        names = [str(other.path[1]) for other in others]
        more = f"; the same in cluster{'s' * (len(names) > 1)} {listed(names)}." if names else ""
        yield replace(first, message=f"{first.message.removesuffix('.')}{more}") if more else first


_ENTRY = frozenset((*ClusterArgs.__annotations__, *map(to_camel, ClusterArgs.__annotations__)))
"""The fields of a cluster's entry: a mapping of nothing else is one cluster."""


def _no_fleet(given: Any) -> Finding:
    """What is said of something that is no mapping of clusters by their names."""
    name = getattr(given, "name", None)
    if isinstance(given, Mapping) and given:
        named = f'cluster_names=["{name}"]' if isinstance(name, str) else "cluster_names"
        fix = f"Give the whole Fleet, and select the cluster by {named}."
        return schema.WRONG_TYPE.at("fleet", says="this is one cluster of a fleet, not the fleet.", fix=fix)
    if given:
        says = f"expected the clusters by name, got {kind_of_value(given)}."
        return schema.WRONG_TYPE.at("fleet", says=says, fix=_FLEET)
    return schema.REQUIRED.at("fleet", says="a fleet with at least one cluster is required.", fix=_FLEET)


def _cluster(name: str, facts: dict[str, Any], stated: Any) -> tuple[Cluster | None, list[Finding]]:
    """Read the facts of one cluster. Components that share a fleet share what has been read: it is the same each time.

    :param stated: Its surroundings, as they are given.
    """
    book = ledger()
    last = book.facts.get(name)
    if last is None or last[0] != (facts, stated):
        around, unread = (Surroundings(), []) if stated is None else read_surroundings(stated)
        stated_facts, unseen = with_files({**facts, **({} if unread else {SURROUNDINGS: around})}, Path())
        unread += unseen
        parsed = parse(Cluster, {"name": name, **stated_facts})
        found = [version_in_quotes(one, facts).under("fleet", name) for one in (*parsed.findings, *unread)]
        if not found:
            found = [finding.under("fleet", name) for finding in fact_findings(parsed.value)]
        cluster = None if parsed.findings else parsed.value
        book.order.ties.know([cluster] if cluster is not None else [])
        last = book.facts[name] = (facts, stated), cluster, found
    return last[1:]


def cluster_names(args: Mapping[str, Any]) -> Any:
    """The names of the clusters to select, in either spelling; None if they are not given."""
    return args.get("cluster_names", args.get("clusterNames"))


def _well_formed(selection: dict[str, Any]) -> tuple[dict[str, Any], list[Finding]]:
    """The selection without what is no labels and no list of names, and a finding for each of these."""
    findings: list[Finding] = []
    labels, names = selection.get("labels"), selection.get("names")
    if labels is not None and not isinstance(labels, Mapping):
        says = f"expected an object of labels, got {kind_of_value(labels)}."
        findings.append(schema.WRONG_TYPE.at("clusters", says=says, fix=_LABELS))
        selection = {**selection, "labels": None}
    if names is not None and not isinstance(names, list | tuple | set | frozenset):
        says = f"expected a list, got {kind_of_value(names)}."
        findings.append(schema.WRONG_TYPE.at("clusterNames", says=says, fix=_NAMES))
        selection = {**selection, "names": None}
    return selection, findings


_LABELS = 'Write `{"env": "prod"}`: the labels of the clusters to select; names of clusters go into cluster_names.'
_NAMES = 'Write `["east"]`: the names of the clusters in a list.'


def _plain(document: dict[str, Any], path: tuple[str, ...]) -> tuple[dict[str, Any], list[Finding]]:
    """The document without what is deferred, and a finding for each of these: facts decide which objects exist."""
    names = {"labels": "clusters", "names": "clusterNames"} if not path else {}
    findings: list[Finding] = []
    out: dict[str, Any] = {}
    for key, value in document.items():
        if any(True for _ in deferred_leaves(value)):
            says = f"{to_snake(names.get(key, key))} decides which objects exist."
            findings.append(placing.UNDECIDED.at(*path, names.get(key, key), says=says))
        else:
            out[key] = value
    return out, findings
