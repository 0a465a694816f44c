"""Surroundings as a user states them of a cluster: Kubernetes objects, and files that hold some."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

from mesh_wasm.findings import schema
from mesh_wasm.findings.finding import Finding
from mesh_wasm.model.parse import parse
from mesh_wasm.snapshot import Snapshot
from mesh_wasm.surroundings.objects import Thing
from mesh_wasm.surroundings.reading import read_thing
from mesh_wasm.yaml.paths import read_paths

from .cluster import Cluster
from .stated_snapshot import SNAPSHOT, with_snapshot

SURROUNDINGS = "surroundings"
"""The fact that holds them."""
_FILES = "Name YAML files or folders, from the folder of the inventory or program."


def with_files(facts: Any, folder: FilePath | None) -> tuple[Any, list[Finding]]:
    """The facts with what their files say, and what could not be read of these: the snapshot, and surroundings.

    :param folder: Where files are looked up; without it, none is read.
    """
    facts, found = with_snapshot(facts, folder)
    facts, unread = _with_objects(facts, folder)
    held = facts.get(SNAPSHOT) if isinstance(facts, Mapping) else None
    if not isinstance(held, Snapshot):
        return facts, [*found, *unread]
    stated = facts.get(SURROUNDINGS)
    if stated is None:
        return {**facts, SURROUNDINGS: held.surroundings}, [*found, *unread]
    parsed = parse(Cluster, {"name": "any", SURROUNDINGS: stated})
    if not parsed.findings:
        facts = {**facts, SURROUNDINGS: held.surroundings.beside(parsed.value.surroundings.things)}
    return facts, [*found, *unread]


def _with_objects(facts: Any, folder: FilePath | None) -> tuple[Any, list[Finding]]:
    """The facts with what stands in the files that ``surroundings`` names, and what could not be read of them."""
    given = facts.get(SURROUNDINGS) if isinstance(facts, Mapping) else None
    listed = given.get("objects") if isinstance(given, Mapping) else given
    if folder is None or not isinstance(listed, list) or not any(isinstance(one, str) for one in listed):
        return facts, []
    things: list[Thing] = []
    findings: list[Finding] = []
    for index, one in enumerate(listed):
        if not isinstance(one, str):
            continue
        documents, problems = read_paths([str(folder / one)])
        read = (read_thing(document.value, document.file) for document in documents)
        things += (thing for thing in read if thing is not None)
        findings += (schema.WRONG_TYPE.at(SURROUNDINGS, index, says=str(problem), fix=_FILES) for problem in problems)
    plain = [one for one in listed if not isinstance(one, str)]
    kept: Any = {**given, "objects": plain} if isinstance(given, Mapping) else plain
    parsed = parse(Cluster, {"name": "any", SURROUNDINGS: kept})
    if parsed.findings:
        return {**facts, SURROUNDINGS: plain}, findings  # it is told when the facts are parsed
    return {**facts, SURROUNDINGS: parsed.value.surroundings.beside(things)}, findings
