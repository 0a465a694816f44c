"""Istio in one cluster: its CRDs, and istiod with the validating webhook that the API server asks."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from . import MeshError
from .api import Api, Object
from .state import Home

NAMESPACE = "istio-system"

MESH_CONFIG: Mapping[str, Any] = {
    "rootNamespace": NAMESPACE,
    # Stock Envoy has none of Istio's own filters; a proxy that is sent one refuses everything.
    "defaultProviders": {},
}

_AMBIENT: Mapping[str, str] = {
    "PILOT_ENABLE_AMBIENT": "true",
    # Else a waypoint's listeners refer to filter state of Istio's own Envoy.
    "AMBIENT_ENABLE_MULTI_NETWORK_WAYPOINT": "false",
    # It would create a Deployment for each Gateway, which nobody runs here.
    "PILOT_ENABLE_GATEWAY_API_DEPLOYMENT_CONTROLLER": "false",
}


@dataclass(frozen=True)
class Istiod:
    """One istiod: where its files lie and on which ports it listens."""

    home: Home
    grpc_port: int
    secure_grpc_port: int
    http_port: int
    webhook_port: int
    monitoring_port: int
    introspection_port: int
    ambient: bool = False

    @property
    def env(self) -> dict[str, str]:
        """What istiod reads of its pod elsewhere."""
        return {
            "POD_NAME": "istiod-1",
            "POD_NAMESPACE": NAMESPACE,
            "CLUSTER_ID": "Kubernetes",
            "ENABLE_CA_SERVER": "true",
            # A single istiod that was killed must not wait for its own lease to run out.
            "ENABLE_LEADER_ELECTION": "false",
            "ISTIOD_CUSTOM_HOST": "127.0.0.1",
            "PILOT_ENABLE_ALPN_FILTER": "false",
            "PILOT_ENABLE_METADATA_EXCHANGE": "false",
            "INJECTION_WEBHOOK_CONFIG_NAME": "",
            "VALIDATION_WEBHOOK_CONFIG_NAME": "",
            **(_AMBIENT if self.ambient else {}),
        }

    def prepare(self) -> None:
        """Write the mesh configuration."""
        self._mesh_config.write_text(yaml.safe_dump(dict(MESH_CONFIG)))

    def argv(self, program: Path) -> list[str | Path]:
        """Every port is named, for each has a fixed default that a second istiod could not have."""
        return [
            program,
            "discovery",
            f"--kubeconfig={self.home.kubeconfig}",
            f"--meshConfig={self._mesh_config}",
            f"--grpcAddr=127.0.0.1:{self.grpc_port}",
            f"--secureGRPCAddr=127.0.0.1:{self.secure_grpc_port}",
            f"--httpAddr=127.0.0.1:{self.http_port}",
            f"--httpsAddr=127.0.0.1:{self.webhook_port}",
            f"--monitoringAddr=127.0.0.1:{self.monitoring_port}",
            f"--ctrlz_port={self.introspection_port}",
            "--domain=cluster.local",
        ]

    def webhook(self, authority: str) -> Object:
        """The configuration of Istio's own chart, but for the address, and failing closed from the start."""
        return {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": "istiod-default-validator", "labels": {"app": "istiod", "istio": "istiod"}},
            "webhooks": [
                {
                    "name": "validation.istio.io",
                    "clientConfig": {
                        "url": f"https://127.0.0.1:{self.webhook_port}/validate",
                        "caBundle": base64.b64encode(authority.encode()).decode(),
                    },
                    "rules": [
                        {
                            "operations": ["CREATE", "UPDATE"],
                            "apiGroups": [
                                f"{group}.istio.io" for group in ("security", "networking", "telemetry", "extensions")
                            ],
                            "apiVersions": ["*"],
                            "resources": ["*"],
                        }
                    ],
                    "failurePolicy": "Fail",
                    "sideEffects": "None",
                    "admissionReviewVersions": ["v1"],
                }
            ],
        }

    @property
    def _mesh_config(self) -> Path:
        return self.home.path / "mesh.yaml"


def install_crds(api: Api, *files: Path, timeout: float = 60) -> None:
    """Create the CRDs of some files and wait until they are Established and the API server serves them all."""
    documents = [
        document
        for file in files
        for document in _load_all(file.read_text())
        if document and document["kind"] == "CustomResourceDefinition"
    ]
    for document in documents:
        api.apply(document).accepted()
    wanted = {document["metadata"]["name"] for document in documents}
    deadline = time.monotonic() + timeout
    while pending := wanted - _established(api):
        if time.monotonic() > deadline:
            raise MeshError(f"the API server did not establish {', '.join(sorted(pending))} in {timeout:.0f} s")
        time.sleep(0.05)
    # Discovery follows a little later, and who asks it too early is told that there is no such kind.
    while not all(_served(api, document) for document in documents):
        if time.monotonic() > deadline:
            raise MeshError(f"the API server did not serve all CRDs in {timeout:.0f} s")
        time.sleep(0.05)


def knows_wasm_plugins(api: Api) -> bool:
    """Whether the WasmPlugin CRD is installed; a test may have taken it away."""
    return api.get("apiextensions.k8s.io/v1", "CustomResourceDefinition", "wasmplugins.extensions.istio.io").ok


def root_certificate(api: Api) -> str | None:
    """The authority that signed istiod's certificate, once istiod has published it."""
    answer = api.get("v1", "ConfigMap", "istio-ca-root-cert", NAMESPACE)
    return answer.body["data"]["root-cert.pem"] if answer.ok else None


def webhook_judges(api: Api) -> bool:
    """Whether the webhook is truly asked: what only it refuses is refused, and what it accepts passes."""
    refused = api.create(_probe({"group": "apps", "kind": "Deployment", "name": "probe"}), dry_run=True)
    return refused.refused_by_webhook and api.create(_probe(None), dry_run=True).ok


def _probe(target: Mapping[str, str] | None) -> Object:
    return {
        "apiVersion": "extensions.istio.io/v1alpha1",
        "kind": "WasmPlugin",
        "metadata": {"name": "webhook-probe", "namespace": "default"},
        "spec": {"url": "oci://example.com/probe:v1"} | ({"targetRef": dict(target)} if target else {}),
    }


def _established(api: Api) -> set[str]:
    return {
        crd["metadata"]["name"]
        for crd in api.list("apiextensions.k8s.io/v1", "CustomResourceDefinition")
        for condition in crd.get("status", {}).get("conditions") or []
        if (condition["type"], condition["status"]) == ("Established", "True")
    }


def _served(api: Api, crd: Object) -> bool:
    spec = crd["spec"]
    for version in (version["name"] for version in spec["versions"] if version["served"]):
        found = api.request("GET", f"/apis/{spec['group']}/{version}").body.get("resources", [])
        if spec["names"]["kind"] not in {resource["kind"] for resource in found}:
            return False
    return True


def _load_all(text: str) -> list[Any]:
    # The C loader, where PyYAML was built with it, is ten times faster on these 15,000 lines.
    return list(yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
