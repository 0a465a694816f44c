"""The argument `adopted`: the object is written as it was found, whatever the cluster would have changed."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

import mesh_wasm_pulumi as wasm
from mesh_wasm_pulumi.testing import plan_of

SPEC: dict[str, Any] = {
    "url": "registry.acme.io/filters/acl:1",
    "match": [],
    "selector": {"match_labels": {"app": "x"}},
}


def fleet() -> wasm.Fleet:
    """A cluster that changes everything: a revision, a mirror, a download proxy, and another kind of object."""
    return wasm.Fleet(
        [
            wasm.Cluster(
                "east",
                provider=k8s.Provider("east", context="east"),
                namespaces=["edge", "shop"],
                revision="stable",
                registry_mirrors={"registry.acme.io": "mirror.acme.io"},
                wasm_download_proxy=True,
                istio_version="1.30",
                emit="TrafficExtension",
            )
        ]
    )


def raw(**more: Any) -> None:
    metadata = {"namespace": "shop", "name": "found", "labels": {"team": "a"}, "annotations": {"note": "b"}}
    wasm.WasmPlugin("acl", {"metadata": metadata, "spec": SPEC, "fleet": fleet(), **more})


def test_a_raw_plugin_is_left_as_it_is() -> None:
    plan = plan_of(lambda: raw(adopted=True)).ok()
    assert plan.plugin().manifest == {
        "apiVersion": "extensions.istio.io/v1alpha1",
        "kind": "WasmPlugin",
        "metadata": {"namespace": "shop", "name": "found", "labels": {"team": "a"}, "annotations": {"note": "b"}},
        "spec": {
            "url": "registry.acme.io/filters/acl:1",
            "match": [],
            "selector": {"matchLabels": {"app": "x"}},
        },
    }
    assert [finding.rule for _, finding in plan.findings if finding.rule == "MW850"] == ["MW850"]
    assert not {"MW701", "MW702"} & {finding.rule for _, finding in plan.findings}, (
        "nothing is written, so nothing is said"
    )


def test_without_it_all_of_that_changes() -> None:
    plugin = plan_of(raw).ok().plugin()
    assert plugin.kind == "TrafficExtension"
    assert plugin.spec["priority"] == 0
    assert plugin.manifest["metadata"]["labels"] == {
        "team": "a",
        "app.kubernetes.io/managed-by": "mesh-wasm",
        "istio.io/rev": "stable",
    }


def attached(adopted: Any, **more: Any) -> None:
    acl = wasm.WasmExtension(
        "acl", {"organization": "acme", "image": "oci://registry.acme.io/acl:1", "priority": 7, **more}
    )
    wasm.SecurityGroupAttachment(
        "services",
        {
            "group": "organizations/acme/tenants/shop/workspaces/web/securitygroups/services",
            "namespace_selector": ["*/shop", "*/edge"],
            "extensions": [{"extension": acl, "adopted": adopted}],
            "fleet": fleet(),
        },
    )


def test_an_attachment_takes_over_what_it_names_and_makes_the_rest() -> None:
    plan = plan_of(lambda: attached({"east/shop": {"name": "found", "labels": {"team": "a"}}})).ok()
    found, made = plan.plugin(namespace="shop"), plan.plugin(namespace="edge")
    assert found.manifest == {
        "apiVersion": "extensions.istio.io/v1alpha1",
        "kind": "WasmPlugin",
        "metadata": {"namespace": "shop", "name": "found", "labels": {"team": "a"}},
        "spec": {"url": "oci://registry.acme.io/acl:1", "priority": 7},
    }
    assert made.kind == "TrafficExtension"
    assert made.name.startswith("services-acl-")
    assert found.resource == "services-east-shop-acl", "as its neighbours are called, so that nothing moves later"


@pytest.mark.parametrize(
    ("adopted", "rule"),
    [
        ({"east/pay": {"name": "found"}}, "MW851"),
        ({"west/shop": {"name": "found"}}, "MW851"),
        ({"east/shop": {"nam": "found"}}, "MW102"),
        ({"east/shop": "found"}, "MW103"),
        ("found", "MW103"),
    ],
)
def test_what_names_no_object_is_refused(adopted: Any, rule: str) -> None:
    plan = plan_of(lambda: attached(adopted))
    assert rule in {finding.rule for _, finding in plan.findings if finding.is_error}
    assert not plan.objects


def test_credentials_would_change_it() -> None:
    def program() -> None:
        secret = wasm.PullSecret(
            "registry", {"registry": "registry.acme.io", "username": "ci", "password": pulumi.Output.secret("x")}
        )
        raw(adopted=True, pull_secret=secret)
        attached({"east/shop": {"name": "found"}}, pull_secret=secret)

    plan = plan_of(program)
    assert {component for component, finding in plan.findings if finding.rule == "MW852"} == {"acl", "services"}
