"""Planning attachments: extensions put on one target become plugins in every cluster and namespace that it reaches."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mesh_wasm.findings.finding import ordered
from mesh_wasm.fleet.cluster import Cluster, Fleet, Selection
from mesh_wasm.fleet.placement import Placement, place
from mesh_wasm.model.attachment import WasmExtensionAttachment
from mesh_wasm.model.extension import CatalogueEntry
from mesh_wasm.model.parse import parse
from mesh_wasm.model.target import Target
from mesh_wasm.modules.locked import Lock
from mesh_wasm.numbering.numbers import Numbering
from mesh_wasm.secrets.plan import Supply, lone_mark, secrets_for, spread_findings, supply
from mesh_wasm.values.deferred import Deferred, map_value
from mesh_wasm.values.enums import PluginKind
from mesh_wasm.values.labels import EXTENSION, MANAGED_BY, MANAGER, TARGET
from mesh_wasm.values.naming import plugin_name

from .adopted import place_findings
from .attached import Attached
from .checks import at_attachment, check_attachments, cluster_findings
from .entries import schema_of, signers_asked
from .pinning import pinned
from .plan import Plan, PlannedPlugin
from .ranking import declared_priority, rank, undecided
from .translate import plugin_spec


def plan_attachments(
    target: Target,
    attached: Sequence[Attached],
    fleet: Fleet,
    selection: Selection,
    declared_by: str = "",
    as_declared: Collection[int] = (),
    lock: Lock | None = None,
    numbering: Numbering | None = None,
) -> Plan:
    """The plan of one target: its plugins in every cluster, their secrets, and all findings.

    ``as_declared``: see :func:`undecided_places`; given when a plan is made again, now that more is known.
    ``numbering``: the numbers of all targets together; by default this target is alone.
    """
    placements, placement_findings = place(target, fleet, selection)
    findings = [*check_attachments(target, attached), *placement_findings]
    entries, fqns = [one.entry for one in attached], [one.attachment.fqn for one in attached]
    ranking = rank(entries, fqns, as_declared, numbering, target.fqn)
    findings += ranking.findings
    # A gateway has one namespace; those of a group are always known.
    mark = lone_mark(placements[0].namespace, declared_by) if placements else ""
    plugins: list[PlannedPlugin] = []
    clusters = {placement.cluster.name: placement.cluster for placement in placements}
    for index, one in enumerate(attached):
        reached = placements if one.places is None else [place for place in placements if place.key in one.places]
        supplies = {name: _supply(one, cluster, mark) for name, cluster in clusters.items()}
        spec = _spec(one.entry, one.attachment, target, ranking.priorities[index])
        known = None if isinstance(one.entry, Deferred) else one.entry
        schema, signers = (None, None) if known is None else (schema_of(known), signers_asked(known))
        places = [*_plugins(target, one, spec, reached, supplies, declared_by)]
        made, of_modules = pinned(places, lock, schema, signers)
        plugins += _as_found(one, made, spec) if one.adopted else made
        findings += place_findings(one.adopted, reached, index)
        findings += [at_attachment(finding, index, one) for finding in of_modules if not one.broken]
        findings += cluster_findings(target, index, one, spec, reached, supplies)
        if not target.kind.selects_pods:
            spread = spread_findings((supplies[place.cluster.name], place.namespace) for place in reached)
            findings += [at_attachment(finding, index, one) for finding in spread]
    return Plan(tuple(plugins), secrets_for(plugin.secret for plugin in plugins), ordered(findings))


def undecided_places(attached: Sequence[Attached], numbering: Numbering | None = None) -> frozenset[int]:
    """The places of those whose order cannot be decided yet: their plugins are registered with the declared priority."""
    return undecided([one.entry for one in attached], [one.attachment.fqn for one in attached], numbering)


def _supply(one: Attached, cluster: Cluster, mark: str) -> Supply:
    """How the plugins of an attached extension get their module in a cluster."""
    if isinstance(one.entry, Deferred):
        return supply(None, one.credentials, cluster, mark=mark)
    return supply(one.entry.module_url, one.credentials, cluster, one.entry.image_pull_secret, mark)


def _plugins(
    target: Target,
    one: Attached,
    spec: dict[str, Any] | Deferred,
    placements: Iterable[Placement],
    supplies: Mapping[str, Supply],
    declared_by: str,
) -> Iterator[PlannedPlugin]:
    entry, attachment = one.entry, one.attachment
    name = map_value(target.fqn, lambda fqn: map_value(attachment.fqn, lambda ext: _name(fqn, ext)))
    annotations = {EXTENSION: attachment.fqn, TARGET: target.fqn}
    if not isinstance(entry, Deferred):
        extra = {"mesh-wasm/source": entry.source, "mesh-wasm/description": entry.description}
        annotations |= {key: map_value(value, _fitting) for key, value in extra.items() if value is not None}
    specs: dict[tuple[object, ...], Any] = {}
    for supplied in supplies.values():
        if supplied.change not in specs:
            specs[supplied.change] = supplied.spec(spec)
    for placement in placements:
        cluster, namespace = placement.cluster, placement.namespace
        labels = {MANAGED_BY: MANAGER} | ({"istio.io/rev": cluster.revision} if cluster.revision else {})
        key = one.key if target.kind.selects_pods else f"{namespace}-{one.key}"
        supplied = supplies[cluster.name]
        yield PlannedPlugin(
            cluster=cluster,
            namespace=namespace,
            name=name,
            spec=specs[supplied.change],
            key=key,
            labels=labels,
            annotations=annotations,
            secret=supplied.secret(namespace),
            declared_by=declared_by,
        )


def _as_found(one: Attached, plugins: Iterable[PlannedPlugin], spec: Any) -> Iterator[PlannedPlugin]:
    """The same plugins; those that take over an object are called as it is, and nothing is added or mended."""
    for plugin in plugins:
        found = one.adopted.get(f"{plugin.cluster.name}/{plugin.namespace}")
        if found is None:
            yield plugin
            continue
        labels, annotations = found.labels or {}, found.annotations or {}
        as_found = {"name": found.name, "labels": labels, "annotations": annotations, "spec": spec, "secret": None}
        yield replace(plugin, **as_found, fixed_kind=PluginKind.WASM_PLUGIN)


_ANNOTATION = 64 * 1024
"""Bytes that one of these annotations may have. Kubernetes refuses an object with more than 256 KiB of them."""


def _fitting(text: Any) -> Any:
    """A text as an annotation: a description may be longer than what fits, and nobody needs all of it there."""
    if not isinstance(text, str) or len(raw := text.encode()) <= _ANNOTATION:
        return text
    return raw[:_ANNOTATION].decode(errors="ignore") + "…"


def _spec(entry: CatalogueEntry | Deferred, attachment: WasmExtensionAttachment, target: Target, priority: Any) -> Any:
    """The spec before any cluster has its say: which image, and which secret."""
    if isinstance(entry, Deferred):
        return entry.map(
            lambda known: plugin_spec(
                parsed := parse(CatalogueEntry, known).value,
                attachment,
                target,
                declared_priority(parsed) if priority is None else priority,
            )
        )
    return plugin_spec(entry, attachment, target, priority)


def _name(target_fqn: str, extension_fqn: str) -> str:
    return plugin_name(target_fqn.rsplit("/", 1)[-1], extension_fqn.rsplit("/", 1)[-1], target_fqn)
