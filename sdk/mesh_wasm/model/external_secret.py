"""The ExternalSecret from which the External Secrets Operator makes a pull secret of the right type."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from mesh_wasm.values.base import Model
from mesh_wasm.values.deferred import Deferred
from mesh_wasm.values.docker_config import SECRET_KEY, SECRET_TYPE

from .pull_secret import ExternalSecretSource, together

KIND = "ExternalSecret"
WAIT_FOR = {"pulumi.com/waitFor": "condition=Ready"}
"""Annotation by which Pulumi waits until the operator has made the Secret, before anything may name it."""


def external_secret_spec(
    source: ExternalSecretSource, name: Any, keys: Sequence[Any] | Deferred | None
) -> dict[str, Any]:
    """The spec in wire form: the operator's template writes a docker configuration for the registry keys.

    :param name: Name of the Secret that the operator makes.
    :param keys: Registry keys of the user name and password; not used where the store holds a whole configuration.
    """
    refs = {"config": source.docker_config_json, "username": source.username, "password": source.password}
    return {
        "refreshInterval": source.refresh_interval,
        "secretStoreRef": {"name": source.store.name, "kind": source.store.kind},
        "target": {
            "name": name,
            "creationPolicy": "Owner",
            "template": {"engineVersion": "v2", "type": SECRET_TYPE, "data": {SECRET_KEY: _template(source, keys)}},
        },
        "data": [
            {"secretKey": key, "remoteRef": ref.wire() if isinstance(ref, Model) else ref}
            for key, ref in refs.items()
            if ref is not None
        ],
    }


def _template(source: ExternalSecretSource, keys: Sequence[Any] | Deferred | None) -> Any:
    if source.docker_config_json is not None:
        return "{{ .config }}"
    if isinstance(keys, Deferred):
        return keys.map(_login)
    return together(list(keys or ()), _login)


def _login(keys: list[str]) -> str:
    # toJson quotes whatever the store holds, so that no character of a password can break the document.
    entry = (
        '{"username":{{ .username | toJson }},"password":{{ .password | toJson }},'
        '"auth":"{{ printf "%s:%s" .username .password | b64enc }}"}'
    )
    return '{"auths":{' + ",".join(f"{json.dumps(key)}:{entry}" for key in keys) + "}}"
