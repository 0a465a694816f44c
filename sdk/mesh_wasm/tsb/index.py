"""The resources of a bundle by kind and FQN: what an attachment, a group or a finding refers to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from mesh_wasm.findings import documents as rules
from mesh_wasm.findings.finding import Finding, errors, quoted
from mesh_wasm.model.extension import CatalogueEntry
from mesh_wasm.model.pull_secret import PullSecret
from mesh_wasm.model.target import TargetKind
from mesh_wasm.numbering.numbers import Ordered, Settled
from mesh_wasm.planning.attached import Attached
from mesh_wasm.planning.ranking import catalogue_finding, ordered
from mesh_wasm.values.deferred import INVALID, known
from mesh_wasm.values.fqn import Fqn
from mesh_wasm.yaml.file import Located

from .documents.kinds import GATEWAY_GROUP, SECURITY_GROUP, WASM_EXTENSION, WORKSPACE, Kind
from .documents.resource import Resource
from .result import Item, Source
from .scope import Entry, Reach, reach

ABSENT = CatalogueEntry.model_construct(fqn=INVALID, url=INVALID)
"""Stands for an extension that is not among the documents, or cannot be read: nothing is known of it."""


class Index:
    """What refers to what."""

    def __init__(self, pull_secrets: Mapping[str, PullSecret]) -> None:
        """``pull_secrets``: credentials to write, by the name that the extensions' ``imagePullSecret`` has for them."""
        self._sources: dict[tuple[Kind, str], Source] = {}
        self._pull_secrets = dict(pull_secrets)

    def add(self, source: Source, fqn: Fqn) -> Source:
        """Add a resource. The first one of its name is kept, and returned."""
        return self._sources.setdefault((source.resource.kind, str(fqn)), source)

    def __iter__(self) -> Iterator[tuple[Kind, str, Source]]:
        """Kind, FQN and source of every resource, in the order in which they were added."""
        return ((kind, fqn, source) for (kind, fqn), source in self._sources.items())

    def get(self, kind: Kind, fqn: str) -> Source | None:
        """The resource of a kind and FQN."""
        return self._sources.get((kind, fqn))

    def extension(self, fqn: object) -> Source | None:
        """The extension of that name."""
        return self._sources.get((WASM_EXTENSION, str(fqn)))

    def workspace(self, fqn: Fqn | None) -> Resource | None:
        """The workspace in which a resource lies."""
        source = None if fqn is None else self._sources.get((WORKSPACE, str(Fqn(fqn.pairs[:3]))))
        return source.resource if source else None

    def reach(self, kind: TargetKind, fqn: str) -> Reach:
        """The namespaces of a target, from its group and workspace."""
        own = Fqn.parse(fqn)
        group_fqn = fqn if kind is TargetKind.SECURITY_GROUP else group_of(own)
        group = self._sources.get((SECURITY_GROUP if kind is TargetKind.SECURITY_GROUP else GATEWAY_GROUP, group_fqn))
        return reach(kind, group_fqn, group.resource if group else None, self.workspace(own))

    def attached(self, item: Item, places: frozenset[tuple[str, str]] | None = None) -> Attached:
        """The SDK's view of an attachment; its entry is :data:`ABSENT` where its extension is not there.

        ``places``: the clusters and namespaces that it is kept to.
        """
        fqn = known(item.attachment.fqn)
        source = None if fqn is None else self.extension(fqn)
        key = fqn.rsplit("/", 1)[-1] if fqn else str(item.index)
        if source is None or source.resource.extension is None:
            return Attached(ABSENT, item.attachment, key, places=places)
        entry, broken = source.resource.extension, bool(errors(source.resource.findings))
        named = known(entry.image_pull_secret)
        if named is None or named not in self._pull_secrets:
            return Attached(entry, item.attachment, key, broken, places=places)
        # The Secret is mesh-wasm's own now, and its name need not stay the same.
        entry = entry.model_copy(update={"image_pull_secret": None})
        return Attached(entry, item.attachment, key, broken, (self._pull_secrets[named],), places=places)

    @property
    def image_pull_secrets(self) -> frozenset[str]:
        """The names that the extensions have for their pull secrets."""
        entries = [source.resource.extension for source in self._sources.values()]
        names = [known(entry.image_pull_secret) for entry in entries if entry is not None]
        return frozenset(name for name in names if name is not None)

    def ordered(self) -> Iterator[Ordered]:
        """What decides the places of the extensions, of those that can be read."""
        for (kind, fqn), source in self._sources.items():
            if kind is WASM_EXTENSION and source.resource.extension is not None:
                place = ordered(source.resource.extension, fqn)
                if place is not None:
                    yield place

    def against(self, catalogue: Iterable[Settled]) -> Iterator[Located]:
        """The extensions that a catalogue has with another priority, phase or type."""
        held = {one.place.fqn: one.place for one in catalogue}
        for one in self.ordered() if held else ():
            source = self.extension(one.fqn)
            if source is not None and held.get(one.fqn, one) != one:
                yield source.at(catalogue_finding(one, held[one.fqn]).under("spec"))

    def locate(self, finding: Finding, items: Sequence[Item], reached: Reach) -> Located:
        """Turn a path within the arguments of an attachment of these items into a place in a file."""
        source = items[0].source
        match finding.path:
            case ("extensions", int(index), "extension", *rest):
                entry = self.extension(known(items[index].attachment.fqn))
                if entry is not None:
                    return entry.at(replace(finding, path=("spec", *rest)))
                return items[index].source.at(replace(finding, path=items[index].path))
            case ("extensions", int(index), *rest):
                return items[index].source.at(replace(finding, path=(*items[index].path, *rest)))
            case ("extensions",):
                return source.at(replace(finding, path=items[0].path[:-1]))
            case ("namespaceSelector", int(index), *_) if reached.entries:
                return self._at_entry(finding, reached.entries[index])
            case ("workloadSelector", *_):
                return source.at(finding.under("spec"))
            case _:
                return source.at(replace(finding, path=("metadata",)))

    def _at_entry(self, finding: Finding, entry: Entry) -> Located:
        owner = self._sources[entry.source.kind, str(entry.source.fqn)]
        return owner.at(replace(finding, path=("spec", "namespaceSelector", "names", entry.index)))

    def locate_entries(self, findings: Iterable[Finding], reached: Reach) -> Iterator[Located]:
        """Findings about the entries of a group or workspace, each where its entry is written."""
        for finding in findings:
            match finding.path:
                case ("namespaceSelector", int(index), *_) if reached.entries:
                    yield self._at_entry(finding, reached.entries[index])
                case _ if reached.entries:
                    yield self._at_entry(finding, reached.entries[0])


def group_of(fqn: Fqn) -> str:
    """The FQN of the group that a gateway or setting belongs to."""
    return str(Fqn(fqn.pairs[:-1]))


def missing_extensions(items: Iterable[Item], attached: Iterable[Attached]) -> Iterator[Located]:
    """Findings about extensions that are not among the documents. A name that is no FQN has an error of its own."""
    for item, one in zip(items, attached, strict=True):
        fqn = known(item.attachment.fqn)
        if one.entry is ABSENT and fqn and len(fqn.split("/")) == _EXTENSION_PARTS:
            says = f"{quoted(fqn)} is not among the documents."
            yield item.source.at(rules.NO_EXTENSION.at(*item.path, "fqn", says=says))


_EXTENSION_PARTS = 4
