"""Traffic, workloads and the VM: what extensions, attachments and plugins share.

This module must not use ``from __future__ import annotations``: the component host reads the real types.
"""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi

from .enums import EnvSource, Mode


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
