"""Levels of TSB's hierarchy that meet in one namespace. TSB lets the lower list replace the higher; plugins would both run.

From documents it is known what replaces what. The components of a program only know their own namespaces, so where two of
them meet, the program has to say which of the two is meant.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from mesh_wasm.findings.finding import Finding, listed
from mesh_wasm.model.target import Target, TargetKind
from mesh_wasm.rules import hierarchy as rules
from mesh_wasm.values.fqn import Fqn
from mesh_wasm.values.labels import EXTENSION

from .plan import Plan

_KINDS = (TargetKind.DEFAULT_SETTING, TargetKind.SECURITY_GROUP, TargetKind.SERVICE_SETTING)


@dataclass(frozen=True, slots=True)
class _Level:
    label: str
    """The component that declares it."""
    kind: TargetKind
    fqn: Fqn
    extensions: frozenset[str]
    together: bool
    """Whether it says that it runs together with what stands above or below."""


class Overlaps:
    """The levels of one program, by the namespaces in which they have plugins."""

    def __init__(self) -> None:
        self._at: dict[tuple[str, str], dict[tuple[str, Fqn], _Level]] = defaultdict(dict)

    def enter(self, label: str, target: Target, plan: Plan, *, together: bool = False) -> list[Finding]:
        """Add a component's plan, one for each of its targets; what it has against others that were added before."""
        fqn = target.parsed_fqn()
        if target.kind not in _KINDS or fqn is None:
            return []
        extensions = frozenset(str(plugin.annotations.get(EXTENSION)) for plugin in plan.plugins)
        mine = _Level(label, target.kind, fqn, extensions, together)
        places = dict.fromkeys((plugin.cluster.name, plugin.namespace) for plugin in plan.plugins)
        met: dict[str, tuple[_Level, list[str]]] = {}
        for cluster, namespace in places:
            if not isinstance(namespace, str):
                continue
            here = self._at[cluster, namespace]
            for other in here.values():
                if other.label != label and _meet(mine, other):
                    met.setdefault(other.label, (other, []))[1].append(f"{namespace} of cluster {cluster}")
            here[label, fqn] = mine
        return [_finding(mine, other, where) for other, where in met.values()]


def _meet(one: _Level, other: _Level) -> bool:
    related = one.fqn.within(other.fqn) or other.fqn.within(one.fqn)
    if one.fqn == other.fqn:  # a group, or a service, may be declared in parts
        return one.kind is TargetKind.DEFAULT_SETTING
    return related and (not (one.together or other.together) or bool(one.extensions & other.extensions))


def _finding(mine: _Level, other: _Level, places: list[str]) -> Finding:
    where = f"namespace{'s' * (len(places) > 1)} {listed(places)}"
    if mine.fqn == other.fqn:
        return rules.TWO_SETTINGS.at(says=f"{other.label} is the setting of {mine.fqn} already, in {where}.")
    lower, higher = (mine, other) if mine.fqn.within(other.fqn) else (other, mine)
    shared = sorted(mine.extensions & other.extensions)
    if mine.together or other.together:
        says = f"{other.label} attaches {listed(shared)} in {where} as well, so it would run twice."
        return rules.LEVELS_MEET.at(says=says, fix="Attach it on one of the two levels.")
    says = f"{other.label} attaches extensions in {where} as well; in TSB, what is set for {lower.fqn} replaces there "
    says += f"what is set for {higher.fqn}, and here both would run."
    return rules.LEVELS_MEET.at(says=says)
