"""Judging the modules of plugins: what the lock file knows of them, their configurations and their signatures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mesh_wasm.findings.finding import Finding, SetTo
from mesh_wasm.findings.rule import run
from mesh_wasm.model.signer import signers_of
from mesh_wasm.modules.effective import effective_of
from mesh_wasm.modules.reference import reference_of
from mesh_wasm.values.deferred import Deferred

from . import image
from .checks import once
from .subjects import ConfigSubject, ExtensionSchemaSubject, ModuleSubject, SignedSubject, TrialSubject

if TYPE_CHECKING:
    from mesh_wasm.fleet.cluster import Cluster
    from mesh_wasm.model.plugin import WasmPluginSpec
    from mesh_wasm.model.signer import Signer
    from mesh_wasm.modules.locked import Lock, LockedSchema


def module_findings(
    uses: Iterable[tuple[Cluster, WasmPluginSpec]],
    lock: Lock | None,
    schema: LockedSchema | None = None,
    signers: Sequence[Signer] | None = None,
) -> list[Finding]:
    """What the rules say of the module that a plugin loads in each of some clusters; what is said of all, once.

    Each cluster comes with the spec as it gets it. Paths start at the spec. A cluster without a name stands for any.

    :param lock: What is known of modules.
    :param schema: The schema of the configuration, as it is given in code; else that of the lock counts.
    :param signers: Those of whom one must have signed the module; else those of each cluster count.
    """
    alike: dict[tuple[object, ...], list[Finding]] = {}
    by_cluster: dict[str, dict[Finding, None]] = {}
    for cluster, spec in uses:
        asked = tuple(cluster.verify if signers is None else signers)
        key = (id(spec), cluster.version, asked)
        if key not in alike:
            signed = [] if not asked else _signatures(spec, lock, asked)
            alike[key] = [*_of_module(spec, cluster.version, lock, schema), *signed]
        by_cluster.setdefault(cluster.name, {}).update(dict.fromkeys(alike[key]))
    return once(by_cluster)


def _of_module(
    spec: WasmPluginSpec, version: tuple[int, int] | None, lock: Lock | None, given: LockedSchema | None
) -> list[Finding]:
    modules = module_subjects(spec, version, lock)
    subjects = (*modules, *config_subjects(spec, modules, given), *trial_subjects(spec, modules, lock))
    return [finding for subject in subjects for finding in run(subject)]


def _signatures(spec: WasmPluginSpec, lock: Lock | None, asked: Sequence[Signer]) -> list[Finding]:
    signers = frozenset(signers_of(asked))
    if lock is None or not signers:  # what cannot be read of them is told where it stands
        return []
    known = module_subjects(spec, None, replace(lock, absent=False))
    return [one for module in known for one in run(SignedSubject(module.known, signers))]


def config_subjects(
    spec: WasmPluginSpec, modules: Iterable[ModuleSubject], given: LockedSchema | None = None
) -> list[ConfigSubject]:
    """What the rules about configurations look at: one subject, or none where there is no schema."""
    carried = next((one.known.schema for one in modules if one.known is not None), None)
    schema, config = given or carried, spec.plugin_config
    if schema is None or not (config is None or isinstance(config, Mapping)):
        return []
    return [ConfigSubject(config or {}, schema, given is not None)]


def trial_subjects(spec: WasmPluginSpec, modules: Iterable[ModuleSubject], lock: Lock | None) -> Iterator[TrialSubject]:
    """What the rules about trials look at: one subject where the module was tried, and all it is started with is known."""
    for one in modules:
        if one.known is not None and one.known.verdicts:
            effective = effective_of(spec.wire())
            if effective is not None:
                yield TrialSubject(effective, one.known.verdicts, one.version, None if lock is None else lock.key)


def module_subjects(spec: WasmPluginSpec, version: tuple[int, int] | None, lock: Lock | None) -> list[ModuleSubject]:
    """What the rules about modules look at: one subject, or none where no known module is fetched."""
    url, sha256 = spec.url, spec.sha256
    if lock is None or lock.absent or not isinstance(url, str) or isinstance(sha256, Deferred):
        return []
    reference = reference_of(url, sha256)
    return [] if reference is None else [ModuleSubject(spec, reference, lock.find(reference), version)]


def with_pins(findings: Iterable[Finding], url: object, sha256: object, lock: Lock | None) -> Iterator[Finding]:
    """The findings of a manifest; those about a tag that the lock knows carry the URL with the locked digest."""
    held = lock.pinned(url)[0] if lock is not None and isinstance(url, str) and sha256 is None else url
    for one in findings:
        tag = one.rule in (image.MUTABLE_TAG.id, image.TAG_WITHOUT_DIGEST.id)
        yield replace(one, mend=SetTo(held)) if tag and isinstance(held, str) and held != url else one


def tags_held(findings: list[Finding], url: object, lock: Lock | None) -> list[Finding]:
    """The findings without those about a tag that the lock pins: the plugin is written with the digest."""
    if lock is None or not isinstance(url, str) or lock.pinned(url)[0] == url:
        return findings
    return [one for one in findings if one.rule not in (image.MUTABLE_TAG.id, image.TAG_WITHOUT_DIGEST.id)]


def schema_findings(schema: LockedSchema | None) -> list[Finding]:
    """What the rules say of the schema that an extension gives; paths start at the extension."""
    return [] if schema is None else run(ExtensionSchemaSubject(schema))
