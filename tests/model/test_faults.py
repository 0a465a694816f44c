"""The sentences for what a cluster answers at `pulumi up`."""

from __future__ import annotations

import pytest

from mesh_wasm.findings.faults import Failed, explain

PLUGIN = Failed("east", "WasmPlugin", "edge", "shop-acl", "pulumi import … edge/shop-acl")

# As measured with the Kubernetes provider 4.34 and kube-apiserver 1.36.
ANSWERS = {
    "crd": (
        (
            "creation of resource … failed because the Kubernetes API server reported that the apiVersion for this resource "
            'does not exist. Verify that any required CRDs have been created: no matches for kind "WasmPlugin" in version '
            '"extensions.istio.io/v1alpha1"'
        ),
        ["cluster east does not know WasmPlugins", "WasmPlugin edge/shop-acl", "helm install istio-base"],
    ),
    "operator": (
        (
            "the Kubernetes API server reported that the apiVersion for this resource does not exist. Verify that any "
            'required CRDs have been created: no matches for kind "ExternalSecret" in version "external-secrets.io/v1"'
        ),
        ["cluster east does not know ExternalSecrets", "Install the External Secrets Operator", "api_version"],
    ),
    "namespace": (
        'was not successfully created by the Kubernetes API server: namespaces "edge" not found',
        ["cluster east has no namespace 'edge'", "kubectl --context east create namespace edge"],
    ),
    "gone": (
        (
            'failed: wasmplugins.extensions.istio.io "shop-acl" not found unable to get cluster state: '
            'wasmplugins.extensions.istio.io "shop-acl" not found'
        ),
        ["WasmPlugin edge/shop-acl is gone from cluster east", "`pulumi up --refresh`"],
    ),
    "terminating": (
        'secrets "registry" is forbidden: unable to create new content in namespace edge because it is being terminated',
        ["namespace 'edge' of cluster east is being deleted"],
    ),
    "exists": (
        (
            'was not successfully created by the Kubernetes API server: wasmplugins.extensions.istio.io "shop-acl" already '
            "exists"
        ),
        [
            "exists already in cluster east",
            "aliases=[Alias(name=",
            "`pulumi import … edge/shop-acl`",
            "upsert_existing_objects and enable_patch_force set to true",
            "give it its old name (or parent) again",
        ],
    ),
    "conflict": (
        (
            'server-side apply field conflict detected … Apply failed with 1 conflict: conflict with "kubectl-edit" using '
            "extensions.istio.io/v1alpha1: .spec.priority"
        ),
        ["kubectl-edit has changed fields of WasmPlugin edge/shop-acl in cluster east", "PATCH_FORCE=true"],
    ),
    "down": (
        'Post "https://10.0.0.1:6443/apis": dial tcp 10.0.0.1:6443: connect: connection refused',
        ["cluster east cannot be reached", "--continue-on-error"],
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_known_answer_is_explained(name: str) -> None:
    answer, parts = ANSWERS[name]
    sentence = explain(PLUGIN, answer)
    assert sentence is not None
    assert [part for part in parts if part not in sentence] == []
    assert "{" not in sentence


def test_a_remedy_is_told_once_and_the_object_each_time() -> None:
    told: set[str] = set()
    error = ANSWERS["exists"][0]
    first, second = (
        explain(Failed("east", "WasmPlugin", "edge", name, f"pulumi import {name}"), error, told) for name in ("a", "b")
    )
    assert first is not None
    assert second is not None
    assert "PATCH_FORCE" in first
    assert second == (
        "WasmPlugin edge/b exists already in cluster east, and is not the one that this stack knows by that name. "
        "If somebody else made it, adopt it: `pulumi import b`."
    )
    other = explain(Failed("west", "WasmPlugin", "edge", "a"), ANSWERS["namespace"][0], told)
    assert "kubectl --context west create namespace edge" in str(other)


def test_an_unknown_answer_speaks_for_itself() -> None:
    assert explain(PLUGIN, 'admission webhook "validation.istio.io" denied the request: …') is None
