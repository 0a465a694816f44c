"""What is written to a folder, on a real API server with istiod's webhook."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import yaml
from mesh.api import Api
from mesh.cluster import Cluster
from mesh.fixtures import MakeNamespace
from support.golden import EXAMPLES

from mesh_wasm.manifest import file_text

pytestmark = pytest.mark.cluster

CONFIG = '{"auths":{"registry.acme.io":{"username":"u","password":"p"}}}'
SECRET: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "pull", "labels": {"app.kubernetes.io/managed-by": "mesh-wasm"}},
    "type": "kubernetes.io/dockerconfigjson",
    "stringData": {".dockerconfigjson": CONFIG},
}


def test_translated_manifests_are_admitted(cluster: Cluster, make_namespace: MakeNamespace) -> None:
    namespace = make_namespace(cluster)
    files = sorted((EXAMPLES / "tsb-yaml" / "golden" / "manifests").rglob("*.yaml"))
    assert len(files) == 14
    for file in files:
        manifest = yaml.safe_load(file.read_text())
        manifest["metadata"]["namespace"] = namespace
        answer = cluster.api.apply(manifest, dry_run=True)
        assert answer.ok, f"{file.name}: {answer.message}"
        assert answer.warnings == ()


@pytest.fixture
def redacted(cluster: Cluster, make_namespace: MakeNamespace) -> dict[str, Any]:
    namespace = make_namespace(cluster)
    manifest = {**SECRET, "metadata": {**SECRET["metadata"], "namespace": namespace}}
    written: dict[str, Any] = yaml.safe_load(file_text(manifest))
    return written


def test_a_redacted_secret_makes_no_empty_one(cluster: Cluster, redacted: dict[str, Any]) -> None:
    answer = cluster.api.apply(redacted, manager="kubectl")
    assert answer.reason == "Invalid"
    assert "data[.dockerconfigjson]" in answer.message


def supply(api: Api, redacted: dict[str, Any]) -> None:
    """What the note in the file says: `kubectl create secret generic`."""
    path = api.path("v1", "Secret", redacted["metadata"]["namespace"])
    made = {**redacted, "stringData": SECRET["stringData"]}
    assert api.request("POST", path, made, fieldManager="kubectl-create").ok


def value(api: Api, redacted: dict[str, Any]) -> str:
    secret = api.get("v1", "Secret", "pull", redacted["metadata"]["namespace"]).accepted()
    return base64.b64decode(secret["data"][".dockerconfigjson"]).decode()


def test_a_redacted_secret_leaves_the_values_alone(cluster: Cluster, redacted: dict[str, Any]) -> None:
    supply(cluster.api, redacted)
    assert cluster.api.apply(redacted, manager="kubectl").ok
    assert value(cluster.api, redacted) == CONFIG
    # Client-side apply sends a merge patch of what the file holds.
    path = cluster.api.path("v1", "Secret", redacted["metadata"]["namespace"], "pull")
    patch = {"metadata": {"labels": redacted["metadata"]["labels"]}, "type": redacted["type"]}
    assert cluster.api.request("PATCH", path, patch, "application/merge-patch+json").ok
    assert value(cluster.api, redacted) == CONFIG
