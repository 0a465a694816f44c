"""The program's other resources: what they tell of its plugins, seen from a recorded run.

A component sees its own arguments only. When the program has run, every object that it writes is known, raw plugins and
Helm-free Services alike; so this is said once, beside what the components have said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from mesh_wasm.chains.member import Member, read_member
from mesh_wasm.chains.ties import Ties
from mesh_wasm.findings.finding import Finding
from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.lint.metadata import text_at
from mesh_wasm.model.parse import parse
from mesh_wasm.model.plugin import WasmPluginSpec
from mesh_wasm.model.traffic_extension import TrafficExtensionSpec, as_plugin
from mesh_wasm.rules.checks import plugin_findings, surrounded_findings
from mesh_wasm.rules.extensions import moved
from mesh_wasm.rules.surroundings.reach import reach
from mesh_wasm.rules.waivers import ANNOTATION, read_waivers, settle
from mesh_wasm.surroundings.leaves import is_unknown
from mesh_wasm.surroundings.objects import Thing, TrafficExtension
from mesh_wasm.surroundings.reading import read_thing
from mesh_wasm.values.deferred import INVALID
from mesh_wasm.values.enums import PluginKind

from .objects import PlannedObject
from .run import Run


def clusters_of(run: Run, objects: Sequence[PlannedObject]) -> dict[str, Cluster]:
    """The clusters of a run by name, with all that is known of them: what was stated, and what the program writes."""
    facts: dict[str, Cluster] = {}
    for plan in run.ledger.plans.values():
        for plugin in plan.plugins:
            facts.setdefault(plugin.cluster.name, plugin.cluster)
    for name, (_, cluster, _) in run.ledger.facts.items():
        if cluster is not None:
            facts.setdefault(name, cluster)
    beside: dict[str, list[Thing]] = defaultdict(list)
    for one in objects:
        thing = read_thing(_named(one), "the program")
        if thing is not None and not isinstance(thing, TrafficExtension):  # these are plugins themselves
            beside[one.cluster].append(thing)
    names = dict.fromkeys([*facts, *(one.cluster for one in objects)])
    return {name: (facts.get(name) or Cluster(name=name)).beside(beside[name]) for name in names}


def _named(one: PlannedObject) -> dict[str, Any]:
    """The object with the name of its resource, in parentheses, where the provider will give it one."""
    held = one.manifest.get("metadata")
    metadata = dict(held) if isinstance(held, dict) else {}
    if not isinstance(metadata.get("name"), str) or is_unknown(metadata.get("name")):
        metadata["name"] = f"({one.urn.rsplit('::', 1)[-1]})"
    metadata.setdefault("namespace", "default")
    return {**one.manifest, "metadata": metadata}


def beside_findings(
    run: Run, objects: Sequence[PlannedObject], clusters: dict[str, Cluster]
) -> Iterator[tuple[str, Finding]]:
    """What the program's other resources tell of its plugins, each with the component or resource that it is about.

    What the components have said of surroundings that were stated is not said again.
    """
    told = {(finding.rule, finding.message) for _, finding in run.ledger.findings}
    for name in dict.fromkeys(one.cluster for one in objects):
        here = [one for one in objects if one.cluster == name and one.kind in _KINDS]
        ties = Ties()
        ties.know([clusters[name]])
        # Those of one kind have been compared by their components.
        ties.enter(_member(one, clusters[name]) for one in here if one.kind == PluginKind.TRAFFIC_EXTENSION)
        for one in here:
            findings = list(_judged(one, clusters[name]))
            if one.kind == PluginKind.WASM_PLUGIN:
                met = ties.enter([_member(one, clusters[name])])
                findings += (tie for tie in met if PluginKind.TRAFFIC_EXTENSION in tie.message)
            waivers, _ = read_waivers(text_at(one.manifest, "metadata", "annotations", ANNOTATION), "metadata")
            for finding in settle(findings, waivers, run.ledger.levels):
                if (finding.rule, finding.message) not in told:
                    yield _declared_by(run, one), replace(finding, cluster=name)


_KINDS = frozenset(PluginKind)


def _member(one: PlannedObject, cluster: Cluster) -> Member:
    spec = one.manifest.get("spec")
    held = spec if isinstance(spec, dict) else {}
    return read_member(cluster, one.manifest.get("metadata", {}), held, kind=PluginKind(one.kind))


def _judged(one: PlannedObject, cluster: Cluster) -> Iterator[Finding]:
    spec = _deferred(one.manifest.get("spec"))
    if not isinstance(spec, dict) or not cluster.surroundings:
        return
    namespace = one.namespace or "default"
    if one.kind == PluginKind.TRAFFIC_EXTENSION:
        found = moved(_said(as_plugin(parse(TrafficExtensionSpec, spec, wire=True).value), namespace, cluster))
    else:
        found = iter(_said(parse(WasmPluginSpec, spec, wire=True).value, namespace, cluster))
    yield from (finding.under("spec") for finding in found)


def _said(spec: WasmPluginSpec, namespace: str, cluster: Cluster) -> list[Finding]:
    found = surrounded_findings(spec, cluster, namespace, "the program")
    reached = reach(spec, namespace, cluster.surroundings, cluster.root_namespace)
    if reached.reason:  # the other objects tell what proxy it is: what the rules say then, and did not say before
        alone = set(plugin_findings(spec))
        found += (finding for finding in plugin_findings(spec, reached) if finding not in alone)
    return found


def _deferred(value: Any) -> Any:
    """The manifest with something deferred where a mark stands for it."""
    if isinstance(value, dict):
        return {key: _deferred(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_deferred(item) for item in value]
    return INVALID if is_unknown(value) else value


def _declared_by(run: Run, one: PlannedObject) -> str:
    resource = run.monitor.resources[one.urn]
    parent = run.monitor.resources.get(resource.parent)
    return parent.name if parent is not None and not parent.custom and parent.parent else resource.name
