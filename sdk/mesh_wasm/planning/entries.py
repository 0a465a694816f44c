"""What can be said of an extension before it is attached anywhere."""

from __future__ import annotations

from dataclasses import replace

from mesh_wasm.findings.finding import Finding, Path
from mesh_wasm.model.extension import CatalogueEntry
from mesh_wasm.model.parse import parse
from mesh_wasm.model.plugin import WasmPluginSpec
from mesh_wasm.rules.checks import extension_findings, plugin_findings

from .translate import plugin_spec

_ENTRY_NAMES = {"pluginConfig": "config"}


def entry_findings(entry: CatalogueEntry) -> list[Finding]:
    """Everything that the rules say of an extension; paths are those of its own fields."""
    found = list(extension_findings(entry))
    told = {(finding.rule, finding.path[:1]) for finding in found}
    for finding in entry_plugin_findings(entry):
        path = entry_path(finding.path)
        if path[:1] == ("url",) and entry.url is None:
            path = ("image", *path[1:])
        moved = replace(finding, path=path)
        if (moved.rule, moved.path[:1]) not in told or moved.path[:1] not in (("url",), ("image",)):
            found.append(moved)
    return found


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
