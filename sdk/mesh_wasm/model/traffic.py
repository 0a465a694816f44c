"""Selecting traffic: by direction and port (Istio TrafficSelector, TSB TrafficSelector and GlobalTrafficSelector)."""

from __future__ import annotations

from mesh_wasm.values.base import Leaf, Model, Port
from mesh_wasm.values.enums import WorkloadMode


class PortSelector(Model):
    """One port (Istio type/v1beta1 PortSelector)."""

    number: Leaf[Port]
    """1 to 65535. On a gateway it is the port that the proxy listens on: the Service's targetPort."""


class TrafficSelector(Model):
    """Traffic that passes through a plugin: mode AND any of the ports (Istio WasmPlugin.TrafficSelector)."""

    mode: Leaf[WorkloadMode] | None = None
    """Direction; default CLIENT_AND_SERVER. A gateway's traffic is CLIENT."""
    ports: Leaf[list[Leaf[PortSelector]]] | None = None
    """Ports; default any. No number twice within one selector."""


class GlobalTrafficSelector(Model):
    """The selector of a catalogue entry: direction only (TSB since 1.7)."""

    mode: Leaf[WorkloadMode] | None = None
    """Direction; default CLIENT_AND_SERVER."""
