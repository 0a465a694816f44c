"""Many documents at once: what they declare together, the plan of it, and every finding with file and line.

The result does not depend on the order of the documents: targets, and the extensions on each, are sorted by FQN.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from mesh_wasm.attach import plan_attachments
from mesh_wasm.attachcheck import check_attachments
from mesh_wasm.attached import Attached
from mesh_wasm.cluster import Fleet, Selection
from mesh_wasm.deferred import INVALID, Deferred, known
from mesh_wasm.extension import CatalogueEntry
from mesh_wasm.finding import Finding, errors, quoted
from mesh_wasm.fqn import Fqn
from mesh_wasm.labels import EXTENSION
from mesh_wasm.placement import place
from mesh_wasm.plan import Plan
from mesh_wasm.pullsecret import PullSecret
from mesh_wasm.rules import documents as rules
from mesh_wasm.target import Target, TargetKind
from mesh_wasm.waivers import ANNOTATION, OFF, Levels, Waiver, read_waivers, settle
from mesh_wasm.yamlfile import Document, Located

from .kinds import GATEWAY_GROUP, SECURITY_GROUP, SECURITY_SETTING, WASM_EXTENSION, WORKSPACE, Kind
from .resource import Resource, not_translated, read_resource
from .result import BundlePlan, Enter, Item, Source, TargetPlan, book, in_order
from .scope import Reach, outside, reach


class Bundle:
    """The TSB resources of some documents."""

    def __init__(
        self,
        documents: Iterable[Document],
        pull_secrets: Mapping[str, PullSecret] | None = None,
        waivers: Iterable[Waiver] = (),
        levels: Levels | None = None,
        today: datetime.date | None = None,
    ) -> None:
        """Read the documents; those of other kinds are passed over and counted in ``skipped``.

        :param pull_secrets: Credentials to write, by the name that the extensions' ``imagePullSecret`` has for them.
        :param waivers: What is waived for all documents, beside the waivers in their own annotations.
        :param levels: Severities that were set otherwise.
        :param today: The day by which waivers end; default: today, in UTC.
        """
        self.read = 0
        """Documents of kinds that mesh-wasm reads."""
        self.skipped = 0
        """Documents of other kinds."""
        self._findings: list[Located] = []
        self._sources: dict[tuple[Kind, str], Source] = {}
        self._pull_secrets = dict(pull_secrets or {})
        self._waivers, self._levels, self._today = tuple(waivers), levels or Levels(), today
        for document in sorted(documents, key=lambda document: (document.file, document.index, document.line)):
            self._take(document)

    def _take(self, document: Document) -> None:
        resource = read_resource(document.value)
        if resource is None:
            self.skipped += 1
            self._findings += map(document.locate, self._levels.apply(not_translated(document.value)))
            return
        self.read += 1
        own, wrong = read_waivers(_annotation(document.value), *_WAIVERS, today=self._today)
        waivers = (*self._waivers, *own)
        told = settle([*resource.findings, *wrong], waivers, self._levels)
        source = Source(replace(resource, findings=told), document, waivers, self._levels)
        self._findings += (source.at(finding) for finding in told)
        if resource.fqn is None:
            return
        first = self._sources.setdefault((resource.kind, str(resource.fqn)), source)
        if first is not source and first.document.value != document.value:
            says = (
                f"{resource.label} stands in {first.document.file}:{first.document.line} already, with other contents."
            )
            self._findings.append(source.at(rules.DIFFERENT.at("metadata", says=says)))

    def check(self, *, complete: bool = True) -> tuple[Located, ...]:
        """The findings that need no fleet. ``complete``: whether what is referred to must be among the documents."""
        return self._check(None, complete).findings

    def plan(self, fleet: Fleet, clusters: frozenset[str] | None = None, enter: Enter | None = None) -> BundlePlan:
        """The plan of all targets in a fleet. It must not be used where it has errors.

        ``clusters`` keeps the part of it that lies in these: the documents say where things are, and names and orders
        are those of the whole.
        ``enter`` is told each target that has no error, and answers what stands against it in what was entered before;
        by default that is what was entered of these documents.
        """
        return self._check(fleet, complete=True, clusters=clusters, enter=enter or book())

    def _check(
        self,
        fleet: Fleet | None,
        complete: bool,
        clusters: frozenset[str] | None = None,
        enter: Enter | None = None,
    ) -> BundlePlan:
        found = [*self._findings, *self._scope_findings()]
        targets: list[TargetPlan] = []
        for (kind, fqn), items in self._targets():
            made, findings = self._target(kind, fqn, items, fleet, clusters)
            found += findings
            if made is not None:
                targets.append(made)
                sound = not any(located.finding.is_error for located in findings)
                clashes = enter(made.label, made.plan) if enter is not None and sound else []
                found += (made.source.at(replace(finding, path=("metadata",))) for finding in clashes)
        silent = {rule for rule, level in self._levels.by_rule.items() if level == OFF}
        if not complete:
            silent |= _INCOMPLETE
        found = [located for located in found if located.finding.rule not in silent]
        return BundlePlan(tuple(targets), in_order(found))

    def _scope_findings(self) -> Iterator[Located]:
        for (kind, _), source in self._sources.items():
            if kind in (GATEWAY_GROUP, SECURITY_GROUP):
                for finding in outside(source.resource, self._workspace(source.resource.fqn)):
                    yield source.at(finding)

    def _targets(self) -> list[tuple[tuple[TargetKind, str], list[Item]]]:
        """The attachments by target. All settings of a security group are settings of the one group."""
        found: dict[tuple[TargetKind, str], list[Item]] = {}
        for (kind, fqn), source in sorted(self._sources.items(), key=lambda item: (item[0][0].kind, item[0][1])):
            if kind.target is None or not source.resource.attachments:
                continue
            owner = _group(Fqn.parse(fqn)) if kind is SECURITY_SETTING else fqn
            found.setdefault((kind.target, owner), []).extend(
                Item(source, index, one)
                for index, one in enumerate(source.resource.attachments)
                if not isinstance(one, Deferred)
            )
        return [(key, items) for key, items in sorted(found.items()) if items]

    def _target(
        self, kind: TargetKind, fqn: str, items: list[Item], fleet: Fleet | None, clusters: frozenset[str] | None
    ) -> tuple[TargetPlan | None, list[Located]]:
        source = items[0].source
        reached = self._reach(kind, fqn)
        attached = [self._attached(item) for item in items]
        missing = list(_missing(items, attached))
        found = [*missing, *(source.at(finding) for finding in reached.missing)]
        target = Target.model_construct(
            kind=kind,
            fqn=fqn,
            workload_selector=source.resource.workload_selector if kind.is_gateway else None,
            namespace_selector=None if reached.entries is None else [entry.text for entry in reached.entries],
        )
        nowhere = reached.entries is None and not kind.is_gateway
        if fleet is None or missing or nowhere:
            findings = check_attachments(target, attached)
            if fleet is not None and not nowhere:
                findings += place(target, fleet, Selection())[1]
            # That there is no selector has been said already, and why.
            findings = [one for one in findings if not nowhere or one.path != ("namespaceSelector",)]
            return None, [*found, *(self._locate(finding, items, reached) for finding in findings)]
        plan = plan_attachments(target, attached, fleet, _having(target, fleet), f"{kind} {fqn}")
        plan = self._with_waivers(plan if clusters is None else plan.within(clusters), items)
        found += (self._locate(finding, items, reached) for finding in plan.findings)
        return TargetPlan(target, source, plan), found

    def _with_waivers(self, plan: Plan, items: list[Item]) -> Plan:
        """The same plan, whose objects carry what is waived in the documents that they come from: lint sees it there."""
        waived: dict[object, str] = {}
        for item in items:
            entry = self._sources.get((WASM_EXTENSION, str(known(item.attachment.fqn))))
            waivers = (*(entry.waivers if entry else ()), *item.source.waivers)
            waived[item.attachment.fqn] = "\n".join(dict.fromkeys(map(str, waivers)))
        plugins = []
        for plugin in plan.plugins:
            text = waived.get(plugin.annotations.get(EXTENSION))
            more = {ANNOTATION: text} if text else {}
            plugins.append(replace(plugin, annotations={**plugin.annotations, **more}))
        return replace(plan, plugins=tuple(plugins))

    def _reach(self, kind: TargetKind, fqn: str) -> Reach:
        own = Fqn.parse(fqn)
        group_fqn = fqn if kind is TargetKind.SECURITY_GROUP else _group(own)
        group = self._sources.get((SECURITY_GROUP if kind is TargetKind.SECURITY_GROUP else GATEWAY_GROUP, group_fqn))
        return reach(kind, group_fqn, group.resource if group else None, self._workspace(own))

    def _workspace(self, fqn: Fqn | None) -> Resource | None:
        if fqn is None:
            return None
        source = self._sources.get((WORKSPACE, str(Fqn(fqn.pairs[:3]))))
        return source.resource if source else None

    def _attached(self, item: Item) -> Attached:
        """The SDK's view of an attachment; of an extension that is not there, nothing is known."""
        fqn = known(item.attachment.fqn)
        source = None if fqn is None else self._sources.get((WASM_EXTENSION, fqn))
        key = fqn.rsplit("/", 1)[-1] if fqn else str(item.index)
        if source is None or source.resource.extension is None:
            return Attached(_UNREADABLE, item.attachment, key)
        entry, broken = source.resource.extension, bool(errors(source.resource.findings))
        named = known(entry.image_pull_secret)
        if named is None or named not in self._pull_secrets:
            return Attached(entry, item.attachment, key, broken)
        # The Secret is mesh-wasm's own now, and its name need not stay the same.
        entry = entry.model_copy(update={"image_pull_secret": None})
        return Attached(entry, item.attachment, key, broken, (self._pull_secrets[named],))

    @property
    def image_pull_secrets(self) -> frozenset[str]:
        """The names that the extensions have for their pull secrets."""
        entries = [source.resource.extension for source in self._sources.values()]
        names = [known(entry.image_pull_secret) for entry in entries if entry is not None]
        return frozenset(name for name in names if name is not None)

    def _locate(self, finding: Finding, items: list[Item], reached: Reach) -> Located:
        """Turn a path within an attachment's arguments into a place in a file."""
        source = items[0].source
        match finding.path:
            case ("extensions", int(index), "extension", *rest):
                fqn = known(items[index].attachment.fqn)
                entry = self._sources.get((WASM_EXTENSION, str(fqn)))
                if entry is not None:
                    return entry.at(replace(finding, path=("spec", *rest)))
                return items[index].source.at(replace(finding, path=items[index].path))
            case ("extensions", int(index), *rest):
                return items[index].source.at(replace(finding, path=(*items[index].path, *rest)))
            case ("extensions",):
                return source.at(replace(finding, path=items[0].path[:-1]))
            case ("namespaceSelector", int(index), *_) if reached.entries:
                entry_of = reached.entries[index]
                owner = self._sources[entry_of.source.kind, str(entry_of.source.fqn)]
                path = ("spec", "namespaceSelector", "names", entry_of.index)
                return owner.at(replace(finding, path=path))
            case ("workloadSelector", *_):
                return source.at(finding.under("spec"))
            case _:
                return source.at(replace(finding, path=("metadata",)))


