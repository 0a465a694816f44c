"""Image pull secrets.

This module must not use ``from __future__ import annotations``: the component host reads the real types.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NotRequired, TypeAlias, TypedDict

import pulumi

if TYPE_CHECKING:
    from mesh_wasm_pulumi._values.declared import DeclaredSecret


class RegistryCredentialsArgs(TypedDict):
    """Credentials of one registry."""

    registry: pulumi.Input[str]
    """Host of the registry, with its port if it has one; ``docker.io`` for Docker Hub."""
    username: pulumi.Input[str]
    """User name."""
    password: pulumi.Input[str]
    """Password or token. Kept secret, also where a plain text is given."""


class SecretStoreArgs(TypedDict):
    """A store of the External Secrets Operator."""

    name: pulumi.Input[str]
    """Name of the store."""
    kind: NotRequired[pulumi.Input[str]]
    """ClusterSecretStore (default) or SecretStore, which has to exist in every namespace of the plugins."""


class RemoteRefArgs(TypedDict):
    """One value of a secret store."""

    key: pulumi.Input[str]
    """Key of the entry in the store."""
    property: NotRequired[pulumi.Input[str]]
    """Property of the entry; default: the whole entry."""
    version: NotRequired[pulumi.Input[str]]
    """Version of the entry; default: the newest."""


class ExternalSecretArgs(TypedDict):
    """Credentials that the External Secrets Operator fetches: a whole docker configuration, or username and password."""

    store: pulumi.Input[SecretStoreArgs]
    """The store."""
    docker_config_json: NotRequired[pulumi.Input[RemoteRefArgs]]
    """Where the whole ``.dockerconfigjson`` text stands."""
    username: NotRequired[pulumi.Input[RemoteRefArgs]]
    """Where the user name for ``registry`` stands; with password."""
    password: NotRequired[pulumi.Input[RemoteRefArgs]]
    """Where the password for ``registry`` stands; with username."""
    refresh_interval: NotRequired[pulumi.Input[str]]
    """How often the operator looks for a new value; default ``1h``."""
    api_version: NotRequired[str]
    """Version of the ExternalSecret resource; default ``external-secrets.io/v1``."""


class PullSecretArgs(TypedDict):
    """Registry credentials from one source: username and password, a docker configuration, an existing Secret or a store."""

    registry: NotRequired[pulumi.Input[str]]
    """Host of the registry, with its port if it has one; ``docker.io`` for Docker Hub."""
    username: NotRequired[pulumi.Input[str]]
    """User name."""
    password: NotRequired[pulumi.Input[str]]
    """Password or token. Kept secret, also where a plain text is given."""
    registries: NotRequired[Sequence[RegistryCredentialsArgs]]
    """Credentials of several registries, merged into one Secret."""
    docker_config_json: NotRequired[pulumi.Input[str]]
    """A whole ``.dockerconfigjson`` text instead of the above. Kept secret."""
    existing_secret: NotRequired[pulumi.Input[str]]
    """Name of a Secret that exists already beside every plugin. It is read and checked at up, never written."""
    external_secret: NotRequired[ExternalSecretArgs]
    """An entry of a secret store, fetched by the External Secrets Operator; with ``registry``."""
    secret_name: NotRequired[pulumi.Input[str]]
    """Name of the Secret objects; default: the name of the component."""
    waivers: NotRequired[Sequence[str]]
    """Findings that are accepted for a while: ``MW403 until 2027-01-31: why``."""


class PullSecretDefinition(TypedDict):
    """A pull secret as it travels between components and stacks."""

    name: pulumi.Input[str]
    """Name of the Secret objects."""
    registries: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """The registries that it serves, as keys of the docker configuration; unset where that is not known."""
    docker_config_json: NotRequired[pulumi.Input[str]]
    """The ``.dockerconfigjson`` text; secret."""
    existing: NotRequired[bool]
    """Whether the Secret exists already: then it is checked, and not written."""
    external_secret: NotRequired[ExternalSecretArgs]
    """An entry of a secret store, fetched by the External Secrets Operator."""
    urn: NotRequired[pulumi.Input[str]]
    """The PullSecret component: its Secrets are its children."""
    version: NotRequired[pulumi.Input[int]]
    """Version of the form of this definition."""
    secret_fields: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """The fields that are secret, where Pulumi's marks were lost on the way."""


if TYPE_CHECKING:
    PullSecretRef: TypeAlias = "DeclaredSecret" | pulumi.Input[PullSecretDefinition]
else:
    PullSecretRef = pulumi.Input[PullSecretDefinition]
