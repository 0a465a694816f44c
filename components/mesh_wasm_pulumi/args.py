"""The arguments of the components, as Python users and every other Pulumi language write them.

Each docstring becomes the description in the package's schema. Names are snake_case here and camelCase on the wire.
This module must not use ``from __future__ import annotations``: the component host reads the real types.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NotRequired, TypeAlias, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from mesh_wasm.enums import (
    Dialect,
    EnvValueSource,
    FailStrategy,
    PluginPhase,
    PluginType,
    PullPolicy,
    WorkloadMode,
)

if TYPE_CHECKING:
    from .extension import WasmExtension
    from .pullsecret import PullSecret

# A union has no place in a Pulumi schema, so other languages see the second form only. In Python a text will do for an
# enumeration, and a component for its definition.
if TYPE_CHECKING:
    EnvSource: TypeAlias = EnvValueSource | str
    Kind: TypeAlias = PluginType | str
    MeshDialect: TypeAlias = Dialect | str
    Mode: TypeAlias = WorkloadMode | str
    Phase: TypeAlias = PluginPhase | str
    Policy: TypeAlias = PullPolicy | str
    Strategy: TypeAlias = FailStrategy | str
else:
    EnvSource, Kind, MeshDialect, Mode = EnvValueSource, PluginType, Dialect, WorkloadMode
    Phase, Policy, Strategy = PluginPhase, PullPolicy, FailStrategy


class EnvVarArgs(TypedDict):
    """An environment variable of the Wasm VM."""

    name: pulumi.Input[str]
    """A C identifier, at most 256 characters; not ISTIO_META…, which Istio keeps for itself."""
    value_from: NotRequired[pulumi.Input[EnvSource]]
    """INLINE or HOST. TSB requires it; Istio's default is INLINE."""
    value: NotRequired[pulumi.Input[str]]
    """The value, at most 2048 characters; only with INLINE."""


class VmConfigArgs(TypedDict):
    """Configuration of the Wasm VM."""

    env: NotRequired[pulumi.Input[Sequence[pulumi.Input[EnvVarArgs]]]]
    """Environment variables, at most 256, each name once."""


class PortSelectorArgs(TypedDict):
    """One port."""

    number: pulumi.Input[int]
    """1 to 65535. On a gateway it is the port that the proxy listens on: the Service's targetPort."""


class TrafficSelectorArgs(TypedDict):
    """Traffic that passes through a plugin: the mode and any of the ports."""

    mode: NotRequired[pulumi.Input[Mode]]
    """CLIENT, SERVER or CLIENT_AND_SERVER (default). A gateway's traffic is CLIENT."""
    ports: NotRequired[pulumi.Input[Sequence[pulumi.Input[PortSelectorArgs]]]]
    """Destination ports; default any."""


class GlobalTrafficSelectorArgs(TypedDict):
    """Direction of the traffic of a catalogue entry."""

    mode: NotRequired[pulumi.Input[Mode]]
    """CLIENT, SERVER or CLIENT_AND_SERVER (default)."""


class WorkloadSelectorArgs(TypedDict):
    """The pods of a gateway."""

    namespace: pulumi.Input[str]
    """Namespace of the pods; also that of the plugins and their pull secrets."""
    labels: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """Labels of the pods, at least one."""


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
    PullSecretRef: TypeAlias = "PullSecret" | pulumi.Input[PullSecretDefinition]
else:
    PullSecretRef = pulumi.Input[PullSecretDefinition]


