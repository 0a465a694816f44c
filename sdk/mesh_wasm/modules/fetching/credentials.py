"""Credentials of registries: from docker's configuration and its helpers, or from a pull secret, by Istio's own rules."""

from __future__ import annotations

import base64
import binascii
import json
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mesh_wasm.values.docker_config import DOCKER_HUB_KEY, key_registry, keys_of
from mesh_wasm.values.image import DOCKER_HUB, canonical_registry

Login = tuple[str, str]
"""User name and password."""

Credentials = Callable[[str], Login | None]
"""The login for a registry (host and port); None: anonymous. Raises :class:`CredentialsError`."""

_PATIENCE = 30.0


class CredentialsError(Exception):
    """There are credentials, and they cannot be used; a finished sentence that shows none of them."""


def anonymous(registry: str) -> Login | None:
    """Nobody."""
    return None


def docker_credentials(path: Path | None = None) -> Credentials:
    """What ``docker login`` has left: ``path``, else ``$DOCKER_CONFIG/config.json``, else ``~/.docker/config.json``."""
    if path is None:
        folder = os.environ.get("DOCKER_CONFIG")
        path = (Path(folder) if folder else Path.home() / ".docker") / "config.json"
        if not path.is_file():
            return anonymous
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise CredentialsError(f"{path} cannot be read as a docker configuration.") from None
    if not isinstance(document, Mapping):
        raise CredentialsError(f"{path} is no docker configuration: it is no JSON object.")
    return lambda registry: _from_docker(document, registry)


def secret_credentials(text: str) -> Credentials:
    """What Istio's puller finds in the text of a pull secret; it asks no helper."""
    keys = {registry: key for key in reversed(keys_of(text)) if (registry := key_registry(key)) is not None}

    def find(registry: str) -> Login | None:
        key = keys.get(canonical_registry(registry))
        return None if key is None else _login(json.loads(text)["auths"][key], registry)

    return find


def _from_docker(document: Mapping[str, Any], registry: str) -> Login | None:
    host = canonical_registry(registry)
    auths, helpers = document.get("auths"), document.get("credHelpers")
    server = DOCKER_HUB_KEY if host == DOCKER_HUB else host
    for key, entry in auths.items() if isinstance(auths, Mapping) else ():
        mine = key_registry(key) == host or (host == DOCKER_HUB and "docker.io" in key)
        if mine and (login := _login(entry, host)) is not None:
            return login
    helper = helpers.get(registry, helpers.get(server)) if isinstance(helpers, Mapping) else None
    helper = helper or document.get("credsStore")
    return _ask(helper, server) if isinstance(helper, str) and helper else None


def _login(entry: Any, registry: str) -> Login | None:
    if not isinstance(entry, Mapping):
        return None
    if auth := entry.get("auth"):
        try:
            user, colon, password = base64.b64decode(auth, validate=True).decode().partition(":")
        except (binascii.Error, TypeError, ValueError):
            colon = ""
        if not colon:
            raise CredentialsError(f"The 'auth' for {registry} is not the base64 form of user:password.")
        return user, password.rstrip("\0")
    name, secret = entry.get("username"), entry.get("password")
    return (name, secret) if isinstance(name, str) and isinstance(secret, str) and name else None


def _ask(helper: str, server: str) -> Login | None:
    """Ask docker's credential helper; that it knows nothing of a server is no error."""
    program = f"docker-credential-{helper}"
    if "/" in helper or "\\" in helper:
        raise CredentialsError(
            f"The docker configuration names a credential helper {helper!r}, which is no plain name."
        )
    try:
        answer = subprocess.run(
            [program, "get"], input=server, capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
    except FileNotFoundError:
        raise CredentialsError(f"The docker configuration names {program}, which is not on the PATH.") from None
    except subprocess.TimeoutExpired:
        raise CredentialsError(f"{program} has not answered in {_PATIENCE:.0f} seconds.") from None
    if answer.returncode:
        return None
    try:
        told = json.loads(answer.stdout)
        return str(told["Username"]), str(told["Secret"])
    except (ValueError, KeyError, TypeError):
        raise CredentialsError(f"{program} has answered something that is no login.") from None
