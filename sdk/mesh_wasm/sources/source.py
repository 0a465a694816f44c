"""The plugins of a source, and reading it: readers are imported when they are asked."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from mesh_wasm.chains.member import Member
from mesh_wasm.findings.finding import Finding
from mesh_wasm.model.signer import Signer
from mesh_wasm.numbering.numbers import Ordered
from mesh_wasm.planning.plan import PlannedPlugin
from mesh_wasm.snapshot import Snapshot
from mesh_wasm.surroundings import Surroundings
from mesh_wasm.values.enums import PluginKind

from . import READERS


@dataclass(frozen=True, slots=True)
class Source:
    """All plugins of a program, a set of documents or a folder of manifests."""

    title: str
    """What it is, e.g. the name of the project; no path of this machine."""
    members: tuple[Member, ...]
    clusters: tuple[str, ...]
    """The clusters, in the order in which they are shown; also those without a plugin."""
    findings: tuple[tuple[str, Finding], ...] = ()
    """What the rules say, each with the component or document that it is about."""
    problems: tuple[str, ...] = ()
    """Why it is not whole, as sentences."""
    applied: bool = False
    """Whether its objects may be in clusters in spite of their errors: manifests are applied by others."""
    pull_secrets: Mapping[tuple[str, str, str], str] = field(default_factory=dict, repr=False)
    """The texts of its pull secrets by cluster, namespace and name; only where they were asked for."""
    surroundings: Mapping[str, Surroundings] = field(default_factory=dict)
    """What else is known of the clusters, by their names."""
    signers: Mapping[tuple[str, str, str], tuple[Signer, ...]] = field(default_factory=dict)
    """Those of whom one must have signed a plugin's module; by cluster, namespace and name."""
    snapshots: Mapping[str, Snapshot] = field(default_factory=dict, repr=False)
    """The snapshots that the fleet names, by cluster."""
    bare: Mapping[tuple[str, str | None, str, PluginKind], Mapping[str, Any]] = field(default_factory=dict, repr=False)
    """The specs that hold secrets, laid bare, by the identity of the member: to be compared, never to be shown."""

    extensions: tuple[Ordered, ...] = ()
    """What decides the place of each extension that is declared."""
    unplaced: frozenset[str] = frozenset()
    """The FQNs of those of which that is not known yet."""
    catalogue: str | None = None
    """What the source names as the file of its catalogue."""

    @property
    def stops(self) -> list[str]:
        """Why nothing of it comes to a cluster, as sentences: its errors, and why it is not whole."""
        found = () if self.applied else self.findings
        return [*(f"{where}: {finding}" for where, finding in found if finding.is_error), *self.problems]

    def bare_spec(self, member: Member) -> Mapping[str, Any]:
        """The spec of a member with its secrets laid bare: to be compared, or handed to its module, never to be shown."""
        return self.bare.get(member.identity, member.spec)


def asked_signers(plugins: Iterable[PlannedPlugin]) -> dict[tuple[str, str, str], tuple[Signer, ...]]:
    """Those of whom planned plugins ask signatures; of plugins whose place is known."""
    found = {}
    for one in plugins:
        signers = tuple(one.cluster.verify) if one.signers is None else one.signers
        if signers and isinstance(one.namespace, str) and isinstance(one.name, str):
            found[one.cluster.name, one.namespace, one.name] = signers
    return found


class SourceError(Exception):
    """The source cannot be read; the message is a finished sentence."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a reader may need besides the path."""

    stack: str = "dev"
    """Pulumi programs: the stack whose configuration is used."""
    inventory: Path | None = None
    """TSB documents: the file that describes the fleet."""
    locked: bool = True
    """Whether modules are pinned to what ``mesh-wasm.lock`` says; else they stand as they are declared."""
    catalogued: bool = True
    """Whether a catalogue counts, which holds the numbers of extensions."""
    catalogue: Path | None = None
    """TSB documents: the file of that catalogue; default: the one beside them, else in the current folder."""
    with_secrets: bool = False
    """Whether the texts of pull secrets are wanted."""
    stricter: str | None = None
    """TSB documents: how lists combine below STRICTER; see :class:`mesh_wasm.tsb.Choices`."""
    gateways: str | None = None
    """TSB documents: whether defaults reach the pods of gateways; see the same."""


class Reader(Protocol):
    """Reads one kind of source."""

    def __call__(self, path: Path, options: Options) -> Source | None:
        """The source at ``path``, or None if it is of another kind. Raises :class:`SourceError`."""


def load_source(path: Path, options: Options | None = None) -> Source:
    """Read whatever is at ``path``. Raises :class:`SourceError`."""
    for name in READERS:
        module, function = name.split(":")
        read: Reader = getattr(importlib.import_module(module), function)
        source = read(path, options or Options())
        if source is not None:
            return source
    says = "it is no Pulumi program, no TSB document, and holds no WasmPlugin or TrafficExtension"
    raise SourceError(f"{path} cannot be read: {says}.")