class WasmExtensionFields(TypedDict):
    """What a catalogue entry says of an extension: TSB's fields, and what Istio offers beyond them."""

    display_name: NotRequired[pulumi.Input[str]]
    """A name for people."""
    description: NotRequired[pulumi.Input[str]]
    """What the extension does; may be as long as a README."""
    source: NotRequired[pulumi.Input[str]]
    """Where the code is found."""
    image: NotRequired[pulumi.Input[str]]
    """OCI image, ``oci://registry/repository:tag@digest`` (TSB 1.6). Either this or url is required."""
    url: NotRequired[pulumi.Input[str]]
    """Module URL: ``oci://``, ``https://``, ``http://`` or ``file://`` (TSB 1.7)."""
    allowed_in: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """FQNs of the tenants that may use it; empty: the whole organization."""
    phase: NotRequired[pulumi.Input[Phase]]
    """UNSPECIFIED_PHASE (default), AUTHN, AUTHZ, STATS; ASM_ROUTER on Alibaba ASM."""
    priority: NotRequired[pulumi.Input[int]]
    """Order within the phase, descending, int32; ties go by FQN; default 0."""
    config: NotRequired[pulumi.Input[Mapping[str, Any]]]
    """The plugin's own configuration. Its keys are never touched. An attachment's config replaces it whole."""
    image_pull_policy: NotRequired[pulumi.Input[Policy]]
    """UNSPECIFIED_POLICY (default), IfNotPresent or Always."""
    image_pull_secret: NotRequired[pulumi.Input[str]]
    """Name of a Secret that exists already in every namespace of its plugins. Or give pull_secret."""
    vm_config: NotRequired[pulumi.Input[VmConfigArgs]]
    """Environment of the VM."""
    match: NotRequired[pulumi.Input[GlobalTrafficSelectorArgs]]
    """Direction of the traffic; an attachment's match replaces it."""
    sha256: NotRequired[pulumi.Input[str]]
    """Checksum: of the image manifest (oci) or of the module file (http, https)."""
    fail_strategy: NotRequired[pulumi.Input[Strategy]]
    """FAIL_CLOSE (default), FAIL_OPEN or FAIL_RELOAD."""
    plugin_name: NotRequired[pulumi.Input[str]]
    """The root id by which the module chooses what to run."""
    type: NotRequired[pulumi.Input[Kind]]
    """HTTP (default) or NETWORK."""


class WasmExtensionArgs(WasmExtensionFields):
    """A Wasm extension in the catalogue of an organization."""

    organization: NotRequired[pulumi.Input[str]]
    """Name of the organization; with the component's name it makes the FQN. Either this or fqn is required."""
    fqn: NotRequired[pulumi.Input[str]]
    """``organizations/<organization>/extensions/<name>``."""
    pull_secret: NotRequired[PullSecretRef]
    """Registry credentials: a PullSecret (other languages: its definition). Its Secret is put beside every plugin."""
    pull_secrets: NotRequired[Sequence[PullSecretRef]]
    """Several of them: in each cluster the one that serves the image there is taken, as registry mirrors need it."""
    waivers: NotRequired[Sequence[str]]
    """Findings that are accepted for a while: ``MW403 until 2027-01-31: why``."""


class ExtensionDefinition(WasmExtensionFields):
    """A catalogue entry as it travels between components and stacks."""

    fqn: pulumi.Input[str]
    """``organizations/<organization>/extensions/<name>``."""
    version: NotRequired[pulumi.Input[int]]
    """Version of the form of this definition."""
    secret_fields: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """The fields that are secret, where Pulumi's marks were lost on the way."""
    pull_secret: NotRequired[pulumi.Input[PullSecretDefinition]]
    """Registry credentials; secret."""
    pull_secrets: NotRequired[Sequence[pulumi.Input[PullSecretDefinition]]]
    """Registry credentials of several registries; secret."""


if TYPE_CHECKING:
    TsbDocument: TypeAlias = str | Mapping[str, Any]
else:
    TsbDocument = str

if TYPE_CHECKING:
    ExtensionRef: TypeAlias = "WasmExtension" | pulumi.Input[ExtensionDefinition]
else:
    ExtensionRef = pulumi.Input[ExtensionDefinition]


class AttachedExtensionArgs(TypedDict):
    """One extension on a target (TSB WasmExtensionAttachment)."""

    extension: ExtensionRef
    """The extension: a WasmExtension (other languages, other stacks: its definition)."""
    fqn: NotRequired[str]
    """FQN of the extension. Needed only where the definition is an Output: it names the resources at preview."""
    config: NotRequired[pulumi.Input[Mapping[str, Any]]]
    """Configuration for this target; replaces the extension's config whole."""
    match: NotRequired[pulumi.Input[Sequence[pulumi.Input[TrafficSelectorArgs]]]]
    """Traffic that passes through the plugin; replaces the extension's match. Any of them suffices."""
    pull_secret: NotRequired[PullSecretRef]
    """Registry credentials; replace the extension's. Needed where the definition is an Output: Secrets must be known."""
    pull_secrets: NotRequired[Sequence[PullSecretRef]]
    """Several of them: in each cluster the one that serves the image there is taken."""


