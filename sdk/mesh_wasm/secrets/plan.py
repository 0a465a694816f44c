"""Planning pull secrets: what a plugin pulls in one cluster, with which credentials, and the Secret that must stand there.

For each plugin and cluster, in this order:

1. The cluster's registry mirror takes the place of the image's registry.
2. Of the pull secrets that the plugin may use, the one that serves that registry is taken. While the registry is not
   known yet, all of them are merged into one Secret.
3. The Secret goes into the plugin's namespace, for Istio looks nowhere else. With TSB's download proxy it goes into
   istio-system instead: there the plugin names no secret, since Istio denies all traffic where a named one is missing,
   even though the proxy's URL needs none.
4. Where a changed Secret cannot be updated in place, its name carries a mark of its content: the new one is there
   before the plugin names it, and the old one goes last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mesh_wasm.findings import pull_secrets as rules
from mesh_wasm.findings.finding import Finding, quoted
from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.fleet.mirrors import DOWNLOAD_PROXY_NAMESPACE, is_image, mirrored, proxied
from mesh_wasm.model.pull_secret import PullSecret, together
from mesh_wasm.rules.pull_secrets.registries import registry_findings
from mesh_wasm.values.deferred import Deferred, known, map_value
from mesh_wasm.values.docker_config import SECRET_KEY, SECRET_TYPE
from mesh_wasm.values.image import image_of
from mesh_wasm.values.labels import MANAGED_BY, MANAGER
from mesh_wasm.values.naming import short_hash
from mesh_wasm.values.sealed import Sealed

from ._choice import choose, name_of, text_of


@dataclass(frozen=True, slots=True)
class PlannedSecret:
    """One pull secret in one namespace of one cluster."""

    cluster: Cluster
    namespace: str | Deferred
    name: str | Deferred
    """Name of the object, with the mark of its content where it has one."""
    sources: tuple[PullSecret, ...]
    """Where the credentials come from; several are merged."""
    key: str
    """Stable name within its component and cluster, made of known values only."""
    sealed: Sealed | None
    """The text to write; None where the Secret exists already, or the External Secrets Operator makes it."""
    registry: str | None = None
    """The registry of the image that it is needed for, as far as known."""

    @property
    def place(self) -> tuple[object, ...]:
        """Which object it is: cluster, namespace, and the pull secrets that it holds."""
        namespace = self.namespace if isinstance(self.namespace, str) else id(self.namespace)
        return (self.cluster.name, namespace, tuple(source.identity for source in self.sources))

    @property
    def bears(self) -> tuple[str, str, str] | None:
        """Cluster, namespace and name without its mark, if all are known: no two pull secrets may share them."""
        name = self.sources[0].name
        if len(self.sources) > 1 or not isinstance(name, str) or not isinstance(self.namespace, str):
            return None
        return (self.cluster.name, self.namespace, name)

    def manifest(self, docker_config_json: Any) -> dict[str, Any]:
        """The whole object in wire form, with the given text in place of the credentials."""
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"labels": {MANAGED_BY: MANAGER}, "name": self.name, "namespace": self.namespace},
            "stringData": {SECRET_KEY: docker_config_json},
            "type": SECRET_TYPE,
        }


@dataclass(frozen=True, slots=True)
class Supply:
    """How a plugin gets its module in one cluster."""

    cluster: Cluster
    by_proxy: bool
    """Whether TSB's download proxy fetches the module; taken for granted while the URL is deferred."""
    name: str | Deferred | None
    """Name of the pull secret; None for a plugin without one."""
    sources: tuple[PullSecret, ...] = ()
    sealed: Sealed | None = None
    registry: str | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def change(self) -> tuple[object, ...]:
        """What :meth:`spec` depends on: of supplies with equal changes, one spec does for all."""
        return self.by_proxy, self.name, tuple(self.cluster.registry_mirrors.items())

    def spec(self, spec: Mapping[str, Any] | Deferred) -> Any:
        """The plugin's spec as this cluster needs it; everything but url, sha256 and imagePullSecret stays.

        A spec that is deferred as a whole gives a deferred one.
        """
        if self.name is None and not self.by_proxy and not self.cluster.registry_mirrors:
            return spec  # nothing to change, and nothing to wait for
        if isinstance(spec, Deferred):
            return together([spec, self.name], lambda known: replace(self, name=known[1])._spec(known[0]))
        return self._spec(spec)

    def _spec(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        out = dict(spec)
        if "url" not in out:
            return out  # an extension without a module is refused
        url, mirrors = out["url"], self.cluster.registry_mirrors
        if mirrors:
            url = map_value(url, lambda url: mirrored(url, mirrors))
        if self.by_proxy:
            return _through_proxy(out, url)
        out["url"] = url
        if self.name is not None:
            out["imagePullSecret"] = self.name
        return out

    def secret(self, namespace: str | Deferred) -> PlannedSecret | None:
        """The Secret that must exist before a plugin in the namespace."""
        if not self.sources or self.name is None:
            return None
        where = DOWNLOAD_PROXY_NAMESPACE if self.by_proxy else namespace
        key = where if isinstance(where, str) else "workload-namespace"
        return PlannedSecret(self.cluster, where, self.name, self.sources, key, self.sealed, self.registry)


def supply(url: Any, pull_secrets: Sequence[PullSecret], cluster: Cluster, named: Any = None, mark: str = "") -> Supply:
    """Plan how a plugin gets its module in a cluster.

    :param url: URL of the module as declared; None while the whole extension is deferred.
    :param pull_secrets: The pull secrets that it may use.
    :param named: Name of a Secret that the plugin names by itself (``imagePullSecret``), unknown to mesh-wasm.
    :param mark: Put behind the name of a Secret that is written beside the plugin; see :func:`lone_mark`.
    """
    plain = known(url)
    where = None if plain is None else mirrored(plain, cluster.registry_mirrors)
    by_proxy = cluster.wasm_download_proxy and (where is None or is_image(where))
    found = list(_named_findings(named, pull_secrets, cluster))
    if not by_proxy:
        has_secret = bool(pull_secrets) or named is not None
        found += (replace(one, cluster=cluster.name) for one in registry_findings(where, cluster.mesh, has_secret))
    if not pull_secrets:
        return Supply(cluster, by_proxy, None, findings=tuple(found))
    if where is not None and not is_image(where):
        says = f"{quoted(where)} is no OCI image, so the credentials are never used; no Secret is written."
        found.append(rules.UNUSED.at("pullSecret", says=says))
        return Supply(cluster, by_proxy, None, findings=tuple(found))
    chosen, problems = choose(where, pull_secrets, cluster)
    found += problems
    if not chosen:
        return Supply(cluster, by_proxy, None, findings=tuple(found))
    sealed, image = text_of(chosen), None if where is None else image_of(where)
    registry = image.registry if image else None
    name = name_of(chosen, sealed, cluster, "" if by_proxy else mark)
    return Supply(cluster, by_proxy, name, tuple(chosen), sealed, registry, tuple(found))


def lone_mark(namespace: str | Deferred | None, declared_by: str) -> str:
    """What keeps a component's Secrets apart from those of others while its namespace is not known.

    Whether another component writes the same Secret into the same namespace cannot be seen then; each writes its own.
    """
    return short_hash(declared_by) if isinstance(namespace, Deferred) else ""


def secrets_for(planned: Iterable[PlannedSecret | None]) -> tuple[PlannedSecret, ...]:
    """The pull secrets of some plugins, each once."""
    return tuple({secret.place: secret for secret in planned if secret is not None}.values())


def spread_findings(placed: Iterable[tuple[Supply, str | Deferred]]) -> Iterator[Finding]:
    """What is to be said of plugins without a selector, each with its namespace: whole namespaces get the credentials."""
    whole_namespace = False
    for one, namespace in placed:
        if one.name is None or one.by_proxy:
            continue
        if namespace == one.cluster.root_namespace:
            says = f"every proxy of the mesh is handed the credentials: {namespace} is the root namespace."
            yield rules.SPREAD_MESH.at("pullSecret", says=says, cluster=one.cluster.name)
        else:
            whole_namespace = True
    if whole_namespace:
        says = "the plugin has no selector, so every proxy of its namespace is handed the credentials."
        yield rules.SPREAD_NAMESPACE.at("pullSecret", says=says)


def rivals(planned: Iterable[PlannedSecret], bearers: dict[tuple[str, str, str], PlannedSecret]) -> list[Finding]:
    """Findings about pull secrets that bear the name of another one in the same namespace.

    ``bearers`` holds the first of each name so far (see :attr:`PlannedSecret.bears`), and is added to.
    """
    findings = []
    for one in planned:
        if one.bears is not None and bearers.setdefault(one.bears, one).place != one.place:
            says = f"two pull secrets are called {quoted(one.sources[0].name)}, and both are needed in {one.namespace}."
            findings.append(rules.CONTRADICTION.at("pullSecret", says=says, fix=_RENAME, cluster=one.cluster.name))
    return findings


_RENAME = "Use one PullSecret for both, or give one of them another secret_name."


def _through_proxy(out: dict[str, Any], url: Any) -> dict[str, Any]:
    out.pop("imagePullSecret", None)
    sha256 = out.pop("sha256", None)
    out["url"] = map_value(url, lambda url: map_value(sha256, lambda digest: proxied(url, digest)))
    if sha256 is not None and not isinstance(url, str):
        # The proxy's answer is not the manifest that the checksum is of; what turns out to be no image keeps it.
        out["sha256"] = url.map(lambda url: "" if is_image(url) else sha256)
    return out


def _named_findings(named: Any, pull_secrets: Sequence[PullSecret], cluster: Cluster) -> Iterator[Finding]:
    if named is None:
        return
    if pull_secrets:
        says = "imagePullSecret and pull_secret exclude one another."
        yield rules.CONTRADICTION.at("imagePullSecret", says=says, fix="Keep one of the two.")
    elif isinstance(named, str):
        where = f"in {DOWNLOAD_PROXY_NAMESPACE}" if cluster.wasm_download_proxy else "beside every plugin"
        says = f"nothing is known of the Secret {quoted(named)}, which has to exist {where}."
        yield rules.UNCHECKED.at("imagePullSecret", says=says)
