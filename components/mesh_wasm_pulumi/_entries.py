"""Reading ``extensions`` of an attachment: components of this program, plain definitions, or Outputs of other stacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from mesh_wasm.attach import Attached
from mesh_wasm.attachment import WasmExtensionAttachment
from mesh_wasm.deferred import Deferred, known
from mesh_wasm.entrycheck import entry_findings
from mesh_wasm.extension import CatalogueEntry
from mesh_wasm.finding import Finding, errors
from mesh_wasm.parse import parse
from mesh_wasm.rules import placing, schema

from ._leaves import lift
from ._secret_refs import SecretRef, read_secret
from .definition import DefinitionLeaf, fields_of, version_findings
from .extension import WasmExtension


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of ``extensions``, taken apart."""

    item: dict[str, Any]
    """The attachment's own fields: fqn, config, match; with deferred leaves."""
    extension: Any
    """The catalogue document, with deferred leaves; deferred as a whole where it is an Output."""
    secret: SecretRef | None
    """The pull secret that is known to belong to it at preview."""
    key: str
    """Stable name of the child resources."""
    broken: bool
    owned: bool
    """Whether a WasmExtension of this program reports the extension's own problems."""


def read_entries(args: Mapping[str, Any]) -> list[Entry]:
    """Take apart the items of ``extensions``."""
    items = args.get("extensions")
    many = items if isinstance(items, list | tuple) else ()
    return [_entry(index, dict(item) if isinstance(item, Mapping) else {}) for index, item in enumerate(many)]


def _entry(index: int, item: dict[str, Any]) -> Entry:
    given = item.pop("extension", None)
    secret = read_secret(item.pop("pull_secret", item.pop("pullSecret", None)))
    fields = lift(item)
    if isinstance(given, WasmExtension):
        fields.setdefault("fqn", given._entry.fqn)
        key = given._entry.name or str(index)
        return Entry(fields, given._document, secret or given._secret, key, given._broken, owned=True)
    if isinstance(given, pulumi.Output):
        whole = DefinitionLeaf(given)
        named = known(fields.get("fqn"))
        fields.setdefault("fqn", whole.map(lambda definition: definition["fqn"]))
        return Entry(fields, whole, secret, _last(named) or str(index), False, owned=False)
    raw = dict(given) if isinstance(given, Mapping) else {}
    carried = raw.pop("pull_secret", raw.pop("pullSecret", None))
    secret = secret or read_secret(carried)
    document = lift(raw) if given is not None else None
    if document is not None:
        fields.setdefault("fqn", document.get("fqn"))
        if secret is not None:
            document["pullSecret"] = secret.model
    return Entry(fields, document, secret, _last(known(fields.get("fqn"))) or str(index), False, owned=False)


def _last(fqn: Any) -> str | None:
    return fqn.rsplit("/", 1)[-1] if isinstance(fqn, str) else None


def attached_of(entry: Entry, extension: Any, item: Any, index: int) -> tuple[Attached, list[Finding]]:
    """The SDK's view of an item, whose leaves may have become known; and the findings about its shape."""
    findings: list[Finding] = []
    prefix = ("extensions", index)
    model: CatalogueEntry | Deferred
    if extension is None:
        findings.append(schema.REQUIRED.at(*prefix, "extension", says="this field is required."))
    broken = entry.broken or extension is None
    if isinstance(extension, Deferred):
        model = extension
    else:
        parsed = parse(CatalogueEntry, fields_of(extension or {}))
        model = parsed.value
        if extension is not None and not (entry.owned and extension is entry.extension):
            # What a WasmExtension knew from the start it has said itself; what became known since is looked at again.
            found = [*parsed.findings, *(entry.secret.findings if entry.secret else ()), *entry_findings(model)]
            found += version_findings(extension)
            if not entry.owned:
                findings += [finding.under(*prefix, "extension") for finding in found]
                findings += [finding.under(*prefix) for finding in _late_secret(entry, model)]
            elif errors(found):
                broken = True
    attachment = parse(WasmExtensionAttachment, {key: value for key, value in item.items() if value is not None})
    if extension is not None:
        findings += [finding.under(*prefix) for finding in attachment.findings]
    secret = entry.secret.model if entry.secret else None
    return Attached(model, attachment.value, entry.key, broken, secret), findings


def _late_secret(entry: Entry, model: CatalogueEntry) -> list[Finding]:
    """A definition that was an Output may turn out to carry a pull secret that nobody could plan for."""
    if not isinstance(entry.extension, Deferred) or entry.secret is not None or model.pull_secret is None:
        return []
    says = "the extension's definition carries a pull secret, but it was not known at preview that it does."
    return [placing.LATE_SECRET.at("pullSecret", says=says)]
