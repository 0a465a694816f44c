"""WasmPlugin: the raw Istio resource, typed and validated, in every selected cluster. It creates

- one WasmPlugin per selected cluster, and
- before it, the pull secret, if one is given.
"""

from collections.abc import Mapping
from typing import Any

import pulumi

from mesh_wasm.findings.finding import Finding
from mesh_wasm.model.parse import parse
from mesh_wasm.model.pull_secret import PullSecret as Definition
from mesh_wasm.planning.plan import Plan
from mesh_wasm.planning.plugins import PluginDocument, plan_plugin

from ._reading import fleet as _fleet
from ._reading.arguments import known_arguments
from ._reading.secret_refs import KEYS, documents, read_secrets, reference_findings
from ._registering.children import references, registrations, user_dependencies
from ._registering.retention import retention_findings
from ._registering.secrets import PullSecrets
from ._telling.report import Report
from ._telling.settling import WAIVERS
from ._values.leaves import lift, lower, output_of
from ._values.ledger import ledger
from .args import PluginReference, WasmPluginArgs
from .tokens import token


class WasmPlugin(pulumi.ComponentResource):
    """An Istio WasmPlugin in every selected cluster."""

    plugins: pulumi.Output[list[PluginReference]]
    """The WasmPlugins that were made."""

    def __init__(self, name: str, args: WasmPluginArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare a plugin; see WasmPluginArgs."""
        known, misspelt = known_arguments(args, WasmPluginArgs)
        where = _fleet.read_where(known)
        document = lift({key: value for key, value in known.items() if key not in _fleet.KEYS | KEYS | {WAIVERS}})
        refs = read_secrets(known, name) or []
        whole = {"plugin": document, "pullSecrets": documents(refs)}

        def planned(known: Any) -> Plan:
            plan = _plan(known["plugin"], known["pullSecrets"], where, name)
            return plan.with_findings(reference_findings(refs))

        plan = planned(whole)
        props = lower(parse(PluginDocument, document).value.wire())
        super().__init__(token("WasmPlugin"), name, {**props, "fleet": list(where.providers)}, opts)
        report = Report(self, name, args)
        shown = ledger().name(name, "WasmPlugin")
        clashes = [] if report.errors(plan.findings) else ledger().enter(shown, plan)
        found = [*misspelt, *where.findings, *plan.findings, *clashes, *retention_findings(plan.plugins, refs, opts)]

        def later(known: Any) -> list[Finding]:
            again = planned(known)
            return [*again.findings, *ledger().enter_again(shown, again)]

        valid, gate = report.check(found, whole, later)
        self.plugins = output_of(references(plan) if valid else [])
        if valid:
            needs = user_dependencies(opts)
            secrets = PullSecrets(self, refs, where, report, needs)
            for register in registrations(self, name, report.annotated(plan), where, secrets, gate, needs):
                register()
        self.register_outputs({"plugins": self.plugins})


def _plan(document: Mapping[str, Any], pull_secrets: list[Any], where: _fleet.Where, name: str) -> Plan:
    parsed = parse(PluginDocument, document)
    secrets = [parse(Definition, one).value for one in pull_secrets]
    plan = plan_plugin(parsed.value, name, where.fleet, where.selection, secrets)
    return where.own(plan.with_findings(parsed.findings))
