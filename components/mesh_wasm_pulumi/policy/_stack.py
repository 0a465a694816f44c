"""What only a whole stack shows: two of one object, ties, pull secrets that are not there, and tenancy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from mesh_wasm.chains.member import Member, read_member
from mesh_wasm.chains.ties import Ties
from mesh_wasm.chains.twins import Twins
from mesh_wasm.findings import kinds, order, placing
from mesh_wasm.findings import pull_secrets as secrets
from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.lint.manifests import read_secret
from mesh_wasm.lint.metadata import text_at
from mesh_wasm.model.parse import parse
from mesh_wasm.model.plugin import WasmPluginSpec
from mesh_wasm.model.traffic_extension import TrafficExtensionSpec
from mesh_wasm.rules.checks import pull_findings
from mesh_wasm.rules.subjects import PullSubject, SecretSubject
from mesh_wasm.values.deferred import Deferred
from mesh_wasm.values.enums import PluginKind
from mesh_wasm.values.fqn import Fqn, FqnError
from mesh_wasm.values.labels import EXTENSION as EXTENSION_NOTE
from mesh_wasm.values.labels import TARGET as TARGET_NOTE
from mesh_wasm.yaml.compose import Spot
from mesh_wasm.yaml.file import Document

from ._beside import RULES, beside
from ._objects import StackObject, Verdict, name_of, objects
from ._types import EXTENSION, SECRET, is_plugin
from ._wire import UNKNOWN, plain


def _plugins(resources: Iterable[Any]) -> list[StackObject]:
    return list(objects(resources, is_plugin))


def same_objects(resources: Sequence[Any], _: Cluster) -> Iterator[Verdict]:
    """Two resources that write one object in one cluster."""
    seen: dict[Any, str] = {}
    for one in _plugins(resources):
        if one.place is None:
            yield Verdict(one, waits=f"the place of a {one.kind}")
        elif seen.setdefault(one.place, one.urn) != one.urn:
            says = f"it is written by {name_of(seen[one.place])} already."
            yield Verdict(one, placing.SAME_OBJECT.at("metadata", "name", says=says))


def ties(resources: Sequence[Any], facts: Cluster) -> Iterator[Verdict]:
    """Plugins of equal priority that one workload can run: each group once, on its latest plugin that does not waive it."""
    entered: dict[int, StackObject] = {}
    members: list[Member] = []
    for one, member in _met(resources, facts):
        if isinstance(member, Member):
            entered[id(member)] = one
            members.append(member)
            if member.undecided:
                yield Verdict(one, waits=f"{member.undecided[0]} of {name_of(one.urn)}")
        else:
            yield Verdict(one, waits=member)
    for tie in Ties().groups(members):
        group = [entered[id(member)] for member in tie.members]
        told = next((one for one in group if order.CROSS_TIE.id not in one.waived), group[0])
        for finding in tie.findings:
            yield Verdict(told, finding.under("spec", "priority"))


def twins(resources: Sequence[Any], facts: Cluster) -> Iterator[Verdict]:
    """A WasmPlugin and a TrafficExtension of one name, which both run."""
    book = Twins()
    for one, member in _met(resources, facts):
        if not isinstance(member, Member):
            yield Verdict(one, waits=member)
            continue
        if member.undecided:
            yield Verdict(one, waits=f"{member.undecided[0]} of {name_of(one.urn)}")
        for finding in book.enter([member]):
            yield Verdict(one, finding.under("metadata", "name"))


def _met(resources: Sequence[Any], facts: Cluster) -> Iterator[tuple[StackObject, Member | str]]:
    """The plugins that can be compared; or what has to be known for that."""
    for one in _plugins(resources):
        spec, metadata = one.props.get("spec"), one.props.get("metadata")
        if not isinstance(metadata, Mapping) or not isinstance(spec, Mapping | Deferred):
            yield one, f"a {one.kind} as a whole"
            continue
        model = TrafficExtensionSpec if one.kind is PluginKind.TRAFFIC_EXTENSION else WasmPluginSpec
        if isinstance(spec, Mapping) and any(f.is_error for f in parse(model, spec).findings):
            continue  # told by its own policies
        kind = one.kind or PluginKind.WASM_PLUGIN
        cluster = facts.model_copy(update={"name": one.cluster})
        yield one, read_member(cluster, metadata, spec, name_of(one.urn), kind)


def pull_secrets(resources: Sequence[Any], _: Cluster) -> Iterator[Verdict]:
    """Secrets of the stack that a plugin names, and that cannot serve it."""
    for use, one, waits in _uses(resources):
        for finding in pull_findings(use) if use is not None and use.secrets else ():
            if finding.rule == secrets.NOT_THERE.id:
                yield Verdict(one, replace(finding, path=("spec", *one.path(finding.path))))
        if waits:
            yield Verdict(one, waits=waits)


def unseen_secrets(resources: Sequence[Any], _: Cluster) -> Iterator[Verdict]:
    """Secrets that a plugin names, and that the stack does not have."""
    for use, one, waits in _uses(resources):
        if waits:
            yield Verdict(one, waits=waits)
        elif use is not None and not use.secrets:
            path = ("spec", *one.path(("imagePullSecret",)))
            yield Verdict(
                one, secrets.UNCHECKED.at(*path, says=f"the stack has no Secret {use.spec.image_pull_secret}.")
            )


def _uses(resources: Sequence[Any]) -> Iterator[tuple[PullSubject | None, StackObject, str]]:
    """Each plugin that names a pull secret, with the Secrets of that name in its cluster; or what is not known of it."""
    held: dict[tuple[str, str], list[SecretSubject]] = {}
    for one in objects(resources, lambda type_: type_ == SECRET):
        if isinstance(one.name, str):
            secret = read_secret(Document(one.props, "", 0, Spot(1))).secret
            if secret is not None:
                held.setdefault((one.cluster, one.name), []).append(secret)
    for one in _plugins(resources):
        spec = one.props.get("spec")
        if isinstance(spec, Deferred) or isinstance(one.namespace, Deferred):
            yield None, one, f"the spec or namespace of {name_of(one.urn)}"
            continue
        form = one.form
        model = parse(WasmPluginSpec, form).value
        named = model.image_pull_secret
        if isinstance(named, Deferred):
            if isinstance(form, Mapping) and form.get("imagePullSecret") is UNKNOWN:
                yield None, one, f"spec.imagePullSecret of {name_of(one.urn)}"
        elif named is not None:
            found = tuple(held.get((one.cluster, named), ()))
            yield PullSubject(model, one.namespace or "default", found), one, ""


def tenancy(resources: Sequence[Any], _: Cluster) -> Iterator[Verdict]:
    """Plugins of an extension of this stack, on targets of tenants where it is not allowed."""
    allowed: dict[str, Any] = {}
    for resource in resources:
        if resource.resource_type == EXTENSION:
            props = plain(resource.props)
            told = props.get("definition")
            definition = told if isinstance(told, Mapping) else props
            fqn = definition.get("fqn", props.get("fqn"))
            if isinstance(fqn, str):
                allowed[fqn] = UNKNOWN if isinstance(told, Deferred) else definition.get("allowedIn")
    for one in _plugins(resources):
        extension = text_at(one.props, "metadata", "annotations", EXTENSION_NOTE)
        target = text_at(one.props, "metadata", "annotations", TARGET_NOTE)
        tenants = allowed.get(extension or "")
        if extension is None or target is None or not tenants:
            continue
        if isinstance(tenants, Deferred) or any(isinstance(tenant, Deferred) for tenant in tenants):
            yield Verdict(one, waits=f"allowedIn of {extension}")
        elif not any(_within(target, tenant) for tenant in tenants):
            says = f"{extension} is attached to {target}, outside of its allowedIn."
            yield Verdict(one, placing.NOT_ALLOWED.at(says=says))


def _within(target: str, tenant: Any) -> bool:
    try:
        return isinstance(tenant, str) and Fqn.parse(target).within(Fqn.parse(tenant))
    except FqnError:
        return False


StackCheck = Callable[[Sequence[Any], Cluster], Iterator[Verdict]]

STACK_CHECKS: Mapping[str, StackCheck] = {
    placing.SAME_OBJECT.id: same_objects,
    placing.NOT_ALLOWED.id: tenancy,
    kinds.BOTH_KINDS.id: twins,
    order.CROSS_TIE.id: ties,
    secrets.NOT_THERE.id: pull_secrets,
    secrets.UNCHECKED.id: unseen_secrets,
    **{rule.id: partial(beside, rule) for rule in RULES},
}
"""By rule, the check of a whole stack. It is given what the pack was told about the clusters."""
