"""Secrets that stand in plain text in an object, and with its declaration in the program, too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mesh_wasm.findings.finding import format_path
from mesh_wasm.model.parse import parse
from mesh_wasm.model.plugin import WasmPluginSpec
from mesh_wasm.rules.security import secret_in_config
from mesh_wasm.rules.subjects import PluginSubject
from mesh_wasm.values.enums import PluginKind
from mesh_wasm.values.module_urls.shown import has_login

from .live import LiveObject


def disclosed(one: LiveObject) -> Iterator[str]:
    """One sentence or none: which fields look like a secret (MW307, a login in the URL), and what to do; never a value."""
    under = "spec" if one.kind is PluginKind.WASM_PLUGIN else "spec.wasm"
    spec = one.spec if one.kind is PluginKind.WASM_PLUGIN else one.spec.get("wasm")
    if not isinstance(spec, Mapping):
        return
    subject = PluginSubject(parse(WasmPluginSpec, dict(spec)).value)
    fields = [format_path(finding.path) for finding in secret_in_config(subject)]
    if isinstance(url := spec.get("url"), str) and has_login(url):
        fields.insert(0, "url")
    if fields:
        named = ", ".join(f"{under}.{field}" for field in fields)
        yield (
            f"what looks like a secret stands in plain text in {named}, and in the program and import.json now. Before "
            "they go into git, keep it in the stack's configuration (`pulumi config set --secret`, read by "
            "`config.require_secret`) and delete import.json once it is imported. In the cluster it stays "
            "readable: see MW307."
        )
