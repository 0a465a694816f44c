"""Waves: in which order the stacks of a fleet are updated, by a label of their clusters. Canary first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mesh_wasm.findings import sharing
from mesh_wasm.findings.finding import Finding, ordered, quoted

from .cluster import Fleet
from .config import Owns, ownership_findings


@dataclass(frozen=True, slots=True)
class Wave:
    """The stacks that are updated together."""

    name: str
    """Value of the label."""
    stacks: tuple[str, ...]


def plan_waves(
    fleet: Fleet, stacks: Mapping[str, Owns], label: str, order: Sequence[str]
) -> tuple[tuple[Wave, ...], tuple[Finding, ...]]:
    """The waves in their order, and what stands against them; with an error, nothing must be updated.

    :param fleet: All clusters.
    :param stacks: What each stack owns, by its name.
    :param label: The label of a cluster that names its wave.
    :param order: The values of the label, in the order of the waves.
    """
    findings = list(ownership_findings(fleet, stacks))
    members: dict[str, list[str]] = {name: [] for name in order}
    for stack, owns in sorted(stacks.items()):
        clusters = [cluster for cluster in fleet if owns.selection.takes(cluster)]
        waves = {cluster.labels.get(label) for cluster in clusters}
        findings += [finding.under("stacks", stack) for finding in _findings(fleet, owns, label, order)]
        for wave in waves & members.keys() if len(waves) == 1 else ():
            members[str(wave)].append(stack)
    found = tuple(Wave(name, tuple(told)) for name, told in members.items() if told)
    return found, ordered(findings)


def _findings(fleet: Fleet, owns: Owns, label: str, order: Sequence[str]) -> Iterator[Finding]:
    waves: dict[str, list[str]] = {}
    for cluster in (one for one in fleet if owns.selection.takes(one)):
        wave = cluster.labels.get(label)
        if wave is None:
            says = f"cluster {cluster.name} has no label {quoted(label)}, so it belongs to no wave."
            yield sharing.NO_WAVE.at(says=says, cluster=cluster.name)
        elif wave not in order:
            says = f"cluster {cluster.name} is of wave {quoted(wave)}; the waves are {', '.join(order) or 'none'}."
            yield sharing.NO_WAVE.at(says=says, cluster=cluster.name)
        waves.setdefault(str(wave), []).append(cluster.name)
    if len(waves) > 1:
        told = "; ".join(f"{wave}: {', '.join(names)}" for wave, names in sorted(waves.items()))
        fix = "Let a stack own clusters of one wave only: it is updated as a whole."
        yield sharing.NO_WAVE.at(says=f"its clusters are of several waves ({told}).", fix=fix)
