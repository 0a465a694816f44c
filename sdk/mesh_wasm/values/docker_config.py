"""Docker configurations: the text that a pull secret holds, read as Istio's puller reads it (measured).

Nothing here ever puts a value of the text into a message: only hosts, and what is wrong with them.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .image import DOCKER_HUB, canonical_registry
from .module_urls.shown import shown_url

SECRET_TYPE = "kubernetes.io/dockerconfigjson"
SECRET_KEY = ".dockerconfigjson"
_HUB_SERVER = "registry-1.docker.io"
DOCKER_HUB_KEY = "https://index.docker.io/v1/"
"""The only key under which Istio's puller finds credentials for Docker Hub."""


class DockerConfigError(ValueError):
    """The text is no docker configuration that Istio's puller can use; the message says why, and shows no value."""


def registry_key(registry: str) -> str:
    """The key under which Istio's puller looks for a registry's credentials; ``registry`` may hold a scheme or a path."""
    host = canonical_registry(_host(registry.strip()))
    if host == _HUB_SERVER:
        host = DOCKER_HUB  # who declares credentials for it means Docker Hub
    return DOCKER_HUB_KEY if host == DOCKER_HUB else host


def serves(keys: Iterable[str], registry: str) -> bool:
    """Whether one of the keys gives credentials for the registry of an image, e.g. ``registry.acme.io:5000``.

    Docker Hub has its one key; any other key counts by its host and port, whatever scheme and path surround them. Globs
    do not match, and case matters.
    """
    return any(key_registry(key) == canonical_registry(registry) for key in keys)


def key_registry(key: str) -> str | None:
    """The registry that a key serves; None for a key that no image ever asks for."""
    if key == DOCKER_HUB_KEY:
        return DOCKER_HUB
    host = _host(key)
    return None if not host or "*" in host or canonical_registry(host) == DOCKER_HUB else host


def docker_config(credentials: Iterable[tuple[str, str, str]]) -> str:
    """The text for some registries, each with user name and password; the same input gives the same bytes."""
    auths = {}
    for registry, username, password in credentials:
        auth = base64.b64encode(f"{username}:{password}".encode()).decode()
        auths[registry_key(registry)] = {"username": username, "password": password, "auth": auth}
    return _text(auths)


def merged(texts: Iterable[str]) -> str:
    """One text with the credentials of all; where two hold the same key, the first one's entry is taken."""
    auths: dict[str, Any] = {}
    for text in texts:
        for key, entry in _auths(text).items():
            auths.setdefault(key, entry)
    return _text(auths)


def keys_of(text: str) -> list[str]:
    """The keys of a text, sorted; none where it cannot be read (:func:`problems` says why)."""
    try:
        return sorted(_auths(text))
    except DockerConfigError:
        return []


def problems(text: str) -> Iterator[str]:
    """What keeps Istio's puller from using a text, as sentences."""
    try:
        auths = _auths(text)
    except DockerConfigError as error:
        yield f"{error}."
        return
    seen: dict[str, str] = {}
    for key, entry in auths.items():
        registry = key_registry(key)
        if registry is None:
            yield f"no image is ever looked up under the key {shown_url(key)!r}{_hint(key)}."
            continue
        yield from (f"the entry {shown_url(key)!r} {what}." for what in _entry_problems(entry))
        first = seen.setdefault(registry, key)
        if first != key and auths[first] != entry:
            both = f"{shown_url(first)!r} and {shown_url(key)!r}"
            yield f"{both} both serve {shown_url(registry)}, with different credentials."


def overruled(text: str) -> Iterator[str]:
    """The keys whose ``auth`` says something else than their username and password: ``auth`` wins."""
    try:
        auths = _auths(text)
    except DockerConfigError:
        return
    for key, entry in auths.items():
        if not isinstance(entry, Mapping) or not entry.get("auth") or "password" not in entry:
            continue
        if _decoded(entry["auth"]) != f"{entry.get('username', '')}:{entry['password']}":
            yield key


def users(text: str) -> Iterator[tuple[str, str]]:
    """The registries of a text, each with the name of its user; none where it cannot be read."""
    try:
        auths = _auths(text)
    except DockerConfigError:
        return
    for key, entry in auths.items():
        if not isinstance(entry, Mapping):
            continue
        user = (_decoded(entry["auth"]) or "").partition(":")[0] if entry.get("auth") else entry.get("username")
        registry = key_registry(key)
        if registry and isinstance(user, str) and user:
            yield registry, user


def _text(auths: Mapping[str, Any]) -> str:
    return json.dumps({"auths": auths}, separators=(",", ":"), sort_keys=True)


def _auths(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError:
        raise DockerConfigError("it is not JSON") from None
    if not isinstance(document, dict):
        raise DockerConfigError("it is not a JSON object")
    for helper in ("credsStore", "credHelpers"):
        if document.get(helper):
            raise DockerConfigError(f"it names {helper}, a program on the machine where it was written")
    auths = document.get("auths")
    if not isinstance(auths, dict) or not auths:
        raise DockerConfigError("it has no 'auths', so every image would be pulled anonymously")
    return auths


def _entry_problems(entry: Any) -> Iterator[str]:
    if not isinstance(entry, Mapping):
        yield "is not an object"
    elif auth := entry.get("auth"):
        plain = _decoded(auth) or ""
        if not plain.partition(":")[0] or ":" not in plain:
            yield "has an 'auth' that is not the base64 form of user:password"
        elif breaks_line(plain):
            yield f"has an 'auth' that holds a line break: {_SENT}. Encode it without: printf '%s' user:password | base64"
    elif not any(entry.get(field) for field in ("password", "identitytoken", "registrytoken")):
        yield "holds no credentials"
    else:
        for field in ("username", "password"):
            if breaks_line(entry.get(field)):
                yield f"has a {field} that holds a line break: {_SENT}"


_SENT = "it is sent to the registry, which answers 401"


def breaks_line(text: Any) -> bool:
    """Whether a user name or password holds a line break, which ``echo`` and files put at the end."""
    return isinstance(text, str) and ("\n" in text or "\r" in text)


def _decoded(auth: Any) -> str | None:
    try:
        # Go's decoder passes over line breaks in the base64 text itself.
        return base64.b64decode("".join(auth.splitlines()), validate=True).decode()
    except (AttributeError, TypeError, ValueError, binascii.Error):
        return None


def _hint(key: str) -> str:
    if "*" in key:
        return "; patterns do not work"
    return f"; Docker Hub is found under {DOCKER_HUB_KEY} only" if "docker.io" in key else ""


def _host(text: str) -> str:
    return text.removeprefix("https://").removeprefix("http://").split("/")[0]
