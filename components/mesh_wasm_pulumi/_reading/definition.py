"""Definitions: the plain documents in which extensions and pull secrets travel between components, languages and stacks.

A definition is versioned, and it names its own secret fields. Pulumi marks an object with one secret leaf as secret from
top to bottom on its way through a stack output or another language; with ``secretFields`` the receiver can tell the leaf
again, so the image and the order of an extension stay readable in a preview, and its credentials stay hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pulumi

from mesh_wasm.findings import schema, sharing
from mesh_wasm.findings.finding import Finding, Path
from mesh_wasm.model.pull_secret import PullSecret
from mesh_wasm.values.deferred import Deferred
from mesh_wasm_pulumi._telling.refusal import refuse_apart
from mesh_wasm_pulumi._values.declared import ResourceReference
from mesh_wasm_pulumi._values.leaves import OutputLeaf, UnknownOutput, holds_outputs, lower, mapped, output_of
from mesh_wasm_pulumi._values.ledger import ledger
from mesh_wasm_pulumi.tokens import token

VERSION_FIELD = "version"
SECRET_FIELDS = "secretFields"
URN_FIELD = "urn"
VERSION = 1
"""Version of the form of a definition: it grows when an older reader could misread a newer one."""


def seal(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A definition of some fields, which may hold Outputs."""
    late = {key: value for key, value in fields.items() if holds_outputs(value)}
    hidden: Any = pulumi.Output.from_input(_secret_among(late)) if late else []
    return {VERSION_FIELD: VERSION, **fields, SECRET_FIELDS: hidden}


async def _secret_among(fields: Mapping[str, Any]) -> list[str]:
    """The fields that are or hold something secret."""
    return sorted([key for key, value in fields.items() if await output_of(value).is_secret()])


def fields_of(definition: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a definition, without what it and its pull secrets say of their own form."""
    fields = {key: value for key, value in definition.items() if key not in (VERSION_FIELD, SECRET_FIELDS)}
    for key in ("pullSecret", "pullSecrets"):
        if key in fields:
            fields[key] = _each(fields[key])
    return fields


def _each(nested: Any) -> Any:
    if isinstance(nested, list | tuple):
        return [_each(one) for one in nested]
    return fields_of(nested) if isinstance(nested, Mapping) else nested


class DefinitionLeaf(OutputLeaf):
    """A definition that is an Output as a whole. What is made of it is secret only where the definition says so."""

    __slots__ = ("_opened",)

    def __init__(self, output: pulumi.Output[Any], name: str, path: Path) -> None:
        """``name`` is the component that takes it, ``path`` the argument."""
        book = ledger()  # opened here: what is refused in an apply has to be told in the program's own ledger
        settled = output.apply(lambda known: _settled(known, name, path, hosted=book.hosted))
        super().__init__(settled, unknown=isinstance(output, UnknownOutput))
        self._opened = _open(self.output)

    def map(self, fn: Callable[[Any], Any]) -> Deferred:
        """The Output of ``fn`` applied to the definition's fields, of which secret ones are Outputs."""
        return OutputLeaf(self._opened.apply(partial(mapped, fn)), unknown=self.unknown)

    def hidden(self, value: Any) -> list[Any]:
        """The secret parts of its value."""
        marks = value.get(SECRET_FIELDS) if isinstance(value, Mapping) else None
        return [value[key] for key in marks if key in value] if isinstance(marks, list) else [value]


def _settled(definition: Any, name: str, path: Path, *, hosted: bool) -> Any:
    """The definition, if it is one. What another stack does not export yet is unknown at preview, and an error at up."""
    if isinstance(definition, Mapping):
        return definition
    if definition is None and pulumi.runtime.is_dry_run():
        return pulumi.UNKNOWN
    got = "nothing" if definition is None else "something else"
    says = f"the definition of an extension or of a pull secret was expected, and {got} was given."
    missing = schema.REQUIRED.at(*path, says=says, fix=_EXPORT)
    if hosted:
        raise pulumi.RunError(f"{name}: {missing}")
    return refuse_apart(name, missing)


_EXPORT = "Export the output 'definition' of a WasmExtension or PullSecret, and update that stack first."


def _open(whole: pulumi.Output[Any]) -> pulumi.Output[Any]:
    """The same definition, secret only in the fields that it names; wholly secret still where it names none."""

    def opened(args: list[Any]) -> Any:
        definition, secret = args
        if not secret or not isinstance(definition, Mapping):
            return definition
        marks = definition.get(SECRET_FIELDS)
        if not isinstance(marks, list):
            return pulumi.Output.secret(definition)
        return {key: pulumi.Output.secret(value) if key in marks else value for key, value in definition.items()}

    return pulumi.Output.all(pulumi.Output.unsecret(whole), whole.is_secret()).apply(opened)


def version_findings(definition: Any) -> list[Finding]:
    """The finding about a definition that a newer mesh-wasm has made."""
    version = definition.get(VERSION_FIELD, VERSION) if isinstance(definition, Mapping) else VERSION
    if isinstance(version, Deferred) or (isinstance(version, int | float) and version <= VERSION):
        return []
    says = f"the definition is of version {version}; this mesh-wasm reads up to version {VERSION}."
    return [sharing.NEWER_DEFINITION.at(VERSION_FIELD, says=says)]


def foreign(given: ResourceReference, wanted: str) -> Finding:
    """The finding about a resource in the place of an extension or a pull secret of this program."""
    if given.type != token(wanted):
        says = f"expected a {wanted} or its definition, got {given.described}."
        return schema.WRONG_TYPE.at(says=says, fix=f"Give a {wanted}, or the output 'definition' of one.")
    says = f"the {wanted} {given.name} was made by another process of the package, which this one cannot look into."
    return schema.WRONG_TYPE.at(says=says, fix=_ONE_PROVIDER)


_ONE_PROVIDER = (
    "Give both components the same provider of the package, or none; or give the output 'definition' instead."
)


def definition_output(definition: PullSecret, urn: Any) -> dict[str, Any]:
    """A pull secret's definition in wire form with Outputs as its leaves, the text secret, and the URN of its component."""
    told = definition.wire()
    if definition.docker_config_json is not None:
        told["dockerConfigJson"] = definition.docker_config_json.text
    fields = {**lower(told), URN_FIELD: urn}
    return seal({key: value for key, value in fields.items() if value is not None})
