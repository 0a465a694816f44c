"""The order of all plugins of one program, or of one set of documents: what only shows when they are seen together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from mesh_wasm.findings import order
from mesh_wasm.findings.finding import Finding, listed
from mesh_wasm.numbering.numbers import Numbering
from mesh_wasm.planning.plan import Plan, same_objects
from mesh_wasm.values.enums import PluginPhase, PluginType

from .member import Member, members_of
from .ties import Ties
from .twins import Twins


class ProgramOrder:
    """Their numbers, and the plugins entered so far."""

    def __init__(self, numbering: Numbering | None = None) -> None:
        self.numbering = numbering or Numbering()
        """Hands out the numbers: plans that are entered are made with it."""
        self.ties = Ties()
        self._twins = Twins()
        self._writers: dict[tuple[str, ...], str] = {}
        self._read: tuple[Plan, list[Member]] | None = None
        """The plan that was looked at last."""

    def part(self, plan: Plan) -> bool:
        """Give extensions that a plan has on workloads which run them already numbers of their own there.

        Returns whether numbers have changed: then the plan has to be made again. It must not be registered yet.
        """
        met: dict[tuple[PluginPhase, PluginType, str, str], dict[str, int]] = defaultdict(dict)
        for member in self._members(plan):
            own = member.declared
            if own.phase is None or own.layer is None or not own.target or not self.ties.has(own.fqn):
                continue
            for other in self.ties.beside(member, own.fqn):
                # On an equal number, Istio has an order of its own between the two namespaces, the same everywhere.
                apart = other.namespace == member.namespace or other.priority != member.priority
                if other.target and other.target != own.target and apart and other.priority is not None:
                    met[own.phase, own.layer, own.fqn, own.target][other.target] = other.priority
        changed = [
            self.numbering.part((phase, layer), fqn, target, others)
            for (phase, layer, fqn, target), others in met.items()
        ]
        return any(changed)

    def enter(self, label: str, plan: Plan, whole: Plan | None = None) -> list[Finding]:
        """Add a plan; return what it has against those that were entered before.

        ``whole``: what it is a part of, where the rest is left to others. Nothing is said of that; it counts for
        :meth:`part`, so that an extension has the same number in all clusters.
        """
        members = self._members(plan)
        found = [
            *same_objects(label, plan, self._writers),
            *self._twins.enter(members),
            *self.ties.enter(members),
        ]
        if self.numbering.has_strays:  # after all are entered: neighbours may stand on one target
            found += self._turned(members)
        if whole is not None and whole is not plan:
            self.ties.enter(self._members(whole))
        return found

    def _members(self, plan: Plan) -> list[Member]:
        if self._read is None or self._read[0] is not plan:
            self._read = plan, list(members_of(plan.plugins))
        return self._read[1]

    def _turned(self, members: list[Member]) -> Iterator[Finding]:
        """Where a plugin runs on the wrong side of another one, since no number was left for it."""
        told: dict[str, list[tuple[Member, Member]]] = defaultdict(list)
        for member in members:
            if member.phase is None or member.layer is None:
                continue
            for stray, passed in self.numbering.turned((member.phase, member.layer), member.fqn):
                other = next(self.ties.beside(member, passed if member.fqn == stray else stray), None)
                if other is not None:
                    told[stray].append((member, other))
        for stray, pairs in told.items():
            ones = [one for pair in pairs for one in pair]
            number = next(one.priority for one in ones if one.fqn == stray)
            others = sorted({f"{one.fqn} ({one.priority})" for one in ones if one.fqn != stray})
            clusters = sorted({one.cluster for one in ones})
            where = f" in cluster{'s' * (len(clusters) > 1)} {listed(clusters)}" if any(clusters) else ""
            held = any(self.numbering.holds((one.phase, one.layer)) for one in ones if one.phase and one.layer)
            why = (
                f"the catalogue holds the numbers of the neighbours of {stray}, and none is left between them"
                if held
                else f"{stray} was declared after numbers had been given to its neighbours, and none was left between them"
            )
            says = (
                f"{why}: priority {number} is written. It can meet {listed(others)} on one workload{where}, where TSB has "
                f"them the other way round."
            )
            cluster = clusters[0] or None if len(clusters) == 1 else None
            yield order.NO_NUMBER_LEFT.at(says=says, cluster=cluster, fix=_CATALOGUE if held else None)


_CATALOGUE = (
    "Bring the catalogue up to date: mesh-wasm catalogue moves as few as can be, and says which (docs/order.md)."
)
