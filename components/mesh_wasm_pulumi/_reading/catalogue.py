"""The extensions that are numbered together: those that the program has declared, and before them those of its catalogue.

The configuration ``mesh-wasm:catalogue`` is a list of extensions, or the path of a YAML file that holds one, or TSB's
WasmExtensions. Without it, ``mesh-wasm.catalogue.yaml`` beside Pulumi.yaml is read, if it is there.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pulumi

from mesh_wasm.model.extension import CatalogueEntry
from mesh_wasm.numbering import FILE_NAME
from mesh_wasm.planning.ranking import ordered
from mesh_wasm.values.deferred import known
from mesh_wasm_pulumi._values.ledger import ledger

if TYPE_CHECKING:
    from mesh_wasm.numbering.numbers import Numbering, Settled

_KEY = "catalogue"
_NAME = f"mesh-wasm:{_KEY}"


def program_numbering() -> Numbering:
    """What hands out the numbers of this program. A catalogue that cannot be read ends the program."""
    book = ledger()
    if not book.catalogue_is_read:
        book.catalogue_is_read = True
        text = pulumi.Config("mesh-wasm").get(_KEY)
        # Inline programs of the Automation API, and recorded runs, have no root directory of their own.
        root = Path(pulumi.get_root_directory() or Path.cwd())
        if text is not None or (root / FILE_NAME).is_file():
            from mesh_wasm.numbering.catalogue import settle  # here and below: most programs have none

            settle(book.order.numbering, _read(text, root))
    return book.order.numbering


def know(entry: CatalogueEntry) -> None:
    """Have an extension numbered together with the others that are declared before anything is attached."""
    place = ordered(entry, entry.fqn)
    numbering = program_numbering()
    if place is None:
        ledger().unplaced.update([fqn] if (fqn := known(entry.fqn)) else ())
    elif numbering.settled(entry.fqn) is None:
        numbering.know([place])


def _read(text: str | None, root: Path) -> list[Settled]:
    from mesh_wasm.numbering.catalogue import contradictions, read_items

    if text is not None and text.lstrip().startswith(("[", "{")):
        try:
            items, found = read_items(json.loads(text), _NAME)
        except ValueError as error:
            raise pulumi.RunError(f"{_NAME}: it is no JSON: {error}.") from None
        problems = [str(finding) for finding in found] or contradictions(items)
    else:
        items, problems = _read_file(root, text or FILE_NAME)
    if problems:
        raise pulumi.RunError("\n".join(f"{_NAME}: {problem}" for problem in problems))
    return items


def _read_file(root: Path, name: str) -> tuple[list[Settled], list[str]]:
    from mesh_wasm.tsb.catalogue_file import CatalogueError, read_catalogue

    try:
        return read_catalogue(root / name, name), []
    except CatalogueError as error:
        return [], str(error).splitlines()
