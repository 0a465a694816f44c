"""A user with some rights: what RBAC lets it do, and nothing else."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import yaml

from .cluster import Cluster
from .credentials import kubeconfig, write_private


def account(cluster: Cluster, name: str, rules: list[Any], folder: Path) -> Path:
    """The kubeconfig of a service account with the rights of a ClusterRole's rules; its context is ``east``."""
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": rules,
    }
    cluster.api.apply(role).accepted()
    cluster.api.apply(
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": "default"}}
    )
    cluster.api.apply(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": "default"}],
        }
    ).accepted()
    asked = cluster.api.request(
        "POST",
        f"/api/v1/namespaces/default/serviceaccounts/{name}/token",
        {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}},
    )
    held = yaml.safe_load(cluster.kubeconfig.read_text())["clusters"][0]["cluster"]
    authority = base64.b64decode(held["certificate-authority-data"]).decode()
    path = folder / f"{name}.kubeconfig"
    write_private(path, kubeconfig("east", cluster.server, asked.accepted()["status"]["token"], authority))
    return path