class ClusterArgs(TypedDict):
    """One cluster: how to reach it, and its mesh facts. The facts decide which objects exist, so they are plain."""

    provider: NotRequired[k8s.Provider]
    """The Kubernetes provider of this cluster; required unless another stack owns it. No default provider is ever used."""
    owned: NotRequired[bool]
    """Whether this stack writes to the cluster; default true. What another stack owns is planned, and not written here."""
    labels: NotRequired[Mapping[str, str]]
    """Labels by which attachments select clusters."""
    istio_version: NotRequired[str]
    """Istio's version, e.g. ``1.27``."""
    namespaces: NotRequired[Sequence[str]]
    """The namespaces that exist; needed wherever a selector holds a wildcard."""
    dialect: NotRequired[MeshDialect]
    """istio (default) or asm."""
    root_namespace: NotRequired[str]
    """Istio's root namespace; default istio-system."""
    revision: NotRequired[str]
    """Value of the label ``istio.io/rev`` of every plugin."""
    registry_mirrors: NotRequired[Mapping[str, str]]
    """Mirror by registry host, e.g. ``{"registry.acme.io": "mirror.west.acme.io:5000"}``: images are pulled from there."""
    wasm_download_proxy: NotRequired[bool]
    """Whether TSB's download proxy fetches OCI images here; then pull secrets stand in istio-system. Default false."""
    secrets_mutable: NotRequired[bool]
    """Whether the provider has enableSecretMutable: then a new password updates Secrets in place, instead of making new
    ones under new names. Default false."""


class FleetArgs(TypedDict):
    """Where to write: the clusters, and which of them."""

    fleet: Mapping[str, ClusterArgs]
    """The clusters by name; in Python a Fleet."""
    clusters: NotRequired[Mapping[str, str]]
    """Labels that a cluster must carry to be selected; default: all clusters."""
    cluster_names: NotRequired[Sequence[str]]
    """Names of the clusters to select; default: all that carry the labels."""


class AttachmentArgs(FleetArgs):
    """What all attachments have in common."""

    extensions: Sequence[AttachedExtensionArgs]
    """The extensions, in any order: phase, priority and FQN decide the order in which they run."""
    waivers: NotRequired[Sequence[str]]
    """Findings that are accepted for a while: ``MW403 until 2027-01-31: why``."""


class GatewayAttachmentArgs(AttachmentArgs):
    """Extensions on a gateway."""

    gateway: pulumi.Input[str]
    """FQN of the gateway."""
    workload_selector: pulumi.Input[WorkloadSelectorArgs]
    """The gateway's pods."""
    namespace_selector: NotRequired[Sequence[str]]
    """``cluster/namespace`` entries of the gateway's group; narrows the clusters. Default: all selected clusters."""


class SecurityGroupAttachmentArgs(AttachmentArgs):
    """Extensions on a security group: on all workloads of its namespaces."""

    group: pulumi.Input[str]
    """FQN of the security group."""
    namespace_selector: Sequence[str]
    """``cluster/namespace`` entries; the cluster exact or ``*``, the namespace exact, ``*`` or ``prefix-*``."""


class TsbManifestsArgs(FleetArgs):
    """TSB YAML as `tctl get` prints it, or as GitOps custom resources: extensions, gateways, security settings, groups."""

    paths: NotRequired[Sequence[str]]
    """Files and folders (with their subfolders), relative to the folder of the Pulumi project."""
    documents: NotRequired[Sequence[TsbDocument]]
    """YAML texts, each of one or several documents; in Python also mappings. Give these, or paths, or both."""
    pull_secrets: NotRequired[Mapping[str, PullSecretRef]]
    """Credentials to write, by the name that ``imagePullSecret`` has for them. Secrets of other names must exist already."""


class MetadataArgs(TypedDict):
    """Metadata of a WasmPlugin."""

    namespace: pulumi.Input[str]
    """Namespace of the plugin; in the root namespace it reaches the whole mesh."""
    name: NotRequired[pulumi.Input[str]]
    """Name of the object; default: the name of the component."""
    labels: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Labels."""
    annotations: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Annotations."""


