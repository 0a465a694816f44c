"""What the findings of a component weigh in the end: its waivers, and the severities that the stack sets otherwise.

Waivers are the argument ``waivers``, and the annotation ``mesh-wasm/waive`` of a raw plugin; severities are the
configuration ``mesh-wasm:severities`` of the stack, an object such as ``{"MW303": "warning"}``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pulumi

from mesh_wasm.findings import schema
from mesh_wasm.findings.finding import Finding
from mesh_wasm.planning.plan import Plan
from mesh_wasm.rules.subjects import ClusterPluginSubject, ExtensionSubject, PluginSubject
from mesh_wasm.rules.waivers import ANNOTATION, LevelError, Levels, Waiver, read_waivers, settle, unused
from mesh_wasm_pulumi._values.leaves import lift
from mesh_wasm_pulumi._values.ledger import ledger

WAIVERS = "waivers"
"""The argument of every component that can waive findings."""

_LOOKED_AT = frozenset({PluginSubject, ClusterPluginSubject, ExtensionSubject})

_CONFIG, _KEY = "mesh-wasm", "severities"

SEVERITIES = (f"{_CONFIG}:{_KEY}",)
"""The path of findings about the stack's severities."""


@dataclass(frozen=True, slots=True)
class Settling:
    """The waivers and severities that hold for one component."""

    waivers: tuple[Waiver, ...]
    levels: Levels
    findings: tuple[Finding, ...]
    """What is wrong with them."""

    @classmethod
    def read(cls, args: Mapping[str, Any]) -> Settling:
        """Read them from a component's arguments and the stack's configuration."""
        waivers, findings = read_waivers(lift(args.get(WAIVERS)), WAIVERS)
        metadata = args.get("metadata")
        annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
        if isinstance(annotations, Mapping) and ANNOTATION in annotations:
            more, found = read_waivers(lift(annotations[ANNOTATION]), "metadata", "annotations", ANNOTATION)
            waivers, findings = [*waivers, *more], [*findings, *found]
        levels, wrong = _levels()
        ledger().levels = levels
        return cls(tuple(waivers), levels, (*findings, *wrong))

    def settle(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings as they weigh in the end, with those about the waivers themselves."""
        return settle([*self.findings, *findings], self.waivers, self.levels)

    def unused(self, findings: Iterable[Finding]) -> list[Finding]:
        """Notes about waivers that waive none of all the findings of a component."""
        told = () if self.levels.by_rule else self.waivers  # what is off is not found, and may be waived all the same
        return list(unused(told, findings, _LOOKED_AT))

    def annotated(self, plan: Plan) -> Plan:
        """The same plan, whose objects carry the waivers: lint and policies see them there."""
        if not self.waivers:
            return plan
        text = "\n".join(map(str, self.waivers))
        plugins = [replace(plugin, annotations={**plugin.annotations, ANNOTATION: text}) for plugin in plan.plugins]
        return replace(plan, plugins=tuple(plugins))


def _levels() -> tuple[Levels, list[Finding]]:
    config = pulumi.Config(_CONFIG)
    try:
        wanted = config.get_object(_KEY)
        if wanted is None:
            return Levels(), []
        if not isinstance(wanted, Mapping):
            raise LevelError("It is no object.")
        return Levels.read(wanted), []
    except (LevelError, pulumi.ConfigTypeError) as error:
        fix = """Write an object: pulumi config set --path 'mesh-wasm:severities.MW303' warning."""
        says = str(error) if isinstance(error, LevelError) else "It is no JSON object."
        return Levels(), [schema.WRONG_TYPE.at(*SEVERITIES, says=says, fix=fix)]
