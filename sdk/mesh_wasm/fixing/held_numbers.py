"""The list of a catalogue brought up to date in its file: comments, order and whatever else stands there stay.

A new extension stands behind the one that runs before it.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from mesh_wasm.numbering.holding import Change, Holding
from mesh_wasm.numbering.numbers import Ordered, Settled
from mesh_wasm.values.enums import PluginPhase, PluginType
from mesh_wasm.yaml.file import Unreadable, documents

from .nodes import CannotMend, Place, end_of, roots, shared_nodes
from .splice import Splice, spliced
from .text import newline_of, removal_splice, typed, value_splice

_HEAD = (
    "# The numbers of extensions, as `mesh-wasm catalogue` has given them. Commit this file with what declares these.\n"
)


def with_numbers(text: str, file: str, holding: Holding, catalogue: Sequence[Settled], *, prune: bool = False) -> str:
    """The text of a catalogue's file with all numbers in it. Raises :class:`CannotMend` with what its author has to do.

    ``catalogue``: the items of the file as it is. ``prune``: whether those are dropped that are gone.
    """
    wanted = _wanted(text, file, holding, prune)
    after = _without_all(text, [item.place.fqn for item in holding.gone]) if prune and holding.gone else text
    changes = [one for one in holding.changes if not prune or one.before not in holding.gone]
    known = [one for one in changes if one.before is not None]
    new = [one for one in changes if one.before is None]
    rows = _rows(after)
    splices = [splice for one in known for splice in _changed(after, rows.items, one)]
    splices += _added(after, file, rows, new, catalogue)
    for splice in sorted(splices, key=lambda splice: splice.start, reverse=True):
        after = spliced(after, splice)
    if not _reads_as(after, file, wanted):
        raise CannotMend("it cannot be changed in this form; write the numbers that are told above into it")
    return after


@dataclass(frozen=True, slots=True)
class _Rows:
    lists: list[yaml.SequenceNode]
    items: dict[str, tuple[yaml.SequenceNode, yaml.MappingNode]]
    """By FQN."""


def _rows(text: str) -> _Rows:
    """The lists of a file and their items. It has been read as a catalogue before."""
    found = [node for node in roots(text) if not _is_empty(node)]
    lists: list[yaml.SequenceNode] = []
    items: dict[str, tuple[yaml.SequenceNode, yaml.MappingNode]] = {}
    for node in found:
        if not isinstance(node, yaml.SequenceNode):
            where = f"the document on line {node.start_mark.line + 1} is TSB's"
            raise CannotMend(f"{where}, and has no place for numbers; name another file with --out")
        if shared_nodes(node):
            raise CannotMend("it has anchors, so one change would be several; write it without")
        lists.append(node)
        for item in node.value:
            fqn = _value(item, "fqn")
            if isinstance(item, yaml.MappingNode) and isinstance(fqn, yaml.ScalarNode):
                items.setdefault(fqn.value, (node, item))
    return _Rows(lists, items)


def _is_empty(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _value(item: yaml.Node, key: str) -> yaml.Node | None:
    if not isinstance(item, yaml.MappingNode):
        return None
    return next((value for name, value in item.value if name.value == key), None)


def _fields(place: Ordered, written: int) -> dict[str, str | int]:
    """An item; what is default is left out."""
    phase, type_ = place.group
    fields: dict[str, str | int] = {"fqn": place.fqn}
    if phase is not PluginPhase.UNSPECIFIED_PHASE:
        fields["phase"] = str(phase)
    if type_ is not PluginType.HTTP:
        fields["type"] = str(type_)
    return {**fields, "priority": place.priority, "written": written}


def _differing(item: Mapping[str, Any], change: Change) -> dict[str, str | int]:
    """The fields of an item that have to say something else; one that is default may be missing."""
    phase, type_ = change.place.group
    default = {"phase": str(PluginPhase.UNSPECIFIED_PHASE), "type": str(PluginType.HTTP), "priority": 0}
    wanted: dict[str, str | int] = {"phase": str(phase), "type": str(type_)}
    wanted |= {"priority": change.place.priority, "written": change.written}
    return {key: value for key, value in wanted.items() if item.get(key, default.get(key)) != value}


def _changed(
    text: str, items: Mapping[str, tuple[yaml.SequenceNode, yaml.MappingNode]], change: Change
) -> Iterator[Splice]:
    _, node = items[change.place.fqn]
    present = {key.value: (key, value) for key, value in node.value}
    plain = {key: _plain(value) for key, (_, value) in present.items()}
    for key, value in _differing(plain, change).items():
        pair = present.get(key)
        place = Place(node, None, None) if pair is None else Place(node, *pair)
        yield value_splice(text, place, key, value)


def _plain(node: yaml.Node) -> Any:
    return yaml.SafeLoader("").construct_object(node) if isinstance(node, yaml.ScalarNode) else None


def _added(text: str, file: str, rows: _Rows, new: Sequence[Change], catalogue: Sequence[Settled]) -> Iterator[Splice]:
    if not new:
        return
    if not any(rows.lists[0].value if rows.lists else ()):
        yield _first(text, file, rows, new)
        return
    keys = sorted((one.place.group, one.place.key, one.place.fqn) for one in catalogue if one.place.fqn in rows.items)
    behind: dict[str, list[Change]] = {}
    for change in new:
        at = bisect_left(keys, (change.place.group, change.place.key))
        group, _, fqn = keys[at - 1] if at else (None, None, "")
        behind.setdefault(fqn if group == change.place.group else "", []).append(change)
    for fqn, changes in behind.items():
        if fqn:
            yield _behind(text, *rows.items[fqn], changes)
        else:
            last = rows.lists[-1]
            yield _behind(text, last, last.value[-1], changes)


def _first(text: str, file: str, rows: _Rows, new: Sequence[Change]) -> Splice:
    """The items of a file that has none."""
    as_json = file.endswith(".json")
    lines = [_flow(one, quoted=as_json) for one in new]
    block = newline_of(text).join(f"- {line}" for line in lines)
    listed = "[\n  " + ",\n  ".join(lines) + "\n]" if as_json else block
    if rows.lists:
        node = rows.lists[0]
        return Splice(node.start_mark.index, node.end_mark.index, listed)
    head = "" if as_json or text.strip() else _HEAD
    ended = "" if not text or text.endswith("\n") else newline_of(text)
    return Splice(len(text), len(text), f"{ended}{head}{listed}{newline_of(text)}")


def _behind(text: str, parent: yaml.SequenceNode, item: yaml.Node, changes: Iterable[Change]) -> Splice:
    if parent.flow_style:
        quoted = text[item.start_mark.index + 1 :].lstrip().startswith('"')
        at = item.end_mark.index
        return Splice(at, at, "".join(f", {_flow(one, quoted=quoted)}" for one in changes))
    end = end_of(item)
    if end is None:
        raise CannotMend("it ends in a block of text; write the numbers that are told above into it")
    indent, newline = " " * parent.start_mark.column, newline_of(text)
    lines = [f"{indent}- {_flow(one)}" for one in changes]
    at = text.find("\n", end) + 1
    if at == 0:
        return Splice(len(text), len(text), "".join(newline + line for line in lines))
    return Splice(at, at, "".join(line + newline for line in lines))


def _flow(change: Change, *, quoted: bool = False) -> str:
    fields = _fields(change.place, change.written)
    if quoted:
        return json.dumps(fields)
    return "{" + ", ".join(f"{key}: {value}" for key, value in fields.items()) + "}"


def _without_all(text: str, fqns: Sequence[str]) -> str:
    """The text without some items: in one go where each of them has lines of its own."""
    rows = _rows(text)
    gone = [rows.items[fqn] for fqn in fqns]
    leaves = all(len(one.value) > sum(parent is one for parent, _ in gone) for one in rows.lists)
    if leaves and not any(parent.flow_style for parent, _ in gone):
        splices = [removal_splice(text, Place(parent, None, item)) for parent, item in gone]
        for splice in sorted(splices, key=lambda splice: splice.start, reverse=True):
            text = spliced(text, splice)
        return text
    for fqn in fqns:
        text = _without(text, fqn)
    return text


def _without(text: str, fqn: str) -> str:
    """The text without an item."""
    rows = _rows(text)
    parent, item = rows.items[fqn]
    if len(parent.value) > 1:
        return spliced(text, removal_splice(text, Place(parent, None, item)))
    end = None if parent.flow_style else end_of(item)
    return spliced(text, Splice(parent.start_mark.index, parent.end_mark.index if end is None else end, "[]"))


def _wanted(text: str, file: str, holding: Holding, prune: bool) -> dict[str, Any]:
    """The items as they are to be, by FQN."""
    dropped: Collection[str] = {one.place.fqn for one in holding.gone} if prune else ()
    wanted = {item["fqn"]: dict(item) for item in _items(text, file)}
    for one in holding.changes:
        before = wanted.get(one.place.fqn)
        wanted[one.place.fqn] = (
            _fields(one.place, one.written) if before is None else {**before, **_differing(before, one)}
        )
    return {fqn: item for fqn, item in wanted.items() if fqn not in dropped}


def _reads_as(text: str, file: str, wanted: Mapping[str, Any]) -> bool:
    try:
        items = list(_items(text, file))
    except Unreadable:
        return False
    return len(items) >= len(wanted) and typed({item["fqn"]: item for item in items}) == typed(wanted)


def _items(text: str, file: str) -> Iterator[dict[str, Any]]:
    for document in documents(text, file):
        if isinstance(document.value, list):
            yield from document.value
