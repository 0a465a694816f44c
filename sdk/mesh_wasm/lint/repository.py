"""A repository as people keep it: other people's YAML, Helm charts, kustomize's patches beside the manifests.

What nowhere mentions a kind that lint reads is passed over without a word, whatever it is. What does mention one and is no
manifest yet, a template or a patch, is passed over with one sentence that says how to render it into ``lint -``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mesh_wasm.findings.finding import listed
from mesh_wasm.yaml.file import Document, Unreadable, load
from mesh_wasm.yaml.paths import STDIN

_OURS = re.compile(
    rb"wasmplugin|wasmextension|trafficextension|servicemeshextension|dockerconfigjson|extensions\.istio\.io|tsb\.tetrate\.io",
    re.IGNORECASE,
)
_LONGEST = 64
"""Bytes that no mention is longer than."""
_PART = 2**20
_TEMPLATE = b"{{"
_CHART = "Chart.yaml"
_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")


@dataclass(frozen=True, slots=True)
class Note:
    """What was passed over though it mentions a kind that lint reads, and how to have it read."""

    file: str
    """The file or folder that it is about."""
    says: str
    """A finished sentence."""


@dataclass(frozen=True, slots=True)
class Sifted:
    """What remains of a repository for the rules."""

    documents: list[Document]
    problems: list[Unreadable]
    notes: tuple[Note, ...]


def sift(paths: Sequence[str], documents: Iterable[Document], problems: Iterable[Unreadable]) -> Sifted:
    """Take out what is no manifest.

    :param paths: What the user named: a file that is named itself has to be readable.
    :param documents: All documents of these, as they were read.
    :param problems: What could not be read.
    """
    named = {os.path.realpath(path) for path in paths if path != STDIN and not os.path.isdir(path)}
    read = list(documents)
    charts: dict[str, list[str]] = {}
    kept: list[Unreadable] = []
    for problem in problems:
        if os.path.realpath(problem.file) in named or not os.path.isfile(problem.file):
            kept.append(problem)
        elif mentions(problem.file, _OURS):
            chart = _chart_of(problem.file)
            charts.setdefault(chart, []).append(problem.file) if chart else kept.append(problem)
    patches = _patches(read)
    rest: list[Document] = []
    rendered: dict[str, bool] = {}
    overlays: dict[str, list[str]] = {}
    for document in read:
        file = document.file
        if file not in rendered:
            rendered[file] = _is_template(file) and os.path.realpath(file) not in named
        if rendered[file]:
            if mentions(file, _OURS):
                charts.setdefault(_chart_of(file) or "", []).append(file)
        elif (overlay := patches.get(os.path.realpath(file))) is not None:
            if mentions(file, _OURS):
                overlays.setdefault(overlay, []).append(file)
        else:
            rest.append(document)
            overlay = _patched_inline(document)
            if overlay is not None:
                overlays.setdefault(overlay, []).append(file)
    return Sifted(rest, kept, (*_chart_notes(charts), *_overlay_notes(overlays)))


def mentions(file: str, what: re.Pattern[bytes]) -> bool:
    """Whether a file holds a text, whatever else it is, and however large."""
    before = b""
    try:
        with open(file, "rb") as stream:
            while part := stream.read(_PART):
                text = before + part.replace(b"\0", b"")  # UTF-16 has one beside each letter
                if what.search(text):
                    return True
                before = text[-_LONGEST:]
    except OSError:
        return False
    return False


def _chart_of(file: str) -> str | None:
    """The folder of the Helm chart whose template a file is."""
    parts = os.path.normpath(file).split(os.sep)
    for index, part in enumerate(parts):
        chart = os.sep.join(parts[:index]) or (os.sep if file.startswith(os.sep) else ".")
        if part == "templates" and os.path.isfile(os.path.join(chart, _CHART)):
            return chart
    return None


def _is_template(file: str) -> bool:
    """Whether a file that happens to be YAML is a template of a Helm chart all the same."""
    return _chart_of(file) is not None and mentions(file, re.compile(re.escape(_TEMPLATE)))


def _chart_notes(charts: Mapping[str, Sequence[str]]) -> Iterator[Note]:
    for chart, files in sorted(charts.items()):
        names = listed(sorted({os.path.relpath(file, chart) for file in files}))
        says = f"{names} of this Helm chart has to be rendered first: helm template {chart} | mesh-wasm lint -"
        yield Note(chart, says)


def _overlay_notes(overlays: Mapping[str, Sequence[str]]) -> Iterator[Note]:
    for overlay, files in sorted(overlays.items()):
        names = listed(sorted({os.path.relpath(file, overlay) for file in files}))
        says = f"{names} patches what comes of this folder: kustomize build {overlay} | mesh-wasm lint -"
        yield Note(overlay, says)


def _patches(documents: Sequence[Document]) -> dict[str, str]:
    """The files that some kustomization names as patches, each with that one's folder."""
    found: dict[str, str] = {}
    seen: set[str] = set()
    for document in documents:
        folder = os.path.dirname(document.file) or "."
        for place in (folder, os.path.join(folder, os.pardir)):
            key = os.path.realpath(place)
            if key not in seen:
                seen.add(key)
                for value in _kustomizations(place):
                    for patch in _files(value):
                        found[os.path.realpath(os.path.join(place, patch))] = os.path.normpath(place)
    return found


def _kustomizations(folder: str) -> Iterator[Mapping[str, Any]]:
    for name in _KUSTOMIZATIONS:
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            try:
                yield from (one.value for one in load(path) if isinstance(one.value, Mapping))
            except Unreadable:
                continue  # told where it was walked


def _entries(value: Mapping[str, Any], field: str) -> Iterator[Any]:
    entries = value.get(field)
    yield from entries if isinstance(entries, list) else ()


def _files(value: Mapping[str, Any]) -> Iterator[str]:
    """The files that a kustomization names as patches."""
    for field in ("patches", "patchesJson6902"):
        for entry in _entries(value, field):
            if isinstance(entry, Mapping) and isinstance(entry.get("path"), str):
                yield entry["path"]
    for entry in _entries(value, "patchesStrategicMerge"):
        if isinstance(entry, str) and "\n" not in entry:
            yield entry


def _patched_inline(document: Document) -> str | None:
    """The folder of a kustomization that patches one of our kinds within itself."""
    name = os.path.basename(document.file)
    if name not in _KUSTOMIZATIONS or not isinstance(document.value, Mapping):
        return None
    fields = ("patches", "patchesJson6902", "patchesStrategicMerge")
    inline = [
        entry
        for field in fields
        for entry in _entries(document.value, field)
        if not (isinstance(entry, Mapping) and "path" in entry) and not (isinstance(entry, str) and "\n" not in entry)
    ]
    return os.path.dirname(document.file) or "." if _OURS.search(repr(inline).encode()) else None
