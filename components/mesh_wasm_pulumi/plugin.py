"""WasmPlugin: the raw Istio resource, typed and validated, in every selected cluster. It creates

- one WasmPlugin per selected cluster, and
- before it, the pull secret, if one is given.
"""

from collections.abc import Mapping
from typing import Any, Optional

import pulumi

from mesh_wasm.finding import Finding
from mesh_wasm.parse import parse
from mesh_wasm.plan import Plan
from mesh_wasm.pluginplan import PluginDocument, plan_plugin

from . import _fleet
from ._arguments import known_arguments
from ._children import SecretSource, references, register, user_dependencies
from ._leaves import lift, lower, output_of
from ._ledger import ledger
from ._report import Report
from ._secret_refs import SecretRef, read_secret, source_of
from .args import PluginReference, WasmPluginArgs
from .tokens import token


class WasmPlugin(pulumi.ComponentResource):
    """An Istio WasmPlugin in every selected cluster."""

    plugins: pulumi.Output[list[PluginReference]]
    """The WasmPlugins that were made."""

    def __init__(self, name: str, args: WasmPluginArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:  # noqa: UP045
        """Declare a plugin; see WasmPluginArgs."""
        known, misspelt = known_arguments(args, WasmPluginArgs)
        where = _fleet.read_where(known)
        raw: dict[str, Any] = {k: v for k, v in known.items() if k not in _fleet.KEYS}
        secret = read_secret(raw.pop("pull_secret", raw.pop("pullSecret", None)))
        document = lift(raw)

        def planned(known: Any) -> Plan:
            return _plan(known, secret, where, name)

        plan = planned(document)
        props = lower(parse(PluginDocument, document).value.wire())
        super().__init__(token("WasmPlugin"), name, {**props, "fleet": list(where.providers)}, opts)
        report = Report(self, name, args)
        found = [*misspelt, *where.findings, *plan.findings, *(ledger().enter(name, plan) if not plan.errors else ())]

        def later(known: Any) -> list[Finding]:
            again = planned(known)
            return [*again.findings, *ledger().enter_again(name, again)]

        valid, gate = report.check(found, document, later)
        self.plugins = output_of(references(plan) if valid else [])
        if valid:
            sources: dict[int, SecretSource] = {id(secret.model): source_of(secret, f"{name}-pull")} if secret else {}
            register(self, name, plan, where, sources, gate, user_dependencies(opts))
        self.register_outputs({"plugins": self.plugins})


def _plan(document: Mapping[str, Any], secret: SecretRef | None, where: _fleet.Where, name: str) -> Plan:
    parsed = parse(PluginDocument, document)
    plan = plan_plugin(parsed.value, name, where.fleet, where.selection, secret.model if secret else None)
    return plan.with_findings([*parsed.findings, *(secret.findings if secret else ())])
