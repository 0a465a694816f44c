"""The file of a catalogue: a list of extensions, or TSB's WasmExtensions as they are."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mesh_wasm.numbering import FILE_NAME
from mesh_wasm.numbering.catalogue import contradictions, read_items
from mesh_wasm.numbering.numbers import Settled
from mesh_wasm.yaml.file import Unreadable, documents, load, read_file

from .bundle import Bundle


class CatalogueError(Exception):
    """A catalogue that cannot be used; the text is a finished sentence for each reason."""


def read_catalogue(path: str | Path, name: str | None = None) -> list[Settled]:
    """The extensions of a file; raises :class:`CatalogueError`, also where their numbers contradict TSB's order.

    ``name``: what the file is called in messages; default: its path.
    """
    items: list[Settled] = []
    problems: list[str] = []
    try:
        for document in load(path) if name is None else documents(read_file(path), name):
            where = f"{document.file}:{document.line}"
            bundle = Bundle([document])
            if not bundle.read:
                listed, found = read_items(document.value, where)
                items += listed
                problems += (str(document.locate(finding)) for finding in found)
            else:
                items += (Settled(place, where=where) for place in bundle.places())
                problems += (str(one) for one in bundle.check(complete=False) if one.finding.is_error)
    except Unreadable as error:
        raise CatalogueError(str(error)) from None
    problems = problems or contradictions(items)
    if problems:
        raise CatalogueError("\n".join(problems))
    return items


def catalogue_beside(paths: Iterable[str | Path]) -> Path | None:
    """The file of that name in or beside one of the paths, else in the current folder."""
    folders = [path if path.is_dir() else path.parent for path in map(Path, paths)]
    return next((path for folder in [*folders, Path()] if (path := folder / FILE_NAME).is_file()), None)
