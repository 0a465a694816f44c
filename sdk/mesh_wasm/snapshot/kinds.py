"""The kinds of objects that a snapshot holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of the Kubernetes API."""

    group: str
    """Empty for the core."""
    version: str
    """The version that is asked first; the server's own choice is taken where it lacks this one."""
    kind: str
    plural: str
    namespaced: bool = True
    metadata_only: bool = False
    """Whether the metadata is all that is read of it."""

    @property
    def api_version(self) -> str:
        """As in ``apiVersion`` of a manifest."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def called(self) -> str:
        """Plural and group, as RBAC and kubectl name it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


_ISTIO, _SECURITY, _GATEWAY_API = "networking.istio.io", "security.istio.io", "gateway.networking.k8s.io"
_EXTENSIONS = "extensions.istio.io"

NAMESPACE = Kind("", "v1", "Namespace", "namespaces", namespaced=False)
SECRET = Kind("", "v1", "Secret", "secrets")
POD = Kind("", "v1", "Pod", "pods", metadata_only=True)
REPLICA_SET = Kind("apps", "v1", "ReplicaSet", "replicasets", metadata_only=True)
WASM_PLUGIN = Kind(_EXTENSIONS, "v1alpha1", "WasmPlugin", "wasmplugins")
TRAFFIC_EXTENSION = Kind(_EXTENSIONS, "v1alpha1", "TrafficExtension", "trafficextensions")
ENVOY_FILTER = Kind(_ISTIO, "v1alpha3", "EnvoyFilter", "envoyfilters")

PLUGINS = (WASM_PLUGIN, TRAFFIC_EXTENSION, ENVOY_FILTER)
"""Kept whole, with the managers of their fields: these are taken over and compared."""

KINDS: tuple[Kind, ...] = (
    NAMESPACE,
    SECRET,
    Kind("", "v1", "Service", "services"),
    POD,
    REPLICA_SET,
    Kind("apps", "v1", "Deployment", "deployments"),
    Kind("apps", "v1", "StatefulSet", "statefulsets"),
    Kind("apps", "v1", "DaemonSet", "daemonsets"),
    Kind("batch", "v1", "Job", "jobs"),
    Kind("batch", "v1", "CronJob", "cronjobs"),
    Kind("argoproj.io", "v1alpha1", "Rollout", "rollouts"),
    Kind("bitnami.com", "v1alpha1", "SealedSecret", "sealedsecrets"),
    Kind("external-secrets.io", "v1", "ExternalSecret", "externalsecrets"),
    Kind(_GATEWAY_API, "v1", "Gateway", "gateways"),
    Kind(_GATEWAY_API, "v1", "GatewayClass", "gatewayclasses", namespaced=False),
    Kind(_ISTIO, "v1", "Gateway", "gateways"),
    Kind(_ISTIO, "v1", "ServiceEntry", "serviceentries"),
    Kind(_ISTIO, "v1", "WorkloadEntry", "workloadentries"),
    Kind(_ISTIO, "v1", "WorkloadGroup", "workloadgroups"),
    Kind(_SECURITY, "v1", "AuthorizationPolicy", "authorizationpolicies"),
    Kind(_SECURITY, "v1", "RequestAuthentication", "requestauthentications"),
    *PLUGINS,
)
"""Everything that decides what a plugin does."""

OF_THE_MESH: tuple[Kind, ...] = (
    Kind("admissionregistration.k8s.io", "v1", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", False),
    Kind("config.openshift.io", "v1", "ImageTagMirrorSet", "imagetagmirrorsets", False),
    Kind("config.openshift.io", "v1", "ImageDigestMirrorSet", "imagedigestmirrorsets", False),
)
"""Read for the facts of the mesh, and not kept."""


def head(manifest: Mapping[str, Any]) -> tuple[str, str]:
    """API group and kind of a manifest."""
    group, slash, _ = str(manifest.get("apiVersion", "")).partition("/")
    return (group if slash else ""), str(manifest.get("kind", ""))
