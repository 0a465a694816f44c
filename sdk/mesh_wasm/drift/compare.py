"""What differs between a plan and a snapshot of one cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mesh_wasm.chains.chain import chains
from mesh_wasm.chains.declared import is_open
from mesh_wasm.chains.member import Member
from mesh_wasm.findings.finding import Path, format_path, listed
from mesh_wasm.model.traffic_extension import plugin_form
from mesh_wasm.snapshot import Snapshot
from mesh_wasm.sources.source import Source
from mesh_wasm.surroundings.leaves import at, mapping
from mesh_wasm.values.docker_config import SECRET_TYPE
from mesh_wasm.values.enums import PluginKind
from mesh_wasm.values.image import canonical_registry, image_of

from .foreign import FOREIGN, foreign_members
from .managers import last_foreign, who_wrote


class Kind(StrEnum):
    """What kind of difference it is."""

    MISSING = "missing"
    CHANGED = "changed"
    FOREIGN = "foreign"
    """A plugin of others runs in one chain with ours."""
    TIE = "tie"
    """The same, and Istio orders the two by their time of creation."""
    TWICE = "same image twice"
    SECRET = "pull secret"


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference."""

    kind: Kind
    cluster: str
    subject: str
    """Kind, namespace and name of the object."""
    says: str
    """A finished sentence; never a value of a Secret, nor of a configuration."""
    path: str = ""
    by: str = ""
    """Who wrote it, where that is known."""

    def wire(self) -> dict[str, str]:
        """Plain values, for machines."""
        return {
            "kind": str(self.kind), "cluster": self.cluster, "subject": self.subject,
            "path": self.path, "by": self.by, "message": self.says,
        }  # fmt: skip


def drift_of(source: Source, cluster: str, snapshot: Snapshot) -> list[Drift]:
    """All differences of one cluster, by object: what is missing, changed, foreign, and pull secrets that do not serve."""
    ours = sorted(
        (member for member in source.members if member.cluster == cluster and member.declared_by != FOREIGN),
        key=lambda member: (member.namespace or "", member.name, member.kind),
    )
    return [
        *(one for member in ours for one in _object(source, member, snapshot)),
        *_secrets(ours, snapshot),
        *_foreign(source, cluster, ours, snapshot),
        *_by_hand(cluster, ours, snapshot),
    ]


def _called(member: Member) -> str:
    return f"{member.kind} {member.namespace}/{member.name}"


def _object(source: Source, member: Member, snapshot: Snapshot) -> Iterator[Drift]:
    if not member.named or member.namespace is None:
        return  # nobody knows yet what it will be called
    live = snapshot.find(member.kind.value, member.namespace, member.name)
    kind = "wasmplugins" if member.kind is PluginKind.WASM_PLUGIN else "trafficextensions"
    if live is None:
        asked = snapshot.namespaces_only is None or member.namespace in snapshot.namespaces_only
        if asked and all(one.kind != f"{kind}.extensions.istio.io" for one in snapshot.unread):
            says = "it is in the plan, and not in the cluster."
            yield Drift(Kind.MISSING, member.cluster, _called(member), says)
        return
    planned = source.bare_spec(member)
    written = mapping(live.get("spec"))
    form = written if member.kind is PluginKind.WASM_PLUGIN else plugin_form(written)
    for path, what in _differences(planned, form, ()):
        place = ("spec", *path)
        by = who_wrote(live, place)
        says = f"{format_path(place)} {what}{f', by {by}' if by else ''}."
        yield Drift(Kind.CHANGED, member.cluster, _called(member), says, format_path(place), by)


