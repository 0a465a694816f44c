"""The kinds of TSB resources that mesh-wasm reads, and where in the hierarchy and in their spec things stand.

A resource is called by its place, so no resource can stand below itself: there are no circles in the hierarchy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mesh_wasm.findings import schema
from mesh_wasm.findings.finding import Finding, quoted
from mesh_wasm.model.target import TargetKind

VERSION = "v2"
"""The one version of TSB's API groups."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of resource."""

    kind: str
    groups: tuple[str, ...]
    """Its API groups: that of tctl, and that of the GitOps custom resource where it differs."""
    parents: tuple[tuple[str, str, str], ...]
    """From the organization on: field of metadata (tctl), annotation (GitOps), collection in the FQN."""
    collection: str
    """Its own collection in the FQN."""
    target: TargetKind | None = None
    """What it is as a target of attachments."""
    lists: tuple[tuple[str, ...], ...] = ()
    """The fields of the spec that list attachments."""
    required: int | None = None
    """How many of the parents must be named; None: all of them."""

    @property
    def is_scope(self) -> bool:
        """Whether its spec says which namespaces it owns: groups and workspaces."""
        return self.kind in ("Group", "Workspace")

    @property
    def carries_profiles(self) -> bool:
        """Whether Profiles can be attached to it."""
        return self.is_scope or self.kind in ("Organization", "Tenant")


_ORGANIZATION = (("organization", "organization", "organizations"),)
_TENANT = (*_ORGANIZATION, ("tenant", "tenant", "tenants"))
_WORKSPACE = (*_TENANT, ("workspace", "workspace", "workspaces"))
_GATEWAY_GROUP = (*_WORKSPACE, ("group", "gatewayGroup", "gatewaygroups"))
_SECURITY_GROUP = (*_WORKSPACE, ("group", "securityGroup", "securitygroups"))

_GATEWAYS = ("gateway.tsb.tetrate.io",)
_SECURITY = ("security.tsb.tetrate.io",)
_API = ("api.tsb.tetrate.io", "tsb.tetrate.io")
_EXTENSION = (("extension",),)
_DEFAULT = (("defaultSecuritySetting", "extension"),)

WASM_EXTENSION = Kind("WasmExtension", ("extension.tsb.tetrate.io",), _ORGANIZATION, "extensions")
ORGANIZATION = Kind("Organization", _API, (), "organizations")
TENANT = Kind("Tenant", _API, _ORGANIZATION, "tenants")
WORKSPACE = Kind("Workspace", _API, _TENANT, "workspaces")
GATEWAY_GROUP = Kind("Group", _GATEWAYS, _WORKSPACE, "gatewaygroups")
SECURITY_GROUP = Kind("Group", _SECURITY, _WORKSPACE, "securitygroups")
INTERNAL_GROUP = Kind("Group", ("istiointernal.tsb.tetrate.io",), _WORKSPACE, "istiointernalgroups")
INGRESS_GATEWAY = Kind(
    "IngressGateway", _GATEWAYS, _GATEWAY_GROUP, "ingressgateways", TargetKind.INGRESS_GATEWAY, _EXTENSION
)
EGRESS_GATEWAY = Kind(
    "EgressGateway", _GATEWAYS, _GATEWAY_GROUP, "egressgateways", TargetKind.EGRESS_GATEWAY, _EXTENSION
)
TIER1_GATEWAY = Kind("Tier1Gateway", _GATEWAYS, _GATEWAY_GROUP, "tier1gateways", TargetKind.TIER1_GATEWAY, _EXTENSION)
GATEWAY = Kind("Gateway", _GATEWAYS, _GATEWAY_GROUP, "unifiedgateways", TargetKind.GATEWAY, (("wasmPlugins",),))
SECURITY_SETTING = Kind(
    "SecuritySetting", _SECURITY, _SECURITY_GROUP, "settings", TargetKind.SECURITY_GROUP, _EXTENSION
)
SERVICE_SETTING = Kind(
    "ServiceSecuritySetting",
    _SECURITY,
    _SECURITY_GROUP,
    "servicesettings",
    TargetKind.SERVICE_SETTING,
    (("settings", "extension"),),
)
ORGANIZATION_SETTING = Kind(
    "OrganizationSetting", _API, _ORGANIZATION, "settings", TargetKind.DEFAULT_SETTING, _DEFAULT
)
TENANT_SETTING = Kind("TenantSetting", _API, _TENANT, "settings", TargetKind.DEFAULT_SETTING, _DEFAULT)
WORKSPACE_SETTING = Kind("WorkspaceSetting", _API, _WORKSPACE, "settings", TargetKind.DEFAULT_SETTING, _DEFAULT)
PROFILE = Kind(
    "Profile",
    ("profile.tsb.tetrate.io", *_API),
    _WORKSPACE,
    "profiles",
    TargetKind.PROFILE,
    (("mandates", "wasmExtensions"), ("defaults", "wasmExtensions")),
    required=1,
)

KINDS = (
    WASM_EXTENSION,
    ORGANIZATION,
    TENANT,
    WORKSPACE,
    GATEWAY_GROUP,
    SECURITY_GROUP,
    INTERNAL_GROUP,
    INGRESS_GATEWAY,
    EGRESS_GATEWAY,
    TIER1_GATEWAY,
    GATEWAY,
    SECURITY_SETTING,
    SERVICE_SETTING,
    ORGANIZATION_SETTING,
    TENANT_SETTING,
    WORKSPACE_SETTING,
    PROFILE,
)
"""All kinds that are read; every other document is passed over."""

DEFAULT_SETTINGS = (ORGANIZATION_SETTING, TENANT_SETTING, WORKSPACE_SETTING)
"""Settings that hold for all that stands below their parent."""

_BY_NAME = {(group, kind.kind): kind for kind in KINDS for group in kind.groups}


def api_group(document: Mapping[str, Any]) -> tuple[str, str]:
    """The API group and version of a document; tctl also takes the key in lower case."""
    group, _, version = str(document.get("apiVersion", document.get("apiversion", ""))).partition("/")
    return group, version


def kind_of(document: object) -> Kind | None:
    """The kind of a document; None for everything that is not read."""
    if not isinstance(document, Mapping):
        return None
    return _BY_NAME.get((api_group(document)[0], str(document.get("kind"))))


def version_findings(document: Mapping[str, Any]) -> list[Finding]:
    """The finding about a version that TSB does not have."""
    group, version = api_group(document)
    if version == VERSION:
        return []
    says = f"{quoted(f'{group}/{version}')} is no version of TSB's API; it has {group}/{VERSION}."
    return [schema.UNKNOWN_ENUM.at("apiVersion", says=says, fix=f"Write `apiVersion: {group}/{VERSION}`.")]
