"""Clusters and fleets.

This module must not use ``from __future__ import annotations``: the component host reads the real types.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi_kubernetes as k8s

from .enums import Emitted, MeshDialect
from .signer import Signer


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
    emit: NotRequired[Emitted]
    """WasmPlugin (default), or TrafficExtension where Istio is 1.30 or newer: what is written into the cluster."""
    secrets_mutable: NotRequired[bool]
    """Whether the provider has enableSecretMutable: then a new password updates Secrets in place, instead of making new
    ones under new names. Default false."""
    tsb_direct: NotRequired[bool]
    """Whether plugins are given to TSB in its direct mode: with its four annotations, of an IstioInternalGroup. Default
    false."""
    verify: NotRequired[Sequence[Signer]]
    """Those of whom one must have signed each module with cosign, unless the extension names its own signers."""
    surroundings: NotRequired[Sequence[Mapping[str, Any]]]
    """Other objects of the cluster that decide what plugins do, as Kubernetes manifests: Gateways, Services, workloads,
    namespaces, Secrets, policies. What is not among them may exist all the same."""
    snapshot: NotRequired[str]
    """Path of what ``mesh-wasm snapshot`` has written of the cluster. Namespaces, version, root namespace and mirrors are
    taken from it where they are not given, and its objects are surroundings."""


class FleetArgs(TypedDict):
    """Where to write: the clusters, and which of them."""

    fleet: Mapping[str, ClusterArgs]
    """The clusters by name."""
    clusters: NotRequired[Mapping[str, str]]
    """Labels that a cluster must carry to be selected; default: all clusters."""
    cluster_names: NotRequired[Sequence[str]]
    """Names of the clusters to select; default: all that carry the labels."""