def _differences(planned: Any, live: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """The fields that are not as planned; values that the plan does not know are not compared, and none is ever shown."""
    if is_open(planned):
        return
    if isinstance(planned, Mapping) and isinstance(live, Mapping):
        for key in sorted({*planned, *live}):
            if key not in live:
                if not is_open(planned[key]) and planned[key] is not None:
                    yield (*path, key), "is gone"
            elif key not in planned:
                yield (*path, key), "was added"
            else:
                yield from _differences(planned[key], live[key], (*path, key))
        return
    if isinstance(planned, list | tuple) and isinstance(live, list | tuple) and len(planned) == len(live):
        for index, (one, other) in enumerate(zip(planned, live, strict=True)):
            yield from _differences(one, other, (*path, index))
        return
    numbers = isinstance(planned, int | float) and isinstance(live, int | float)
    if planned != live or (numbers and isinstance(planned, bool) != isinstance(live, bool)):
        yield path, "is another one"


def _secrets(ours: Iterable[Member], snapshot: Snapshot) -> Iterator[Drift]:
    """The pull secrets that planned plugins name, once for each."""
    asked: dict[tuple[str, str], list[Member]] = {}
    for member in ours:
        name = member.spec.get("imagePullSecret")
        if isinstance(name, str) and name and not is_open(name) and member.namespace is not None:
            asked.setdefault((member.namespace, name), []).append(member)
    unread = {one.namespace for one in snapshot.unread if one.kind == "secrets"}
    for (namespace, name), members in sorted(asked.items()):
        if None in unread or namespace in unread:
            continue
        if snapshot.namespaces_only is not None and namespace not in snapshot.namespaces_only:
            continue
        used = f"{_called(members[0])} is pulled with it"
        subject, cluster = f"Secret {namespace}/{name}", members[0].cluster
        live = snapshot.find("Secret", namespace, name)
        if live is None:
            yield Drift(Kind.SECRET, cluster, subject, f"it is gone; {used}.")
            continue
        by = last_foreign(live)
        told = f", by {by}" if by else ""
        registries = [str(one) for one in live.get("registries") or ()]
        wanted = sorted({host for member in members if (host := _registry(member)) is not None})
        if live.get("type") != SECRET_TYPE:
            says = f"it is of type {live.get('type')} now{told}; Istio takes {SECRET_TYPE} only, and {used}."
            yield Drift(Kind.SECRET, cluster, subject, says, "type", by)
        elif live.get("unreadable"):
            says = f"Istio cannot use it{told}: {live['unreadable']}"
            yield Drift(Kind.SECRET, cluster, subject, says, "data", by)
        elif missing := [
            host for host in wanted if canonical_registry(host) not in map(canonical_registry, registries)
        ]:
            says = (
                f"it has credentials for {listed(registries) or 'no registry'}, and none for {listed(missing)}{told}."
            )
            yield Drift(Kind.SECRET, cluster, subject, says, "data", by)


def _registry(member: Member) -> str | None:
    url = member.spec.get("url")
    image = image_of(url) if isinstance(url, str) and not is_open(url) else None
    return None if image is None else image.registry


def _foreign(source: Source, cluster: str, ours: Iterable[Member], snapshot: Snapshot) -> Iterator[Drift]:
    """Plugins of others that run in a chain with ours, each said once for each pair."""
    others = list(foreign_members(source, cluster, snapshot))
    if not others:
        return
    found: dict[tuple[Kind, str, str], Drift] = {}
    for chain in chains([*ours, *others], {cluster: snapshot.surroundings}):
        for steps in (chain.network, chain.http):
            plugins = [step.member for step in steps if step.member is not None]
            mine = [(place, one) for place, one in enumerate(plugins) if one.declared_by != FOREIGN]
            for place, member in enumerate(plugins):
                if member.declared_by != FOREIGN:
                    continue
                for other, one in mine:
                    for kind, says in _pair(member, one, place < other):
                        found.setdefault((kind, _called(member), _called(one)), Drift(
                            kind, cluster, _called(member), f"{says} on {chain.workload.title}.",
                            by=_author(member, snapshot),
                        ))  # fmt: skip
    yield from (found[key] for key in sorted(found))


def _pair(member: Member, ours: Member, before: bool) -> Iterator[tuple[Kind, str]]:
    mine, other = _module(ours), _module(member)
    if mine is not None and mine == other:
        yield Kind.TWICE, f"it runs the module of {_called(ours)} a second time"
    same = member.phase == ours.phase and member.effective_priority == ours.effective_priority
    if same and member.namespace == ours.namespace:
        yield Kind.TIE, f"it has the phase and priority of {_called(ours)}, so the older one runs first"
    else:
        yield Kind.FOREIGN, f"it runs {'before' if before else 'after'} {_called(ours)}"


def _module(member: Member) -> tuple[str, str] | str | None:
    url = member.spec.get("url")
    if not isinstance(url, str) or is_open(url):
        return None
    image = image_of(url)
    return url if image is None else (image.registry, image.repository)


def _author(member: Member, snapshot: Snapshot) -> str:
    live = snapshot.find(member.kind.value, member.namespace, member.name)
    return "" if live is None else last_foreign(live)


def _by_hand(cluster: str, ours: Iterable[Member], snapshot: Snapshot) -> Iterator[Drift]:
    """EnvoyFilters that put Wasm filters in, where plugins of ours are: their place in the chain is theirs to say."""
    homes = {member.namespace for member in ours}
    for manifest in snapshot.of_kind("EnvoyFilter"):
        namespace, name = at(manifest, "metadata", "namespace"), at(manifest, "metadata", "name")
        if namespace in homes or (namespace == snapshot.root_namespace and homes):
            chosen = mapping(at(manifest, "spec", "workloadSelector", "labels"))
            where = ", ".join(f"{key}={value}" for key, value in sorted(chosen.items())) or "all proxies"
            says = f"it puts Wasm into filter chains by hand, of {where}; no priority orders it among plugins."
            yield Drift(Kind.FOREIGN, cluster, f"EnvoyFilter {namespace}/{name}", says, by=last_foreign(manifest))
