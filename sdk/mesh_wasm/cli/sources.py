"""Where a command finds a plan: a program, a folder of manifests, or a plan that was saved as JSON.

The SDK knows nothing of Pulumi. Whoever can run a program's folder registers a loader here, by name, so that it is
imported only when a folder needs it.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

Manifest = Mapping[str, Any]

LOADERS: dict[str, str] = {}
"""By the file that marks a program's folder (e.g. ``Pulumi.yaml``): ``module:function`` of its :data:`Loader`."""


@dataclass(frozen=True, slots=True)
class Source:
    """The manifests of a plan. In place of secret and unknown values stand the marks of :mod:`mesh_wasm.manifest`."""

    clusters: Mapping[str, list[Manifest]] = field(default_factory=dict)
    """By the name of the cluster."""


Loader = Callable[[Path, str], Source]
"""Reads a program's folder for a stack. Raises ``click.ClickException`` with a finished sentence."""


def read_source(path: Path, stack: str = "dev") -> Source:
    """Read a program's folder, a folder that ``plan --out`` or ``translate`` wrote, or what ``plan --format json`` said.

    Raises ``click.UsageError`` where it is none of these.
    """
    if path.is_file():
        return _saved_plan(path)
    for marker, loader in LOADERS.items():
        if (path / marker).is_file():
            module, function = loader.split(":")
            load: Loader = getattr(importlib.import_module(module), function)
            return load(path, stack)
    return _manifests(path)


def _saved_plan(path: Path) -> Source:
    try:
        document = json.loads(path.read_text())
        clusters = {name: [one["manifest"] for one in objects] for name, objects in document["clusters"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise click.UsageError(f"{path} is no plan: give a file that `mesh-wasm plan --format json` wrote.") from None
    return Source(clusters)


def _manifests(folder: Path) -> Source:
    clusters = {place.name: _below(place) for place in sorted(folder.iterdir()) if place.is_dir()}
    if not any(clusters.values()):
        markers = ", ".join(LOADERS)
        raise click.UsageError(
            f"{folder} holds neither a program ({markers}) nor manifests in folders named after clusters, "
            "as `mesh-wasm plan --out` writes them."
        )
    return Source(clusters)


def _below(folder: Path) -> list[Manifest]:
    return [one for file in sorted(folder.rglob("*.y*ml")) for one in _documents(file)]


def _documents(file: Path) -> Iterable[Manifest]:
    import yaml  # every command imports this module; only this function needs it

    try:
        documents = list(yaml.safe_load_all(file.read_text()))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = str(error).replace("\n", " ")
        raise click.UsageError(f"{file} cannot be read: {reason}.") from None
    return [one for one in documents if isinstance(one, Mapping)]
