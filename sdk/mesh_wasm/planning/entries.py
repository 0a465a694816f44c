"""What can be said of an extension before it is attached anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mesh_wasm.findings.finding import Finding, Path
from mesh_wasm.model.extension import CatalogueEntry
from mesh_wasm.model.parse import parse
from mesh_wasm.model.plugin import WasmPluginSpec
from mesh_wasm.model.signer import Signer, signer_findings
from mesh_wasm.modules.locked import Lock, LockedSchema
from mesh_wasm.modules.schema import given_schema
from mesh_wasm.rules.checks import extension_findings, plugin_findings
from mesh_wasm.rules.of_modules import schema_findings, tags_held
from mesh_wasm.values.deferred import Deferred, deferred_leaves

from .translate import plugin_spec

_ENTRY_NAMES = {"pluginConfig": "config"}


def entry_findings(entry: CatalogueEntry, lock: Lock | None = None) -> list[Finding]:
    """Everything that the rules say of an extension; paths are those of its own fields.

    :param lock: What is known of modules: a tag that it pins cannot be moved.
    """
    found = [
        *extension_findings(entry),
        *schema_findings(schema_of(entry)),
        *signer_findings(entry.verify if isinstance(entry.verify, list) else ()),
    ]
    told = {(finding.rule, finding.path[:1]) for finding in found}
    for finding in entry_plugin_findings(entry):
        path = entry_path(finding.path)
        if path[:1] == ("url",) and entry.url is None:
            path = ("image", *path[1:])
        moved = replace(finding, path=path)
        if (moved.rule, moved.path[:1]) not in told or moved.path[:1] not in (("url",), ("image",)):
            found.append(moved)
    return tags_held(found, entry.module_url, lock)


def entry_plugin_findings(entry: CatalogueEntry) -> list[Finding]:
    """What the plugin rules say of the plugin that it would become anywhere; paths are those of the plugin's spec."""
    parsed = parse(WasmPluginSpec, plugin_spec(entry))
    return [*(f for f in parsed.findings if f.path != ("url",)), *plugin_findings(parsed.value)]


def entry_path(path: Path) -> Path:
    """The path within a catalogue entry of a value that stands at ``path`` in the plugin's spec."""
    if not path:
        return path
    head = _ENTRY_NAMES.get(str(path[0]), path[0])
    if head == "match":
        return ("match", *path[2:])  # the entry has one selector, the plugin a list of one
    return (head, *path[1:])


def schema_of(entry: CatalogueEntry) -> LockedSchema | None:
    """The schema of the configuration that an extension gives; None where it gives none, or it is not known yet."""
    given = entry.config_schema
    if not isinstance(given, Mapping) or any(True for _ in deferred_leaves(given)):
        return None
    return given_schema(given, "config_schema")


def signers_asked(entry: CatalogueEntry) -> tuple[Signer, ...] | None:
    """The signers of whom an extension asks a signature, as far as they are known; None where it names none."""
    if entry.verify is None or isinstance(entry.verify, Deferred):
        return None
    return tuple(one for one in entry.verify if isinstance(one, Signer) and one.known)
