"""The life of a component that is one raw object: parse, plan, report, register."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pulumi

from mesh_wasm.findings.finding import Finding
from mesh_wasm.model.parse import parse
from mesh_wasm.model.pull_secret import PullSecret as Definition
from mesh_wasm.planning.plan import Plan
from mesh_wasm.values.base import Model
from mesh_wasm_pulumi._reading import fleet as _fleet
from mesh_wasm_pulumi._reading.arguments import known_arguments
from mesh_wasm_pulumi._reading.declaring import declared_once, without_circles
from mesh_wasm_pulumi._reading.lock import program_lock, tell_notes
from mesh_wasm_pulumi._reading.secret_refs import KEYS, documents, read_secrets, reference_findings
from mesh_wasm_pulumi._telling.report import Report
from mesh_wasm_pulumi._telling.settling import WAIVERS
from mesh_wasm_pulumi._values.leaves import lift, lower, output_of
from mesh_wasm_pulumi._values.ledger import ledger
from mesh_wasm_pulumi.tokens import token

from .children import references, registrations, user_dependencies
from .retention import retention_findings
from .secrets import PullSecrets


@dataclass(frozen=True, slots=True)
class RawKind:
    """What tells one raw component from another."""

    args: type
    document: type[Model]
    plan: Callable[..., Plan]
    """Takes the document, the component's name, the fleet, the selection, the pull secrets and the lock."""


def declare(
    component: Any, kind: RawKind, name: str, args: Mapping[str, Any], opts: pulumi.ResourceOptions | None
) -> Iterator[Callable[[], Any]]:
    """The component's whole life. What it yields registers children and outputs; see :func:`registrations`."""
    type_ = type(component).__name__
    args, wrong = without_circles(args)
    registered, twice = declared_once(component, name, opts)
    known, misspelt = known_arguments(args, kind.args)
    misspelt += [*wrong, *twice]
    where = _fleet.read_where(known)
    document = lift({key: value for key, value in known.items() if key not in _fleet.KEYS | KEYS | {WAIVERS}})
    refs = read_secrets(known, name) or []
    whole = {"plugin": document, "pullSecrets": documents(refs)}

    def planned(known: Any) -> Plan:
        parsed = parse(kind.document, known["plugin"])
        secrets = [parse(Definition, one).value for one in known["pullSecrets"]]
        plan = kind.plan(parsed.value, name, where.fleet, where.selection, secrets, program_lock())
        return where.own(plan.with_findings(parsed.findings)).with_findings(reference_findings(refs))

    plan = planned(whole)
    props = lower(parse(kind.document, document).value.wire())
    pulumi.ComponentResource.__init__(
        component, token(type_), registered, {**props, "fleet": list(where.providers)}, opts
    )
    report = Report(component, registered, args)
    tell_notes(component)
    shown = ledger().name(name, type_)
    clashes = [] if report.errors([*plan.findings, *twice]) else ledger().enter(shown, plan)
    found = [*misspelt, *where.findings, *where.judged(plan.findings), *clashes]
    found += retention_findings(plan.plugins, refs, opts)

    def later(known: Any) -> list[Finding]:
        again = planned(known)
        return [*where.judged(again.findings), *ledger().enter_again(shown, again)]

    valid, gate = report.check(found, whole, later)
    component.plugins = output_of(references(plan) if valid else [])
    if valid:
        needs = user_dependencies(opts)
        secrets = PullSecrets(component, refs, where, report, needs)
        yield from registrations(component, name, report.annotated(plan), where, secrets, gate, needs)
    yield partial(component.register_outputs, {"plugins": component.plugins})