class IstioWorkloadSelectorArgs(TypedDict):
    """Pods by their labels, within the plugin's namespace."""

    match_labels: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """All of these labels."""


class PolicyTargetReferenceArgs(TypedDict):
    """A resource that a plugin is attached to."""

    kind: pulumi.Input[str]
    """Gateway, Service, ServiceEntry or GatewayClass."""
    name: pulumi.Input[str]
    """Name of the resource, in the plugin's namespace."""
    group: NotRequired[pulumi.Input[str]]
    """API group; empty means core."""
    namespace: NotRequired[pulumi.Input[str]]
    """Must stay empty."""


class WasmPluginSpecArgs(TypedDict):
    """The spec of an Istio WasmPlugin."""

    url: pulumi.Input[str]
    """Module URL: ``oci://`` (also the default), ``https://``, ``http://`` or ``file://``."""
    selector: NotRequired[pulumi.Input[IstioWorkloadSelectorArgs]]
    """Pods of the namespace; default all."""
    target_ref: NotRequired[pulumi.Input[PolicyTargetReferenceArgs]]
    """One resource; superseded by target_refs."""
    target_refs: NotRequired[pulumi.Input[Sequence[pulumi.Input[PolicyTargetReferenceArgs]]]]
    """Resources of the Gateway API, at most 16; waypoints listen to nothing else."""
    sha256: NotRequired[pulumi.Input[str]]
    """64 lower-case hexadecimal digits."""
    image_pull_policy: NotRequired[pulumi.Input[Policy]]
    """UNSPECIFIED_POLICY, IfNotPresent or Always."""
    image_pull_secret: NotRequired[pulumi.Input[str]]
    """Name of a Secret of type kubernetes.io/dockerconfigjson that exists in the plugin's namespace."""
    verification_key: NotRequired[pulumi.Input[str]]
    """In the CRD, but Istio ignores it."""
    plugin_config: NotRequired[pulumi.Input[Mapping[str, Any]]]
    """Handed to the plugin as JSON. Its keys are never touched."""
    plugin_name: NotRequired[pulumi.Input[str]]
    """Envoy's root id, 1 to 256 characters."""
    phase: NotRequired[pulumi.Input[Phase]]
    """UNSPECIFIED_PHASE (default), AUTHN, AUTHZ, STATS; ASM_ROUTER on Alibaba ASM."""
    priority: NotRequired[pulumi.Input[int]]
    """Order within the phase, descending, int32; default 0, always written out."""
    fail_strategy: NotRequired[pulumi.Input[Strategy]]
    """FAIL_CLOSE (default), FAIL_OPEN or FAIL_RELOAD."""
    vm_config: NotRequired[pulumi.Input[VmConfigArgs]]
    """Environment of the VM."""
    match: NotRequired[pulumi.Input[Sequence[pulumi.Input[TrafficSelectorArgs]]]]
    """Traffic that passes through the plugin; default all."""
    type: NotRequired[pulumi.Input[Kind]]
    """HTTP (default) or NETWORK."""


class WasmPluginArgs(FleetArgs):
    """An Istio WasmPlugin, typed and validated, in every selected cluster."""

    metadata: MetadataArgs
    """Name, namespace, labels and annotations."""
    spec: WasmPluginSpecArgs
    """The spec, every field of Istio's reference."""
    pull_secret: NotRequired[PullSecretRef]
    """Registry credentials: a PullSecret (other languages: its definition). Its Secret is put beside the plugin."""
    pull_secrets: NotRequired[Sequence[PullSecretRef]]
    """Several of them: in each cluster the one that serves the image there is taken, as registry mirrors need it."""
    waivers: NotRequired[Sequence[str]]
    """Findings that are accepted for a while: ``MW403 until 2027-01-31: why``."""


class PluginReference(TypedDict):
    """One WasmPlugin that a component made."""

    cluster: str
    """Name of the cluster."""
    namespace: str
    """Namespace of the object."""
    name: str
    """Name of the object."""
    url: str
    """URL of the module."""
    phase: str
    """Phase of the plugin."""
    priority: int
    """The emitted priority."""
