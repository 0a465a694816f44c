"""Attachments: extensions put on a target. Each creates, in every cluster and namespace that the target reaches,

- one WasmPlugin per extension, and
- before it, the pull secret that it needs (as a child of the PullSecret).

All of them differ in nothing but the kind of their target.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pulumi
from pydantic.alias_generators import to_camel

from mesh_wasm.findings.finding import Finding
from mesh_wasm.model.parse import parse
from mesh_wasm.model.target import Target, TargetKind
from mesh_wasm.planning.attachments import plan_attachments, undecided_places
from mesh_wasm.planning.gateways import without_gateways
from mesh_wasm.planning.plan import Plan
from mesh_wasm.values.enums import DefaultGateways, StricterLists
from mesh_wasm.values.fqn import examples

from ._reading import fleet as _fleet
from ._reading.arguments import known_arguments, read_choice
from ._reading.catalogue import program_numbering
from ._reading.declaring import declared_once, without_circles
from ._reading.entries import attached_of, read_entries
from ._reading.lock import program_lock, tell_notes
from ._registering.children import references, registrations, user_dependencies
from ._registering.retention import retention_findings
from ._registering.secrets import PullSecrets
from ._telling.report import Report
from ._telling.settling import WAIVERS
from ._values.leaves import lift, lower, output_of, sayable
from ._values.ledger import ledger
from .args import (
    DefaultSecuritySettingArgs,
    GatewayAttachmentArgs,
    PluginReference,
    SecurityGroupAttachmentArgs,
    ServiceSecuritySettingArgs,
)
from .tokens import token


class IngressGatewayAttachment(pulumi.ComponentResource):
    """Extensions on a TSB IngressGateway."""

    plugins: pulumi.Output[list[PluginReference]]
    """The WasmPlugins that were made."""

    def __init__(self, name: str, args: GatewayAttachmentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Attach extensions to an ingress gateway; see GatewayAttachmentArgs."""
        for step in _attach(self, TargetKind.INGRESS_GATEWAY, name, args, opts):
            step()


