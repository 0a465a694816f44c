"""From YAML events to values: one pass, with the line of every value, and nothing is expanded before it is counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from .finding import Path
from .yamlscalars import NoJsonNumber, plain

MAX_DEPTH = 64
"""Deeper nesting is refused; Kubernetes' own objects are a dozen levels deep."""
MAX_VALUES = 400_000
"""More values in one document are refused; an alias counts for all that it stands for."""

_TAG = "tag:yaml.org,2002:"


class Refused(ValueError):
    """YAML that is refused; the text is a finished sentence."""

    def __init__(self, says: str, line: int) -> None:
        super().__init__(says)
        self.line = line


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


@dataclass(slots=True)
class _Made:
    """A composed value, its spot, how many values it counts for, and how deep it is."""

    value: Any
    spot: Spot
    size: int = 1
    height: int = 0
    """How many levels it holds; an alias holds those of its anchor."""
    merge: bool = False


class Composer:
    """Builds values from the parser's events: one pass, and nothing is expanded before it is counted."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader
        self._anchors: dict[str, _Made | None] = {}

    def documents(self) -> Iterator[tuple[Any, Spot]]:
        """Every document's value and spots, empty ones included. Raises :class:`Refused` and what the parser raises."""
        while self._loader.check_event():
            event = self._loader.get_event()
            if isinstance(event, yaml.DocumentStartEvent):
                self._anchors = {}
                made = self._value(self._loader.get_event(), 0)
                yield made.value, made.spot

    def _value(self, event: Any, depth: int) -> _Made:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            return self._alias(str(event.anchor), line)
        if depth > MAX_DEPTH:
            raise _too_deep(line)
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
            raise Refused(f"the alias *{name} stands for nothing: there is no anchor &{name}.", line)
        made = self._anchors[name]
        if made is None:
            raise Refused(f"the alias *{name} holds itself.", line)
        return made

    def _count(self, made: _Made, item: _Made, line: int) -> None:
        made.size += item.size
        made.height = max(made.height, item.height + 1)
        if made.height > MAX_DEPTH:
            raise _too_deep(line)
        if made.size > MAX_VALUES:
            raise Refused(f"the document holds more than {MAX_VALUES:,} values.", line)

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
                raise Refused(says, key.spot.line)
            fields[name] = item.value
            # A finding about a field points to its key; inside of it, the spots are those of the values.
            made.spot.inner[name] = Spot(key.spot.line, item.spot.inner)
        for item in merged:
            self._merge(made, item, line)
        return made

    def _key(self, event: Any, key: _Made) -> str:
        if not isinstance(event, yaml.ScalarEvent) or key.value is None:
            raise Refused("a key must be a text.", key.spot.line)
        return str(event.value)

    def _merge(self, made: _Made, item: _Made, line: int) -> None:
        """``<<: *base``: the fields of the base that are not given here."""
        many = item.value if isinstance(item.value, list) else [item.value]
        spots = item.spot.inner.values() if isinstance(item.value, list) else [item.spot]
        for base, spot in zip(many, spots, strict=True):
            if not isinstance(base, dict):
                raise Refused("<< takes a mapping, or a list of mappings.", line)
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
        raise Refused(f"the tag {event.tag!r} has no meaning in a manifest.", line)

    def _plain(self, text: str, line: int) -> Any:
        try:
            return plain(text)
        except NoJsonNumber as error:
            raise Refused(str(error), line) from None


def _too_deep(line: int) -> Refused:
    return Refused(f"values are nested more than {MAX_DEPTH} levels deep.", line)
