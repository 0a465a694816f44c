"""The option of commands that number extensions: the catalogue that holds their numbers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from mesh_wasm.numbering import FILE_NAME
from mesh_wasm.numbering.numbers import Settled
from mesh_wasm.tsb.catalogue_file import CatalogueError, catalogue_beside, read_catalogue

catalogue_option = click.option(
    "--catalogue",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help=f"What `mesh-wasm catalogue` has written.  [default: {FILE_NAME} beside PATH, else in this folder]",
)
"""Add ``--catalogue``; the command takes it as ``catalogue``."""


def given_catalogue(file: Path | None, paths: Iterable[str | Path]) -> list[Settled]:
    """The extensions of the file that is named, else of the one beside some paths; nothing where there is none."""
    file = file or catalogue_beside(paths)
    try:
        return [] if file is None else read_catalogue(file)
    except CatalogueError as error:
        raise click.UsageError(str(error)) from None
