"""Reading YAML files as Kubernetes reads them, with the line of every value, and safe against hostile files.

Scalars follow Kubernetes' own reader where YAML 1.1 differs: a date and ``12:30:45`` stay texts, ``1e3`` is a number,
keys are texts. Duplicate keys are refused. Size, depth and the number of values (aliases counted as often as they are
used) are limited, so that a small file cannot exhaust the machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

import yaml

from .finding import Finding, Path, format_path

MAX_BYTES = 32 * 2**20
"""A larger file is refused."""
MAX_DEPTH = 64
"""Deeper nesting is refused; Kubernetes' own objects are a dozen levels deep."""
MAX_VALUES = 1_000_000
"""More values in one document are refused."""

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {
    text: value
    for value, words in ((True, ("yes", "true", "on")), (False, ("no", "false", "off")))
    for word in words
    for text in (word, word.title(), word.upper())
}
_INT = re.compile(r"^[-+]?(0|[1-9][0-9_]*)$")
_BASED = re.compile(r"^[-+]?0(b[01_]+|o?[0-7_]+|x[0-9a-fA-F_]+)$")
_FLOAT = re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")
_NO_NUMBER = re.compile(r"^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$")
_NOT_A_TEXT = frozenset("~nNyYtTfFoO.+-0123456789")
"""How a plain scalar begins that may be something else than a text."""
_TAG = "tag:yaml.org,2002:"

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Unreadable(ValueError):
    """A file that cannot be read, or is not YAML; the text is a finished sentence that begins with the place."""

    def __init__(self, file: str, says: str, line: int | None = None) -> None:
        super().__init__(f"{file}:{line}: {says}" if line else f"{file}: {says}")
        self.file, self.line, self.says = file, line, says


@dataclass(slots=True)
class Spot:
    """The line (from 1) on which a value begins, and the spots of what it holds."""

    line: int
    inner: dict[str | int, Spot] = field(default_factory=dict)

    def at(self, path: Path) -> Spot:
        """The spot of a path; that of the nearest value around it where the path itself is not in the file."""
        here = self
        for part in path:
            if part not in here.inner:
                return here
            here = here.inner[part]
        return here


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document, or one item of a ``kind: List``."""

    value: Any
    """Plain values: None, bool, int, float, str, list, dict with texts as keys. Shared where the file has aliases."""
    file: str
    index: int
    """Number of the document in its file, from 0."""
    spots: Spot

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
    """From 1."""
    document: int = 0
    """Number of the document in its file, from 0."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.finding.severity}: {self.finding}"

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
        raise Unreadable(str(path), f"the file cannot be read: {(error.strerror or str(error)).lower()}.") from None
    return data


def load(path: str | FilePath) -> Iterator[Document]:
    """The documents of a file; raises :class:`Unreadable`."""
    return documents(read_file(path), str(path))


def documents(data: bytes | str, file: str) -> Iterator[Document]:
    """The documents of a YAML (or JSON) text, empty ones left out; a ``kind: List`` gives its items.

    Raises :class:`Unreadable` at the first place that is no YAML; what came before it has been yielded by then.
    """
    text = _decoded(data, file)
    loader = _Loader(text)
    try:
        yield from _Composer(loader, file).documents()
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


@dataclass(slots=True)
class _Made:
    """A composed value, its spot, and how many values it counts for."""

    value: Any
    spot: Spot
    size: int = 1
    merge: bool = False


