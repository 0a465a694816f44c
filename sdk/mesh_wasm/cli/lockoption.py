"""The option of every command that checks modules against the lock file."""

from __future__ import annotations

from pathlib import Path

import click

from mesh_wasm.modules.locked import FILE_NAME, Lock
from mesh_wasm.modules.lockfile import LockError, read_lock

lock_option = click.option(
    "--lock-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help=f"What `mesh-wasm lock` has written.  [default: {FILE_NAME} in this folder, if there is one]",
)
"""Add ``--lock-file``; the command takes it as ``lock_file``."""


def given_lock(path: Path | None) -> Lock:
    """The lock file that is named, else that of the current folder."""
    try:
        return read_lock(path or Path(FILE_NAME)) or Lock(absent=True)
    except LockError as error:
        raise click.UsageError(str(error)) from None
