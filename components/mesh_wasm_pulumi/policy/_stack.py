"""What only a whole stack shows: two of one object, ties, pull secrets that are not there, and tenancy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from mesh_wasm.chains.member import read_member
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


def same_objects(resources: Sequence[Any]) -> Iterator[Verdict]:
    """Two resources that write one object in one cluster."""
    seen: dict[Any, str] = {}
    for one in _plugins(resources):
        if one.place is None:
            yield Verdict("", one.urn, waits=f"the place of a {one.kind}")
        elif seen.setdefault(one.place, one.urn) != one.urn:
            yield Verdict(f"{one.kind} {_place(one)} is written by {name_of(seen[one.place])} already.", one.urn)


def _place(one: StackObject) -> str:
    return f"{one.namespace}/{one.name}" if isinstance(one.namespace, str) else str(one.name)


def ties(resources: Sequence[Any]) -> Iterator[Verdict]:
    """Plugins of equal priority that one workload can run."""
    return _met(resources, Ties())


def twins(resources: Sequence[Any]) -> Iterator[Verdict]:
    """A WasmPlugin and a TrafficExtension of one name, which both run."""
    return _met(resources, Twins())


def _met(resources: Sequence[Any], book: Ties | Twins) -> Iterator[Verdict]:
    for one in _plugins(resources):
        spec, metadata = one.props.get("spec"), one.props.get("metadata")
        if not isinstance(metadata, Mapping) or not isinstance(spec, Mapping | Deferred):
            yield Verdict("", one.urn, waits=f"a {one.kind} as a whole")
            continue
        model = TrafficExtensionSpec if one.kind is PluginKind.TRAFFIC_EXTENSION else WasmPluginSpec
        if isinstance(spec, Mapping) and any(f.is_error for f in parse(model, spec).findings):
            continue  # told by its own policies
        kind = one.kind or PluginKind.WASM_PLUGIN
        member = read_member(Cluster(name=one.cluster), metadata, spec, name_of(one.urn), kind)
        if member.undecided:
            yield Verdict("", one.urn, waits=f"{member.undecided[0]} of {name_of(one.urn)}")
        for finding in book.enter([member]):
            yield Verdict(finding.message, one.urn)


def pull_secrets(resources: Sequence[Any]) -> Iterator[Verdict]:
    """Secrets of the stack that a plugin names, and that cannot serve it."""
    for use, one, waits in _uses(resources):
        for _ in pull_findings(use) if use is not None and use.secrets else ():
            if _.rule == secrets.NOT_THERE.id:
                yield Verdict(f"{one.kind} {_place(one)}: {_.message}", one.urn)
        if waits:
            yield Verdict("", one.urn, waits=waits)


def unseen_secrets(resources: Sequence[Any]) -> Iterator[Verdict]:
    """Secrets that a plugin names, and that the stack does not have."""
    for use, one, waits in _uses(resources):
        if waits:
            yield Verdict("", one.urn, waits=waits)
        elif use is not None and not use.secrets:
            name = use.spec.image_pull_secret
            yield Verdict(f"{one.kind} {_place(one)}: the stack has no Secret {name}.", one.urn)


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


def tenancy(resources: Sequence[Any]) -> Iterator[Verdict]:
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
            yield Verdict("", one.urn, waits=f"allowedIn of {extension}")
        elif not any(_within(target, tenant) for tenant in tenants):
            yield Verdict(f"{extension} is attached to {target}, outside of its allowedIn.", one.urn)


def _within(target: str, tenant: Any) -> bool:
    try:
        return isinstance(tenant, str) and Fqn.parse(target).within(Fqn.parse(tenant))
    except FqnError:
        return False


STACK_CHECKS: Mapping[str, Callable[[Sequence[Any]], Iterator[Verdict]]] = {
    placing.SAME_OBJECT.id: same_objects,
    placing.NOT_ALLOWED.id: tenancy,
    kinds.BOTH_KINDS.id: twins,
    order.CROSS_TIE.id: ties,
    secrets.NOT_THERE.id: pull_secrets,
    secrets.UNCHECKED.id: unseen_secrets,
    **{rule.id: partial(beside, rule) for rule in RULES},
}
"""By rule, the check of a whole stack."""
