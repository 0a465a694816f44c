"""Image pull secrets and registries (family MW8xx)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mesh_wasm.deferred import known
from mesh_wasm.finding import Finding, Severity, quoted
from mesh_wasm.naming import is_subdomain

from . import placing
from .rule import Family, rule

if TYPE_CHECKING:
    from mesh_wasm.pullsecret import PullSecret

INCOMPLETE = rule(
    "MW801",
    Severity.ERROR,
    Family.SECRET,
    "Incomplete registry credentials",
    why="Without a docker configuration there is nothing to put into the Secret.",
    fix="Give registry, username and password, or docker_config_json.",
    source="Kubernetes: Secret of type kubernetes.io/dockerconfigjson",
)


def secret_findings(secret: PullSecret) -> Iterator[Finding]:
    """What the rules say of a pull secret; paths start at its arguments."""
    parts = {"registry": secret.registry, "username": secret.username, "password": secret.password}
    missing = [name for name, value in parts.items() if value is None]
    if secret.docker_config_json is None:
        for name in missing:
            yield INCOMPLETE.at(name, says="this field is required (or docker_config_json).")
    elif len(missing) < len(parts):
        yield INCOMPLETE.at(
            "dockerConfigJson", says="it excludes registry, username and password.", fix="Keep one of the two."
        )
    name_ = known(secret.name)
    if name_ is not None and not is_subdomain(name_):
        yield placing.BAD_NAME.at("secretName", says=f"{quoted(name_)} is no name for a Secret.")
