"""The fleet as the configuration of a stack: the inventory, and which of its clusters this stack owns.

.. code-block:: yaml

    inventory: clusters.yaml          # or clusters: {…}, of the same form
    stacks:                           # the same for all stacks of the program
      canary: {labels: {wave: canary}}
      east: {names: [east]}

Where there is no ``stacks``, ``owns`` says what this one stack owns; where there is neither, it owns all. A stack knows
the facts of all clusters, so that one program means the same in each of them; it writes to its own clusters only.
The schema for editors is docs/fleet-config.schema.json (:mod:`mesh_wasm.fleet.config_schema`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from pydantic import Field

from mesh_wasm.findings import placing, schema, sharing
from mesh_wasm.findings.finding import Finding, errors, ordered, quoted
from mesh_wasm.model.parse import parse
from mesh_wasm.values.base import Model, Str
from mesh_wasm.yaml.file import Unreadable, load

from .cluster import Fleet, Selection
from .inventory import parse_inventory, read_inventory


class Owns(Model):
    """Which clusters a stack owns: those that carry all the labels, and are named if names are given; ``{}``: all."""

    labels: dict[str, Str] | None = None
    """Labels that a cluster must carry."""
    names: list[Str] | None = None
    """Names of clusters."""

    @property
    def selection(self) -> Selection:
        """The same as a selection of clusters."""
        return Selection(self.labels, self.names)


class FleetConfig(Model):
    """The fleet in the configuration of a stack."""

    inventory: Str | None = None
    """Path of an inventory file, from the folder of the project. Either this or clusters is required."""
    clusters: dict[str, Any] | None = None
    """The clusters themselves, in the form of an inventory."""
    owns: Owns | None = None
    """What this stack owns; default: all clusters."""
    stacks: dict[str, Owns] | None = None
    """What each stack owns, by its name; no cluster may be owned twice. Instead of owns."""
    contexts: dict[str, Str] = Field(default_factory=dict)
    """Context of the kubeconfig by cluster; default: the name of the cluster."""
    render_to: Str | None = None
    """Folder into which YAML files are rendered, in place of clusters without a kubeconfig. Secrets are in plain text."""


@dataclass(frozen=True, slots=True)
class OwnedFleet:
    """All clusters of an inventory, and those that one stack owns: none where the configuration cannot say which."""

    fleet: Fleet
    owned: frozenset[str]
    config: FleetConfig


def read_document(text: str | None, folder: FilePath) -> Any:
    """The document of a configuration value: JSON, or the path of a YAML file. Raises ``Unreadable``."""
    if text is None:
        raise Unreadable("the configuration", "there is no fleet in it.")
    if text.lstrip().startswith(("{", "[")):
        try:
            return json.loads(text)
        except ValueError as error:
            raise Unreadable("the configuration", f"it is no JSON: {error}.") from None
    found = list(load(folder / text))
    if len(found) != 1:
        raise Unreadable(text, f"a fleet is one YAML document; this file holds {len(found) or 'none'}.")
    return found[0].value


def read_fleet(document: Any, stack: str, folder: FilePath) -> tuple[OwnedFleet, tuple[Finding, ...]]:
    """The fleet of a configuration document, seen from a stack; and everything that is wrong with it.

    :param document: The configuration, as plain values.
    :param stack: Name of the stack.
    :param folder: The folder from which ``inventory`` is looked up.
    """
    parsed = parse(FleetConfig, document)
    config, findings = parsed.value, list(parsed.findings)
    if not isinstance(document, Mapping):
        return OwnedFleet(Fleet([]), frozenset(), config), ordered(findings)
    refused = {finding.path[0] for finding in findings}
    if config.inventory is None and config.clusters is None and refused:
        fleet = Fleet([])  # very likely meant by what is refused
    else:
        fleet, found = _fleet(config, folder)
        findings += found
    # What a selection selects is not told of a fleet that is not whole: half of it would be wrong.
    whole = not errors(findings)
    owned: frozenset[str] = frozenset()
    if config.owns is not None and config.stacks is not None:
        findings.append(
            schema.UNKNOWN_FIELD.at("owns", says="owns and stacks exclude one another.", fix="Keep stacks.")
        )
    elif config.stacks is not None:
        if whole:
            findings += ownership_findings(fleet, config.stacks)
        if stack not in config.stacks and "stacks" not in refused:
            says = f"stack {quoted(stack)} is not among the stacks; they are {', '.join(config.stacks) or 'none'}."
            findings.append(placing.NO_CLUSTER.at("stacks", says=says, fix="Say there what this stack owns."))
        elif not refused:
            owned = frozenset(_taken(fleet, config.stacks[stack]))
    else:
        wanted = config.owns or Owns()
        owned = frozenset() if refused else frozenset(_taken(fleet, wanted))
        if whole:
            findings += [finding.under("owns") for finding in _selection_findings(fleet, wanted)]
    if whole:
        findings += _context_findings(fleet, config)
    return OwnedFleet(fleet, owned, config), ordered(findings)


def ownership_findings(fleet: Fleet, stacks: Mapping[str, Owns]) -> Iterator[Finding]:
    """Whether each cluster has one owner: seen from the inventory alone, before anything is written twice."""
    owners: dict[str, list[str]] = {name: [] for name in fleet.names}
    for stack, owns in stacks.items():
        for finding in _selection_findings(fleet, owns):
            yield finding.under("stacks", stack)
        for name in _taken(fleet, owns):
            owners[name].append(stack)
    for name, told in owners.items():
        if len(told) > 1:
            says = f"the stacks {' and '.join(told)} own cluster {name}."
            yield sharing.SHARED_CLUSTER.at("stacks", told[-1], says=says, cluster=name)
        elif not told:
            yield sharing.UNOWNED_CLUSTER.at("stacks", says=f"no stack owns cluster {name}.", cluster=name)


def _taken(fleet: Fleet, owns: Owns) -> list[str]:
    return [cluster.name for cluster in fleet if owns.selection.takes(cluster)]


def _selection_findings(fleet: Fleet, owns: Owns) -> list[Finding]:
    """What is wrong with a selection, in the words of its own fields."""
    fields = {"clusterNames": "names", "clusters": "labels"}
    _, found = fleet.select(owns.selection)
    return [
        Finding(f.rule, f.severity, (fields.get(str(f.path[0]), f.path[0]), *f.path[1:]), f.message, f.fix)
        for f in found
    ]


def _context_findings(fleet: Fleet, config: FleetConfig) -> Iterator[Finding]:
    """A misspelt cluster, whose context would be its name without a word."""
    for name in config.contexts:
        if name not in fleet:
            yield placing.UNKNOWN_CLUSTER.at("contexts", name, says=fleet.no_cluster(name))


def _fleet(config: FleetConfig, folder: FilePath) -> tuple[Fleet, list[Finding]]:
    if (config.inventory is None) == (config.clusters is None):
        says = "give either an inventory or clusters."
        return Fleet([]), [schema.REQUIRED.at("inventory", says=says, fix="Write `inventory: clusters.yaml`.")]
    if config.clusters is not None:
        fleet, findings = parse_inventory({"clusters": config.clusters}, folder)
        return fleet, list(findings)
    assert config.inventory is not None
    try:
        fleet, located = read_inventory(folder / config.inventory)
    except Unreadable as error:
        return Fleet([]), [
            schema.REQUIRED.at("inventory", says=f"{error}", fix="Write the path from the folder of the project.")
        ]
    return fleet, [one.finding.under("inventory") for one in located]
