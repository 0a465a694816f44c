"""What the rules look at. A subject is a parsed document together with what is known of its surroundings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mesh_wasm.fleet.cluster import Mesh
    from mesh_wasm.model.extension import WasmExtension
    from mesh_wasm.model.plugin import WasmPluginSpec
    from mesh_wasm.model.traffic_extension import TrafficExtensionSpec
    from mesh_wasm.modules.effective import Effective
    from mesh_wasm.modules.locked import LockedModule, LockedSchema, TrialVerdict
    from mesh_wasm.modules.reference import Reference
    from mesh_wasm.surroundings import Surroundings
    from mesh_wasm.surroundings.pods import Selected


class Workload(StrEnum):
    """What kind of proxy runs the plugin, as far as that can be told without a cluster."""

    GATEWAY = "gateway"
    SIDECAR = "sidecar"
    WAYPOINT = "waypoint"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PluginSubject:
    """The spec of a WasmPlugin, wherever it comes from; paths in findings start at the spec."""

    spec: WasmPluginSpec
    workload: Workload = Workload.UNKNOWN
    foreign: bool = False
    """Whether it goes to the cluster as it is: mesh-wasm neither writes nor mends it."""
    reason: str = ""
    """Why the workload is known, where another object says so: a sentence without its full stop."""


@dataclass(frozen=True, slots=True)
class ClusterPluginSubject:
    """The spec of a WasmPlugin in one cluster; for rules about versions, dialects and namespaces.

    It says nothing of which cluster that is, so that one look does for all clusters whose meshes are alike.
    """

    spec: WasmPluginSpec
    mesh: Mesh
    namespace: str | None = None
    """Namespace of the object, if known."""
    workload: Workload = Workload.UNKNOWN
    foreign: bool = False
    """Whether it goes to the cluster as it is, with the URL and the pull secret that it has here."""


@dataclass(frozen=True, slots=True)
class TrafficExtensionSubject:
    """The spec of a TrafficExtension: what it has beyond a WasmPlugin; paths in findings start at the spec."""

    spec: TrafficExtensionSpec


@dataclass(frozen=True, slots=True)
class ClusterTrafficExtensionSubject:
    """The spec of a TrafficExtension in one cluster, of which nothing is said but its mesh."""

    spec: TrafficExtensionSpec
    mesh: Mesh


@dataclass(frozen=True, slots=True)
class Reach:
    """What is known of the proxies that run a plugin."""

    workload: Workload
    """The kind of all of them; unknown where they are of several kinds."""
    reason: str = ""
    """Why, as a sentence without its full stop; empty where the plugin itself says so."""
    labels: Mapping[str, str] | None = None
    """The labels that it asks for; None where it is aimed by targetRefs, or they are not known yet."""
    selected: Selected | None = None
    """The workloads with these labels; None as above."""

    @property
    def meant(self) -> Workload:
        """The kind of proxy for rules about how far a plugin goes.

        That all pods in sight are sidecars excuses no plugin without a selector: only a security group means all of them.
        """
        is_everything = self.labels is not None and not self.labels
        return Workload.UNKNOWN if is_everything and self.workload is Workload.SIDECAR else self.workload


@dataclass(frozen=True, slots=True)
class SurroundedSubject:
    """The spec of a WasmPlugin in one cluster, among the other objects of this cluster; paths start at the spec."""

    spec: WasmPluginSpec
    mesh: Mesh
    namespace: str | None
    """Namespace of the object; None where its manifest names none: it can be compared with such objects only."""
    around: Surroundings
    reach: Reach
    """Which workloads it takes."""
    origin: str = ""
    """The file that it was read from; what stands near it is very likely meant to go together."""


@dataclass(frozen=True, slots=True)
class RevisionSubject:
    """The labels of a WasmPlugin in a cluster whose control plane has a revision; paths start at the document."""

    labels: Mapping[str, Any]
    revision: str


@dataclass(frozen=True, slots=True)
class ExtensionSubject:
    """A catalogue entry: what TSB demands of it beyond what the plugin rules see."""

    extension: WasmExtension


@dataclass(frozen=True, slots=True)
class SecretSubject:
    """The manifest of a Secret that holds registry credentials, or is named by a plugin; paths start at the manifest."""

    name: str
    namespace: str | None
    """None where the manifest names none."""
    type: str | None
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Values in base64, as in the manifest; any of them may be deferred or of a wrong type."""
    string_data: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Values in plain text, as in the manifest; they win over ``data``."""


@dataclass(frozen=True, slots=True)
class PullSubject:
    """A plugin that names a pull secret, and the Secrets that are seen beside it; paths start at the plugin's spec.

    Only what is in sight can be judged: a Secret that is not among them may exist in the cluster all the same.
    """

    spec: WasmPluginSpec
    namespace: str | None
    """Namespace of the plugin, if known."""
    secrets: tuple[SecretSubject, ...]
    """Secrets of the name that the plugin gives, in whatever namespace."""


@dataclass(frozen=True, slots=True)
class ModuleSubject:
    """A plugin, and what the lock file knows of its module; paths start at the plugin's spec."""

    spec: WasmPluginSpec
    """As one cluster gets it: the URL is that of the cluster's mirror."""
    reference: Reference
    entry: LockedModule | None
    """None where the module is not locked."""
    version: tuple[int, int] | None = None
    """Istio's major and minor version; None: the newest."""

    @property
    def known(self) -> LockedModule | None:
        """The entry, if it is of the very module that the plugin loads."""
        digest = self.reference.digest
        fits = self.entry is not None and digest in (None, self.entry.digest)
        return self.entry if fits else None


@dataclass(frozen=True, slots=True)
class ConfigSubject:
    """The effective configuration of a plugin, and the schema that it has to keep; paths start at the plugin's spec."""

    config: Mapping[str, Any] = field(hash=False)
    """May hold deferred leaves."""
    schema: LockedSchema
    given: bool
    """Whether the schema is given in code; else the image carries it."""


@dataclass(frozen=True, slots=True)
class TrialSubject:
    """What a plugin's module is started with, and what trials of that module said; paths start at the plugin's spec."""

    effective: Effective
    verdicts: tuple[TrialVerdict, ...]
    version: tuple[int, int] | None = None
    """Istio's major and minor version; None: the newest."""
    key: bytes | None = field(default=None, repr=False)
    """The key of the marks of secrets."""


@dataclass(frozen=True, slots=True)
class ExtensionSchemaSubject:
    """A schema that is given in code for the configuration of an extension; paths start at the extension."""

    schema: LockedSchema


@dataclass(frozen=True, slots=True)
class SignedSubject:
    """A module whose signature is asked for; paths start at the plugin's spec."""

    entry: LockedModule | None
    """What is known of the very module that the plugin loads."""
    signers: frozenset[str]
    """Names of those of whom one must have signed it (:attr:`mesh_wasm.model.signer.Signer.name`)."""
