"""What of a folder is not walked: hidden and linked folders, virtual environments, and what git ignores."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_FILE = ".gitignore"
_INSTALLED = ("node_modules", "site-packages", "__pycache__")
_VIRTUAL = "pyvenv.cfg"
"""The file that makes a folder a virtual environment of Python."""
_Spec = tuple[str, "GitIgnoreSpec"]
"""A folder, and what its file ignores below it."""


def walk(folder: str) -> Iterator[tuple[str, list[str]]]:
    """The folders at and below one, each with the names of its files, all in order.

    A folder that git ignores is walked where it is named itself: then the rules around it do not count.
    """
    around = _around(folder)
    yield from _walk(folder, [] if _is_ignored(os.path.realpath(folder), True, around) else around)


def _walk(folder: str, specs: list[_Spec]) -> Iterator[tuple[str, list[str]]]:
    here = os.path.realpath(folder)
    specs = [*specs, *_specs(here, _FILE)]
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return  # a folder that may not be listed holds nothing for whoever asks
    files: list[str] = []
    folders: list[str] = []
    for entry in entries:
        is_folder = entry.is_dir(follow_symlinks=False)
        if is_folder and (entry.name.startswith(".") or entry.name in _INSTALLED):
            continue
        if entry.is_dir() and not is_folder:
            continue  # a linked folder
        if specs and _is_ignored(os.path.join(here, entry.name), is_folder, specs):
            continue
        (folders if is_folder else files).append(entry.name)
    yield folder, files
    for name in folders:
        inside = os.path.join(folder, name)
        if not os.path.exists(os.path.join(inside, _VIRTUAL)):
            yield from _walk(inside, specs)


def _around(folder: str) -> list[_Spec]:
    """The rules of the repository that a folder is in, from its root down to the folder's parent; none outside of one."""
    found: list[_Spec] = []
    here = os.path.realpath(folder)
    while not os.path.exists(os.path.join(here, ".git")):
        parent = os.path.dirname(here)
        if parent == here:
            return []
        here = parent
        found[:0] = _specs(here, _FILE)
    return [*_specs(here, os.path.join(".git", "info", "exclude")), *found]


def _specs(folder: str, name: str) -> list[_Spec]:
    try:
        with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as stream:
            lines = stream.read().splitlines()
    except OSError:
        return []
    from pathspec import GitIgnoreSpec  # most folders have no such file

    return [(folder, GitIgnoreSpec.from_lines(lines))]


def _is_ignored(path: str, is_folder: bool, specs: list[_Spec]) -> bool:
    """The last rule that speaks of it decides, the nearer file after the farther one."""
    for folder, spec in reversed(specs):
        relative = os.path.relpath(path, folder).replace(os.sep, "/")
        if relative == "." or relative.startswith("../"):
            continue
        include = spec.check_file(f"{relative}/" if is_folder else relative).include
        if include is not None:
            return include
    return False