class EgressGatewayAttachment(pulumi.ComponentResource):
    """Extensions on a TSB EgressGateway."""

    plugins: pulumi.Output[list[PluginReference]]
    """The WasmPlugins that were made."""

    def __init__(self, name: str, args: GatewayAttachmentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Attach extensions to an egress gateway; see GatewayAttachmentArgs."""
        for step in _attach(self, TargetKind.EGRESS_GATEWAY, name, args, opts):
            step()


class Tier1GatewayAttachment(pulumi.ComponentResource):
    """Extensions on a TSB Tier1Gateway."""

    plugins: pulumi.Output[list[PluginReference]]
    """The WasmPlugins that were made."""

    def __init__(self, name: str, args: GatewayAttachmentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Attach extensions to a tier-1 gateway; see GatewayAttachmentArgs."""
        for step in _attach(self, TargetKind.TIER1_GATEWAY, name, args, opts):
            step()


class GatewayAttachment(pulumi.ComponentResource):
    """Extensions on a unified TSB Gateway (its field ``wasmPlugins``)."""

    plugins: pulumi.Output[list[PluginReference]]
    """The WasmPlugins that were made."""

    def __init__(self, name: str, args: GatewayAttachmentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Attach extensions to a unified gateway; see GatewayAttachmentArgs."""
        for step in _attach(self, TargetKind.GATEWAY, name, args, opts):
            step()


class SecurityGroupAttachment(pulumi.ComponentResource):
    """Extensions on a TSB security group: on every workload of its namespaces."""

    plugins: pulumi.Output[list[PluginReference]]
    """The WasmPlugins that were made."""

    def __init__(
        self, name: str, args: SecurityGroupAttachmentArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Attach extensions to a security group; see SecurityGroupAttachmentArgs."""
        for step in _attach(self, TargetKind.SECURITY_GROUP, name, args, opts):
            step()


class DefaultSecuritySetting(pulumi.ComponentResource):
    """Extensions that a TSB organization, tenant or workspace attaches for all workloads below it."""

    plugins: pulumi.Output[list[PluginReference]]
    """The WasmPlugins that were made."""

    def __init__(self, name: str, args: DefaultSecuritySettingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Attach extensions by default; see DefaultSecuritySettingArgs."""
        for step in _attach(self, TargetKind.DEFAULT_SETTING, name, args, opts):
            step()


class ServiceSecuritySetting(pulumi.ComponentResource):
    """Extensions on one service of a TSB security group: on the pods that its Service selects."""

    plugins: pulumi.Output[list[PluginReference]]
    """The WasmPlugins that were made."""

    def __init__(self, name: str, args: ServiceSecuritySettingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Attach extensions to a service; see ServiceSecuritySettingArgs."""
        for step in _attach(self, TargetKind.SERVICE_SETTING, name, args, opts):
            step()


_SHAPES: Mapping[TargetKind, type] = {
    TargetKind.SECURITY_GROUP: SecurityGroupAttachmentArgs,
    TargetKind.DEFAULT_SETTING: DefaultSecuritySettingArgs,
    TargetKind.SERVICE_SETTING: ServiceSecuritySettingArgs,
}
"""The arguments by kind of target; those of all others are a gateway's."""


def _attach(
    component: Any, kind: TargetKind, name: str, args: Mapping[str, Any], opts: pulumi.ResourceOptions | None
) -> Iterator[Callable[[], Any]]:
    """Parse, plan, report, register: the whole life of an attachment.

    What it yields registers the children and the outputs; see :func:`registrations` for why the caller has to call it.
    """
    args, wrong = without_circles(args)
    registered, twice = declared_once(component, name, opts)
    known, misspelt = known_arguments(args, _SHAPES.get(kind, GatewayAttachmentArgs))
    misspelt += [*wrong, *twice]
    together, unread = read_choice(known.pop("stricter", None), StricterLists, "stricter")
    gateways, unread_too = read_choice(known.pop("gateways", None), DefaultGateways, "gateways")
    misspelt += [*unread, *unread_too]
    where = _fleet.read_where(known)
    entries = read_entries(known, name)
    selected = lift({key: value for key, value in known.items() if key not in _fleet.KEYS | {"extensions", WAIVERS}})
    document = {
        "target": selected,
        "items": [entry.item for entry in entries],
        "extensions": [entry.extension for entry in entries],
        "pullSecrets": [entry.pull_secrets for entry in entries],
    }

    shown = ledger().name(name, type(component).__name__)
    target, whole, undecided = _plan(kind, document, entries, where, shown, gateways)
    plan = where.own(whole)

    def enter(target: Target, plan: Plan, whole: Plan | None = None) -> list[Finding]:
        met = ledger().overlaps.enter(shown, target, plan, together=together is StricterLists.UNION)
        met += ledger().at_gateways.enter(shown, target, plan, gateways)
        return [*ledger().enter(shown, plan, whole), *met]

    def later(known: Any) -> list[Finding]:
        target, again, _ = _plan(kind, known, entries, where, shown, gateways, undecided)
        again = where.own(again)
        return [*where.judged(again.findings), *([] if again.errors else enter(target, again))]

    props = _props(document, args)
    if plan.errors:
        props = sayable(props)
    pulumi.ComponentResource.__init__(component, token(type(component).__name__), registered, props, opts)
    report = Report(component, registered, args)
    tell_notes(component)
    clashes: list[Finding] = []
    if not report.errors([*plan.findings, *twice]):
        if ledger().order.part(whole):
            target, whole, undecided = _plan(kind, document, entries, where, shown, gateways)
            plan = where.own(whole)
        clashes = enter(target, plan, whole)
    refs = [ref for one in entries for ref in one.secrets]
    found = [
        *misspelt,
        *where.findings,
        *where.judged(plan.findings),
        *clashes,
        *retention_findings(plan.plugins, refs, opts),
    ]
    valid, gate = report.check(found, document, later)
    told = references(plan) if valid else []
    component.plugins = output_of(told)
    if valid:
        needs = user_dependencies(opts)
        secrets = PullSecrets(component, refs, where, report, needs)
        yield from registrations(component, name, report.annotated(plan), where, secrets, gate, needs)
    yield partial(component.register_outputs, {"plugins": told})


def _plan(
    kind: TargetKind,
    document: Any,
    entries: list[Any],
    where: _fleet.Where,
    name: str,
    gateways: DefaultGateways | None = None,
    as_declared: frozenset[int] = frozenset(),
) -> tuple[Target, Plan, frozenset[int]]:
    """The target, its plan for all clusters, and the places in ``extensions`` whose order is not decided yet.

    ``as_declared`` hands on these places of the first plan when the plan is made again.
    """
    field = kind.field
    fields = dict(document["target"])
    fqn = fields.pop(field, None)
    parsed = parse(Target, {"kind": kind, **({} if fqn is None else {"fqn": fqn}), **fields})
    findings: list[Finding] = [_of_field(f, kind) if f.path[:1] == ("fqn",) else f for f in parsed.findings]
    attached = []
    for index, entry in enumerate(entries):
        one, found = attached_of(
            entry, document["extensions"][index], document["items"][index], document["pullSecrets"][index], index
        )
        attached.append(one)
        findings += found
    if kind is TargetKind.DEFAULT_SETTING and gateways is DefaultGateways.LEAVE_OUT:
        kept, found = without_gateways(parsed.value, where.fleet, where.selection)
        attached = [replace(one, places=kept) for one in attached]
        findings += found
    numbering = program_numbering()
    plan = plan_attachments(
        parsed.value, attached, where.fleet, where.selection, name, as_declared, program_lock(), numbering
    )
    if any(cluster.tsb_direct for cluster in where.fleet):
        from mesh_wasm.tsb.direct import in_direct_mode, name_of_group  # with it comes all that reads TSB's documents

        plan = in_direct_mode(plan, lambda place: parsed.value.workspace, name_of_group)
    return parsed.value, plan.with_findings(findings), undecided_places(attached, numbering)


def _of_field(finding: Finding, kind: TargetKind) -> Finding:
    """What is said of a target's FQN, said of the argument that holds it."""
    if finding.fix.startswith("Write `fqn:"):
        finding = replace(finding, fix=f"Write {' or '.join(f'`{kind.field}: {one}`' for one in examples(kind))}.")
    return replace(finding, path=(kind.field, *finding.path[1:]))


def _props(document: Mapping[str, Any], args: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs that policies see: everything but the providers and the extensions' own fields."""
    selection = {"clusters": sayable(args.get("clusters")), "clusterNames": sayable(_fleet.cluster_names(args))}
    props = {
        **{to_camel(key): value for key, value in document["target"].items()},
        "extensions": document["items"],
        "fleet": list(args["fleet"]) if isinstance(args.get("fleet"), Mapping) else None,
        "stricter": sayable(args.get("stricter")),
        "gateways": sayable(args.get("gateways")),
        WAIVERS: sayable(args.get(WAIVERS)),
        **selection,
    }
    lowered: dict[str, Any] = lower({key: value for key, value in props.items() if value is not None})
    return lowered
