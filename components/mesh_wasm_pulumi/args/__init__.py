"""The arguments of the components, as Python users and every other Pulumi language write them.

Each docstring becomes the description in the package's schema. Names are snake_case here and camelCase on the wire.
"""

from .attachment import (
    AttachedExtensionArgs,
    AttachmentArgs,
    DefaultSecuritySettingArgs,
    GatewayAttachmentArgs,
    SecurityGroupAttachmentArgs,
    ServiceSecuritySettingArgs,
    TsbManifestsArgs,
)
from .extension import ExtensionDefinition, WasmExtensionArgs, WasmExtensionFields
from .fleet import ClusterArgs, FleetArgs
from .plugin import (
    IstioWorkloadSelectorArgs,
    MetadataArgs,
    PluginReference,
    PolicyTargetReferenceArgs,
    WasmPluginArgs,
    WasmPluginSpecArgs,
)
from .secret import (
    ExternalSecretArgs,
    PullSecretArgs,
    PullSecretDefinition,
    RegistryCredentialsArgs,
    RemoteRefArgs,
    SecretStoreArgs,
)
from .signer import SignerArgs
from .traffic import (
    EnvVarArgs,
    GlobalTrafficSelectorArgs,
    PortSelectorArgs,
    TrafficSelectorArgs,
    VmConfigArgs,
    WorkloadSelectorArgs,
)
from .traffic_extension import LuaConfigArgs, TrafficExtensionArgs, TrafficExtensionSpecArgs, WasmConfigArgs

__all__ = [
    "AttachedExtensionArgs",
    "AttachmentArgs",
    "ClusterArgs",
    "DefaultSecuritySettingArgs",
    "EnvVarArgs",
    "ExtensionDefinition",
    "ExternalSecretArgs",
    "FleetArgs",
    "GatewayAttachmentArgs",
    "GlobalTrafficSelectorArgs",
    "IstioWorkloadSelectorArgs",
    "LuaConfigArgs",
    "MetadataArgs",
    "PluginReference",
    "PolicyTargetReferenceArgs",
    "PortSelectorArgs",
    "PullSecretArgs",
    "PullSecretDefinition",
    "RegistryCredentialsArgs",
    "RemoteRefArgs",
    "SecretStoreArgs",
    "SecurityGroupAttachmentArgs",
    "ServiceSecuritySettingArgs",
    "SignerArgs",
    "TrafficExtensionArgs",
    "TrafficExtensionSpecArgs",
    "TrafficSelectorArgs",
    "TsbManifestsArgs",
    "VmConfigArgs",
    "WasmConfigArgs",
    "WasmExtensionArgs",
    "WasmExtensionFields",
    "WasmPluginArgs",
    "WasmPluginSpecArgs",
    "WorkloadSelectorArgs",
]
