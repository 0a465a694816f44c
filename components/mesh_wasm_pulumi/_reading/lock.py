"""The lock file of the program: read once, from beside Pulumi.yaml or where ``mesh-wasm:lockFile`` says."""

from __future__ import annotations

from pathlib import Path

import pulumi

from mesh_wasm.modules.locked import FILE_NAME, Lock
from mesh_wasm.modules.lockfile import LockError, read_lock
from mesh_wasm.modules.schema import available
from mesh_wasm_pulumi._values.ledger import ledger

_NOTE = (
    f"There is no {FILE_NAME}, so nothing is known of the modules that plugins load. "
    "To check and pin them: mesh-wasm lock . (docs/modules.md)."
)


def program_lock() -> Lock | None:
    """What is known of modules; None where nothing is wanted. A file that cannot be read ends the program."""
    book = ledger()
    if not book.lock_is_read:
        book.lock_is_read = True
        book.lock = _read()
    return book.lock


def _read() -> Lock:
    named = pulumi.Config("mesh-wasm").get("lockFile")
    # Inline programs of the Automation API, and recorded runs, have no root directory of their own.
    path = Path(pulumi.get_root_directory() or Path.cwd()) / (named or FILE_NAME)
    try:
        lock = read_lock(path)
    except LockError as error:
        raise pulumi.RunError(str(error)) from None
    if lock is None and named is not None:
        raise pulumi.RunError(f"There is no {path}, which the configuration mesh-wasm:lockFile names.")
    if lock is None:
        _note(_NOTE)
        return Lock(absent=True)
    if any(one.schema is not None for one in lock.modules.values()):
        note_schemas()
    return lock


def note_schemas() -> None:
    """Have it said that there are schemas and nobody to judge by them, if that is so."""
    if not available():
        _note("Configurations are not checked against schemas: that takes pip install 'mesh-wasm[modules]'.")


def _note(text: str) -> None:
    ledger().notes.setdefault(text, False)


def tell_notes(component: pulumi.Resource) -> None:
    """Say what is to be said once in a program, on the first component that plans something."""
    notes = ledger().notes
    for text in [text for text, told in notes.items() if not told]:
        notes[text] = True
        pulumi.log.info(text, resource=component)
