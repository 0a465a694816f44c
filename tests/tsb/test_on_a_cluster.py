"""What is written to a folder, on a real API server with istiod's webhook."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import yaml
from mesh.api import Api
from mesh.cluster import Cluster
from mesh.fixtures import MakeNamespace
from support.golden import EXAMPLES

from mesh_wasm.planning.manifests import file_text
from mesh_wasm.yaml.file import documents

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


SCALARS = """
~ null Null NULL nUll true True TRUE tRue yes Yes YES on On off no No y Y n N nn yy
0 -0 +1 1 -1 007 017 08 089 0o17 -0o17 0O17 0x1F 0X1F -0x1f 0b11 0B11 0b2 1_000 1__0 0x_f 1_ _1 0_ 0b_ 0x_ 0o -08 +017
1. .5 -.5 +.5 1.5 1e3 1E3 1e+3 1.e3 1e 1_000.5 1e_3 1e20 1e21 1e30 1e-3 . .. + .e3 1.2.3 9223372036854775807 0.1
12:30 12:30:45 1:2 2026-11-22 2026-11-22T10:00:00Z 190:20:30 = <<x 1x x1 a:b 1/2 .inf. 1,5 1_ 00 0.0 -0.0
"""


def test_scalars_are_read_as_the_api_server_reads_them(cluster: Cluster, make_namespace: MakeNamespace) -> None:
    namespace = make_namespace(cluster)
    words = SCALARS.split()
    lines = "\n".join(f"    k{index}: {word}" for index, word in enumerate(words))
    text = f"""\
apiVersion: extensions.istio.io/v1alpha1
kind: WasmPlugin
metadata: {{name: scalars, namespace: {namespace}}}
spec:
  url: oci://registry.acme.io/acl:1
  pluginConfig:
{lines}
"""
    path = cluster.api.path("extensions.istio.io/v1alpha1", "WasmPlugin", namespace)
    answer = cluster.api.request("POST", path, text.encode(), "application/yaml", dryRun="All").accepted()
    (document,) = documents(text, "scalars.yaml")
    read, theirs = document.value["spec"]["pluginConfig"], answer["spec"]["pluginConfig"]
    differ = {
        word: (read[f"k{index}"], theirs.get(f"k{index}"))
        for index, word in enumerate(words)
        if _typed(read[f"k{index}"]) != _typed(theirs.get(f"k{index}"))
    }
    assert not differ, json.dumps(differ)


def _typed(value: Any) -> tuple[str, Any]:
    """JSON has one kind of numbers; a boolean is none of them."""
    kind = "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__
    return kind, value
