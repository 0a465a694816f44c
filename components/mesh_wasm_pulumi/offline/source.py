"""A recorded run as a source: its plugins are what the program registers, raw ones too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mesh_wasm.chains.member import Member, read_member
from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.model.traffic_extension import plugin_form
from mesh_wasm.sources.source import Source, asked_signers
from mesh_wasm.values.enums import PluginKind

from .beside import beside_findings, clusters_of
from .objects import PlannedObject, bare, planned_objects, provider_problems
from .run import Run

_KINDS = frozenset(PluginKind)


def source_of(run: Run) -> Source:
    """A run as a source. The clusters stand in the order of the program's fleets."""
    objects = planned_objects(run)
    facts = clusters_of(run, objects)
    findings = (*run.ledger.findings, *beside_findings(run, objects, facts))
    planned = [one for one in objects if one.kind in _KINDS]
    members = tuple(_member(run, one, facts[one.cluster]) for one in planned)
    hidden = [(member, one) for member, one in zip(members, planned, strict=True) if one.hidden]
    clusters = tuple(dict.fromkeys([*run.ledger.clusters.values(), *facts]))
    problems = [*provider_problems(run)]
    if run.failed:
        problems.append(f"the program failed: {run.failure}")
    bare_specs = {member.identity: _bare_form(member, run.monitor.resources[one.urn].inputs) for member, one in hidden}
    signers = asked_signers(plugin for plan in run.ledger.plans.values() for plugin in plan.plugins)
    around = {name: cluster.surroundings for name, cluster in facts.items()}
    name = run.monitor.project
    return Source(
        name,
        members,
        clusters,
        findings,
        tuple(problems),
        signers=signers,
        bare=bare_specs,
        surroundings=around,
        snapshots={name: cluster.snapshot for name, cluster in facts.items() if cluster.snapshot is not None},
        extensions=tuple(run.ledger.order.numbering.known()),
        unplaced=frozenset(run.ledger.unplaced),
    )


def _bare_form(member: Member, inputs: Mapping[str, Any]) -> Any:
    """The spec with its secrets laid bare, in the form of a WasmPlugin."""
    spec = bare(inputs.get("spec"))
    return spec if member.kind is PluginKind.WASM_PLUGIN else plugin_form(spec)


def _member(run: Run, one: PlannedObject, cluster: Cluster) -> Member:
    resource = run.monitor.resources[one.urn]
    parent = run.monitor.resources.get(resource.parent)
    declared_by = parent.name if parent is not None and not parent.custom and parent.parent else resource.name
    manifest = one.manifest
    kind = PluginKind(one.kind)
    return read_member(cluster, manifest.get("metadata", {}), manifest.get("spec", {}), declared_by, kind)
