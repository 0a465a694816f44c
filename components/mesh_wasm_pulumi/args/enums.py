"""The enumerations as arguments: in Python, a text will do.

This module must not use ``from __future__ import annotations``: the component host reads the real types.
"""

from typing import TYPE_CHECKING, TypeAlias

from mesh_wasm.values.enums import (
    DefaultGateways,
    Dialect,
    EnvValueSource,
    ExtensionPhase,
    FailStrategy,
    PluginKind,
    PluginPhase,
    PluginType,
    PullPolicy,
    StricterLists,
    WorkloadMode,
)

# A union has no place in a Pulumi schema, so other languages see the second form only.

if TYPE_CHECKING:
    AtGateways: TypeAlias = DefaultGateways | str
    Combined: TypeAlias = StricterLists | str
    EnvSource: TypeAlias = EnvValueSource | str
    Emitted: TypeAlias = PluginKind | str
    Kind: TypeAlias = PluginType | str
    MeshDialect: TypeAlias = Dialect | str
    Mode: TypeAlias = WorkloadMode | str
    Phase: TypeAlias = PluginPhase | str
    PhaseOfExtension: TypeAlias = ExtensionPhase | str
    Policy: TypeAlias = PullPolicy | str
    Strategy: TypeAlias = FailStrategy | str
else:
    EnvSource, Kind, MeshDialect, Mode = EnvValueSource, PluginType, Dialect, WorkloadMode
    Phase, Policy, Strategy = PluginPhase, PullPolicy, FailStrategy
    AtGateways, Combined = DefaultGateways, StricterLists
    Emitted, PhaseOfExtension = PluginKind, ExtensionPhase
