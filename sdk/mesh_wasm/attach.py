"""Planning attachments: extensions put on one target become plugins in every cluster and namespace that it reaches."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .attachment import WasmExtensionAttachment
from .cluster import Cluster, Fleet, Selection
from .deferred import Deferred, known, map_value
from .entrycheck import entry_path, entry_plugin_findings
from .extension import CatalogueEntry
from .finding import Finding, Path, ordered, quoted
from .fqn import Fqn, FqnError
from .labels import EXTENSION, MANAGED_BY, MANAGER, TARGET
from .naming import is_label, plugin_name
from .parse import parse
from .placement import Placement, place
from .plan import Plan, PlannedPlugin
from .plugin import WasmPluginSpec
from .pullsecret import PullSecret
from .ranking import declared_priority, rank, undecided
from .rules import placing, schema
from .rules.checks import placed_findings, plugin_findings
from .rules.subjects import Workload
from .secretplan import Supply, secrets_for, spread_findings, supply
from .target import Target, check_fqn
from .translate import plugin_spec


@dataclass(frozen=True, slots=True)
class Attached:
    """One extension on a target."""

    entry: CatalogueEntry | Deferred
    """The extension; deferred as a whole where another stack owns it and has not told yet."""
    attachment: WasmExtensionAttachment
    key: str
    """Stable name within the target, made of known values only."""
    broken: bool = False
    """Whether the extension has errors that are reported elsewhere."""
    pull_secrets: tuple[PullSecret, ...] | None = None
    """The pull secrets of this attachment, instead of the extension's; an empty tuple is none."""

    @property
    def credentials(self) -> tuple[PullSecret, ...]:
        """The pull secrets that its plugins may use, as far as they are known."""
        if self.pull_secrets is not None:
            return self.pull_secrets
        return () if isinstance(self.entry, Deferred) else self.entry.credentials


def plan_attachments(
    target: Target,
    attached: Sequence[Attached],
    fleet: Fleet,
    selection: Selection,
    declared_by: str = "",
    as_declared: Collection[int] = (),
) -> Plan:
    """The plan of one target: its plugins in every cluster, their secrets, and all findings.

    ``as_declared``: see :func:`undecided_places`; given when a plan is made again, now that more is known.
    """
    placements, placement_findings = place(target, fleet, selection)
    findings = [*check_attachments(target, attached), *placement_findings]
    ranking = rank([one.entry for one in attached], [one.attachment.fqn for one in attached], as_declared)
    findings += ranking.findings
    plugins: list[PlannedPlugin] = []
    for index, one in enumerate(attached):
        supplies = {placement.cluster.name: _supply(one, placement.cluster) for placement in placements}
        spec = _spec(one.entry, one.attachment, target, ranking.priorities[index])
        plugins += _plugins(target, one, spec, placements, supplies, declared_by)
        findings += _cluster_findings(target, index, one, spec, placements, supplies)
        if not target.kind.is_gateway:  # a group's plugins have no selector
            spread = spread_findings((supplies[place.cluster.name], place.namespace) for place in placements)
            findings += [_at_attachment(finding, index, one) for finding in spread]
    return Plan(tuple(plugins), secrets_for(plugin.secret for plugin in plugins), ordered(findings))


def check_attachments(target: Target, attached: Sequence[Attached]) -> list[Finding]:
    """What can be said of a target and its extensions without a fleet."""
    findings = [*_target_findings(target), *_attached_findings(target, attached)]
    for index, one in enumerate(attached):
        findings += _plugin_findings(target, index, one)
    return findings


def undecided_places(attached: Sequence[Attached]) -> frozenset[int]:
    """The places of those whose order cannot be decided yet: their plugins are registered with the declared priority."""
    return undecided([one.entry for one in attached], [one.attachment.fqn for one in attached])


