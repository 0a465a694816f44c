"""Linting many documents: each by itself, all of them together, and what weighs how much in the end."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mesh_wasm.findings import placing
from mesh_wasm.findings.finding import Finding, Severity, quoted
from mesh_wasm.fleet.cluster import Fleet
from mesh_wasm.modules.locked import Lock
from mesh_wasm.numbering.numbers import Settled
from mesh_wasm.rules.checks import pull_findings
from mesh_wasm.rules.effect import silent
from mesh_wasm.rules.subjects import ClusterPluginSubject, PluginSubject, PullSubject, SecretSubject
from mesh_wasm.rules.waivers import ANNOTATION, Levels, Waiver, read_waivers, settle, unused
from mesh_wasm.surroundings.files import written_cluster
from mesh_wasm.surroundings.reading import is_read
from mesh_wasm.tsb import Bundle, Choices, kind_of
from mesh_wasm.values.deferred import known
from mesh_wasm.yaml.file import Document, Located

from .kinds import Header, header_of, is_secret, look_alike, plugin_kind
from .manifests import Manifest, read_plugin, read_secret
from .metadata import text_at
from .scopes import Scopes
from .together import Together


@dataclass(frozen=True, slots=True)
class Result:
    """What linting found."""

    documents: int
    """All documents, read or passed over; each item of a ``kind: List`` counts."""
    skipped: int
    """Those of other kinds."""
    findings: tuple[Located, ...]
    """Sorted by file and line."""

    def count(self, severity: Severity) -> int:
        """How many findings have that severity."""
        return sum(located.finding.severity is severity for located in self.findings)


def lint(
    documents: Iterable[Document],
    fleet: Fleet | None = None,
    levels: Levels | None = None,
    today: datetime.date | None = None,
    lock: Lock | None = None,
    choices: Choices | None = None,
    catalogue: Iterable[Settled] = (),
) -> Result:
    """Run all rules over some documents.

    :param fleet: The clusters they are meant for; without it, rules about clusters and placement are left out.
    :param levels: Severities that were set otherwise.
    :param today: The day by which waivers end; default: today, in UTC.
    :param lock: What is known of modules; without it, rules about these are left out.
    :param choices: What TSB leaves open of its hierarchy; default: nothing is chosen.
    :param catalogue: Extensions whose numbers are held.
    """
    settled: list[Located] = []
    plugins: list[tuple[Document, Header]] = []
    secrets: list[Manifest] = []
    others: list[Document] = []
    total = skipped = 0
    for document in documents:
        total += 1
        header = header_of(document.value)
        if header is not None and plugin_kind(header):
            plugins.append((document, header))
        elif header is not None and is_secret(header):
            secrets.append(read_secret(document))  # one that is passed over may still be named by a plugin
            skipped += not secrets[-1].is_judged
        else:
            others.append(document)
            if kind_of(document.value) is None and not is_read(document.value):
                skipped += 1
                like = None if header is None else look_alike(header)
                settled += () if like is None else _settled(document, [like], levels, today)
        if document.changed_keys and header is not None and (plugin_kind(header) or kind_of(document.value)):
            settled += _changed_keys(document, levels, today)
    scopes = Scopes(fleet, others)
    manifests = [read_plugin(document, header, scopes.of(document), lock) for document, header in plugins]
    for manifest, findings in _together([*manifests, *secrets], scopes, today):
        idle = _idle_waivers(manifest, findings, today, fleet)
        settled += _settled(manifest.document, [*findings, *idle], levels, today)
    linted = [document for document, _ in plugins]
    bundle = Bundle(others, levels=levels, today=today, lock=lock, choices=choices, linted=linted, catalogue=catalogue)
    settled += (
        bundle.check(complete=False) if fleet is None else bundle.plan(scopes.fleet or fleet, beside=False).findings
    )
    return Result(total, skipped, _sorted(settled))


def _together(
    manifests: list[Manifest], scopes: Scopes, today: datetime.date | None
) -> Iterator[tuple[Manifest, list[Finding]]]:
    """Each manifest with its own findings, and those that need the others."""
    secrets: dict[str, list[Manifest]] = {}
    first: dict[tuple[str, str, str | None, str], Manifest] = {}
    for manifest in manifests:
        if manifest.secret is not None and manifest.name:
            secrets.setdefault(manifest.name, []).append(manifest)
    homes: dict[str, list[Manifest]] = defaultdict(list)  # the same object in two clusters is two objects
    for manifest in filter(lambda one: one.is_judged, manifests):
        homes[written_cluster(manifest.document) or ""].append(manifest)
    for home, judged in homes.items():
        together = Together(judged, scopes.clusters, lambda one, rule: _waives(one.document, rule, today))
        for manifest in judged:
            yield manifest, [*together.findings(manifest), *_beside(manifest, home, first, secrets)]


def _beside(
    manifest: Manifest,
    home: str,
    first: dict[tuple[str, str, str | None, str], Manifest],
    secrets: Mapping[str, list[Manifest]],
) -> Iterator[Finding]:
    """What is to be said because of another document: the same object, or the Secret that the plugin names."""
    if manifest.name:
        before = first.setdefault((home, manifest.kind, manifest.namespace, manifest.name), manifest)
        yield from _repeated(manifest, before) if before is not manifest else ()
    if manifest.spec is not None:
        named = known(manifest.spec.image_pull_secret)
        seen = tuple(one.secret for one in secrets.get(named or "", ()) if one.secret is not None)
        subject = PullSubject(manifest.spec, manifest.namespace, seen)
        for finding in pull_findings(subject):
            yield replace(finding, path=manifest.place(finding.path))


def _repeated(manifest: Manifest, before: Manifest) -> Iterator[Finding]:
    """The same object twice: in one file the second wins; in several files they may be meant for several clusters."""
    here, there = manifest.document, before.document
    severity = Severity.ERROR if here.file == there.file else Severity.WARNING
    says = f"{manifest.label} is declared in {there.file}:{there.line} already."
    yield placing.SAME_OBJECT.at("metadata", "name", says=says, severity=severity)


_ALONE = frozenset({PluginSubject, SecretSubject})


def _idle_waivers(
    manifest: Manifest, findings: Sequence[Finding], today: datetime.date | None, fleet: Fleet | None
) -> Iterator[Finding]:
    """Notes about waivers that waive nothing. A generated object carries those of all that its component has made."""
    if not manifest.is_generated and not manifest.is_broken:
        waivers, _ = _waivers(manifest.document, today)
        yield from unused(waivers, findings, _ALONE if fleet is None else _ALONE | {ClusterPluginSubject})


def _settled(
    document: Document, findings: Iterable[Finding], levels: Levels | None, today: datetime.date | None
) -> Iterator[Located]:
    waivers, wrong = _waivers(document, today)
    for finding in settle([*findings, *wrong], waivers, levels):
        yield document.locate(finding)


def _waivers(document: Document, today: datetime.date | None) -> tuple[list[Waiver], list[Finding]]:
    value = document.value if isinstance(document.value, Mapping) else {}
    text = text_at(value, "metadata", "annotations", ANNOTATION)
    return read_waivers(text, "metadata", "annotations", ANNOTATION, today=today)


def _changed_keys(document: Document, levels: Levels | None, today: datetime.date | None) -> Iterator[Located]:
    """The keys that kubectl sends otherwise than they are written, together on the line of the first one."""
    keys = document.changed_keys
    pairs = ", ".join(dict.fromkeys(f"{key.written} as {quoted(key.sent)}" for key in keys))
    says = f"kubectl reads keys without quotes as YAML 1.1 does, and sends {pairs}."
    for located in _settled(document, [silent.CHANGED_KEYS.at(says=says)], levels, today):
        yield replace(located, line=keys[0].line)


def _waives(document: Document, rule: str, today: datetime.date | None) -> bool:
    return any(waiver.rule == rule for waiver in _waivers(document, today)[0])


def _sorted(found: Iterable[Located]) -> tuple[Located, ...]:
    def key(located: Located) -> tuple[object, ...]:
        finding = located.finding
        return (located.file, located.line, finding.severity.rank, finding.rule, str(finding))

    return tuple(sorted(dict.fromkeys(found), key=key))
