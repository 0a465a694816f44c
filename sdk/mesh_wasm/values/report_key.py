"""The key of the marks in saved reports and locks (:mod:`mesh_wasm.explain.marks`): the user's own, and in neither."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

VARIABLE = "MESH_WASM_REPORT_KEY"
"""A secret text that several machines share, such as the jobs of a CI; else each machine makes its own key."""


def report_key() -> bytes | None:
    """The key; None where there is none and none can be kept: then values cannot be compared."""
    given = os.environ.get(VARIABLE)
    if given:
        return hashlib.sha256(given.encode()).digest()
    try:
        return _kept(_place())
    except (OSError, RuntimeError):
        return None


def kept_report_key() -> bytes | None:
    """The key, if there is one already: whoever only compares makes none."""
    given = os.environ.get(VARIABLE)
    if given:
        return hashlib.sha256(given.encode()).digest()
    try:
        return hashlib.sha256(_place().read_bytes()).digest()
    except (OSError, RuntimeError):
        return None


def _place() -> Path:
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "mesh-wasm" / "report.key"


def _kept(path: Path) -> bytes:
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).digest()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # another run was first
        return hashlib.sha256(path.read_bytes()).digest()
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text := secrets.token_hex(32))
    return hashlib.sha256(text.encode()).digest()