class _Composer:
    """Builds values from the parser's events: one pass, and nothing is expanded before it is counted."""

    def __init__(self, loader: Any, file: str) -> None:
        self._loader, self._file = loader, file
        self._anchors: dict[str, _Made | None] = {}

    def documents(self) -> Iterator[Document]:
        index = -1
        while self._loader.check_event():
            event = self._loader.get_event()
            if isinstance(event, yaml.DocumentStartEvent):
                index += 1
                self._anchors = {}
                made = self._value(self._loader.get_event(), 0)
                yield from _items(made.value, self._file, index, made.spot)

    def _value(self, event: Any, depth: int) -> _Made:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            return self._alias(str(event.anchor), line)
        if depth > MAX_DEPTH:
            raise Unreadable(self._file, f"values are nested more than {MAX_DEPTH} levels deep.", line)
        if event.anchor:
            self._anchors[event.anchor] = None
        if isinstance(event, yaml.ScalarEvent):
            made = self._scalar(event, line)
        elif isinstance(event, yaml.SequenceStartEvent):
            made = self._sequence(line, depth)
        else:
            made = self._mapping(line, depth)
        if event.anchor:
            self._anchors[event.anchor] = made
        return made

    def _alias(self, name: str, line: int) -> _Made:
        if name not in self._anchors:
            raise Unreadable(self._file, f"the alias *{name} stands for nothing: there is no anchor &{name}.", line)
        made = self._anchors[name]
        if made is None:
            raise Unreadable(self._file, f"the alias *{name} holds itself.", line)
        return made

    def _count(self, made: _Made, item: _Made, line: int) -> None:
        made.size += item.size
        if made.size > MAX_VALUES:
            raise Unreadable(self._file, f"the document holds more than {MAX_VALUES:,} values.", line)

    def _sequence(self, line: int, depth: int) -> _Made:
        items: list[Any] = []
        made = _Made(items, Spot(line))
        while not isinstance(event := self._loader.get_event(), yaml.SequenceEndEvent):
            item = self._value(event, depth + 1)
            self._count(made, item, item.spot.line)
            made.spot.inner[len(items)] = item.spot
            items.append(item.value)
        return made

    def _mapping(self, line: int, depth: int) -> _Made:
        fields: dict[str, Any] = {}
        made = _Made(fields, Spot(line))
        merged: list[_Made] = []
        while not isinstance(event := self._loader.get_event(), yaml.MappingEndEvent):
            key = self._value(event, depth + 1)
            item = self._value(self._loader.get_event(), depth + 1)
            self._count(made, item, key.spot.line)
            if key.merge:
                merged.append(item)
                continue
            name = self._key(event, key)
            if name in fields:
                says = f"the key {name!r} is given twice, first on line {made.spot.inner[name].line}."
                raise Unreadable(self._file, says, key.spot.line)
            fields[name] = item.value
            # A finding about a field points to its key; inside of it, the spots are those of the values.
            made.spot.inner[name] = Spot(key.spot.line, item.spot.inner)
        for item in merged:
            self._merge(made, item, line)
        return made

    def _key(self, event: Any, key: _Made) -> str:
        if not isinstance(event, yaml.ScalarEvent) or key.value is None:
            raise Unreadable(self._file, "a key must be a text.", key.spot.line)
        return str(event.value)

    def _merge(self, made: _Made, item: _Made, line: int) -> None:
        """``<<: *base``: the fields of the base that are not given here."""
        many = item.value if isinstance(item.value, list) else [item.value]
        spots = item.spot.inner.values() if isinstance(item.value, list) else [item.spot]
        for base, spot in zip(many, spots, strict=True):
            if not isinstance(base, dict):
                raise Unreadable(self._file, "<< takes a mapping, or a list of mappings.", line)
            for name, value in base.items():
                if name not in made.value:
                    made.value[name] = value
                    made.spot.inner[name] = spot.inner[name]

    def _scalar(self, event: Any, line: int) -> _Made:
        text: str = event.value
        if event.tag is None or event.tag == "!":
            if event.implicit[0] and event.tag is None:
                return _Made(self._plain(text, line), Spot(line), merge=text == "<<")
            return _Made(text, Spot(line))
        kind = event.tag.removeprefix(_TAG)
        if kind == "str":
            return _Made(text, Spot(line))
        if kind in ("null", "bool", "int", "float"):
            return _Made(self._plain(text, line), Spot(line))
        raise Unreadable(self._file, f"the tag {event.tag!r} has no meaning in a manifest.", line)

    def _plain(self, text: str, line: int) -> Any:
        if text and text[0] not in _NOT_A_TEXT:
            return text
        if text in _NULL:
            return None
        if text in _BOOL:
            return _BOOL[text]
        if len(text) > 400:
            return text  # no number is that long, and reading one takes quadratic time
        if _INT.match(text):
            return int(text)
        if _BASED.match(text):
            digits = text.replace("_", "").lower()
            return int(digits, 0) if re.match(r"^[-+]?0[box]", digits) else int(digits, 8)
        if _FLOAT.match(text):
            return self._finite(float(text), text, line)
        if _NO_NUMBER.match(text):
            raise Unreadable(
                self._file, f"{text} is no number that JSON knows; put it in quotes if it is a text.", line
            )
        return text

    def _finite(self, number: float, text: str, line: int) -> float:
        if number in (float("inf"), float("-inf")):
            raise Unreadable(self._file, f"{text} is larger than any number that JSON knows.", line)
        return number


def _items(value: Any, file: str, index: int, spot: Spot) -> Iterator[Document]:
    if value is None:
        return
    if isinstance(value, Mapping) and value.get("kind") == "List" and isinstance(value.get("items"), list):
        spots = spot.at(("items",))
        for number, item in enumerate(value["items"]):
            yield Document(item, file, index, spots.at((number,)))
        return
    yield Document(value, file, index, spot)
