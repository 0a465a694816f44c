"""Pinning planned plugins to their locked modules, and what the rules say of these modules.

It comes last of all: which image a plugin loads is decided cluster by cluster, by mirrors and the download proxy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mesh_wasm.findings.finding import Finding
from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.fleet.mirrors import proxied
from mesh_wasm.model.parse import parse
from mesh_wasm.model.plugin import WasmPluginSpec
from mesh_wasm.model.signer import Signer
from mesh_wasm.modules.locked import Lock, LockedSchema
from mesh_wasm.modules.reference import unproxied
from mesh_wasm.rules.of_modules import module_findings
from mesh_wasm.values.deferred import Deferred, map_value

from .plan import PlannedPlugin


def pinned(
    plugins: Sequence[PlannedPlugin],
    lock: Lock | None,
    schema: LockedSchema | None = None,
    signers: tuple[Signer, ...] | None = None,
) -> tuple[list[PlannedPlugin], list[Finding]]:
    """The plugins with the locked digests of their modules, and the findings about these; paths start at the spec.

    The plugins are those of one extension, or of one raw plugin: what is said of all of their clusters is said once.

    :param schema: The schema that the extension gives for its configuration.
    :param signers: Those of whom the extension asks a signature; None: each cluster has its say.
    """
    asked = signers or (signers is None and any(plugin.cluster.verify for plugin in plugins))
    if lock is None and schema is None and not asked:
        return list(plugins), []
    specs: dict[int, Any] = {}
    uses: dict[tuple[str, int], tuple[Cluster, Any]] = {}
    for plugin in plugins:  # those of one extension share few specs
        key = id(plugin.spec)
        if key not in specs:
            specs[key] = plugin.spec if lock is None else pinned_spec(plugin.spec, lock)
        uses.setdefault((plugin.cluster.name, key), (plugin.cluster, plugin.spec))
    parsed = {id(spec): parse(WasmPluginSpec, spec).value for _, spec in uses.values() if isinstance(spec, Mapping)}
    known = [(cluster, parsed[id(spec)]) for cluster, spec in uses.values() if id(spec) in parsed]
    made = [replace(plugin, spec=specs[id(plugin.spec)], signers=signers) for plugin in plugins]
    return made, module_findings(known, lock, schema, signers)


def pinned_spec(spec: Mapping[str, Any] | Deferred, lock: Lock) -> Any:
    """The spec with the locked digest; a spec or URL that is deferred gets it when it is known."""
    if isinstance(spec, Deferred):
        return spec.map(lambda known: pinned_spec(known, lock))
    url, sha256 = spec.get("url"), spec.get("sha256")
    if url is None or isinstance(sha256, Deferred):
        return spec
    if isinstance(url, Deferred):
        # A checksum of a file would be a field that is there or not, as the URL turns out: only images are pinned.
        return {**spec, "url": map_value(url, lambda known: _pin(known, sha256, lock)[0])}
    url, checksum = _pin(url, sha256, lock)
    return {**spec, "url": url, **({} if checksum is None else {"sha256": checksum})}


def _pin(url: Any, sha256: Any, lock: Lock) -> tuple[Any, Any]:
    if not isinstance(url, str):
        return url, sha256
    image = unproxied(url)
    if image == url:
        return lock.pinned(url, sha256)
    return proxied(lock.pinned(image)[0]), sha256
