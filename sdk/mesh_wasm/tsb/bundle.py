"""Many documents at once: what they declare together, the plan of it, and every finding with file and line.

The result does not depend on the order of the documents: targets, and the extensions on each, are sorted by FQN.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from mesh_wasm.findings import documents as rules
from mesh_wasm.fleet.cluster import Fleet
from mesh_wasm.fleet.placement import place
from mesh_wasm.model.pull_secret import PullSecret
from mesh_wasm.modules.locked import Lock
from mesh_wasm.numbering.numbers import Numbering, Ordered, Settled
from mesh_wasm.planning.attachments import plan_attachments
from mesh_wasm.planning.checks import check_attachments
from mesh_wasm.planning.plan import PlannedPlugin
from mesh_wasm.rules.waivers import ANNOTATION, OFF, Levels, Waiver, read_waivers, settle
from mesh_wasm.surroundings.files import by_cluster
from mesh_wasm.values.deferred import known
from mesh_wasm.values.fqn import Fqn
from mesh_wasm.yaml.file import Document, Located

from .direct import DirectObjects, group_name, in_direct_mode, is_direct_plugin, name_of_group, own_groups
from .documents.elsewhere import not_translated
from .documents.kinds import GATEWAY_GROUP, SECURITY_GROUP
from .documents.reading import read_resource
from .hierarchy import Hierarchy
from .index import Index, missing_extensions
from .inheritance import Choices
from .marked import with_replaced, with_waivers
from .reaching import key_of
from .result import BundlePlan, Entering, Source, TargetPlan, as_follower, book, in_order
from .scope import outside
from .targets import Targets, Wanted


class Bundle:
    """The TSB resources of some documents."""

    def __init__(
        self,
        documents: Iterable[Document],
        pull_secrets: Mapping[str, PullSecret] | None = None,
        waivers: Iterable[Waiver] = (),
        levels: Levels | None = None,
        today: datetime.date | None = None,
        lock: Lock | None = None,
        choices: Choices | None = None,
        linted: Iterable[Document] = (),
        catalogue: Iterable[Settled] = (),
    ) -> None:
        """Read the documents; those of other kinds are passed over and counted in ``skipped``.

        :param pull_secrets: Credentials to write, by the name that the extensions' ``imagePullSecret`` has for them.
        :param waivers: What is waived for all documents, beside the waivers in their own annotations.
        :param levels: Severities that were set otherwise.
        :param today: The day by which waivers end; default: today, in UTC.
        :param lock: What is known of modules; plugins are pinned to it.
        :param choices: What TSB leaves open of its hierarchy; default: nothing is chosen.
        :param linted: Plugins that are judged elsewhere, of which only their place in the hierarchy is looked at.
        :param catalogue: Extensions whose numbers are held, as :func:`.catalogue_file.read_catalogue` gives them.
        """
        self.read = 0
        """Documents of kinds that mesh-wasm reads."""
        self.skipped = 0
        """Documents of other kinds."""
        self._findings: list[Located] = []
        self._others: list[Document] = []
        """Documents of other kinds: some of them decide what the plugins do."""
        self._index = Index(pull_secrets or {})
        self._waivers, self._levels, self._today = tuple(waivers), levels or Levels(), today
        self._lock = lock
        self._choices = choices or Choices()
        self._direct = DirectObjects(self._index, lock, self._levels, linted)
        self._catalogue = tuple(catalogue)
        for document in sorted(documents, key=lambda document: (document.file, document.index, document.line)):
            self._take(document)

    def _take(self, document: Document) -> None:
        resource = read_resource(document.value)
        elsewhere = list(not_translated(document.value, resource.kind if resource else None))
        if resource is None and is_direct_plugin(document.value):
            self.read += 1
            own, wrong = read_waivers(_annotation(document.value), *_WAIVERS, today=self._today)
            self._findings += self._direct.take(document, (*self._waivers, *own), wrong)
            return
        if resource is None:
            self.skipped += 1
            self._others.append(document)
            if not elsewhere:
                return
        own, wrong = read_waivers(_annotation(document.value), *_WAIVERS, today=self._today)
        waivers = (*self._waivers, *own)
        if resource is None:
            self._findings += map(document.locate, settle([*elsewhere, *wrong], waivers, self._levels))
            return
        self.read += 1
        told = settle([*resource.findings, *elsewhere, *wrong], waivers, self._levels)
        source = Source(replace(resource, findings=told), document, waivers, self._levels)
        self._findings += (source.at(finding) for finding in told)
        if resource.fqn is None:
            return
        first = self._index.add(source, resource.fqn)
        if first is not source and first.document.value != document.value:
            says = (
                f"{resource.label} stands in {first.document.file}:{first.document.line} already, with other contents."
            )
            self._findings.append(source.at(rules.DIFFERENT.at("metadata", says=says)))

    def places(self) -> list[Ordered]:
        """What decides the places of its extensions in the order, of those that can be read."""
        return list(self._index.ordered())

    def check(self, *, complete: bool = True) -> tuple[Located, ...]:
        """The findings that need no fleet. ``complete``: whether what is referred to must be among the documents."""
        return self._check(None, complete).findings

    def beside(self, fleet: Fleet) -> Fleet:
        """The fleet with what the documents of other kinds tell of its clusters."""
        return fleet.beside(by_cluster(self._others, fleet.names))

    def plan(
        self,
        fleet: Fleet,
        clusters: frozenset[str] | None = None,
        enter: Entering | None = None,
        *,
        beside: bool = True,
    ) -> BundlePlan:
        """The plan of all targets in a fleet. It must not be used where it has errors.

        ``clusters`` keeps the part of it that lies in these: the documents say where things are, and names and orders
        are those of the whole.
        ``enter`` numbers the extensions, is told each target that has no error, and answers what stands against it in what
        was entered before; by default that is what was entered of these documents.
        ``beside``: whether the documents of other kinds tell of the clusters; else whoever calls has taken care of that.
        """
        if beside:
            fleet = self.beside(fleet)
        return self._check(fleet, complete=True, clusters=clusters, enter=enter or book(fleet, self._catalogue))

    def _check(
        self,
        fleet: Fleet | None,
        complete: bool,
        clusters: frozenset[str] | None = None,
        enter: Entering | None = None,
    ) -> BundlePlan:
        wanted = Targets(self._index, Hierarchy(self._index, self._choices), fleet)
        found = [*self._findings, *self._scope_findings(), *wanted.found]
        found += [*wanted.nowhere_findings(), *wanted.profile_findings(), *self._index.against(self._catalogue)]
        targets: list[TargetPlan] = []
        numbering = enter.numbering if enter is not None else Numbering()
        numbering.know(self._index.ordered())
        for one in wanted.wanted:
            made, findings = self._target(one, fleet, clusters, wanted, numbering)
            sound = not any(located.finding.is_error for located in findings)
            if made is not None and enter is not None and sound and enter.part(made.whole):
                made, findings = self._target(one, fleet, clusters, wanted, numbering)
            found += findings
            if made is not None:
                targets.append(made)
                clashes = enter.enter(made.label, made.plan, made.whole) if enter is not None and sound else []
                found += (made.source.at(replace(finding, path=("metadata",))) for finding in clashes)
        direct, told = self._direct.plan(fleet, clusters, enter, self._waivers)
        found += told
        silent = {rule for rule, level in self._levels.by_rule.items() if level == OFF}
        if not complete:
            silent |= _INCOMPLETE
        found = [located for located in found if located.finding.rule not in silent]
        direct_mode = fleet is not None and any(cluster.tsb_direct for cluster in fleet)
        planned = (plugin for target in targets for plugin in target.plan.plugins)
        groups = tuple(own_groups(planned)) if direct_mode else ()
        return BundlePlan(tuple(targets), in_order(map(as_follower, found)), tuple(direct), groups)

    def _scope_findings(self) -> Iterator[Located]:
        for kind, _, source in self._index:
            if kind in (GATEWAY_GROUP, SECURITY_GROUP):
                for finding in outside(source.resource, self._index.workspace(source.resource.fqn)):
                    yield source.at(finding)

    def _target(
        self,
        wanted: Wanted,
        fleet: Fleet | None,
        clusters: frozenset[str] | None,
        targets: Targets,
        numbering: Numbering,
    ) -> tuple[TargetPlan | None, list[Located]]:
        target, reached, source = wanted.target, wanted.reached, wanted.source
        items = list(wanted.items)
        kept = wanted.places
        attached = [self._index.attached(one, None if kept is None else kept[key_of(one)]) for one in items]
        missing = list(missing_extensions(items, attached))
        found = [*missing, *(source.at(finding) for finding in reached.missing)]
        if fleet is None or missing or wanted.is_nowhere:
            findings = check_attachments(target, attached)
            if fleet is not None and not wanted.is_nowhere:
                findings += place(target, fleet, wanted.selection)[1]
            # That there is no selector has been said already, and why.
            findings = [one for one in findings if not wanted.is_nowhere or one.path != ("namespaceSelector",)]
            return None, [*found, *(self._index.locate(finding, items, reached) for finding in findings)]
        by = f"{target.kind} {known(target.fqn)}"
        plan = plan_attachments(target, attached, fleet, wanted.selection, by, lock=self._lock, numbering=numbering)
        whole = with_waivers(plan, items, self._index)
        plan = whole if clusters is None else whole.within(clusters)
        plan = in_direct_mode(plan, lambda place: targets.workspace_of(target, place), self._group_of)
        found += (self._index.locate(finding, items, reached) for finding in plan.findings)
        plan = with_replaced(plan, wanted)
        return TargetPlan(target, source, plan, plan if clusters is None else whole), found

    def _group_of(self, workspace: Fqn, plugin: PlannedPlugin) -> str:
        """The IstioInternalGroup of a plugin of direct mode: that of the documents, else one that is written as well."""
        return group_name(self._index, workspace, plugin) or name_of_group(workspace, plugin)

    @property
    def image_pull_secrets(self) -> frozenset[str]:
        """The names that the extensions have for their pull secrets."""
        return self._index.image_pull_secrets


_INCOMPLETE = {rules.NO_EXTENSION.id, rules.NO_SCOPE.id}


_WAIVERS = ("metadata", "annotations", ANNOTATION)


def _annotation(document: Any) -> Any:
    here = document
    for part in _WAIVERS:
        here = here.get(part) if isinstance(here, Mapping) else None
    return here


def plan(documents: Iterable[Document], fleet: Fleet) -> BundlePlan:
    """What TSB documents come to in a fleet: every WasmPlugin, and every finding with its place.

    A plan with errors must not be written. Documents of other kinds are passed over.
    """
    return Bundle(documents).plan(fleet)
