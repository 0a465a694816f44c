"""What only all plugins of a run tell: which of them tie, and whether one without a priority meets another one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from mesh_wasm.chains.member import Member, read_member
from mesh_wasm.chains.tied import Tie, place_of
from mesh_wasm.chains.ties import Neighbours, Ties
from mesh_wasm.chains.twins import Twins
from mesh_wasm.findings import order
from mesh_wasm.findings.finding import Finding, Severity
from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.rules.effect.silent import PRIORITY_UNSET
from mesh_wasm.values.enums import PluginKind

from .manifests import Manifest

Waives = Callable[[Manifest, str], bool]
"""Whether a manifest waives a rule."""


class Together:
    """The plugins of a run that can be compared, and what is to be said of each because of the others."""

    def __init__(self, manifests: Iterable[Manifest], clusters: Iterable[Cluster], waives: Waives) -> None:
        """Compare plugins with each other, and with the TrafficExtensions that are stated of the clusters."""
        self._members = {
            id(manifest): _members(manifest)
            for manifest in manifests
            if manifest.spec is not None and not manifest.is_broken
        }
        self._owner = {id(member): key for key, members in self._members.items() for member in members}
        self._manifests = {id(manifest): manifest for manifest in manifests if id(manifest) in self._members}
        self._tied: set[int] = set()
        self._told: dict[int, list[Finding]] = {}
        twins = Twins()
        for key, members in self._members.items():
            found = [finding.under("metadata", "name") for finding in twins.enter(members)]
            if found:
                self._told[key] = found
        ties = Ties()
        ties.know(clusters)
        for tie in ties.groups(member for members in self._members.values() for member in members):
            self._tell(tie, waives)
        self._neighbours: Neighbours | None = None

    def findings(self, manifest: Manifest) -> list[Finding]:
        """The manifest's own findings, weighed anew, and those about its ties. Paths start at the document."""
        own = manifest.findings
        if PRIORITY_UNSET.id in [finding.rule for finding in own]:
            own = tuple(self._weighed(manifest))
        return [*own, *self._told.get(id(manifest), ())]

    def _tell(self, tie: Tie, waives: Waives) -> None:
        """Tell a group once, on its latest plugin that does not waive it; and those that do waive it, each on itself."""
        keys = list(dict.fromkeys(self._owner[id(member)] for member in tie.members if id(member) in self._owner))
        self._tied.update(keys)
        waiving = [key for key in keys if waives(self._manifests[key], order.CROSS_TIE.id)]
        rest = [key for key in keys if key not in waiving]
        for key in (*rest[:1], *waiving):
            self._told.setdefault(key, []).extend(finding.under("spec", "priority") for finding in tie.findings)

    def _weighed(self, manifest: Manifest) -> Iterable[Finding]:
        for finding in manifest.findings:
            if finding.rule != PRIORITY_UNSET.id:
                yield finding
            elif id(manifest) not in self._tied:  # else the tie says that there is no priority
                near = self._near(manifest)
                yield finding if near is None else _heavier(finding, near)

    def _near(self, manifest: Manifest) -> Member | None:
        if self._neighbours is None:
            self._neighbours = Neighbours(member for members in self._members.values() for member in members)
        found = map(self._neighbours.of, self._members.get(id(manifest), ()))
        return next((one for one in found if one is not None), None)


def _heavier(finding: Finding, near: Member) -> Finding:
    says = f"no priority is set: the plugin runs after {place_of(near)} and all others of its phase."
    return replace(finding, severity=Severity.WARNING, message=says, mend=None)  # any number would change an order


def _members(manifest: Manifest) -> Sequence[Member]:
    """The plugin in each cluster that it may be meant for."""
    value: Mapping[str, object] = manifest.document.value
    metadata, spec = value["metadata"], value["spec"]
    assert isinstance(metadata, Mapping)
    assert isinstance(spec, Mapping)
    kind = PluginKind(manifest.kind)
    return [read_member(cluster, metadata, spec, kind=kind) for cluster in manifest.clusters]