_INCOMPLETE = {rules.NO_EXTENSION.id, rules.NO_SCOPE.id}
_UNREADABLE = CatalogueEntry.model_construct(fqn=INVALID, url=INVALID)


def _is_extension(fqn: str) -> bool:
    return len(fqn.split("/")) == 4


def _missing(items: list[Item], attached: list[Attached]) -> Iterator[Located]:
    """Findings about extensions that are not among the documents. A name that is no FQN has an error of its own."""
    for item, one in zip(items, attached, strict=True):
        fqn = known(item.attachment.fqn)
        if one.entry is _UNREADABLE and fqn and _is_extension(fqn):
            says = f"{quoted(fqn)} is not among the documents."
            yield item.source.at(rules.NO_EXTENSION.at(*item.path, "fqn", says=says))


def _group(fqn: Fqn) -> str:
    """The FQN of the group that a gateway or setting belongs to."""
    return str(Fqn(fqn.pairs[:-1]))


_WAIVERS = ("metadata", "annotations", ANNOTATION)


def _annotation(document: Any) -> Any:
    here = document
    for part in _WAIVERS:
        here = here.get(part) if isinstance(here, Mapping) else None
    return here


def _having(target: Target, fleet: Fleet) -> Selection:
    """For a gateway whose group is not known: the clusters that have its namespace, if any has."""
    selector = target.workload_selector
    if not target.kind.is_gateway or target.namespace_selector is not None or not selector:
        return Selection()
    namespace = None if isinstance(selector, Deferred) else known(selector.namespace)
    names = [cluster.name for cluster in fleet if namespace is None or cluster.has_namespace(namespace)]
    return Selection(names=names) if names else Selection()
