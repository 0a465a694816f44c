"""WasmExtensionReference: an extension of another stack, as :meth:`WasmExtension.get` makes it.

It creates nothing. It is a component so that its problems have a place to be reported on: as soon as the definition is
known, all rules are applied to it, here once for all of its attachments.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from mesh_wasm.findings.finding import Finding
from mesh_wasm.model.extension import CatalogueEntry
from mesh_wasm.model.parse import parse
from mesh_wasm.model.target import check_fqn
from mesh_wasm.planning.entries import entry_findings
from mesh_wasm.values.deferred import Deferred

from ._entries import other_extension
from ._leaves import lift, output_of
from ._report import Report
from ._secret_refs import KEYS, documents, read_secrets, reference_findings
from .definition import DefinitionLeaf, fields_of, version_findings
from .extension import WasmExtension
from .tokens import token


class WasmExtensionReference(WasmExtension):
    """An extension that another stack declares."""

    def __init__(self, name: str, args: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        fqn, given = args["fqn"], args["definition"]
        pulumi.ComponentResource.__init__(self, token("WasmExtensionReference"), name, {"fqn": fqn}, opts)
        plain = isinstance(given, Mapping)
        whole = lift(given) if plain else DefinitionLeaf(pulumi.Output.from_input(given), name, ("definition",))
        report = Report(self, name, args)
        own = read_secrets(args, name)
        self._secrets = (read_secrets(given, name) if plain and own is None else own) or []
        now = [*check_fqn(fqn, "extension", "fqn"), *reference_findings(self._secrets), *_findings(whole, fqn)]
        self._broken = not report.check(now, whole, lambda then: _findings(then, fqn))[0]
        document: Any = whole
        if not isinstance(whole, Deferred):
            document = {key: value for key, value in fields_of(whole).items() if key not in KEYS}
            document["pullSecrets"] = documents(self._secrets)
        self._document = document
        self._entry = parse(CatalogueEntry, {"fqn": fqn}).value
        self.fqn = output_of(fqn)
        self.definition = pulumi.Output.from_input(given)
        self.register_outputs({"fqn": self.fqn})


def _findings(definition: Any, fqn: str) -> list[Finding]:
    """What the rules say of the definition, as far as it is known."""
    if isinstance(definition, Deferred):
        return []
    parsed = parse(CatalogueEntry, fields_of(definition))
    found = [*version_findings(definition), *parsed.findings, *entry_findings(parsed.value)]
    return [finding.under("definition") for finding in (*found, *other_extension(parsed.value, fqn))]
