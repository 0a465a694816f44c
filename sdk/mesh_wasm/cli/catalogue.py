"""``mesh-wasm catalogue``: write down the number of each extension, so that it stays when others are added."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from mesh_wasm.findings.finding import counted, listed
from mesh_wasm.fixing import CannotMend, with_numbers
from mesh_wasm.numbering import FILE_NAME
from mesh_wasm.numbering.holding import Change, Holding, hold
from mesh_wasm.numbering.numbers import Group, Ordered, Settled
from mesh_wasm.sources.source import Options, SourceError, load_source
from mesh_wasm.tsb import Bundle
from mesh_wasm.tsb.catalogue_file import CatalogueError, catalogue_beside, read_catalogue
from mesh_wasm.tsb.documents.kinds import WASM_EXTENSION
from mesh_wasm.values.enums import PluginType
from mesh_wasm.yaml.paths import read_paths


@click.command("catalogue")
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option(
    "--stack", default="dev", show_default=True, help="Pulumi programs: the stack whose configuration is used."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"The file to write.  [default: what mesh-wasm:catalogue names, else {FILE_NAME} beside the first SOURCE]",
)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if the file is behind.")
@click.option("--prune", is_flag=True, help="Drop extensions that no SOURCE declares; other stacks may need them.")
@click.option(
    "--as-written",
    is_flag=True,
    help="Hold the numbers that are written without the file, so that no plugin changes; there is no room between them.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def catalogue_command(
    sources: tuple[str, ...],
    stack: str,
    out: Path | None,
    check: bool,
    prune: bool,
    as_written: bool,
    form: str,
) -> None:
    """Write down the number of each extension, so that it stays when others are added (docs/order.md).

    SOURCE is a Pulumi program, or TSB YAML (files and folders); without one, the extensions of the file itself are
    numbered. Preview, plan, translate and lint read the file, and write its numbers.

    A number that is held stays. An extension that is new gets one with room around it: steps of twenty, or the middle of
    what is free. Where no number is left, as few as can be are moved, and each of them is told. Comments and order in the
    file stay as they are.

    Exit code 0: up to date; 1: with --check, the file is behind; or errors, nothing is written; 2: something could not be
    read.
    """
    declared = _Declared()
    try:
        for source in sources:
            declared.read(source, stack)
        path = out or declared.file(sources)
        before = read_catalogue(path) if path.exists() else []
    except (SourceError, CatalogueError) as error:
        raise click.UsageError(str(error)) from None
    if not sources and not before:
        raise click.UsageError(f"there is no {path}; name a Pulumi program or TSB YAML.")
    for note in declared.unread(path):
        click.echo(f"note: {note}.", err=True)
    problems = [*declared.problems, *declared.twice()]
    if problems:
        for problem in problems:
            click.echo(f"error: {problem}", err=True)
        click.echo(f"{path} is not written.", err=True)
        sys.exit(1)
    found = [ways[0] for ways in declared.places.values()]
    seen = declared.seen if sources else {one.place.fqn for one in before}
    holding = hold(before, found, raw=declared.raw, seen=seen, as_written=as_written)
    behind = bool(holding.changes) or (prune and bool(holding.gone))
    if behind and not check:
        _write(path, holding, before, prune=prune)
    state = _state(path, behind=behind, check=check)
    if form == "json":
        click.echo(json.dumps(_document(path, holding, before, prune, behind, check), indent=2, sort_keys=True))
    else:
        _tell(holding, prune=prune, check=check)
        kept = len(holding.numbers) - (len(holding.gone) if prune else 0)
        click.echo(f"{path}: {counted(kept, 'extension')}; it is {state}.")
    sys.exit(1 if check and behind else 0)


@dataclass
class _Declared:
    """What the sources declare, all together."""

    places: dict[str, list[Ordered]] = field(default_factory=dict)
    """By FQN: in each way in which it is declared."""
    seen: set[str] = field(default_factory=set)
    raw: dict[Group, set[int]] = field(default_factory=lambda: defaultdict(set))
    problems: list[str] = field(default_factory=list)
    reads: dict[str, Path | None] = field(default_factory=dict)
    """By program: the file that it reads; None where its configuration holds the list itself."""
    named: Path | None = None
    """The file that the configuration of a program names."""

    def read(self, source: str, stack: str) -> None:
        """Add what one source declares. Raises :class:`SourceError`."""
        path = Path(source)
        if (path / "Pulumi.yaml").is_file():
            self._read_program(path, stack)
            return
        documents, unread = read_paths([source])
        for problem in unread:
            raise SourceError(str(problem))
        bundle = Bundle(document for document in documents if not isinstance(document.value, list))
        found = bundle.check(complete=False)
        if not bundle.read:
            raise SourceError(f"{source} holds no document of TSB that mesh-wasm reads, and is no Pulumi program.")
        # What is wrong elsewhere takes no number from an extension.
        mine = [one for one in found if (one.finding.subject or "").split(" ")[0] == WASM_EXTENSION.kind]
        self.problems += [str(one) for one in mine if one.finding.is_error]
        self._add(bundle.places())

    def _read_program(self, path: Path, stack: str) -> None:
        loaded = load_source(path, Options(stack, locked=False, catalogued=False))
        self.problems += [f"{where}: {one}" for where, one in loaded.findings if one.is_error]
        self.problems += loaded.problems
        self.seen |= {*loaded.unplaced, *(member.fqn for member in loaded.members)}
        for fqn in sorted(loaded.unplaced):
            click.echo(
                f"note: {fqn}: its priority is not known before `pulumi up`, so nothing is written for it.", err=True
            )
        for member in loaded.members:
            if not member.fqn and member.priority is not None and member.phase is not None and member.layer is not None:
                self.raw[member.phase, member.layer].add(member.priority)
        self._add(loaded.extensions)
        named = loaded.catalogue or FILE_NAME
        self.reads[str(path)] = None if named.lstrip().startswith(("[", "{")) else path / named
        if loaded.catalogue is not None:
            self.named = self.named or self.reads[str(path)]

    def _add(self, places: Sequence[Ordered]) -> None:
        for one in places:
            ways = self.places.setdefault(one.fqn, [])
            if one not in ways:
                ways.append(one)

    def file(self, sources: Sequence[str]) -> Path:
        """The file to write where none is named."""
        if self.named is not None:
            return self.named
        if None in self.reads.values():
            says = "mesh-wasm:catalogue holds the list itself, and only a file can be written; name one there"
            raise SourceError(f"{next(source for source, file in self.reads.items() if file is None)}: {says}.")
        first = Path(sources[0]) if sources else Path()
        return catalogue_beside(sources) or (first if first.is_dir() else first.parent) / FILE_NAME

    def unread(self, path: Path) -> list[str]:
        """The programs that do not read the file, which is told to their authors."""
        other = [one for one, file in self.reads.items() if file is None or file.resolve() != path.resolve()]
        return [f"{one} does not read {path}: set mesh-wasm:catalogue to it, from its Pulumi.yaml" for one in other]

    def twice(self) -> list[str]:
        """Why some cannot be numbered: two sources declare them, each in another way."""
        return [
            f"{fqn} is declared with {listed([_place(one) for one in ways])}; write the same into both."
            for fqn, ways in sorted(self.places.items())
            if len(ways) > 1
        ]


def _place(one: Ordered) -> str:
    phase, layer = one.group
    return f"priority {one.priority} in phase {phase}{' (NETWORK)' if layer is PluginType.NETWORK else ''}"


def _write(path: Path, holding: Holding, before: Sequence[Settled], *, prune: bool) -> None:
    try:
        text = path.read_bytes().decode("utf-8") if path.exists() else ""
        path.write_bytes(with_numbers(text, str(path), holding, before, prune=prune).encode())
    except CannotMend as error:
        raise click.UsageError(f"{path} cannot be brought up to date: {error}.") from None
    except (OSError, UnicodeDecodeError) as error:
        says = getattr(error, "strerror", None) or str(error)
        raise click.UsageError(f"{path} cannot be written: {says.lower()}.") from None


def _state(path: Path, *, behind: bool, check: bool) -> str:
    if check:
        return "behind: run `mesh-wasm catalogue`" if behind else "up to date"
    return "written" if behind else "up to date" if path.exists() else "not written"


def _tell(holding: Holding, *, prune: bool, check: bool) -> None:
    for change in holding.changes:
        if not prune or change.before not in holding.gone:
            click.echo(f"{'error: ' if check else ''}{_told(change)}")
    for item in holding.gone:
        what = "dropped" if prune else "kept, though no SOURCE declares it; --prune drops it"
        click.echo(f"{item.place.fqn}: {what}")


def _told(change: Change) -> str:
    before, fqn = change.before, change.place.fqn
    other = "" if change.unheld in (None, change.written) else f"; without this file, {change.unheld} is written"
    if before is None:
        return f"{fqn}: {change.written} (new, {_place(change.place)}{other})"
    if change.is_redeclared:
        number = change.written if before.written in (None, change.written) else f"{before.written} -> {change.written}"
        return f"{fqn}: {number} (it has {_place(change.place)} now, and had {_place(before.place)})"
    if change.is_moved:
        return f"{fqn}: {before.written} -> {change.written} (moved: no number was left for one beside it)"
    return f"{fqn}: {change.written} (it had no number, {_place(change.place)}{other})"


def _document(
    path: Path, holding: Holding, before: Sequence[Settled], prune: bool, behind: bool, check: bool
) -> dict[str, Any]:
    places = {one.place.fqn: one.place for one in before} | {one.place.fqn: one.place for one in holding.changes}
    gone = [one.place.fqn for one in holding.gone]
    return {
        "file": str(path),
        "upToDate": not behind,
        "written": behind and not check,
        "extensions": [
            {"fqn": fqn, "phase": place.group[0], "type": place.group[1], "priority": place.priority, "written": number}
            for fqn, number in holding.numbers.items()
            if (place := places[fqn]) and not (prune and fqn in gone)
        ],
        "changes": [
            {
                "fqn": one.place.fqn,
                "from": None if one.before is None else one.before.written,
                "to": one.written,
                "isNew": one.is_new,
                "isRedeclared": one.is_redeclared,
                "isMoved": one.is_moved and not one.is_redeclared,
            }
            for one in holding.changes
        ],
        "gone": gone,
    }
