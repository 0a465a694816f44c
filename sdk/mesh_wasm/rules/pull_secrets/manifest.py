"""What the rules of :mod:`mesh_wasm.findings.pull_secrets` say of manifests: Secrets, and plugins that name them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from mesh_wasm.findings import schema
from mesh_wasm.findings.finding import Finding, quoted
from mesh_wasm.findings.pull_secrets import BAD_CONFIG, NOT_THERE, OVERRULED, UNUSED
from mesh_wasm.rules.subjects import PullSubject, SecretSubject
from mesh_wasm.values.deferred import known
from mesh_wasm.values.docker_config import (
    SECRET_KEY,
    SECRET_TYPE,
    key_registry,
    keys_of,
    overruled,
    problems,
    registry_key,
    serves,
)
from mesh_wasm.values.image import ImageError, ModuleUrl, image_of
from mesh_wasm.values.module_urls.docker_hub import meant_registry, misread
from mesh_wasm.values.module_urls.shown import shown_url


def docker_config_text(secret: SecretSubject) -> str | None:
    """The docker configuration of a Secret; None where there is none, or it is deferred or cannot be decoded."""
    if SECRET_KEY in secret.string_data:
        plain = secret.string_data[SECRET_KEY]
        return plain if isinstance(plain, str) else None
    encoded = secret.data.get(SECRET_KEY)
    try:
        return base64.b64decode("".join(encoded.split()), validate=True).decode() if isinstance(encoded, str) else None
    except (binascii.Error, UnicodeDecodeError):
        return None


_CREATE = "Let `kubectl create secret docker-registry <name> --dry-run=client -o yaml …` write it."


@schema.REQUIRED.checks(SecretSubject)
def config_is_there(secret: SecretSubject) -> Iterator[Finding]:
    """The API server asks for the key by the type."""
    if secret.type == SECRET_TYPE and not {SECRET_KEY} & (secret.data.keys() | secret.string_data.keys()):
        says = f"a Secret of type {SECRET_TYPE} needs the key {SECRET_KEY}."
        yield schema.REQUIRED.at("data" if secret.data else "stringData", SECRET_KEY, says=says, fix=_CREATE)


@schema.WRONG_TYPE.checks(SecretSubject)
def values_can_be_read(secret: SecretSubject) -> Iterator[Finding]:
    """Texts; in ``data`` in base64. The value itself is never told."""
    for field, values in (("data", secret.data), ("stringData", secret.string_data)):
        value = values.get(SECRET_KEY)
        if value is not None and known(value) is not None and not isinstance(value, str):
            yield schema.WRONG_TYPE.at(field, SECRET_KEY, says="the value must be a text.", fix=_CREATE)
    encoded = secret.data.get(SECRET_KEY)
    if isinstance(encoded, str) and SECRET_KEY not in secret.string_data and docker_config_text(secret) is None:
        fix = "Encode it in base64, or give it as stringData."
        yield schema.WRONG_TYPE.at("data", SECRET_KEY, says="the value is not base64 of a text.", fix=fix)


@BAD_CONFIG.checks(SecretSubject)
def config_can_be_used(secret: SecretSubject) -> Iterator[Finding]:
    """The type, and what Istio's puller makes of the text."""
    if secret.type != SECRET_TYPE:
        says = f"the type is {secret.type or 'not set'}; Istio takes {SECRET_TYPE} only."
        yield BAD_CONFIG.at("type", says=says, fix=f"Write type: {SECRET_TYPE}.")
    text = docker_config_text(secret)
    for problem in problems(text) if text is not None else ():
        yield BAD_CONFIG.at(*place_of(secret), says=problem)


@OVERRULED.checks(SecretSubject)
def auth_wins(secret: SecretSubject) -> Iterator[Finding]:
    """An ``auth`` that says something else than the password beside it."""
    for key in overruled(docker_config_text(secret) or "{}"):
        yield OVERRULED.at(
            *place_of(secret), says=f"the entry {quoted(shown_url(key))} holds an 'auth' that overrules its password."
        )


def place_of(secret: SecretSubject) -> tuple[str, str]:
    """Where the docker configuration stands in the manifest."""
    return ("stringData" if SECRET_KEY in secret.string_data else "data", SECRET_KEY)


@NOT_THERE.checks(PullSubject)
def secret_serves(use: PullSubject) -> Iterator[Finding]:
    """The Secrets in sight that have the name: their namespace, type and registries."""
    url = known(use.spec.url)
    if not use.secrets or use.namespace is None:
        return
    beside = [secret for secret in use.secrets if secret.namespace in (None, use.namespace)]
    if not beside:
        elsewhere = ", ".join(sorted(f"{secret.namespace}" for secret in use.secrets))
        says = f"Secret {use.secrets[0].name} stands in {elsewhere}; Istio looks for it in {use.namespace} only."
        yield NOT_THERE.at("imagePullSecret", says=says, fix=f"Create it in namespace {use.namespace}, too.")
    image = image_of(url or "")
    for secret in beside[:1]:
        where = f"Secret {use.namespace}/{secret.name}"
        if secret.type != SECRET_TYPE:
            says = f"the type of {where} is {secret.type or 'not set'}, not {SECRET_TYPE}."
            yield NOT_THERE.at("imagePullSecret", says=says, fix=f"Give it the type {SECRET_TYPE}.")
            continue
        keys = keys_of(docker_config_text(secret) or "")
        if keys and image is not None and not serves(keys, image.registry):
            if misread(url or ""):
                continue  # the registry is not the one that was meant: MW250 says so
            says = f"the image comes from {image.registry}, and {where} serves {', '.join(map(shown_url, keys))} only."
            meant = meant_registry(url or "")
            fix = f"Give it the key {registry_key(image.registry)}."
            if meant is not None and any(key_registry(key) == meant or key.startswith(f"{meant}:") for key in keys):
                says += (
                    f" {meant} has neither a dot nor a port, so it is no registry to Istio, but a part of Docker Hub."
                )
                fix = (
                    f"Write the registry in the URL with its domain or port, e.g. {meant}:443, and the same in the key."
                )
            yield NOT_THERE.at("imagePullSecret", says=says, fix=fix)


@UNUSED.checks(PullSubject)
def secret_is_used(use: PullSubject) -> Iterator[Finding]:
    """Credentials for what is no OCI image; a local file is worse, and told by another rule."""
    url = known(use.spec.url)
    if use.spec.image_pull_secret is None or not url:
        return
    try:
        scheme = ModuleUrl.parse(url).scheme
    except ImageError:
        return
    if scheme in ("http", "https"):
        yield UNUSED.at("imagePullSecret", says=f"the module is fetched by {scheme}, without these credentials.")
