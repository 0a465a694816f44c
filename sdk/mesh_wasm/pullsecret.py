"""Image pull secrets: registry credentials in the one form that Istio accepts (kubernetes.io/dockerconfigjson)."""

from __future__ import annotations

import base64
import json
from functools import partial
from typing import Any

from .deferred import Deferred
from .image import DOCKER_HUB
from .model import Leaf, Model, Str

SECRET_TYPE = "kubernetes.io/dockerconfigjson"
SECRET_KEY = ".dockerconfigjson"
DOCKER_HUB_KEY = "https://index.docker.io/v1/"
"""The only key under which Istio's puller finds credentials for Docker Hub (facts A3.7, measured)."""


class PullSecret(Model):
    """Credentials for one registry, or a ready docker configuration."""

    name: Leaf[Str]
    """Name of the Secret object, a DNS-1123 subdomain."""
    registry: Leaf[Str] | None = None
    """Host of the registry, with its port if it has one; ``docker.io`` for Docker Hub."""
    username: Leaf[Str] | None = None
    """User name; with ``registry`` and ``password``."""
    password: Leaf[Str] | None = None
    """Password or token; secret."""
    docker_config_json: Leaf[Str] | None = None
    """A whole ``.dockerconfigjson`` text instead of registry, username and password; secret."""


def registry_key(registry: str) -> str:
    """The key under which Istio's puller looks for a registry's credentials."""
    host = registry.strip().removeprefix("https://").removeprefix("http://").split("/")[0]
    return DOCKER_HUB_KEY if host in ("docker.io", DOCKER_HUB, "registry-1.docker.io") else host


def docker_config(registry: str, username: str, password: str) -> str:
    """The ``.dockerconfigjson`` text for one registry."""
    auth = base64.b64encode(f"{username}:{password}".encode()).decode()
    entry = {"username": username, "password": password, "auth": auth}
    return json.dumps({"auths": {registry_key(registry): entry}}, separators=(",", ":"))


def docker_config_of(secret: PullSecret) -> Any:
    """The ``.dockerconfigjson`` text of a pull secret, deferred where any of its parts is; None where parts are missing."""
    if secret.docker_config_json is not None:
        return secret.docker_config_json
    parts = (secret.registry, secret.username, secret.password)
    if any(part is None for part in parts):
        return None
    return _combine(parts)


def _combine(parts: tuple[str | Deferred | None, ...]) -> Any:
    """Join registry, username and password as soon as the last of them is known."""
    for index, part in enumerate(parts):
        if isinstance(part, Deferred):
            return part.map(partial(_combine_with, parts[:index], parts[index + 1 :]))
    registry, username, password = parts
    return docker_config(str(registry), str(username), str(password))


def _combine_with(before: tuple[Any, ...], after: tuple[Any, ...], part: Any) -> Any:
    return _combine((*before, part, *after))
