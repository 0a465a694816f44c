"""Comparing with golden files; UPDATE_GOLDEN=1 (or `make golden`) writes them anew, for a person to read the difference."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"


def check_file(path: Path, text: str) -> None:
    """The file holds just this text."""
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.is_file(), f"{path} is missing: run `make golden` and read what it wrote"
    assert path.read_text(encoding="utf-8") == text, f"{path} differs: run `make golden` and read the difference"


def check_tree(folder: Path, files: Mapping[str, str]) -> None:
    """The folder holds just these files."""
    present = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    if os.environ.get("UPDATE_GOLDEN"):
        for stale in present - files.keys():
            (folder / stale).unlink()
        present &= files.keys()
        present |= files.keys()
    for name, text in sorted(files.items()):
        check_file(folder / name, text)
    assert present == files.keys(), f"{folder} holds other files than the plan: run `make golden`"


def read_tree(folder: Path) -> dict[str, str]:
    """All files below a folder by their relative paths."""
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}
