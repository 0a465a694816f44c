"""The YAML documents of files and folders, as a command line names them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path as FilePath

from ._ignored import walk
from .file import MAX_BYTES, Document, Unreadable, documents, load

SUFFIXES = (".yaml", ".yml", ".json")
"""Files of a folder that are read; a file that is named itself may be called anything."""

STDIN = "-"
"""Stands for standard input."""
STDIN_NAME = "<stdin>"
"""What standard input is called in messages."""


def read_paths(paths: Iterable[str]) -> tuple[list[Document], list[Unreadable]]:
    """All documents of the files and folders (with their subfolders), each file once; and what could not be read.

    Of a file that breaks off, the documents before that place are there. Hidden and linked folders, virtual environments and
    what git ignores are left out, unless they are named themselves.
    """
    found: list[Document] = []
    problems: list[Unreadable] = []
    seen: set[str] = set()
    for path in _files(paths, problems):
        key = path if path == STDIN else os.path.realpath(path)
        if key in seen:
            continue
        seen.add(key)
        try:
            # One by one: what a file holds before the place where it breaks off is kept.
            for document in _stdin() if path == STDIN else load(path):
                found.append(document)
        except Unreadable as problem:
            problems.append(problem)
    return found, problems


def _stdin() -> Iterator[Document]:
    return documents(sys.stdin.buffer.read(MAX_BYTES + 1), STDIN_NAME)


def _files(paths: Iterable[str], problems: list[Unreadable]) -> Iterator[str]:
    for path in paths:
        if path == STDIN or not os.path.isdir(path):
            yield path
            continue
        inside = sorted(_inside(path))
        if not inside:
            says = f"the folder holds no file that ends in {', '.join(SUFFIXES)}."
            problems.append(Unreadable(path, says, fix="Name a folder that holds manifests."))
        yield from inside


def _inside(folder: str) -> Iterator[str]:
    for place, files in walk(folder):
        yield from (str(FilePath(place, name)) for name in files if name.endswith(SUFFIXES))
