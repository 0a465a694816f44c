"""What the rules about pull secrets (:mod:`~mesh_wasm.findings.pull_secrets`) say of one as a user declares it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mesh_wasm.findings import placing
from mesh_wasm.findings.finding import Finding, quoted
from mesh_wasm.findings.pull_secrets import BAD_CONFIG, CONTRADICTION, INCOMPLETE, OVERRULED
from mesh_wasm.rules.pull_secrets.registries import expiry_findings
from mesh_wasm.values.deferred import known
from mesh_wasm.values.docker_config import breaks_line, key_registry, overruled, problems, registry_key, users
from mesh_wasm.values.module_urls.shown import shown_url
from mesh_wasm.values.naming import is_subdomain

if TYPE_CHECKING:
    from mesh_wasm.model.pull_secret import ExternalSecretSource, PullSecretSource, RegistryCredentials


_SOURCES = ("registries", "docker_config_json", "existing_secret", "external_secret")


def secret_findings(secret: PullSecretSource) -> Iterator[Finding]:
    """What the rules say of a declared pull secret; paths start at its arguments."""
    given = [name for name in _SOURCES if getattr(secret, name) is not None]
    login = {"registry": secret.registry, "username": secret.username, "password": secret.password}
    spelt = [name for name, value in login.items() if value is not None]
    allowed = {"registry"} if given in (["existing_secret"], ["external_secret"]) else set()
    if len(given) > 1 or (given and set(spelt) - allowed):
        several = [*given, *(name for name in spelt if name not in allowed)]
        yield INCOMPLETE.at(_camel(given[0]), says=f"{' and '.join(several)} exclude one another.")
    elif not given:
        for name in (name for name in login if name not in spelt):
            yield INCOMPLETE.at(name, says="this field is required (or another source of credentials).")
    if secret.external_secret is not None:
        yield from _external(secret.external_secret, secret.registry is not None)
    yield from _names(secret)
    yield from _registries(secret)
    yield from _logins(secret)
    yield from _text(secret)


def _names(secret: PullSecretSource) -> Iterator[Finding]:
    for field, value in (("secretName", secret.secret_name), ("existingSecret", secret.existing_secret)):
        name = known(value)
        if name is not None and not is_subdomain(name):
            yield placing.BAD_NAME.at(field, says=f"{quoted(name)} is no name for a Secret.")


def _registries(secret: PullSecretSource) -> Iterator[Finding]:
    """Hosts that cannot be read, and one registry with two passwords."""
    if secret.registries is not None and not secret.registries:
        yield INCOMPLETE.at("registries", says="the list is empty.")
    hosts = [("registry", secret.registry)] if secret.registry is not None else []
    paths = [
        *((path,) for path, _ in hosts),
        *(("registries", i, "registry") for i in range(len(secret.registries or ()))),
    ]
    values = [*(value for _, value in hosts), *(one.registry for one in secret.registries or ())]
    seen: dict[str, int] = {}
    for path, value in zip(paths, values, strict=True):
        host = known(value)
        if host is None:
            continue
        key = registry_key(host)
        if not key or key_registry(key) is None or any(char.isspace() or char == "@" for char in key):
            yield BAD_CONFIG.at(*path, says=f"{quoted(host)} is no registry host.", fix=_HOST)
        elif key in seen:
            says = f"{quoted(host)} is given already, as registries[{seen[key]}]."
            yield CONTRADICTION.at(*path, says=says)
        seen.setdefault(key, len(seen))


_HOST = "Write the host, with its port if it has one, as in the image; docker.io for Docker Hub."


def _logins(secret: PullSecretSource) -> Iterator[Finding]:
    """Line breaks, which files and commands leave at the end, and tokens that expire."""
    logins: list[tuple[tuple[str | int, ...], PullSecretSource | RegistryCredentials]]
    logins = [((), secret), *((("registries", index), one) for index, one in enumerate(secret.registries or ()))]
    for path, one in logins:
        for field, value in (("username", one.username), ("password", one.password)):
            if breaks_line(known(value)):
                says = f"the {field} holds a line break, which is sent to the registry: it answers 401."
                yield BAD_CONFIG.at(*path, field, says=says, fix="Take it off: in Python, with .strip().")
        registry, user = known(one.registry), known(one.username)
        if registry is not None and user is not None:
            for finding in expiry_findings([(registry, user)]):
                yield finding.under(*path, "username")


def _text(secret: PullSecretSource) -> Iterator[Finding]:
    text = known(secret.docker_config_json)
    if text is None:
        return
    for problem in problems(text):
        yield BAD_CONFIG.at("dockerConfigJson", says=problem)
    for finding in expiry_findings(users(text)):
        yield finding.under("dockerConfigJson")
    for key in overruled(text):
        yield OVERRULED.at(
            "dockerConfigJson", says=f"the entry {quoted(shown_url(key))} holds an 'auth' that overrules its password."
        )


def _external(source: ExternalSecretSource, has_registry: bool) -> Iterator[Finding]:
    login = {"username": source.username, "password": source.password}
    missing = [name for name, value in login.items() if value is None]
    if source.docker_config_json is not None:
        if len(missing) < len(login):
            says = "docker_config_json excludes username and password."
            yield INCOMPLETE.at("externalSecret", "dockerConfigJson", says=says, fix="Keep one of the two.")
    elif missing:
        for name in missing:
            yield INCOMPLETE.at("externalSecret", name, says="this field is required (or docker_config_json).")
    elif not has_registry:
        says = "username and password are of some registry; which one is not said."
        yield INCOMPLETE.at("registry", says=says, fix="Give registry as well.")
    kind = known(source.store.kind)
    if kind is not None and kind not in ("ClusterSecretStore", "SecretStore"):
        says = f"{quoted(kind)} is neither ClusterSecretStore nor SecretStore."
        yield INCOMPLETE.at("externalSecret", "store", "kind", says=says, fix="Write one of the two.")


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)
