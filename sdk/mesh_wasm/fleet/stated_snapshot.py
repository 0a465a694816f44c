"""The snapshot of a cluster as a field of its model: a file, or the document itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from mesh_wasm.findings.finding import Finding, listed, quoted
from mesh_wasm.snapshot import ControlPlane, Snapshot
from mesh_wasm.snapshot import words as snapshots
from mesh_wasm.yaml.file import Unreadable

from .istio_version import Version, version_of

SNAPSHOT = "snapshot"
"""The fact that holds it."""
MOST_DAYS = 30
"""An older snapshot is noted."""


def _snapshot(value: Any) -> Snapshot | None:
    if value is None or isinstance(value, Snapshot):
        return value
    raise ValueError("expected the path of a file, or the snapshot itself")


StatedSnapshot = Annotated[Snapshot | None, PlainValidator(_snapshot), WithJsonSchema({"type": ["string", "object"]})]
"""The snapshot that was read; how it is written: :func:`with_snapshot`."""


def with_snapshot(facts: Any, folder: FilePath | None) -> tuple[Any, list[Finding]]:
    """The facts with those that the snapshot knows and nobody has typed; and why it could not be read."""
    given = facts.get(SNAPSHOT) if isinstance(facts, Mapping) else None
    if given is None or isinstance(given, Snapshot) or not isinstance(given, str | Mapping):
        return facts, []
    from mesh_wasm.snapshot.file import parse_snapshot, read_snapshot  # many clusters have none

    try:
        path = (folder or FilePath()) / given if isinstance(given, str) else None
        held = parse_snapshot(given) if path is None else read_snapshot(path)
    except Unreadable as error:
        return {**facts, SNAPSHOT: None}, [snapshots.UNREADABLE.at(SNAPSHOT, says=str(error))]
    filled = {name: value for name, value in _known(held, facts) if value and not _typed(facts, name)}
    return {**facts, **filled, SNAPSHOT: held}, []


def _known(held: Snapshot, facts: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield "namespaces", list(held.namespaces) if held.namespaces is not None else None
    yield "istioVersion", _version_of(held.control_planes, facts.get("revision"))
    yield "rootNamespace", held.root_namespace
    yield "registryMirrors", dict(held.registry_mirrors)


def _typed(facts: Mapping[str, Any], name: str) -> bool:
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return facts.get(name) is not None or facts.get(snake) is not None


def _version_of(planes: tuple[ControlPlane, ...], revision: Any) -> str | None:
    """The version of the control plane that reads the plugins: that of the revision, else the oldest."""
    asked = [one for one in planes if one.revision == revision] or planes
    versions = [one.version for one in asked if one.version is not None]
    return min(versions, key=_numbers, default=None)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def snapshot_findings(held: Snapshot | None, version: Version | None, revision: str | None) -> Iterator[Finding]:
    """What a snapshot makes doubtful; paths start at the facts of the cluster."""
    if held is None:
        return
    from mesh_wasm.snapshot.age import days_old

    days = days_old(held)
    if days > MOST_DAYS:
        says = f"the snapshot was taken {days} days ago, on {held.taken:%Y-%m-%d}."
        yield snapshots.OLD.at(SNAPSHOT, says=says)
    planes = held.control_planes
    if revision is not None and planes and all(one.revision != revision for one in planes):
        tagged = next((one for one in planes if revision in one.tags), None)
        has = f"the cluster runs {listed([one.revision for one in planes])}"
        fix = None if tagged is None else f"Write {tagged.revision}: {revision} is a tag of it."
        yield snapshots.NO_SUCH_REVISION.at("revision", says=f"no control plane is {quoted(revision)}; {has}.", fix=fix)
    asked = [one for one in planes if revision in (None, one.revision)]
    versions = sorted({one.version for one in asked if one.version is not None}, key=_numbers)
    if len(versions) > 1:
        says = f"the control planes are of Istio {listed(versions)}; the rules speak for {versions[0]}."
        yield snapshots.SEVERAL_VERSIONS.at(SNAPSHOT, says=says)
    if version is not None and versions and all(version_of(one) != version for one in versions):
        declared = ".".join(map(str, version))
        says = f"{declared} is declared, and the cluster ran {listed(versions)} on {held.taken:%Y-%m-%d}."
        yield snapshots.OTHER_VERSION.at("istioVersion", says=says)
