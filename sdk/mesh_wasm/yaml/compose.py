"""From YAML events to values: one pass, with the line of every value, and nothing is expanded before it is counted.

Most of the time of linting is spent here, once for each key and value of a file: what is made for a scalar is its value
and its line, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from mesh_wasm.findings.finding import Path

from ._scalars import NoJsonNumber, NoKey, key_text, plain

MAX_DEPTH = 64
"""Deeper nesting is refused; Kubernetes' own objects are a dozen levels deep."""
MAX_VALUES = 400_000
"""More values in one document are refused; an alias counts for all that it stands for."""

_TAG = "tag:yaml.org,2002:"
_PLAIN_TAGS = frozenset({"null", "bool", "int", "float"})


class Refused(ValueError):
    """YAML that is refused; the text is a finished sentence."""

    def __init__(self, says: str, line: int) -> None:
        super().__init__(says)
        self.line = line


@dataclass(frozen=True, slots=True)
class ChangedKey:
    """A key without quotes that YAML 1.1 reads as another value than a text."""

    line: int
    written: str
    sent: str
    """What kubectl makes of it."""


@dataclass(slots=True)
class Spot:
    """The line (from 1) on which a value begins, and the spots of what it holds."""

    line: int
    inner: Inner = field(default_factory=dict)

    def at(self, path: Path) -> Spot:
        """The spot of a path; that of the nearest value around it where the path itself is not in the file."""
        here = self
        for part in path:
            if part not in here.inner:
                return here
            spot = here.inner[part]
            here = Spot(spot) if isinstance(spot, int) else spot
        return here


Inner = Mapping[str | int, Spot | int]
"""The spots of what a value holds, by key or index. The spot of what holds nothing is its line alone."""
_Made = tuple[Any, int, Inner]
"""A composed value, its line, and the spots of what it holds."""
_NOTHING: Inner = {}


@dataclass(slots=True)
class _Anchored:
    """What an anchor names."""

    made: _Made
    size: int
    """How many values it counts for."""
    height: int
    """How many levels it holds."""


