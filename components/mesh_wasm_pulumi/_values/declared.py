"""What a component is to the others that take it as a value: an extension, or a pull secret, of this very program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi

from mesh_wasm.findings.finding import Finding
from mesh_wasm.model.extension import CatalogueEntry
from mesh_wasm.model.pull_secret import PullSecret as Definition


@dataclass(frozen=True, slots=True)
class SecretRef:
    """A pull secret that an extension, an attachment or a plugin names."""

    document: Mapping[str, Any]
    """The definition with deferred leaves; what the SDK parses. Its text is sealed, so nobody waits for it."""
    definition: Definition
    called: str
    """What the resources of its Secrets are called after."""
    parent: pulumi.Resource | None = None
    """The PullSecret whose children they are; None for one of another stack: then they belong to this stack.

    They never belong to the attachment that happens to come first: with another order they would get other URNs.
    """
    gate: pulumi.Output[Any] | None = None
    """Has a value once the PullSecret has been checked."""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class ResourceReference:
    """A resource that is given as a value and is none of this deployment's components."""

    urn: str

    @property
    def name(self) -> str:
        """Its logical name."""
        return self.urn.rpartition("::")[2]

    @property
    def type(self) -> str:
        """Its type, without those of its parents."""
        return self.urn.split("::")[2].rpartition("$")[2]

    @property
    def described(self) -> str:
        """What findings call it."""
        return f"the resource {self.name} ({self.type})"


class DeclaredSecret(pulumi.ComponentResource):
    """A PullSecret, as far as extensions, attachments and plugins look into it."""

    KIND = "PullSecret"

    if TYPE_CHECKING:  # the component host takes what a class declares for its outputs
        _definition: Definition
        _gate: pulumi.Output[Any] | None
        _broken: bool
        _told: dict[str, Any]
        """The pull secret as other components and stacks take it."""


class DeclaredExtension(pulumi.ComponentResource):
    """A WasmExtension, as far as attachments look into it."""

    KIND = "WasmExtension"

    if TYPE_CHECKING:
        _document: Any
        """The catalogue document with deferred leaves."""
        _entry: CatalogueEntry
        _secrets: list[SecretRef]
        _broken: bool
