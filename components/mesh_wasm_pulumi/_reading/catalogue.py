"""The extensions that are numbered together: those that the program has declared, and before them those of its catalogue.

The configuration ``mesh-wasm:catalogue`` is a list of extensions, or the path of a YAML file that holds one, or TSB's
WasmExtensions.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pulumi

from mesh_wasm.model.extension import CatalogueEntry
from mesh_wasm.numbering.numbers import Numbering
from mesh_wasm.planning.ranking import ordered
from mesh_wasm_pulumi._values.ledger import ledger

if TYPE_CHECKING:
    from mesh_wasm.numbering.catalogue import Settled

_KEY = "catalogue"
_NAME = f"mesh-wasm:{_KEY}"


def program_numbering() -> Numbering:
    """What hands out the numbers of this program. A catalogue that cannot be read ends the program."""
    book = ledger()
    if not book.catalogue_is_read:
        book.catalogue_is_read = True
        text = pulumi.Config("mesh-wasm").get(_KEY)
        if text is not None:
            from mesh_wasm.numbering.catalogue import settle  # here and below: most programs have none

            items, problems = _read(text)
            problems = problems or settle(book.order.numbering, items)
            if problems:
                raise pulumi.RunError("\n".join(f"{_NAME}: {problem}" for problem in problems))
    return book.order.numbering


def know(entry: CatalogueEntry) -> None:
    """Have an extension numbered together with the others that are declared before anything is attached."""
    place = ordered(entry, entry.fqn)
    numbering = program_numbering()
    if place is not None and numbering.settled(entry.fqn) is None:
        numbering.know([place])


def _read(text: str) -> tuple[list[Settled], list[str]]:
    from mesh_wasm.numbering.catalogue import read_items

    if text.lstrip().startswith(("[", "{")):
        try:
            items, found = read_items(json.loads(text), _NAME)
        except ValueError as error:
            return [], [f"it is no JSON: {error}."]
        return items, [str(finding) for finding in found]
    return _read_file(text)


def _read_file(name: str) -> tuple[list[Settled], list[str]]:
    from mesh_wasm.numbering import catalogue
    from mesh_wasm.tsb import Bundle
    from mesh_wasm.yaml.file import Unreadable, load

    # Inline programs of the Automation API, and recorded runs, have no root directory of their own.
    items: list[Settled] = []
    problems: list[str] = []
    try:
        for document in load(Path(pulumi.get_root_directory() or Path.cwd()) / name):
            where = f"{name}:{document.line}"
            bundle = Bundle([document])
            if not bundle.read:
                listed, found = catalogue.read_items(document.value, where)
                items += listed
                problems += (str(document.locate(finding)) for finding in found)
            else:
                items += (catalogue.Settled(place, where=where) for place in bundle.places())
                problems += (str(one) for one in bundle.check(complete=False) if one.finding.is_error)
    except Unreadable as error:
        return [], [str(error)]
    return items, problems
