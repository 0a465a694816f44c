"""Registries that refuse, or are refused: challenges, expiry, clouds that want credentials (family MW8xx, second part)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from mesh_wasm.findings.examples import GOOD, HEAD, SELECTOR, inventory
from mesh_wasm.findings.finding import Finding, Severity, quoted
from mesh_wasm.findings.rule import Family, rule
from mesh_wasm.fleet.istio_patches import Within, spelled
from mesh_wasm.fleet.registry_hosts import REALM_UNCHECKED, cloud_of, expires, is_distrusted
from mesh_wasm.rules.subjects import ClusterPluginSubject, SecretSubject
from mesh_wasm.values.docker_config import SECRET_TYPE, users
from mesh_wasm.values.image import ImageReference, image_of

from .manifest import docker_config_text, place_of

if TYPE_CHECKING:
    from mesh_wasm.fleet.cluster import Mesh

_ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
_SECRET = f"""\
apiVersion: v1
kind: Secret
metadata: {{{{name: registry, namespace: edge}}}}
type: {SECRET_TYPE}
stringData:
  .dockerconfigjson: '{{{{"auths": {{{{"{{host}}": {{{{"username": "{{user}}", "password": "x"}}}}}}}}}}}}'
"""


def _image(registry: str) -> str:
    return HEAD + f"  url: oci://{registry}/filters/acl:1.4.2\n  priority: 10\n" + SELECTOR


REALM = rule(
    "MW830",
    Severity.INFO,
    Family.SECRET,
    "A registry whose challenge Istio's agent may refuse",
    why="Since Istio 1.27.8, 1.28.5, 1.29.1 and 1.30.0 the agent refuses a registry whose 401 names a realm that is no http "
    "or https URL with a public host. A registry at a private address usually names itself there. One that asks for no "
    "credentials works.",
    fix="Give the registry a host name, and let its realm be an https URL with that name; docs/pull-secrets.md says how.",
    source="istio pkg/wasm/imagefetcher.go validateRealmURL (istio/istio#58969, with backports); the check itself measured",
    bad=_image("192.168.10.5:5000") + "  imagePullSecret: registry\n",
    good=GOOD + "  imagePullSecret: registry\n",
    inventory=inventory("1.30.1"),
)
EXPIRES = rule(
    "MW831",
    Severity.WARNING,
    Family.SECRET,
    "A registry password that expires within hours",
    why="The user name says that the password is a token of a cloud. Once it has expired, every new proxy fails to fetch "
    "the module, and the fail strategy hits the traffic: often in the night, when pods move.",
    fix="Let something make the Secret anew before the token expires.",
    source="Amazon ECR: GetAuthorizationToken, 12 hours; Google: access tokens, 1 hour; Azure: az acr login --expose-token, "
    "3 hours",
    bad=_SECRET.format(host=_ECR, user="AWS"),
    good=_SECRET.format(host="registry.example.com", user="ci"),
)
NO_CREDENTIALS = rule(
    "MW832",
    Severity.WARNING,
    Family.SECRET,
    "A cloud's private registry without a pull secret",
    why="The agent fetches the module by itself: it has neither the identity of the node nor that of the workload, which "
    "pull container images there. A private registry of ECR never serves an image without credentials.",
    fix="Name a pull secret in imagePullSecret.",
    source="istio pkg/wasm/imagefetcher.go: the pull secret, or a docker configuration in the proxy's own container",
    bad=_image(_ECR),
    good=_image(_ECR) + "  imagePullSecret: registry\n",
)


@lru_cache(maxsize=1024)  # many plugins share one image
def registry_findings(url: str | None, mesh: Mesh, has_secret: bool) -> tuple[Finding, ...]:
    """What the registry of an image has against being asked by Istio's agent; paths start at the plugin's spec.

    :param url: The URL as the cluster gets it: mirrors have been taken into account.
    :param mesh: The Istio of the cluster.
    :param has_secret: Whether the plugin names a pull secret.
    """
    image = image_of(url or "")
    return () if image is None else tuple(_registry(image, mesh, has_secret))


def _registry(image: ImageReference, mesh: Mesh, has_secret: bool) -> Iterator[Finding]:
    yield from _realm(image.registry, mesh, has_secret)
    cloud = None if has_secret else cloud_of(image.registry)
    if cloud is not None:
        if cloud.is_private:
            says = f"{image.registry} is a private registry of {cloud.name}, and no imagePullSecret is named."
            yield NO_CREDENTIALS.at("url", says=says)
        else:
            says = f"{image.registry} is a registry of {cloud.name}: unless it is public, an imagePullSecret is needed."
            yield NO_CREDENTIALS.at("url", says=says, severity=Severity.INFO)


def _realm(registry: str, mesh: Mesh, has_secret: bool) -> Iterator[Finding]:
    version = mesh.istio
    unchecked = Within.NO if version is None else REALM_UNCHECKED.holds(version)
    if unchecked is Within.YES or not is_distrusted(registry):
        return
    has = Within.SOME if unchecked is Within.SOME else Within.YES
    here = "" if version is None else f"; the cluster {spelled(version, has)}"
    says = (
        f"{registry} is no public host: if it asks for credentials and names itself as the realm, the agent refuses it "
        f"(since Istio 1.27.8, 1.28.5, 1.29.1 and 1.30.0{here})."
    )
    yield REALM.at("url", says=says, severity=Severity.WARNING if has_secret else None)


@REALM.checks(ClusterPluginSubject)
def realm(subject: ClusterPluginSubject) -> Iterable[Finding]:
    """A manifest as it stands; what mesh-wasm writes is looked at where it is planned, with its mirrors and secrets."""
    spec = subject.spec
    if not subject.foreign or not isinstance(spec.url, str):
        return ()
    return _of_rule(REALM.id, spec.url, subject.mesh, spec.image_pull_secret is not None)


@NO_CREDENTIALS.checks(ClusterPluginSubject)
def no_credentials(subject: ClusterPluginSubject) -> Iterable[Finding]:
    """The same."""
    spec = subject.spec
    if not subject.foreign or not isinstance(spec.url, str):
        return ()
    return _of_rule(NO_CREDENTIALS.id, spec.url, subject.mesh, spec.image_pull_secret is not None)


@lru_cache(maxsize=4096)  # many plugins share one image
def _of_rule(rule_id: str, url: str, mesh: Mesh, has_secret: bool) -> tuple[Finding, ...]:
    return tuple(finding for finding in registry_findings(url, mesh, has_secret) if finding.rule == rule_id)


@EXPIRES.checks(SecretSubject)
def expires_soon(secret: SecretSubject) -> Iterator[Finding]:
    """The user names of the docker configuration."""
    for finding in expiry_findings(users(docker_config_text(secret) or "{}")):
        yield finding.under(*place_of(secret))


def expiry_findings(logins: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    """What is to be said of some registries, each with the name of its user; the paths are empty."""
    for registry, user in logins:
        cloud = expires(registry, user)
        if cloud is not None:
            says = f"user {quoted(user)} of {registry} has a token of {cloud.name}, which expires after {cloud.lives}."
            yield EXPIRES.at(says=says, fix=cloud.refresh)
