"""Clusters and fleets: the mesh facts of each Kubernetes API server that a program serves."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pydantic import Field

from mesh_wasm.findings import placing
from mesh_wasm.findings.finding import Finding, quoted
from mesh_wasm.findings.suggestions import did_you_mean, suggestion
from mesh_wasm.model.signer import Signer
from mesh_wasm.surroundings import Surroundings
from mesh_wasm.surroundings.objects import Thing
from mesh_wasm.values.base import Model, Str
from mesh_wasm.values.enums import Dialect, PluginKind

from ._stated_objects import StatedObjects
from .istio_patches import IstioVersion
from .istio_version import TRAFFIC_EXTENSION_SINCE, Version, has, text_of
from .stated_snapshot import StatedSnapshot


@dataclass(frozen=True, slots=True)
class Mesh:
    """What decides how the Istio of a cluster takes a plugin. Clusters of equal meshes are told the same by the rules."""

    version: Version | None
    """Istio's major and minor version; None if not declared or not readable."""
    dialect: Dialect
    root_namespace: str
    patch: int | None = None
    """Istio's patch version; None if not declared."""

    @property
    def istio(self) -> IstioVersion | None:
        """Istio's version as it is declared; None if it is not, or not readable."""
        return None if self.version is None else IstioVersion(*self.version, self.patch)

    @property
    def has_traffic_extensions(self) -> bool:
        """Whether its API server knows the kind; a mesh of which no version is declared counts as the newest Istio."""
        return self.dialect is Dialect.ISTIO and has(TRAFFIC_EXTENSION_SINCE, self.version)

    def __str__(self) -> str:
        number = "" if self.version is None else f" {text_of(self.version)}"
        return f"{'Alibaba ASM' if self.dialect is Dialect.ASM else 'Istio'}{number}"