class Composer:
    """Builds values from the parser's events: one pass, and nothing is expanded before it is counted."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader
        self._anchors: dict[str, _Anchored | None] = {}
        self.changed_keys: list[ChangedKey] = []
        """The keys of the document that are sent as another text than they are written."""
        self._size = 0
        """How many values the document holds so far."""
        self._deepest = -1
        """How deep the deepest of them is; while an anchored value is composed, the deepest in that one."""

    def documents(self) -> Iterator[tuple[Any, Spot]]:
        """Every document's value and spots, empty ones included. Raises :class:`Refused` and what the parser raises."""
        while self._loader.check_event():
            if type(self._loader.get_event()) is DocumentStartEvent:
                self._anchors, self._size, self._deepest, self.changed_keys = {}, 0, -1, []
                value, line, inner = self._value(self._loader.get_event(), 0)
                yield value, Spot(line, inner)

    def _value(self, event: Any, depth: int) -> _Made:
        line = event.start_mark.line + 1
        kind = type(event)
        if kind is AliasEvent:
            return self._alias(event.anchor, depth, line)
        if event.anchor:
            return self._anchored(event, depth, line)
        return self._new(kind, event, depth, line)

    def _new(self, kind: type, event: Any, depth: int, line: int) -> _Made:
        self._size += 1
        if depth > self._deepest or self._size > MAX_VALUES:
            self._check(depth, line)
        if kind is ScalarEvent:
            return self._scalar(event, line), line, _NOTHING
        if kind is SequenceStartEvent:
            return self._sequence(depth + 1, line)
        return self._mapping(depth + 1, line)

    def _check(self, depth: int, line: int) -> None:
        if depth > MAX_DEPTH:
            raise Refused(f"values are nested more than {MAX_DEPTH} levels deep.", line)
        if self._size > MAX_VALUES:
            raise Refused(f"the document holds more than {MAX_VALUES:,} values.", line)
        self._deepest = max(self._deepest, depth)

    def _anchored(self, event: Any, depth: int, line: int) -> _Made:
        around, self._deepest = self._deepest, depth - 1
        before = self._size
        self._anchors[event.anchor] = None
        made = self._new(type(event), event, depth, line)
        self._anchors[event.anchor] = _Anchored(made, self._size - before, self._deepest - depth)
        self._deepest = max(self._deepest, around)
        return made

    def _alias(self, name: str, depth: int, line: int) -> _Made:
        if name not in self._anchors:
            raise Refused(f"the alias *{name} stands for nothing: there is no anchor &{name}.", line)
        anchored = self._anchors[name]
        if anchored is None:
            raise Refused(f"the alias *{name} holds itself.", line)
        self._size += anchored.size
        self._check(depth + anchored.height, line)
        return anchored.made

    def _sequence(self, depth: int, line: int) -> _Made:
        items: list[Any] = []
        inner: dict[str | int, Spot | int] = {}
        while type(event := self._loader.get_event()) is not SequenceEndEvent:
            value, at, held = self._value(event, depth)
            inner[len(items)] = Spot(at, held) if held else at
            items.append(value)
        return items, line, inner

    def _mapping(self, depth: int, line: int) -> _Made:
        fields: dict[str, Any] = {}
        inner: dict[str | int, Spot | int] = {}
        merged: list[_Made] = []
        while type(event := self._loader.get_event()) is not MappingEndEvent:
            # A finding about a field points to its key; inside of it, the spots are those of the values.
            at = event.start_mark.line + 1
            name = self._key(event, depth, at)
            made = self._value(self._loader.get_event(), depth)
            if name == "<<" and event.implicit[0] and event.tag is None:
                merged.append(made)
                continue
            if name in fields:
                says = f"the key {name!r} is given twice, first on line {_line(inner[name])}."
                raise Refused(says, at)
            fields[name], _, held = made
            inner[name] = Spot(at, held) if held else at
        for base in merged:
            _merge(fields, inner, base, line)
        return fields, line, inner

    def _key(self, event: Any, depth: int, line: int) -> str:
        if type(event) is not ScalarEvent:
            self._value(event, depth)  # an alias that stands for nothing is told as such
            raise Refused("a key must be a text.", line)
        text: str = event.value
        name = text if event.tag is None and not event.implicit[0] else self._plain_key(event, text, line)
        if event.anchor:
            self._anchors[event.anchor] = _Anchored((self._scalar(event, line), line, _NOTHING), 1, 0)
        return name

    def _plain_key(self, event: Any, text: str, line: int) -> str:
        if event.tag is not None:
            value = self._scalar(event, line)
            return text if isinstance(value, str) else self._changed(text, line)
        return self._changed(text, line)

    def _changed(self, text: str, line: int) -> str:
        """What kubectl sends of a key without quotes; where that is another text, it is remembered."""
        try:
            name = key_text(text)
        except NoKey as error:
            raise Refused(str(error), line) from None
        if name != text:
            self.changed_keys.append(ChangedKey(line, text, name))
        return name

    def _scalar(self, event: Any, line: int) -> Any:
        tag = event.tag
        if tag is None:
            if not event.implicit[0]:
                return event.value
        elif (kind := tag.removeprefix(_TAG)) in ("!", "str"):
            return event.value
        elif kind not in _PLAIN_TAGS:
            raise Refused(f"the tag {tag!r} has no meaning in a manifest.", line)
        try:
            return plain(event.value)
        except NoJsonNumber as error:
            raise Refused(str(error), line) from None


def _merge(fields: dict[str, Any], inner: dict[str | int, Spot | int], made: _Made, line: int) -> None:
    """``<<: *base``: the fields of the base that are not given here."""
    value, _, held = made
    several = isinstance(value, list)
    for base, spots in zip(value, map(_inner, held.values()), strict=True) if several else [(value, held)]:
        if not isinstance(base, dict):
            raise Refused("<< takes a mapping, or a list of mappings.", line)
        for name in base:
            if name not in fields:
                fields[name], inner[name] = base[name], spots[name]


def _line(spot: Spot | int) -> int:
    return spot if isinstance(spot, int) else spot.line


def _inner(spot: Spot | int) -> Inner:
    return _NOTHING if isinstance(spot, int) else spot.inner