def _supply(one: Attached, cluster: Cluster) -> Supply:
    """How the plugins of an attached extension get their module in a cluster."""
    if isinstance(one.entry, Deferred):
        return supply(None, one.credentials, cluster)
    return supply(one.entry.module_url, one.credentials, cluster, one.entry.image_pull_secret)


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
        annotations |= {key: value for key, value in extra.items() if value is not None}
    specs = {cluster: one.spec(spec) for cluster, one in supplies.items()}
    for placement in placements:
        cluster, namespace = placement.cluster, placement.namespace
        labels = {MANAGED_BY: MANAGER} | ({"istio.io/rev": cluster.revision} if cluster.revision else {})
        key = one.key if target.kind.is_gateway else f"{namespace}-{one.key}"
        secret = supplies[cluster.name].secret(namespace)
        yield PlannedPlugin(
            cluster, namespace, name, specs[cluster.name], key, labels, annotations, secret, declared_by
        )


def _spec(entry: CatalogueEntry | Deferred, attachment: WasmExtensionAttachment, target: Target, priority: Any) -> Any:
    """The spec before any cluster has its say: which image, and which secret."""
    if isinstance(entry, Deferred):
        return entry.map(
            lambda known: plugin_spec(
                parsed := parse(CatalogueEntry, known).value, attachment, target, declared_priority(parsed)
            )
        )
    return plugin_spec(entry, attachment, target, priority)


def _name(target_fqn: str, extension_fqn: str) -> str:
    return plugin_name(target_fqn.rsplit("/", 1)[-1], extension_fqn.rsplit("/", 1)[-1], target_fqn)


def _target_findings(target: Target) -> Iterator[Finding]:
    yield from check_fqn(target.fqn, target.kind, target.kind.field)
    if target.kind.is_gateway:
        if target.workload_selector is None:
            yield schema.REQUIRED.at("workloadSelector", says="a gateway needs its workload selector.")
        elif not isinstance(target.workload_selector, Deferred):
            yield from _selector_findings(target.workload_selector.namespace, target.workload_selector.labels)
    elif target.namespace_selector is None:
        yield schema.REQUIRED.at("namespaceSelector", says="a security group needs its namespace selector.")
    if target.namespace_selector is not None and not target.namespace_selector:
        yield placing.NO_NAMESPACE.at("namespaceSelector", says="the selector is empty.")


def _selector_findings(namespace: str | Deferred, labels: Any) -> Iterator[Finding]:
    if isinstance(namespace, str) and not is_label(namespace):
        yield placing.BAD_NAME.at("workloadSelector", "namespace", says=f"{quoted(namespace)} is no namespace name.")
    if isinstance(labels, dict) and any(value == "" for value in labels.values()):
        yield schema.WRONG_LENGTH.at("workloadSelector", "labels", says="TSB refuses an empty label value.")


def _attached_findings(target: Target, attached: Sequence[Attached]) -> Iterator[Finding]:
    if not attached:
        yield schema.REQUIRED.at("extensions", says="there is no extension to attach.")
    seen: dict[str, int] = {}
    for index, one in enumerate(attached):
        path: Path = ("extensions", index)
        fqn = known(one.attachment.fqn)
        bad = check_fqn(fqn, "extension", *path, "fqn")
        if one.broken:
            yield placing.BROKEN_EXTENSION.at(*path, says=f"extension {quoted(fqn or one.key)} has errors.")
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
    if not any(_covers(tenant, where) for tenant in allowed if isinstance(tenant, str)):
        says = f"{quoted(fqn)} is allowed in {', '.join(map(str, allowed))} only, not in {where.tenant}."
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
    on_entry = {(f.rule, f.path, f.message) for f in entry_plugin_findings(one.entry)}
    for finding in (*parsed.findings, *plugin_findings(parsed.value, workload)):
        if (finding.rule, finding.path, finding.message) not in on_entry:
            yield _at_attachment(finding, index, one)


def _cluster_findings(
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
        yield _at_attachment(finding, index, one)


def _at_attachment(finding: Finding, index: int, one: Attached) -> Finding:
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
    return Finding(
        finding.rule, finding.severity, moved, finding.message, finding.fix, finding.cluster, finding.subject
    )
