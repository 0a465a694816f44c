"""Image pull secrets and registries (family MW8xx).

Those about images and clusters are reported by :mod:`mesh_wasm.secretplan`, which alone knows what is pulled where.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mesh_wasm.deferred import known
from mesh_wasm.dockerconfig import SECRET_TYPE, key_registry, keys_of, overruled, problems, registry_key, serves
from mesh_wasm.finding import Finding, Severity, quoted
from mesh_wasm.naming import is_subdomain

from . import placing
from .examples import ACL, ACL_PULLED, GOOD, group, plugin, program, pull_secret
from .rule import Family, rule

if TYPE_CHECKING:
    from mesh_wasm.pullsecret import ExternalSecretSource, PullSecretSource

_AUTH = '"auth": "Y2k6eA=="'
_BOTH = '"username": "ci", "password": "new", "auth": "Y2k6eA=="'
_SECRET = f"""\
apiVersion: v1
kind: Secret
metadata: {{{{name: registry, namespace: edge}}}}
type: {SECRET_TYPE}
stringData:
  .dockerconfigjson: '{{{{"auths": {{{{"{{key}}": {{{{{_AUTH}}}}}}}}}}}}}'
"""
_USED = GOOD + "  imagePullSecret: registry\n---\n"
_PULLED = ', "pull_secret": registry'
_NAMED = ', "image_pull_secret": "regcred"'


def _mirror(of: str) -> str:
    places = 'namespaces=["edge"'
    return program(ACL, group()).replace(places, f'registry_mirrors={{"docker.io": "{of}"}}, {places}')


def _kept(declared: str) -> str:
    return declared.replace("\n})\n", "\n}, pulumi.ResourceOptions(retain_on_delete=True))\n")


INCOMPLETE = rule(
    "MW801",
    Severity.ERROR,
    Family.SECRET,
    "Not one source of credentials",
    why="Without credentials there is nothing to put into the Secret; with two sources it is open which of them counts.",
    fix="Give one of: registry, username and password; registries; docker_config_json; existing_secret; external_secret.",
    source="Kubernetes: Secret of type kubernetes.io/dockerconfigjson",
    bad=program(pull_secret(more="")),
    good=program(pull_secret()),
)
BAD_CONFIG = rule(
    "MW802",
    Severity.ERROR,
    Family.SECRET,
    "A docker configuration that Istio cannot use",
    why="The image would be pulled anonymously, or the pull would fail; then the fail strategy hits the traffic.",
    fix='Write {"auths": {"registry.acme.io": {"auth": "base64 of user:password"}}}, without helpers and patterns.',
    source="Istio's wasm image fetcher (facts A3.7, measured)",
    bad=_SECRET.format(key="docker.io"),
    good=_SECRET.format(key="https://index.docker.io/v1/"),
)
OVERRULED = rule(
    "MW803",
    Severity.WARNING,
    Family.SECRET,
    "An 'auth' that says something else than username and password",
    why="'auth' wins over both, so a password that was changed beside it is never used.",
    fix="Keep one of the two.",
    source="Istio's wasm image fetcher (facts A3.7, measured)",
    bad=_SECRET.replace(_AUTH, _BOTH).format(key="r.example.com"),
    good=_SECRET.format(key="r.example.com"),
)
NOT_SERVED = rule(
    "MW804",
    Severity.ERROR,
    Family.SECRET,
    "Credentials for another registry",
    why="Istio would pull the image anonymously, and the fail strategy would hit the traffic when that is refused.",
    fix="Give the credentials of the image's registry, host and port as in the image, or correct the cluster's mirrors.",
    source="Istio's wasm image fetcher (facts A3.7, measured)",
    bad=program(pull_secret("ghcr.io"), ACL_PULLED, group()),
    good=program(pull_secret(), ACL_PULLED, group()),
)
CONTRADICTION = rule(
    "MW805",
    Severity.ERROR,
    Family.SECRET,
    "Pull secrets that contradict one another",
    why="A plugin names one Secret, and a Secret has one entry for each registry.",
    fix="Keep one pull secret for each registry.",
    source="Istio WasmPlugin.imagePullSecret",
    bad=program(pull_secret(), plugin(_PULLED, spec=_NAMED)),
    good=program(pull_secret(), plugin(_PULLED)),
)
UNCHECKED = rule(
    "MW806",
    Severity.WARNING,
    Family.SECRET,
    "A pull secret of which nothing is known",
    why="If it is missing, or not of the type kubernetes.io/dockerconfigjson, Istio denies the traffic, even for a public "
    "image, and says so in one line of the proxy's log.",
    fix="Give pull_secret with existing_secret, which is checked at up, or with the credentials.",
    source="Istio's wasm image fetcher (facts A3.7, measured)",
    bad=program(plugin(spec=_NAMED)),
    good=program(pull_secret(), plugin(_PULLED)),
)
SPREAD_MESH = rule(
    "MW807",
    Severity.WARNING,
    Family.SECRET,
    "A pull secret for every proxy of the mesh",
    why="Istio hands the credentials to every proxy that the plugin selects; in the root namespace, without a selector, "
    "that is each one of the mesh.",
    fix="Give the plugin a selector, put it into the namespaces that need it, or use credentials that may only read "
    "this image.",
    source="Istio: the pull secret travels to each selected proxy (facts A3.7)",
    bad=program(pull_secret(), ACL_PULLED, group(namespaces='["east/istio-system"]')),
    good=program(pull_secret(), plugin(_PULLED)),
)
SPREAD_NAMESPACE = rule(
    "MW808",
    Severity.INFO,
    Family.SECRET,
    "A pull secret for every proxy of a namespace",
    why="Istio hands the credentials to every proxy that the plugin selects; without a selector, that is each one of the "
    "namespace.",
    fix="Use credentials that may only read this image, or give the plugin a selector.",
    source="Istio: the pull secret travels to each selected proxy (facts A3.7)",
    bad=program(pull_secret(), ACL_PULLED, group()),
    good=program(pull_secret(), plugin(_PULLED)),
)
NOT_THERE = rule(
    "MW809",
    Severity.ERROR,
    Family.SECRET,
    "The existing Secret is not what a plugin needs",
    why="Istio denies the traffic, even for a public image, and says so in one line of the proxy's log.",
    fix=f"Create it in this namespace, with the type {SECRET_TYPE} and the registry of the image, and run up again.",
    source="Istio's wasm image fetcher (facts A3.7, measured)",
    bad=_USED + _SECRET.replace(SECRET_TYPE, "Opaque").format(key="registry.example.com"),
    good=_USED + _SECRET.format(key="registry.example.com"),
)
UNUSED = rule(
    "MW810",
    Severity.WARNING,
    Family.SECRET,
    "Credentials that are never used",
    why="Istio uses a pull secret for OCI images only, but denies the traffic where one that is named is missing.",
    fix="Remove the pull secret.",
    source="Istio's wasm image fetcher (facts A3.7)",
    bad=_USED.replace("oci:", "https:"),
    good=_USED,
)
BAD_MIRROR = rule(
    "MW811",
    Severity.ERROR,
    Family.SECRET,
    "Not a registry mirror",
    why="The image reference made of it could not be pulled.",
    fix="Write host[:port] of the registry, and host[:port][/path] of its mirror, without a scheme.",
    source="OCI distribution: references",
    bad=_mirror("https://mirror.acme.io"),
    good=_mirror("mirror.acme.io"),
)
NOT_RETAINED = rule(
    "MW812",
    Severity.WARNING,
    Family.SECRET,
    "Plugins that outlive their pull secret",
    why="When the stack is destroyed, the plugins go on in the mesh and their Secret is deleted: Istio then denies their "
    "traffic within a moment, even where the module runs already.",
    fix="Give the PullSecret retain_on_delete as well, or take it off here.",
    source="Pulumi: a component hands retain_on_delete on to its own children; Istio's wasm image fetcher (both measured)",
    bad=program(pull_secret(), ACL_PULLED, _kept(group())),
    good=program(_kept(pull_secret()), ACL_PULLED, _kept(group())),
)


def existing_findings(where: str, type_: str | None, text: str | None, registry: str | None) -> Iterator[Finding]:
    """What the rules say of a Secret that exists already.

    :param where: The Secret in words, e.g. ``Secret edge/regcred``.
    :param type_: Its type.
    :param text: Its docker configuration, if it holds one.
    :param registry: The registry of the image that it is needed for, if known.
    """
    if type_ != SECRET_TYPE:
        yield NOT_THERE.at(says=f"its type is {type_}, not {SECRET_TYPE}.", subject=where)
        return
    for problem in problems(text or ""):
        yield NOT_THERE.at(says=problem, subject=where)
    keys = keys_of(text or "")
    if keys and registry is not None and not serves(keys, registry):
        says = f"the image comes from {registry}, and it serves {', '.join(keys)} only."
        yield NOT_THERE.at(says=says, subject=where)


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


def _text(secret: PullSecretSource) -> Iterator[Finding]:
    text = known(secret.docker_config_json)
    if text is None:
        return
    for problem in problems(text):
        yield BAD_CONFIG.at("dockerConfigJson", says=problem)
    for key in overruled(text):
        yield OVERRULED.at(
            "dockerConfigJson", says=f"the entry {quoted(key)} holds an 'auth' that overrules its password."
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
