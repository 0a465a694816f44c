"""Selecting workloads and resources (Istio WorkloadSelector and PolicyTargetReference, TSB WorkloadSelector)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mesh_wasm.values.base import Leaf, Model, Str


class IstioWorkloadSelector(Model):
    """Pods by their labels, within the plugin's namespace (Istio type/v1beta1 WorkloadSelector)."""

    match_labels: Leaf[dict[str, Leaf[Str] | None]] | None = None
    """All of these labels; values at most 63 characters, no wildcards. The schema lets a value be null, and drops it."""


class PolicyTargetReference(Model):
    """A resource that a plugin is attached to (Istio type/v1beta1 PolicyTargetReference)."""

    group: Leaf[Str] | None = None
    """API group; empty means core."""
    kind: Leaf[Str]
    """Gateway, Service (waypoints), ServiceEntry (waypoints) or GatewayClass (root namespace)."""
    name: Leaf[Str]
    """Name of the resource, in the plugin's namespace."""
    namespace: Leaf[Str] | None = None
    """Must stay empty: Istio supports no reference across namespaces."""


class WorkloadSelector(Model):
    """A gateway's workload: one namespace and at least one label (TSB types v2 WorkloadSelector)."""

    namespace: Leaf[Annotated[Str, Field(min_length=1)]]
    """Namespace of the gateway's pods; also that of the plugins and their pull secrets."""
    labels: Leaf[dict[str, Leaf[Str]]]
    """Labels of the gateway's pods, at least one."""
