"""Checking attachments: the target, who may attach what, and what the rules say of the plugins that it comes to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mesh_wasm.findings import placing, schema
from mesh_wasm.findings.finding import Finding, Path, Severity, quoted
from mesh_wasm.fleet.placement import Placement
from mesh_wasm.model.parse import parse
from mesh_wasm.model.plugin import WasmPluginSpec
from mesh_wasm.model.target import Target, TargetKind, check_fqn
from mesh_wasm.rules.checks import placed_findings, plugin_findings
from mesh_wasm.rules.subjects import Workload
from mesh_wasm.secrets.plan import Supply
from mesh_wasm.values.deferred import Deferred, known
from mesh_wasm.values.fqn import Fqn, FqnError
from mesh_wasm.values.naming import is_label

from .attached import Attached
from .entries import entry_path, entry_plugin_findings
from .translate import plugin_spec


def check_attachments(target: Target, attached: Sequence[Attached]) -> list[Finding]:
    """What can be said of a target and its extensions without a fleet."""
    findings = [*_target_findings(target), *_attached_findings(target, attached)]
    for index, one in enumerate(attached):
        findings += _plugin_findings(target, index, one)
    return findings


_WORKLOADS = (
    "Write the namespace and the labels of the gateway's pods: {namespace: <namespace>, labels: {app: <name>}}."
)
_SPACES = 'Write the namespaces that the group owns, as cluster/namespace: ["*/shop"].'
_SPACES_BELOW = 'Write the namespaces of the workspaces below, as cluster/namespace: ["*/shop"].'


def _target_findings(target: Target) -> Iterator[Finding]:
    yield from check_fqn(target.fqn, target.kind, target.kind.field)
    if target.kind.selects_pods:
        if target.workload_selector is None:
            what = "gateway" if target.kind.is_gateway else "service"
            says = f"a {what} needs its workload selector."
            yield schema.REQUIRED.at("workloadSelector", says=says, fix=_WORKLOADS.replace("gateway", what))
        elif not isinstance(target.workload_selector, Deferred):
            yield from _selector_findings(target.workload_selector.namespace, target.workload_selector.labels)
    elif target.namespace_selector is None:
        says = f"a {target.kind} needs its namespace selector."
        fix = _SPACES if target.kind is TargetKind.SECURITY_GROUP else _SPACES_BELOW
        yield schema.REQUIRED.at("namespaceSelector", says=says, fix=fix)
    if target.namespace_selector is not None and not target.namespace_selector:
        yield placing.NO_NAMESPACE.at("namespaceSelector", says="the selector is empty.")


def _selector_findings(namespace: str | Deferred, labels: Any) -> Iterator[Finding]:
    if isinstance(namespace, str) and not is_label(namespace):
        yield placing.BAD_NAME.at("workloadSelector", "namespace", says=f"{quoted(namespace)} is no namespace name.")
    if isinstance(labels, dict) and any(value == "" for value in labels.values()):
        yield schema.WRONG_LENGTH.at("workloadSelector", "labels", says="TSB refuses an empty label value.")


def _attached_findings(target: Target, attached: Sequence[Attached]) -> Iterator[Finding]:
    if not attached:
        fix = "List the extensions that are attached: one item for each."
        yield schema.REQUIRED.at("extensions", says="there is no extension to attach.", fix=fix)
    seen: dict[str, int] = {}
    for index, one in enumerate(attached):
        if one.misshapen:
            continue
        path: Path = ("extensions", index)
        fqn = known(one.attachment.fqn)
        bad = check_fqn(fqn, "extension", *path, "fqn")
        if one.broken:
            which = "the extension" if fqn is None else f"extension {quoted(fqn)}"
            yield placing.BROKEN_EXTENSION.at(*path, says=f"{which} has errors.", severity=Severity.ERROR)
            continue
        yield from bad
        if fqn is None or bad:
            continue
        if fqn in seen:
            says = f"{quoted(fqn)} is attached already, as extensions[{seen[fqn]}]."
            yield placing.TWICE.at(*path, says=says)
        seen.setdefault(fqn, index)
        yield from _tenancy(target, one, fqn, path)


def _tenancy(target: Target, one: Attached, fqn: str, path: Path) -> Iterator[Finding]:
    """The extension's organization and allowedIn against the target's."""
    where, entry = target.parsed_fqn(), one.entry
    if where is None:
        return
    if Fqn.parse(fqn).organization != where.organization:
        says = f"{quoted(fqn)} is not of organization {quoted(where.organization)}, which owns the target."
        yield placing.OTHER_ORGANIZATION.at(*path, says=says)
    allowed = None if isinstance(entry, Deferred) else known(entry.allowed_in)
    if not allowed or any(isinstance(tenant, Deferred) for tenant in allowed):
        return
    if one.places or any(_covers(tenant, where) for tenant in allowed if isinstance(tenant, str)):
        return  # one that is kept to some places is kept to those of its tenants
    elsewhere = f"not in {where.tenant}" if where.tenant else f"not in all of {where}"
    says = f"{quoted(fqn)} is allowed in {', '.join(map(str, allowed))} only, {elsewhere}."
    yield placing.NOT_ALLOWED.at(*path, says=says)


def _covers(tenant: str, where: Fqn) -> bool:
    try:
        return where.within(Fqn.parse(tenant))
    except FqnError:
        return False


def _plugin_findings(target: Target, index: int, one: Attached) -> Iterator[Finding]:
    """What the rules say of the plugin that an extension becomes on a target, less what they say of the extension."""
    if one.broken or isinstance(one.entry, Deferred):
        return
    parsed = parse(WasmPluginSpec, plugin_spec(one.entry, one.attachment, target))
    workload = Workload.GATEWAY if target.kind.is_gateway else Workload.SIDECAR
    found = [*parsed.findings, *plugin_findings(parsed.value, workload)]
    # Nearly always there is nothing to tell apart; then the rules need not look at the extension once more.
    on_entry = {(f.rule, f.path, f.message) for f in entry_plugin_findings(one.entry)} if found else set()
    for finding in found:
        if (finding.rule, finding.path, finding.message) not in on_entry:
            yield at_attachment(finding, index, one)


def cluster_findings(
    target: Target,
    index: int,
    one: Attached,
    spec: Any,
    placements: Sequence[Placement],
    supplies: Mapping[str, Supply],
) -> Iterator[Finding]:
    """What is to be said of an attached extension cluster by cluster: registries and secrets, versions, namespaces."""
    if one.broken:
        return
    found = [finding for supplied in supplies.values() for finding in supplied.findings]
    if not isinstance(spec, Deferred) and placements:
        parsed = parse(WasmPluginSpec, spec).value
        workload = Workload.GATEWAY if target.kind.is_gateway else Workload.SIDECAR
        found += placed_findings(parsed, ((place.cluster, known(place.namespace)) for place in placements), workload)
    for finding in found:
        yield at_attachment(finding, index, one)


def at_attachment(finding: Finding, index: int, one: Attached) -> Finding:
    """Turn the path within the plugin's spec into the path within the attachment's arguments."""
    head, *rest = finding.path or ("",)
    moved: Path
    if head == "selector":
        moved = ("workloadSelector", "labels", *rest[1:])
    elif (head == "match" and one.attachment.match is not None) or (
        head in ("pullSecret", "pullSecrets") and one.pull_secrets is not None
    ):
        moved = ("extensions", index, *finding.path)
    elif head == "pluginConfig" and one.attachment.config is not None:
        moved = ("extensions", index, "config", *rest)
    else:
        moved = ("extensions", index, "extension", *entry_path(finding.path))
    return replace(finding, path=moved)
