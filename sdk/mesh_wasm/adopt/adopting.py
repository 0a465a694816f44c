"""From the objects of some clusters to a program, and what is left out of it with the reason."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.surroundings import Surroundings

from .disclosed import disclosed
from .grouping import Owner, declared_extensions
from .live import LiveObject, canonical
from .naming import Names
from .ownership import is_ours, notes, obstacle
from .program import DeclaredAttachment, DeclaredPlugin, Program
from .proving import attachment_problem, plugin_problem


@dataclass(frozen=True, slots=True)
class Refused:
    """An object that is not adopted."""

    live: LiveObject
    says: str
    """The reason and the remedy, as sentences."""
    ours: bool = False
    """Whether a mesh-wasm program declares it already, so that nothing is missing."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """What comes of adopting."""

    program: Program
    refused: tuple[Refused, ...]
    notes: tuple[tuple[LiveObject, str], ...]
    """What else has to be done, by object."""


def adopt(
    objects: Sequence[LiveObject],
    clusters: Sequence[Cluster],
    *,
    project: str = "mesh",
    around: Mapping[str, Surroundings] | None = None,
    owner: Owner | None = None,
    group: bool = True,
    bar: Callable[[LiveObject], str | None] | None = None,
) -> Adopted:
    """Declare the objects as they are.

    Each declaration is planned as its component would plan it, and kept only where not one field differs from the object.

    :param clusters: Every cluster that an object names, with its facts; their order is that of the program.
    :param around: What else is known of the clusters, by their names.
    :param owner: Names for extensions and targets.
    :param group: Whether objects that are one extension are declared as one; else each is a raw plugin.
    :param bar: What the language of the program has against an object, as a sentence.
    """
    against = [(one, obstacle(one) or (bar(one) if bar is not None else None)) for one in objects]
    refused = [Refused(one, says, is_ours(one)) for one, says in against if says is not None]
    barred = {one.live.place for one in refused}
    free = [one for one in objects if one.place not in barred]
    attachments = (
        _proven(declared_extensions(free, clusters, around or {}, owner or Owner()), clusters) if group else []
    )
    held = {one.place for attachment in attachments for one in attachment.objects}
    plugins = []
    for plugin in _plugins([one for one in free if one.place not in held]):
        says = plugin_problem(plugin, clusters)
        if says is None:
            plugins.append(plugin)
        else:
            refused += (Refused(one, says) for one in plugin.objects)
    gone = {one.live.place for one in refused}
    taken = tuple(one for one in free if one.place not in gone)
    extensions = {one.extension.name: one.extension for attachment in attachments for one in attachment.extensions}
    used = {one.cluster for one in taken}
    program = Program(
        project,
        tuple(cluster for cluster in clusters if cluster.name in used),
        tuple(extensions[name] for name in sorted(extensions)),
        tuple(attachments),
        tuple(plugins),
        taken,
    )
    told = tuple((one, note) for one in taken for note in (*notes(one), *disclosed(one)))
    return Adopted(program, tuple(sorted(refused, key=lambda one: one.live.place)), told)


def _proven(attachments: Sequence[DeclaredAttachment], clusters: Sequence[Cluster]) -> list[DeclaredAttachment]:
    """The attachments that change nothing; an extension that is left with one target is no reason for an attachment."""
    kept = [one for one in attachments if one.extensions and attachment_problem(one, clusters) is None]
    while True:
        uses = Counter(held.extension.name for one in kept for held in one.extensions for _ in _targets(one, held))
        fewer = [
            replace(one, extensions=tuple(e for e in one.extensions if uses[e.extension.name] > 1)) for one in kept
        ]
        fewer = [one for one in fewer if one.extensions]
        if fewer == kept:
            return kept
        kept = [one for one in fewer if attachment_problem(one, clusters) is None]


def _targets(attachment: DeclaredAttachment, held: object) -> set[str]:
    """What counts as a target of its own: a gateway, or each namespace of a group."""
    if attachment.workload_selector is not None:
        return {attachment.name}
    found = next(one for one in attachment.extensions if one is held)
    return {one.namespace for one in found.objects.values()}


def _plugins(objects: Sequence[LiveObject]) -> list[DeclaredPlugin]:
    """One raw plugin for the objects of all clusters that are the same, named as briefly as it can be."""
    same: dict[str, list[LiveObject]] = defaultdict(list)
    for one in objects:
        same[canonical(one.manifest)].append(one)
    alike = sorted(same.values(), key=lambda held: (held[0].namespace, held[0].name, held[0].place))
    bearers = Counter((held[0].kind, held[0].name) for held in alike)
    places = Counter((held[0].kind, held[0].namespace, held[0].name) for held in alike)
    names = {kind: Names() for kind in {held[0].kind for held in alike}}
    made = []
    for held in alike:
        first = held[0]
        long = f"{first.namespace}-{first.name}"
        choices = [first.name] if bearers[first.kind, first.name] == 1 else []
        choices += [long] if places[first.kind, first.namespace, first.name] == 1 else []
        clusters = "-".join(sorted(one.cluster for one in held))
        made.append(DeclaredPlugin(names[first.kind].take(*choices, f"{long}-{clusters}"), first.kind, tuple(held)))
    return made
