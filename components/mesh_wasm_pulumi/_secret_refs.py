"""References to pull secrets: a PullSecret of this program, or the definition of one from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pulumi

from mesh_wasm.finding import Finding
from mesh_wasm.parse import parse
from mesh_wasm.pullsecret import PullSecret as Model
from mesh_wasm.rules import placing

from ._children import SecretSource
from ._leaves import lift, lower
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

    @property
    def definition(self) -> Any:
        """The pull secret as other components and stacks take it."""
        told = {"name": lower(self.model.name), "registry": lower(self.model.registry), "dockerConfigJson": self.text}
        return {key: value for key, value in told.items() if value is not None}


def read_secret(value: Any) -> SecretRef | None:
    """Read what a user gave as ``pull_secret``."""
    if value is None:
        return None
    if isinstance(value, PullSecret):
        broken = (placing.BROKEN_EXTENSION.at("pullSecret", says="the pull secret has errors.", fix=_FIX),)
        return SecretRef(value._definition, value, value._text, broken if value._broken else ())
    if isinstance(value, pulumi.Output):
        # A whole definition from elsewhere: name and text become leaves of their own.
        value = {key: value.apply(partial(_get, key)) for key in ("name", "dockerConfigJson")}
    parsed = parse(Model, lift(value))
    text = parsed.value.docker_config_json
    hidden = None if text is None else pulumi.Output.secret(lower(text))
    return SecretRef(parsed.value, None, hidden, tuple(f.under("pullSecret") for f in parsed.findings))


def source_of(secret: SecretRef, component: pulumi.Resource) -> SecretSource:
    """Where a planned Secret belongs: to its PullSecret, or, if that lives elsewhere, to the component that needs it."""
    return lambda planned: (secret.owner or component, secret.text or "")


_FIX = "Mend the pull secret: its problems are reported on it."


def _get(key: str, known: Any) -> Any:
    if not isinstance(known, Mapping):
        return None
    return known.get(key, known.get("docker_config_json" if key == "dockerConfigJson" else key))
