"""Attachments: extensions on a target.

This module must not use ``from __future__ import annotations``: the component host reads the real types.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NotRequired, TypeAlias, TypedDict

import pulumi

from .enums import AtGateways, Combined
from .extension import ExtensionDefinition
from .fleet import FleetArgs
from .secret import PullSecretRef
from .traffic import TrafficSelectorArgs, WorkloadSelectorArgs

if TYPE_CHECKING:
    from mesh_wasm_pulumi._values.declared import DeclaredExtension

if TYPE_CHECKING:
    TsbDocument: TypeAlias = str | Mapping[str, Any]
else:
    TsbDocument = str


if TYPE_CHECKING:
    ExtensionRef: TypeAlias = "DeclaredExtension" | pulumi.Input[ExtensionDefinition]
else:
    ExtensionRef = pulumi.Input[ExtensionDefinition]


class AdoptedObjectArgs(TypedDict):
    """An object that exists already, in one cluster and namespace: its metadata, whole."""

    name: str
    """Its name."""
    labels: NotRequired[Mapping[str, str]]
    """Its labels: all of them, for none is added."""
    annotations: NotRequired[Mapping[str, str]]
    """Its annotations: all that the program is to keep."""


class AttachedExtensionArgs(TypedDict):
    """One extension on a target (TSB WasmExtensionAttachment)."""

    extension: ExtensionRef
    """The WasmExtension itself, or the output ``definition`` of one of another stack."""
    fqn: NotRequired[str]
    """FQN of the extension. Needed only where a definition is not known yet at preview: it names the resources."""
    config: NotRequired[pulumi.Input[Mapping[str, Any]]]
    """Configuration for this target; replaces the extension's config whole."""
    match: NotRequired[pulumi.Input[Sequence[pulumi.Input[TrafficSelectorArgs]]]]
    """Traffic that passes through the plugin; replaces the extension's match. Any of them suffices."""
    adopted: NotRequired[Mapping[str, AdoptedObjectArgs]]
    """Objects that exist already, by ``cluster/namespace``: each is taken over as it is, under its own name, with nothing
    added. docs/adopt.md says how they are imported."""
    pull_secret: NotRequired[PullSecretRef]
    """Registry credentials; replace the extension's. Needed where a definition is not known yet: Secrets must be visible."""
    pull_secrets: NotRequired[Sequence[PullSecretRef]]
    """Several of them: in each cluster the one that serves the image there is taken."""


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


class DefaultSecuritySettingArgs(AttachmentArgs):
    """Extensions that an organization, tenant or workspace attaches for all that stands below it."""

    resource: pulumi.Input[str]
    """FQN of the organization, tenant or workspace."""
    namespace_selector: Sequence[str]
    """``cluster/namespace`` entries of the workspaces below; the namespace exact, ``*`` or ``prefix-*``."""
    replaced_in: NotRequired[Sequence[str]]
    """Entries of the namespaces among them where a lower level has extensions of its own: TSB replaces the list there."""
    stricter: NotRequired[Combined]
    """``union``: below propagation strategy STRICTER both lists run where a lower level has one, too."""
    gateways: NotRequired[AtGateways]
    """Whether it reaches namespaces with gateways, which TSB does not document; default: it does, with a warning."""


class ServiceSecuritySettingArgs(AttachmentArgs):
    """Extensions on one service of a security group."""

    setting: pulumi.Input[str]
    """FQN of the ServiceSecuritySetting: ``…/securitygroups/<group>/servicesettings/<name>``."""
    workload_selector: pulumi.Input[WorkloadSelectorArgs]
    """The service's pods: its namespace, and the labels that its Service selects."""
    namespace_selector: NotRequired[Sequence[str]]
    """``cluster/namespace`` entries of the group; narrows the clusters. Default: all selected clusters."""
    stricter: NotRequired[Combined]
    """``union``: what the levels above attach in the namespace runs as well."""


class TsbManifestsArgs(FleetArgs):
    """TSB YAML as `tctl get` prints it, or as GitOps custom resources: extensions, gateways, security settings, groups."""

    paths: NotRequired[Sequence[str]]
    """Files and folders (with their subfolders), relative to the folder of the Pulumi project."""
    documents: NotRequired[Sequence[TsbDocument]]
    """YAML texts, each of one or several documents. Give these, or paths, or both."""
    pull_secrets: NotRequired[Mapping[str, PullSecretRef]]
    """Credentials to write, by the name that ``imagePullSecret`` has for them. Secrets of other names must exist already."""
    stricter: NotRequired[Combined]
    """``union``: below propagation strategy STRICTER all lists run. TSB does not document it, so it is refused else."""
    gateways: NotRequired[AtGateways]
    """Whether defaults reach namespaces with gateways; default: they do, with a warning."""
    waivers: NotRequired[Sequence[str]]
    """Findings that are accepted for a while, beside those that the documents waive: ``MW403 until 2027-01-31: why``."""
