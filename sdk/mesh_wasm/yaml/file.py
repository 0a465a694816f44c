"""Reading YAML files as Kubernetes reads them, with the line of every value, and safe against hostile files.

Scalars and keys follow Kubernetes' own reader where YAML 1.1 differs (:mod:`._scalars`), and duplicate keys are refused.
Size, depth and the number of values are limited (:mod:`.compose`): no file can exhaust the machine.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

import yaml

from mesh_wasm.findings.finding import Finding, Path, format_path

from .compose import ChangedKey, Composer, Refused, Spot

__all__ = ["MAX_BYTES", "Document", "Located", "Spot", "Unreadable", "documents", "load", "read_file"]

MAX_BYTES = 32 * 2**20
"""A larger file is refused."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Unreadable(ValueError):
    """A file that cannot be read, or is not YAML; the text is a finished sentence that begins with the place."""

    def __init__(self, file: str, says: str, line: int | None = None, fix: str | None = None) -> None:
        super().__init__(f"{file}:{line}: {says}" if line else f"{file}: {says}")
        self.file, self.line, self.says, self.fix = file, line, says, fix


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document, or one item of a ``kind: List``."""

    value: Any
    """Plain values: None, bool, int, float, str, list, dict with texts as keys. Shared where the file has aliases."""
    file: str
    index: int
    """Number of the document in its file, from 0."""
    spots: Spot
    changed_keys: tuple[ChangedKey, ...] = ()
    """Keys that kubectl sends as another text than they are written: in ``value`` they are as they are sent."""

    @property
    def line(self) -> int:
        """The line on which the document begins, from 1."""
        return self.spots.line

    def line_of(self, path: Path) -> int:
        """The line of a value, or of the nearest one around it."""
        return self.spots.at(path).line

    def locate(self, finding: Finding) -> Located:
        """The finding, whose path starts at this document, with its place in the file."""
        return Located(finding, self.file, self.line_of(finding.path), self.index)


@dataclass(frozen=True, slots=True)
class Located:
    """A finding and its place in a file."""

    finding: Finding
    file: str
    line: int
    """From 1; 0 where it is said of the file as a whole."""
    document: int = 0
    """Number of the document in its file, from 0."""

    def __str__(self) -> str:
        return f"{self.place}: {self.finding.severity}: {self.finding}"

    @property
    def place(self) -> str:
        """``file:line``, or the file alone."""
        return f"{self.file}:{self.line}" if self.line else self.file

    def wire(self) -> dict[str, Any]:
        """The finding in plain values, for machines."""
        finding = self.finding
        return {
            "rule": finding.rule,
            "severity": str(finding.severity),
            "file": self.file,
            "line": self.line,
            "document": self.document,
            "path": format_path(finding.path),
            "message": finding.message,
            "fix": finding.fix,
            "cluster": finding.cluster,
            "subject": finding.subject,
        }


def read_file(path: str | FilePath) -> bytes:
    """The bytes of a file; raises :class:`Unreadable`, also where it is larger than :data:`MAX_BYTES`."""
    try:
        with open(path, "rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise Unreadable(str(path), "there is no such file or folder.", fix="Name one that exists.") from None
        says = f"the file cannot be read: {(error.strerror or str(error)).lower()}."
        raise Unreadable(str(path), says, fix="Name a file that can be read.") from None
    return data


def load(path: str | FilePath) -> Iterator[Document]:
    """The documents of a file; raises :class:`Unreadable`."""
    return documents(read_file(path), str(path))


def documents(data: bytes | str, file: str) -> Iterator[Document]:
    """The documents of a YAML (or JSON) text, empty ones left out; a ``kind: List`` gives its items.

    Raises :class:`Unreadable` at the first place that is no YAML; what came before it has been yielded by then.
    """
    text = _decoded(data, file)
    try:
        loader = _Loader(text)
    except UnicodeError:
        raise Unreadable(file, "this is no text: it holds half of a surrogate pair.") from None
    try:
        composer = Composer(loader)
        for index, (value, spot) in enumerate(composer.documents()):
            yield from _items(value, file, index, spot, tuple(composer.changed_keys))
    except Refused as error:
        raise Unreadable(file, str(error), error.line) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        says = f"this is no YAML: {error.problem or error.context or 'it cannot be parsed'}."
        last = len(text.splitlines()) or 1  # at the end of the text the parser speaks of the line after it
        raise Unreadable(file, says, min(mark.line + 1, last) if mark else None) from None
    except yaml.YAMLError as error:
        raise Unreadable(file, f"this is no YAML: {' '.join(str(error).split())}.") from None
    finally:
        loader.dispose()


def _decoded(data: bytes | str, file: str) -> str:
    if len(data) > MAX_BYTES:
        raise Unreadable(file, f"the file is larger than {MAX_BYTES // 2**20} MiB; no manifest is.")
    if isinstance(data, str):
        return data
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable(file, "this is no text: it holds bytes that are not UTF-8.", line) from None
    if "\0" in text:
        raise Unreadable(file, "this is no text: it holds a NUL byte.", text.count("\n", 0, text.index("\0")) + 1)
    return text


def _items(value: Any, file: str, index: int, spot: Spot, changed: tuple[ChangedKey, ...]) -> Iterator[Document]:
    if value is None:
        return
    if isinstance(value, Mapping) and value.get("kind") == "List" and isinstance(value.get("items"), list):
        spots = spot.at(("items",))
        places = [spots.at((number,)) for number in range(len(value["items"]))]
        ends = [*(place.line for place in places[1:]), math.inf][: len(places)]
        for item, place, end in zip(value["items"], places, ends, strict=True):
            yield Document(item, file, index, place, tuple(key for key in changed if place.line <= key.line < end))
        return
    yield Document(value, file, index, spot, changed)
