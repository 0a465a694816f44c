"""Which of its pull secrets a plugin needs in one cluster, and what the Secret that comes of them is called and holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from mesh_wasm.findings import pull_secrets as secrets
from mesh_wasm.findings.finding import Finding
from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.model.pull_secret import PullSecret, together
from mesh_wasm.values.deferred import known, map_value
from mesh_wasm.values.docker_config import key_registry, merged, serves
from mesh_wasm.values.image import image_of
from mesh_wasm.values.naming import shortened
from mesh_wasm.values.sealed import Sealed


def choose(
    url: str | None, pull_secrets: Sequence[PullSecret], cluster: Cluster
) -> tuple[list[PullSecret], list[Finding]]:
    """The pull secrets that a plugin needs in a cluster, one where its registry is known; and what speaks against them."""
    image = None if url is None else image_of(url)
    if image is None:
        chosen = list(pull_secrets)  # the registry is not known yet, or the URL has errors of its own
    else:
        judged = [(secret, _serves(secret, image.registry)) for secret in pull_secrets]
        chosen = [secret for secret, fits in judged if fits] or [secret for secret, fits in judged if fits is None]
        if not chosen:
            return [], [_not_served(image.registry, pull_secrets, cluster)]
    findings = [
        secrets.CONTRADICTION.at("pullSecrets", says=f"{what} has several pull secrets.", cluster=cluster.name)
        for what in _contested(chosen)
    ]
    if len(chosen) > 1 and any(secret.docker_config_json is None for secret in chosen):
        says = "a Secret that exists already, or comes from a secret store, cannot be merged with another one."
        findings.append(secrets.CONTRADICTION.at("pullSecrets", says=says, fix=_MERGE, cluster=cluster.name))
    return chosen, findings


_MERGE = "Give it alone, or say which registry it serves, so that one of them can be chosen in each cluster."


def _serves(secret: PullSecret, registry: str) -> bool | None:
    """Whether a pull secret serves a registry; None where that is not known yet."""
    keys = known(secret.registries)
    if keys is None:
        return None
    plain = [key for key in keys if isinstance(key, str)]
    return serves(plain, registry) or (None if len(plain) < len(keys) else False)


def _contested(chosen: Sequence[PullSecret]) -> Iterator[str]:
    for first, second in combinations(chosen, 2):
        both = _registries(first) & _registries(second)
        yield from sorted(both)


def _registries(secret: PullSecret) -> set[str]:
    keys = [key for key in known(secret.registries) or () if isinstance(key, str)]
    return {registry for key in keys if (registry := key_registry(key))}


def _not_served(registry: str, pull_secrets: Sequence[PullSecret], cluster: Cluster) -> Finding:
    served = sorted({key for secret in pull_secrets for key in known(secret.registries) or () if isinstance(key, str)})
    says = f"the image comes from {registry}, and the pull secret serves {', '.join(served) or 'no registry'} only."
    return secrets.NOT_SERVED.at("pullSecret", says=says, cluster=cluster.name)


def text_of(chosen: Sequence[PullSecret]) -> Sealed | None:
    """The text of the Secret; the very same object for the same pull secret, so that it is worked out once."""
    texts = [secret.docker_config_json for secret in chosen]
    if len(texts) == 1:
        return texts[0]
    sealed = [text for text in texts if text is not None]
    return Sealed(together([one.text for one in sealed], merged)) if len(sealed) == len(texts) else None


def name_of(chosen: Sequence[PullSecret], sealed: Sealed | None, cluster: Cluster, mark: str) -> Any:
    """The name of the Secret: with the mark of its place, and that of its content where it cannot be updated in place."""
    parts = [secret.name for secret in chosen]
    name = parts[0] if len(parts) == 1 else together(parts, lambda names: shortened("-".join(sorted(names))))
    if mark and not any(secret.existing for secret in chosen):
        name = map_value(name, lambda name: shortened(name, mark))
    return name if sealed is None or cluster.secrets_mutable else sealed.marked(name)