class Cluster(Model):
    """The facts of one cluster. They decide which objects exist, so they are plain values, never deferred."""

    name: Str
    """Its name in this program; findings and manifests speak of it by this name."""
    labels: dict[str, Str] = Field(default_factory=dict)
    """Labels by which attachments select clusters, e.g. ``{"env": "prod"}``."""
    istio_version: Str | None = None
    """Istio's version, e.g. ``1.27.3``; ``1.27`` is some patch of it. Unset: the newest, with no finding about versions."""
    namespaces: list[Str] | None = None
    """The namespaces that exist; needed wherever a selector holds a wildcard."""
    dialect: Dialect = Dialect.ISTIO
    """Upstream Istio, or Alibaba ASM."""
    root_namespace: Str = "istio-system"
    """Istio's root namespace: a plugin there reaches the whole mesh."""
    revision: Str | None = None
    """Value of the label ``istio.io/rev`` for every plugin, to pin it to one control plane."""
    registry_mirrors: dict[str, Str] = Field(default_factory=dict)
    """Mirror by registry host: images of the host are pulled from ``mirror[:port][/path]`` instead."""
    wasm_download_proxy: bool = False
    """Whether TSB's download proxy fetches OCI images here (ManagementPlane ``enableWasmDownloadProxy``)."""
    emit: PluginKind = PluginKind.WASM_PLUGIN
    """What is written: ``WasmPlugin``, or from Istio 1.30 on ``TrafficExtension``; docs/traffic-extension.md says when."""
    secrets_mutable: bool = False
    """Whether a changed Secret is updated in place; else its name changes with its content, so that it is never absent."""
    tsb_direct: bool = False
    """Whether plugins are given to TSB in its direct mode: with its four annotations ``tsb.tetrate.io/…`` and the label
    ``istio.io/rev: tsb``, of an IstioInternalGroup of their workspace."""
    surroundings: StatedObjects = Field(default_factory=Surroundings)
    """Other objects of the cluster that decide what plugins do, as plain Kubernetes manifests: Gateways, Services,
    workloads, namespaces, Secrets, policies. In an inventory a text stands for a file or folder of such manifests, from the
    folder of the inventory. What is not among them may exist all the same; ``{objects: […], complete: true}`` says that
    these are all, and then what is not there is told."""

    snapshot: StatedSnapshot = None
    """What ``mesh-wasm snapshot`` has written of the cluster: the path of the file, from the folder of the inventory or
    program. Namespaces, version, root namespace and mirrors are taken from it where they are not given, and its objects are
    surroundings; where everything could be read, what is not among them does not exist."""
    verify: list[Signer] = Field(default_factory=list)
    """Public keys (PEM) and keyless identities: one of them must have signed each module with cosign, unless the
    extension names its own signers."""

    @cached_property
    def mesh(self) -> Mesh:
        """What decides how this cluster's Istio takes a plugin."""
        declared = IstioVersion.parse(self.istio_version or "")
        if declared is None:
            return Mesh(None, self.dialect, self.root_namespace)
        return Mesh(declared.release, self.dialect, self.root_namespace, declared.patch)

    @property
    def version(self) -> Version | None:
        """Istio's major and minor version; None if not declared or not readable."""
        return self.mesh.version

    def beside(self, things: Iterable[Thing]) -> Cluster:
        """The same cluster with more of its other objects known."""
        around = self.surroundings.beside(things)
        if around is self.surroundings:
            return self
        facts = {name: getattr(self, name) for name in type(self).model_fields}
        return Cluster.model_construct(**{**facts, "surroundings": around})

    @cached_property
    def _in_order(self) -> list[str]:
        return sorted(set(self.namespaces or ()))

    def has_namespace(self, namespace: str) -> bool:
        """Whether the namespace exists, as far as declared."""
        if self.namespaces is None:
            return True
        at = bisect_left(self._in_order, namespace)
        return self._in_order[at : at + 1] == [namespace]

    def namespaces_like(self, prefix: str) -> list[str]:
        """The declared namespaces whose names begin so, sorted; in time proportional to their number."""
        start, end = (bisect_left(self._in_order, text) for text in (prefix, prefix + "\U0010ffff"))
        return self._in_order[start:end]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which clusters of a fleet: those that carry all labels, and are named if names are given."""

    labels: Mapping[str, str] | None = None
    names: Sequence[str] | None = None

    def takes(self, cluster: Cluster) -> bool:
        """Whether the cluster is selected."""
        if self.names is not None and cluster.name not in self.names:
            return False
        return all(cluster.labels.get(key) == value for key, value in (self.labels or {}).items())


class Fleet:
    """The clusters that one program serves, in order of declaration, each name once."""

    def __init__(self, clusters: Iterable[Cluster]) -> None:
        self._clusters = {cluster.name: cluster for cluster in clusters}

    def __iter__(self) -> Iterator[Cluster]:
        return iter(self._clusters.values())

    def __len__(self) -> int:
        return len(self._clusters)

    def __contains__(self, name: str) -> bool:
        return name in self._clusters

    def get(self, name: str) -> Cluster | None:
        """The cluster of that name."""
        return self._clusters.get(name)

    @property
    def names(self) -> list[str]:
        """The names of the clusters."""
        return list(self._clusters)

    def no_cluster(self, name: str) -> str:
        """The sentence about a name that no cluster has."""
        has = f"there is no cluster {quoted(name)} in the fleet; it has {', '.join(self.names) or 'none'}"
        return f"{has}{did_you_mean(suggestion(name, self.names))}"

    def beside(self, things: Mapping[str, Iterable[Thing]]) -> Fleet:
        """The same fleet with more objects known, by cluster."""
        return Fleet(cluster.beside(things.get(cluster.name, ())) for cluster in self)

    def select(self, selection: Selection) -> tuple[list[Cluster], list[Finding]]:
        """The selected clusters; a finding for each unknown name, and one if nothing is left."""
        findings = [
            placing.UNKNOWN_CLUSTER.at(
                "clusterNames",
                index,
                says=self.no_cluster(name),
            )
            for index, name in enumerate(selection.names or ())
            if name not in self
        ]
        chosen = [cluster for cluster in self if selection.takes(cluster)]
        if not chosen and not findings:
            says = f"no cluster matches {_describe(selection)}; the fleet has {self._described() or 'no cluster'}."
            findings.append(placing.NO_CLUSTER.at("clusters", says=says))
        return chosen, findings

    def _described(self) -> str:
        return ", ".join(f"{c.name} ({_pairs(c.labels)})" if c.labels else c.name for c in self)


def _describe(selection: Selection) -> str:
    parts = [_pairs(selection.labels)] if selection.labels else []
    if selection.names is not None:
        parts.append(f"names {', '.join(selection.names) or '(none)'}")
    return " and ".join(parts) or "the selection"


def _pairs(labels: Mapping[str, str] | None) -> str:
    return ", ".join(f"{key}={value}" for key, value in (labels or {}).items())
