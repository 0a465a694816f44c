"""Image pull secrets: what a user declares (a source of credentials), and the definition that plugins refer to."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from pydantic import BeforeValidator

from mesh_wasm.values.base import Leaf, Model, Str
from mesh_wasm.values.deferred import Deferred, map_value
from mesh_wasm.values.docker_config import docker_config, keys_of, registry_key
from mesh_wasm.values.sealed import Sealed


def _sealed(value: Any) -> Any:
    return Sealed(value) if isinstance(value, str | Deferred) else value


class RegistryCredentials(Model):
    """Credentials of one registry."""

    registry: Leaf[Str]
    """Host of the registry, with its port if it has one; ``docker.io`` for Docker Hub."""
    username: Leaf[Str]
    """User name."""
    password: Leaf[Str]
    """Password or token; secret."""


class SecretStore(Model):
    """A store of the External Secrets Operator."""

    name: Leaf[Str]
    """Name of the store."""
    kind: Leaf[Str] = "ClusterSecretStore"
    """ClusterSecretStore, or SecretStore in the namespace of the Secret."""


class RemoteRef(Model):
    """One value of a secret store."""

    key: Leaf[Str]
    """Key of the entry."""
    property: Leaf[Str] | None = None
    """Property of the entry; unset: the whole entry."""
    version: Leaf[Str] | None = None
    """Version of the entry; unset: the newest."""


class ExternalSecretSource(Model):
    """Credentials that the External Secrets Operator fetches."""

    store: SecretStore
    """The store."""
    docker_config_json: RemoteRef | None = None
    """Where the whole docker configuration stands."""
    username: RemoteRef | None = None
    """Where the user name stands."""
    password: RemoteRef | None = None
    """Where the password stands."""
    refresh_interval: Leaf[Str] = "1h"
    """How often the operator looks for a new value."""
    api_version: Str = "external-secrets.io/v1"
    """Version of the ExternalSecret resource."""


class PullSecretSource(Model):
    """A pull secret as a user declares it: one source of credentials."""

    secret_name: Leaf[Str]
    """Name of the Secret object, a DNS-1123 subdomain."""
    registry: Leaf[Str] | None = None
    """Host of the registry; with ``username`` and ``password``, or with ``external_secret``."""
    username: Leaf[Str] | None = None
    """User name."""
    password: Leaf[Str] | None = None
    """Password or token; secret."""
    registries: list[RegistryCredentials] | None = None
    """Credentials of several registries."""
    docker_config_json: Leaf[Str] | None = None
    """A whole ``.dockerconfigjson`` text; secret."""
    existing_secret: Leaf[Str] | None = None
    """Name of a Secret that exists already."""
    external_secret: ExternalSecretSource | None = None
    """An entry of a secret store."""

    def credentials(self) -> list[RegistryCredentials]:
        """The credentials that are spelt out, registry by registry."""
        if self.registries is not None:
            return self.registries
        if self.registry is None or self.username is None or self.password is None:
            return []
        return [RegistryCredentials(registry=self.registry, username=self.username, password=self.password)]


class PullSecret(Model):
    """A pull secret as extensions and plugins refer to it, in this program or in another."""

    name: Leaf[Str]
    """Name of the Secret object."""
    registries: Leaf[list[Leaf[Str]]] | None = None
    """The registries that it serves, as keys of the docker configuration; None where that cannot be known."""
    docker_config_json: Annotated[Sealed, BeforeValidator(_sealed)] | None = None
    """The ``.dockerconfigjson`` text."""
    existing: bool = False
    """Whether the Secret exists already."""
    external_secret: ExternalSecretSource | None = None
    """An entry of a secret store."""
    urn: Leaf[Str] | None = None
    """The component that declares it."""

    @property
    def identity(self) -> tuple[object, ...]:
        """What tells two pull secrets apart, whichever documents they were read from."""
        if isinstance(self.urn, str):
            return (self.urn,)
        name = self.name if isinstance(self.name, str) else id(self.name)
        return (name, id(self.docker_config_json), self.existing, id(self.external_secret))


def definition_of(source: PullSecretSource) -> PullSecret:
    """What plugins need to know of a declared pull secret."""
    fields: dict[str, Any] = {"name": source.secret_name}
    spelt = source.credentials()
    if source.existing_secret is not None:
        fields |= {"name": source.existing_secret, "existing": True}
        if source.registry is not None:
            fields["registries"] = [map_value(source.registry, registry_key)]
    elif source.external_secret is not None:
        fields["external_secret"] = source.external_secret
        if source.registry is not None:
            fields["registries"] = [map_value(source.registry, registry_key)]
    elif source.docker_config_json is not None:
        fields["docker_config_json"] = Sealed(source.docker_config_json)
        keys = map_value(source.docker_config_json, keys_of)
        fields["registries"] = keys.public() if isinstance(keys, Deferred) else keys
    elif spelt:
        parts = [part for one in spelt for part in (one.registry, one.username, one.password)]
        fields["docker_config_json"] = Sealed(together(parts, _docker_config))
        fields["registries"] = [map_value(one.registry, registry_key) for one in spelt]
    return PullSecret(**fields)


def _docker_config(parts: list[Any]) -> str:
    return docker_config(tuple(parts[index : index + 3]) for index in range(0, len(parts), 3))


def together(parts: list[Any], fn: Callable[[list[Any]], Any]) -> Any:
    """Apply ``fn`` to a list of values as soon as the last of them is known."""
    for index, part in enumerate(parts):
        if isinstance(part, Deferred):
            return part.map(partial(_with, parts[:index], parts[index + 1 :], fn))
    return fn(parts)


def _with(before: list[Any], after: list[Any], fn: Callable[[list[Any]], Any], part: Any) -> Any:
    return together([*before, part, *after], fn)
