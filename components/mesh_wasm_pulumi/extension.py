"""WasmExtension: an extension in the catalogue of an organization. It creates nothing by itself; attachments do."""

from collections.abc import Mapping
from typing import Any, Optional

import pulumi

from mesh_wasm.deferred import Deferred
from mesh_wasm.entrycheck import entry_findings
from mesh_wasm.extension import CatalogueEntry
from mesh_wasm.finding import Finding
from mesh_wasm.fqn import extension_fqn
from mesh_wasm.parse import parse

from ._leaves import lift, lower, output_of
from ._report import Report
from ._secret_refs import SecretRef, read_secret
from .args import ExtensionDefinition, WasmExtensionArgs
from .definition import seal
from .tokens import token


class WasmExtension(pulumi.ComponentResource):
    """An extension in the catalogue of an organization (TSB WasmExtension)."""

    fqn: pulumi.Output[str]
    """``organizations/<organization>/extensions/<name>``."""
    definition: pulumi.Output[ExtensionDefinition]
    """The extension as attachments of other languages and stacks take it; secret where its parts are."""

    def __init__(self, name: str, args: WasmExtensionArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:  # noqa: UP045
        """Declare an extension.

        :param name: Name of the component, and of the extension unless ``fqn`` is given.
        :param args: See WasmExtensionArgs.
        :param opts: Resource options.
        """
        document, secret = read_entry(name, args)
        parsed = parse(CatalogueEntry, document)
        props = lower(parsed.value.wire())
        props.pop("pullSecret", None)
        super().__init__(token("WasmExtension"), name, props, opts)
        report = Report(self, name, args)
        known = [*parsed.findings, *(secret.findings if secret else ()), *entry_findings(parsed.value)]
        self._broken = not report.check(known, document, _findings)[0]
        self._document = document
        self._entry = parsed.value
        self._secret = secret
        self.fqn = output_of(lower(parsed.value.fqn) or "")
        fields: Any = props if secret is None else {**props, "pullSecret": secret.definition}
        definition: Any = seal(fields)
        self.definition = output_of(definition)
        self.register_outputs({"fqn": self.fqn, "definition": self.definition})


def read_entry(name: str, args: Mapping[str, Any]) -> tuple[dict[str, Any], SecretRef | None]:
    """The catalogue document of some arguments, with deferred leaves, and its pull secret."""
    raw = dict(args)
    secret = read_secret(raw.pop("pull_secret", raw.pop("pullSecret", None)))
    organization = raw.pop("organization", None)
    document: dict[str, Any] = lift(raw)
    if "fqn" not in document and organization is not None:
        owner = lift(organization)
        document["fqn"] = (
            owner.map(lambda known: extension_fqn(known, name))
            if isinstance(owner, Deferred)
            else extension_fqn(owner, name)
        )
    if secret is not None:
        document["pullSecret"] = secret.model
    return document, secret


def _findings(document: Any) -> list[Finding]:
    parsed = parse(CatalogueEntry, document)
    return [*parsed.findings, *entry_findings(parsed.value)]
