"""Proof that a declaration changes nothing: it is planned as its component plans it, and compared with what is there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mesh_wasm.findings.finding import Finding, errors, format_path
from mesh_wasm.fleet.cluster import Cluster, Fleet, Selection
from mesh_wasm.model.attachment import WasmExtensionAttachment
from mesh_wasm.model.extension import CatalogueEntry
from mesh_wasm.model.parse import parse
from mesh_wasm.model.target import Target
from mesh_wasm.planning import attached as planning
from mesh_wasm.planning.adopted import Adoption
from mesh_wasm.planning.attachments import plan_attachments
from mesh_wasm.planning.entries import entry_findings
from mesh_wasm.planning.plan import Plan
from mesh_wasm.planning.plugins import PluginDocument, plan_plugin
from mesh_wasm.planning.traffic_extensions import TrafficExtensionDocument, plan_traffic_extension
from mesh_wasm.values.enums import PluginKind

from .live import LiveObject, canonical
from .program import Attached, DeclaredAttachment, DeclaredPlugin


def plugin_problem(plugin: DeclaredPlugin, clusters: Sequence[Cluster]) -> str | None:
    """Why the component would not leave its objects as they are, as a sentence; None where it would."""
    document = {"metadata": plugin.metadata, "spec": plugin.spec, "adopted": True}
    fleet, selection = Fleet(clusters), Selection(names=plugin.clusters)
    if plugin.kind is PluginKind.WASM_PLUGIN:
        read = parse(PluginDocument, document)
        plan = plan_plugin(read.value, plugin.name, fleet, selection) if not errors(read.findings) else Plan()
        return _problem(plugin.objects, plan.with_findings(read.findings))
    wasm = parse(TrafficExtensionDocument, document)
    plan = plan_traffic_extension(wasm.value, plugin.name, fleet, selection) if not errors(wasm.findings) else Plan()
    return _problem(plugin.objects, plan.with_findings(wasm.findings))


def attachment_problem(attachment: DeclaredAttachment, clusters: Sequence[Cluster]) -> str | None:
    """The same for an attachment with its extensions."""
    entries = [_entry(one) for one in attachment.extensions]
    found = [finding for _, findings in entries for finding in findings]
    target = parse(
        Target,
        {
            "kind": attachment.kind,
            "fqn": attachment.fqn,
            "namespaceSelector": list(attachment.namespace_selector),
            **({} if attachment.workload_selector is None else {"workloadSelector": attachment.workload_selector}),
        },
    )
    fleet = Fleet(clusters)
    plan = plan_attachments(target.value, [entry for entry, _ in entries], fleet, Selection(), attachment.name)
    return _problem(attachment.objects, plan.with_findings([*target.findings, *found]))


def _entry(one: Attached) -> tuple[planning.Attached, list[Finding]]:
    extension = one.extension
    entry = parse(CatalogueEntry, {"fqn": extension.fqn, **extension.fields})
    match = {} if one.match is None else {"match": one.match}
    attachment = parse(WasmExtensionAttachment, {"fqn": extension.fqn, **match})
    adopted = parse(Adoption, {"adopted": one.adopted}).value.adopted or {}
    found = [*entry.findings, *attachment.findings, *entry_findings(entry.value)]
    return planning.Attached(entry.value, attachment.value, extension.name, adopted=adopted), found


def _problem(objects: Iterable[LiveObject], plan: Plan) -> str | None:
    if plan.errors:
        return "; ".join(dict.fromkeys(_told(finding) for finding in plan.errors))
    planned = {
        (one.cluster.name, str(one.namespace), str(one.name), str(one.kind)): one.manifest() for one in plan.plugins
    }
    for live in objects:
        written = planned.pop((live.cluster, live.namespace, live.name, str(live.kind)), None)
        if written is None:
            return f"nothing would be declared for {live}."
        changed = [part for part in ("metadata", "spec") if canonical(written[part]) != canonical(live.manifest[part])]
        if changed:
            return f"mesh-wasm would write its {' and '.join(changed)} otherwise."
    return f"{len(planned)} more would be made." if planned else None


def _told(finding: Finding) -> str:
    return f"{format_path(finding.path)}: {finding.message} {finding.fix} [{finding.rule}]".replace("  ", " ")
