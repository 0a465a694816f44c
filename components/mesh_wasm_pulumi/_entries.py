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
from mesh_wasm.rules import schema

from ._leaves import lift
from ._secret_refs import SecretRef, read_secret
from .extension import WasmExtension


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of ``extensions``, taken apart."""

    item: dict[str, Any]
    """The attachment's own fields: fqn, config, match; with deferred leaves."""
    extension: Any
    """The catalogue document, with deferred leaves; deferred as a whole where it is an Output."""
    secret: SecretRef | None
    key: str
    """Stable name of the child resources."""
    broken: bool
    owned: bool
    """Whether a WasmExtension of this program reports the extension's own problems."""


def read_entries(args: Mapping[str, Any]) -> list[Entry]:
    """Take apart the items of ``extensions``."""
    items = args.get("extensions")
    return [_entry(index, dict(item)) for index, item in enumerate(items if isinstance(items, list | tuple) else ())]


def _entry(index: int, item: dict[str, Any]) -> Entry:
    given = item.pop("extension", None)
    fields = lift(item)
    if isinstance(given, WasmExtension):
        fields.setdefault("fqn", given._entry.fqn)
        key = given._entry.name or str(index)
        return Entry(fields, given._document, given._secret, key, given._broken, owned=True)
    if isinstance(given, pulumi.Output):
        whole: Any = lift(given)
        named = known(fields.get("fqn"))
        fields.setdefault("fqn", whole.map(lambda definition: definition["fqn"]))
        return Entry(fields, whole, None, _last(named) or str(index), False, owned=False)
    raw = dict(given) if isinstance(given, Mapping) else {}
    secret = read_secret(raw.pop("pull_secret", raw.pop("pullSecret", None)))
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
        parsed = parse(CatalogueEntry, extension or {})
        model = parsed.value
        if extension is not None and not (entry.owned and extension is entry.extension):
            # What a WasmExtension knew from the start it has said itself; what became known since is looked at again.
            found = [*parsed.findings, *(entry.secret.findings if entry.secret else ()), *entry_findings(model)]
            if not entry.owned:
                findings += [finding.under(*prefix, "extension") for finding in found]
            elif errors(found):
                broken = True
    attachment = parse(WasmExtensionAttachment, {key: value for key, value in item.items() if value is not None})
    if extension is not None:
        findings += [finding.under(*prefix) for finding in attachment.findings]
    return Attached(model, attachment.value, entry.key, broken), findings
