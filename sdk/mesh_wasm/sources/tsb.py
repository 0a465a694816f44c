"""Reading TSB YAML and an inventory: the plugins are those that ``mesh-wasm translate`` would write."""

from __future__ import annotations

from pathlib import Path

from mesh_wasm.chains.member import extensions_of, members_of
from mesh_wasm.fleet.inventory import read_inventory
from mesh_wasm.modules.locked import FILE_NAME, Lock
from mesh_wasm.modules.lockfile import LockError, read_lock
from mesh_wasm.numbering.numbers import Settled
from mesh_wasm.tsb import Bundle, Choices
from mesh_wasm.tsb.catalogue_file import CatalogueError, catalogue_beside, read_catalogue
from mesh_wasm.yaml.file import Located, Unreadable
from mesh_wasm.yaml.paths import read_paths

from .source import Options, Source, SourceError, asked_signers


def read_tsb(path: Path, options: Options) -> Source | None:
    """The plugins of TSB documents in the clusters of the inventory; None where there are no TSB documents."""
    documents, problems = read_paths([str(path)])
    choices = Choices.of(options.stricter, options.gateways)
    lock, catalogue = _lock(path) if options.locked else None, _catalogue(path, options)
    bundle = Bundle(documents, lock=lock, choices=choices, catalogue=catalogue)
    if not bundle.read and not bundle.check():  # there are kinds of TSB of which nothing is known but what is not read
        return None
    for problem in problems:
        raise SourceError(str(problem))
    if options.inventory is None:
        says = "it holds TSB documents; name the file that describes the fleet with --inventory"
        raise SourceError(f"{path} cannot be read: {says}.")
    try:
        fleet, found = read_inventory(options.inventory)
    except Unreadable as problem:
        raise SourceError(str(problem)) from None
    fleet = bundle.beside(fleet)
    plan = bundle.plan(fleet, beside=False)
    members = list(members_of(plan.plugins))
    members += (member for cluster in fleet for member in extensions_of(cluster))
    around = {cluster.name: cluster.surroundings for cluster in fleet}
    findings = tuple((_place(located), located.finding) for located in (*found, *plan.findings))
    signers = asked_signers(plan.plugins)
    return Source(
        path.resolve().stem,
        tuple(members),
        tuple(fleet.names),
        findings,
        surroundings=around,
        signers=signers,
        snapshots={cluster.name: cluster.snapshot for cluster in fleet if cluster.snapshot is not None},
        extensions=tuple(bundle.places()),
    )


def _lock(path: Path) -> Lock:
    """The lock file beside the documents."""
    try:
        return read_lock((path if path.is_dir() else path.parent) / FILE_NAME) or Lock(absent=True)
    except LockError as error:
        raise SourceError(str(error)) from None


def _catalogue(path: Path, options: Options) -> list[Settled]:
    """The extensions whose numbers are held."""
    file = options.catalogue or (catalogue_beside([path]) if options.catalogued else None)
    try:
        return [] if file is None else read_catalogue(file)
    except CatalogueError as error:
        raise SourceError(str(error)) from None


def _place(located: Located) -> str:
    return f"{Path(located.file).name}:{located.line}"
