"""References to pull secrets: a PullSecret of this program, or the definition of one from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import pulumi
from pulumi.resource import DependencyResource

from mesh_wasm.findings import placing, schema
from mesh_wasm.findings.finding import Finding, Severity
from mesh_wasm.model.parse import kind_of_value, parse
from mesh_wasm.model.pull_secret import PullSecret as Definition
from mesh_wasm.values.deferred import known
from mesh_wasm.values.naming import short_hash, shortened
from mesh_wasm_pulumi._values.declared import DeclaredSecret, ResourceReference, SecretRef
from mesh_wasm_pulumi._values.leaves import lift, lower

from .definition import DefinitionLeaf, definition_output, fields_of, foreign, version_findings

KEYS = frozenset({"pull_secret", "pullSecret", "pull_secrets", "pullSecrets"})
"""The arguments that this module reads."""


def told_of(ref: SecretRef) -> Any:
    """The pull secret as other components and stacks take it."""
    if isinstance(ref.parent, DeclaredSecret):
        return ref.parent._told
    return definition_output(ref.definition, lower(ref.definition.urn))


def read_secrets(args: Mapping[str, Any], component: str) -> list[SecretRef] | None:
    """Read ``pull_secret`` and ``pull_secrets``; None where neither is given."""
    one = args.get("pull_secret", args.get("pullSecret"))
    many = args.get("pull_secrets", args.get("pullSecrets"))
    if one is None and many is None:
        return None
    several = list(many) if isinstance(many, list | tuple) else []
    refs = [] if one is None else [_read(one, component, ("pullSecret",))]
    refs += [_read(value, component, ("pullSecrets", index)) for index, value in enumerate(several)]
    if many is not None and not isinstance(many, list | tuple):
        fix = "Give a list of pull secrets; each of them may hold Outputs."
        problem = placing.UNDECIDED.at("pullSecrets", says="the list decides which Secrets exist.", fix=fix)
        refs.append(SecretRef({"name": component}, Definition(name=component), component, findings=(problem,)))
    return refs


class ParentReference(DependencyResource):
    """A resource of this stack that is known by its URN only, fit to be a parent."""

    def __init__(self, urn: str) -> None:
        super().__init__(urn)
        self._name = urn.rpartition("::")[2]  # the SDK leaves it unset, and reading it would be an AttributeError
        self._protect = None  # not set: the engine hands its own protection on to its children


def _read(value: Any, component: str, path: tuple[str | int, ...]) -> SecretRef:
    if isinstance(value, DeclaredSecret):
        broken = placing.BROKEN_EXTENSION.at(
            *path, says="the pull secret has errors.", fix=_FIX, severity=Severity.ERROR
        )
        definition, name = value._definition, value.pulumi_resource_name
        return SecretRef(
            _document(definition), definition, name, value, value._gate, (broken,) if value._broken else ()
        )
    if isinstance(value, ResourceReference):
        nothing = Definition(name=component)
        problem = foreign(value, DeclaredSecret.KIND).under(*path)
        return SecretRef(_document(nothing), nothing, component, findings=(problem,))
    if not isinstance(value, pulumi.Output | Mapping):
        nothing = Definition(name=component)
        says = f"expected a PullSecret or its definition, got {kind_of_value(value)}."
        problem = schema.WRONG_TYPE.at(*path, says=says, fix=_SECRET)
        return SecretRef(_document(nothing), nothing, component, findings=(problem,))
    if isinstance(value, pulumi.Output):
        # A whole definition from elsewhere: its parts become leaves of their own. Whether another component holds the
        # same one cannot be seen, so the Secret bears this component's name as well: two never write one object.
        whole = DefinitionLeaf(value, component, path)
        parts = {key: whole.map(partial(_get, key)) for key in ("name", "registries", "dockerConfigJson")}
        document: Any = {**parts, "name": parts["name"].map(lambda name: shortened(name, short_hash(component)))}
    else:
        document = lift(_hide(fields_of(value)))
    parsed = parse(Definition, document)
    definition = parsed.value
    findings = [finding.under(*path) for finding in (*parsed.findings, *version_findings(value))]
    if not (definition.existing or definition.external_secret or definition.docker_config_json):
        findings.append(schema.REQUIRED.at(*path, "dockerConfigJson", says="there are no credentials.", fix=_WHOLE))
    urn = definition.urn if isinstance(definition.urn, str) and _is_here(definition.urn) else None
    called = urn.split("::")[-1] if urn else known(definition.name) or f"{component}-pull"
    parent = ParentReference(urn) if urn else None
    return SecretRef(_document(definition), definition, called, parent, findings=tuple(findings))


_FIX = "Mend the pull secret: its problems are reported on it."
_SECRET = "Give a PullSecret, or the definition of one."
_WHOLE = "Give a PullSecret, or the whole definition of one."


def _hide(value: Mapping[str, Any]) -> dict[str, Any]:
    """A text that is given in plain is a secret all the same."""
    texts = ("docker_config_json", "dockerConfigJson")
    return {key: pulumi.Output.secret(item) if key in texts else item for key, item in value.items()}


def _is_here(urn: str) -> bool:
    """Whether a resource belongs to the stack that runs: only then it can be a parent."""
    return urn.split("::")[:2] == [f"urn:pulumi:{pulumi.get_stack()}", pulumi.get_project()]


def _document(definition: Definition) -> dict[str, Any]:
    fields = {name: getattr(definition, name) for name in definition.model_fields_set}
    return {key: value for key, value in fields.items() if value is not None}


def _get(key: str, known: Any) -> Any:
    if not isinstance(known, Mapping):
        return None
    return known.get(key, known.get("docker_config_json" if key == "dockerConfigJson" else key))


def documents(refs: Iterable[SecretRef] | None) -> list[Mapping[str, Any]]:
    """What stands for the pull secrets in a document whose deferred leaves are going to be resolved."""
    return [ref.document for ref in refs or ()]


def reference_findings(refs: Iterable[SecretRef] | None) -> list[Finding]:
    """What was wrong with the references themselves."""
    return [finding for ref in refs or () for finding in ref.findings]
