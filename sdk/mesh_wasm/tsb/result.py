"""What a bundle of documents comes to: sources, targets, and findings with file and line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from mesh_wasm.chains.program_order import ProgramOrder
from mesh_wasm.findings import placing
from mesh_wasm.findings.finding import Finding, Path, Severity, errors
from mesh_wasm.fleet.cluster import Fleet
from mesh_wasm.model.attachment import WasmExtensionAttachment
from mesh_wasm.model.target import Target
from mesh_wasm.numbering.numbers import Numbering, Settled
from mesh_wasm.planning.plan import Plan, PlannedPlugin
from mesh_wasm.rules.waivers import Levels, Waiver, settle
from mesh_wasm.values.deferred import Deferred, known
from mesh_wasm.yaml.file import Document, Located

from .documents.resource import Listing, Resource


@dataclass(frozen=True, slots=True)
class Source:
    """A resource and the document that it was read from."""

    resource: Resource
    document: Document
    waivers: tuple[Waiver, ...] = ()
    """What is waived in place: findings of these rules, wherever they come from, are told as info."""
    levels: Levels | None = None
    """Severities that were set otherwise."""

    def at(self, finding: Finding) -> Located:
        """The finding as it weighs in the end, at its place in the file. One that is off keeps its own weight."""
        settled = next(iter(settle([finding], self.waivers, self.levels)), finding)
        return self.document.locate(replace(settled, subject=settled.subject or self.resource.label))


@dataclass(frozen=True, slots=True)
class Item:
    """One attachment of a target, and where it is written."""

    source: Source
    listing: tuple[str, ...]
    """The path of its list in the spec."""
    index: int
    attachment: WasmExtensionAttachment

    @property
    def path(self) -> Path:
        """Its path in the document."""
        return ("spec", *self.listing, self.index)

    @property
    def extension(self) -> str | None:
        """The FQN of the extension, as far as it can be read."""
        return known(self.attachment.fqn)

    def is_like(self, other: Item) -> bool:
        """Whether both attach the same extension with the same configuration and match."""
        return self.attachment.wire() == other.attachment.wire()


def items_of(source: Source, listing: Listing) -> tuple[Item, ...]:
    """The readable attachments of one list of a resource."""
    return tuple(
        Item(source, listing.path, index, one)
        for index, one in enumerate(listing.items)
        if not isinstance(one, Deferred)
    )


@dataclass(frozen=True, slots=True)
class TargetPlan:
    """What becomes of one target."""

    target: Target
    source: Source
    plan: Plan
    whole: Plan
    """The same with what is left to others: it was planned for all clusters."""

    @property
    def label(self) -> str:
        """The target in words."""
        return f"{self.target.kind} {known(self.target.fqn)}"


@dataclass(frozen=True, slots=True)
class BundlePlan:
    """The plan of all documents."""

    targets: tuple[TargetPlan, ...]
    """Sorted by kind and FQN."""
    findings: tuple[Located, ...]
    """Sorted by file and line."""
    direct: tuple[Plan, ...] = ()
    """What becomes of the objects of direct mode among the documents."""
    groups: tuple[tuple[str, dict[str, object]], ...] = ()
    """The IstioInternalGroups that have to exist besides, each with the name of its cluster."""

    @property
    def plugins(self) -> list[PlannedPlugin]:
        """All plugins."""
        return [plugin for plan in (*(target.plan for target in self.targets), *self.direct) for plugin in plan.plugins]

    @property
    def errors(self) -> list[Finding]:
        """The findings because of which nothing may be written."""
        return errors(located.finding for located in self.findings)

    def objects(self) -> list[tuple[str, dict[str, object]]]:
        """Every object with the name of its cluster: what :func:`mesh_wasm.planning.manifests.write_tree` takes."""
        return [*((plugin.cluster.name, plugin.manifest()) for plugin in self.plugins), *self.groups]


class Entering(Protocol):
    """Knows the order of all plugins of a program, these documents' among them."""

    @property
    def numbering(self) -> Numbering:
        """Hands out the numbers."""

    def part(self, plan: Plan) -> bool:
        """Renumber what meets itself; whether the plan has to be made again."""

    def enter(self, label: str, plan: Plan, whole: Plan) -> list[Finding]:
        """Add a target's plan; what stands against it in what was entered before. ``whole``: see :class:`TargetPlan`."""


def book(fleet: Fleet, catalogue: Iterable[Settled] = ()) -> Entering:
    """What only shows between the targets of these documents alone. ``catalogue``: extensions whose numbers are held."""
    order = ProgramOrder()
    if held := list(catalogue):
        from mesh_wasm.numbering.catalogue import settle as hold  # most documents have none

        hold(order.numbering, held)
    order.ties.know(fleet)
    return order


def in_order(found: Iterable[Located]) -> tuple[Located, ...]:
    """Findings without repeats, by file and line."""

    def key(located: Located) -> tuple[object, ...]:
        finding = located.finding
        return (located.file, located.line, finding.severity.rank, finding.rule, str(finding))

    return tuple(sorted(dict.fromkeys(found), key=key))


def as_follower(located: Located) -> Located:
    """What follows from an error that is told at its own place is a note: one cause is one error."""
    if located.finding.rule != placing.BROKEN_EXTENSION.id:
        return located
    return replace(located, finding=replace(located.finding, severity=Severity.INFO))
