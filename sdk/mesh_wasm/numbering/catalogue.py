"""The catalogue of an organization as far as the order goes: which phase and priority each extension has.

.. code-block:: yaml

    - {fqn: organizations/acme/extensions/acl, phase: AUTHZ, priority: 10}
    - {fqn: organizations/acme/extensions/quota, phase: AUTHZ, priority: 10, written: -40}

Stacks that share it give an extension one number, whatever each of them declares and when.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from mesh_wasm.findings import schema
from mesh_wasm.findings.finding import Finding
from mesh_wasm.model.parse import parse
from mesh_wasm.model.target import check_fqn
from mesh_wasm.values.base import Int32, Model, Str
from mesh_wasm.values.enums import PluginPhase, PluginType

from .numbers import Numbering, Ordered, Settled


class CatalogueItem(Model):
    """An extension of the catalogue."""

    fqn: Str
    """``organizations/<organization>/extensions/<name>``."""
    phase: PluginPhase = PluginPhase.UNSPECIFIED_PHASE
    """Place in the filter chain; default UNSPECIFIED_PHASE."""
    type: PluginType = PluginType.HTTP
    """HTTP or NETWORK; default HTTP."""
    priority: Int32 = 0
    """The priority that it declares; default 0."""
    written: Int32 | None = None
    """The number that is written for it, so that it stays when others are added; default: found among the others'."""

    @property
    def place(self) -> Ordered:
        """What decides its place."""
        layer = PluginType.NETWORK if self.type is PluginType.NETWORK else PluginType.HTTP
        return Ordered((self.phase, layer), self.priority, self.fqn)


def read_items(document: Any, where: str) -> tuple[list[Settled], list[Finding]]:
    """The extensions of a list; ``where`` names the document."""
    if not isinstance(document, list):
        says = "expected a list of extensions, each with fqn, phase and priority."
        return [], [schema.WRONG_TYPE.at(says=says, fix="Write a list, or give TSB's WasmExtensions.")]
    items: list[Settled] = []
    findings: list[Finding] = []
    for index, value in enumerate(document):
        parsed = parse(CatalogueItem, value)
        found = [*parsed.findings] or check_fqn(parsed.value.fqn, "extension", "fqn")
        findings += [finding.under(index) for finding in found]
        if not found:
            items.append(Settled(parsed.value.place, parsed.value.written, f"{where}, item {index}"))
    return items, findings


def contradictions(items: Iterable[Settled]) -> list[str]:
    """What is wrong with a catalogue, as sentences: an extension with two places, and numbers against TSB's order."""
    problems = []
    first: dict[str, Settled] = {}
    for one in items:
        other = first.setdefault(one.place.fqn, one)
        if other is not one and (other.place, other.written) != (one.place, one.written):
            problems.append(f"{one.place.fqn} stands in {other.where} and in {one.where}, with different values.")
    groups = {one.place.group for one in first.values()}
    for group in sorted(groups):
        pinned = [one for one in first.values() if one.place.group == group and one.written is not None]
        for one, after in pairwise(sorted(pinned, key=lambda one: one.place.key)):
            if one.written is not None and after.written is not None and one.written <= after.written:
                problems.append(
                    f"{one.where} writes {one.written} for {one.place.fqn}, and {after.where} {after.written} for "
                    f"{after.place.fqn}, which runs after it: its number must be lower."
                )
    return problems


def settle(numbering: Numbering, items: Iterable[Settled]) -> None:
    """Number the extensions of a catalogue that does not contradict itself: first those that hold a number."""
    for one in sorted(items, key=lambda one: one.written is None):
        numbering.settle(one.place, one.written)
