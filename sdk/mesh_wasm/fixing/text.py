"""From a finding's remedy to the text that changes, and the proof that nothing else does."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

import yaml

from mesh_wasm.findings.finding import Finding, Mend, Path, Quote, RemoveItem, RenameTo, SetTo
from mesh_wasm.yaml.file import Document, Unreadable, documents

from .nodes import CannotMend, Place, document_at, end_of, place_of, roots
from .splice import Splice, spliced

__all__ = ["CannotMend", "mended", "newline_of", "removal_splice", "splice_of", "typed", "value_splice"]


def mended(text: str, document: Document, finding: Finding) -> str:
    """The text of a file with one finding mended. Raises :class:`CannotMend`."""
    return spliced(text, splice_of(text, document, finding))


def splice_of(text: str, document: Document, finding: Finding) -> Splice:
    """The characters that a finding's remedy changes.

    Raises :class:`CannotMend` where that takes more than its place. The mended text is read again: but for the one value,
    all documents say what they said.
    """
    splice = _proposed(text, document, finding)
    after = spliced(text, splice)
    try:
        before, now = list(documents(text, document.file)), list(documents(after, document.file))
    except Unreadable:
        raise CannotMend("cannot be changed in this form") from None
    wanted = [
        _changed(one.value, finding, splice) if (one.index, one.line) == (document.index, document.line) else one.value
        for one in before
    ]
    if [typed(one.value) for one in now] != [typed(one) for one in wanted]:
        raise CannotMend("cannot be changed in this form")
    return splice


def _proposed(text: str, document: Document, finding: Finding) -> Splice:
    if finding.mend is None:
        raise CannotMend("has no remedy that is safe")
    try:
        root = roots(text)[document.index]
    except (yaml.YAMLError, IndexError):
        raise CannotMend("cannot be changed in this form") from None
    return _splice(text, document_at(root, document.line), finding.path, finding.mend)


def _splice(text: str, root: yaml.Node, path: Path, mend: Mend) -> Splice:
    if isinstance(mend, RemoveItem):
        return removal_splice(text, place_of(root, _item(path)))
    place = place_of(root, path)
    match mend:
        case RenameTo(name) if place.key is not None:
            return _scalar(text, place.key, _written(name, _quote_of(text, place.key)))
        case SetTo(value):
            return value_splice(text, place, str(path[-1]), value)
        case Quote() if isinstance(place.value, yaml.ScalarNode) and place.value.style is None:
            return _scalar(text, place.value, json.dumps(_slice(text, place.value), ensure_ascii=False))
    raise CannotMend("is not written there itself")


def value_splice(text: str, place: Place, key: str, value: str | int | bool) -> Splice:
    """What writes a value into the text: in place of another one, or under a key that is missing."""
    if place.value is None:
        return _inserted(text, place, key, value)
    return _scalar(text, place.value, _written(value, _quote_of(text, place.value)))


def _item(path: Path) -> Path:
    """The path up to its last list index."""
    last = max((number for number, part in enumerate(path) if isinstance(part, int)), default=-1)
    return path[: last + 1]


def _slice(text: str, node: yaml.Node) -> str:
    return text[node.start_mark.index : node.end_mark.index]


def _quote_of(text: str, node: yaml.Node) -> str:
    first = _slice(text, node)[:1]
    return first if first in ("'", '"') else ""


def _scalar(text: str, node: yaml.Node, new: str) -> Splice:
    if not isinstance(node, yaml.ScalarNode) or node.style in ("|", ">") or _slice(text, node)[:1] in ("&", "!", "*"):
        raise CannotMend("is not a plain value, so it is left as it is")
    return Splice(node.start_mark.index, node.end_mark.index, new)


def _written(value: str | int | bool, quote: str) -> str:
    """The value in YAML, in the quotes in which the old one stood, if it is a text."""
    if not isinstance(value, str):
        return json.dumps(value)
    if quote == "'":
        return f"'{value.replace(quote, quote * 2)}'"
    return json.dumps(value, ensure_ascii=False) if quote or not _plain(value) else value


def _plain(value: str) -> bool:
    """Whether a text reads the same without quotes, in a block and in braces."""
    try:
        read = [document.value for document in documents(f"{{a: {value}}}", "-")]
    except Unreadable:
        return False
    return read == [{"a": value}]


def _inserted(text: str, place: Place, key: str, value: str | int | bool) -> Splice:
    parent = place.parent
    if not isinstance(parent, yaml.MappingNode) or not parent.value:
        raise CannotMend("has no place in an empty object")
    first, held = parent.value[0]
    quote = _quote_of(text, first)
    entry = f"{_written(key, quote)}: {_written(value, quote)}"
    if parent.flow_style:
        at = held.end_mark.index
        return Splice(at, at, f", {entry}")
    column, end = first.start_mark.column, end_of(held)
    if end is None:
        at = first.start_mark.index
        return Splice(at, at, f"{entry}{newline_of(text)}{' ' * column}")
    at = text.find("\n", end)
    if at < 0:
        return Splice(len(text), len(text), f"{newline_of(text)}{' ' * column}{entry}")
    return Splice(at + 1, at + 1, f"{' ' * column}{entry}{newline_of(text)}")


def newline_of(text: str) -> str:
    """How the lines of a text end."""
    return "\r\n" if "\r\n" in text else "\n"


def removal_splice(text: str, place: Place) -> Splice:
    """What removes an item of a list from the text, one of several."""
    parent, item = place.parent, place.value
    if not isinstance(parent, yaml.SequenceNode) or item is None or len(parent.value) < 2:
        raise CannotMend("is no item among others")
    number = next(index for index, one in enumerate(parent.value) if one is item)
    if parent.flow_style:
        if number:
            return Splice(parent.value[number - 1].end_mark.index, item.end_mark.index, "")
        return Splice(item.start_mark.index, parent.value[1].start_mark.index, "")
    end = end_of(item)
    start = text.rfind("\n", 0, item.start_mark.index) + 1
    if end is None or text[start : item.start_mark.index].strip() != "-":
        raise CannotMend("shares its line with others")
    after = text.find("\n", end)
    return Splice(start, after + 1 if after >= 0 else len(text), "")


def _changed(value: Any, finding: Finding, splice: Splice) -> Any:
    """The document as it is to be afterwards."""
    changed = copy.deepcopy(value)
    mend = finding.mend
    path = _item(finding.path) if isinstance(mend, RemoveItem) else finding.path
    *parents, last = path
    here = changed
    for part in parents:
        here = here[part]
    match mend:
        case RemoveItem():
            del here[last]
        case RenameTo(name):
            here[name] = here.pop(last)
        case SetTo(new):
            here[last] = new
        case Quote():
            here[last] = json.loads(splice.text)
    return changed


def typed(value: Any) -> Any:
    """A value that differs where the types do: ``True`` is not ``1`` here."""
    if isinstance(value, Mapping):
        return {key: typed(one) for key, one in value.items()}
    if isinstance(value, list):
        return [typed(one) for one in value]
    return (type(value), value)
