"""References to pull secrets: a PullSecret of this program, or the definition of one from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pulumi
from pulumi.resource import DependencyResource

from mesh_wasm.deferred import known
from mesh_wasm.finding import Finding
from mesh_wasm.parse import parse
from mesh_wasm.pullsecret import PullSecret as Model
from mesh_wasm.rules import placing

from ._children import SecretSource
from ._leaves import lift, lower
from .definition import URN_FIELD, DefinitionLeaf, fields_of, seal, version_findings
from .pullsecret import PullSecret


@dataclass(frozen=True, slots=True)
class SecretRef:
    """A pull secret that an extension or a plugin names."""

    model: Model
    owner: PullSecret | None
    """The component of this program; None where the definition comes from elsewhere."""
    text: pulumi.Input[str] | None
    """The ``.dockerconfigjson`` text, secret."""
    findings: tuple[Finding, ...] = ()
    urn: str | None = None
    """URN of the PullSecret component, where the definition comes from another component of this stack."""

    @property
    def definition(self) -> Any:
        """The pull secret as other components and stacks take it."""
        told = {"name": lower(self.model.name), "registry": lower(self.model.registry), "dockerConfigJson": self.text}
        urn = self.owner.urn if self.owner is not None else self.urn
        return seal({key: value for key, value in {**told, URN_FIELD: urn}.items() if value is not None})


def read_secret(value: Any) -> SecretRef | None:
    """Read what a user gave as ``pull_secret``."""
    if value is None:
        return None
    if isinstance(value, PullSecret):
        broken = (placing.BROKEN_EXTENSION.at("pullSecret", says="the pull secret has errors.", fix=_FIX),)
        return SecretRef(value._definition, value, value._text, broken if value._broken else ())
    if isinstance(value, pulumi.Output):
        # A whole definition from elsewhere: name and text become leaves of their own.
        whole = DefinitionLeaf(value)
        value = {key: lower(whole.map(partial(_get, key))) for key in ("name", "dockerConfigJson")}
    document = dict(value) if isinstance(value, Mapping) else value
    urn = document.pop(URN_FIELD, None) if isinstance(document, dict) else None
    parsed = parse(Model, lift(fields_of(document) if isinstance(document, dict) else document))
    text = parsed.value.docker_config_json
    hidden = None if text is None else pulumi.Output.secret(lower(text))
    found = tuple(f.under("pullSecret") for f in (*parsed.findings, *version_findings(value)))
    return SecretRef(parsed.value, None, hidden, found, urn if isinstance(urn, str) and _is_here(urn) else None)


class ParentReference(DependencyResource):
    """A resource of this stack that is known by its URN only, fit to be a parent."""

    def __init__(self, urn: str) -> None:
        super().__init__(urn)
        self._protect = None  # not set: the engine hands its own protection on to its children


def source_of(secret: SecretRef, fallback: str) -> SecretSource:
    """Where a planned Secret belongs: to its PullSecret, or, if that lives in another stack, to the stack itself.

    It never belongs to the attachment that happens to come first: with another order it would get another URN, and be
    replaced. ``fallback`` names it where its own name is not known at preview.
    """
    text = secret.text or ""
    if secret.owner is not None:
        return SecretSource(secret.owner, secret.owner.pulumi_resource_name, text)
    if secret.urn is not None:
        return SecretSource(ParentReference(secret.urn), secret.urn.split("::")[-1], text)
    return SecretSource(None, known(secret.model.name) or fallback, text)


_FIX = "Mend the pull secret: its problems are reported on it."


def _is_here(urn: str) -> bool:
    """Whether a resource belongs to the stack that runs: only then it can be a parent."""
    return urn.split("::")[:2] == [f"urn:pulumi:{pulumi.get_stack()}", pulumi.get_project()]


def _get(key: str, known: Any) -> Any:
    if not isinstance(known, Mapping):
        return None
    return known.get(key, known.get("docker_config_json" if key == "dockerConfigJson" else key))
